//! Names that changed stay valid: codes of behaviors that were merged, and ids of techniques in older versions of ATT&CK.

use ipcsentry::event::Channel;
use ipcsentry::policy::PolicyError;
use ipcsentry::rules::AttackVersion;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Alert, Catalog, Policy};
use ipcsentry_tests::attacks::raised;

fn attack(id: &str) -> &'static Scenario {
    scenario::all().iter().find(|s| s.id() == id).unwrap_or_else(|| panic!("no scenario {id}"))
}

fn policy(text: &str) -> Policy {
    Policy::from_json(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn codes(alerts: &[Alert]) -> Vec<&str> {
    alerts.iter().map(|alert| alert.code.as_str()).collect()
}

/// A document that uses an unlisted pipe: what W06 was.
const PIPE: &str = "win.document.pipe_shell";
/// A document that follows a link without a pipe: W07 alone.
const LINK: &str = "win.dde.link";

#[test]
fn an_alert_lists_the_retired_names_that_it_would_have_had() {
    let piped = raised(attack(PIPE), Policy::default());
    assert_eq!(codes(&piped), ["W07"]);
    assert_eq!(piped[0].was, ["W06", "win.pipe.document_shell"]);
    let linked = raised(attack(LINK), Policy::default());
    assert!(linked.iter().all(|alert| alert.was.is_empty()), "no pipe: W06 would not have alerted");
}

#[test]
fn a_policy_may_name_a_behavior_by_its_retired_names() {
    for name in ["W06", "win.pipe.document_shell"] {
        let disabled = policy(&format!(r#"{{"disabled": ["{name}"]}}"#));
        assert_eq!(codes(&raised(attack(PIPE), disabled.clone())), [""; 0], "{name}");
        assert_eq!(codes(&raised(attack(LINK), disabled)), ["W07"], "{name}: W07 alone stays");
        let severe = policy(&format!(r#"{{"severities": {{"{name}": "low"}}}}"#));
        assert_eq!(raised(attack(PIPE), severe)[0].severity, "low", "{name}");
        let suppressed = policy(&format!(r#"{{"suppressions": [{{"behavior": "{name}", "host": "*"}}]}}"#));
        assert_eq!(codes(&raised(attack(PIPE), suppressed)), [""; 0], "{name}");
    }
}

#[test]
fn a_catalog_knows_retired_names() {
    let catalog = Catalog::builtin();
    let every = &[Channel::Sysmon];
    assert_eq!(catalog.detectable_severity("W06", every), catalog.detectable_severity("W07", every));
    let taken = br#"{"id": "win.pipe.other", "code": "W06", "techniques": ["T1559"], "severity": "low", "title": "t",
        "sources": ["s"], "anchor": "process", "window": "10s",
        "clauses": {"a": "ipc: endpoint_create bind A", "b": "execution: process_start"}, "require": "a and b"}"#;
    let error = catalog.extend(taken).unwrap_err().to_string();
    assert!(error.contains("`W06` is taken"), "{error}");
}

#[test]
fn techniques_have_the_ids_of_the_version_that_the_policy_names() {
    let blinded = attack("win.sensor.tool_pipe");
    let of = |policy: Policy| raised(blinded, policy).into_iter().find(|alert| alert.code == "W37").expect("W37");
    let newest = of(Policy::default());
    assert_eq!((newest.attack_version, newest.techniques.as_slice()), (19, &["T1685".into(), "T1559".into()][..]));
    let older = of(policy(r#"{"attack_version": 18}"#));
    assert_eq!((older.attack_version, older.techniques.as_slice()), (18, &["T1562.001".into(), "T1559".into()][..]));
    let PolicyError { path, what, .. } = Policy::from_json(br#"{"attack_version": 7}"#).unwrap_err();
    assert_eq!((path.as_str(), what.as_str()), ("attack_version", "is no version of ATT&CK known here: 18 or 19"));
}

#[test]
fn every_rule_has_ids_of_the_newest_version() {
    let catalog = Catalog::builtin();
    for rule in catalog.rules() {
        for id in &rule.techniques {
            assert_eq!(catalog.technique_id(id, AttackVersion::V19), id, "{}", rule.code);
            let there_and_back = catalog.technique_id(catalog.technique_id(id, AttackVersion::V18), AttackVersion::V19);
            assert_eq!(there_and_back, id, "{}", rule.code);
        }
    }
}
