//! The texts that the library itself writes into alerts and errors, so that a saved one is found again as it is.

/// All of them, sorted. A test of the repository makes the list from the sources.
static WORDS: &[&str] = &include!("words.in");

/// The library's text that reads so.
pub(super) fn find(text: &[u8]) -> Option<&'static str> {
    WORDS.binary_search_by(|word| word.as_bytes().cmp(text)).ok().map(|at| WORDS[at])
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_words_are_sorted() {
        assert!(super::WORDS.is_sorted());
        assert_eq!(super::find(b"critical"), Some("critical"));
        assert_eq!(super::find(b"no such word"), None);
    }
}
