//! What a baseline learns of a fleet's life, and what becomes of alerts by it: usual ones fall, due ones stay, what
//! happens on few hosts is never usual, and shards merged in any order have learned what one engine learns.

#[path = "baselines/life.rs"]
mod life;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use ipcsentry::baseline::{Baseline, Known, RelationKind, Standing};
use ipcsentry::event::{Endpoint, EndpointAct, Event, Kind, Mechanism, Os};
use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Expectation, Scenario};
use ipcsentry::time::{MINUTE, Timestamp};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy};

use life::{Host, attacks, day_and_hour, hosts, play, quiet, software};

/// Days of life; half of them are learned.
const DAYS: usize = 30;
const LEARNED: usize = DAYS / 2;
const OF_EACH: usize = 12;
/// Kinds of software of each platform that do what attacks do.
const NOISES: usize = 4;
/// Attacks happen before this hour, the fleet's own life later.
const WORK: i64 = 8;

fn engine(policy: &Policy, baseline: Option<&Arc<Baseline>>) -> Engine {
    let mut limits = Limits::default();
    limits.max_alerts = 1 << 16;
    let mut engine = Engine::new(Catalog::builtin(), policy.clone(), limits);
    engine.set_baseline(baseline.cloned());
    engine
}

/// The last revision of each alert, by id.
fn alerts(engine: &mut Engine) -> BTreeMap<String, Alert> {
    let mut last = BTreeMap::new();
    drain(engine, &mut last);
    last
}

fn drain(engine: &mut Engine, into: &mut BTreeMap<String, Alert>) {
    while let Some(alert) = engine.poll_alert() {
        into.insert(alert.id.clone(), alert);
    }
}

/// The scenarios that the fleet's software is like: of each platform the first of different behaviors whose alerts are
/// medium or high and name a program of the fleet's own.
fn noises() -> Vec<&'static Scenario> {
    let policy = Policy::default();
    let mut chosen: Vec<&Scenario> = Vec::new();
    for scenario in attacks() {
        let of_platform = || chosen.iter().filter(|known| known.os() == scenario.os());
        if of_platform().count() == NOISES || of_platform().any(|known| known.behavior() == scenario.behavior()) {
            continue;
        }
        let raised = |scenario: &Scenario| {
            let mut engine = engine(&policy, None);
            play(scenario, "h", 0, 600, &mut |event| _ = engine.feed(event));
            engine.flush();
            let alerts = alerts(&mut engine);
            let level = alerts.values().map(|alert| alert.level).max();
            let images = alerts.into_values().map(|alert| alert.initiator.process.and_then(|process| process.image));
            (level, images.collect::<BTreeSet<_>>())
        };
        let (level, images) = raised(&software(scenario, "h", 0));
        let is_own = || images.is_disjoint(&raised(&scenario.run(8, 0)).1);
        if level.is_some_and(|level| (Severity::Medium..=Severity::High).contains(&level)) && is_own() {
            chosen.push(scenario);
        }
    }
    chosen
}

/// The attack of the learning half, which goes on in the other: on these hosts of its platform, every day.
const DAILY: [usize; 2] = [3, 4];

fn daily(noises: &[&Scenario]) -> &'static Scenario {
    let is_new = |scenario: &&Scenario| noises.iter().all(|noise| noise.behavior() != scenario.behavior());
    let is_high = |scenario: &&Scenario| matches!(scenario.expect(), Expectation::Alert { severity, .. } if *severity == Severity::High);
    attacks().filter(|scenario| scenario.os() == Os::Linux).filter(is_new).find(is_high).expect("there is one")
}

/// The life of some hosts on some days, and attacks in it: one that goes on all the time on two hosts, and in the other
/// half each one that there is, once.
fn life(fleet: &[Host], of: impl Fn(&Host) -> bool, days: Range<usize>, feed: &mut dyn FnMut(&Event<'_>)) {
    let noises = noises();
    let daily = daily(&noises);
    for day in days {
        for host in fleet.iter().filter(|host| of(host)) {
            let place = fleet.iter().filter(|other| other.os == host.os).position(|other| other.name == host.name);
            if day >= LEARNED {
                let due = attacks().filter(|attack| attack.os() == host.os).enumerate().filter(|(number, _)| {
                    (number % OF_EACH, LEARNED + number / OF_EACH % (DAYS - LEARNED)) == (place.unwrap_or(0), day)
                });
                for (at, (_, attack)) in due.enumerate() {
                    play(&attack.variant(3), &host.name, day, 60 + 60 * at as i64, feed);
                }
            }
            if host.os == daily.os() && place.is_some_and(|place| DAILY.contains(&place)) {
                play(&software(daily, "attacker", day), &host.name, day, 7 * 60, feed);
            }
            for (at, noise) in noises.iter().filter(|noise| noise.os() == host.os).enumerate() {
                play(&software(noise, &host.name, day), &host.name, day, WORK * 60 + 90 * (1 + at as i64), feed);
            }
        }
    }
}

fn learned(of: impl Fn(&Host) -> bool) -> (Baseline, BTreeMap<String, Alert>) {
    let mut engine = engine(&Policy::default(), None);
    engine.start_learning();
    let mut alerts = BTreeMap::new();
    life(&hosts(OF_EACH), of, 0..LEARNED, &mut |event| {
        engine.feed(event);
        drain(&mut engine, &mut alerts);
    });
    engine.flush();
    drain(&mut engine, &mut alerts);
    (engine.take_learned().expect("it learns"), alerts)
}

fn judged(baseline: Option<&Arc<Baseline>>) -> BTreeMap<String, Alert> {
    let mut engine = engine(&Policy::default(), baseline);
    let mut alerts = BTreeMap::new();
    life(&hosts(OF_EACH), |_| true, 0..DAYS, &mut |event| {
        engine.feed(event);
        drain(&mut engine, &mut alerts);
    });
    engine.flush();
    drain(&mut engine, &mut alerts);
    alerts
}

#[test]
fn usual_alerts_fall_and_due_ones_stay() {
    let (baseline, learning) = learned(|_| true);
    let baseline = Arc::new(baseline);
    let (before, after) = (judged(None), judged(Some(&baseline)));
    assert!(before.keys().eq(after.keys()), "a baseline neither raises nor silences anything");
    let when = |alert: &Alert| day_and_hour(alert.timestamp);

    // Learning changes no alert, those of the attack in it included.
    let is_learned = |alert: &&Alert| when(alert).0 < LEARNED;
    for alert in before.values().filter(is_learned) {
        assert_eq!(learning.get(&alert.id).map(|known| known.level), Some(alert.level), "{}", alert.to_json());
    }

    let is_loud = |alert: &&Alert| alert.level >= Severity::Medium;
    let usual: Vec<&Alert> =
        before.values().filter(|a| when(a).0 >= LEARNED && when(a).1 >= WORK).filter(is_loud).collect();
    let fallen = usual.iter().filter(|alert| after[&alert.id].level < Severity::Medium).count();
    println!("{} usual alerts, {fallen} of them lowered", usual.len());
    assert!(usual.len() >= 50 && fallen * 100 >= usual.len() * 80, "{fallen} of {}", usual.len());
    for alert in usual.iter().map(|alert| &after[&alert.id]).filter(|alert| alert.level < Severity::Medium) {
        let part = alert.confidence_parts.iter().find(|part| part.what == "baseline").expect("the part is named");
        assert!(part.adds < 0.0 && alert.confidence >= 0.3, "{}", alert.to_json());
        assert!(
            alert.explanation.contains("The baseline has all of it from 12 hosts on 15 days."),
            "{}",
            alert.explanation
        );
        let sum: f64 = alert.confidence_parts.iter().map(|part| part.adds).sum();
        assert!((sum - alert.confidence).abs() < 1e-9, "{}", alert.to_json());
    }

    let attacked: Vec<&Alert> = before.values().filter(|alert| when(alert).1 < WORK).collect();
    let changed = attacked.iter().filter(|alert| after[&alert.id].level != alert.level).map(|alert| &after[&alert.id]);
    let changed: Vec<String> = changed.map(|alert| alert.to_json()).collect();
    assert!(changed.is_empty(), "{} due alerts changed: {:#?}", changed.len(), changed.first());
    let codes: BTreeSet<&str> = attacked.iter().filter(|a| is_loud(a)).map(|alert| alert.code.as_str()).collect();
    println!("{} alerts of attacks, {} behaviors at medium or above", attacked.len(), codes.len());
    assert!(attacked.len() > 200 && codes.len() > 80, "{} alerts, {} behaviors", attacked.len(), codes.len());

    // What happens every day on two hosts is usual nowhere.
    let daily = daily(&noises());
    let of_daily = |alert: &&&Alert| alert.code == daily.behavior() && when(alert).1 == 7;
    assert!(attacked.iter().filter(of_daily).filter(|alert| is_loud(alert)).count() >= 2 * DAYS);
    let review = baseline.review(&Policy::default());
    let is_daily = |known: &&Known| known.kind == RelationKind::Alert && known.names[0] == daily.behavior();
    let known = review.iter().find(is_daily).expect("it is to be reviewed");
    assert_eq!((known.hosts, known.days, known.standing), (2, LEARNED as u32, Standing::Quarantined));
}

#[test]
fn shards_merged_in_any_order_have_learned_what_one_engine_learns() {
    let (whole, _) = learned(|_| true);
    let shard = |number: usize| learned(move |host| host.name.bytes().map(usize::from).sum::<usize>() % 3 == number).0;
    let shards = [shard(0), shard(1), shard(2)];
    assert!(shards.iter().all(|shard| !shard.is_empty() && shard.len() < whole.len()));
    let merge = |order: [usize; 4]| {
        let mut merged = Baseline::default();
        order.iter().for_each(|&number| merged.merge(&shards[number]).expect("it is not frozen"));
        merged.to_json()
    };
    assert_eq!(merge([0, 1, 2, 0]), whole.to_json());
    assert_eq!(merge([2, 2, 1, 0]), whole.to_json());
}

#[test]
fn attacks_that_a_baseline_would_lower_are_named() {
    let policy = Policy::default();
    let (baseline, _) = learned(|host| host.os == Os::Linux);
    assert_eq!(
        scenario::lowered(&baseline, &policy, &Catalog::builtin()),
        [],
        "no attack is what the fleet's software is"
    );
    // Where the software is an attack as it is written, its scenario is lost.
    let noise = noises().into_iter().find(|noise| noise.os() == Os::Linux).expect("there is one");
    let mut engine = engine(&policy, None);
    engine.start_learning();
    for (day, host) in (0..10).flat_map(|day| (0..10).map(move |host| (day, format!("h{host}")))) {
        play(noise, &host, day, 600, &mut |event| _ = engine.feed(event));
    }
    engine.flush();
    let losses = scenario::lowered(&engine.take_learned().expect("it learns"), &policy, &Catalog::builtin());
    assert!(losses.iter().any(|loss| loss.scenario == noise.id() && loss.entry.is_empty()), "{losses:?}");
}

/// A pipe that a program of its own makes on a host, at a minute of the first day.
fn pipe(engine: &mut Engine, host: &str, name: &str, time: Timestamp) {
    let act = EndpointAct::new(Endpoint::new(Mechanism::NamedPipe, Some(name.as_bytes())));
    let mut event = Event::new(Os::Windows, time, Kind::EndpointCreate(act));
    (event.host, event.actor.pid) = (host.as_bytes(), Some(77));
    event.actor.image = Some(br"C:\Program Files\Tool\tool.exe");
    engine.feed(&event);
}

#[test]
fn what_is_seen_near_an_alert_is_kept_apart_before_and_after_it() {
    let noise = noises()[0];
    let mut engine = engine(&Policy::default(), None);
    engine.start_learning();
    let mut at = Timestamp::default();
    play(noise, "h", 1, 600, &mut |event| at = at.max(event.time));
    pipe(&mut engine, "h", "long_before", at - 300 * MINUTE);
    pipe(&mut engine, "h", "shortly_before", at - 20 * MINUTE);
    pipe(&mut engine, "other", "elsewhere", at - 20 * MINUTE);
    play(noise, "h", 1, 600, &mut |event| _ = engine.feed(event));
    pipe(&mut engine, "h", "shortly_after", at + 20 * MINUTE);
    pipe(&mut engine, "h", "long_after", at + 300 * MINUTE);
    engine.flush();
    assert!(alerts(&mut engine).values().any(|alert| alert.level >= Severity::Medium));
    let learned = engine.take_learned().expect("it learns");
    let standing = |name: &str| {
        let all = learned.relations(&Policy::default());
        all.into_iter().find(|known| known.names[0] == name).unwrap_or_else(|| panic!("{name} is not known")).standing
    };
    for name in ["shortly_before", "shortly_after"] {
        assert_eq!(standing(name), Standing::Quarantined, "{name}");
    }
    for name in ["long_before", "elsewhere", "long_after"] {
        assert_eq!(standing(name), Standing::Rare, "{name}");
    }
}

/// A baseline of a pipe that was made on so many hosts on so many days.
fn of_pipe(hosts: usize, days: i64, name: &str) -> Baseline {
    let policy = Policy::from_json(br#"{"groups": {"desks": "desk-*"}}"#).expect("a policy");
    let mut engine = engine(&policy, None);
    engine.start_learning();
    for (day, host) in (0..days).flat_map(|day| (0..hosts).map(move |host| (day, host))) {
        pipe(&mut engine, &format!("desk-{host}"), name, Timestamp::from_unix(1_772_409_600 + day * 86_400, 0));
    }
    engine.flush();
    engine.take_learned().expect("it learns")
}

#[test]
fn the_quorum_is_that_of_the_policy_and_groups_are_apart() {
    let standing = |baseline: &Baseline, policy: &str| {
        let policy = Policy::from_json(policy.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        let all = baseline.relations(&policy);
        let [known] = all.as_slice() else { panic!("one relation, not {all:?}") };
        assert_eq!((known.kind, known.group.as_str()), (RelationKind::Pipe, "desks"));
        assert_eq!(known.names, ["tool.*.status", r"c:\program files\tool\tool.exe", ""]);
        known.standing
    };
    assert_eq!(standing(&of_pipe(5, 5, "tool.4711.status"), "{}"), Standing::Usual);
    assert_eq!(standing(&of_pipe(4, 9, "tool.4711.status"), "{}"), Standing::Rare);
    assert_eq!(standing(&of_pipe(9, 4, "tool.4711.status"), "{}"), Standing::Rare);
    assert_eq!(
        standing(&of_pipe(4, 4, "tool.4711.status"), r#"{"baseline": {"hosts": 4, "days": 3}}"#),
        Standing::Usual
    );
}

#[test]
fn two_baselines_are_compared_and_drift_is_the_part_that_is_not_usual_in_both() {
    let policy = Policy::default();
    let (one, other) = (of_pipe(6, 6, "alpha_status"), of_pipe(6, 6, "beta_status"));
    let mut both = one.clone();
    both.merge(&other).expect("it is not frozen");
    let same = one.compare(&one, &policy);
    assert_eq!((same.changes.len(), same.drift), (0, 0));
    let wider = one.compare(&both, &policy);
    assert_eq!((wider.changes.len(), wider.drift), (1, 500));
    assert_eq!(wider.changes[0].before, None);
    assert_eq!(wider.changes[0].after.as_ref().map(|known| known.names[0].as_str()), Some("beta_status"));
    assert_eq!(one.compare(&other, &policy).drift, 1000);
}

#[test]
fn a_new_relation_on_hosts_that_are_known_gains_and_a_usual_one_loses() {
    let policy = Policy::default();
    let noise = noises().into_iter().find(|noise| noise.os() == Os::Windows).expect("there is one");
    let confidence = |baseline: Option<&Arc<Baseline>>| {
        let mut engine = engine(&policy, baseline);
        play(&software(noise, "new", 3), "new", 3, 600, &mut |event| _ = engine.feed(event));
        engine.flush();
        let alerts = alerts(&mut engine);
        let alert = alerts.values().find(|alert| alert.code == noise.behavior()).expect("an alert");
        let part = alert.confidence_parts.iter().find(|part| part.what == "baseline").map(|part| part.adds);
        (alert.level, part)
    };
    let (level, none) = confidence(None);
    assert_eq!(none, None);
    // A group in which the pipe's hosts are: none here, so that the hosts are those of no group.
    let mut engine = engine(&policy, None);
    engine.start_learning();
    for (day, host) in (0..10).flat_map(|day| (0..10).map(move |host| (day, host))) {
        pipe(&mut engine, &format!("desk-{host}"), "status", Timestamp::from_unix(1_772_409_600 + day * 86_400, 0));
    }
    engine.flush();
    let knows_others = Arc::new(engine.take_learned().expect("it learns"));
    assert_eq!(confidence(Some(&knows_others)), (level, Some(0.05)));
    // A baseline of too few hosts says nothing.
    assert_eq!(confidence(Some(&Arc::new(Baseline::default()))), (level, None));
}

#[test]
fn what_is_usual_becomes_entries_of_a_policy_that_cover_it() {
    let policy = Policy::default();
    let (baseline, _) = learned(|host| host.os == Os::Linux);
    let (written, left_out) = baseline.to_policy(&policy);
    let entries = written["suppressions"].as_array().expect("a list");
    assert!(!entries.is_empty() && entries.len() + left_out.len() >= NOISES, "{written}");
    let taken = Policy::from_json(written.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert!(entries.iter().all(|entry| entry["reason"] == "seen on 12 hosts on 15 days, 2026-03-02 to 2026-03-16"));
    let mut engine = engine(&taken, None);
    for noise in noises().iter().filter(|noise| noise.os() == Os::Linux) {
        play(&software(noise, "new", 40), "new", 40, 600, &mut |event| _ = engine.feed(event));
    }
    engine.flush();
    let covered = std::iter::from_fn(|| engine.poll_suppressed()).count();
    assert!(covered > 0);
    // An entry is wider than what was learned: what it would hide is proved, not guessed.
    let losses = scenario::losses(&taken, &Catalog::builtin());
    println!("{} entries, {} left out, {} losses", entries.len(), left_out.len(), losses.len());
}

#[test]
fn policy_and_baseline_go_through_json() {
    let policy =
        Policy::from_json(br#"{"baseline": {"hosts": 20, "days": 7, "quarantine_minutes": 60}}"#).expect("one");
    assert_eq!(Policy::from_json(policy.to_json().to_string().as_bytes()), Ok(policy));
    let (baseline, _) = learned(|host| host.os == Os::Windows);
    let text = baseline.to_json();
    assert_eq!(Baseline::from_json(text.as_bytes()).as_ref(), Ok(&baseline));
    assert!(!text.contains("pc-0"), "it has no host");
}

/// What learning owned at most, and what was learned.
fn month(hosts: u64, days: u64, events: u64) -> (usize, Baseline) {
    let mut engine = engine(&Policy::default(), None);
    engine.start_learning();
    let (mut fed, mut most) = (0_u64, 0);
    let every = (hosts * days * events / 40).max(1);
    quiet(hosts, days, events, &mut |event| {
        engine.feed(event);
        fed += 1;
        if fed.is_multiple_of(every) {
            most = engine.learning_bytes().max(most);
            while engine.poll_alert().is_some() {}
        }
    });
    engine.flush();
    most = engine.learning_bytes().max(most);
    let learned = engine.take_learned().expect("it learns");
    let (bytes, json) = (learned.bytes(), learned.to_json().len());
    println!("{fed} events of {hosts} hosts and {days} days: {} relations", learned.len());
    println!("{bytes} bytes of baseline, at most {most} bytes in all, {json} bytes of JSON");
    (most, learned)
}

/// Bytes that learning a month of a hundred desktops may own, which have more relations than a baseline holds.
const OF_A_MONTH: usize = 40 << 20;

#[test]
fn a_fleet_is_learned_within_stated_bytes() {
    let (most, learned) = month(20, 6, 60);
    assert!(most < OF_A_MONTH, "{most} bytes");
    let (hosts, days) = learned.extent();
    assert!((15..27).contains(&hosts) && days == 6, "{hosts} hosts, {days} days");
    let usual = learned.relations(&Policy::default()).iter().filter(|known| known.standing == Standing::Usual).count();
    assert!(usual > 50, "{usual} are usual");
}

/// `cargo test -p ipcsentry --test baselines -- --ignored --nocapture a_month`
#[test]
#[ignore = "5 million events take minutes; the test above learns a sample"]
fn a_month_of_a_hundred_hosts_is_learned_within_stated_bytes() {
    let (most, learned) = month(100, 30, 1700);
    assert!(most < OF_A_MONTH, "{most} bytes");
    assert!(learned.len() <= Baseline::MOST_RELATIONS && learned.bytes() <= Baseline::MOST_BYTES);
}

#[test]
fn what_is_usual_is_raised_at_the_least_severity_that_the_policy_raises() {
    let (baseline, _) = learned(|host| host.os == Os::Linux);
    let policy = Policy::from_json(br#"{"min_severity": "medium"}"#).expect("a policy");
    let raised = |baseline: Option<&Arc<Baseline>>| {
        let mut engine = engine(&policy, baseline);
        for noise in noises().iter().filter(|noise| noise.os() == Os::Linux) {
            play(&software(noise, "new", 40), "new", 40, 600, &mut |event| _ = engine.feed(event));
        }
        engine.flush();
        alerts(&mut engine)
    };
    let (before, after) = (raised(None), raised(Some(&Arc::new(baseline))));
    assert!(!before.is_empty() && before.keys().eq(after.keys()), "{} and {}", before.len(), after.len());
    assert!(after.values().any(|alert| alert.explanation.contains("The baseline has all of it")));
}

/// A name that no template makes like another.
fn word(n: u64) -> String {
    let letters = (0..8).map(|at| char::from(b"abdeilmnorstu"[(n / 13_u64.pow(at) % 13) as usize]));
    format!("oa{}eo", letters.collect::<String>())
}

/// Hosts that one after the other had much waiting own no more than what waits now.
#[test]
fn bursts_of_many_hosts_are_bounded_together() {
    let mut engine = engine(&Policy::default(), None);
    engine.start_learning();
    let names: Vec<String> = (0..2_000).map(word).collect();
    let mut owned = Vec::new();
    for host in 0..60_i64 {
        let begin = 1_772_409_600 + host * 4 * 3600;
        for (at, name) in (0..).zip(&names) {
            pipe(&mut engine, &format!("h{host}"), name, Timestamp::from_unix(begin + at / 2, 0));
        }
        pipe(&mut engine, &format!("h{host}"), "quiet", Timestamp::from_unix(begin + 3 * 3600, 0));
        owned.push(engine.learning_bytes());
    }
    // The second host makes the entries of the relations larger; from then on a host adds nothing but itself.
    let each = (owned[59] - owned[19]) / 40;
    assert!(each < 4_096, "a host that was busy once owns {each} bytes: {owned:?}");
}

#[test]
fn a_flood_of_names_is_bounded_and_makes_nothing_usual() {
    let mut engine = engine(&Policy::default(), None);
    engine.start_learning();
    for n in 0..(Baseline::MOST_RELATIONS as u64 + 30_000) {
        pipe(&mut engine, "h", &word(n), Timestamp::from_unix(1_772_409_600 + n as i64, 0));
    }
    engine.flush();
    let bytes = engine.learning_bytes();
    let learned = engine.take_learned().expect("it learns");
    println!("{} relations, {bytes} bytes", learned.len());
    assert!(learned.len() <= Baseline::MOST_RELATIONS && learned.len() > 30_000, "{}", learned.len());
    assert!(bytes <= Baseline::MOST_BYTES + Baseline::MOST_LEARNING_BYTES);
    assert!(learned.relations(&Policy::default()).iter().all(|known| known.standing != Standing::Usual));
}
