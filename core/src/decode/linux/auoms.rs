//! AUOMS, Microsoft's audit plugin for Linux agents: one kernel event per object, after the plugin's source (its
//! writers and their tests). The agent writes `[TIME, {"MessageType": "AUOMS_EVENT", "Timestamp": "SECONDS.MILLIS",
//! "SerialNumber": N, "records": [{"RecordType": "AUOMS_EXECVE", …}]}]`; stores and pipelines hold flat rows with
//! `AuditID` and `RecordType`, as Log Analytics does with a suffix for each column's type.
//!
//! The plugin merges the records of a system call into one: it turns numbers into names (`arch`, `syscall`, `mode`),
//! joins the arguments of an exec as a shell would write them, lists paths as JSON in strings, and puts the type of any
//! other record before its fields (`OBJ_PID_opid`).

use alloc::vec::Vec;

use super::audit_event::AuditEvent;
use super::fault::{Fault, Lost, unless_lost};
use super::kinds::RecordKind;
use super::meaning::deliver;
use super::stamp::Stamp;
use super::syscall::Work;
use super::tables;
use super::value::{Form, RawField};
use crate::decode::json::{JsonError, Reader, Value, unescape};
use crate::decode::members::{faulty, position, scalar};
use crate::decode::watch::without_fault;
use crate::decode::writing::Writing;
use crate::decode::{DecodeErrorKind, Decoder, Record, Sink, Skip};
use crate::time::{MILLISECOND, SECOND, Timestamp};
use crate::util::digits::leading_decimal;
use crate::util::saved::restored;

/// Whether a value is the plugin's name for a kind of message.
pub(super) fn is_message_type(value: &[u8]) -> bool {
    matches!(Reader::new(value).value(), Ok(Value::String(text))
        if matches!(text.bytes, b"AUOMS_EVENT" | b"AUDIT_EVENT"))
}

/// Decodes AUOMS.
#[derive(Debug, Default)]
pub(super) struct Auoms {
    audit: AuditEvent,
    work: Work,
    header: Texts<{ HEADER.len() }>,
    body: Texts<{ BODY.len() }>,
    /// The unescaped text of one member.
    plain: Vec<u8>,
}

/// Members of the event or row, which stand outside the list of records if there is one.
const HEADER: &[&[u8]] = &[b"AuditID", b"Timestamp", b"SerialNumber", b"Computer", b"node", b"RecordType"];
/// Members of a record that are interpreted once all of them are known.
const BODY: &[&[u8]] = &[
    b"arch",
    b"arch_r",
    b"syscall",
    b"syscall_r",
    b"cmdline",
    b"name",
    b"nametype",
    b"mode",
    b"ouid",
    b"inode",
    b"dev",
    b"path_name",
    b"path_nametype",
    b"path_mode",
    b"path_ouid",
];

const fn head(name: &[u8]) -> usize {
    position(HEADER, name)
}

const fn part(name: &[u8]) -> usize {
    position(BODY, name)
}

/// The texts of some members.
#[derive(Debug)]
struct Texts<const N: usize>([Vec<u8>; N]);

impl<const N: usize> Default for Texts<N> {
    fn default() -> Self {
        Self(core::array::from_fn(|_| Vec::new()))
    }
}

impl<const N: usize> Texts<N> {
    /// Clears all texts but keeps a moderate capacity.
    fn clear(&mut self) {
        const KEPT: usize = 4 << 10;
        for text in &mut self.0 {
            text.clear();
            text.shrink_to(KEPT);
        }
    }

    /// Stores a member's text if it is one of `names`; the first of several with the same name counts.
    fn keep(&mut self, names: &[&[u8]], name: &[u8], text: &[u8]) -> bool {
        let Some(at) = names.iter().position(|known| *known == name) else { return false };
        if self.0[at].is_empty() {
            self.0[at].extend_from_slice(text);
        }
        true
    }

    fn held_bytes(&self) -> usize {
        self.0.iter().map(Vec::capacity).sum()
    }
}

impl Decoder for Auoms {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if record.is_blank() {
            return sink.skipped(record.number, Skip::Blank);
        }
        self.read(&record, Writing::PLAIN, sink);
    }

    fn record_within(&mut self, record: Record<'_>, room: &mut [u8], sink: &mut dyn Sink) -> bool {
        without_fault(sink, |sink| self.read(&record, Writing::within(room), sink))
    }

    fn finish(&mut self, _sink: &mut dyn Sink) {}

    fn held_bytes(&self) -> usize {
        self.audit.held_bytes()
            + self.work.held_bytes()
            + self.header.held_bytes()
            + self.body.held_bytes()
            + self.plain.capacity()
    }
}

impl Auoms {
    fn read(&mut self, record: &Record<'_>, writing: Writing<'_>, sink: &mut dyn Sink) {
        self.audit.clear();
        self.header.clear();
        let mut lost = |field| sink.error(faulty(record, DecodeErrorKind::BadValue, field));
        match self.event(record.bytes, writing, &mut lost) {
            Ok(stamp) => {
                let [.., computer, node, _] = &self.header.0;
                let host = if node.is_empty() { computer } else { node };
                deliver(&mut self.audit, stamp, host, record.number, &mut self.work, sink);
            }
            Err(fault) => sink.error(fault.of(record)),
        }
    }

    fn event(&mut self, object: &[u8], mut writing: Writing<'_>, lost: Lost<'_>) -> Result<Stamp, Fault> {
        let mut records = None;
        let mut reader = writing.reader(object);
        if reader.value()? != Value::Object {
            return Err(JsonError { offset: 0, too_deep: false }.into());
        }
        while let Some(key) = reader.next_key()? {
            let from = reader.offset();
            match reader.value()? {
                Value::Array if key.bytes == b"records" => {
                    reader.skip_container()?;
                    records = Some((from, reader.offset()));
                }
                Value::Object | Value::Array => reader.skip_container()?,
                value => {
                    if let Some(text) = text(value, &mut self.plain) {
                        self.header.keep(HEADER, unsuffixed(key.bytes), text);
                    }
                }
            }
        }
        if !reader.at_end() {
            return Err(JsonError { offset: reader.offset(), too_deep: false }.into());
        }
        match records {
            None => self.record_of(object, &mut writing, lost)?,
            Some((from, to)) => {
                let mut list = writing.reader(&object[from..to]);
                list.value()?;
                let mut at = from + list.offset();
                while let Some((begin, end)) = next_element(writing.reader(&object[at..to]))? {
                    self.record_of(&object[at + begin..at + end], &mut writing, lost)?;
                    at += end;
                }
            }
        }
        self.stamp()
    }

    /// The stamp: as one text, or in two members.
    fn stamp(&self) -> Result<Stamp, Fault> {
        let texts = &self.header.0;
        let [id, time, serial] = [&texts[const { head(b"AuditID") }], &texts[1], &texts[2]];
        if !id.is_empty() {
            return Ok(Stamp::parse(id).map(|(stamp, _)| stamp).ok_or("AuditID")?);
        }
        if time.is_empty() {
            return Err(Fault::Missing("Timestamp"));
        }
        let time = Timestamp::parse_unix(time).or_else(|| Timestamp::parse(time)).ok_or("Timestamp")?;
        let nanos = u64::try_from(time.nanos()).map_err(|_| "Timestamp")?;
        let millis = (nanos % SECOND as u64 / MILLISECOND as u64) as u16;
        let serial = leading_decimal(serial).map_or(0, |(serial, _)| serial);
        Ok(Stamp { serial, seconds: nanos / SECOND as u64, millis })
    }

    /// Reads one record.
    fn record_of(&mut self, object: &[u8], writing: &mut Writing<'_>, lost: Lost<'_>) -> Result<(), Fault> {
        let Some(kind) = self.kind_of(writing.reader(object))? else { return Ok(()) };
        self.audit.begin(kind);
        self.body.clear();
        let mut companion = kind;
        let mut reader = writing.reader(object);
        reader.value()?;
        while let Some(key) = reader.next_key()? {
            let name = unsuffixed(key.bytes);
            let value = reader.value()?;
            if matches!(value, Value::Object | Value::Array) {
                let list = reader.array()?;
                // Some exports hold the lists as they are instead of as texts.
                if kind == RecordKind::Syscall && value == Value::Array {
                    self.body.keep(BODY, name, list);
                }
                continue;
            }
            let Some(value) = text(value, &mut self.plain) else { continue };
            let (of, name) = match name {
                b"cwd" if kind == RecordKind::Syscall => (RecordKind::Cwd, name),
                b"saddr" if kind == RecordKind::Syscall => (RecordKind::SockAddr, name),
                b"argc" if kind == RecordKind::Syscall => (RecordKind::Execve, name),
                b"user" => (kind, &b"UID"[..]),
                b"effective_user" => (kind, &b"EUID"[..]),
                _ if kind == RecordKind::Syscall && self.body.keep(BODY, name, value) => continue,
                _ => match prefixed(name) {
                    Some((of, name)) if of != RecordKind::Other => {
                        if of != companion {
                            self.audit.begin(of);
                            companion = of;
                        }
                        (of, name)
                    }
                    Some(_) => continue,
                    None => (kind, name),
                },
            };
            // An address is in hex; the plugin decodes the other texts.
            let form = if name == b"saddr" { Form::Bare } else { Form::Quoted };
            unless_lost(self.audit.set(of, name, RawField { text: value, form }), lost)?;
        }
        if kind == RecordKind::Syscall {
            self.call()?;
            self.arguments(lost)?;
            self.paths(lost)?;
        }
        Ok(())
    }

    /// The kind of a record; `None` when the kind is not read.
    fn kind_of(&mut self, mut reader: Reader<'_>) -> Result<Option<RecordKind>, Fault> {
        if reader.value()? != Value::Object {
            return Ok(None);
        }
        let mut kind = RecordKind::Other;
        while let Some(key) = reader.next_key()? {
            let value = scalar(&mut reader)?;
            if unsuffixed(key.bytes) == b"RecordType"
                && let Some(name) = text(value, &mut self.plain)
            {
                // AUOMS_SYSCALL, AUOMS_EXECVE and fragments of both hold the records of one call.
                kind = if name.starts_with(b"AUOMS_") { RecordKind::Syscall } else { RecordKind::named(name) };
                break;
            }
        }
        Ok(Some(kind).filter(|kind| !matches!(kind, RecordKind::Other | RecordKind::End)))
    }

    /// Stores the architecture and the number of the call, which the plugin has turned into names.
    fn call(&mut self) -> Result<(), Fault> {
        let [arch, raw_arch, name, raw_number, ..] = &self.body.0;
        let by_number = |text| literal(text).hex().and_then(|n| u32::try_from(n).ok());
        let named = tables::architecture(arch);
        let arch = if named == 0 { by_number(raw_arch).or_else(|| by_number(arch)).unwrap_or(0) } else { named };
        self.audit.set(RecordKind::Syscall, b"SYSCALL", literal(name))?;
        let Some(call) = &mut self.audit.syscall else { return Ok(()) };
        if name.is_empty() && raw_number.is_empty() {
            // A fragment holds what arrived after the call's own record.
            self.audit.undo(RecordKind::Syscall);
            return Ok(());
        }
        call.architecture = arch;
        let number = literal(raw_number).decimal().or_else(|| literal(name).decimal());
        call.number = number.or_else(|| tables::number(arch, name)).unwrap_or(u32::MAX);
        Ok(())
    }

    /// Stores the arguments of an exec.
    fn arguments(&mut self, lost: Lost<'_>) -> Result<(), Fault> {
        let mut rest = &self.body.0[const { part(b"cmdline") }][..];
        let mut index = 0;
        while let Some(after) = shell_word(rest, &mut self.plain) {
            unless_lost(self.audit.push_argument(index, literal(&self.plain)), lost)?;
            rest = after;
            index += 1;
        }
        Ok(())
    }

    /// Stores the paths. The first one is also in members of its own, with its inode and device.
    fn paths(&mut self, lost: Lost<'_>) -> Result<(), Fault> {
        const FIRST: [(usize, &[u8]); 6] = [
            (part(b"name"), b"name"),
            (part(b"nametype"), b"nametype"),
            (part(b"ouid"), b"ouid"),
            (part(b"mode"), b"mode"),
            (part(b"inode"), b"inode"),
            (part(b"dev"), b"dev"),
        ];
        const LISTS: [(usize, &[u8]); 4] = [
            (part(b"path_name"), b"name"),
            (part(b"path_nametype"), b"nametype"),
            (part(b"path_ouid"), b"ouid"),
            (part(b"path_mode"), b"mode"),
        ];
        let texts = &self.body.0;
        let mut lists = LISTS.map(|(list, _)| elements(&texts[list]));
        let count = lists.iter().map(|list| list.clone().count()).max().unwrap_or_default();
        let is_named = !texts[const { part(b"name") }].is_empty();
        for item in 0..count.max(usize::from(is_named)) {
            self.audit.begin(RecordKind::Path);
            if let Some(path) = self.audit.paths.last_mut() {
                path.item = item as u32;
            }
            let listed = LISTS.iter().zip(&mut lists).map(|((_, name), list)| (*name, list.next().unwrap_or_default()));
            let own = FIRST.iter().filter(|_| item == 0).map(|(at, name)| (*name, &texts[*at][..]));
            for (name, text) in own.chain(listed).filter(|(_, text)| !text.is_empty()) {
                if let (b"mode", Some(mode), Some(path)) = (name, mode(text), self.audit.paths.last_mut()) {
                    path.mode = Some(mode);
                    continue;
                }
                unless_lost(self.audit.set(RecordKind::Path, name, literal(text)), lost)?;
            }
        }
        Ok(())
    }
}

const fn literal(text: &[u8]) -> RawField<'_> {
    RawField { text, form: Form::Quoted }
}

/// A member's name without the suffix that Log Analytics adds for the type of a custom column.
fn unsuffixed(name: &[u8]) -> &[u8] {
    // No field of an audit record ends like this, except for `arch_r` and its like.
    [b"_s", b"_d", b"_g", b"_t", b"_b"].iter().find_map(|suffix| name.strip_suffix(*suffix)).unwrap_or(name)
}

/// The record type before a field of a merged record, and the field: `OBJ_PID_opid`.
fn prefixed(name: &[u8]) -> Option<(RecordKind, &[u8])> {
    let field = name.iter().position(u8::is_ascii_lowercase)?;
    let kind = name[..field].strip_suffix(b"_").filter(|kind| !kind.is_empty())?;
    Some((RecordKind::named(kind), &name[field..]))
}

/// Where the next element of a list begins and ends.
fn next_element(mut list: Reader<'_>) -> Result<Option<(usize, usize)>, JsonError> {
    let Some(begin) = list.at_element()? else { return Ok(None) };
    list.skip()?;
    Ok(Some((begin, list.offset())))
}

/// The text of a scalar; `plain` receives it if it has JSON escapes.
fn text<'t>(value: Value<'t>, plain: &'t mut Vec<u8>) -> Option<&'t [u8]> {
    match value {
        Value::Number(text) => Some(text),
        Value::String(raw) if !raw.escaped => Some(raw.bytes),
        Value::String(raw) => {
            plain.clear();
            unescape(raw.bytes, plain);
            Some(plain)
        }
        _ => None,
    }
}

/// The elements of a list of strings such as `["a","b"]`. The plugin does not escape what they hold, so an element ends
/// only at a quote before a comma or at the end.
fn elements(list: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    const BETWEEN: &[u8] = b"\",\"";
    let inner = list.strip_prefix(b"[\"").and_then(|list| list.strip_suffix(b"\"]"));
    let mut rest = inner;
    core::iter::from_fn(move || {
        let text = rest?;
        match memchr::memmem::find(text, BETWEEN) {
            Some(end) => {
                rest = text.get(end + BETWEEN.len()..);
                text.get(..end)
            }
            None => rest.take(),
        }
    })
}

/// The mode that the plugin writes as `socket,755`, perhaps with further bits between; `None` for an octal number.
fn mode(text: &[u8]) -> Option<u32> {
    let mut words = text.split(|&b| b == b',');
    let kind = match words.next()? {
        b"socket" => 0o140_000,
        b"link" => 0o120_000,
        b"file" => 0o100_000,
        b"block" => 0o060_000,
        b"dir" => 0o040_000,
        b"character" => 0o020_000,
        b"fifo" => 0o010_000,
        _ => return None,
    };
    let mut bits = words.map(|word| match word {
        b"suid" => Some(0o4000),
        b"sgid" => Some(0o2000),
        b"sticky" => Some(0o1000),
        permissions => RawField::bare(permissions).octal(),
    });
    bits.try_fold(kind, |mode, bits| Some(mode | bits?))
}

/// Reads a word as a shell does, into `word`; returns the rest, or `None` at the end.
fn shell_word<'t>(text: &'t [u8], word: &mut Vec<u8>) -> Option<&'t [u8]> {
    word.clear();
    let begin = text.iter().position(|&b| b != b' ')?;
    let mut rest = &text[begin..];
    let mut quote = None;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, quote) {
            (b' ', None) => break,
            (b'"' | b'\'', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            (b'\\', None | Some(b'"')) => {
                let (&escaped, after) = rest.split_first().unwrap_or((&b'\\', &[]));
                word.push(escaped);
                rest = after;
            }
            _ => word.push(byte),
        }
    }
    Some(rest)
}

// Every message and row is an event of its own.
restored!(Auoms {} else { audit, work, header, body, plain });

#[cfg(test)]
mod tests {
    use super::{elements, mode, shell_word};
    use alloc::vec::Vec;

    #[test]
    fn a_command_line_is_split_where_a_shell_splits_it() {
        let (mut rest, mut word, mut words) = (&br#" sh -c "a \"b\" $c" 'd "e' f\ g "" h"#[..], Vec::new(), Vec::new());
        while let Some(after) = shell_word(rest, &mut word) {
            words.push(alloc::string::String::from_utf8(word.clone()).unwrap());
            rest = after;
        }
        assert_eq!(words, ["sh", "-c", "a \"b\" $c", "d \"e", "f g", "", "h"]);
    }

    #[test]
    fn lists_hold_texts_without_escapes() {
        let list = |text: &'static [u8]| elements(text).collect::<Vec<_>>();
        assert_eq!(list(br#"["/a","/b \"c","/d,e"]"#), [&b"/a"[..], br#"/b \"c"#, b"/d,e"]);
        assert_eq!(list(b"[]"), [&b""[..]; 0]);
        assert_eq!(list(b""), [&b""[..]; 0]);
    }

    #[test]
    fn modes_are_read_in_words() {
        for (text, want) in [("socket,755", Some(0o140_755)), ("dir,sticky,777", Some(0o041_777)), ("0100755", None)] {
            assert_eq!(mode(text.as_bytes()), want, "{text}");
        }
    }
}
