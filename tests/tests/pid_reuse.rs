//! Linux gives pids to new processes when they come round. Audit has no other id of a process, so the engine has to
//! notice: every scenario gives the same alerts after forty minutes in which its pids belonged to other processes.

use ipcsentry::Alert;
use ipcsentry::decode::Format;
use ipcsentry::event::Os;
use ipcsentry::scenario::{self, Scenario, Telemetry};
use ipcsentry_tests::life;
use ipcsentry_tests::recordings::{self, differences, hunt};

/// Lives before each scenario.
const LIVES: u64 = 4;
/// Owners of a pid before the scenario.
const OWNERS: u64 = 3;
/// Scenarios whose alerts still differ: the lineage goes on to the parent of an owner before. The list must shrink.
const LEFT: [&str; 2] = ["linux.inject.script_writes", "linux.inject.child_channel"];

#[test]
fn scenarios_alert_alike_after_their_pids_came_round() {
    let (mut compared, mut wrong, mut left) = (0, Vec::new(), Vec::new());
    for scenario in linux(true) {
        let Some(log) = log(scenario) else { continue };
        let fresh = alerts(&[&log]);
        for seed in 0..LIVES {
            let life = life::before(&log, OWNERS, numbers(seed));
            let after = alerts(&[&life, &log]);
            let found = differences(scenario.id(), &fresh, &after);
            compared += fresh.len();
            if !found.is_empty() && LEFT.contains(&scenario.id()) {
                left.push(scenario.id());
                break;
            }
            if !found.is_empty() {
                wrong.push(format!("{} (seed {seed}):\n  {}", scenario.behavior(), found.join("\n  ")));
                break;
            }
        }
    }
    assert!(compared > 400, "only {compared} alerts were compared");
    assert_eq!(left, LEFT, "a scenario that now alerts alike must leave the list");
    assert!(wrong.is_empty(), "{} scenarios:\n{}", wrong.len(), wrong.join("\n"));
}

/// An everyday scenario that alerts after some lives: a debugger's child is taken for the child of an owner before. The
/// list must become empty.
const LOUD: [&str; 1] = ["linux.inject.debugged_fork"];

#[test]
fn ten_pid_cycles_of_everyday_life_raise_nothing() {
    let mut wrong = Vec::new();
    for scenario in linux(false).filter(|scenario| !LOUD.contains(&scenario.id())) {
        let Some(log) = log(scenario) else { continue };
        let life = life::before(&log, 10, numbers(1));
        let (quiet, raised) = (alerts(&[&log]), alerts(&[&life, &log]));
        wrong.extend(differences(scenario.id(), &quiet, &raised));
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn recordings_alert_alike_after_their_pids_came_round() {
    let Some(recordings) = recordings::all() else { return };
    let (mut compared, mut wrong) = (0, Vec::new());
    for recording in recordings.iter().filter(|r| r.format == Some(Format::Auditd)) {
        let fresh = alerts(&[&recording.bytes]);
        let life = life::before(&recording.bytes, OWNERS, numbers(1));
        wrong.extend(differences(&recording.id, &fresh, &alerts(&[&life, &recording.bytes])));
        compared += fresh.len();
    }
    assert!(compared >= 10, "only {compared} alerts were compared");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

fn linux(positive: bool) -> impl Iterator<Item = &'static Scenario> {
    scenario::all().iter().filter(move |scenario| scenario.os() == Os::Linux && scenario.is_positive() == positive)
}

/// The scenario as auditd text.
fn log(scenario: &Scenario) -> Option<Vec<u8>> {
    scenario.render(Telemetry::Auditd).ok().map(|files| files.into_iter().flat_map(|file| file.bytes).collect())
}

fn alerts(streams: &[&[u8]]) -> Vec<Alert> {
    hunt(Format::Auditd, streams).0
}

/// Numbers below a bound, the same for a seed (splitmix64).
fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below.max(1)
    }
}
