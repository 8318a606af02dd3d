//! Weak evidence of one lineage or requester adds up to an alert at a cap that the policy sets, and to none without one.

use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_tests::attacks::raised;
use ipcsentry_tests::recordings::{self, Grade};

fn policy(cap: &str, half_life: &str) -> Policy {
    let json = format!(r#"{{"risk": {{"cap": {cap}, "half_life": {half_life}}}}}"#);
    Policy::from_json(json.as_bytes()).expect("a policy")
}

fn is_risen(alert: &Alert) -> bool {
    alert.explanation.contains("Weak evidence adds up to")
}

/// The scenarios that raise something only because weak evidence adds up, each with those alerts.
fn risen(policy: &Policy) -> Vec<(&'static Scenario, Vec<Alert>)> {
    let all = scenario::all().iter().map(|scenario| {
        let alerts = raised(scenario, policy.clone()).into_iter().filter(is_risen).collect();
        (scenario, alerts)
    });
    all.filter(|(_, alerts): &(_, Vec<Alert>)| !alerts.is_empty()).collect()
}

#[test]
fn it_rises_to_medium_and_names_what_added_up() {
    let found = risen(&policy("0.5", "3600"));
    assert!(found.len() >= 3, "{} scenarios", found.len());
    for (scenario, alerts) in &found {
        for alert in alerts {
            assert_eq!(alert.level, Severity::Medium, "{}", scenario.id());
            let (_, parts) = alert.explanation.rsplit_once(": ").expect("it names them");
            assert!(parts.contains(&format!("{} ", alert.code)) && parts.contains(", "), "{parts}");
        }
        let plain = raised(scenario, Policy::default());
        let known =
            |alert: &&Alert| plain.iter().find(|known| known.id == alert.id).is_some_and(|k| k.level > Severity::Low);
        assert!(!alerts.iter().any(|alert| known(&alert)), "{}: it was loud already", scenario.id());
    }
}

#[test]
fn without_a_cap_nothing_adds_up() {
    assert!(risen(&Policy::default()).is_empty());
}

#[test]
fn a_higher_cap_and_a_shorter_half_life_raise_no_more() {
    let count = |policy: &Policy| risen(policy).iter().map(|(_, alerts)| alerts.len()).sum::<usize>();
    let (low, high) = (count(&policy("0.5", "3600")), count(&policy("2", "3600")));
    assert!(high < low, "{high} {low}");
    assert!(count(&policy("0.5", "1")) <= low);
}

#[test]
fn at_the_cap_that_the_documentation_names_benign_life_stays_silent() {
    let named = policy("1.5", "3600");
    let wrong: Vec<String> = risen(&named)
        .into_iter()
        .filter(|(scenario, _)| !scenario.is_positive())
        .map(|(scenario, alerts)| format!("{}: {}", scenario.id(), alerts[0].explanation))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for recording in recordings::all().into_iter().flatten().filter(|recording| recording.grade == Grade::Not) {
        let Some(format) = recording.format else { continue };
        let mut engine = recordings::engine(Catalog::builtin(), named.clone());
        let stream = engine.open_stream(StreamOptions::new(format));
        engine.feed_bytes(stream, &recording.bytes);
        engine.close_stream(stream);
        assert!(!recordings::finish(&mut engine).iter().any(is_risen), "{}", recording.id);
    }
}

#[test]
fn what_an_entry_covers_adds_nothing() {
    let (scenario, alerts) = risen(&policy("0.5", "3600")).into_iter().next().expect("there is one");
    let codes: Vec<String> = raised(scenario, Policy::default()).into_iter().map(|alert| alert.code).collect();
    let others: Vec<&String> = codes.iter().filter(|code| **code != alerts[0].code).collect();
    let json = serde_json::json!({"risk": {"cap": 0.5, "half_life": 3600},
        "suppressions": others.iter().map(|code| serde_json::json!({"behavior": code, "host": "*", "allow_critical": true})).collect::<Vec<_>>()});
    let covered = match Policy::from_json(json.to_string().as_bytes()) {
        Ok(policy) => policy,
        Err(error) => panic!("{error}: {json}"),
    };
    assert!(!raised(scenario, covered).iter().any(is_risen), "{}", scenario.id());
}

#[test]
fn it_goes_on_after_a_restart() {
    let named = policy("0.5", "3600");
    let (scenario, whole) = risen(&named).into_iter().next().expect("there is one");
    let mut engine = Engine::new(Catalog::builtin(), named.clone(), Limits::default());
    let mut found = Vec::new();
    for event in scenario.events() {
        engine.feed(&event);
        let mut saved = Vec::new();
        engine.snapshot(&mut |chunk| saved.extend_from_slice(chunk));
        engine = Engine::restore(Catalog::builtin(), named.clone(), Limits::default(), &saved).expect("whole").0;
    }
    engine.flush();
    while let Some(alert) = engine.poll_alert() {
        found.push(alert);
    }
    let ids = |alerts: &[Alert]| alerts.iter().map(|alert| alert.id.clone()).collect::<std::collections::BTreeSet<_>>();
    let found: Vec<Alert> = found.into_iter().filter(is_risen).collect();
    assert_eq!(ids(&found), ids(&whole));
}
