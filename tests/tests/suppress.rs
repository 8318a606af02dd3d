//! The entry that an alert gives for its own silence covers the same attack when it comes again with other pids, times
//! and random names, and no attack that differs in host, user, initiator or IPC object.

use ipcsentry::scenario;
use ipcsentry::{Alert, Policy};
use ipcsentry_tests::attacks::raised;
use ipcsentry_tests::recordings::{self, hunt};
use serde_json::Value;

fn policy(suppress: &Value) -> Policy {
    Policy::from_json(suppress.to_string().as_bytes()).unwrap_or_else(|e| panic!("{e}: {suppress}"))
}

fn image(alert: &Alert) -> Option<&str> {
    alert.initiator.process.as_ref()?.image.as_deref()
}

fn object(alert: &Alert) -> Option<&str> {
    alert.ipc.as_ref()?.name.as_deref()
}

/// Behavior, host, initiator and user: what has to be equal besides the object.
fn who(alert: &Alert) -> (&str, &str, Option<&str>, Option<&str>) {
    (&alert.code, &alert.host, image(alert), alert.initiator.user.as_deref())
}

fn entry(alert: &Alert) -> &Value {
    &alert.suppress["suppressions"][0]
}

#[test]
fn the_same_attack_is_silent_when_it_comes_again() {
    let (mut wrong, mut silenced, mut without) = (Vec::new(), 0, 0);
    for scenario in scenario::all().iter().filter(|s| s.is_positive()) {
        for seed in 0..3 {
            let first = raised(&scenario.run(seed, 1), Policy::default());
            let second = scenario.run(seed, 2);
            let again = raised(&second, Policy::default());
            for (alert, same) in
                first.iter().flat_map(|a| again.iter().filter(move |b| b.code == a.code).map(move |b| (a, b)))
            {
                if alert.suppress.is_null() {
                    without += 1;
                    let stable = [!alert.host.is_empty(), alert.initiator.user.is_some()];
                    let reason = alert.not_suppressible.is_some() && stable.iter().filter(|s| **s).count() < 2;
                    if !reason {
                        wrong.push(format!("{} {}: no entry: {:?}", scenario.id(), alert.code, alert.not_suppressible));
                    }
                    continue;
                }
                // Programs that the attack itself names at random are others.
                if who(alert) != who(same) && entry(alert)["initiator_image"].as_str() == image(alert) {
                    continue;
                }
                let left = raised(&second, policy(&alert.suppress));
                silenced += 1;
                if left.iter().any(|a| a.id == same.id) {
                    wrong.push(format!(
                        "{} seed {seed} {}: {} {:?} is not covered by {}",
                        scenario.id(),
                        alert.code,
                        who(same).2.unwrap_or_default(),
                        object(same),
                        entry(alert)
                    ));
                }
            }
        }
    }
    assert!(silenced > 500 && without * 4 < silenced, "{silenced} silenced, {without} without an entry");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_differs_in_one_attribute_is_still_heard() {
    let mut wrong = Vec::new();
    let mut heard = 0;
    for scenario in scenario::all().iter().filter(|s| s.is_positive()) {
        let scenario = scenario.run(0, 1);
        for alert in raised(&scenario, Policy::default()).iter().filter(|a| !a.suppress.is_null()) {
            for attribute in ["host", "user", "initiator_image", "ipc_name"] {
                let Some(text) = entry(alert)[attribute].as_str() else { continue };
                // As if the alert had come from somewhere else: the entry of that one must not cover this one.
                let mut other = alert.suppress.clone();
                let changed = match text.rfind(['/', '\\']) {
                    Some(at) => format!("{}z{}", &text[..=at], &text[at + 1..]),
                    None => format!("z{text}"),
                };
                other["suppressions"][0][attribute] = changed.into();
                heard += 1;
                if !raised(&scenario, policy(&other)).iter().any(|a| a.id == alert.id) {
                    wrong.push(format!("{} {}: covered by {}", scenario.id(), alert.code, other));
                }
            }
        }
    }
    assert!(heard > 500, "{heard}");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The alerts that a policy leaves.
fn left(recording: &recordings::Recording, suppress: &Value) -> Vec<Alert> {
    let format = recording.format.expect("a recording with alerts has a format");
    let mut engine = recordings::engine(ipcsentry::Catalog::builtin(), policy(suppress));
    let stream = engine.open_stream(ipcsentry::StreamOptions::new(format));
    engine.feed_bytes(stream, &recording.bytes);
    engine.close_stream(stream);
    recordings::finish(&mut engine)
}

#[test]
fn a_recorded_alert_is_silenced_by_its_own_entry_and_those_of_others_stay() {
    let Some(recordings) = recordings::all() else { return };
    let mut wrong = Vec::new();
    for recording in recordings.iter().filter(|r| r.bytes.len() < 2 << 20) {
        let Some(format) = recording.format else { continue };
        let alerts = hunt(format, &[&recording.bytes]).0;
        for alert in alerts.iter().filter(|a| !a.suppress.is_null()).take(4) {
            let left = left(recording, &alert.suppress);
            let is_left = |of: &Alert| left.iter().any(|a| a.id == of.id);
            if is_left(alert) {
                wrong.push(format!("{} {}: {} does not cover it", recording.id, alert.code, entry(alert)));
            }
            let others = alerts.iter().filter(|b| who(b) != who(alert));
            let lost = others.filter(|b| !is_left(b) && entry(alert)["initiator_image"].as_str() == image(alert));
            wrong.extend(
                lost.map(|b| format!("{}: {} of {} covers {:?}", recording.id, entry(alert), alert.code, who(b))),
            );
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
