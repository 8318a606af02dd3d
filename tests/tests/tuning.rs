//! Entries of policies that people write hide no attack without a warning, and what is suggested silences its alerts.

use std::collections::{BTreeMap, BTreeSet};

use ipcsentry::scenario::{self, Expectation, Scenario};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Map, Value, json};

/// User suppressions that are tried.
const ENTRIES: usize = 200;

fn attacks() -> impl Iterator<Item = &'static Scenario> {
    scenario::all().iter().filter(|scenario| scenario.is_positive())
}

/// The alerts of an attack on a host, raised and suppressed.
fn alerts(attack: &Scenario, host: &str, policy: &Policy) -> (Vec<Alert>, Vec<Alert>) {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalog::builtin(), policy.clone(), limits);
    for mut event in attack.events() {
        event.host = host.as_bytes();
        engine.feed(&event);
    }
    engine.flush();
    let raised = std::iter::from_fn(|| engine.poll_alert()).collect();
    (raised, std::iter::from_fn(|| engine.poll_suppressed()).collect())
}

fn is_found(attack: &Scenario, alerts: &[Alert]) -> bool {
    let Expectation::Alert { codes, severity, .. } = attack.expect() else { panic!("it is no attack") };
    alerts.iter().any(|alert| codes.contains(&alert.code) && alert.level >= *severity)
}

/// Numbers that are the same in every run.
struct Dice(TestRng);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        (self.0.next_u64() % limit as u64) as usize
    }

    fn is_lucky(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }
}

/// A suppression as a hurried user writes it over an alert: some of what the alert shows, whole or with a wildcard.
fn suppression(dice: &mut Dice, alert: &Value) -> Value {
    let shown = [
        ("host", "/host"),
        ("initiator_image", "/initiator/process/image"),
        ("actor_image", "/actor/image"),
        ("target_image", "/target/image"),
        ("ipc_name", "/ipc/name"),
        ("user", "/initiator/user"),
        ("command_line", "/initiator/process/command_line"),
    ];
    let mut entry = Map::new();
    for (name, path) in shown {
        let Some(text) = alert.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty()) else { continue };
        if !dice.is_lucky(3) {
            continue;
        }
        let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
        let value = match dice.below(4) {
            0 if half > 0 => json!(format!("{}*", &text[..half])),
            1 if half > 0 => json!(format!("*{}", &text[half..])),
            2 => json!({ "exact": text }),
            _ => json!(text),
        };
        entry.insert(name.to_owned(), value);
    }
    if entry.is_empty() || !dice.is_lucky(5) {
        entry.insert("behavior".to_owned(), alert["code"].clone());
    }
    if !dice.is_lucky(3) {
        entry.insert("allow_critical".to_owned(), true.into());
    }
    entry.into()
}

#[test]
fn no_suppression_that_a_user_writes_hides_an_attack_without_a_warning() {
    let catalog = Catalog::builtin();
    let mut dice = Dice(TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let all: Vec<&Scenario> = attacks().collect();
    let mut entries: Vec<Value> = Vec::new();
    while entries.len() < ENTRIES {
        let attack = all[dice.below(all.len())];
        let (raised, _) = alerts(attack, "web-1", &Policy::default());
        let Some(alert) = raised.last() else { continue };
        let entry = suppression(&mut dice, &serde_json::to_value(alert).expect("JSON"));
        let policy = json!({ "suppressions": [entry] }).to_string();
        if Policy::from_json(policy.as_bytes()).is_ok() {
            entries.push(entry);
        }
    }
    let whole = Policy::from_json(json!({ "suppressions": entries }).to_string().as_bytes()).expect("each is one");
    let mut warned: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for loss in scenario::losses(&whole, &catalog) {
        warned.entry(loss.entry).or_default().insert(loss.scenario);
    }
    // What each entry hides is measured by itself: on its host, as the attack is written.
    let (mut lost, mut unsaid) = (0, Vec::new());
    for (at, entry) in entries.iter().enumerate() {
        let policy = Policy::from_json(json!({ "suppressions": [entry] }).to_string().as_bytes()).expect("it is one");
        // An entry of a behavior covers its alerts alone.
        let may_hide = |attack: &&&Scenario| match (entry["behavior"].as_str(), attack.expect()) {
            (Some(behavior), Expectation::Alert { codes, .. }) => codes.iter().any(|code| code == behavior),
            _ => true,
        };
        for attack in all.iter().filter(may_hide) {
            let (raised, suppressed) = alerts(attack, "web-1", &policy);
            if suppressed.is_empty() || is_found(attack, &raised) {
                continue;
            }
            lost += 1;
            if !warned.get(&format!("suppressions[{at}]")).is_some_and(|said| said.contains(attack.id())) {
                unsaid.push(format!("{entry} hides {}", attack.id()));
            }
        }
    }
    println!(
        "{ENTRIES} suppressions hide {lost} attacks, {} without a warning; {} entries warned of",
        unsaid.len(),
        warned.len()
    );
    assert!(unsaid.is_empty(), "{unsaid:#?}");
    assert!(lost > 100, "{lost}: the suppressions hide something");
    assert!(warned.len() < ENTRIES, "an entry that hides nothing is not warned of");
}

#[test]
fn an_entry_that_covers_a_revision_alone_is_named_and_counted() {
    // The first entry covers what is known before the container's command; the second needs that command.
    let entries = json!([
        { "behavior": "L01", "actor_image": "*/docker", "host": "web-1" },
        { "behavior": "L01", "actor_image": "*/docker", "target_image": "/bin/busybox", "allow_critical": true },
    ]);
    let policy = Policy::from_json(json!({ "suppressions": entries }).to_string().as_bytes()).expect("a policy");
    let attack = attacks().find(|attack| attack.id() == "linux.container.web_worker_cli").expect("there is one");
    let mut engine = Engine::new(Catalog::builtin(), policy, Limits::default());
    for mut event in attack.events() {
        event.host = b"web-1";
        engine.feed(&event);
    }
    engine.flush();
    let covered: Vec<Alert> = std::iter::from_fn(|| engine.poll_suppressed()).collect();
    let revisions: Vec<&Alert> = covered.iter().filter(|alert| alert.id == covered[0].id).collect();
    assert_eq!(revisions[0].suppressed_by, ["suppressions[0]"]);
    assert!(revisions.iter().any(|alert| alert.revision > 1 && alert.suppressed_by == ["suppressions[1]"]));
    let ids: BTreeSet<&String> = covered.iter().map(|alert| &alert.id).collect();
    assert_eq!(engine.stats().suppressed, ids.len() as u64, "an alert counts once, however often it is revised");
    let used: Vec<u64> = engine.policy_use().iter().map(|entry| entry.matched).collect();
    assert!(used.iter().all(|matched| (1..=ids.len() as u64).contains(matched)), "{used:?}");
}

#[test]
fn what_is_suggested_silences_its_alerts_and_says_what_it_hides() {
    let catalog = Catalog::builtin();
    let (mut safe, mut unsafe_ones) = (0, 0);
    for code in ["W02", "L05", "M05", "L02", "W13"] {
        let attack = attacks().find(|attack| attack.behavior() == code).expect("every behavior has one");
        let (raised, _) = alerts(attack, "build-1", &Policy::default());
        let benign: Vec<Value> = raised.iter().map(|alert| serde_json::to_value(alert).expect("JSON")).collect();
        let suggestions = scenario::suggest(&benign, &catalog);
        let named: BTreeSet<&String> = suggestions.iter().flat_map(|suggestion| &suggestion.alerts).collect();
        assert_eq!(named, raised.iter().map(|alert| &alert.id).collect(), "every alert is answered");
        for suggestion in &suggestions {
            let Some(entry) = &suggestion.entry else {
                assert!(suggestion.why_not.is_some() && !suggestion.is_safe());
                continue;
            };
            let attributes = ["host", "initiator_image", "actor_image", "target_image", "ipc_name", "user"];
            assert!(attributes.iter().filter(|name| !entry[**name].is_null()).count() >= 2, "{entry}");
            let policy = json!({ "suppressions": [entry] }).to_string();
            let policy = Policy::from_json(policy.as_bytes()).expect("it can be taken over");
            let (_, suppressed) = alerts(attack, "build-1", &policy);
            assert!(suggestion.alerts.iter().all(|id| suppressed.iter().any(|alert| alert.id == *id)), "{entry}");
            // The alerts are those of an attack, so taking its programs for benign hides it.
            if suggestion.is_safe() { safe += 1 } else { unsafe_ones += 1 }
        }
    }
    println!("{safe} safe, {unsafe_ones} not");
    assert!(unsafe_ones > 0);
}

#[test]
fn alerts_that_differ_in_their_host_alone_share_an_entry() {
    let alert = |host: &str, image: &str| {
        json!({"id": format!("{host}{image}"), "actor": {"image": "/opt/agent/bin/agent"}, "initiator": {"process": {"image": image}}, "suppress": {"suppressions": [
            {"behavior": "L02", "host": host, "initiator_image": image, "ipc_name": "/run/supervisor.sock"}
        ]}})
    };
    let benign = [
        alert("a", "/opt/agent/run"),
        alert("b", "/opt/agent/run"),
        alert("a", "/opt/agent/run"),
        alert("a", "/opt/other"),
    ];
    let suggestions = scenario::suggest(&benign, &Catalog::builtin());
    assert_eq!(suggestions.len(), 2, "{suggestions:#?}");
    let entry = suggestions[0].entry.as_ref().expect("it is specific");
    assert_eq!(entry["host"], json!(["a", "b"]));
    assert_eq!(entry["actor_image"], "/opt/agent/bin/agent");
    assert_eq!(suggestions[0].alerts, ["a/opt/agent/run", "b/opt/agent/run", "a/opt/agent/run"]);
    assert!(suggestions.iter().all(scenario::Suggestion::is_safe), "{suggestions:#?}");
}

#[test]
fn the_scope_of_an_entry_keeps_no_attacker_out() {
    let losses = |entry: Value| {
        let policy = json!({ "groups": {"g": "ci-*"}, "suppressions": [entry] }).to_string();
        scenario::losses(&Policy::from_json(policy.as_bytes()).expect("a policy"), &Catalog::builtin())
    };
    let narrow = json!({"behavior": "L02", "initiator_image": "/opt/agent/run", "ipc_name": "/run/supervisor.sock"});
    assert_eq!(losses(narrow), []);
    for scope in [
        json!({"behavior": "L02", "host": "h", "user": "u"}),
        json!({"behavior": "L02", "group": "g"}),
        json!({"behavior": "M05", "signer": "s", "hours": "01:00-02:00", "host": "x", "expires": "2000-01-01T00:00:00Z"}),
    ] {
        let found = losses(scope.clone());
        let all = attacks().filter(|attack| scope["behavior"] == attack.behavior()).count();
        assert!(
            found.len() >= all.div_ceil(2) && found.iter().all(|loss| loss.entry == "suppressions[0]"),
            "{scope}: {found:?}"
        );
    }
}
