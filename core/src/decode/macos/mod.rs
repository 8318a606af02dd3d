//! macOS: eslogger, unified log and Jamf Protect; it also tells osquery's logs, which are read elsewhere.

mod aemonitor;
mod appleevents;
mod es_process;
mod eslogger;
pub(super) mod fields;
mod jamf;
mod jamf_alert;
mod launchd;
pub(super) mod message;
mod tcc;
mod unified_json;
mod unified_text;

use alloc::boxed::Box;

use super::json::{Reader, Value};
use super::{Decoder, Format};

/// Recognizes this platform's formats.
pub(super) fn detect(head: &[u8]) -> Option<Format> {
    let mut lines = head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let mut first = lines.next()?;
    if unified_text::is_filter_notice(first) {
        // Both styles of `log` may begin with it.
        first = lines.next().unwrap_or(b"");
        if first.is_empty() {
            return Some(Format::UnifiedLogText);
        }
    }
    if let Some(entry) = first.strip_prefix(b"[") {
        // `log --style json`: each key may stand on a line of its own.
        let entry = entry.trim_ascii();
        let keys = if entry.len() > 1 { detect_json(entry) } else { lines.take(KEY_LINES).find_map(detect_member) };
        return keys.filter(|format| *format == Format::UnifiedLogJson);
    }
    if first.starts_with(b"{") {
        // A schema may stand before the records.
        detect_json(first).or_else(|| detect_json(lines.next()?))
    } else {
        unified_text::detect(first).then_some(Format::UnifiedLogText)
    }
}

/// A decoder for one of this platform's formats.
pub(super) fn decoder(format: Format) -> Box<dyn Decoder> {
    match format {
        Format::UnifiedLogJson => Box::<unified_json::UnifiedJson>::default(),
        Format::UnifiedLogText => Box::<unified_text::UnifiedText>::default(),
        Format::JamfJson => Box::<jamf::Jamf>::default(),
        _ => Box::<eslogger::Eslogger>::default(),
    }
}

/// Lines of an array in which a key is looked for that tells its format.
const KEY_LINES: usize = 40;

/// Top-level keys that only one of the formats has.
const KEYS: &[(&[u8], Format)] = &[
    (b"global_seq_num", Format::EsloggerJson),
    (b"mach_time", Format::EsloggerJson),
    (b"schema_version", Format::EsloggerJson),
    (b"eventMessage", Format::UnifiedLogJson),
    (b"machTimestamp", Format::UnifiedLogJson),
    (b"processImagePath", Format::UnifiedLogJson),
    (b"senderImagePath", Format::UnifiedLogJson),
    (b"traceID", Format::UnifiedLogJson),
    (b"hostIdentifier", Format::OsqueryJson),
    (b"calendarTime", Format::OsqueryJson),
    (b"_event_score", Format::JamfJson),
    (b"host_info", Format::JamfJson),
];

/// Top-level keys of the envelope that Jamf Protect puts around an Endpoint Security message.
const ENVELOPE: &[&[u8]] = &[b"metadata", b"uuid", b"host"];
/// Top-level keys of its alerts.
const ALERT: &[&[u8]] = &[b"match", b"related", b"eventType", b"input", b"caid", b"certid"];

/// The format of which a line alone holds a key, `"traceID" : 1,`.
fn detect_member(line: &[u8]) -> Option<Format> {
    let key = line.strip_prefix(b"{").unwrap_or(line).trim_ascii_start().strip_prefix(b"\"")?;
    let key = fields::until(key, b"\"");
    let unified = [&b"timezoneName"[..], b"messageType", b"eventType", b"timestamp", b"subsystem", b"processID"];
    if unified.contains(&key) {
        return Some(Format::UnifiedLogJson);
    }
    KEYS.iter().find(|(name, _)| *name == key).map(|(_, format)| *format)
}

/// Tells the JSON formats apart by the keys of the first object, whatever their order. The line may be cut short, so
/// an object that ends too early is judged by what is there.
fn detect_json(line: &[u8]) -> Option<Format> {
    let mut reader = Reader::new(line);
    let (mut found, mut enveloped, mut of_alert) = (None, false, 0);
    if reader.value().ok()? != Value::Object {
        return None;
    }
    while let Ok(Some(key)) = reader.next_key() {
        enveloped |= ENVELOPE.contains(&key.bytes);
        of_alert += usize::from(ALERT.contains(&key.bytes));
        if let Some((_, format)) = KEYS.iter().find(|(name, _)| *name == key.bytes) {
            found = Some(*format);
        }
        if key.bytes == b"event" && found.is_none() && eslogger::is_event(line, reader.offset()) {
            found = Some(Format::EsloggerJson);
        }
        if reader.skip().is_err() {
            break;
        }
    }
    match found {
        None if of_alert > 1 => Some(Format::JamfJson),
        Some(Format::EsloggerJson) if enveloped => Some(Format::JamfJson),
        found => found,
    }
}
