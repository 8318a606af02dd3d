//! Lines of text: their format and the header before a record.

use super::format::Format;
use super::json::Reader;
use super::{linux, macos, windows};

/// Recognizes the format of a single line.
pub(super) fn recognize(line: &[u8]) -> Option<Format> {
    type Test = fn(&[u8]) -> bool;
    const TESTS: &[(Test, Format)] = &[
        (linux::is_audit, Format::Auditd),
        (windows::is_xml, Format::WindowsXml),
        (macos::is_santa, Format::SantaLog),
        (macos::is_unified, Format::UnifiedLogText),
        (windows::is_text, Format::WindowsText),
        (windows::is_csv_header, Format::Csv),
    ];
    TESTS.iter().find(|(is_it, _)| is_it(line)).map(|(_, format)| *format)
}

/// Where the record begins in a line of this format; the text before it is a header.
pub(super) fn begin(format: Format, line: &[u8]) -> usize {
    let begin = match format {
        Format::Auditd => linux::audit_begin(line),
        Format::WindowsXml => windows::xml_begin(line),
        _ => None,
    };
    begin.unwrap_or_default()
}

/// Where the record begins in a line, if it has the format and header length of the previous line.
pub(super) fn begin_again(format: Format, line: &[u8], header: usize) -> Option<usize> {
    let begins =
        |word: &[u8]| [0, header].into_iter().find(|&at| line.get(at..).is_some_and(|record| record.starts_with(word)));
    match format {
        // No other format begins like an audit record.
        Format::Auditd => begins(b"type=").or_else(|| begins(b"node=")).or_else(|| linux::audit_begin(line)),
        Format::WindowsXml => begins(b"<Event ").or_else(|| begins(b"<Event>")),
        Format::SantaLog => macos::is_santa(line).then_some(0),
        Format::UnifiedLogText => macos::is_unified(line).then_some(0),
        _ => None,
    }
}

/// Whether a text is exactly one object.
pub(super) fn is_object(text: &[u8]) -> bool {
    let mut reader = Reader::new(text);
    text.starts_with(b"{") && reader.skip().is_ok() && reader.at_end()
}

/// Where the message of a syslog line begins, after a header of RFC 5424 or after the first colon of any other.
pub(super) fn message(line: &[u8]) -> Option<usize> {
    const LONGEST: usize = 192;
    let head = line.get(..LONGEST).unwrap_or(line);
    let priority = head.strip_prefix(b"<").and_then(|rest| memchr::memchr(b'>', rest.get(..5).unwrap_or(rest)));
    let begin = priority.map_or(0, |end| end + 2);
    if !head.get(begin..)?.starts_with(b"1 ") {
        let colon = memchr::memmem::find(head, b": ")?;
        let has_time = head.get(..colon)?.split(|&b| b == b' ').take(5).any(is_time);
        return has_time.then_some(colon + 2);
    }
    // Version, time, host, program, process and message id are words; the structured data may hold blanks.
    let mut at = begin;
    for _ in 0..6 {
        at += memchr::memchr(b' ', head.get(at..)?)? + 1;
    }
    let data = if head.get(at) == Some(&b'[') { memchr::memmem::find(head.get(at..)?, b"] ")? + 1 } else { 1 };
    Some(at + data + 1)
}

/// The host that a syslog header names: the word after the time, in the form of RFC 5424 (`<14>1 TIME HOST …`) or RFC
/// 3164 (`<14>Mmm dd TIME HOST …`), or after a bare time.
pub(super) fn host(header: &[u8]) -> &[u8] {
    let header = header.trim_ascii_start();
    // Octet counting puts the message's length before the header.
    let counted = header.iter().take_while(|b| b.is_ascii_digit()).count();
    let header = match header.get(counted..) {
        Some([b' ', b'<', ..]) => &header[counted + 1..],
        _ => header,
    };
    let priority = header.strip_prefix(b"<").and_then(|rest| memchr::memchr(b'>', rest.get(..5).unwrap_or(rest)));
    let header = priority.map_or(header, |end| &header[end + 2..]);
    let mut words = header.split(|&b| b == b' ').filter(|word| !word.is_empty());
    let found = words.by_ref().take(4).find(|word| is_time(word));
    let host = found.and_then(|_| words.next()).unwrap_or_default();
    let is_name = !host.ends_with(b":") && host != b"-" && !host.contains(&b'[');
    if is_name { host } else { &[] }
}

/// Whether a word of a syslog header is its time: a date and time of day in one word, or a time of day alone after a month
/// and a day.
fn is_time(word: &[u8]) -> bool {
    let is_stamp = word.len() >= 19 && word.get(10) == Some(&b'T') && word.get(13) == Some(&b':');
    is_stamp || word.len() >= 8 && word.get(2) == Some(&b':') && word.get(5) == Some(&b':')
}
