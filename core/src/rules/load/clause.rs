//! Clauses and fallback forms, each one line of text.
//!
//! ```text
//! execution 350: process_start at parent bind T, parent as S after open where actor.image in unix.shells
//! ```
//!
//! # Grammar
//! ```text
//! clause   = class [ weight ] ":" events { part } [ "where" condition ] ;
//! class    = "ipc" | "execution" | "injection" | "effect" | "context" ;
//! events   = kind { "or" kind } | "evidence" "(" name ")" | "like" clause_name ;
//! part     = "at" path { "or" path }
//!          | "bind" role { "," role }
//!          | "count" number ( "actors" | "endpoints" | "records" )
//!          | "after" clause_name { "or" clause_name }
//!          | "memory" "process_lifetime" ;
//! role     = [ ( process | "remote" ) "as" ] role_name ;
//! fallback = severity confidence ":" all [ "when_blind" all ] [ "where" condition ] ;
//! all      = clause_name { "and" clause_name } ;
//! ```
//! Paths are described in [`path`](super::path), conditions in [`condition`](super::condition). `like` takes over the
//! kinds, the parts and the condition of a clause that stands before: a part that is written again replaces that one,
//! and a condition has to hold besides. Class and weight are never taken over.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::{
    AnchorKind, AnchorPath, BindFrom, Clause, ClauseId, Count, Distinct, EvidenceClass, EvidenceTag, Fallback, Lists,
    MAX_ROLES, Predicate, RoleId, Severity, Subject,
};
use super::condition::{Conditions, Expression};
use super::path::{own_path, read_path};
use super::require::clause_id;
use super::token::{Cursor, TextError, tokens};
use super::unstated::unstated;
use crate::event::{Class, Classes, KindTag, Mechanism, Os};
use crate::util::document::{Fault, Lines, Node};
use crate::util::spelling::unknown;

/// Classes of evidence, and what a clause of each adds to confidence unless it says otherwise.
const CLASSES: &[(&str, EvidenceClass, u16)] = &[
    ("ipc", EvidenceClass::Ipc, 350),
    ("execution", EvidenceClass::Execution, 300),
    ("injection", EvidenceClass::Injection, 250),
    ("effect", EvidenceClass::Effect, 250),
    ("context", EvidenceClass::Context, 50),
];

/// What counted hits differ in.
const COUNTED: &[(&str, Distinct)] =
    &[("actors", Distinct::Actor), ("endpoints", Distinct::Endpoint), ("records", Distinct::Record)];

/// What may follow the kinds of events.
const PARTS: [&str; 6] = ["at", "bind", "count", "after", "memory", "where"];

/// Most hits a clause may count.
const MOST_COUNTED: u16 = 4;

/// Names under which behaviors provide evidence to others.
pub(super) type EvidenceNames = BTreeMap<String, EvidenceTag>;

/// What names mean within one behavior.
pub(super) struct Names<'a> {
    pub(super) os: Os,
    pub(super) anchor: AnchorKind,
    pub(super) lists: &'a Lists,
    pub(super) conditions: &'a Conditions,
    pub(super) evidence: &'a EvidenceNames,
    pub(super) clauses: Vec<&'a str>,
    /// Roles in the order in which clauses bind them.
    pub(super) roles: Vec<String>,
}

/// Where a clause or a fallback form stands in its document.
pub(super) struct Place<'a> {
    lines: Lines<'a>,
    /// The offset of its condition, or of the whole where it has none.
    condition: usize,
    /// The offset of the clauses it has to come after.
    after: usize,
}

impl Place<'_> {
    /// An error about the whole.
    pub(super) fn fault(&self, what: &str) -> Fault {
        self.lines.fault(0, what)
    }

    /// An error about its condition.
    pub(super) fn fault_in_condition(&self, what: &str) -> Fault {
        self.lines.fault(self.condition, what)
    }

    /// An error about what it has to come after.
    pub(super) fn fault_in_order(&self, what: &str) -> Fault {
        self.lines.fault(self.after, what)
    }
}

/// A clause as it is written: what another one may take over.
#[derive(Clone, Default)]
pub(super) struct Written {
    kinds: u64,
    evidence: Option<EvidenceTag>,
    at: Option<Vec<AnchorPath>>,
    bind: Vec<(RoleId, BindFrom)>,
    count: Option<Count>,
    after: u16,
    process_lifetime: bool,
    condition: Option<Expression>,
}

impl Names<'_> {
    /// Reads the clause that follows these.
    pub(super) fn clause<'n>(
        &mut self,
        name: &str,
        node: Node<'n>,
        before: &mut Vec<Written>,
    ) -> Result<(Clause, Place<'n>), Fault> {
        let mut place = Place { lines: text_of(node)?, condition: 0, after: 0 };
        let text = core::mem::take(&mut place.lines.text);
        let mut parse = || {
            let tokens = tokens(&text)?;
            let mut cursor = Cursor::new(&text, &tokens);
            let (class, weight) = class(&mut cursor)?;
            let written = self.written(&mut cursor, before, &mut place)?;
            let at = written.at.clone().or_else(|| own_path(self.anchor).map(|path| alloc::vec![path]));
            let missing = || (cursor.place(), "`at` is missing: which field has the key?".to_owned());
            let predicates = written.condition.as_ref().map_or(Vec::new(), |c| c.compile(self.lists));
            let clause = Clause {
                name: name.to_owned(),
                class,
                on: written.kinds,
                classes: telemetry(written.kinds, &predicates),
                on_evidence: written.evidence,
                predicates,
                at: at.ok_or_else(missing)?,
                bind: written.bind.clone(),
                count: written.count,
                after: written.after,
                weight,
                process_lifetime: written.process_lifetime,
                says: None,
            };
            before.push(written);
            Ok(clause)
        };
        let clause = parse().map_err(|(at, what): TextError| place.lines.fault(at, what))?;
        let condition = before.last().and_then(|written| written.condition.as_ref());
        if let Some(warning) = condition.and_then(about_unknown) {
            let fault = place.fault_in_condition(&warning);
            self.conditions.warn(fault.within(format_args!("clause {name}"), node));
        }
        Ok((clause, place))
    }

    fn written(
        &mut self,
        cursor: &mut Cursor<'_>,
        before: &[Written],
        place: &mut Place<'_>,
    ) -> Result<Written, TextError> {
        let mut clause = self.events(cursor, before)?;
        let mut seen = Vec::new();
        while cursor.peek().is_some() {
            let (at, part) = cursor.word("`at`, `bind`, `count`, `after`, `memory` or `where`")?;
            if seen.contains(&part) {
                return Err((at, format!("`{part}` stands here a second time")));
            }
            seen.push(part);
            match part {
                "at" => clause.at = Some(separated(cursor, "or", |cursor| read_path(cursor, self.anchor))?),
                "bind" => clause.bind = self.bind(cursor)?,
                "count" => clause.count = Some(count(cursor)?),
                "after" => {
                    place.after = at;
                    clause.after = self.clause_set(cursor, "or")?;
                }
                "memory" => {
                    let (at, memory) = cursor.word("`process_lifetime`")?;
                    if memory != "process_lifetime" {
                        return Err((at, unknown("memory of a clause", memory, ["process_lifetime"])));
                    }
                    clause.process_lifetime = true;
                }
                "where" => {
                    place.condition = cursor.place();
                    let own = self.conditions.parse(cursor, self.os, self.lists)?;
                    clause.condition = Some(match clause.condition {
                        Some(inherited) => inherited.and(own),
                        None => own,
                    });
                }
                other => return Err((at, unknown("part of a clause", other, PARTS))),
            }
        }
        Ok(clause)
    }

    /// What kinds of events a clause looks at, or what it takes over from another clause.
    fn events(&self, cursor: &mut Cursor<'_>, before: &[Written]) -> Result<Written, TextError> {
        if cursor.takes_word("like") {
            let (at, name) = cursor.word("a clause's name")?;
            let id = clause_id(name, &self.clauses).map_err(|what| (at, what))?;
            let other = before.get(usize::from(id));
            return other.cloned().ok_or_else(|| {
                (at, format!("`{name}` does not stand before this clause: `like` takes over from one that does"))
            });
        }
        if cursor.takes_word("evidence") {
            cursor.need_symbol("(")?;
            let (at, name) = cursor.word("a name of evidence")?;
            let names = || self.evidence.keys().map(String::as_str);
            let tag =
                self.evidence.get(name).ok_or_else(|| (at, unknown("evidence of any behavior", name, names())))?;
            cursor.need_symbol(")")?;
            return Ok(Written { evidence: Some(*tag), ..Written::default() });
        }
        let kind = |cursor: &mut Cursor<'_>| {
            let (at, name) = cursor.word("a kind of event")?;
            let found = KindTag::ALL.iter().find(|kind| kind.name() == name);
            found.ok_or_else(|| (at, unknown("kind of event", name, KindTag::ALL.iter().map(|kind| kind.name()))))
        };
        let kinds = separated(cursor, "or", kind)?;
        Ok(Written { kinds: kinds.into_iter().fold(0, |bits, kind| bits | 1 << *kind as u64), ..Written::default() })
    }

    fn bind(&mut self, cursor: &mut Cursor<'_>) -> Result<Vec<(RoleId, BindFrom)>, TextError> {
        let mut bound = Vec::new();
        loop {
            let (at, first) = cursor.word("a role")?;
            let from = match first {
                "remote" => Some(BindFrom::Remote),
                name => Subject::ALL.iter().find(|(n, _)| *n == name).map(|(_, subject)| BindFrom::Process(*subject)),
            };
            let named = cursor.takes_word("as");
            let (from, (at, role)) = match (from, named) {
                (Some(from), true) => (from, cursor.word("a role")?),
                (None, false) => (BindFrom::Process(Subject::Actor), (at, first)),
                (Some(_), false) => return Err((at, format!("`{first}` needs a role: `{first} as A`"))),
                (None, true) => {
                    let known = Subject::ALL.iter().map(|(name, _)| *name).chain(["remote"]);
                    return Err((at, unknown("process of an event", first, known)));
                }
            };
            bound.push((self.add_role(role).map_err(|what| (at, what))?, from));
            if !cursor.takes_symbol(",") {
                return Ok(bound);
            }
        }
    }

    fn add_role(&mut self, role: &str) -> Result<RoleId, String> {
        if !role.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(format!("`{role}` is no role: roles are letters and digits"));
        }
        let at = match self.roles.iter().position(|known| known == role) {
            Some(known) => known,
            None if self.roles.len() == MAX_ROLES => return Err(format!("there are more than {MAX_ROLES} roles")),
            None => {
                self.roles.push(role.to_owned());
                self.roles.len() - 1
            }
        };
        Ok(at as RoleId)
    }

    fn clause_set(&self, cursor: &mut Cursor<'_>, between: &str) -> Result<u16, TextError> {
        let clause = |cursor: &mut Cursor<'_>| {
            let (at, name) = cursor.word("a clause's name")?;
            clause_id(name, &self.clauses).map_err(|what| (at, what))
        };
        Ok(separated(cursor, between, clause)?.into_iter().fold(0, |set, id: ClauseId| set | 1 << id))
    }

    /// Reads a fallback form. Its confidence has to reach `least`, if any.
    pub(super) fn fallback(&self, node: Node<'_>, least: u16) -> Result<Fallback, Fault> {
        let lines = text_of(node)?;
        let parse = || {
            let tokens = tokens(&lines.text)?;
            let mut cursor = Cursor::new(&lines.text, &tokens);
            let (at, name) = cursor.word("a severity")?;
            let severities = || Severity::ALL.iter().map(|(name, _)| *name);
            let cap = Severity::ALL.iter().find(|(n, _)| *n == name).map(|(_, severity)| *severity);
            let cap = cap.ok_or_else(|| (at, unknown("severity", name, severities())))?;
            let place = cursor.place();
            let confidence = cursor.number("a confidence", 1, 1000)?;
            if confidence < least {
                let what = format!("a confidence of {confidence} is below {least}, which policies report from");
                return Err((place, what));
            }
            cursor.need_symbol(":")?;
            let have = self.clause_set(&mut cursor, "and")?;
            let when_blind = if cursor.takes_word("when_blind") { self.clause_set(&mut cursor, "and")? } else { 0 };
            let mut predicates = Vec::new();
            let place = cursor.place();
            if cursor.takes_word("where") {
                // Which event it is about would depend on the order in which the clauses are met.
                if have.count_ones() > 1 {
                    return Err((place, "a form of several clauses takes no condition: it belongs to a clause".into()));
                }
                let condition = self.conditions.parse(&mut cursor, self.os, self.lists)?;
                if let Some(warning) = about_unknown(&condition) {
                    self.conditions.warn(lines.fault(place, warning));
                }
                predicates = condition.compile(self.lists);
            }
            cursor.finish("`and`, `when_blind`, `where`")?;
            Ok(Fallback { have, predicates, when_blind, confidence, cap })
        };
        parse().map_err(|(at, what): TextError| lines.fault(at, what))
    }
}

/// The warning about a condition that does not say what an unknown parent means.
fn about_unknown(condition: &Expression) -> Option<String> {
    let name = unstated(condition)?.name();
    Some(format!(
        "what is denied of `{name}` holds where it is unknown: write `({name} is unknown or …)`, or `{name} is known and …`"
    ))
}

/// The text of a clause or form: the value itself, or `match` of an object that says `why`, too.
fn text_of(node: Node<'_>) -> Result<Lines<'_>, Fault> {
    if !node.is_object() {
        return node.lines();
    }
    let node = node.only(&["match", "why"])?;
    node.get("why").map(Node::prose).transpose()?;
    node.need("match")?.lines()
}

/// The classes of telemetry that can meet a clause: its kinds, narrowed by the mechanisms it asks for.
fn telemetry(kinds: u64, predicates: &[Predicate]) -> Classes {
    let numbers = Predicate::mechanisms(predicates).unwrap_or_default();
    let mut classes = Classes::default();
    for &kind in KindTag::ALL.iter().filter(|&&kind| kinds >> kind as u8 & 1 == 1) {
        if numbers.is_empty() || !matches!(kind, KindTag::EndpointCreate | KindTag::EndpointConnect) {
            classes.add(Class::kind(kind));
            continue;
        }
        let asked_for = Mechanism::ALL.iter().filter(|&&mechanism| numbers.contains(&(mechanism as i64)));
        asked_for.for_each(|&mechanism| classes.add(Class::endpoint(kind, mechanism)));
    }
    classes
}

/// The class of evidence and the weight: `execution 350:`.
fn class(cursor: &mut Cursor<'_>) -> Result<(EvidenceClass, u16), TextError> {
    let (at, name) = cursor.word("a class of evidence")?;
    let found = CLASSES.iter().find(|(class, ..)| *class == name);
    let names = CLASSES.iter().map(|(name, ..)| *name);
    let (_, class, usual) = found.ok_or_else(|| (at, unknown("class of evidence", name, names)))?;
    let weight = if cursor.takes_symbol(":") {
        *usual
    } else {
        let weight = cursor.number("a weight", 0, 1000)?;
        cursor.need_symbol(":")?;
        weight
    };
    Ok((*class, weight))
}

fn count(cursor: &mut Cursor<'_>) -> Result<Count, TextError> {
    let min = cursor.number("a number of hits", 1, MOST_COUNTED)?;
    let (at, name) = cursor.word("`actors`, `endpoints` or `records`")?;
    let found = COUNTED.iter().find(|(counted, _)| *counted == name).map(|(_, distinct)| *distinct);
    let names = COUNTED.iter().map(|(name, _)| *name);
    let distinct = found.ok_or_else(|| (at, unknown("word for what is counted", name, names)))?;
    Ok(Count { distinct, min: u8::try_from(min).unwrap_or(u8::MAX) })
}

/// One or more of something, with a word between them.
fn separated<T>(
    cursor: &mut Cursor<'_>,
    word: &str,
    mut one: impl FnMut(&mut Cursor<'_>) -> Result<T, TextError>,
) -> Result<Vec<T>, TextError> {
    let mut all = alloc::vec![one(cursor)?];
    while cursor.takes_word(word) {
        all.push(one(cursor)?);
    }
    Ok(all)
}
