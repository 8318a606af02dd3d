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
use super::token::{Cursor, TextError, Token, tokens};
use crate::util::document::{Fault, Node};
use crate::util::spelling::unknown;

/// Deepest nesting of parentheses.
const DEEPEST: usize = 16;

/// Reads what has to be met, given the clauses' names.
pub(super) fn read_require(node: Node<'_>, clauses: &[&str]) -> Result<Require, Fault> {
    let lines = node.lines()?;
    parse(&lines.text, clauses).map_err(|(at, what)| lines.fault(at, what))
}

/// Reads a word and, behind `if`, what has to be met for it to hold.
pub(super) fn read_when(node: Node<'_>, clauses: &[&str]) -> Result<(String, Option<Require>), Fault> {
    const IF: &str = " if ";
    let lines = node.lines()?;
    let Some((word, condition)) = lines.text.split_once(IF) else { return Ok((lines.text.trim().into(), None)) };
    let before = word.len() + IF.len();
    let when = parse(condition, clauses).map_err(|(at, what)| lines.fault(before + at, what))?;
    Ok((word.trim().into(), Some(when)))
}

fn parse(text: &str, clauses: &[&str]) -> Result<Require, TextError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { clauses, cursor: Cursor::new(text, &tokens), depth: 0 };
    let require = parser.require()?;
    parser.cursor.finish("`and`, `or`")?;
    Ok(require)
}

/// The clause of a name.
pub(super) fn clause_id(name: &str, clauses: &[&str]) -> Result<ClauseId, String> {
    let found = clauses.iter().position(|clause| *clause == name);
    let id = found.and_then(|at| ClauseId::try_from(at).ok());
    id.ok_or_else(|| unknown("clause", name, clauses.iter().copied()))
}

struct Parser<'a> {
    clauses: &'a [&'a str],
    cursor: Cursor<'a>,
    depth: usize,
}

impl Parser<'_> {
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
        while self.cursor.takes_word(word) {
            parts.push(part(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { join(parts) })
    }

    fn part(&mut self) -> Result<Require, TextError> {
        match self.cursor.peek() {
            Some(Token::Symbol("(")) => {
                let mut inner = self.parenthesized()?;
                match inner.len() {
                    1 => Ok(inner.remove(0)),
                    _ => Err(self.cursor.wanted("`and` or `or`, not `,`,")),
                }
            }
            Some(Token::Number(least)) => {
                let place = self.cursor.place();
                self.cursor.step();
                if !self.cursor.takes_word("of") {
                    return Err(self.cursor.wanted("`of`"));
                }
                let of = self.parenthesized()?;
                let least = usize::try_from(*least).ok().filter(|least| (1..=of.len()).contains(least));
                let least = least.and_then(|least| u8::try_from(least).ok());
                let least = least.ok_or_else(|| (place, format!("should be 1 to {}", of.len())))?;
                Ok(Require::AtLeast(least, of))
            }
            Some(Token::Word("absent")) => {
                self.cursor.step();
                self.clause().map(Require::Absent)
            }
            _ => self.clause().map(Require::Clause),
        }
    }

    fn parenthesized(&mut self) -> Result<Vec<Require>, TextError> {
        if !self.cursor.takes_symbol("(") {
            return Err(self.cursor.wanted("`(`"));
        }
        if self.depth == DEEPEST {
            return Err((self.cursor.place(), format!("parentheses nest more than {DEEPEST} deep")));
        }
        self.depth += 1;
        let mut parts = alloc::vec![self.require()?];
        while self.cursor.takes_symbol(",") {
            parts.push(self.require()?);
        }
        self.depth -= 1;
        if self.cursor.takes_symbol(")") { Ok(parts) } else { Err(self.cursor.wanted("`and`, `or`, `,` or `)`")) }
    }

    fn clause(&mut self) -> Result<ClauseId, TextError> {
        let (at, name) = self.cursor.word("a clause's name")?;
        clause_id(name, self.clauses).map_err(|what| (at, what))
    }
}
