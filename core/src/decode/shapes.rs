//! Recognizes JSON formats by the members of a record, wherever they are and in whatever order.
//!
//! The table is data. A record has the first shape of which it has enough members and none of the excluded ones; a
//! member's path names it, and the path's keys may be nested or dotted.

use super::format::Format;
use super::json::{Reader, Value};
use super::linux::{is_auoms_message, is_event_id};
use super::macos::is_endpoint_event;

/// The shape of a format's records.
struct Shape {
    format: Format,
    /// The number of members of `of` that a record must have.
    least: u32,
    of: u128,
    /// Members that a record must not have.
    none: u128,
    /// Other records have these members too, so wrappers are tried before this shape.
    weak: bool,
}

/// A member that helps to identify a format, and a condition on its value.
struct Member {
    path: &'static [u8],
    holds: Holds,
}

enum Holds {
    Anything,
    Object,
    /// The function accepts the text that begins with the value.
    That(fn(&[u8]) -> bool),
}

const fn any(path: &'static str) -> Member {
    Member { path: path.as_bytes(), holds: Holds::Anything }
}

const fn object(path: &'static str) -> Member {
    Member { path: path.as_bytes(), holds: Holds::Object }
}

const fn that(path: &'static str, test: fn(&[u8]) -> bool) -> Member {
    Member { path: path.as_bytes(), holds: Holds::That(test) }
}

/// Every member that a shape refers to.
const MEMBERS: &[Member] = &[
    // Windows, nested.
    any("Event.#attributes"),
    any("Event.System.Provider.#attributes"),
    any("Event.System.TimeCreated.#attributes"),
    any("Event.System.EventID.#attributes"),
    any("Event.System.Provider_attributes"),
    any("Event.System.TimeCreated_attributes"),
    any("Event.xmlns"),
    any("Event.System.Provider.Name"),
    // Windows, flat.
    any("EventID"),
    any("SourceName"),
    any("ProviderGuid"),
    any("Channel"),
    any("Hostname"),
    any("EventTime"),
    any("TimeCreated"),
    any("RecordNumber"),
    any("Keywords"),
    any("SeverityValue"),
    any("OpcodeValue"),
    any("ThreadID"),
    any("event_id"),
    any("computer_name"),
    any("event_id.id"),
    any("system_time"),
    // Members that a flat record never has, because flat records keep data and header at one level.
    any("EventData"),
    any("System"),
    any("StringInserts"),
    any("ReplacementStrings"),
    any("InstanceId"),
    any("Properties"),
    any("Payload"),
    any("RuleTitle"),
    any("TimeGenerated"),
    // Rows of tables.
    any("class_uid"),
    any("activity_id"),
    any("ActionType"),
    any("DeviceName"),
    any("DeviceId"),
    that("category", is_hunting_table),
    object("properties"),
    any("EventId"),
    any("EventRecordId"),
    any("MapDescription"),
    any("ProviderName"),
    any("LogName"),
    any("Id"),
    any("Message"),
    any("Provider"),
    object("System.Provider"),
    object("document.data.Event"),
    // Elastic Common Schema.
    any("winlog"),
    any("auditd"),
    any("ecs"),
    any("data_stream"),
    that("event.module", is_module),
    // Linux.
    that("ID", is_event_id),
    that("MessageType", is_auoms_message),
    any("SerialNumber"),
    any("AuditID"),
    any("RecordType"),
    any("AuditID_s"),
    any("RecordType_s"),
    object("process_exec"),
    object("process_exit"),
    object("process_kprobe"),
    object("process_tracepoint"),
    object("process_loader"),
    object("process_uprobe"),
    object("process_lsm"),
    object("process_close"),
    object("process_listen"),
    object("process_throttle"),
    object("data"),
    any("info.task"),
    any("info.parent_task"),
    any("info.utc_time"),
    any("info.event"),
    any("info.host"),
    any("output_fields"),
    any("rule"),
    any("priority"),
    // macOS and osquery.
    any("global_seq_num"),
    any("mach_time"),
    any("schema_version"),
    that("event", is_endpoint_event),
    any("metadata"),
    any("uuid"),
    any("host"),
    any("match"),
    any("related"),
    any("eventType"),
    any("input"),
    any("caid"),
    any("certid"),
    any("_event_score"),
    any("host_info"),
    any("$schema"),
    any("eventMessage"),
    any("machTimestamp"),
    any("processImagePath"),
    any("senderImagePath"),
    any("traceID"),
    any("machine_id"),
    any("event_time"),
    any("boot_session_uuid"),
    any("activity_id"),
    any("boot_uuid"),
    any("library_uuid"),
    any("raw_message"),
    any("timezone_name"),
    any("Event Type"),
    any("Log Type"),
    any("Boot UUID"),
    any("ContinuousTime"),
    any("SenderImagePath"),
    any("ProcessImagePath"),
    any("hostIdentifier"),
    any("calendarTime"),
];

/// Members of flat records. Members that collectors add to records of any kind are left out.
const FLAT: &[&str] = &[
    "EventID",
    "SourceName",
    "ProviderGuid",
    "Channel",
    "Hostname",
    "EventTime",
    "TimeCreated",
    "RecordNumber",
    "Keywords",
    "SeverityValue",
    "OpcodeValue",
    "ThreadID",
    "event_id",
    "computer_name",
];
const NOT_FLAT: &[&str] =
    &["EventData", "System", "StringInserts", "Properties", "Payload", "RuleTitle", "TimeGenerated"];
const ATTRIBUTES: &[&str] = &[
    "Event.#attributes",
    "Event.System.Provider.#attributes",
    "Event.System.TimeCreated.#attributes",
    "Event.System.EventID.#attributes",
    "Event.System.Provider_attributes",
    "Event.System.TimeCreated_attributes",
];
const TETRAGON: &[&str] = &[
    "process_exec",
    "process_exit",
    "process_kprobe",
    "process_tracepoint",
    "process_loader",
    "process_uprobe",
    "process_lsm",
    "process_close",
    "process_listen",
    "process_throttle",
];
/// The envelope that Jamf Protect adds to an Endpoint Security message.
const JAMF: &[&str] = &["metadata", "uuid", "host"];
const ENDPOINT_SECURITY: &[&str] = &["global_seq_num", "mach_time", "schema_version", "event"];

/// The shapes; the first that fits wins.
const SHAPES: &[Shape] = &[
    shape(Format::EvtxJson, 1, ATTRIBUTES, &[]),
    shape(Format::MaxPatrolJson, 1, &["Event.xmlns", "Event.System.Provider.Name"], &[]),
    shape(Format::EcsJson, 1, &["winlog", "auditd"], &[]),
    shape(Format::OcsfJson, 2, &["class_uid", "activity_id"], &[]),
    shape(Format::DefenderJson, 2, &["ActionType", "DeviceName"], &[]),
    shape(Format::DefenderJson, 2, &["ActionType", "DeviceId"], &[]),
    shape(Format::DefenderJson, 2, &["category", "properties"], &[]),
    shape(Format::GetWinEventJson, 2, &["ReplacementStrings", "InstanceId"], &[]),
    shape(Format::SentinelJson, 2, &["TimeGenerated", "EventID"], &[]),
    shape(Format::EvtxEcmdJson, 2, &["EventId", "Payload"], &[]),
    shape(Format::EvtxEcmdJson, 3, &["EventId", "EventRecordId", "MapDescription"], &[]),
    shape(Format::HayabusaJson, 2, &["RuleTitle", "EventID"], &[]),
    shape(Format::ChainsawJson, 1, &["document.data.Event"], &[]),
    shape(Format::VelociraptorJson, 1, &["System.Provider"], &[]),
    shape(Format::VelociraptorJson, 4, &["Channel", "EventID", "EventData", "Provider"], &[]),
    shape(Format::GetWinEventJson, 3, &["ProviderName", "LogName", "Id"], &[]),
    shape(Format::GetWinEventJson, 3, &["ProviderName", "Id", "Message"], &[]),
    shape(Format::GetWinEventJson, 3, &["ProviderName", "Channel", "EventID"], &[]),
    shape(Format::LaurelJson, 1, &["ID"], &[]),
    shape(Format::AuomsJson, 2, &["MessageType", "SerialNumber"], &[]),
    shape(Format::AuomsJson, 2, &["AuditID", "RecordType"], &[]),
    shape(Format::AuomsJson, 2, &["AuditID_s", "RecordType_s"], &[]),
    shape(Format::TetragonJson, 1, TETRAGON, &[]),
    shape(Format::FalcoJson, 2, &["output_fields", "rule"], &[]),
    shape(Format::FalcoJson, 2, &["output_fields", "priority"], &[]),
    shape(
        Format::KunaiJson,
        3,
        &["data", "info.task", "info.parent_task", "info.utc_time", "info.event", "info.host"],
        &[],
    ),
    shape(Format::EsloggerJson, 1, ENDPOINT_SECURITY, JAMF),
    shape(Format::JamfJson, 1, &["_event_score", "host_info", "$schema"], &[]),
    shape(Format::JamfJson, 1, ENDPOINT_SECURITY, &[]),
    shape(
        Format::UnifiedLogJson,
        1,
        &["eventMessage", "machTimestamp", "processImagePath", "senderImagePath", "traceID"],
        &[],
    ),
    // Open parsers of the unified log.
    shape(
        Format::UnifiedLogJson,
        3,
        &["activity_id", "boot_uuid", "library_uuid", "raw_message", "timezone_name"],
        &[],
    ),
    shape(Format::UnifiedLogJson, 3, &["Event Type", "Log Type", "Boot UUID"], &[]),
    shape(Format::UnifiedLogJson, 3, &["ContinuousTime", "SenderImagePath", "ProcessImagePath"], &[]),
    shape(Format::SantaJson, 2, &["machine_id", "event_time", "boot_session_uuid"], &[]),
    shape(Format::OsqueryJson, 1, &["hostIdentifier", "calendarTime"], &[]),
    shape(Format::WindowsFlatJson, 2, FLAT, NOT_FLAT),
    shape(Format::WindowsFlatJson, 2, &["event_id.id", "system_time"], &[]),
    shape(Format::JamfJson, 2, &["match", "related", "eventType", "input", "caid", "certid"], &[]),
    // A shipper of lines names its module, too, and keeps the line beside it.
    Shape { weak: true, ..shape(Format::EcsJson, 1, &["ecs", "data_stream", "event.module"], &[]) },
];

const fn shape(format: Format, least: u32, of: &[&str], none: &[&str]) -> Shape {
    Shape { format, least, of: bits(of), none: bits(none), weak: false }
}

/// For each byte, the bits of the members whose paths begin with it.
static BY_FIRST: [u128; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < MEMBERS.len() {
        table[MEMBERS[at].path[0] as usize] |= 1 << at;
        at += 1;
    }
    table
};

/// The bits of the members whose values are tested.
const TESTED: u128 = {
    let (mut bits, mut at) = (0, 0);
    while at < MEMBERS.len() {
        bits |= (matches!(MEMBERS[at].holds, Holds::That(_)) as u128) << at;
        at += 1;
    }
    bits
};

/// The bits of the members with these paths.
const fn bits(paths: &[&str]) -> u128 {
    assert!(MEMBERS.len() <= 128);
    let (mut bits, mut at) = (0, 0);
    while at < paths.len() {
        let mut member = 0;
        while !super::members::equal(MEMBERS[member].path, paths[at].as_bytes()) {
            member += 1;
        }
        bits |= 1 << member;
        at += 1;
    }
    bits
}

/// With this many members the shape is certain, and the search for excluded members can stop.
const MANY: u32 = 6;

impl Shape {
    const fn is_sure(&self, seen: u128) -> bool {
        let least = if self.none == 0 { self.least } else { MANY };
        (seen & self.of).count_ones() >= least
    }

    const fn fits(&self, seen: u128) -> bool {
        (seen & self.of).count_ones() >= self.least && seen & self.none == 0
    }
}

/// Recognizes the format of an object by the members before its end, its first syntax error or its truncation.
pub(super) fn recognize(object: &[u8], weak: bool) -> Option<Format> {
    let mut seen = 0;
    walk(Reader::new(object), object, &mut seen, u128::MAX, |_| false);
    SHAPES.iter().find(|shape| shape.weak == weak && shape.fits(seen)).map(|shape| shape.format)
}

/// Whether an object has the members of this format; reads no further than necessary.
pub(super) fn is_of(object: &[u8], format: Format) -> bool {
    let shapes = || SHAPES.iter().filter(|shape| shape.format == format);
    let asked = shapes().fold(0, |asked, shape| asked | shape.of | shape.none);
    let mut seen = 0;
    walk(Reader::new(object), object, &mut seen, asked, |seen| shapes().any(|shape| shape.is_sure(seen)));
    shapes().any(|shape| shape.fits(seen))
}

/// Whether an object that is written within a string surely has the members of this format; `room` has as many bytes. What
/// is not sure has to be unescaped and asked again.
pub(super) fn is_surely_of(object: &[u8], room: &mut [u8], format: Format) -> bool {
    let shapes = || SHAPES.iter().filter(|shape| shape.format == format);
    let asked = shapes().fold(0, |asked, shape| asked | shape.of | shape.none);
    let mut seen = 0;
    // A test of a value would have to read it as it is written.
    if asked & TESTED == 0 {
        walk(Reader::within(object, room), object, &mut seen, asked, |seen| shapes().any(|shape| shape.is_sure(seen)));
    }
    shapes().any(|shape| shape.is_sure(seen)) && shapes().any(|shape| shape.fits(seen))
}

/// Records in `seen` which members an object has, until `enough` returns true.
fn walk(mut reader: Reader<'_>, object: &[u8], seen: &mut u128, asked: u128, enough: impl Fn(u128) -> bool) {
    if reader.value() == Ok(Value::Object) {
        let mut walk = Walk { object, seen, asked, enough, at: [0; LONGEST] };
        let _ = walk.members(&mut reader, 0);
    }
}

/// The length in bytes of the longest path.
const LONGEST: usize = 48;

struct Walk<'w, F> {
    object: &'w [u8],
    seen: &'w mut u128,
    asked: u128,
    enough: F,
    /// The path of the current value.
    at: [u8; LONGEST],
}

impl<F: Fn(u128) -> bool> Walk<'_, F> {
    /// Reads the members of an object whose paths begin with the first `above` bytes; `None` when the walk can stop.
    fn members(&mut self, reader: &mut Reader<'_>, above: usize) -> Option<()> {
        while let Some(key) = reader.next_key().ok()? {
            let end = above + key.bytes.len();
            let Some(room) = self.at.get_mut(above..end) else {
                reader.skip().ok()?;
                continue;
            };
            room.copy_from_slice(key.bytes);
            let (new, leads) = self.meet(end, reader.offset());
            if new != 0 {
                *self.seen |= new;
                if (self.enough)(*self.seen) {
                    return None;
                }
            }
            match self.at.get_mut(end).filter(|_| leads) {
                None => reader.skip().ok()?,
                Some(dot) => match reader.value().ok()? {
                    Value::Object => {
                        *dot = b'.';
                        self.members(reader, end + 1)?;
                    }
                    Value::Array => reader.skip_container().ok()?,
                    _ => {}
                },
            }
        }
        Some(())
    }

    /// The members that the path's first `end` bytes name, and whether longer paths begin with them.
    fn meet(&self, end: usize, value: usize) -> (u128, bool) {
        let name = &self.at[..end];
        let (mut new, mut leads) = (0, false);
        let first = name.first().copied().unwrap_or_default();
        let mut left = self.asked & BY_FIRST[usize::from(first)];
        while left != 0 {
            let number = left.trailing_zeros();
            let bit = 1 << number;
            left ^= bit;
            let Some(member) = MEMBERS.get(number as usize) else { break };
            let path = member.path;
            if path.len() <= end {
                // A nested member shows that this member exists, but not what its value is.
                let is_below = name.get(path.len()) == Some(&b'.') && !matches!(member.holds, Holds::That(_));
                let is_it = name.starts_with(path) && (path.len() == end || is_below);
                if is_it && self.holds(member, value) {
                    new |= bit;
                }
            } else {
                leads |= path.get(end) == Some(&b'.') && path.starts_with(name);
            }
        }
        (new, leads)
    }

    fn holds(&self, member: &Member, value: usize) -> bool {
        let text = self.object.get(value..).unwrap_or_default();
        match member.holds {
            Holds::Anything => true,
            Holds::Object => text.trim_ascii_start().first() == Some(&b'{'),
            Holds::That(test) => test(text),
        }
    }
}

/// Whether the value names a table of Defender's streaming API.
fn is_hunting_table(value: &[u8]) -> bool {
    matches!(Reader::new(value).value(), Ok(Value::String(text)) if text.bytes.starts_with(b"AdvancedHunting-Device"))
}

/// Whether the value names a module whose Elastic Common Schema documents are supported.
fn is_module(value: &[u8]) -> bool {
    const MODULES: &[&[u8]] =
        &[b"endpoint", b"auditd", b"sysmon", b"sysmon_linux", b"windows", b"security", b"powershell"];
    let mut reader = Reader::new(value);
    let mut value = reader.value();
    if value == Ok(Value::Array) {
        value = reader.next_element().map(|element| element.unwrap_or(Value::Null));
    }
    matches!(value, Ok(Value::String(text)) if MODULES.contains(&text.bytes))
}
