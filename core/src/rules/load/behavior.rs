//! Behaviors from JSON: their members. Clauses and fallback forms are read in [`clause`](super::clause).

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::{
    Behavior, Clause, DEFAULT_MIN_CONFIDENCE, Element, EvidenceTag, Exemption, Lists, MAX_CLAUSES, Memory, Named,
    Relate, Relation, Retired, RoleId, Severity, Technique,
};
use super::clause::{EvidenceNames, Names};
use super::condition::Conditions;
use super::lint;
use super::path::read_anchor;
use super::phrase::read_phrase;
use super::require::{clause_id, read_require, read_when};
use super::token::{Cursor, TextError, tokens};
use crate::event::Os;
use crate::util::document::{Fault, Node};
use crate::util::spelling::unknown;

const MEMBERS: &[&str] = &[
    "id",
    "code",
    "was",
    "techniques",
    "severity",
    "title",
    "says",
    "sources",
    "note",
    "anchor",
    "memory",
    "window",
    "clauses",
    "require",
    "relate",
    "corroborate",
    "fallback",
    "exempt",
    "initiator",
    "actor",
    "target",
    "integrity",
    "alerts",
    "provides",
];

const RELATIONS: &[(&str, Relate)] = &[
    ("same", Relate::Same),
    ("not_same", Relate::NotSame),
    ("other_lineage", Relate::OtherLineage),
    ("same_lineage", Relate::SameLineage),
    ("other_session", Relate::OtherSession),
    ("other_user", Relate::OtherUser),
    ("higher_integrity", Relate::HigherIntegrity),
    ("other_image", Relate::OtherImage),
    ("descends_from", Relate::DescendsFrom),
    ("not_descends_from", Relate::NotDescendsFrom),
];

/// Collects the names under which any of these behaviors provides evidence.
pub(super) fn evidence_names(behaviors: &[Node<'_>]) -> Result<EvidenceNames, Fault> {
    let mut names = EvidenceNames::new();
    for (behavior, node) in behaviors.iter().filter_map(|b| Some((b, b.get("provides")?))) {
        let name = node.words().map_err(|fault| within(*behavior, fault))?;
        if !names.contains_key(name) {
            let tag = EvidenceTag::try_from(names.len());
            let too_many = |_| within(*behavior, node.fault("there are too many names of evidence"));
            names.insert(name.to_owned(), tag.map_err(too_many)?);
        }
    }
    Ok(names)
}

/// Reads one behavior.
pub(super) fn read_behavior(
    node: Node<'_>,
    lists: &Lists,
    conditions: &Conditions,
    evidence: &EvidenceNames,
) -> Result<Behavior, Fault> {
    let before = conditions.take_warnings();
    let behavior = read(node, lists, conditions, evidence).map_err(|fault| within(node, fault));
    let own = conditions.take_warnings().into_iter().map(|warning| within(node, warning));
    before.into_iter().chain(own).for_each(|warning| conditions.warn(warning));
    behavior
}

/// The fault as one of a behavior.
fn within(behavior: Node<'_>, fault: Fault) -> Fault {
    let code = behavior.get("code").and_then(|code| code.text().ok()).unwrap_or("without a code");
    fault.within(format_args!("behavior {code}"), behavior)
}

fn read(node: Node<'_>, lists: &Lists, conditions: &Conditions, evidence: &EvidenceNames) -> Result<Behavior, Fault> {
    let node = node.only(MEMBERS)?;
    let id = node.need("id")?;
    let os = platform(&id)?;
    let code = node.need("code")?;
    check_code(&code, os)?;
    let listed = node.need("clauses")?;
    let members = listed.members()?;
    if members.is_empty() || members.len() > MAX_CLAUSES {
        return Err(listed.fault(format_args!("should be 1 to {MAX_CLAUSES} clauses")));
    }
    let mut names = Names {
        os,
        anchor: read_anchor(node.need("anchor")?)?,
        lists,
        conditions,
        evidence,
        clauses: members.iter().map(|(n, _)| *n).collect(),
        roles: Vec::new(),
    };
    let (mut clauses, mut places, mut written) = (Vec::new(), Vec::new(), Vec::new());
    for (name, member) in members {
        let read = names.clause(name, member, &mut written);
        let (clause, place) = read.map_err(|fault| fault.within(format_args!("clause {name}"), member))?;
        clauses.push(clause);
        places.push((member, place));
    }
    let provides = names.provides(&node, &clauses)?;
    for (name, phrase) in node.get("says").map_or(Ok(Vec::new()), Node::members)? {
        let id = clause_id(name, &names.clauses).map_err(|what| phrase.fault(what))?;
        if let Some(clause) = clauses.get_mut(usize::from(id)) {
            clause.says = Some(read_phrase(phrase, &names.roles, &clause.bind)?);
        }
    }
    let flag = |member: &str, default: bool| node.get(member).map_or(Ok(default), Node::flag);
    let alerts = flag("alerts", true)?;
    // A form that stays below what policies report by default would never be seen.
    let least = if alerts { DEFAULT_MIN_CONFIDENCE } else { 0 };
    node.get("note").map(Node::prose).transpose()?;
    let behavior = Behavior {
        id: id.text()?.to_owned(),
        digest: node.digest(),
        code: code.text()?.to_owned(),
        was: node.get("was").map_or(Ok(Vec::new()), |n| names.retired(&n))?,
        os,
        techniques: node
            .need("techniques")?
            .one_or_more()
            .into_iter()
            .map(|n| names.technique(n))
            .collect::<Result<_, _>>()?,
        severity: node.need("severity")?.named("severity", Severity::ALL)?,
        title: node.need("title")?.prose()?,
        anchor: names.anchor,
        memory: match node.get("memory") {
            None => Memory::Window,
            Some(m) => m.named(
                "memory",
                &[
                    ("window", Memory::Window),
                    ("process_lifetime", Memory::ProcessLifetime),
                    ("long_term", Memory::LongTerm),
                ],
            )?,
        },
        window: window(&node.need("window")?)?,
        require: read_require(node.need("require")?, &names.clauses)?,
        relate: node.get("relate").map_or(Ok(Vec::new()), |n| names.relations(&n))?,
        corroborate: node.get("corroborate").map_or(Ok(0), |n| names.corroborating(&n))?,
        fallback: node
            .get("fallback")
            .map_or(Ok(Vec::new()), |n| n.one_or_more().into_iter().map(|s| names.fallback(s, least)).collect())?,
        exempt: node.get("exempt").map_or(Ok(Vec::new()), |n| names.exemptions(n))?,
        initiator: node.get("initiator").map_or_else(|| names.first_role(node), |n| names.initiators(&n))?,
        actor: node.get("actor").map_or(Ok(Vec::new()), |n| names.roles(&n))?,
        target: node.get("target").map_or(Ok(Vec::new()), |n| names.roles(&n))?,
        integrity: flag("integrity", false)?,
        alerts,
        provides,
        sources: node.need("sources")?.texts()?,
        clauses,
        roles: names.roles,
    };
    lint::check(node, &behavior, &places)?;
    Ok(behavior)
}

/// The platform an id names; also checks the id's form.
fn platform(id: &Node<'_>) -> Result<Os, Fault> {
    let text = id.text()?;
    let parts: Vec<&str> = text.split('.').collect();
    let word = |p: &&str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if parts.len() != 3 || !parts.iter().all(word) {
        return Err(id.fault("should be platform.mechanism.slug in lower case, such as `linux.fifo.shell_relay`"));
    }
    match parts[0] {
        "win" => Ok(Os::Windows),
        "linux" => Ok(Os::Linux),
        "mac" => Ok(Os::Macos),
        other => Err(id.fault(unknown("platform", other, ["win", "linux", "mac"]))),
    }
}

fn check_code(code: &Node<'_>, os: Os) -> Result<(), Fault> {
    let letter = match os {
        Os::Windows => 'W',
        Os::Linux => 'L',
        Os::Macos => 'M',
    };
    let digits = code.text()?.strip_prefix(letter).unwrap_or_default();
    if (2..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(());
    }
    Err(code.fault(format_args!("should be {letter} and two to four digits, such as {letter}01")))
}

/// A length of time in nanoseconds: `10s`, `5m`, `24h`, `7d`.
fn window(node: &Node<'_>) -> Result<i64, Fault> {
    let text = node.text()?;
    let parse = || {
        let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        let count: u16 = count.parse().ok().filter(|n| *n > 0)?;
        i64::from(count).checked_mul(seconds * 1_000_000_000)
    };
    parse().ok_or_else(|| node.fault("should be a length of time such as 10s, 5m, 24h or 7d"))
}

impl Names<'_> {
    fn role(&self, name: &str) -> Result<RoleId, String> {
        let at = self.roles.iter().position(|r| r == name);
        at.map(|at| at as RoleId)
            .ok_or_else(|| unknown("role that a clause binds", name, self.roles.iter().map(String::as_str)))
    }

    fn roles(&self, node: &Node<'_>) -> Result<Vec<RoleId>, Fault> {
        let role = |n: &Node<'_>| self.role(n.text()?).map_err(|what| n.fault(what));
        node.one_or_more().iter().map(role).collect()
    }

    /// `A`, or `behind A`: whoever asked for A to be started, and never A.
    fn initiators(&self, node: &Node<'_>) -> Result<Vec<Named>, Fault> {
        let named = |n: &Node<'_>| {
            let text = n.text()?;
            let behind = text.strip_prefix("behind ");
            let role = self.role(behind.unwrap_or(text)).map_err(|what| n.fault(what))?;
            Ok(Named { role, behind: behind.is_some() })
        };
        node.one_or_more().iter().map(named).collect()
    }

    /// `T1559`, or `T1611 if host_root`: claimed only where these clauses are met.
    fn technique(&self, node: Node<'_>) -> Result<Technique, Fault> {
        let (id, when) = read_when(node, &self.clauses)?;
        let is_id = |rest: &str| rest.len() >= 4 && rest.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        match id.strip_prefix('T').is_some_and(is_id) {
            true => Ok(Technique { id, when }),
            false => Err(node.fault(format_args!("`{id}` is no technique's id"))),
        }
    }

    /// `{"W06 win.pipe.document_shell": "create or connect"}`: the code and id of a behavior that was merged into this
    /// one, and what its alerts have met.
    fn retired(&self, node: &Node<'_>) -> Result<Vec<Retired>, Fault> {
        let read = |(name, when): (&str, Node<'_>)| {
            let names = name.split_once(' ').filter(|(_, id)| id.split('.').count() == 3);
            let (code, id) = names.ok_or_else(|| when.fault("should be named by code and id, `W06 win.pipe.slug`"))?;
            Ok(Retired { code: code.into(), id: id.into(), when: read_require(when, &self.clauses)? })
        };
        node.members()?.into_iter().map(read).collect()
    }

    fn corroborating(&self, node: &Node<'_>) -> Result<u16, Fault> {
        node.one_or_more().iter().try_fold(0, |set, n| {
            let id = clause_id(n.text()?, &self.clauses).map_err(|what| n.fault(what))?;
            Ok(set | 1 << id)
        })
    }

    /// `A not_same B and A other_user C`.
    fn relations(&self, node: &Node<'_>) -> Result<Vec<Relation>, Fault> {
        let lines = node.lines()?;
        let parse = || {
            let tokens = tokens(&lines.text)?;
            let mut cursor = Cursor::new(&lines.text, &tokens);
            let mut relations = Vec::new();
            loop {
                let role = |cursor: &mut Cursor<'_>| {
                    let (at, name) = cursor.word("a role")?;
                    self.role(name).map_err(|what| (at, what))
                };
                let left = role(&mut cursor)?;
                let (at, name) = cursor.word("a relation")?;
                let how = RELATIONS.iter().find(|(known, _)| *known == name).map(|(_, how)| *how);
                let known = || RELATIONS.iter().map(|(name, _)| *name);
                let how = how.ok_or_else(|| (at, unknown("relation", name, known())))?;
                relations.push(Relation { left, how, right: role(&mut cursor)? });
                if !cursor.takes_word("and") {
                    cursor.finish("`and`")?;
                    return Ok(relations);
                }
            }
        };
        parse().map_err(|(at, what): TextError| lines.fault(at, what))
    }

    /// Mutable elements, and the roles each may exempt.
    fn exemptions(&self, node: Node<'_>) -> Result<Vec<Exemption>, Fault> {
        let elements: Vec<&str> = Element::ALL.iter().map(|(name, _)| *name).collect();
        let mut exemptions = Vec::new();
        for (name, roles) in node.only(&elements)?.members()? {
            let Some((_, element)) = Element::ALL.iter().find(|(n, _)| *n == name) else { continue };
            let subjects = self.roles(&roles)?;
            exemptions.extend(subjects.into_iter().map(|subject| Exemption { element: *element, subject }));
        }
        Ok(exemptions)
    }

    fn first_role(&self, node: Node<'_>) -> Result<Vec<Named>, Fault> {
        match self.roles.is_empty() {
            true => Err(node.fault("no clause binds a role: an alert would name no initiator")),
            false => Ok(alloc::vec![Named { role: 0, behind: false }]),
        }
    }

    fn provides(&self, node: &Node<'_>, clauses: &[Clause]) -> Result<Option<EvidenceTag>, Fault> {
        let Some(provides) = node.get("provides") else { return Ok(None) };
        if clauses.iter().any(|c| c.on_evidence.is_some()) {
            return Err(provides.fault("a behavior that uses the evidence of another cannot provide evidence itself"));
        }
        Ok(self.evidence.get(provides.text()?).copied())
    }
}

/// Ids and codes must differ, also from retired ones.
pub(super) fn check_unique(behaviors: &[(Node<'_>, Behavior)]) -> Result<(), Fault> {
    for (at, (node, behavior)) in behaviors.iter().enumerate() {
        for (_, other) in &behaviors[..at] {
            let (member, value) = match () {
                () if other.is_named(&behavior.id) => ("id", &behavior.id),
                () if other.is_named(&behavior.code) || behavior.is_named(&other.code) => ("code", &behavior.code),
                () => continue,
            };
            let place = node.get(member).unwrap_or(*node);
            return Err(place
                .fault(format_args!("`{value}` is taken"))
                .within(format_args!("behavior {}", behavior.code), *node));
        }
    }
    Ok(())
}
