//! The words of a rule's text (a clause, a condition, a requirement), each with its offset, and a cursor over them.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// One word of a text.
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

/// What is wrong with a text, and the offset of it.
pub(super) type TextError = (usize, String);

/// Symbols of other languages, and what to write here.
const FOREIGN: [(&str, &str); 6] =
    [("=", "`==`"), ("&&", "`and`"), ("||", "`or`"), ("!", "`not`"), ("\"", "a text as `'…'`"), ("~", "`matches`")];

/// Reads a text from its first token to its last.
pub(super) struct Cursor<'a> {
    tokens: &'a [Placed<'a>],
    at: usize,
    /// The offset at which the text ends.
    end: usize,
}

impl<'a> Cursor<'a> {
    /// Stands at the first of a text's tokens.
    pub(super) fn new(text: &str, tokens: &'a [Placed<'a>]) -> Self {
        Self { tokens, at: 0, end: text.trim_end().len() }
    }

    /// The next token.
    pub(super) fn peek(&self) -> Option<&'a Token<'a>> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    /// The offset of the next token.
    pub(super) fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(at, _)| *at)
    }

    /// Steps over the next token.
    pub(super) fn step(&mut self) -> Option<&'a Placed<'a>> {
        let next = self.tokens.get(self.at);
        self.at += usize::from(next.is_some());
        next
    }

    /// Steps over the next token if it is this word.
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        self.takes(&Token::Word(word))
    }

    /// Steps over the next token if it is this symbol.
    pub(super) fn takes_symbol(&mut self, symbol: &'static str) -> bool {
        self.takes(&Token::Symbol(symbol))
    }

    fn takes(&mut self, token: &Token<'_>) -> bool {
        let is_next = self.peek() == Some(token);
        self.at += usize::from(is_next);
        is_next
    }

    /// The next token, which has to be a word, and its offset.
    pub(super) fn word(&mut self, what: &str) -> Result<(usize, &'a str), TextError> {
        match self.tokens.get(self.at) {
            Some((at, Token::Word(word))) => {
                self.at += 1;
                Ok((*at, word))
            }
            _ => Err(self.wanted(what)),
        }
    }

    /// The next token, which has to be a number within bounds.
    pub(super) fn number(&mut self, what: &str, least: u16, most: u16) -> Result<u16, TextError> {
        let Some((at, Token::Number(number))) = self.tokens.get(self.at) else { return Err(self.wanted(what)) };
        self.at += 1;
        let number = u16::try_from(*number).ok().filter(|n| (least..=most).contains(n));
        number.ok_or_else(|| (*at, format!("{what} should be {least} to {most}")))
    }

    /// The next token has to be this symbol.
    pub(super) fn need_symbol(&mut self, symbol: &'static str) -> Result<(), TextError> {
        if self.takes_symbol(symbol) { Ok(()) } else { Err(self.wanted(&format!("`{symbol}`"))) }
    }

    /// Nothing may follow. `what` could have stood here.
    pub(super) fn finish(&self, what: &str) -> Result<(), TextError> {
        if self.peek().is_none() { Ok(()) } else { Err(self.wanted(&format!("{what} or the end"))) }
    }

    /// An error about the next token: something else should stand there.
    pub(super) fn wanted(&self, what: &str) -> TextError {
        let found = match self.peek() {
            None => "the text ends".to_owned(),
            Some(Token::Word(word)) => format!("`{word}` stands"),
            Some(Token::Symbol(symbol)) => format!("`{symbol}` stands"),
            Some(Token::Text(text)) => format!("'{text}' stands"),
            Some(Token::Number(n)) => format!("{n} stands"),
        };
        (self.place(), format!("{found} where {what} should stand"))
    }
}

/// Splits a text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed<'_>>, TextError> {
    // Tokens and the blanks between them have some six bytes each.
    let mut tokens = Vec::with_capacity(text.len() / 6 + 1);
    let mut at = 0;
    while let Some(first) = text.as_bytes().get(at) {
        let rest = &text[at..];
        let (token, length) = match first {
            b' ' | b'\t' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            b'\'' => quoted(rest).ok_or_else(|| (at, "the text has no closing `'`".to_owned()))?,
            b'-' | b'0'..=b'9' => number(rest).map_err(|what| (at, what))?,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
                let end = rest.bytes().position(|byte| !is_part(byte)).unwrap_or(rest.len());
                (Token::Word(&rest[..end]), end)
            }
            _ => match symbol(rest) {
                Some(symbol) => (Token::Symbol(symbol), symbol.len()),
                None => return Err((at, foreign(rest))),
            },
        };
        tokens.push((at, token));
        at += length;
    }
    Ok(tokens)
}

/// The symbol at the beginning of a text.
fn symbol(rest: &str) -> Option<&'static str> {
    Some(match rest.as_bytes() {
        [b'=', b'=', ..] => "==",
        [b'!', b'=', ..] => "!=",
        [b'<', b'=', ..] => "<=",
        [b'>', b'=', ..] => ">=",
        [b'<', ..] => "<",
        [b'>', ..] => ">",
        [b'(', ..] => "(",
        [b')', ..] => ")",
        [b'[', ..] => "[",
        [b']', ..] => "]",
        [b',', ..] => ",",
        [b':', ..] => ":",
        _ => return None,
    })
}

fn foreign(rest: &str) -> String {
    let first = rest.chars().next().unwrap_or_default();
    let known = FOREIGN.iter().find(|(symbol, _)| rest.starts_with(symbol));
    let instead = known.map_or(String::new(), |(_, instead)| format!("; write {instead}"));
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
            ("a == 'x", 5, "no closing"),
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
