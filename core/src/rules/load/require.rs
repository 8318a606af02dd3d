//! What a behavior requires, as one line of text: `opened and shell and (relay or relay_tool)`.
//!
//! ```text
//! require = all { "or" all } ;
//! all     = part { "and" part } ;
//! part    = "(" require ")" | clause | "absent" clause | number "of" "(" require { "," require } ")" ;
//! ```
//! `absent`: not seen within the window, though its class of telemetry is seen on the host. `2 of (…)`: at least two.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::{ClauseId, Require};
use super::token::{Placed, TextError, Token, tokens};
use crate::util::document::{Fault, Node};
use crate::util::spelling::suggestion;

/// Deepest nesting of parentheses.
const DEEPEST: usize = 16;

/// Reads what has to be met, given the clauses' names.
pub(super) fn read_require(node: Node<'_>, clauses: &[&str]) -> Result<Require, Fault> {
    let lines = node.lines()?;
    let parse = || {
        let tokens = tokens(&lines.text)?;
        let mut parser = Parser { clauses, tokens: &tokens, at: 0, end: lines.text.trim_end().len(), depth: 0 };
        let require = parser.require()?;
        match parser.peek() {
            None => Ok(require),
            Some(_) => Err(parser.wanted("`and`, `or` or the end")),
        }
    };
    parse().map_err(|(at, what): TextError| lines.fault(at, what))
}

/// What is said of a name that is no clause.
pub(super) fn unknown_clause(name: &str, clauses: &[&str]) -> String {
    format!("`{name}` is no clause{}", suggestion(name, clauses.iter().copied()))
}

struct Parser<'a> {
    clauses: &'a [&'a str],
    tokens: &'a [Placed<'a>],
    at: usize,
    end: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token<'a>> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(at, _)| *at)
    }

    fn wanted(&self, what: &str) -> TextError {
        (self.place(), format!("{what} should stand here"))
    }

    fn takes(&mut self, token: &Token<'_>) -> bool {
        let is_next = self.peek() == Some(token);
        self.at += usize::from(is_next);
        is_next
    }

    fn require(&mut self) -> Result<Require, TextError> {
        self.joined("or", Require::Any, |parser| parser.joined("and", Require::All, Self::part))
    }

    fn joined(
        &mut self,
        word: &str,
        join: fn(Vec<Require>) -> Require,
        part: fn(&mut Self) -> Result<Require, TextError>,
    ) -> Result<Require, TextError> {
        let mut parts = alloc::vec![part(self)?];
        while self.takes(&Token::Word(word)) {
            parts.push(part(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { join(parts) })
    }

    fn part(&mut self) -> Result<Require, TextError> {
        match self.peek() {
            Some(Token::Symbol("(")) => {
                let mut inner = self.parenthesized()?;
                match inner.len() {
                    1 => Ok(inner.remove(0)),
                    _ => Err(self.wanted("`and` or `or`, not `,`,")),
                }
            }
            Some(Token::Number(least)) => {
                let place = self.place();
                self.at += 1;
                if !self.takes(&Token::Word("of")) {
                    return Err(self.wanted("`of`"));
                }
                let of = self.parenthesized()?;
                let least = usize::try_from(*least).ok().filter(|least| (1..=of.len()).contains(least));
                let least = least.and_then(|least| u8::try_from(least).ok());
                let least = least.ok_or_else(|| (place, format!("should be 1 to {}", of.len())))?;
                Ok(Require::AtLeast(least, of))
            }
            Some(Token::Word("absent")) => {
                self.at += 1;
                self.clause().map(Require::Absent)
            }
            _ => self.clause().map(Require::Clause),
        }
    }

    fn parenthesized(&mut self) -> Result<Vec<Require>, TextError> {
        if !self.takes(&Token::Symbol("(")) {
            return Err(self.wanted("`(`"));
        }
        if self.depth == DEEPEST {
            return Err((self.place(), format!("parentheses nest more than {DEEPEST} deep")));
        }
        self.depth += 1;
        let mut parts = alloc::vec![self.require()?];
        while self.takes(&Token::Symbol(",")) {
            parts.push(self.require()?);
        }
        self.depth -= 1;
        if self.takes(&Token::Symbol(")")) { Ok(parts) } else { Err(self.wanted("`and`, `or`, `,` or `)`")) }
    }

    fn clause(&mut self) -> Result<ClauseId, TextError> {
        let Some(Token::Word(name)) = self.peek() else { return Err(self.wanted("a clause's name")) };
        let found = self.clauses.iter().position(|clause| clause == name);
        let clause = found.ok_or_else(|| (self.place(), unknown_clause(name, self.clauses)))?;
        self.at += 1;
        Ok(clause as ClauseId)
    }
}
