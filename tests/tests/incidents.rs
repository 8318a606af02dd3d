//! The alerts of one attack carry one incident, whatever the order in which its records come.

use std::collections::BTreeMap;

use ipcsentry::decode::Format;
use ipcsentry::rules::Severity;
use ipcsentry::scenario;
use ipcsentry::{Alert, Policy};
use ipcsentry_tests::attacks::raised;
use ipcsentry_tests::recordings::{self, Grade, hunt};

/// Alerts by incident, those that are at most low left out.
fn incidents(alerts: &[Alert]) -> BTreeMap<&str, Vec<String>> {
    let mut incidents: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for alert in alerts.iter().filter(|alert| alert.level > Severity::Low) {
        let who = alert.initiator.process.as_ref().and_then(|p| p.image.clone()).unwrap_or_default();
        incidents.entry(&alert.incident).or_default().push(format!("{} {} by {who}", alert.code, alert.severity));
    }
    incidents
}

#[test]
fn a_scenario_is_one_incident() {
    let mut wrong = Vec::new();
    for scenario in scenario::all().iter().filter(|scenario| scenario.is_positive()) {
        for seed in 0..4 {
            let scenario = scenario.variant(seed);
            let alerts = raised(&scenario, Policy::default());
            let found = incidents(&alerts);
            if found.len() > 1 {
                wrong.push(format!("{} seed {seed}: {found:?}", scenario.id()));
            }
            let earliest = alerts.iter().min_by_key(|alert| (&alert.first_time, &alert.id));
            if earliest.is_some_and(|alert| alert.incident != alert.id) {
                wrong.push(format!("{} seed {seed}: the incident is not named after the earliest", scenario.id()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_recorded_attack_is_one_incident_in_any_order() {
    let Some(recordings) = recordings::all() else { return };
    let (mut wrong, mut attacks) = (Vec::new(), 0);
    for recording in &recordings {
        let Some(format) = recording.format else { continue };
        let straight = hunt(format, &[&recording.bytes]).0;
        let found = incidents(&straight);
        attacks += usize::from(recording.grade == Grade::Must && !found.is_empty());
        if recording.grade != Grade::Not && found.len() > 1 {
            wrong.push(format!("{}: {found:?}", recording.id));
        }
        if format == Format::UnifiedLogText {
            continue;
        }
        let text = recording.bytes.strip_suffix(b"\n").unwrap_or(&recording.bytes);
        let mut lines: Vec<&[u8]> = text.split(|&b| b == b'\n').collect();
        lines.reverse();
        let ids = |alerts: &[Alert]| -> BTreeMap<String, String> {
            alerts.iter().map(|alert| (alert.id.clone(), alert.incident.clone())).collect()
        };
        if ids(&hunt(format, &[&lines.join(&b'\n')]).0) != ids(&straight) {
            wrong.push(format!("{}: other incidents when reversed", recording.id));
        }
    }
    assert!(attacks > 30, "{attacks} attacks are recorded");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
