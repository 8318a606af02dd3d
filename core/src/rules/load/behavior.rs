//! Behaviors from JSON. The schema is documented in the parent module.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::{
    AnchorKind, Behavior, BindFrom, Clause, ClauseId, Count, Distinct, Element, EvidenceClass, EvidenceTag, Exemption,
    Fallback, Lists, MAX_CLAUSES, MAX_ROLES, Memory, Relate, Relation, RoleId, Severity, Subject,
};
use super::condition::Conditions;
use super::path::{own_path, read_anchor, read_path};
use super::require::{read_require, unknown_clause};
use crate::event::{KindTag, Os};
use crate::util::document::{Fault, Node};
use crate::util::spelling::suggestion;

const MEMBERS: &[&str] = &[
    "id",
    "code",
    "techniques",
    "severity",
    "title",
    "explanation",
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

/// Classes of evidence, and what a clause of each adds to confidence unless it says otherwise.
const CLASSES: &[(&str, EvidenceClass, u16)] = &[
    ("ipc", EvidenceClass::Ipc, 350),
    ("execution", EvidenceClass::Execution, 300),
    ("injection", EvidenceClass::Injection, 250),
    ("effect", EvidenceClass::Effect, 250),
    ("context", EvidenceClass::Context, 50),
];

const CLAUSE_MEMBERS: &[&str] = &[
    "ipc",
    "execution",
    "injection",
    "effect",
    "context",
    "where",
    "at",
    "bind",
    "count",
    "after",
    "weight",
    "process_lifetime",
    "why",
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

/// Names under which behaviors provide evidence to others.
pub(super) type EvidenceNames = BTreeMap<String, EvidenceTag>;

/// Collects the names under which any of these behaviors provides evidence.
pub(super) fn evidence_names(behaviors: &[Node<'_>]) -> Result<EvidenceNames, Fault> {
    let mut names = EvidenceNames::new();
    for node in behaviors.iter().filter_map(|b| b.get("provides")) {
        let name = node.words()?;
        if !names.contains_key(name) {
            let tag = EvidenceTag::try_from(names.len()).map_err(|_| node.fault("too many names of evidence"))?;
            names.insert(name.to_owned(), tag);
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
    let code = node.get("code").and_then(|code| code.text().ok()).unwrap_or("without a code");
    read(node, lists, conditions, evidence).map_err(|fault| fault.within(format_args!("behavior {code}"), node))
}

fn read(node: Node<'_>, lists: &Lists, conditions: &Conditions, evidence: &EvidenceNames) -> Result<Behavior, Fault> {
    let node = node.only(MEMBERS)?;
    let id = node.need("id")?;
    let os = platform(&id)?;
    let code = node.need("code")?;
    check_code(&code, os)?;
    let anchor = read_anchor(node.need("anchor")?)?;
    let listed = node.need("clauses")?;
    let clauses = listed.members()?;
    if clauses.is_empty() || clauses.len() > MAX_CLAUSES {
        return Err(listed.fault(format_args!("should be 1 to {MAX_CLAUSES} clauses")));
    }
    let mut names = Names {
        os,
        lists,
        conditions,
        evidence,
        clauses: clauses.iter().map(|(n, _)| *n).collect(),
        roles: Vec::new(),
    };
    let clauses = clauses
        .into_iter()
        .map(|(name, clause)| {
            let read = names.clause(name, clause, anchor);
            read.map_err(|fault| fault.within(format_args!("clause {name}"), clause))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let provides = names.provides(&node, &clauses)?;
    let explanation = node.need("explanation")?;
    names.check_placeholders(&explanation)?;
    let flag = |member: &str, default: bool| node.get(member).map_or(Ok(default), Node::flag);
    node.get("note").map(Node::prose).transpose()?;
    Ok(Behavior {
        id: id.text()?.to_owned(),
        code: code.text()?.to_owned(),
        os,
        techniques: node.need("techniques")?.texts()?,
        severity: node.need("severity")?.named("severity", Severity::ALL)?,
        title: node.need("title")?.prose()?,
        explanation: explanation.prose()?,
        anchor,
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
        relate: node.get("relate").map_or(Ok(Vec::new()), |n| names.relate(&n))?,
        corroborate: node.get("corroborate").map_or(Ok(0), |n| names.clause_set(&n))?,
        fallback: node
            .get("fallback")
            .map_or(Ok(Vec::new()), |n| n.items()?.into_iter().map(|s| names.fallback(s)).collect())?,
        exempt: node.get("exempt").map_or(Ok(Vec::new()), |n| names.exemptions(n))?,
        initiator: node.get("initiator").map_or_else(|| names.first_role(node), |n| names.roles(&n))?,
        actor: node.get("actor").map_or(Ok(Vec::new()), |n| names.roles(&n))?,
        target: node.get("target").map_or(Ok(Vec::new()), |n| names.roles(&n))?,
        integrity: flag("integrity", false)?,
        alerts: flag("alerts", true)?,
        provides,
        sources: node.need("sources")?.texts()?,
        clauses,
        roles: names.roles,
    })
}

/// The platform an id names; also checks the id's form.
fn platform(id: &Node<'_>) -> Result<Os, Fault> {
    let text = id.text()?;
    let parts: Vec<&str> = text.split('.').collect();
    let word = |p: &&str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if parts.len() != 3 || !parts.iter().all(word) {
        return Err(id.fault("should be platform.mechanism.slug in lower case"));
    }
    match parts[0] {
        "win" => Ok(Os::Windows),
        "linux" => Ok(Os::Linux),
        "mac" => Ok(Os::Macos),
        other => Err(id.fault(format_args!("`{other}` is no platform: win, linux or mac"))),
    }
}

fn check_code(code: &Node<'_>, os: Os) -> Result<(), Fault> {
    let letter = match os {
        Os::Windows => 'W',
        Os::Linux => 'L',
        Os::Macos => 'M',
    };
    let digits = code.text()?.strip_prefix(letter).unwrap_or_default();
    if digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(());
    }
    Err(code.fault(format_args!("should be {letter} and two digits")))
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

/// What names mean within one behavior.
struct Names<'a> {
    os: Os,
    lists: &'a Lists,
    conditions: &'a Conditions,
    evidence: &'a EvidenceNames,
    clauses: Vec<&'a str>,
    /// Roles in the order in which clauses bind them.
    roles: Vec<String>,
}

impl Names<'_> {
    fn clause(&mut self, name: &str, node: Node<'_>, anchor: AnchorKind) -> Result<Clause, Fault> {
        let node = node.only(CLAUSE_MEMBERS)?;
        let classes: Vec<_> =
            CLASSES.iter().filter_map(|(name, class, weight)| Some((node.get(name)?, *class, *weight))).collect();
        let [(kinds, class, weight)] = classes[..] else {
            let names: Vec<&str> = CLASSES.iter().map(|(name, ..)| *name).collect();
            return Err(node.fault(format_args!("should have one class of evidence: {}", names.join(", "))));
        };
        let (on, on_evidence) = self.on(&kinds)?;
        let at = match node.get("at") {
            Some(at) => at.one_or_more().iter().map(|at| read_path(*at, anchor)).collect::<Result<Vec<_>, _>>()?,
            None => own_path(anchor).into_iter().collect(),
        };
        if at.is_empty() {
            return Err(node.fault("`at` is missing or empty: which field has the key?"));
        }
        node.get("why").map(Node::prose).transpose()?;
        Ok(Clause {
            name: name.to_owned(),
            class,
            on,
            on_evidence,
            predicates: node
                .get("where")
                .map_or(Ok(Vec::new()), |w| self.conditions.compile(w, self.os, self.lists))?,
            at,
            bind: node.get("bind").map_or(Ok(Vec::new()), |b| self.bind(&b))?,
            count: node.get("count").map(count).transpose()?,
            after: node.get("after").map_or(Ok(0), |n| self.clause_set(&n))?,
            weight: node.get("weight").map_or(Ok(weight), |n| n.within(0, 1000))?,
            process_lifetime: node.get("process_lifetime").map_or(Ok(false), Node::flag)?,
        })
    }

    fn on(&self, node: &Node<'_>) -> Result<(u64, Option<EvidenceTag>), Fault> {
        let kinds = node.one_or_more();
        if kinds.is_empty() {
            return Err(node.fault("is empty"));
        }
        let mut bits = 0;
        for kind in &kinds {
            let name = kind.text()?;
            if let Some(tag) = name.strip_prefix("evidence(").and_then(|t| t.strip_suffix(')')) {
                let tag = self.evidence.get(tag).ok_or_else(|| kind.fault("no behavior provides this evidence"))?;
                if kinds.len() > 1 {
                    return Err(node.fault("evidence of another behavior stands alone"));
                }
                return Ok((0, Some(*tag)));
            }
            let found = KindTag::ALL.iter().find(|k| k.name() == name);
            let unknown = || {
                let near = suggestion(name, KindTag::ALL.iter().map(|k| k.name()));
                kind.fault(format_args!("`{name}` is no kind of event{near}"))
            };
            bits |= 1 << *found.ok_or_else(unknown)? as u64;
        }
        Ok((bits, None))
    }

    fn bind(&mut self, node: &Node<'_>) -> Result<Vec<(RoleId, BindFrom)>, Fault> {
        let mut bound = Vec::new();
        // A role by itself is the actor.
        let roles = match node.is_object() {
            true => node.members()?,
            false => node.one_or_more().into_iter().map(|n| Ok((n.text()?, n))).collect::<Result<_, Fault>>()?,
        };
        for (role, from) in roles {
            if !role.bytes().all(|b| b.is_ascii_alphanumeric()) || role.is_empty() {
                return Err(from.fault("a role is letters and digits"));
            }
            let known = self.roles.iter().position(|r| r == role);
            let at = known.unwrap_or(self.roles.len());
            if at >= MAX_ROLES {
                return Err(from.fault(format_args!("more than {MAX_ROLES} roles")));
            }
            if known.is_none() {
                self.roles.push(role.to_owned());
            }
            let from = match from.text()? {
                _ if !node.is_object() => BindFrom::Process(Subject::Actor),
                "remote" => BindFrom::Remote,
                _ => BindFrom::Process(from.named("process of an event", Subject::ALL)?),
            };
            bound.push((at as RoleId, from));
        }
        Ok(bound)
    }

    fn role(&self, node: &Node<'_>) -> Result<RoleId, Fault> {
        let name = node.text()?;
        let at = self.roles.iter().position(|r| r == name);
        at.map(|at| at as RoleId).ok_or_else(|| {
            let near = suggestion(name, self.roles.iter().map(String::as_str));
            node.fault(format_args!("no clause binds `{name}`{near}"))
        })
    }

    fn roles(&self, node: &Node<'_>) -> Result<Vec<RoleId>, Fault> {
        node.one_or_more().iter().map(|n| self.role(n)).collect()
    }

    fn clause_id(&self, node: &Node<'_>) -> Result<ClauseId, Fault> {
        let name = node.text()?;
        let at = self.clauses.iter().position(|c| *c == name);
        at.map(|at| at as ClauseId).ok_or_else(|| node.fault(unknown_clause(name, &self.clauses)))
    }

    fn clause_set(&self, node: &Node<'_>) -> Result<u16, Fault> {
        node.one_or_more().iter().try_fold(0, |set, n| Ok(set | 1 << self.clause_id(n)?))
    }

    fn relate(&self, node: &Node<'_>) -> Result<Vec<Relation>, Fault> {
        let read = |relation: Node<'_>| match relation.items()?.as_slice() {
            [left, how, right] => Ok(Relation {
                left: self.role(left)?,
                how: how.named("relation", RELATIONS)?,
                right: self.role(right)?,
            }),
            _ => Err(relation.fault("should be [role, relation, role]")),
        };
        node.items()?.into_iter().map(read).collect()
    }

    fn fallback(&self, node: Node<'_>) -> Result<Fallback, Fault> {
        let node = node.only(&["have", "where", "when_blind", "confidence", "cap", "why"])?;
        let have = node.need("have")?;
        let set = self.clause_set(&have)?;
        if set == 0 {
            return Err(have.fault("is empty"));
        }
        Ok(Fallback {
            have: set,
            predicates: node
                .get("where")
                .map_or(Ok(Vec::new()), |w| self.conditions.compile(w, self.os, self.lists))?,
            when_blind: node.get("when_blind").map_or(Ok(0), |n| self.clause_set(&n))?,
            confidence: node.need("confidence")?.within(1, 1000)?,
            cap: node.need("cap")?.named("severity", Severity::ALL)?,
        })
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

    fn first_role(&self, node: Node<'_>) -> Result<Vec<RoleId>, Fault> {
        match self.roles.is_empty() {
            true => Err(node.fault("no clause binds a role: nobody could be named as the initiator")),
            false => Ok(alloc::vec![0]),
        }
    }

    fn provides(&self, node: &Node<'_>, clauses: &[Clause]) -> Result<Option<EvidenceTag>, Fault> {
        let Some(provides) = node.get("provides") else { return Ok(None) };
        if clauses.iter().any(|c| c.on_evidence.is_some()) {
            return Err(provides.fault("a behavior that uses evidence of others provides none: one level deep"));
        }
        Ok(self.evidence.get(provides.text()?).copied())
    }

    /// Placeholders `{ROLE}` and `{ipc}` must mean something.
    fn check_placeholders(&self, node: &Node<'_>) -> Result<(), Fault> {
        let text = node.prose()?;
        let mut rest = text.as_str();
        while let Some((_, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(|| node.fault("a placeholder is not closed"))?;
            if name != "ipc" && !self.roles.iter().any(|r| r == name) {
                return Err(node.fault(format_args!("`{{{name}}}` is no role")));
            }
            rest = after;
        }
        Ok(())
    }
}

fn count(node: Node<'_>) -> Result<Count, Fault> {
    let node = node.only(&["distinct", "min"])?;
    let distinct = node.need("distinct")?.named(
        "thing to be counted",
        &[("actor", Distinct::Actor), ("endpoint", Distinct::Endpoint), ("record", Distinct::Record)],
    )?;
    let min = node.need("min")?.within(1, 4)?;
    Ok(Count { distinct, min: u8::try_from(min).unwrap_or(4) })
}

/// Ids and codes must differ.
pub(super) fn check_unique(behaviors: &[(Node<'_>, Behavior)]) -> Result<(), Fault> {
    for (at, (node, behavior)) in behaviors.iter().enumerate() {
        for (_, earlier) in &behaviors[..at] {
            let (member, value) = match () {
                () if earlier.id == behavior.id => ("id", &behavior.id),
                () if earlier.code == behavior.code => ("code", &behavior.code),
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
