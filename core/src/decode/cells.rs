//! The cells of CSV (RFC 4180): separated by commas, semicolons, tabs or bars; quoted cells may span several lines.

use memchr::memchr;

/// Finds the separator of a header: the most frequent of the usual separators, with the number of its occurrences.
pub(super) fn separator_of(header: &[u8]) -> (u8, usize) {
    let count = |separator: u8| header.iter().filter(|&&b| b == separator).count();
    [b',', b';', b'\t', b'|']
        .map(|separator| (separator, count(separator)))
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .unwrap_or((b',', 0))
}

/// Whether a row continues on the next line because a quoted cell does; `open` states that the line begins inside one.
pub(super) fn is_open(line: &[u8], separator: u8, mut open: bool) -> bool {
    let mut at = 0;
    loop {
        let rest = line.get(at..).unwrap_or_default();
        if open {
            let Some(quote) = memchr(b'"', rest) else { return true };
            at += quote + 1;
            if line.get(at) == Some(&b'"') {
                at += 1;
                continue;
            }
            open = false;
        } else if let Some(blanks) = blanks_before_quote(rest) {
            open = true;
            at += blanks + 1;
            continue;
        }
        match memchr(separator, line.get(at..).unwrap_or_default()) {
            Some(end) => at += end + 1,
            None => return false,
        }
    }
}

/// The number of blanks before the quote that opens a cell; `None` when the cell has no quote.
fn blanks_before_quote(cell: &[u8]) -> Option<usize> {
    let blanks = cell.iter().take_while(|&&b| b == b' ').count();
    (cell.get(blanks) == Some(&b'"')).then_some(blanks)
}

/// The cells of a row.
pub(super) struct Cells<'a> {
    pub(super) rest: Option<&'a [u8]>,
    pub(super) separator: u8,
}

pub(super) struct Cell<'a> {
    pub(super) text: &'a [u8],
    /// The cell contains doubled quotes.
    pub(super) doubled: bool,
    /// The separator directly follows the closing quote.
    pub(super) is_whole: bool,
}

impl<'a> Iterator for Cells<'a> {
    type Item = Cell<'a>;

    fn next(&mut self) -> Option<Cell<'a>> {
        let rest = self.rest.take()?;
        let Some(quoted) = blanks_before_quote(rest).and_then(|blanks| rest.get(blanks + 1..)) else {
            let end = memchr(self.separator, rest);
            self.rest = end.and_then(|end| rest.get(end + 1..));
            let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            // Some writers put a blank behind each separator.
            let blanks = text.iter().take_while(|&&b| b == b' ').count();
            return Some(Cell { text: text.get(blanks..).unwrap_or_default(), doubled: false, is_whole: true });
        };
        let (mut at, mut doubled) = (0, false);
        let end = loop {
            let Some(quote) = memchr(b'"', quoted.get(at..).unwrap_or_default()) else { break quoted.len() };
            at += quote;
            if quoted.get(at + 1) != Some(&b'"') {
                break at;
            }
            doubled = true;
            at += 2;
        };
        // Text between the closing quote and the separator belongs to no cell.
        let after = quoted.get(end + 1..).unwrap_or_default();
        let separator = memchr(self.separator, after);
        self.rest = separator.and_then(|end| after.get(end + 1..));
        let is_whole = after.get(..separator.unwrap_or(after.len())).unwrap_or_default().trim_ascii().is_empty();
        Some(Cell { text: quoted.get(..end).unwrap_or_default(), doubled, is_whole })
    }
}

#[cfg(test)]
mod tests {
    use super::{Cells, is_open};
    use alloc::string::String;
    use alloc::vec::Vec;

    fn cells(row: &str, separator: u8) -> Vec<(String, bool)> {
        let cells = Cells { rest: Some(row.as_bytes()), separator };
        cells.map(|cell| (String::from_utf8(cell.text.to_vec()).unwrap(), cell.doubled)).collect()
    }

    #[test]
    fn cells_are_cut_at_separators_outside_quotes() {
        let row = "a,,\"b,c\",\"say \"\"d\"\"\",e\"f\",\"g\"x,";
        let want =
            [("a", false), ("", false), ("b,c", false), ("say \"\"d\"\"", true), ("e\"f\"", false), ("g", false)];
        let mut want: Vec<(String, bool)> =
            want.iter().map(|(text, doubled)| (String::from(*text), *doubled)).collect();
        want.push((String::new(), false));
        assert_eq!(cells(row, b','), want);
        assert_eq!(cells("a;\"b;c\"", b';').len(), 2);
        let spaced = cells("a, b c,  \"d, e\", ", b',');
        assert_eq!(spaced.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>(), ["a", "b c", "d, e", ""]);
    }

    #[test]
    fn a_row_goes_on_only_inside_quotes() {
        for (line, begins_open, open) in [
            ("a,\"b", false, true),
            ("a, \"b", false, true),
            ("a,\"b\"", false, false),
            ("a,b\"c", false, false),
            ("a,\"b\"\"", false, true),
            ("c\",d", true, false),
            ("c\",\"d", true, true),
            ("c", true, true),
            ("", true, true),
            ("", false, false),
        ] {
            assert_eq!(is_open(line.as_bytes(), b',', begins_open), open, "{line}");
        }
    }
}
