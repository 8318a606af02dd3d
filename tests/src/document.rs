//! Generated parts of documents: compared by tests, and written with `UPDATE_GOLDEN`.

use std::fs;
use std::path::PathBuf;

/// Whether to write generated parts instead of comparing them.
#[must_use]
pub fn updates() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// The path of a file in the repository.
#[must_use]
pub fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Its text.
///
/// # Panics
/// If it cannot be read.
#[must_use]
pub fn text(path: &str) -> String {
    fs::read_to_string(file(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Compares the part of a document between `<!-- NAME -->` and `<!-- /NAME -->` with the generated text, or writes it.
///
/// # Panics
/// If the part is missing or differs.
pub fn keep_part(path: &str, name: &str, due: &str) {
    let whole = text(path);
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let parts =
        whole.split_once(&begin).and_then(|(head, rest)| rest.split_once(&end).map(|(is, tail)| (head, is, tail)));
    let (head, is, tail) = parts.unwrap_or_else(|| panic!("{path} has no part `{name}`"));
    if updates() {
        fs::write(file(path), [head, &begin, due, &end, tail].concat()).unwrap_or_else(|e| panic!("{path}: {e}"));
        return;
    }
    same(&format!("{path}, {name}"), is, due);
}

/// The same for a whole file.
///
/// # Panics
/// If it differs.
pub fn keep_file(path: &str, due: &str) {
    if updates() {
        fs::write(file(path), due).unwrap_or_else(|e| panic!("{path}: {e}"));
        return;
    }
    same(path, &text(path), due);
}

/// Holds a golden text against what should stand there.
///
/// # Panics
/// When they differ: the message shows the first lines that do.
pub fn same(what: &str, is: &str, due: &str) {
    if is != due {
        panic!("{what} is out of date; UPDATE_GOLDEN=1 writes it anew:\n{}", difference(is, due));
    }
}

/// Most lines shown of either side.
const SHOWN: usize = 6;
/// Longest line shown, in characters.
const WIDEST: usize = 200;

/// Where two texts differ: the lines between what they have in common before and after, cut short.
#[must_use]
pub fn difference(is: &str, due: &str) -> String {
    let (is, due): (Vec<&str>, Vec<&str>) = (is.lines().collect(), due.lines().collect());
    let before = is.iter().zip(&due).take_while(|(a, b)| a == b).count();
    let after = is[before..].iter().rev().zip(due[before..].iter().rev()).take_while(|(a, b)| a == b).count();
    let side = |mark: char, lines: &[&str]| {
        let lines = &lines[before..lines.len() - after];
        let mut shown = String::new();
        for line in lines.iter().take(SHOWN) {
            let cut: String = line.chars().take(WIDEST).collect();
            let more = if cut.len() < line.len() { " …" } else { "" };
            shown += &format!("{mark} {cut}{more}\n");
        }
        match lines.len().checked_sub(SHOWN + 1) {
            Some(more) => shown + &format!("{mark} … {} more lines\n", more + 1),
            None => shown,
        }
    };
    let gone = side('-', &is);
    let new = side('+', &due);
    format!("line {}:\n{gone}{new}", before + 1)
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_difference_is_short() {
        assert_eq!(difference("a\nb\nc\n", "a\nx\ny\nc\n"), "line 2:\n- b\n+ x\n+ y\n");
        assert_eq!(difference("a\n", "a\nb\n"), "line 2:\n+ b\n");
        assert_eq!(difference("a\na\n", "a\n"), "line 2:\n- a\n");
        let (long, many) = ("é".repeat(500), "x\n".repeat(9));
        assert_eq!(
            difference(&many, &long),
            format!("line 1:\n{}- … 3 more lines\n+ {} …\n", "- x\n".repeat(6), "é".repeat(200))
        );
    }
}
