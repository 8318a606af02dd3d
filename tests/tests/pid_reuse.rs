//! Linux gives pids to new processes when they come round. Audit has no other id of a process, so the engine has to
//! notice: every scenario gives the same alerts after forty minutes in which its pids belonged to other processes.

use std::collections::BTreeMap;

use ipcsentry::Alert;
use ipcsentry::decode::Format;
use ipcsentry::event::{Event, Os};
use ipcsentry::scenario::{self, Scenario, Telemetry};
use ipcsentry_tests::cycles::{self, Host};
use ipcsentry_tests::life;
use ipcsentry_tests::recordings::{self, differences, hunt};

/// Lives before each scenario.
const LIVES: u64 = 4;
/// Owners of a pid before the scenario.
const OWNERS: u64 = 3;
/// Scenarios whose alerts still differ: the lineage goes on to the parent of an owner before. The list must shrink.
const LEFT: [&str; 0] = [];

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

/// Times that every pid is given in a host's life.
const ROUNDS: u64 = 10;

#[test]
fn ten_pid_cycles_on_linux_change_no_alert() {
    ten_cycles(Os::Linux, cycles::as_audit, false);
}

#[test]
fn ten_pid_cycles_on_windows_without_guids_change_no_alert() {
    ten_cycles(Os::Windows, cycles::forget_ids, false);
    ten_cycles(Os::Windows, cycles::as_security, true);
}

#[test]
fn ten_pid_cycles_on_macos_without_pidversions_change_no_alert() {
    ten_cycles(Os::Macos, cycles::forget_ids, false);
    ten_cycles(Os::Macos, cycles::as_osquery, false);
}

/// Plays every scenario of a platform, attacks and everyday work, ten times over on one host: it gives the same alerts
/// whether pids come round or are never given twice.
fn ten_cycles(os: Os, forget: fn(&mut Event<'_>), logs_ends: bool) {
    let set = |alerts: &[Alert]| -> BTreeMap<String, String> {
        let text = |alert: &Alert| cycles::without_pids(alert).to_string();
        alerts.iter().map(|alert| (text(alert), format!("{} {}", alert.code, alert.explanation))).collect()
    };
    for seed in 0..2 {
        let host = Host { os, rounds: ROUNDS, comes_round: false, forget, logs_ends, seed };
        let fresh = set(&host.alerts());
        let round = set(&Host { comes_round: true, ..host }.alerts());
        assert!(fresh.len() > 500, "only {} alerts were compared", fresh.len());
        let missing: Vec<_> = fresh.iter().filter(|(key, _)| !round.contains_key(*key)).collect();
        let added: Vec<_> = round.iter().filter(|(key, _)| !fresh.contains_key(*key)).collect();
        let show = |list: &[(&String, &String)]| -> String {
            list.iter().map(|(key, what)| format!("{what}\n    {key}\n")).take(400).collect()
        };
        assert!(
            missing.is_empty() && added.is_empty(),
            "{os:?}, seed {seed}: of {} alerts {} are missing:\n{}{} are added:\n{}",
            fresh.len(),
            missing.len(),
            show(&missing),
            added.len(),
            show(&added)
        );
    }
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

/// The alerts, without the answers of triage: they say since when there is telemetry, and what it holds.
fn alerts(streams: &[&[u8]]) -> Vec<Alert> {
    let mut alerts = hunt(Format::Auditd, streams).0;
    alerts.iter_mut().for_each(|alert| alert.triage.clear());
    alerts
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
