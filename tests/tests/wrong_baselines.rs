//! Baselines that cannot be are refused, each with its place: `data/wrong_baselines.txt` has one for each message. The
//! schema refuses what has a wrong form, and takes what the library writes.

use std::collections::BTreeSet;

use ipcsentry::baseline::{Baseline, RelationKind};
use ipcsentry::{Catalog, Engine, Limits, Policy, report::Digest, scenario};
use ipcsentry_tests::document::{keep_file, text};
use ipcsentry_tests::schema::faults;
use serde_json::{Value, json};

const CASES: &str = "tests/data/wrong_baselines.txt";

#[test]
fn each_wrong_baseline_gives_its_message() {
    let (mut written, mut messages, mut taken) = (Vec::new(), BTreeSet::new(), Vec::new());
    for paragraph in text(CASES).trim_end().split("\n\n") {
        if paragraph.starts_with("//") {
            written.push(paragraph.to_owned());
            continue;
        }
        let lines: Vec<&str> = paragraph.lines().filter(|line| !line.starts_with(['=', '~'])).collect();
        let baseline = lines.join("\n");
        let message = match Baseline::from_json(baseline.as_bytes()) {
            Err(error) => {
                messages.insert(error.what.clone());
                format!("= {error}")
            }
            Ok(_) => {
                taken.push(baseline.clone());
                "~".to_owned()
            }
        };
        written.push(format!("{baseline}\n{message}"));
    }
    assert!(taken.is_empty(), "taken:\n{}", taken.join("\n"));
    assert!(written.len() > 40 && messages.len() > 30, "{} baselines, {} messages", written.len(), messages.len());
    keep_file(CASES, &(written.join("\n\n") + "\n"));
}

fn schema(name: &str) -> Value {
    serde_json::from_str(&text(name)).expect("JSON")
}

#[test]
fn too_many_relations_and_groups_are_refused() {
    let group = |n: usize| {
        json!({"name": format!("g{n}"), "hosts": "00000001", "days": "00000001", "host_days": "00000001",
            "first_day": "2026-01-01", "last_day": "2026-01-01"})
    };
    let groups: Vec<Value> = (0..=Baseline::MOST_GROUPS).map(group).collect();
    let error = Baseline::from_json(json!({"version": 1, "groups": groups}).to_string().as_bytes()).unwrap_err();
    assert_eq!((error.path.as_str(), error.what.as_str()), ("groups", "has more than 1024 entries"));
    let text = format!(r#"{{"version": 1, "relations": [{}0]}}"#, "0,".repeat(Baseline::MOST_RELATIONS));
    let error = Baseline::from_json(text.as_bytes()).unwrap_err();
    assert_eq!((error.path.as_str(), error.what.as_str()), ("relations", "has more than 65536 entries"));
}

/// What the attacks of Linux, each on a host of its own, teach, and their digest.
fn learned() -> (Baseline, Digest, Vec<String>) {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    engine.start_learning();
    let mut private = Vec::new();
    for attack in scenario::all().iter().filter(|s| s.is_positive() && s.os() == ipcsentry::event::Os::Linux) {
        let host = format!("ws-{}.corp.example", attack.id().replace('.', "-"));
        for mut event in attack.events() {
            event.host = host.as_bytes();
            if let Some(user) = event.actor.user.map(|user| String::from_utf8_lossy(user).into_owned()) {
                private.push(user);
            }
            engine.feed(&event);
        }
        private.push(host);
    }
    engine.flush();
    let mut digest = Digest::default();
    while let Some(alert) = engine.poll_alert() {
        digest.add(&alert);
    }
    let accounts = ["root", "system", "daemon"];
    private.retain(|name| name.len() >= 3 && !accounts.contains(&name.as_str()));
    (engine.take_learned().expect("it learns"), digest, private)
}

#[test]
fn what_is_written_is_as_the_schemas_say_and_has_no_user_or_host() {
    let (baseline, digest, private) = learned();
    let written: Value = serde_json::from_str(&baseline.to_json()).expect("JSON");
    assert_eq!(faults(&schema("core/docs/baseline.schema.json"), &written), Vec::<String>::new());
    let kinds: Vec<&str> = RelationKind::ALL.iter().map(|(name, _)| *name).collect();
    let named = schema("core/docs/baseline.schema.json");
    assert_eq!(named.pointer("/properties/relations/items/properties/kind/enum"), Some(&json!(kinds)));
    let digest = digest.to_json();
    assert_eq!(faults(&schema("core/docs/digest.schema.json"), &digest), Vec::<String>::new());
    assert!(digest["rows"].as_array().is_some_and(|rows| rows.len() > 20), "{digest}");
    assert!(private.len() > 50, "{private:?}");
    // A word alone: programs may have a user's name within theirs.
    let words =
        |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '.').map(str::to_owned).collect();
    let (of_digest, of_baseline): (BTreeSet<String>, BTreeSet<String>) =
        (words(&digest.to_string()), words(&baseline.to_json()));
    for name in private {
        assert!(!of_digest.contains(&name), "{name} is in the digest");
        assert!(!name.contains(".corp.") || !of_baseline.contains(&name), "{name} is in the baseline");
    }
}

#[test]
fn the_schema_refuses_what_has_a_wrong_form() {
    let schema = schema("core/docs/baseline.schema.json");
    let seen = json!({"hosts": "00000001", "days": "00000001", "host_days": "00000001", "first_day": "2026-01-01",
        "last_day": "2026-01-01"});
    let good =
        json!({"version": 1, "relations": [{"kind": "fifo", "names": ["/run/initctl", "/sbin/init"], "calm": seen}]});
    assert_eq!(faults(&schema, &good), Vec::<String>::new());
    assert!(Baseline::from_json(good.to_string().as_bytes()).is_ok());
    let with = |path: &str, value: Value| {
        let mut wrong = good.clone();
        *wrong.pointer_mut(path).expect("it is there") = value;
        wrong
    };
    for wrong in [
        json!({}),
        with("/version", json!(2)),
        with("/relations", json!({})),
        with("/relations/0/kind", json!("pipes")),
        with("/relations/0/names", json!([1, 2])),
        with("/relations/0/calm/hosts", json!("1")),
        with("/relations/0/calm/hosts", json!("")),
        with("/relations/0/calm/first_day", json!("yesterday")),
        with("/relations/0/calm", json!({})),
    ] {
        assert!(!faults(&schema, &wrong).is_empty(), "{wrong}");
        assert!(Baseline::from_json(wrong.to_string().as_bytes()).is_err(), "{wrong}");
    }
}
