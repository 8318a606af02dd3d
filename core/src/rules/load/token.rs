//! The words of a condition's text, each with its offset.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// One word of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A field, list, tag, operator or the name of a condition or value.
    Word(&'a str),
    /// A text in single quotes.
    Text(String),
    Number(i64),
    Symbol(&'static str),
}

/// A token and where it begins.
pub(super) type Placed<'a> = (usize, Token<'a>);

/// What is wrong with a condition's text, and the offset of it.
pub(super) type TextError = (usize, String);

/// Longer ones first.
const SYMBOLS: [&str; 11] = ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ","];

/// Symbols of other languages, and what to write here.
const FOREIGN: [(&str, &str); 6] =
    [("=", "=="), ("&&", "and"), ("||", "or"), ("!", "not"), ("\"", "'…' for a text"), ("~", "matches")];

/// Splits a text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed<'_>>, TextError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = match first {
            ' ' | '\t' | '\n' | '\r' => {
                at += 1;
                continue;
            }
            '\'' => quoted(rest).ok_or_else(|| (at, "this text is not closed: a `'` is missing".to_owned()))?,
            '-' | '0'..='9' => number(rest).map_err(|what| (at, what))?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
                let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                (Token::Word(&rest[..end]), end)
            }
            _ => match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
                Some(symbol) => (Token::Symbol(symbol), symbol.len()),
                None => return Err((at, foreign(rest, first))),
            },
        };
        tokens.push((at, token));
        at += length;
    }
    Ok(tokens)
}

fn foreign(rest: &str, first: char) -> String {
    let known = FOREIGN.iter().find(|(symbol, _)| rest.starts_with(symbol));
    let instead = known.map_or(String::new(), |(_, instead)| format!("; write `{instead}`"));
    format!("`{first}` means nothing here{instead}")
}

/// A text in single quotes; two of them stand for one.
fn quoted(rest: &str) -> Option<(Token<'_>, usize)> {
    let mut text = String::new();
    let mut at = 1;
    loop {
        let end = at + rest[at..].find('\'')?;
        text.push_str(&rest[at..end]);
        if !rest[end + 1..].starts_with('\'') {
            return Some((Token::Text(text), end + 1));
        }
        text.push('\'');
        at = end + 2;
    }
}

fn number(rest: &str) -> Result<(Token<'_>, usize), String> {
    let end = rest[1..].find(|c: char| !c.is_ascii_alphanumeric()).map_or(rest.len(), |end| end + 1);
    let text = &rest[..end];
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map(|n| (Token::Number(n), end)).map_err(|_| format!("`{text}` is no whole number"))
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{Token, tokens};

    #[test]
    fn a_text_is_split_into_words() {
        let text = "a.b_1 in [x,'it''s, (é)' ,0x1F,-3]\n and not(c<=2)!=";
        let found = tokens(text).expect("tokens");
        let words: Vec<Token<'_>> = found.iter().map(|(_, token)| token.clone()).collect();
        let (word, symbol) = (Token::Word, Token::Symbol);
        let expected = [
            word("a.b_1"),
            word("in"),
            symbol("["),
            word("x"),
            symbol(","),
            Token::Text("it's, (é)".into()),
            symbol(","),
            Token::Number(31),
            symbol(","),
            Token::Number(-3),
            symbol("]"),
            word("and"),
            word("not"),
            symbol("("),
            word("c"),
            symbol("<="),
            Token::Number(2),
            symbol(")"),
            symbol("!="),
        ];
        assert_eq!(words, expected);
        assert_eq!(&text[found[5].0..found[5].0 + 3], "'it");
    }

    #[test]
    fn what_is_no_word_is_refused_at_its_place() {
        for (text, at, part) in [
            ("a == 'x", 5, "not closed"),
            ("a = 'x'", 2, "`==`"),
            ("a && b", 2, "`and`"),
            ("a == \"x\"", 5, "'…'"),
            ("é", 0, "means nothing"),
            ("a == 12x", 5, "no whole number"),
            ("a == 0x", 5, "no whole number"),
            ("a == 99999999999999999999", 5, "no whole number"),
            ("a == -", 5, "no whole number"),
        ] {
            let (place, what) = tokens(text).expect_err(text);
            assert_eq!(place, at, "{text}: {what}");
            assert!(what.contains(part), "{text}: {what}");
        }
    }
}
