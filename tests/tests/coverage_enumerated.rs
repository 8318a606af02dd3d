//! Coverage says what happens. Of the telemetry that a behavior's attack scenarios consist of, every subset is taken
//! away from a host that sends all the rest: if coverage then calls the behavior full, one of its scenarios alerts; if
//! it calls it degraded, the most severe alert is as severe as coverage says; if it calls it blind, all are silent.

use std::collections::{BTreeMap, BTreeSet};

use ipcsentry::event::{Endpoint, EndpointAct, Event, Kind, KindTag, Mechanism};
use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{_internal_test_exports as internal, Catalog, Engine, Limits, Policy};
use ipcsentry_tests::recordings;

/// What a sensor reports or does not: a kind of event and, of an endpoint, the mechanism.
type Source = (KindTag, Option<Mechanism>);

fn source(event: &Event<'_>) -> Source {
    let mechanism = match &event.kind {
        Kind::EndpointCreate(act) | Kind::EndpointConnect(act) | Kind::EndpointRemove(act) => {
            Some(act.endpoint.mechanism)
        }
        _ => None,
    };
    (event.kind.tag(), mechanism)
}

/// An event of this source that no behavior makes anything of: a process that is in no other event did it.
fn everyday((kind, mechanism): Source, like: &Event<'static>) -> Event<'static> {
    let mut event = internal::sample_event(kind, 0);
    if let Some(mechanism) = mechanism {
        let act = EndpointAct::new(Endpoint::new(mechanism, Some(b"everyday")));
        event.kind = match kind {
            KindTag::EndpointCreate => Kind::EndpointCreate(act),
            KindTag::EndpointConnect => Kind::EndpointConnect(act),
            _ => Kind::EndpointRemove(act),
        };
    }
    // Few sensors name who started a process beside its parent, and no recorded scenario has it.
    if let Kind::ProcessStart(start) = &mut event.kind {
        start.creator = Default::default();
    }
    let mut event = Event::new(like.os, like.time, event.kind);
    (event.host, event.source) = (like.host, like.source);
    event.source.id = ipcsentry::event::NativeId::None;
    event.actor.pid = Some(3_999_996);
    event.actor.image = Some(b"/everyday");
    event
}

/// The scenarios of a behavior with their sources.
struct Case {
    scenarios: Vec<(&'static Scenario, BTreeSet<Source>)>,
    /// All sources, the most frequent first.
    sources: Vec<Source>,
}

fn cases() -> BTreeMap<&'static str, Case> {
    let mut cases: BTreeMap<&str, Case> = BTreeMap::new();
    for scenario in scenario::all().iter().filter(|s| s.is_positive()) {
        let sources: BTreeSet<Source> = scenario.events().iter().map(source).collect();
        let case = cases.entry(scenario.behavior()).or_insert(Case { scenarios: Vec::new(), sources: Vec::new() });
        case.scenarios.push((scenario, sources));
    }
    for case in cases.values_mut() {
        let mut count: BTreeMap<Source, usize> = BTreeMap::new();
        case.scenarios
            .iter()
            .flat_map(|(_, sources)| sources)
            .for_each(|source| *count.entry(*source).or_default() += 1);
        case.sources = count.keys().copied().collect();
        assert!(case.sources.len() <= 10, "its subsets are too many: leave out those of the last sources");
        case.sources.sort_by_key(|source| std::cmp::Reverse(count[source]));
    }
    cases
}

/// What coverage says of the scenario's behavior where the sources `without` are not sent, and what is raised.
fn seen(
    case: &Case,
    scenario: &'static Scenario,
    without: &BTreeSet<Source>,
) -> (&'static str, Option<&'static str>, Option<Severity>) {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    let events = scenario.events();
    let first = &events[0];
    for source in case.sources.iter().filter(|source| !without.contains(source)) {
        engine.feed(&everyday(*source, first));
    }
    for event in events.iter().filter(|event| !without.contains(&source(event))) {
        engine.feed(event);
    }
    let alerts = recordings::finish(&mut engine);
    let raised = alerts.iter().filter(|alert| alert.code == scenario.behavior()).map(|alert| alert.level).max();
    let host = String::from_utf8_lossy(first.host);
    let coverage = engine.coverage();
    let said = coverage.iter().filter(|of| of.host == host).flat_map(|of| &of.behaviors);
    let said = said.into_iter().find(|of| of.code == scenario.behavior());
    said.map_or(("blind", None, raised), |said| (said.visibility, said.severity, raised))
}

/// What is wrong with what coverage says where these sources are not sent.
fn judge(case: &Case, without: &BTreeSet<Source>, counts: &mut BTreeMap<&str, usize>) -> Result<(), String> {
    // Those that lose the least come first: one of them most often proves it.
    let mut scenarios: Vec<_> = case.scenarios.iter().collect();
    scenarios.sort_by_key(|(_, sources)| sources.intersection(without).count());
    let mut best: Option<Severity> = None;
    let mut due = ("blind", None);
    for (number, (scenario, _)) in scenarios.iter().enumerate() {
        let (visibility, severity, raised) = seen(case, scenario, without);
        if number == 0 {
            *counts.entry(visibility).or_default() += 1;
            due = (visibility, severity);
        }
        best = best.max(raised);
        match visibility {
            "full" if best.is_some() => return Ok(()),
            "degraded" if best.map(Severity::name) == severity => return Ok(()),
            "blind" if raised.is_some() => return Err(format!("blind, but {} raises {raised:?}", scenario.id())),
            _ => {}
        }
    }
    if due.0 == "blind" { Ok(()) } else { Err(format!("coverage says {due:?}, raised: {best:?}")) }
}

fn named((kind, mechanism): &Source) -> String {
    mechanism.map_or_else(|| kind.name().to_owned(), |mechanism| format!("{} {}", kind.name(), mechanism.name()))
}

#[test]
fn nothing_is_silent_that_coverage_calls_full_and_degraded_alerts_as_coverage_says() {
    let (mut wrong, mut counts, mut subsets) = (Vec::new(), BTreeMap::new(), 0);
    for (code, case) in &cases() {
        for set in 0..1_u32 << case.sources.len() {
            let taken = case.sources.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
            let without: BTreeSet<Source> = taken.map(|(_, source)| *source).collect();
            subsets += 1;
            if let Err(what) = judge(case, &without, &mut counts) {
                let names: BTreeSet<String> = without.iter().map(named).collect();
                wrong.push(format!("{code} without {names:?}: {what}"));
            }
        }
    }
    println!("{subsets} subsets: {counts:?}");
    assert!(wrong.is_empty(), "{} of {subsets}:\n{}", wrong.len(), wrong.join("\n"));
}
