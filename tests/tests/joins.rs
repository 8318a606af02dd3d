//! What rules join on: objects before host and time. A clause that shares no more than host and time with the rest of its
//! rule may meet the act of somebody else, so each of them is listed here with the reason why no object links it.

use std::collections::{BTreeMap, BTreeSet};

use ipcsentry::_internal_test_exports as internal;
use ipcsentry::_internal_test_exports::{Behavior, Clause, ClauseId, Require};
use ipcsentry::Catalog;

/// By behavior, the clauses that only host and time join, and why nothing better does.
const BY_HOST_ALONE: &[(&str, &[&str], &str)] = &[
    ("L20", &["touch", "silence"], "a sensor's end names no process; the socket's list says whose sensor it feeds"),
    (
        "L23",
        &["attach", "client", "shell"],
        "a connection over the loopback address names its client, never who accepts it",
    ),
    (
        "L24",
        &["typed", "told", "download", "ran"],
        "what is typed reaches the other session through the display server alone",
    ),
    (
        "M03",
        &["asked", "asked_through", "filed", "handed", "scripted", "scripted_deep", "sent", "told", "told_deep"],
        "few records have the command that a terminal was given; the shell below the terminal joins the rest",
    ),
    (
        "M18",
        &["load", "load_by_installed", "ran", "interpreted", "home_shell"],
        "launchctl names a definition, launchd runs a program; few records have the job's label",
    ),
    ("W12", &["install", "told"], "one record: both are of the service that is installed"),
    (
        "W12",
        &["share", "task_pipe", "task_file", "task_run"],
        "only where no log has the task's command: its file has a name alone",
    ),
    (
        "W12",
        &["streams", "stream_child"],
        "the pipes' group is the service's, which the child's parent need not be named like (W13 joins by it)",
    ),
    ("W19", &["spawn", "output", "remote"], "one record: both are of the provider's child"),
    (
        "W19",
        &["handler", "consumer", "child"],
        "providers run in processes of their own, and the kind of file or the consumer is not in the child's record",
    ),
    ("W19", &["client", "hidden"], "the request to WMI has no record; only the library that makes it"),
    ("W19", &["scripted", "reached"], "both are of scrcons.exe, of which a host runs one"),
    (
        "W20",
        &["client", "script", "of_user", "unnamed", "file", "child", "hidden"],
        "no record names who made a task over COM, and these no command",
    ),
    ("W26", &["pipe"], "who opens a pipe from another host has no process here"),
    (
        "W32",
        &["register", "engine"],
        "the library load names the engine, not the class; the class is registered hours before",
    ),
    (
        "W35",
        &["services", "services_called", "tasks", "tasks_called"],
        "a pipe's or an interface's record does not say what was asked for",
    ),
    ("W35", &["service_ran", "below", "bare", "service_made"], "the record of a change of a service has no caller"),
    ("W35", &["task_ran", "task_made"], "only where no log has the task's command; a log that has it names no caller"),
    ("W35", &["registry", "value_set"], "the remote registry service writes for its caller"),
    ("W35", &["commanded", "commanded_runs"], "one record: both are of one start"),
    ("W37", &["rare", "blind", "order", "changed", "replaced"], "a sensor's end names nobody"),
    (
        "W38",
        &["asked", "pipe", "call", "loaded", "child"],
        "the spooler works for its caller, and its record names no caller",
    ),
    ("W39", &["asked", "call", "by_service", "redirected", "runtime"], "the runtime's load names no class"),
];

/// Relations that hold only between processes that have something to do with each other.
const TYING: [&str; 3] = ["Same", "SameLineage", "DescendsFrom"];

#[test]
fn every_clause_that_host_and_time_alone_join_is_listed_with_a_reason() {
    let catalog = Catalog::builtin();
    let mut due: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for rule in internal::behaviors(&catalog).iter().filter(|rule| format!("{:?}", rule.anchor) == "Host") {
        for way in ways(rule) {
            let tied = tied(rule, &way);
            let loose = way.iter().filter(|clause| !tied.contains(clause)).map(|clause| &*of(rule, *clause).name);
            due.entry(&rule.code).or_default().extend(loose);
        }
    }
    due.retain(|_, loose| !loose.is_empty());
    let mut listed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (code, clauses, _) in BY_HOST_ALONE {
        listed.entry(code).or_default().extend(*clauses);
    }
    assert_eq!(due, listed, "left: what the rules have; right: what is listed");
    let short = BY_HOST_ALONE.iter().find(|(_, _, why)| why.split_whitespace().count() < 5);
    assert_eq!(short, None, "each has a reason");
}

/// The sets of two or more clauses that raise an alert together.
fn ways(rule: &Behavior) -> Vec<BTreeSet<ClauseId>> {
    let bits = |set: u16| (0..16).filter(move |bit| set >> bit & 1 == 1).collect::<BTreeSet<ClauseId>>();
    let mut ways = of_require(&rule.require);
    ways.extend(rule.fallback.iter().map(|form| bits(form.have)));
    ways.retain(|way| way.len() > 1);
    ways
}

fn of_require(require: &Require) -> Vec<BTreeSet<ClauseId>> {
    match require {
        Require::Clause(clause) => vec![BTreeSet::from([*clause])],
        Require::Absent(_) => vec![BTreeSet::new()],
        Require::Any(list) => list.iter().flat_map(of_require).collect(),
        Require::All(list) => list.iter().fold(vec![BTreeSet::new()], |ways, part| {
            let parts = of_require(part);
            let with = |way: &BTreeSet<ClauseId>| parts.iter().map(|part| way | part).collect::<Vec<_>>();
            ways.iter().flat_map(with).collect()
        }),
        Require::AtLeast(..) => panic!("no rule at a host counts its clauses"),
    }
}

/// The clauses of a way that an order, or a relation to a process of another one, ties to it.
fn tied(rule: &Behavior, way: &BTreeSet<ClauseId>) -> BTreeSet<ClauseId> {
    let binds = |clause: ClauseId, role| of(rule, clause).bind.iter().any(|(bound, _)| *bound == role);
    let mut tied: BTreeSet<ClauseId> = way.iter().copied().filter(|clause| is_ordered(of(rule, *clause))).collect();
    // What an order carries out is tied to the record of the order.
    if !tied.is_empty() {
        tied.extend(way.iter().copied().filter(|clause| gives_order(of(rule, *clause))));
    }
    for relation in rule.relate.iter().filter(|relation| TYING.contains(&&*format!("{:?}", relation.how))) {
        for (one, other) in way.iter().flat_map(|one| way.iter().map(move |other| (*one, *other))) {
            if one != other && binds(one, relation.left) && binds(other, relation.right) {
                tied.extend([one, other]);
            }
        }
    }
    tied
}

/// Whether a clause is met only by what somebody ordered: the very command, or the very job.
fn is_ordered(clause: &Clause) -> bool {
    let asks = format!("{:?}", clause.predicates);
    ["Tag(Ordered)", "Tag(OrderedFromOutside)"]
        .iter()
        .any(|tag| asks.contains(tag) && !asks.contains(&format!("Not({tag})")))
}

/// Whether its events are those by which a service or task gets its command.
fn gives_order(clause: &Clause) -> bool {
    use ipcsentry::event::KindTag::{RegistrySet, ServiceInstall, TaskRegister};
    [RegistrySet, ServiceInstall, TaskRegister].iter().any(|kind| clause.looks_at(*kind))
}

fn of(rule: &Behavior, clause: ClauseId) -> &Clause {
    &rule.clauses[usize::from(clause)]
}
