//! Programs that connect, bind and open through io_uring are found like those that use system calls, as far as auditd
//! logs it: the same scenarios with these calls rewritten.

use ipcsentry::event::Os;
use ipcsentry::scenario::{self, Expectation, Scenario, Telemetry};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_tests::ring::through_the_ring;

const VARIANTS: u64 = 20;

/// Scenarios that need arguments, which records of io_uring's operations lack.
const LOST: &[(&str, &str)] = &[
    ("linux.fifo.root_evaluates", FOR_READING),
    ("linux.fifo.root_reader", FOR_READING),
    ("linux.fifo.root_shell_input", FOR_READING),
    ("linux.fifo.script_reader", FOR_READING),
    ("linux.memory.known_name", "only the flags of open distinguish shared memory from other files in its folder"),
    ("linux.memory.shared_file", "only the flags of open distinguish shared memory from other files in its folder"),
    ("linux.orphan.shell", "a process first seen through a kernel thread that acts for it has no program and no login"),
];
const FOR_READING: &str = "whether a FIFO was opened for reading or for writing";

#[test]
fn attacks_through_the_ring_alert() {
    let (mut rewritten, mut wrong) = (0, Vec::new());
    for scenario in scenarios(true) {
        let lost = (0..VARIANTS).map(|seed| scenario.variant(seed)).find_map(|scenario| {
            let raw = log(&scenario)?;
            let ring = through_the_ring(&raw);
            rewritten += u32::from(ring != raw);
            let (called, ringed) = (is_found(&scenario, &raw), is_found(&scenario, &ring));
            (called && !ringed).then_some(())
        });
        let listed = LOST.iter().any(|(id, _)| *id == scenario.id());
        if lost.is_some() != listed {
            wrong.push(format!("{} ({}), listed: {listed}", scenario.id(), scenario.behavior()));
        }
    }
    println!("{rewritten} logs rewritten");
    assert!(rewritten > 1000, "only {rewritten} logs have such calls");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn everyday_work_through_the_ring_stays_silent() {
    let mut wrong = Vec::new();
    for scenario in scenarios(false) {
        for scenario in (0..VARIANTS).map(|seed| scenario.variant(seed)) {
            let Some(raw) = log(&scenario) else { continue };
            let (called, ringed) = (alerts(&scenario, &raw), alerts(&scenario, &through_the_ring(&raw)));
            if called.is_empty() && !ringed.is_empty() {
                wrong.push(format!("{}: {}", scenario.id(), ringed[0].code));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

fn scenarios(positive: bool) -> impl Iterator<Item = &'static Scenario> {
    scenario::all().iter().filter(move |scenario| scenario.os() == Os::Linux && scenario.is_positive() == positive)
}

/// The scenario as auditd text.
fn log(scenario: &Scenario) -> Option<Vec<u8>> {
    scenario.render(Telemetry::Auditd).ok().map(|files| files.into_iter().flat_map(|file| file.bytes).collect())
}

fn is_found(scenario: &Scenario, log: &[u8]) -> bool {
    let Expectation::Alert { codes, severity, .. } = scenario.expect() else { return false };
    alerts(scenario, log).iter().any(|alert| codes.contains(&alert.code) && alert.level >= *severity)
}

fn alerts(scenario: &Scenario, log: &[u8]) -> Vec<Alert> {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let mut options = StreamOptions::new(ipcsentry::decode::Format::Auditd);
    options.host = scenario.host().into();
    let stream = engine.open_stream(options);
    engine.feed_bytes(stream, log);
    engine.close_stream(stream);
    engine.flush();
    std::iter::from_fn(|| engine.poll_alert()).collect()
}
