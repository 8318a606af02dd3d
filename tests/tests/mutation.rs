//! Every requirement of a behavior is needed: its benign variants raise no alert, but without any single requirement,
//! one of them would.

use std::collections::BTreeSet;

use ipcsentry::_internal_test_exports as internal;
use ipcsentry::_internal_test_exports::{Behavior, ClauseId, Require};
use ipcsentry::event::Os;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy};
use ipcsentry_tests::rules::{self, ClauseText};
use serde_json::{Value, json};

/// Requirements that can be removed unnoticed, and the reason why no benign variant shows it.
const IMPLIED: &[(&str, &str, &str)] = &[
    ("W05", "absent child", "removing it splits one incident into two alerts; no further variant alerts"),
    ("W08", "serves", "every child that counts is a child of the server; the clause binds the role"),
    ("W12", "task", "only a task orders it from another host; the clause binds the role"),
    ("W16", "(create or connect)", "access and shell alone form the weaker form of the same behavior"),
    ("W20", "register", "only a task orders what the scheduler runs; the clause shows the record"),
    ("W35", "(tasks or tasks_called)", "a task with such a command is the weaker form of the same behavior"),
    ("W26", "pipe", "access and shell alone form the weaker form of W16"),
    ("L11", "unit", "a broker starts for a lineage only what the lineage requested; the clause binds the role"),
];

#[test]
fn windows() {
    without_any_requirement_some_benign_variant_alerts(Os::Windows);
}

#[test]
fn linux() {
    without_any_requirement_some_benign_variant_alerts(Os::Linux);
}

#[test]
fn macos() {
    without_any_requirement_some_benign_variant_alerts(Os::Macos);
}

fn without_any_requirement_some_benign_variant_alerts(platform: Os) {
    let behaviors = rules::behaviors();
    let (mut tried, mut idle) = (0, Vec::new());
    let builtin = Catalog::builtin();
    for rule in internal::behaviors(&builtin).iter().filter(|rule| rule.os == platform) {
        let code = rule.code.clone();
        let mut behavior = behaviors.iter().find(|b| b["code"] == *code).expect("it is in the data").clone();
        // Fallback forms have requirements of their own, which would hide the mutation.
        behavior["fallback"] = json!([]);
        // The loader refuses unused clauses, and the removed requirement may have been the only use.
        let clauses = behavior["clauses"].as_object().expect("clauses");
        behavior["corroborate"] = clauses.keys().cloned().collect::<Vec<_>>().into();
        let variants: Vec<_> = scenario::all().iter().filter(|s| s.behavior() == code && !s.is_positive()).collect();
        assert!(variants.len() >= 2, "{code} has {} benign variants, two are needed", variants.len());
        for variant in variants.iter().filter(|variant| raises(&behavior, variant)) {
            idle.push(format!("{code}: {} raises an alert as it is", variant.id()));
        }
        for (gone, require) in without_one(rule, &rule.require) {
            tried += 1;
            let mut mutant = behavior.clone();
            mutant["require"] = text(rule, &require).into();
            // A clause that had to follow the removed one may now come at any time.
            for clause in mutant["clauses"].as_object_mut().expect("clauses").values_mut() {
                let mut text = ClauseText::of(clause);
                let gone: Vec<&str> = gone.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
                if text.parts.get("after").is_some_and(|after| after.split(" or ").any(|name| gone.contains(&name))) {
                    text.parts.remove("after");
                    *clause = text.to_string().into();
                }
            }
            let noticed = variants.iter().any(|variant| raises(&mutant, variant));
            let implied = IMPLIED.iter().any(|(of, clause, _)| (*of, *clause) == (&*code, &*gone));
            if !noticed && !implied {
                idle.push(format!("{code}: {gone} can be left out unnoticed"));
            }
        }
    }
    println!("{tried} requirements of {platform:?} left out");
    assert!(idle.is_empty(), "{} of {tried}:\n{}", idle.len(), idle.join("\n"));
}

/// Every variant of the requirement without one member of a conjunction, with the text of that member. A member is kept
/// if another one implies it (same events, stricter condition): it is only there for its class of evidence.
fn without_one(rule: &Behavior, require: &Require) -> Vec<(String, Require)> {
    let (list, rebuild): (_, Box<dyn Fn(Vec<Require>) -> Require>) = match require {
        Require::All(list) => (list, Box::new(Require::All)),
        Require::Any(list) => (list, Box::new(Require::Any)),
        Require::AtLeast(least, list) => (list, Box::new(|list| Require::AtLeast(*least, list))),
        Require::Clause(_) | Require::Absent(_) => return Vec::new(),
    };
    let mut ways = Vec::new();
    for (at, member) in list.iter().enumerate() {
        let with = |member: Option<Require>| {
            let mut list = list.clone();
            match member {
                Some(member) => list[at] = member,
                None => drop(list.remove(at)),
            }
            rebuild(list)
        };
        let others = list.iter().enumerate().filter(|(other, _)| *other != at);
        let is_implied = others.flat_map(|(_, other)| leaves(other)).any(|other| is_weaker(rule, member, other));
        if matches!(require, Require::All(_)) && list.len() > 1 && !is_implied {
            ways.push((text(rule, member), with(None)));
        }
        ways.extend(without_one(rule, member).into_iter().map(|(what, inner)| (what, with(Some(inner)))));
    }
    ways
}

/// The text of a requirement.
fn text(rule: &Behavior, require: &Require) -> String {
    let joined = |list: &[Require], word: &str| {
        let parts: Vec<String> = list.iter().map(|part| text(rule, part)).collect();
        if parts.len() == 1 { parts[0].clone() } else { format!("({})", parts.join(word)) }
    };
    let name = |clause: &ClauseId| &rule.clauses[usize::from(*clause)].name;
    match require {
        Require::Clause(clause) => name(clause).clone(),
        Require::Absent(clause) => format!("absent {}", name(clause)),
        Require::All(list) => joined(list, " and "),
        Require::Any(list) => joined(list, " or "),
        Require::AtLeast(least, list) => {
            let parts: Vec<String> = list.iter().map(|part| text(rule, part)).collect();
            format!("{least} of ({})", parts.join(", "))
        }
    }
}

/// The clauses that a requirement needs.
fn leaves(require: &Require) -> Vec<ClauseId> {
    match require {
        Require::Clause(clause) => vec![*clause],
        Require::Absent(_) => Vec::new(),
        Require::All(list) | Require::Any(list) | Require::AtLeast(_, list) => list.iter().flat_map(leaves).collect(),
    }
}

/// Whether every event that matches `other` also matches the clause `member`.
fn is_weaker(rule: &Behavior, member: &Require, other: ClauseId) -> bool {
    let Require::Clause(member) = member else { return false };
    let (member, other) = (&rule.clauses[usize::from(*member)], &rule.clauses[usize::from(other)]);
    let required: BTreeSet<String> = other.predicates.iter().map(|p| format!("{p:?}")).collect();
    member.count.is_none()
        && (member.on, member.on_evidence) == (other.on, other.on_evidence)
        && member.at == other.at
        && member.predicates.iter().all(|p| required.contains(&format!("{p:?}")))
}

/// Whether a scenario raises any alert with this behavior alone.
fn raises(behavior: &Value, scenario: &Scenario) -> bool {
    let catalog = json!({ "behaviors": [behavior] }).to_string();
    let catalog = Catalog::from_json(catalog.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    let policy = Policy::from_json(br#"{"min_confidence": 0}"#).expect("a policy");
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(catalog, policy, limits);
    for event in scenario.events() {
        engine.feed(&event);
    }
    engine.flush();
    engine.poll_alert().is_some()
}
