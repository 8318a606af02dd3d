//! Makes text from telemetry safe to show.

use alloc::borrow::Cow;
use alloc::string::String;

/// The text with all characters escaped that a terminal or a page obeys rather than shows: control characters (C0 and
/// C1), line and paragraph separators, bidirectional controls, and characters without a width. The result cannot move
/// the cursor, change the order of a line, or hide text.
///
/// ```
/// use ipcsentry::printable;
///
/// assert_eq!(printable("/tmp/a\u{1b}]0;b\u{9b}31m\u{202e}c"), "/tmp/a\\u{1b}]0;b\\u{9b}31m\\u{202e}c");
/// assert_eq!(printable("C:\\Users\\Zoë\\a.exe"), "C:\\Users\\Zoë\\a.exe");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// JSON text with the same characters written as JSON escapes: the document stays the same and is safe to show.
///
/// ```
/// assert_eq!(ipcsentry::printable_json("{\"a\":\"\u{9b}\u{e0041}\"}"), "{\"a\":\"\\u009b\\udb40\\udc41\"}");
/// ```
#[must_use]
pub fn printable_json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(steers) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if !steers(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            out.push_str(&alloc::format!("\\u{unit:04x}"));
        }
    }
    Cow::Owned(out)
}

/// Whether a character is in the general categories Cc, Cf, Zl or Zp (Unicode 16), or is a letter that shows nothing.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{600}'..='\u{605}'
                | '\u{61c}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'..='\u{891}'
                | '\u{8e2}'
                | '\u{115f}'..='\u{1160}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{110bd}'
                | '\u{110cd}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e007f}'
        )
}
