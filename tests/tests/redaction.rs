//! What a policy keeps out of alerts is in none of their texts, over all attacks: raised, suppressed, and in the policy that
//! suppresses them. What it does not keep out stays.

use std::collections::BTreeSet;

use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Alert, Policy};
use ipcsentry_tests::attacks::{raised, suppressed};
use serde_json::Value;

fn policy(text: &str) -> Policy {
    Policy::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// An alert without the texts that the rules have.
fn told(alert: &Alert) -> String {
    let mut value: Value = serde_json::from_str(&alert.to_json()).expect("JSON");
    for own in ["title", "behavior", "missing", "not_suppressible", "host"] {
        value[own] = Value::Null;
    }
    for record in value["evidence"].as_array_mut().expect("a list") {
        record["clause"] = Value::Null;
    }
    if let Some(entry) = value.pointer_mut("/suppress/suppressions/0") {
        (entry["behavior"], entry["host"]) = (Value::Null, Value::Null);
    }
    value.to_string()
}

/// Whether a text has a name as a word.
fn has_word(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(&name)
        .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + name.len()..].chars().next()))
}

fn utf8(text: Option<&[u8]>) -> String {
    String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
}

/// The users of an attack: whose name its events tell, without the domain.
fn users(attack: &Scenario) -> BTreeSet<String> {
    let events = attack.events();
    let named = events.iter().flat_map(|event| [utf8(event.actor.user), utf8(event.parent.user)]);
    let account = |name: String| name.rsplit('\\').next().unwrap_or_default().to_owned();
    let system = ["root", "SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE"];
    named.map(account).filter(|name| name.len() > 2 && !system.contains(&name.as_str())).collect()
}

/// The folders of its programs.
fn folders(attack: &Scenario) -> BTreeSet<String> {
    let events = attack.events();
    let images = events.iter().flat_map(|event| [utf8(event.actor.image), utf8(event.parent.image)]);
    let folder = |image: String| image.rfind(['/', '\\']).map(|at| image[..at].to_owned());
    images.filter_map(folder).filter(|folder| folder.len() > 4).collect()
}

/// All alerts of an attack under a policy, with those that it suppresses.
fn alerts(attack: &Scenario, redact: &str) -> Vec<Alert> {
    let mut all = raised(attack, policy(&format!("{{{redact}}}")));
    let everything = format!(r#"{{{redact}, "suppressions": [{{"behavior": "{}"}}]}}"#, attack.behavior());
    all.extend(suppressed(attack, policy(&everything)));
    all
}

fn attacks() -> impl Iterator<Item = Scenario> {
    scenario::all().iter().filter(|scenario| scenario.is_positive()).map(|scenario| scenario.run(0, 1))
}

#[test]
fn no_alert_names_a_user() {
    let (mut wrong, mut plain) = (BTreeSet::new(), 0);
    for attack in attacks() {
        let users = users(&attack);
        for alert in alerts(&attack, r#""redact_users": true"#) {
            let text = told(&alert);
            let found = users.iter().filter(|user| has_word(&text, user));
            wrong.extend(found.map(|user| format!("{} {}: {user} in {text}", attack.id(), alert.code)));
        }
        let before = raised(&attack, Policy::default());
        plain += before.iter().filter(|alert| users.iter().any(|user| has_word(&told(alert), user))).count();
    }
    assert!(plain > 100, "only {plain} alerts name a user without it");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.into_iter().take(5).collect::<Vec<_>>().join("\n"));
}

#[test]
fn no_alert_has_a_folder() {
    let (mut wrong, mut plain) = (BTreeSet::new(), 0);
    for attack in attacks() {
        let folders = folders(&attack);
        // A backslash is two in JSON.
        let has = |text: &str, folder: &String| text.contains(&folder.replace('\\', r"\\"));
        for alert in alerts(&attack, r#""redact_paths": true, "redact_command_lines": true"#) {
            let text = told(&alert);
            let found = folders.iter().filter(|folder| has(&text, folder));
            wrong.extend(found.map(|folder| format!("{} {}: {folder} in {text}", attack.id(), alert.code)));
        }
        let before = raised(&attack, Policy::default());
        plain += before.iter().filter(|alert| folders.iter().any(|folder| has(&told(alert), folder))).count();
    }
    assert!(plain > 100, "only {plain} alerts have a folder without it");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.into_iter().take(5).collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_is_left_of_the_policy_that_suppresses_an_alert_suppresses_it() {
    let (mut count, mut wrong) = (0, Vec::new());
    for attack in attacks() {
        for alert in raised(&attack, policy(r#"{"redact_users": true, "redact_secrets": true}"#)) {
            if alert.suppress.is_null() {
                continue;
            }
            count += 1;
            let left = raised(&attack, policy(&alert.suppress.to_string()));
            if left.iter().any(|other| other.id == alert.id) {
                wrong.push(format!("{} {}: {}", attack.id(), alert.code, alert.suppress));
            }
        }
    }
    assert!(count > 100, "{count}");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
