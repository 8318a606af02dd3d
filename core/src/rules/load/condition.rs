//! Conditions: one line of text, compiled to predicates.
//!
//! ```text
//! actor.image in win.office and not (tags has process.com_server_child or parent.image == actor.image)
//! ```
//!
//! # Grammar
//! ```text
//! condition = all { "or" all } ;
//! all       = part { "and" part } ;
//! part      = { "not" } ( "(" condition ")" | name | test ) ;
//! test      = field ( "==" | "!=" ) ( value | field )
//!           | field ( "<" | "<=" | ">" | ">=" ) value
//!           | field "in" ( item | "[" item { "," item } [ "," ] "]" )
//!           | field ( "contains" | "starts_with" | "ends_with" | "matches" | "fits" ) texts
//!           | field "has" ( flag | "[" flag { "," flag } [ "," ] "]" )
//!           | field "is" ( "unknown" | "known" | "rare" | "common" ) ;
//! item      = list | value ;
//! flag      = tag | number ;
//! texts     = text | "[" text { "," text } [ "," ] "]" ;
//! value     = text | number | word ;
//! text      = "'" { any character but "'" | "''" } "'" ;
//! number    = [ "-" ] digit { digit } | "0x" hexdigit { hexdigit } ;
//! name, field, list, tag, word = letter { letter | digit | "_" | "." } ;
//! ```
//! `not` binds closest, then `and`, then `or`. Parentheses and what stands in them nest at most [`DEEPEST`] deep, and a
//! condition has at most [`MOST_TESTS`] tests, those of the conditions it names included. Brackets always mean *any of
//! these*. A name without a dot that is no field is that of a [named condition](Conditions).
//!
//! # Meaning
//! On a field without a value every test fails but `is unknown`; so its negation, `!=` included, holds.
//!
//! | test | holds when the field's value |
//! |---|---|
//! | `==`, `in [‥]` | is that value, or one of those; texts are equal on Linux by their bytes, elsewhere in any ASCII case |
//! | `in LIST` | is matched by a pattern of that list, or of one of several in brackets |
//! | `== FIELD` | is the other field's |
//! | `<`, `<=`, `>`, `>=` | is a number, or stands in the order of its words, before or after |
//! | `contains`, `starts_with`, `ends_with` | has that text, or one of those, somewhere, first, last; case as for `==` |
//! | `matches` | is of that shape: `*` is any run of characters |
//! | `fits` | is of that [template](super::super::Template): `<digits:4>`, `<hex>`, `<guid>` … and `*` |
//! | `has` | is a set with one of those tags, or a number with one of those bits |
//! | `is unknown`, `is known` | is not there, though the source reports it; is there |
//! | `is rare`, `is common` | (of `endpoint.name`) is no reference name; is one |

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use super::super::{Field, Lists, Predicate, Test};
use super::predicate::{self, Operator};
use super::token::{Cursor, Placed, TextError, Token, tokens};
use crate::event::Os;
use crate::util::document::{Fault, Node};
use crate::util::spelling::suggestion;

/// Deepest nesting of parentheses.
const DEEPEST: usize = 16;

/// Most tests of one condition.
const MOST_TESTS: usize = 64;

/// Words that are no names.
const WORDS: [&str; 3] = ["and", "or", "not"];

/// A condition as it is written.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test(Field, Test),
}

/// Conditions that have names, by platform. A condition may name those that stand before it.
#[derive(Default)]
pub(super) struct Conditions {
    named: BTreeMap<(Os, String), Expression>,
    /// Those that another condition names.
    read: RefCell<BTreeSet<(Os, String)>>,
    /// What to warn of in the conditions that were read.
    warnings: RefCell<Vec<Fault>>,
}

impl Conditions {
    /// Reads an object of conditions by name.
    pub(super) fn read(&mut self, node: Node<'_>, os: Os, lists: &Lists) -> Result<(), Fault> {
        for (name, condition) in node.members()? {
            let read = self.named(name, condition, os, lists);
            read.map_err(|fault| fault.within(format_args!("condition {name}"), condition))?;
        }
        Ok(())
    }

    fn named(&mut self, name: &str, node: Node<'_>, os: Os, lists: &Lists) -> Result<(), Fault> {
        let is_word = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let begins_well = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if !is_word || !begins_well || WORDS.contains(&name) || Field::named(name).is_some() {
            return Err(node.fault("the name of a condition is small letters, digits and `_`, and no other word"));
        }
        let text = if node.is_object() {
            let node = node.only(&["where", "why"])?;
            node.get("why").map(Node::prose).transpose()?;
            node.need("where")?
        } else {
            node
        };
        let expression = self.expression(text, os, lists)?;
        match self.named.insert((os, name.to_owned()), expression) {
            None => Ok(()),
            Some(_) => Err(node.fault(format_args!("`{name}` is taken"))),
        }
    }

    /// Adds a warning.
    pub(super) fn warn(&self, warning: Fault) {
        self.warnings.borrow_mut().push(warning);
    }

    /// The warnings since the last call.
    pub(super) fn take_warnings(&self) -> Vec<Fault> {
        self.warnings.take()
    }

    /// Whether any condition names this one.
    pub(super) fn is_read(&self, os: Os, name: &str) -> bool {
        self.read.borrow().contains(&(os, name.to_owned()))
    }

    /// Compiles a condition that stands alone, a text or a list of its lines.
    pub(super) fn compile(&self, node: Node<'_>, os: Os, lists: &Lists) -> Result<Vec<Predicate>, Fault> {
        Ok(self.expression(node, os, lists)?.compile(lists))
    }

    fn expression(&self, node: Node<'_>, os: Os, lists: &Lists) -> Result<Expression, Fault> {
        let lines = node.lines()?;
        let parse = || {
            let tokens = tokens(&lines.text)?;
            self.parse(&mut Cursor::new(&lines.text, &tokens), os, lists)
        };
        parse().map_err(|(at, what): TextError| lines.fault(at, what))
    }

    /// Reads a condition that ends where the text does.
    pub(super) fn parse(&self, cursor: &mut Cursor<'_>, os: Os, lists: &Lists) -> Result<Expression, TextError> {
        let mut parser = Parser { names: self, os, lists, cursor, depth: 0, tests: 0 };
        let expression = parser.condition()?;
        cursor.finish("`and`, `or`")?;
        Ok(expression)
    }
}

/// Adds the predicates of an expression, or of its negation, to those that have to hold together.
fn lower(expression: &Expression, negated: bool, all: &mut Vec<Predicate>) {
    match (expression, negated) {
        (Expression::Not(inner), _) => lower(inner, !negated, all),
        (Expression::Test(field, Test::Not(test)), true) => all.push(Predicate::Test(*field, (**test).clone())),
        (Expression::Test(field, test), true) => all.push(Predicate::Test(*field, Test::Not(Box::new(test.clone())))),
        (Expression::Test(field, test), false) => all.push(Predicate::Test(*field, test.clone())),
        (Expression::All(list), false) | (Expression::Any(list), true) => {
            list.iter().for_each(|part| lower(part, negated, all));
        }
        (Expression::Any(list), false) | (Expression::All(list), true) => {
            let mut ways: Vec<Vec<Predicate>> = Vec::new();
            for part in list {
                let mut way = Vec::new();
                lower(part, negated, &mut way);
                drop_implied(&mut way);
                match way.as_mut_slice() {
                    // One of several ways within one of several ways.
                    [Predicate::Any(inner)] => inner.drain(..).for_each(|way| add_way(&mut ways, way)),
                    _ => add_way(&mut ways, way),
                }
            }
            // What is denied of a field is denied of a missing one, too: to say so costs nothing.
            let denied: Vec<Field> = ways.iter().flat_map(|way| denied_alone(way)).flatten().collect();
            ways.retain(|way| !asks_if_unknown(way).is_some_and(|field| denied.contains(&field)));
            match ways.len() {
                1 => all.append(&mut ways.remove(0)),
                _ => all.push(Predicate::Any(ways)),
            }
        }
    }
}

/// The field of which a way asks whether it is unknown, and nothing else.
fn asks_if_unknown(way: &[Predicate]) -> Option<Field> {
    match way {
        [Predicate::Test(field, Test::Unknown(true))] => Some(*field),
        [Predicate::Test(field, Test::Not(inner))] if matches!(**inner, Test::Unknown(false)) => Some(*field),
        _ => None,
    }
}

/// Drops the question whether a field is known where something has to be true of it.
fn drop_implied(all: &mut Vec<Predicate>) {
    let is_true = |test: &Test| !matches!(test, Test::Not(_) | Test::Unknown(_));
    let of = |predicate: &Predicate| match predicate {
        Predicate::Test(field, test) if is_true(test) => Some(*field),
        _ => None,
    };
    let settled: Vec<Field> = all.iter().filter_map(of).collect();
    all.retain(|p| !matches!(p, Predicate::Test(field, Test::Unknown(false)) if settled.contains(field)));
}

/// The fields of which a way denies something, if it asks for nothing else.
fn denied_alone(way: &[Predicate]) -> [Option<Field>; 2] {
    match way {
        [Predicate::Test(field, Test::Not(inner))] => match **inner {
            Test::Unknown(_) => [None, None],
            Test::Same(other) => [Some(*field), Some(other)],
            _ => [Some(*field), None],
        },
        _ => [None, None],
    }
}

/// Adds one of several ways to hold. Two tests of one field against values become one against all of them: that one
/// can be indexed.
fn add_way(ways: &mut Vec<Vec<Predicate>>, way: Vec<Predicate>) {
    if let [Predicate::Test(field, test)] = way.as_slice() {
        let before = ways.iter_mut().filter_map(|way| match way.as_mut_slice() {
            [Predicate::Test(known, test)] if known == field => Some(test),
            _ => None,
        });
        for known in before {
            match (known, test) {
                (Test::List(all), Test::List(more)) => all.extend(more),
                (Test::NumberIn(all), Test::NumberIn(more)) => all.extend(more),
                (Test::TextIn(all), Test::TextIn(more)) => all.extend(more.iter().cloned()),
                (Test::Like(all), Test::Like(more)) => all.extend(more.iter().cloned()),
                _ => continue,
            }
            return;
        }
    }
    ways.push(way);
}

struct Parser<'c, 't> {
    names: &'c Conditions,
    os: Os,
    lists: &'c Lists,
    cursor: &'c mut Cursor<'t>,
    depth: usize,
    tests: usize,
}

impl<'t> Parser<'_, 't> {
    fn error<T>(&self, what: impl fmt::Display) -> Result<T, TextError> {
        Err((self.cursor.place(), format!("{what}")))
    }

    fn condition(&mut self) -> Result<Expression, TextError> {
        self.joined("or", Expression::Any, |parser| parser.joined("and", Expression::All, Self::part))
    }

    /// Parts with a word between them.
    fn joined(
        &mut self,
        word: &str,
        join: fn(Vec<Expression>) -> Expression,
        part: fn(&mut Self) -> Result<Expression, TextError>,
    ) -> Result<Expression, TextError> {
        let first = part(self)?;
        let mut parts = Vec::new();
        while self.cursor.takes_word(word) {
            parts.push(part(self)?);
        }
        if parts.is_empty() {
            return Ok(first);
        }
        parts.insert(0, first);
        Ok(join(parts))
    }

    fn part(&mut self) -> Result<Expression, TextError> {
        let mut negated = false;
        while self.cursor.takes_word("not") {
            negated = !negated;
        }
        let part = if self.cursor.peek() == Some(&Token::Symbol("(")) {
            if self.depth == DEEPEST {
                return self.error(format_args!("parentheses nest more than {DEEPEST} deep"));
            }
            self.depth += 1;
            self.cursor.step();
            let inner = self.condition()?;
            self.depth -= 1;
            if !self.cursor.takes_symbol(")") {
                return Err(self.cursor.wanted("`and`, `or` or `)`"));
            }
            inner
        } else {
            self.test()?
        };
        Ok(if negated { Expression::Not(Box::new(part)) } else { part })
    }

    fn test(&mut self) -> Result<Expression, TextError> {
        let Some(Token::Word(name)) = self.cursor.peek() else {
            return Err(self.cursor.wanted("a field or a condition's name"));
        };
        let key = (self.os, (*name).to_owned());
        if let Some(named) = self.names.named.get(&key) {
            self.names.read.borrow_mut().insert(key);
            self.count(named.tests())?;
            self.cursor.step();
            return Ok(named.clone());
        }
        let field = self.field(name)?;
        self.count(1)?;
        self.cursor.step();
        let mut tests = self.operator(field)?;
        match tests.pop() {
            Some(test) if tests.is_empty() => Ok(Expression::Test(field, test)),
            last => Ok(Expression::Any(tests.into_iter().chain(last).map(|t| Expression::Test(field, t)).collect())),
        }
    }

    fn count(&mut self, tests: usize) -> Result<(), TextError> {
        self.tests += tests;
        match self.tests > MOST_TESTS {
            true => self.error(format_args!("the condition has more than {MOST_TESTS} tests")),
            false => Ok(()),
        }
    }

    fn field(&self, name: &str) -> Result<Field, TextError> {
        if let Some(field) = Field::named(name) {
            return Ok(field);
        }
        if WORDS.contains(&name) {
            return Err(self.cursor.wanted("a field or a condition's name"));
        }
        let what = if name.contains('.') { "field" } else { "field, and no condition of this platform" };
        let conditions = self.names.named.keys().filter(|(os, _)| *os == self.os).map(|(_, name)| name.as_str());
        let fields = Field::names();
        let known = conditions.chain(fields.iter().map(String::as_str));
        self.error(format_args!("`{name}` is no {what}{}", suggestion(name, known)))
    }

    fn operator(&mut self, field: Field) -> Result<Vec<Test>, TextError> {
        let allowed = || Operator::of(field).map(|o| format!("`{}`", o.name())).collect::<Vec<_>>().join(", ");
        let name = match self.cursor.peek() {
            Some(Token::Word(word)) => *word,
            Some(Token::Symbol(symbol)) => *symbol,
            _ => return Err(self.cursor.wanted(&format!("an operator ({})", allowed()))),
        };
        let Some(operator) = Operator::named(name) else {
            let near = suggestion(name, Operator::of(field).map(Operator::name));
            return self.error(format_args!("`{name}` is no operator{near}; known here: {}", allowed()));
        };
        if !Operator::of(field).any(|o| o == operator) {
            let what = predicate::describe(field);
            return self.error(format_args!("`{name}` does not fit: the field is {what}; what fits: {}", allowed()));
        }
        self.cursor.step();
        let values = self.values(operator)?;
        predicate::Reader { field, os: self.os, lists: self.lists }.tests(operator, &values)
    }

    /// The right side of an operator: one value, or several in brackets.
    fn values(&mut self, operator: Operator) -> Result<Vec<Placed<'t>>, TextError> {
        if !operator.takes_several() || !self.cursor.takes_symbol("[") {
            return Ok(alloc::vec![self.value()?]);
        }
        let mut values = Vec::new();
        loop {
            if !values.is_empty() && self.cursor.takes_symbol("]") {
                return Ok(values);
            }
            values.push(self.value()?);
            if !self.cursor.takes_symbol(",") && self.cursor.peek() != Some(&Token::Symbol("]")) {
                return Err(self.cursor.wanted("`,` or `]`"));
            }
        }
    }

    fn value(&mut self) -> Result<Placed<'t>, TextError> {
        let value = match self.cursor.peek() {
            Some(Token::Symbol(_)) | None => None,
            Some(Token::Word(word)) if WORDS.contains(word) => None,
            Some(_) => self.cursor.step(),
        };
        value.cloned().ok_or_else(|| self.cursor.wanted("a value"))
    }
}

impl Expression {
    /// The predicates that have to hold together, the cheapest first.
    pub(super) fn compile(&self, lists: &Lists) -> Vec<Predicate> {
        let mut predicates = Vec::new();
        lower(self, false, &mut predicates);
        drop_implied(&mut predicates);
        predicate::cheapest_first(&mut predicates, lists);
        predicates
    }

    /// Both this and another condition.
    pub(super) fn and(self, other: Self) -> Self {
        Self::All(alloc::vec![self, other])
    }

    fn tests(&self) -> usize {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().map(Self::tests).sum(),
            Self::Not(inner) => inner.tests(),
            Self::Test(..) => 1,
        }
    }
}
