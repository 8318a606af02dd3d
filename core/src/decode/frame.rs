//! Lines that tools write around records.

/// Whether a text begins like a JSON object. A CSV row may begin with a GUID in braces, as Windows writes them.
pub(super) fn begins_object(text: &[u8]) -> bool {
    // Nearly all objects begin so.
    if text.starts_with(b"{\"") {
        return true;
    }
    let Some((b'{', rest)) = text.trim_ascii_start().split_first() else { return false };
    !(rest.len() > 8 && rest[8] == b'-' && rest[..8].iter().all(u8::is_ascii_hexdigit))
}

/// Whether a line is one that tools write before, between or after records.
pub(super) fn is_framing(line: &[u8]) -> bool {
    const BEGINNINGS: &[&[u8]] = &[
        b"<?xml",
        b"<Events",
        b"</Events",
        b"Filtering the log data using ",
        // Lines before a CSV header.
        b"#TYPE ",
        b"sep=",
        // Action lines before each document in Elasticsearch's bulk format.
        b"{\"index\":{",
        b"{\"create\":{",
    ];
    let line = line.trim_ascii();
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
        || line.strip_prefix(b"Record ").is_some_and(is_number)
        || matches!(line, b"[" | b"]" | b"],")
}

/// Where the object ends that a line ends with, if the line does.
pub(super) fn object_end(line: &[u8]) -> Option<usize> {
    let line_end = line.trim_ascii_end();
    let mut end = line_end;
    if line.first() == Some(&b'[') {
        while let Some(inner) = end.strip_suffix(b"]") {
            end = inner.trim_ascii_end();
        }
    }
    (end.last() == Some(&b'}')).then_some(end.len())
}

#[cfg(test)]
mod tests {
    use super::begins_object;

    #[test]
    fn a_guid_in_braces_begins_no_object() {
        for (text, is_so) in [
            (&b"{\"a\":1}"[..], true),
            (b" {", true),
            (b"{}", true),
            (b"{ abcdef01-", true),
            (b"{37c72624-23de-6f1f-99e7-240834b40ae5},7332", false),
            (b"{37c7262g-23de", true),
            (b"a{", false),
            (b"", false),
        ] {
            assert_eq!(begins_object(text), is_so, "{}", alloc::string::String::from_utf8_lossy(text));
        }
    }
}
