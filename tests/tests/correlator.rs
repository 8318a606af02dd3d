//! Every mechanism of the correlator, with a small catalog for each: what alerts, what does not, and that the order of
//! events does not matter.

use ipcsentry::event::{
    Endpoint, EndpointAct, Event, Kind, Mechanism, NativeId, NetworkConnect, Os, ProcessAccess, ProcessStart,
};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, Timestamp};
use serde_json::{Value, json};

/// An owned event of a small Linux host.
#[derive(Clone, Copy)]
struct Act {
    second: i64,
    pid: u32,
    parent: u32,
    image: &'static str,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Start,
    Create(&'static str),
    Open(&'static str),
    Access(u32),
    Connect,
}

const fn act(second: i64, pid: u32, image: &'static str, what: What) -> Act {
    Act { second, pid, parent: 1, image, what }
}

const fn child(second: i64, pid: u32, parent: u32, image: &'static str) -> Act {
    Act { second, pid, parent, image, what: What::Start }
}

fn feed(engine: &mut Engine, number: usize, act: Act) {
    let endpoint = |name: &'static str| EndpointAct::new(Endpoint::new(Mechanism::UnixPath, Some(name.as_bytes())));
    let kind = match act.what {
        What::Start => Kind::ProcessStart(ProcessStart::default()),
        What::Create(name) => Kind::EndpointCreate(endpoint(name)),
        What::Open(name) => Kind::EndpointConnect(endpoint(name)),
        What::Access(pid) => {
            let mut access = ProcessAccess::default();
            access.target.pid = Some(pid);
            Kind::ProcessAccess(access)
        }
        What::Connect => Kind::NetworkConnect(NetworkConnect::default()),
    };
    let mut event = Event::new(Os::Linux, Timestamp::from_unix(1_000 + act.second, number as i64), kind);
    event.host = b"h";
    event.actor.pid = Some(act.pid);
    event.actor.image = Some(act.image.as_bytes());
    event.parent.pid = Some(act.parent);
    event.record = number as u64;
    event.source.id = NativeId::Number(number as u64);
    engine.feed(&event);
}

fn run(behaviors: &Value, policy: &str, lateness: i64, acts: &[(usize, Act)]) -> Vec<Alert> {
    run_catalog(&json!({ "behaviors": behaviors }), policy, lateness, acts)
}

fn run_catalog(catalog: &Value, policy: &str, lateness: i64, acts: &[(usize, Act)]) -> Vec<Alert> {
    let catalog = Catalog::from_json(catalog.to_string().as_bytes()).unwrap();
    let mut limits = Limits::default();
    limits.lateness = lateness;
    let mut engine = Engine::new(catalog.clone(), Policy::for_catalog(policy.as_bytes(), &catalog).unwrap(), limits);
    for &(number, act) in acts {
        feed(&mut engine, number, act);
    }
    engine.flush();
    std::iter::from_fn(|| engine.poll_alert()).collect()
}

/// The alerts of the acts in order. Asserts that they are the same in reverse order, both when events are held and when
/// they are judged at once.
fn alerts(behaviors: Value, acts: &[Act]) -> Vec<Alert> {
    let acts: Vec<(usize, Act)> = acts.iter().copied().enumerate().collect();
    let reversed: Vec<(usize, Act)> = acts.iter().rev().copied().collect();
    let day = 100_000_000_000_000;
    let straight = run(&behaviors, "{}", 0, &acts);
    let codes = |alerts: &[Alert]| alerts.iter().map(|a| (a.code.clone(), a.id.clone())).collect::<Vec<_>>();
    assert_eq!(codes(&straight), codes(&run(&behaviors, "{}", day, &reversed)), "reversed within lateness");
    let late = run(&behaviors, "{}", 0, &reversed);
    assert_eq!(straight.is_empty(), late.is_empty(), "late evidence still completes: {late:?}");
    straight
}

/// A behavior, with defaults for members that the test does not set.
fn behavior(code: &str, overrides: Value) -> Value {
    let mut rule = json!({
        "id": format!("linux.test.{}", code.to_lowercase()), "code": code,
        "techniques": ["T1559"], "severity": "high", "title": "test", "sources": ["test"],
        "anchor": "process", "window": "10s", "initiator": "A",
    });
    for (key, value) in overrides.as_object().unwrap() {
        rule[key] = value.clone();
    }
    rule
}

fn opens(at: &str) -> Value {
    json!(format!("ipc 400: endpoint_connect at {at} bind A"))
}

fn starts(image: &str, at: &str) -> Value {
    json!(format!("execution 400: process_start at {at} bind C where actor.image == '{image}'"))
}

fn open_then_child(overrides: Value) -> Value {
    let mut rule = behavior(
        "L90",
        json!({
            "clauses": {"open": opens("actor"), "child": starts("/bin/sh", "parent")},
            "require": "open and child",
        }),
    );
    for (key, value) in overrides.as_object().unwrap() {
        rule[key] = value.clone();
    }
    json!([rule])
}

#[test]
fn clauses_join_on_their_anchor_within_the_window() {
    let scenario = [act(0, 10, "/opt/a", What::Open("/run/x")), child(5, 11, 10, "/bin/sh")];
    assert_eq!(alerts(open_then_child(json!({})), &scenario).len(), 1);
    let far = [act(0, 10, "/opt/a", What::Open("/run/x")), child(11, 11, 10, "/bin/sh")];
    assert!(alerts(open_then_child(json!({})), &far).is_empty(), "outside the window");
    let other = [act(0, 10, "/opt/a", What::Open("/run/x")), child(5, 11, 12, "/bin/sh")];
    assert!(alerts(open_then_child(json!({})), &other).is_empty(), "another anchor");
}

#[test]
fn execution_tied_to_ipc_is_loud_and_names_alone_are_not() {
    let scenario = [act(0, 10, "/opt/a", What::Open("/run/x")), child(5, 11, 10, "/bin/sh")];
    let alert = &alerts(open_then_child(json!({})), &scenario)[0];
    assert_eq!((alert.severity, alert.confidence), ("high", 0.8));
    assert_eq!(alert.initiator.process.as_ref().unwrap().image.as_deref(), Some("/opt/a"));
    assert_eq!(alert.evidence.iter().map(|e| e.class).collect::<Vec<_>>(), ["ipc", "execution"]);
    let alone = behavior("L91", json!({"clauses": {"open": opens("actor")}, "require": "open"}));
    let alert = &alerts(json!([alone]), &scenario[..1])[0];
    assert_eq!(alert.severity, "low");
}

#[test]
fn a_clause_may_count_only_after_another() {
    let child_after = starts("/bin/sh", "parent after open");
    let rules = || open_then_child(json!({"clauses": {"open": opens("actor"), "child": child_after.clone()}}));
    let open = |second| act(second, 10, "/opt/a", What::Open("/run/x"));
    assert_eq!(alerts(rules(), &[open(0), child(5, 11, 10, "/bin/sh")]).len(), 1);
    assert!(alerts(rules(), &[child(0, 11, 10, "/bin/sh"), open(5)]).is_empty(), "in the wrong order");
}

#[test]
fn what_an_injected_process_runs_is_loud_without_another_channel() {
    let inject = json!("injection 400: process_access at target bind A");
    let rule = |clauses: Value| {
        let names: Vec<String> = clauses.as_object().unwrap().keys().cloned().collect();
        json!([behavior("L94", json!({"clauses": clauses, "require": names.join(" and ")}))])
    };
    let scenario = [act(0, 10, "/opt/a", What::Access(20)), child(5, 21, 20, "/bin/sh")];
    let both = alerts(rule(json!({"inject": inject, "child": starts("/bin/sh", "parent")})), &scenario);
    assert_eq!(both[0].severity, "high");
    assert_eq!(alerts(rule(json!({"inject": inject})), &scenario)[0].severity, "low");
}

#[test]
fn a_process_lifetime_hit_outlives_the_window() {
    let open = opens("actor memory process_lifetime");
    let rules = open_then_child(json!({"clauses": {"open": open, "child": starts("/bin/sh", "parent")}}));
    let scenario = [act(0, 10, "/opt/a", What::Open("/run/x")), child(5_000, 11, 10, "/bin/sh")];
    assert_eq!(alerts(rules, &scenario).len(), 1);
}

#[test]
fn long_term_memory_lasts_for_days() {
    let rule = behavior(
        "L92",
        json!({
            "anchor": "key:path", "memory": "long_term", "window": "7d",
            "clauses": {
                "open": "ipc 400: endpoint_connect at key(path,endpoint.name) bind A",
                "start": "execution 400: process_start at key(path,actor.image)",
            },
            "require": "open and start",
        }),
    );
    let scenario = [act(0, 10, "/opt/a", What::Open("/tmp/later")), child(500_000, 11, 1, "/tmp/later")];
    assert_eq!(alerts(json!([rule]), &scenario).len(), 1);
}

#[test]
fn counted_hits_must_differ() {
    let open = opens("endpoint count 2 actors");
    let rule = behavior("L93", json!({"anchor": "endpoint", "clauses": {"open": open}, "require": "open"}));
    let two = [act(0, 10, "/opt/a", What::Open("/run/x")), act(1, 11, "/opt/b", What::Open("/run/x"))];
    assert_eq!(alerts(json!([rule.clone()]), &two).len(), 1);
    let same = [act(0, 10, "/opt/a", What::Open("/run/x")), act(1, 10, "/opt/a", What::Open("/run/x"))];
    assert!(alerts(json!([rule]), &same).is_empty());
}

#[test]
fn so_many_of_several_are_enough() {
    let rule = behavior(
        "L94",
        json!({
            "clauses": {"open": opens("actor"), "sh": starts("/bin/sh", "parent"), "id": starts("/bin/id", "parent")},
            "require": "2 of (open, sh, id)",
        }),
    );
    let scenario = [child(0, 11, 10, "/bin/sh"), child(1, 12, 10, "/bin/id")];
    assert_eq!(alerts(json!([rule.clone()]), &scenario).len(), 1);
    assert!(alerts(json!([rule]), &scenario[..1]).is_empty());
}

#[test]
fn an_absence_is_decided_when_the_window_has_passed_and_only_where_it_could_be_seen() {
    let rule = behavior(
        "L95",
        json!({
            "clauses": {
                "open": opens("actor"),
                "net": "context 0: network_connect",
            },
            "require": "open and absent net",
        }),
    );
    let seen_elsewhere = act(0, 99, "/opt/other", What::Connect);
    let open = act(1, 10, "/opt/a", What::Open("/run/x"));
    assert_eq!(alerts(json!([rule.clone()]), &[seen_elsewhere, open]).len(), 1);
    let present = [seen_elsewhere, open, act(5, 10, "/opt/a", What::Connect)];
    assert!(alerts(json!([rule.clone()]), &present).is_empty(), "it is not absent");
    assert!(alerts(json!([rule]), &[open]).is_empty(), "the host sends no such telemetry");
}

#[test]
fn a_fallback_form_fires_only_where_the_other_leg_is_blind() {
    let rules = open_then_child(json!({
        "fallback": "medium 450: open when_blind child",
    }));
    let open = act(1, 10, "/opt/a", What::Open("/run/x"));
    let alert = &alerts(rules.clone(), &[open])[0];
    assert_eq!((alert.confidence, alert.severity), (0.45, "low"), "capped by its single class of evidence");
    assert!(alert.missing.iter().any(|m| m.starts_with("child")), "{:?}", alert.missing);
    let starts_are_seen = [child(0, 20, 1, "/bin/true"), open];
    assert!(alerts(rules, &starts_are_seen).is_empty());
}

#[test]
fn declared_sources_decide_what_is_blind() {
    let rules = open_then_child(json!({
        "fallback": "medium 450: open when_blind child",
    }));
    let fallback_alerts = |channels: &str, acts: &[Act]| {
        let acts: Vec<(usize, Act)> = acts.iter().copied().enumerate().collect();
        let policy = format!(r#"{{"sources": [{{"host": "h", "channels": ["{channels}"]}}]}}"#);
        run(&rules, &policy, 0, &acts).len()
    };
    let open = act(1, 10, "/opt/a", What::Open("/run/x"));
    assert_eq!(
        fallback_alerts("audit", &[open]),
        0,
        "process starts are declared as collected, so the fallback form must not alert"
    );
    let start = child(0, 20, 1, "/bin/true");
    assert_eq!(fallback_alerts("apple_events", &[start, open]), 1, "declared not to, though one came");
}

#[test]
fn evidence_of_one_behavior_feeds_another() {
    let first = behavior(
        "L96",
        json!({
            "clauses": {"open": opens("actor")}, "require": "open", "alerts": false, "provides": "opened",
        }),
    );
    let second = behavior(
        "L97",
        json!({
            "clauses": {
                "opened": "ipc 500: evidence(opened) bind A",
                "child": starts("/bin/sh", "parent"),
            },
            "require": "opened and child",
        }),
    );
    let scenario = [act(0, 10, "/opt/a", What::Open("/run/x")), child(5, 11, 10, "/bin/sh")];
    let found = alerts(json!([first, second]), &scenario);
    assert_eq!(found.iter().map(|a| a.code.as_str()).collect::<Vec<_>>(), ["L97"]);
}

#[test]
fn related_roles_must_relate() {
    let rules = |how: &str| {
        json!([behavior(
            "L98",
            json!({
                "anchor": "endpoint",
                "clauses": {
                    "create": "ipc 400: endpoint_create bind A",
                    "open": "ipc 400: endpoint_connect bind B",
                },
                "require": "create and open", "relate": format!("A {how} B"),
            })
        )])
    };
    let strangers = [act(0, 10, "/opt/a", What::Create("/run/x")), act(1, 11, "/opt/b", What::Open("/run/x"))];
    assert_eq!(alerts(rules("not_same"), &strangers).len(), 1);
    assert!(alerts(rules("same"), &strangers).is_empty());
    let own = [act(0, 10, "/opt/a", What::Create("/run/x")), act(1, 10, "/opt/a", What::Open("/run/x"))];
    assert!(alerts(rules("not_same"), &own).is_empty());
    let kin = [
        act(0, 10, "/opt/a", What::Create("/run/x")),
        child(1, 11, 10, "/opt/b"),
        Act { parent: 10, ..act(2, 11, "/opt/b", What::Open("/run/x")) },
    ];
    assert_eq!(alerts(rules("same_lineage"), &kin).len(), 1);
    assert!(alerts(rules("other_lineage"), &kin).is_empty());
    let mut downward = rules("descends_from");
    downward[0]["relate"] = json!("B descends_from A");
    assert_eq!(alerts(downward, &kin).len(), 1);
}

#[test]
fn a_hit_waits_until_its_process_or_pipeline_is_tied_to_the_endpoint() {
    let rule = |at: &str| {
        json!([behavior(
            "L99",
            json!({
                "anchor": "endpoint",
                "clauses": {"open": opens("endpoint"), "shell": starts("/bin/sh", at)},
                "require": "open and shell",
            })
        )])
    };
    let own = [child(0, 11, 10, "/bin/sh"), Act { parent: 10, ..act(1, 11, "/bin/sh", What::Open("/tmp/f")) }];
    assert_eq!(alerts(rule("actor.endpoints"), &own).len(), 1);
    let sibling = [child(0, 11, 10, "/bin/sh"), Act { parent: 10, ..act(1, 12, "/bin/cat", What::Open("/tmp/f")) }];
    assert_eq!(alerts(rule("job.endpoints"), &sibling).len(), 1);
    assert!(alerts(rule("actor.endpoints"), &sibling).is_empty());
    let later = [child(0, 11, 10, "/bin/sh"), Act { parent: 10, ..act(8, 12, "/bin/cat", What::Open("/tmp/f")) }];
    assert!(alerts(rule("job.endpoints"), &later).is_empty(), "not one pipeline");
}

#[test]
fn a_victim_is_joined_by_its_own_acts() {
    let rule = behavior(
        "L89",
        json!({
            "clauses": {
                "access": "injection 500: process_access at target bind A, target as V",
                "open": "ipc 400: endpoint_connect",
            },
            "require": "access and open",
        }),
    );
    let scenario = [act(0, 10, "/opt/a", What::Access(20)), act(3, 20, "/opt/b", What::Open("/run/x"))];
    let alert = &alerts(json!([rule]), &scenario)[0];
    assert_eq!(alert.initiator.process.as_ref().unwrap().pid, Some(10));
    assert_eq!(alert.target.as_ref().unwrap().pid, Some(20));
}

#[test]
fn a_repetition_is_folded_and_new_evidence_revises() {
    let rules = open_then_child(json!({
        "clauses": {"open": opens("actor"), "child": starts("/bin/sh", "parent"),
                    "net": "effect 150: network_connect"},
        "corroborate": ["net"],
    }));
    let acts = [
        act(0, 10, "/opt/a", What::Open("/run/x")),
        child(1, 11, 10, "/bin/sh"),
        child(2, 12, 10, "/bin/sh"),
        act(3, 10, "/opt/a", What::Connect),
    ];
    let numbered: Vec<(usize, Act)> = acts.iter().copied().enumerate().collect();
    let found = run(&rules, "{}", 0, &numbered);
    assert_eq!(found.iter().map(|a| a.revision).collect::<Vec<_>>(), [3], "one alert, at its last revision");
    assert_eq!((found[0].confidence, found[0].count), (0.95, 2));
}

#[test]
fn the_policy_silences_what_it_names_and_the_alert_says_how() {
    let scenario = [act(0, 10, "/opt/a", What::Open("/run/x")), child(5, 11, 10, "/bin/sh")];
    let numbered: Vec<(usize, Act)> = scenario.iter().copied().enumerate().collect();
    let rules = open_then_child(json!({"exempt": {"SocketPathBaseline": "A"}}));
    let alert = &run(&rules, "{}", 0, &numbered)[0];
    assert!(run(&rules, &alert.suppress.to_string(), 0, &numbered).is_empty(), "{}", alert.suppress);
    let element = r#"{"elements": [{"element": "SocketPathBaseline", "image": "/opt/a", "name": "/run/*"}]}"#;
    assert!(run(&rules, element, 0, &numbered).is_empty());
    assert!(run(&rules, r#"{"disabled": ["L90"]}"#, 0, &numbered).is_empty());
    assert!(run(&rules, r#"{"min_confidence": 900}"#, 0, &numbered).is_empty());
}

#[test]
fn an_unknown_name_is_a_load_error_with_its_place() {
    let rules = open_then_child(json!({"relate": "A is_near C"}));
    let error = Catalog::from_json(json!({ "behaviors": rules }).to_string().as_bytes()).unwrap_err();
    assert_eq!(error.path, "behaviors[0].relate", "{error}");
}

#[test]
fn who_is_behind_it_moves_confidence_and_nothing_else() {
    let rule = behavior(
        "L90",
        json!({
            "clauses": {"open": "ipc 600: endpoint_connect bind A"},
            "require": "open"
        }),
    );
    let reputations = json!({
        "linux": [
            {"about": "t", "where": "actor.image in linux.path.temp", "confidence": 150, "source": "t"},
            {"about": "t", "where": "actor.image in unix.shells", "confidence": -200, "source": "t"},
        ],
        "windows": [{"about": "t", "where": "actor.image is known", "confidence": 100, "source": "t"}],
    });
    let of = |image: &'static str| {
        let catalog = json!({ "behaviors": [rule.clone()], "reputations": reputations.clone() });
        let alerts = run_catalog(&catalog, "{}", 0, &[(0, act(0, 7, image, What::Open("/run/x")))]);
        (alerts[0].confidence, alerts[0].severity)
    };
    let (plain, severity) = of("/usr/bin/x");
    assert_eq!(plain, 0.6);
    assert_eq!(of("/tmp/x"), (0.75, severity));
    assert_eq!(of("/bin/sh"), (0.4, severity));
    assert_eq!(of("/tmp/sh"), (0.55, severity), "all that hold count");
}
