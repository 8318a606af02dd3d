//! Lines that tools write around records.

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
