//! Lists and conditions that nobody reads: most often a name that was mistyped, or what a rule left behind.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::{Behavior, Exposure, ListBits, Lists, Predicate, Reputation, Test};
use super::condition::Conditions;
use super::sources::Sources;
use crate::util::document::{Fault, Node};

/// Lists that code reads by name, to derive tags and links that rules cannot express. A test of the repository compares
/// this table with the code.
const READ_BY_CODE: &[&str] = &[
    "linux.brokers",
    "linux.bus_clients",
    "linux.build_agents",
    "linux.container_daemons",
    "linux.container_starters",
    "linux.job_launchers",
    "linux.job_starters",
    "linux.lineage_roots",
    "linux.network_daemons",
    "linux.path.system",
    "linux.path.user_writable",
    "linux.servers_by_title",
    "linux.service_request",
    "linux.service_starters",
    "linux.sockets.brokers",
    "linux.tracers",
    "linux.unit_controllers",
    "linux.web_runtimes",
    "mac.brokers",
    "mac.launch_request",
    "mac.lineage_roots",
    "mac.path.system",
    "mac.path.uninstalled",
    "mac.path.user_writable",
    "mac.script_runners",
    "unix.eval_loop",
    "unix.interpreters",
    "unix.launchers",
    "unix.shells",
    "win.access.benign_actor",
    "win.access.benign_target",
    "win.admin_tools",
    "win.brokers",
    "win.com_launcher",
    "win.command.com_server",
    "win.dcom_servers",
    "win.execution_tools",
    "win.interpreter_original_names",
    "win.lineage_roots",
    "win.never_ask",
    "win.office_helpers",
    "win.path.dropped",
    "win.path.remote",
    "win.path.system",
    "win.path.user_writable",
    "win.registry.service_command",
    "win.remote_execution_pipes",
    "win.rpc.services",
    "win.rpc.tasks",
    "win.service_manager",
    "win.service_pipes",
    "win.shells",
    "win.thread.benign_start",
];

/// A warning for every list and condition that no behavior, reputation, reference name or other list reads.
pub(super) fn warnings(
    sources: &Sources<'_>,
    behaviors: &[Behavior],
    reputations: &[Reputation],
    exposures: &[Exposure],
    lists: &Lists,
    conditions: &Conditions,
) -> Vec<Fault> {
    let mut read = ListBits::NONE;
    let mut note =
        |predicates: &[Predicate]| Predicate::each_test(predicates, &mut |_, test| lists_of(test, &mut read));
    behaviors.iter().flat_map(|b| &b.clauses).for_each(|clause| note(&clause.predicates));
    behaviors.iter().flat_map(|b| &b.fallback).for_each(|form| note(&form.predicates));
    reputations.iter().for_each(|reputation| note(&reputation.predicates));
    exposures.iter().for_each(|exposure| note(&exposure.predicates));
    READ_BY_CODE.iter().filter_map(|name| lists.id(name)).for_each(|list| read.insert(list));
    let named = named_by_others(sources);
    let places: Vec<(&str, Node<'_>)> = sources.lists.iter().filter_map(|n| n.members().ok()).flatten().collect();
    let unread = lists.names().filter(|(name, list)| !read.has(*list) && !named.contains(*name));
    let mut warnings: Vec<Fault> = unread
        .map(|(name, _)| {
            let what = "nothing reads the list";
            match places.iter().find(|(known, _)| *known == name) {
                Some((_, place)) => place.fault(what).within(format_args!("list {name}"), *place),
                None => Fault::of(name, what),
            }
        })
        .collect();
    for (os, node) in &sources.conditions {
        for (name, place) in node.members().unwrap_or_default() {
            if !conditions.is_read(*os, name) {
                warnings
                    .push(place.fault("nothing reads the condition").within(format_args!("condition {name}"), place));
            }
        }
    }
    warnings
}

/// Adds the lists a test names.
fn lists_of(test: &Test, read: &mut ListBits) {
    match test {
        Test::List(lists) => lists.iter().for_each(|list| read.insert(*list)),
        Test::Not(inner) => lists_of(inner, read),
        _ => {}
    }
}

/// The lists that other lists include, and those that say who owns or uses a reference name.
fn named_by_others(sources: &Sources<'_>) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (_, list) in sources.lists.iter().filter_map(|node| node.members().ok()).flatten() {
        named.extend(list.get("include").and_then(|n| n.texts().ok()).unwrap_or_default());
    }
    for node in sources.known_good.iter().chain(&sources.known_bad) {
        node.each_text(&mut |text| named.extend(text.strip_prefix("list:").map(str::to_owned)));
    }
    named
}
