//! Elastic Common Schema (`{"winlog": {"event_id": "1", "event_data": {…}}, "process": {"executable": …}, "event":
//! {…}}`): Windows records of winlogbeat 7 and later and of Elastic Agent, and events of Elastic Endpoint.
//!
//! Ingest pipelines move fields out of `event_data` to the paths of the schema, so which field a path holds depends on
//! the kind of record. Values are therefore noted by path first, and assigned to fields when provider and id are known.
//! Keys may be nested or dotted, values may stand in a list of one, and documents in `_source` or `fields`.

use super::super::json::{JsonError, RawStr, Reader, Value};
use super::super::members::equal;
use super::fields::FieldName::{self, *};
use super::fields::{Fields, plain};
use super::origin::{ENDPOINT, ENDPOINT_LINUX, Origin};
use super::record::origin_of;
use super::values::number32;

/// The field that a path holds in each kind of record.
struct MemberPath {
    name: &'static [u8],
    /// In records about one process.
    one: Option<FieldName>,
    /// In records about two processes, of which it is the first (Sysmon 8 and 10).
    two: Option<FieldName>,
    /// In the Security log's process start.
    start: Option<FieldName>,
}

const fn same(name: &'static [u8], field: FieldName) -> MemberPath {
    MemberPath { name, one: Some(field), two: Some(field), start: Some(field) }
}

const fn of_process(name: &'static [u8], one: FieldName, two: FieldName, start: Option<FieldName>) -> MemberPath {
    MemberPath { name, one: Some(one), two: Some(two), start }
}

/// A path that is noted but holds no field by itself.
const fn noted(name: &'static [u8]) -> MemberPath {
    MemberPath { name, one: None, two: None, start: None }
}

/// Every path that is read. If several hold the same field, the first one with a value counts.
const PATHS: &[MemberPath] = &[
    same(b"winlog.provider_name", Provider),
    same(b"event.provider", Provider),
    same(b"winlog.event_id", EventId),
    same(b"event.code", EventId),
    same(b"winlog.channel", Channel),
    same(b"winlog.computer_name", Host),
    same(b"host.name", Host),
    same(b"host.hostname", Host),
    same(b"winlog.record_id", RecordId),
    same(b"winlog.process.pid", SensorProcess),
    same(b"event.sequence", RecordId),
    same(b"winlog.time_created", SystemTime),
    same(b"@timestamp", ShippedTime),
    of_process(b"process.entity_id", ProcessGuid, SourceProcessGuid, None),
    of_process(b"process.pid", ProcessId, SourceProcessId, Some(NewProcessId)),
    of_process(b"process.executable", Image, SourceImage, Some(NewProcessName)),
    same(b"process.command_line", CommandLine),
    same(b"process.working_directory", CurrentDirectory),
    same(b"process.pe.original_file_name", OriginalFileName),
    same(b"process.hash.sha256", Hashes),
    of_process(b"process.parent.entity_id", ParentProcessGuid, ParentProcessGuid, None),
    of_process(b"process.parent.pid", ParentProcessId, ParentProcessId, Some(ProcessId)),
    of_process(b"process.parent.executable", ParentImage, ParentImage, Some(ParentProcessName)),
    same(b"process.parent.command_line", ParentCommandLine),
    same(b"process.parent.Ext.real.pid", CreatorProcessId),
    same(b"process.Ext.token.integrity_level_name", IntegrityLevel),
    same(b"process.Ext.authentication_id", LogonId),
    same(b"process.Ext.session_info.id", TerminalSessionId),
    same(b"process.code_signature.exists", ActorSigned),
    same(b"process.code_signature.trusted", ActorTrusted),
    same(b"process.code_signature.subject_name", ActorSigner),
    same(b"user.domain", UserDomain),
    same(b"user.name", UserName),
    same(b"source.ip", SourceIp),
    same(b"source.port", SourcePort),
    same(b"destination.ip", DestinationIp),
    same(b"destination.port", DestinationPort),
    same(b"network.direction", NetworkDirection),
    same(b"event.outcome", Outcome),
    same(b"powershell.file.script_block_text", ScriptText),
    same(b"registry.path", TargetObject),
    same(b"registry.data.strings", Details),
    same(b"dll.path", ImageLoaded),
    same(b"dll.code_signature.trusted", Signed),
    same(b"dll.code_signature.exists", Signed),
    same(b"dll.code_signature.subject_name", Signature),
    same(b"file.code_signature.subject_name", Signature),
    same(b"file.code_signature.status", SignatureStatus),
    noted(b"file.path"),
    noted(b"file.name"),
    noted(b"event.module"),
    noted(b"event.dataset"),
    noted(b"data_stream.dataset"),
    noted(b"event.category"),
    noted(b"event.action"),
    noted(b"host.os.type"),
    noted(b"host.os.family"),
    noted(b"message"),
];

/// The number of a path that code refers to.
const fn path(name: &[u8]) -> usize {
    let mut at = 0;
    while at < PATHS.len() {
        if equal(PATHS[at].name, name) {
            return at;
        }
        at += 1;
    }
    panic!("no such path")
}

const FILE_PATH: usize = path(b"file.path");
const FILE_NAME: usize = path(b"file.name");
const MODULE: usize = path(b"event.module");
/// The members that name the source of a record, which is none of Windows if it names no provider.
const SOURCES: [usize; 3] = [MODULE, path(b"event.dataset"), path(b"data_stream.dataset")];
const CATEGORY: usize = path(b"event.category");
const ACTION: usize = path(b"event.action");
const OS: usize = path(b"host.os.type");
const OS_FAMILY: usize = path(b"host.os.family");
const MESSAGE: usize = path(b"message");

/// The longest path; no path above and no field of `event_data` is longer.
const LONGEST: usize = 64;
const EVENT_DATA: &[u8] = b"winlog.event_data";

/// Reads the members of one record into the field table. Returns `false` if the record is of no interest.
///
/// A record that names no source at all is not of no interest: it lacks what would tell.
pub(super) fn read<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<bool, JsonError> {
    let mut walk = Walk { at: [0; LONGEST], seen: [None; PATHS.len()] };
    walk.object(reader, 0, fields)?;
    Ok(walk.place(fields))
}

struct Walk<'a> {
    /// The path of the present value.
    at: [u8; LONGEST],
    seen: [Option<RawStr<'a>>; PATHS.len()],
}

impl<'a> Walk<'a> {
    /// Reads an object whose members' paths begin with the first `above` bytes.
    fn object(&mut self, reader: &mut Reader<'a>, above: usize, fields: &mut Fields<'a>) -> Result<(), JsonError> {
        while let Some(key) = reader.next_key()? {
            let end = above + key.bytes.len();
            if above == 0 && matches!(key.bytes, b"_source" | b"fields") {
                self.value(reader, 0, fields)?;
            } else if let Some(room) = self.at.get_mut(above..end) {
                room.copy_from_slice(key.bytes);
                self.value(reader, end, fields)?;
            } else {
                reader.skip()?;
            }
        }
        Ok(())
    }

    /// Reads the value whose path is the first `end` bytes of `at`; 0 is the whole record.
    fn value(&mut self, reader: &mut Reader<'a>, end: usize, fields: &mut Fields<'a>) -> Result<(), JsonError> {
        let name = self.at.get(..end).unwrap_or_default();
        if name == EVENT_DATA {
            return event_data(reader, fields);
        }
        if let Some(name) = name.strip_prefix(EVENT_DATA) {
            let value = first(reader)?;
            if let (Some(b'.'), Some(value)) = (name.first(), value) {
                fields.set_named(name.get(1..).unwrap_or_default(), value);
            }
            return Ok(());
        }
        let known = PATHS.iter().position(|path| path.name == name);
        if let Some(slot) = known.and_then(|at| self.seen.get_mut(at)) {
            *slot = first(reader)?;
            return Ok(());
        }
        // An object is read only if it contains a path of the table.
        let through = |path: &[u8]| path.get(..end) == Some(name) && (end == 0 || path.get(end) == Some(&b'.'));
        let leads = through(EVENT_DATA) || PATHS.iter().any(|path| through(path.name));
        match reader.value()? {
            Value::Object if leads => {
                let above = if end == 0 { 0 } else { end + 1 };
                if let Some(dot) = self.at.get_mut(end).filter(|_| end > 0) {
                    *dot = b'.';
                }
                self.object(reader, above, fields)
            }
            Value::Object | Value::Array => reader.skip_container(),
            _ => Ok(()),
        }
    }

    /// Assigns the noted values to the fields of this kind of record. Returns `false` if the record is of no interest.
    fn place(self, fields: &mut Fields<'a>) -> bool {
        let noted = |at: usize| self.seen.get(at).copied().flatten();
        let text = |at: usize| noted(at).map_or(&b""[..], |raw| raw.bytes);
        if text(MODULE) == b"endpoint" {
            let (provider, id) = match text(OS) {
                b"linux" => (ENDPOINT_LINUX, endpoint_event_linux(text(CATEGORY), text(ACTION))),
                // Old versions only have the family of the system.
                b"" if text(OS_FAMILY) == b"macos" => return false,
                b"" | b"windows" => (ENDPOINT, endpoint_event(text(CATEGORY), text(ACTION))),
                _ => return false,
            };
            let Some(id) = id else {
                fields.set_if_none(Some(Provider), noted(MODULE));
                // Without the system nobody knows what an action is that only another system has.
                let is_of_another = endpoint_event_linux(text(CATEGORY), text(ACTION)).is_some();
                let is_known = noted(OS).or(noted(OS_FAMILY)).is_some() || !is_of_another;
                fields.set_if_none(Some(EventId).filter(|_| is_known), noted(ACTION));
                return !is_known;
            };
            fields.set(Provider, plain(provider));
            fields.set(EventId, plain(id));
        }
        // Provider and id decide which fields the other paths hold.
        for (path, value) in PATHS.iter().zip(self.seen) {
            if matches!(path.one, Some(Provider | EventId | Channel)) {
                fields.set_if_none(path.one, value);
            }
        }
        let Some(origin) = origin_of(fields) else {
            let is_named = fields.bytes(Provider).or(fields.bytes(Channel)).is_some();
            let source = SOURCES.into_iter().find_map(noted);
            fields.set_if_none(Some(Provider).filter(|_| !is_named), source);
            return !is_named && source.is_none();
        };
        let id = fields.bytes(EventId).and_then(number32).unwrap_or_default();
        for (path, value) in PATHS.iter().zip(self.seen) {
            let field = match (origin, id) {
                (Origin::Sysmon | Origin::SysmonLinux, 8 | 10) => path.two,
                (Origin::Security, 4688) => path.start,
                (Origin::Security, _) if path.one == Some(Image) => Some(ProcessName),
                _ => path.one,
            };
            fields.set_if_none(field, value);
        }
        match (origin, id) {
            (Origin::Sysmon, 7) => fields.set_if_none(Some(ImageLoaded), noted(FILE_PATH)),
            (Origin::Sysmon, 17 | 18) => fields.set_if_none(Some(PipeName), noted(FILE_NAME)),
            (Origin::PowerShell, _) => fields.set_if_none(Some(ScriptPath), noted(FILE_PATH)),
            (Origin::Sysmon, 25) => fields.set_if_none(Some(Type), noted(MESSAGE)),
            _ => fields.set_if_none(Some(TargetFilename), noted(FILE_PATH)),
        }
        true
    }
}

/// The id of the Sysmon record that corresponds to an event of Elastic Endpoint on Windows.
fn endpoint_event(category: &[u8], action: &[u8]) -> Option<&'static [u8]> {
    Some(match (category, action) {
        (b"process", b"start") => b"1",
        (b"process", b"end") => b"5",
        (b"network", b"connection_attempted" | b"connection_accepted") => b"3",
        (b"library", b"load") => b"7",
        (b"file", b"creation") => b"11",
        (b"file", b"deletion") => b"23",
        (b"registry", b"modification") => b"13",
        _ => return None,
    })
}

/// The same for Linux, where a start is an exec, and forks are separate events.
fn endpoint_event_linux(category: &[u8], action: &[u8]) -> Option<&'static [u8]> {
    match (category, action) {
        (b"process", b"exec") => Some(b"1"),
        (b"process", b"end") | (b"network" | b"file", _) => endpoint_event(category, action),
        _ => None,
    }
}

/// Reads `event_data`, whose members have the names of the Windows fields.
fn event_data<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<(), JsonError> {
    match reader.value()? {
        Value::Object => {
            while let Some(key) = reader.next_key()? {
                fields.read_member(key, reader)?;
            }
            Ok(())
        }
        Value::Array => reader.skip_container(),
        _ => Ok(()),
    }
}

/// The text of a scalar, or of the first scalar of a list.
fn first<'a>(reader: &mut Reader<'a>) -> Result<Option<RawStr<'a>>, JsonError> {
    Ok(match super::super::members::first(reader)? {
        Value::String(text) => Some(text),
        Value::Number(text) => Some(plain(text)),
        Value::Bool(true) => Some(plain(b"true")),
        Value::Bool(false) => Some(plain(b"false")),
        _ => None,
    })
}
