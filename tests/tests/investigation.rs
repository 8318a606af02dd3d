//! What an analyst asks: what an alert's confidence is made of, the questions of triage, what almost alerted, what happened
//! around an alert, what is known of a process.

use std::collections::{BTreeMap, BTreeSet};

use ipcsentry::scenario::{self, Scenario};
use ipcsentry::time::{MINUTE, SECOND};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, Timestamp};
use ipcsentry_tests::attacks::raised;
use ipcsentry_tests::recordings::{self, hunt};

const QUESTIONS: [&str; 6] = [
    "who_initiated",
    "over_which_links",
    "which_user_and_session",
    "did_ipc_precede_execution",
    "what_else_did_they_do",
    "how_far_back_does_telemetry_go",
];

fn engine(scenario: &Scenario, policy: Policy) -> Engine {
    let mut engine = Engine::new(Catalog::builtin(), policy, Limits::default());
    for event in scenario.events() {
        engine.feed(&event);
    }
    engine.flush();
    engine
}

fn alerts(engine: &mut Engine) -> Vec<Alert> {
    recordings::finish(engine)
}

fn policy(json: &str) -> Policy {
    Policy::from_json(json.as_bytes()).expect("a policy")
}

fn sum_is_right(alert: &Alert) -> bool {
    let sum: f64 = alert.confidence_parts.iter().map(|part| part.adds).sum();
    (sum - alert.confidence).abs() < 1e-9
}

#[test]
fn confidence_is_the_sum_of_its_parts() {
    let (mut reputed, mut weaker, mut capped) = (0, 0, 0);
    for scenario in scenario::all() {
        for alert in raised(scenario, Policy::default()) {
            assert!(
                sum_is_right(&alert),
                "{}: {} is not {:?}",
                scenario.id(),
                alert.confidence,
                alert.confidence_parts
            );
            let has = |begin: &str| alert.confidence_parts.iter().any(|part| part.what.starts_with(begin));
            assert!(has("clause ") != has("weaker form"), "{:?}", alert.confidence_parts);
            reputed += usize::from(has("initiator: "));
            weaker += usize::from(has("weaker form"));
            capped += usize::from(has("the clauses come to 1"));
        }
    }
    assert!(reputed > 20 && weaker > 5 && capped > 5, "{reputed} {weaker} {capped}");
    for recording in recordings::all().into_iter().flatten() {
        let Some(format) = recording.format else { continue };
        for alert in hunt(format, &[&recording.bytes]).0 {
            assert!(sum_is_right(&alert), "{}: {:?}", recording.id, alert.confidence_parts);
        }
    }
}

#[test]
fn every_question_of_triage_is_answered_or_says_what_it_lacks() {
    let (mut unanswered, mut answered) = (BTreeMap::new(), 0);
    for scenario in scenario::all() {
        for alert in raised(scenario, Policy::default()) {
            assert_eq!(alert.triage.iter().map(|of| of.question).collect::<Vec<_>>(), QUESTIONS);
            for of in &alert.triage {
                let lacks = of.lacks.as_deref().unwrap_or_default();
                assert!(of.answer.is_some() || !lacks.is_empty(), "{}: {}", scenario.id(), of.question);
                answered += usize::from(of.answer.is_some());
                *unanswered.entry(of.question).or_insert(0) += usize::from(of.answer.is_none());
            }
            let who = &alert.triage[0];
            assert_eq!(who.answer.is_some(), alert.initiator.kind != "unknown");
            let order = &alert.triage[3];
            assert_eq!(order.answer.as_deref().unwrap_or("unknown"), alert.ipc_preceded_execution);
        }
    }
    assert!(answered > 1000 && unanswered["did_ipc_precede_execution"] > 0, "{answered} {unanswered:?}");
}

#[test]
fn an_alert_says_whether_telemetry_reaches_back_over_its_window() {
    let attack = scenario::all().iter().find(|s| s.behavior() == "L05" && s.is_positive()).expect("there is one");
    let horizon = |alerts: &[Alert]| alerts.iter().find(|a| a.code == "L05").expect("it alerts").triage[5].clone();
    let short = horizon(&alerts(&mut engine(attack, Policy::default())));
    assert!(short.lacks.is_some(), "{short:?}");
    let mut long = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    let events = attack.events();
    let mut early = events[0].clone();
    early.time = Timestamp(early.time.0 - 60 * MINUTE);
    early.actor.pid = Some(77);
    long.feed(&early);
    for event in &events {
        long.feed(event);
    }
    long.flush();
    let whole = horizon(&alerts(&mut long));
    assert_eq!(whole.lacks, None, "{whole:?}");
    assert!(whole.answer.as_deref().is_some_and(|text| text.contains(&early.time.to_string())), "{whole:?}");
}

#[test]
fn benign_variants_are_near_misses_that_name_what_they_lack() {
    let (mut near_of_their_own, mut named) = (0, 0);
    for scenario in scenario::all().iter().filter(|s| !s.is_positive()) {
        let engine = engine(scenario, Policy::default());
        let near = engine.near_misses(256);
        for miss in &near {
            assert!(["clause", "relation", "confidence"].contains(&miss.why), "{}", miss.why);
            assert_eq!(miss.why == "clause", !miss.missing.is_empty(), "{miss:?}");
            assert!(miss.missing.iter().all(|clause| !miss.met.contains(&clause.clause)), "{miss:?}");
            assert!(!miss.evidence.is_empty() && !miss.met.is_empty());
        }
        assert!(near.is_sorted_by(|a, b| a.confidence >= b.confidence), "the surest comes first");
        let own: Vec<_> = near.iter().filter(|miss| miss.code == scenario.behavior()).collect();
        near_of_their_own += usize::from(!own.is_empty());
        named += usize::from(own.iter().any(|miss| miss.why == "clause"));
    }
    // The others lack the use of IPC itself, or more than one thing.
    assert!(near_of_their_own > 200 && named > 200, "{near_of_their_own} {named}");
}

#[test]
fn an_attack_without_one_record_names_what_that_record_showed() {
    let (mut cut, mut other) = (0, Vec::new());
    for scenario in scenario::all().iter().filter(|s| s.is_positive()) {
        let whole = raised(scenario, Policy::default());
        let Some(alert) = whole.iter().find(|alert| alert.code == scenario.behavior()) else { continue };
        let events = scenario.events();
        let Some(last) = alert.evidence.last() else { continue };
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
        let kept = events.iter().filter(|event| event.record != last.record);
        for event in kept {
            engine.feed(event);
        }
        engine.flush();
        let near = engine.near_misses(256);
        let codes: BTreeSet<String> = alerts(&mut engine).into_iter().map(|alert| alert.code).collect();
        // What still alerts is no miss, and what needs several records of one kind lacks more than one clause.
        let Some(own) = near.iter().find(|miss| miss.code == alert.code && miss.why == "clause") else { continue };
        if codes.contains(&alert.code) {
            continue;
        }
        cut += 1;
        let missing: Vec<_> = near.iter().filter(|miss| miss.code == own.code).flat_map(|miss| &miss.missing).collect();
        // Another clause may complete it as well.
        if !missing.iter().any(|of| of.clause == last.clause || of.role == last.class) {
            other.push(format!("{} lost {}, said {missing:?}", scenario.id(), last.clause));
        }
    }
    assert!(cut > 100, "{cut}");
    assert!(other.len() * 20 < cut, "{} of {cut}: {}", other.len(), other.join("\n"));
}

#[test]
fn what_was_raised_is_no_near_miss() {
    let mut wrong = Vec::new();
    for scenario in scenario::all().iter().filter(|s| s.is_positive()) {
        let mut engine = engine(scenario, Policy::default());
        let near = engine.near_misses(256);
        let raised: BTreeSet<String> = alerts(&mut engine).into_iter().map(|alert| alert.code).collect();
        let complete = near.iter().filter(|miss| miss.why == "confidence" && raised.contains(&miss.code));
        wrong.extend(complete.map(|miss| format!("{}: {} {}", scenario.id(), miss.code, miss.explanation)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_falls_short_of_the_minimum_can_be_asked_for() {
    let attack = scenario::all().iter().find(|s| s.behavior() == "W01" && s.is_positive()).expect("there is one");
    let mut strict = engine(attack, policy(r#"{"min_confidence": 1.0}"#));
    let loud: Vec<Alert> = alerts(&mut engine(attack, Policy::default()));
    let low: Vec<&Alert> = loud.iter().filter(|alert| alert.confidence < 1.0).collect();
    assert!(!low.is_empty());
    for alert in low {
        let near = strict.near_misses(256);
        let miss = near.iter().find(|miss| miss.code == alert.code && miss.why == "confidence");
        assert!(miss.is_some_and(|miss| (miss.confidence - alert.confidence).abs() < 1e-9), "{}: {near:?}", alert.code);
    }
    assert!(alerts(&mut strict).iter().all(|alert| alert.confidence >= 1.0));
    // What an entry of the policy covers is none; nor is what is switched off.
    let code = attack.behavior();
    for covered in [r#"{"min_confidence": 1.0, "disabled": ["CODE"]}"#, r#"{"suppressions": [{"behavior": "CODE"}]}"#] {
        let near = engine(attack, policy(&covered.replace("CODE", code))).near_misses(256);
        assert!(near.iter().all(|miss| miss.code != code || miss.why != "confidence"), "{near:?}");
    }
}

#[test]
fn a_timeline_has_the_records_that_its_alerts_cite() {
    let (mut cited, mut others) = (0, 0);
    for scenario in scenario::all().iter().filter(|s| s.is_positive()) {
        let mut engine = engine(scenario, Policy::default());
        let raised = alerts(&mut engine);
        let before = engine.stats();
        for alert in raised {
            for id in [&alert.id, &alert.incident] {
                let line = engine.timeline(id, MINUTE, MINUTE).expect("the alert is kept");
                assert!(!line.cut && line.entries.is_sorted_by(|a, b| a.time <= b.time), "{}", scenario.id());
                for evidence in &alert.evidence {
                    let is_it = |moment: &&ipcsentry::report::Moment| {
                        moment.record == Some(evidence.record) && moment.time == evidence.time
                    };
                    let moment = line.entries.iter().find(is_it);
                    let moment = moment.unwrap_or_else(|| panic!("{}: no {}", scenario.id(), evidence.summary));
                    assert!(moment.cited_by.contains(&alert.code), "{}: {moment:?}", scenario.id());
                    cited += 1;
                }
                others += line.entries.iter().filter(|moment| moment.cited_by.is_empty()).count();
            }
        }
        assert_eq!(engine.stats(), before, "questions change nothing");
    }
    assert!(cited > 1000 && others > 100, "{cited} {others}");
    let nothing = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    assert_eq!(nothing.timeline("0123456789abcdef", MINUTE, MINUTE), None);
}

#[test]
fn a_timeline_ends_where_it_is_told_to() {
    let attack = scenario::all().iter().find(|s| s.behavior() == "L05" && s.is_positive()).expect("there is one");
    let mut engine = engine(attack, Policy::default());
    let alert = alerts(&mut engine).into_iter().next().expect("it alerts");
    let wide = engine.timeline(&alert.id, 60 * MINUTE, 60 * MINUTE).expect("kept");
    let none = engine.timeline(&alert.id, 0, 0).expect("kept");
    assert_eq!((none.from.as_str(), none.to.as_str()), (alert.first_time.as_str(), alert.time.as_str()));
    assert!(none.entries.iter().all(|moment| moment.time >= alert.first_time && moment.time <= alert.time));
    assert!(wide.entries.len() > none.entries.len(), "{} {}", wide.entries.len(), none.entries.len());
    assert_eq!(engine.timeline(&alert.id, -SECOND, -SECOND).expect("kept"), none, "less than nothing is nothing");
}

#[test]
fn a_process_is_explained() {
    let attack = scenario::all().iter().find(|s| s.behavior() == "L05" && s.is_positive()).expect("there is one");
    let mut engine = engine(attack, Policy::default());
    let alert = alerts(&mut engine).into_iter().find(|alert| alert.code == "L05").expect("it alerts");
    let initiator = alert.initiator.process.clone().expect("a process");
    let pid = initiator.pid.expect("a pid");
    let [story] = &engine.explain(&alert.host, pid)[..] else { panic!("one process has this pid") };
    assert_eq!((story.process.image.as_ref(), &story.host), (initiator.image.as_ref(), &alert.host));
    assert!(story.alerts.contains(&alert.id), "{story:?}");
    assert!(!story.children.is_empty(), "{story:?}");
    assert_eq!(engine.explain("", pid).len(), 1, "an empty host is any");
    assert!(engine.explain("elsewhere", pid).is_empty() && engine.explain(&alert.host, 4_000_000).is_empty());
    let pids: BTreeSet<u32> = attack.events().iter().filter_map(|event| event.actor.pid).collect();
    let used: Vec<_> = pids.iter().flat_map(|pid| engine.explain("", *pid)).flat_map(|story| story.endpoints).collect();
    let fifo = used.iter().find(|used| used.endpoint.starts_with("FIFO "));
    assert!(fifo.is_some_and(|used| !used.others.is_empty()), "{used:?}");
}

#[test]
fn what_the_policy_keeps_out_is_in_no_answer() {
    let all = policy(r#"{"redact_users": true, "redact_paths": true, "redact_secrets": true}"#);
    let mut looked_at = 0;
    for scenario in scenario::all() {
        let mut users: BTreeSet<String> = BTreeSet::new();
        for event in scenario.events() {
            let name = event.actor.user.map(|name| String::from_utf8_lossy(name).into_owned());
            users.extend(name.and_then(|name| name.rsplit('\\').next().map(str::to_owned)));
        }
        users.retain(|user| user.len() > 3 && !["root", "SYSTEM", "system"].contains(&user.as_str()));
        let mut engine = engine(scenario, all.clone());
        let mut texts: Vec<String> = engine.near_misses(256).iter().map(|miss| miss.to_json()).collect();
        let raised = alerts(&mut engine);
        texts.extend(raised.iter().map(Alert::to_json));
        texts.extend(raised.iter().filter_map(|a| engine.timeline(&a.id, MINUTE, MINUTE)).map(|line| line.to_json()));
        let pids = raised.iter().filter_map(|alert| alert.initiator.process.as_ref()?.pid);
        texts.extend(pids.flat_map(|pid| engine.explain("", pid)).map(|story| story.to_json()));
        for user in &users {
            for text in &texts {
                // As a name, and as a part of a path, with the backslashes of JSON.
                let own = [format!("\"{user}\""), format!("\\\\{user}\""), format!("user {user},")];
                let folders = [format!("/{user}/"), format!("\\\\{user}\\\\")];
                let quoted = [own.to_vec(), folders.to_vec()].concat();
                assert!(quoted.iter().all(|said| !text.contains(said)), "{}: {user} in {text}", scenario.id());
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 100, "{looked_at}");
}
