//! Random sequences of calls over the whole C interface: events with every member spoiled, streams, time, alerts and lists by
//! random numbers, several engines and catalogs at once. Every call returns a status that there is, no engine is poisoned, and
//! what a refused call may write to stays as it was. `SEQUENCES=1000000` makes more of them.

use std::ptr::null_mut;

use ipcsentry::event::KindTag;
use ipcsentry::{_internal_test_exports as internal, scenario};
use ipcsentry_ffi::alert::*;
use ipcsentry_ffi::alert_fields::*;
use ipcsentry_ffi::baseline::*;
use ipcsentry_ffi::catalog::*;
use ipcsentry_ffi::engine::*;
use ipcsentry_ffi::error::*;
use ipcsentry_ffi::event::feed::{ipcsentry_batch_report, ipcsentry_engine_feed, ipcsentry_engine_feed_batch};
use ipcsentry_ffi::event::keep::Keep;
use ipcsentry_ffi::event::model::ipcsentry_event;
use ipcsentry_ffi::event::process::ipcsentry_process;
use ipcsentry_ffi::event::value::ipcsentry_event_text;
use ipcsentry_ffi::event::words::{ipcsentry_channel, ipcsentry_kind, ipcsentry_os};
use ipcsentry_ffi::format::{ipcsentry_format, ipcsentry_format_detect};
use ipcsentry_ffi::investigate::*;
use ipcsentry_ffi::output::*;
use ipcsentry_ffi::rule::*;
use ipcsentry_ffi::scenarios::*;
use ipcsentry_ffi::sensor::*;
use ipcsentry_ffi::snapshot::*;
use ipcsentry_ffi::stats::*;
use ipcsentry_ffi::status::{ipcsentry_status, ipcsentry_status_text};
use ipcsentry_ffi::stream::*;
use ipcsentry_ffi::text::{ipcsentry_bytes, ipcsentry_text};
use ipcsentry_ffi::tuning::*;
use ipcsentry_ffi::version::{IPCSENTRY_ABI_VERSION, ipcsentry_abi_version, ipcsentry_version};
use ipcsentry_ffi::wants::*;
use ipcsentry_tests::c_api::text;

/// A small generator: xorshift.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// A number that is small, at a limit, or anything.
    fn odd(&mut self) -> u64 {
        match self.below(6) {
            0 => 0,
            1 => u64::MAX,
            2 => i64::MAX as u64,
            3 => 1 << self.below(64),
            4 => self.next(),
            _ => self.below(40),
        }
    }
}

/// What a sequence has at hand.
#[derive(Default)]
struct Hands {
    catalogs: Vec<*mut ipcsentry_catalog>,
    engines: Vec<*mut ipcsentry_engine>,
    alerts: Vec<*mut ipcsentry_alert>,
    errors: Vec<*mut ipcsentry_error>,
    wants: Vec<*mut ipcsentry_wants>,
    snapshots: Vec<*mut ipcsentry_snapshot>,
    dropped: Vec<*mut ipcsentry_dropped>,
    baselines: Vec<*mut ipcsentry_baseline>,
    documents: Vec<*mut ipcsentry_document>,
    calls: u64,
}

/// Statuses that the header has; a bug of the library is none of them.
fn known(status: ipcsentry_status) -> bool {
    matches!(status.0, 0..=7 | -7..=-1 | -103..=-100 | -116..=-110 | -199)
}

impl Hands {
    fn saw(&mut self, status: ipcsentry_status) -> bool {
        assert!(known(status), "status {}", status.0);
        self.calls += 1;
        status.0 == 0
    }

    /// A handle, or now and then none.
    fn one<T>(dice: &mut Dice, list: &[*mut T]) -> *mut T {
        if list.is_empty() || dice.below(20) == 0 { null_mut() } else { list[dice.next() as usize % list.len()] }
    }
}

/// A function that joins the interface joins the sequences.
#[test]
fn the_sequences_call_every_function() {
    let source = include_str!("c_sequences.rs");
    let golden = [include_str!("../../ffi/abi/symbols.txt"), include_str!("../../ffi/abi/symbols_validation.txt")];
    let exported = golden.iter().flat_map(|names| names.split_whitespace());
    let missing: Vec<&str> = exported.filter(|name| !source.contains(&format!("{name}("))).collect();
    // Four functions of one signature are called by a loop over them.
    let in_loop =
        ["ipcsentry_alert_technique", "ipcsentry_alert_missing", "ipcsentry_alert_edge", "ipcsentry_alert_was"];
    assert_eq!(missing.iter().filter(|name| !in_loop.contains(name)).count(), 0, "{missing:?}");
}

#[test]
fn no_sequence_of_calls_meets_a_bug() {
    let sequences: u64 = std::env::var("SEQUENCES").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let first: u64 = std::env::var("FIRST").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut calls = 0;
    for seed in first..first + sequences {
        calls += sequence(seed);
    }
    println!("{sequences} sequences, {calls} calls");
}

fn sequence(seed: u64) -> u64 {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut hands = Hands::default();
    for _ in 0..60 {
        match dice.below(20) {
            0 => make(&mut dice, &mut hands),
            1..6 => events(&mut dice, &mut hands),
            6 | 7 => attack(&mut dice, &mut hands),
            8 | 9 => streams(&mut dice, &mut hands),
            10 | 11 => time(&mut dice, &mut hands),
            12 | 13 => alerts(&mut dice, &mut hands),
            14 => lists(&mut dice, &mut hands),
            15 => state(&mut dice, &mut hands),
            16 => baselines(&mut dice, &mut hands),
            17 if dice.below(2) == 0 => tuning(&mut dice, &mut hands),
            17 => questions(&mut dice, &mut hands),
            18 => documents(&mut dice, &mut hands),
            _ => free(&mut dice, &mut hands),
        }
    }
    let Hands { catalogs, engines, alerts, errors, wants, snapshots, dropped, baselines, documents, calls } = hands;
    // SAFETY: each handle is here once and was not freed.
    unsafe {
        catalogs.into_iter().for_each(|handle| ipcsentry_catalog_free(handle));
        engines.into_iter().for_each(|handle| ipcsentry_engine_free(handle));
        alerts.into_iter().for_each(|handle| ipcsentry_alert_free(handle));
        errors.into_iter().for_each(|handle| ipcsentry_error_free(handle));
        wants.into_iter().for_each(|handle| ipcsentry_wants_free(handle));
        snapshots.into_iter().for_each(|handle| ipcsentry_snapshot_free(handle));
        dropped.into_iter().for_each(|handle| ipcsentry_dropped_free(handle));
        baselines.into_iter().for_each(|handle| ipcsentry_baseline_free(handle));
        documents.into_iter().for_each(|handle| ipcsentry_document_free(handle));
    }
    calls
}

const POLICIES: [&[u8]; 5] = [
    b"",
    b"{}",
    br#"{"min_confidence": 0}"#,
    b"{\"min_confidence\": ",
    br#"{"elements": [{"element": "PipeNamePattern", "name": "a*"}], "redact_command_lines": true}"#,
];

/// Rules, some of them wrong.
const RULES: [&[u8]; 4] = [
    b"{\"lists\": 3}",
    b"{}",
    b"{\"behaviors\": [",
    br#"{"behaviors": [{"code": "X01", "id": "tests.x", "title": "x", "os": "linux"}]}"#,
];

/// Names that a catalog has, or has not.
const NAMES: [&[u8]; 4] = [b"W02", b"lx.fifo.input_shell", b"", b"\xff"];

fn make(dice: &mut Dice, hands: &mut Hands) {
    let (mut catalog, mut engine, mut error) = (null_mut(), null_mut(), null_mut());
    let from = Hands::one(dice, &hands.catalogs);
    // SAFETY: good handles or NULL, good outputs.
    unsafe {
        let rules = text(RULES[dice.next() as usize % RULES.len()]);
        let (catalog, error) = (&raw mut catalog, &raw mut error);
        let status = match dice.below(6) {
            0 | 1 => ipcsentry_catalog_builtin(catalog),
            2 => ipcsentry_catalog_retain(from, catalog),
            3 => ipcsentry_catalog_without(from, text(NAMES[dice.next() as usize % NAMES.len()]), catalog, error),
            4 => ipcsentry_catalog_from_json(rules, catalog, error),
            _ => ipcsentry_catalog_extend(from, rules, catalog, error),
        };
        if hands.saw(status) {
            hands.catalogs.push(*catalog);
        }
        let mut limits: ipcsentry_limits = std::mem::zeroed();
        limits.type_size = size_of_val(&limits) as u64;
        if dice.below(3) == 0 {
            limits.bytes = [4 << 20, 1, 64 << 20, u64::MAX][dice.below(4) as usize];
            limits.lateness = dice.odd() as i64;
            limits.max_alerts = dice.below(9);
            limits.max_record_bytes = dice.below(2000);
            limits.dedup_window = dice.odd() as i64;
            limits.seed = dice.odd();
        }
        if dice.below(30) == 0 {
            limits.type_size = dice.odd().min(size_of_val(&limits) as u64);
        }
        let policy = POLICIES[dice.next() as usize % POLICIES.len()];
        let catalog = Hands::one(dice, &hands.catalogs);
        let mut wrong = null_mut();
        let made = ipcsentry_engine_new(catalog, text(policy), &raw const limits, &raw mut engine, &raw mut wrong);
        if hands.saw(made) {
            hands.engines.push(engine);
        }
        hands.errors.extend([*error, wrong].into_iter().filter(|handle| !handle.is_null()));
    }
}

/// Text of random bytes and encoding; its length is never more than there is.
fn odd_text(dice: &mut Dice) -> ipcsentry_event_text {
    static BYTES: &[u8] =
        b"\\Device\\Pipe\0\xff\xd8\xdc\x00\x2f\x00tmp/\xc3\xa9..//\n\t{}\"%s%n*?[a]~$(id)`x`|;&<>AAAAAA";
    let from = dice.below(60) as usize;
    let len = dice.below((BYTES.len() - from) as u64 + 1) as usize;
    let data = if dice.below(9) == 0 { std::ptr::null() } else { BYTES[from..].as_ptr().cast() };
    ipcsentry_event_text { data, len, encoding: dice.below(8).saturating_sub(5) }
}

fn spoil_process(dice: &mut Dice, process: &mut ipcsentry_process) {
    match dice.below(14) {
        0 => process.image = odd_text(dice),
        1 => process.command_line = odd_text(dice),
        2 => process.unique_id.kind = dice.odd() as u32,
        3 => process.unique_id.opaque = odd_text(dice),
        4 => process.pid.value = dice.odd() as u32,
        5 => process.pid.is_set = dice.odd() as u32,
        6 => process.start.value = dice.odd() as i64,
        7 => process.session.value = dice.odd(),
        8 => process.integrity.0 = dice.odd() as u32,
        9 => process.signing.0 = dice.odd() as u32,
        10 => process.type_size = dice.odd().min(process.type_size),
        11 => process.reserved[dice.below(6) as usize] = dice.odd(),
        12 => process.user = odd_text(dice),
        _ => process.terminal = odd_text(dice),
    }
}

fn events(dice: &mut Dice, hands: &mut Hands) {
    let mut keep = Keep::new(dice.below(2) == 0);
    let mut processes: Vec<Box<ipcsentry_process>> = Vec::new();
    let mut batch: Vec<ipcsentry_event> = Vec::new();
    for _ in 0..dice.below(6) {
        let kind = KindTag::ALL[dice.next() as usize % KindTag::ALL.len()];
        let mut event = keep.event(&internal::sample_event(kind, dice.next() as u32));
        if dice.below(3) > 0 {
            // SAFETY: `keep` made it.
            let mut actor = Box::new(unsafe { *event.actor });
            for _ in 0..dice.below(3) {
                spoil_process(dice, &mut actor);
            }
            event.actor = &raw const *actor;
            processes.push(actor);
        }
        match dice.below(14) {
            0 => event.kind = ipcsentry_kind(dice.odd() as u32),
            1 => event.os = ipcsentry_os(dice.below(5) as u32),
            2 => event.channel = ipcsentry_channel(dice.odd() as u32),
            3 => event.time = dice.odd() as i64,
            4 => event.envelope_time.value = dice.odd() as i64,
            5 => event.host = odd_text(dice),
            6 => event.native_id.kind = dice.below(5) as u32,
            7 => event.native_id.millis = dice.odd() as u32,
            8 => event.parent = event.actor,
            9 => event.details.process_start = std::ptr::null(),
            10 => event.time_is_envelope.0 = dice.odd() as u32,
            11 => event.reserved[dice.below(6) as usize] = dice.odd(),
            12 => event.part = dice.odd() as u32,
            _ => event.source_name = odd_text(dice),
        }
        // Details of another kind are read as such, so a random kind comes without.
        let is_own = event.kind.0 == kind as u32 + 1;
        if !is_own {
            event.details.process_start = std::ptr::null();
        }
        batch.push(event);
    }
    if let Some(last) = batch.last_mut().filter(|_| dice.below(20) == 0) {
        last.type_size = dice.odd().min(last.type_size);
    }
    let engine = Hands::one(dice, &hands.engines);
    let mut report = ipcsentry_batch_report::default();
    // SAFETY: what the structures point to is kept; handles are good or NULL.
    unsafe {
        if dice.below(2) == 0 {
            let count = batch.len();
            hands.saw(ipcsentry_engine_feed_batch(engine, batch.as_ptr(), count, &raw mut report));
            assert!(report.taken <= count as u64 && report.errors <= report.taken);
        } else {
            for event in &batch {
                hands.saw(ipcsentry_engine_feed(engine, event));
            }
        }
    }
}

/// Some scenario, so that there are alerts.
fn attack(dice: &mut Dice, hands: &mut Hands) {
    let all = scenario::all();
    let scenario = &all[dice.next() as usize % all.len()];
    let mut keep = Keep::new(dice.below(2) == 0);
    let engine = Hands::one(dice, &hands.engines);
    let events: Vec<ipcsentry_event> = scenario.events().iter().map(|event| keep.event(event)).collect();
    let mut report = ipcsentry_batch_report::default();
    // SAFETY: as above.
    unsafe { hands.saw(ipcsentry_engine_feed_batch(engine, events.as_ptr(), events.len(), &raw mut report)) };
}

/// Input of several formats and of none.
const CHUNKS: [&[u8]; 5] = [
    b"type=SYSCALL msg=audit(1795308302.1:7): arch=c000003e syscall=59 success=yes exit=0 pid=7 ppid=1\n",
    b"{\"Event\":{\"System\":{\"EventID\":17}}}\n{{{{",
    b"\xff\xfe{\0\"\0",
    b"",
    b"<Event><System/></Event>\n\n\n",
];

fn streams(dice: &mut Dice, hands: &mut Hands) {
    let engine = Hands::one(dice, &hands.engines);
    let mut stream = ipcsentry_stream(dice.below(6) as u32);
    let bytes = CHUNKS[dice.next() as usize % CHUNKS.len()];
    let chunk = ipcsentry_bytes { data: bytes.as_ptr().cast(), len: bytes.len() };
    let mut report = ipcsentry_feed_report::default();
    // SAFETY: good handles or NULL, good outputs.
    unsafe {
        let mut options: ipcsentry_stream_options = std::mem::zeroed();
        options.type_size = size_of_val(&options) as u64;
        options.format = ipcsentry_format(dice.below(40) as u32);
        options.record_base = dice.odd();
        let status = match dice.below(7) {
            0 | 1 => ipcsentry_engine_open_stream(engine, &raw const options, &raw mut stream),
            2 | 3 => ipcsentry_stream_feed(engine, stream, chunk, &raw mut report),
            4 => ipcsentry_stream_record(engine, stream, dice.odd(), chunk, null_mut()),
            5 => ipcsentry_stream_settle_quiet(engine, stream, &raw mut report),
            _ => ipcsentry_stream_close(engine, stream, &raw mut report),
        };
        hands.saw(status);
        hands.saw(ipcsentry_stream_settle(engine, stream, null_mut()));
    }
}

fn time(dice: &mut Dice, hands: &mut Hands) {
    let engine = Hands::one(dice, &hands.engines);
    let mut when = 0;
    // SAFETY: good handles or NULL, good outputs.
    unsafe {
        let status = match dice.below(5) {
            0 => ipcsentry_engine_advance(engine, text(b"x"), dice.odd() as i64),
            1 => ipcsentry_engine_elapse(engine, dice.odd() as i64),
            2 => ipcsentry_engine_flush(engine),
            3 => ipcsentry_engine_sort_alerts(engine),
            _ => ipcsentry_engine_next_deadline(engine, &raw mut when),
        };
        hands.saw(status);
    }
}

fn alerts(dice: &mut Dice, hands: &mut Hands) {
    let engine = Hands::one(dice, &hands.engines);
    let (mut alert, mut error) = (null_mut(), null_mut());
    // SAFETY: good handles or NULL, good outputs.
    unsafe {
        if hands.saw(ipcsentry_engine_poll_alert(engine, &raw mut alert)) {
            hands.alerts.push(alert);
        }
        if hands.saw(ipcsentry_engine_poll_error(engine, &raw mut error)) {
            hands.errors.push(error);
        }
        let alert = Hands::one(dice, &hands.alerts);
        let number = dice.below(12) as usize;
        let mut out = text(b"");
        let before = out.data;
        let mut fields: ipcsentry_alert_fields = std::mem::zeroed();
        fields.type_size = if dice.below(9) == 0 { 8 } else { size_of_val(&fields) as u64 };
        let mut info: ipcsentry_process_info = std::mem::zeroed();
        info.type_size = size_of_val(&info) as u64;
        let mut evidence: ipcsentry_evidence = std::mem::zeroed();
        evidence.type_size = size_of_val(&evidence) as u64;
        hands.saw(ipcsentry_alert_get(alert, &raw mut fields));
        hands.saw(ipcsentry_alert_process(alert, ipcsentry_part(dice.below(8) as u32), number, &raw mut info));
        hands.saw(ipcsentry_alert_evidence(alert, number, &raw mut evidence));
        for get in [ipcsentry_alert_technique, ipcsentry_alert_missing, ipcsentry_alert_edge, ipcsentry_alert_was] {
            if !hands.saw(get(alert, number, &raw mut out)) {
                assert!(out.data == before, "a refused call wrote");
            }
            out = text(b"");
        }
        let mut user = text(b"");
        hands.saw(ipcsentry_alert_evidence_also(alert, number, number, &raw mut out));
        hands.saw(ipcsentry_alert_candidate(alert, number, &raw mut out, &raw mut user));
        let mut lacks = text(b"");
        let (mut adds, mut confidence, mut severity) = (0, 0, ipcsentry_severity(0));
        hands.saw(ipcsentry_alert_answer(alert, number, &raw mut out, &raw mut user, &raw mut lacks));
        hands.saw(ipcsentry_alert_confidence_part(alert, number, &raw mut out, &raw mut adds));
        hands.saw(ipcsentry_alert_edge_confidence(alert, number, &raw mut confidence));
        hands.saw(ipcsentry_alert_severity(alert, &raw mut severity));
        hands.saw(ipcsentry_alert_code(alert, &raw mut out));
        hands.saw(ipcsentry_alert_id(alert, &raw mut out));
        hands.saw(ipcsentry_alert_json(alert, &raw mut out));
        let mut suppressed = null_mut();
        if hands.saw(ipcsentry_engine_poll_suppressed(engine, &raw mut suppressed)) {
            hands.alerts.push(suppressed);
        }
    }
}

/// What an analyst asks, of hosts, processes and alerts that may not exist.
fn questions(dice: &mut Dice, hands: &mut Hands) {
    let (engine, alert) = (Hands::one(dice, &hands.engines), Hands::one(dice, &hands.alerts));
    let (mut out, mut id) = (text(b""), text(b"0"));
    let hosts: [&[u8]; 4] = [b"", b"x", b"ws1.corp.example", b"\xff\xfe"];
    let (host, pid) = (text(hosts[dice.below(4) as usize]), dice.odd() as u32);
    // SAFETY: good handles or NULL, good outputs; the id is the alert's, which stays.
    unsafe {
        hands.saw(ipcsentry_alert_id(alert, &raw mut id));
        hands.saw(ipcsentry_engine_timeline_json(engine, id, dice.odd() as i64, dice.odd() as i64, &raw mut out));
        hands.saw(ipcsentry_engine_explain_json(engine, host, pid, &raw mut out));
        hands.saw(ipcsentry_engine_near_misses_json(engine, dice.odd() as usize, &raw mut out));
        hands.saw(ipcsentry_engine_exposure_json(engine, &raw mut out));
        hands.saw(ipcsentry_engine_policy_use_json(engine, &raw mut out));
    }
}

/// What tries no attack and so takes no seconds: policies without entries or that are none, no alerts, and handles that are
/// missing.
fn tuning(dice: &mut Dice, hands: &mut Hands) {
    let catalog = Hands::one(dice, &hands.catalogs);
    let policy = text(POLICIES[dice.below(4) as usize]);
    let count = dice.below(2) as usize;
    let (mut suggested, mut losses, mut lowered, mut errors) = (null_mut(), null_mut(), null_mut(), [null_mut(); 5]);
    let (mut shown, mut remedy, mut fleet) = (null_mut(), null_mut(), null_mut());
    let (mut listed, mut rendered, mut met, mut tried) = (null_mut(), null_mut(), null_mut(), null_mut());
    let engine = Hands::one(dice, &hands.engines);
    let profiles: [&[u8]; 3] = [b"", b"\xff", b"{}"];
    let profile = text(profiles[dice.below(3) as usize]);
    let ids: [&[u8]; 3] = [b"linux.fifo.reverse_shell", b"\xff", b""];
    let id = text(ids[dice.below(3) as usize]);
    let alerts: Vec<*const ipcsentry_alert> = hands.alerts.iter().map(|alert| alert.cast_const()).collect();
    // SAFETY: good handles or NULL, good outputs.
    unsafe {
        hands.saw(ipcsentry_tuning_suggest(catalog, std::ptr::null(), count, &raw mut suggested));
        hands.saw(ipcsentry_tuning_losses(catalog, policy, &raw mut losses, &raw mut errors[0]));
        hands.saw(ipcsentry_tuning_lowered(catalog, std::ptr::null(), policy, &raw mut lowered, &raw mut errors[1]));
        hands.saw(ipcsentry_profile_json(catalog, policy, profile, &raw mut shown, &raw mut errors[2]));
        hands.saw(ipcsentry_engine_remedy_json(engine, &raw mut remedy));
        hands.saw(ipcsentry_engine_fleet_json(engine, &raw mut fleet));
        // It renders every scenario, which takes a second.
        if dice.below(200) == 0 {
            hands.saw(ipcsentry_scenarios_json(&raw mut listed));
        }
        hands.saw(ipcsentry_scenario_render(id, text(b"auditd"), &raw mut rendered, &raw mut errors[3]));
        hands.saw(ipcsentry_scenario_met_by(id, alerts.as_ptr(), alerts.len(), &raw mut met));
        // A policy that is none: else it would take a minute.
        hands.saw(ipcsentry_scenarios_try(catalog, text(b"{"), &raw mut tried, &raw mut errors[4]));
    }
    let documents = [suggested, losses, lowered, shown, remedy, fleet, listed, rendered, met, tried];
    hands.documents.extend(documents.iter().filter(|handle| !handle.is_null()));
    hands.errors.extend(errors.iter().filter(|handle| !handle.is_null()));
}

/// Some of the alerts in another tool's form, with coverage that may be none.
fn documents(dice: &mut Dice, hands: &mut Hands) {
    let mut listed: Vec<*const ipcsentry_alert> = hands.alerts.iter().map(|alert| alert.cast_const()).collect();
    listed.truncate(dice.below(5) as usize);
    if dice.below(20) == 0 {
        listed.push(std::ptr::null());
    }
    let engine = Hands::one(dice, &hands.engines);
    let output = ipcsentry_output(dice.below(7) as i32);
    let (mut coverage, mut document) = (text(b""), null_mut());
    // SAFETY: good handles or NULL, good outputs; the engine, which owns the coverage, stays.
    unsafe {
        match dice.below(3) {
            0 => _ = hands.saw(ipcsentry_engine_coverage_json(engine, &raw mut coverage)),
            1 => coverage = text(b"[{\"host\": 3, \"behaviors\": [[]]}, null]"),
            _ => {}
        }
        let (alerts, count) = (listed.as_ptr(), listed.len());
        if hands.saw(ipcsentry_alerts_document(alerts, count, output, coverage, &raw mut document)) {
            hands.documents.push(document);
        }
        let mut changes = null_mut();
        if hands.saw(ipcsentry_alerts_changes(
            alerts,
            count,
            alerts,
            dice.below(1 + count as u64) as usize,
            &raw mut changes,
        )) {
            hands.documents.push(changes);
        }
        let mut out = text(b"");
        hands.saw(ipcsentry_document_text(Hands::one(dice, &hands.documents), &raw mut out));
    }
}

fn lists(dice: &mut Dice, hands: &mut Hands) {
    let (catalog, engine) = (Hands::one(dice, &hands.catalogs), Hands::one(dice, &hands.engines));
    let number = dice.below(130) as usize;
    let (mut warning, mut error, mut wants, mut out) = (null_mut(), null_mut(), null_mut(), text(b""));
    // SAFETY: good handles or NULL, good outputs.
    unsafe {
        let mut rule: ipcsentry_rule = std::mem::zeroed();
        rule.type_size = size_of_val(&rule) as u64;
        hands.saw(ipcsentry_catalog_rule(catalog, number, &raw mut rule));
        hands.saw(ipcsentry_catalog_rule_technique(catalog, number, number % 3, &raw mut out));
        hands.saw(ipcsentry_catalog_rule_source(catalog, number, number % 3, &raw mut out));
        hands.saw(ipcsentry_catalog_rule_was(catalog, number, number % 3, &raw mut out));
        if hands.saw(ipcsentry_catalog_warning(catalog, number, &raw mut warning)) {
            hands.errors.push(warning);
        }
        let policy: ipcsentry_text = text(POLICIES[number % POLICIES.len()]);
        let mut odd = null_mut();
        if hands.saw(ipcsentry_policy_check(policy, number % 2, &raw mut odd, &raw mut error)) {
            hands.errors.push(odd);
        }
        hands.errors.extend(Some(error).filter(|handle| !handle.is_null()));
        if hands.saw(ipcsentry_catalog_wants(catalog, ipcsentry_os(dice.below(5) as u32), &raw mut wants)) {
            hands.wants.push(wants);
        }
        let mut want: ipcsentry_want = std::mem::zeroed();
        want.type_size = size_of_val(&want) as u64;
        let mut loss: ipcsentry_loss = std::mem::zeroed();
        loss.type_size = size_of_val(&loss) as u64;
        let wants = Hands::one(dice, &hands.wants);
        hands.saw(ipcsentry_wants_get(wants, number, &raw mut want));
        hands.saw(ipcsentry_wants_loss(wants, number, number % 9, &raw mut loss));
        let mut stats: ipcsentry_stats = std::mem::zeroed();
        stats.type_size = size_of_val(&stats) as u64;
        hands.saw(ipcsentry_engine_stats(engine, &raw mut stats));
        hands.saw(ipcsentry_engine_stats_json(engine, &raw mut out));
        hands.saw(ipcsentry_engine_coverage_json(engine, &raw mut out));
        let of = Hands::one(dice, &hands.errors);
        assert!(of.is_null() || known(ipcsentry_error_status(of)));
        hands.saw(ipcsentry_error_text(of, &raw mut out));
        hands.saw(ipcsentry_error_place(of, &raw mut out));
        let (mut record, mut offset, mut format) = (0, 0, ipcsentry_format(0));
        hands.saw(ipcsentry_error_position(of, &raw mut record, &raw mut offset));
        let head = CHUNKS[number % CHUNKS.len()];
        let head = ipcsentry_bytes { data: head.as_ptr().cast(), len: head.len() };
        hands.saw(ipcsentry_format_detect(head, &raw mut format));
        let constant = [ipcsentry_status_text(ipcsentry_status(dice.odd() as i32)), ipcsentry_version()];
        assert!(constant.iter().all(|text| text.len > 0) && ipcsentry_abi_version() == IPCSENTRY_ABI_VERSION);
    }
}

/// Snapshots, some of them spoiled, of engines that become others under other policies.
fn state(dice: &mut Dice, hands: &mut Hands) {
    let (engine, catalog) = (Hands::one(dice, &hands.engines), Hands::one(dice, &hands.catalogs));
    let (mut snapshot, mut made, mut dropped, mut error) = (null_mut(), null_mut(), null_mut(), null_mut());
    let policy = text(POLICIES[dice.next() as usize % POLICIES.len()]);
    // SAFETY: good handles or NULL, good outputs.
    unsafe {
        if hands.saw(ipcsentry_engine_snapshot(engine, &raw mut snapshot)) {
            hands.snapshots.push(snapshot);
        }
        let mut view = ipcsentry_bytes { data: std::ptr::null(), len: 0 };
        hands.saw(ipcsentry_snapshot_bytes(Hands::one(dice, &hands.snapshots), &raw mut view));
        let mut bytes = if view.len == 0 {
            Vec::new()
        } else {
            std::slice::from_raw_parts(view.data.cast::<u8>(), view.len).to_vec()
        };
        if dice.below(3) == 0 && !bytes.is_empty() {
            let at = dice.next() as usize % bytes.len();
            bytes[at] ^= 1 << dice.below(8);
            // Half of the spoiled ones have checksums that fit.
            if dice.below(2) == 0 {
                internal::seal_snapshot(&mut bytes);
            }
        }
        if dice.below(9) == 0 {
            bytes.truncate(dice.next() as usize % (bytes.len() + 1));
        }
        let given = ipcsentry_bytes { data: bytes.as_ptr().cast(), len: bytes.len() };
        let limits = std::ptr::null();
        let status = if dice.below(2) == 0 {
            ipcsentry_engine_replace(engine, catalog, policy, &raw mut dropped, &raw mut error)
        } else {
            let (made, dropped) = (&raw mut made, &raw mut dropped);
            ipcsentry_engine_restore(catalog, policy, limits, given, made, dropped, &raw mut error)
        };
        if hands.saw(status) {
            hands.engines.extend(Some(made).filter(|handle| !handle.is_null()));
            hands.dropped.push(dropped);
        } else {
            assert!(made.is_null() && dropped.is_null(), "a refused call wrote");
        }
        hands.errors.extend(Some(error).filter(|handle| !handle.is_null()));
        let (mut out, mut count, mut stream) = (text(b""), 0, ipcsentry_stream(0));
        let dropped = Hands::one(dice, &hands.dropped);
        let number = dice.below(6) as usize;
        hands.saw(ipcsentry_dropped_behavior(dropped, number, &raw mut out, &raw mut count));
        hands.saw(ipcsentry_dropped_part(dropped, number, &raw mut out));
        hands.saw(ipcsentry_engine_stream(engine, number, &raw mut stream));
    }
}

/// Baselines, some of them spoiled, that engines learn and judge by.
fn baselines(dice: &mut Dice, hands: &mut Hands) {
    let engine = Hands::one(dice, &hands.engines);
    let (mut learned, mut read, mut merged, mut error) = (null_mut(), null_mut(), null_mut(), null_mut());
    // SAFETY: good handles or NULL, good outputs.
    unsafe {
        if dice.below(3) == 0 && hands.saw(ipcsentry_engine_take_learned(engine, &raw mut learned)) {
            hands.baselines.push(learned);
        }
        hands.saw(ipcsentry_engine_start_learning(engine));
        let one = Hands::one(dice, &hands.baselines);
        let mut json = text(b"");
        if hands.saw(ipcsentry_baseline_json(one, &raw mut json)) {
            let mut bytes = std::slice::from_raw_parts(json.data.cast::<u8>(), json.len).to_vec();
            if dice.below(2) == 0 {
                let at = dice.next() as usize % bytes.len();
                bytes[at] ^= 1 << dice.below(7);
            }
            if hands.saw(ipcsentry_baseline_read(text(&bytes), &raw mut read, &raw mut error)) {
                hands.baselines.push(read);
            } else {
                assert!(read.is_null() && !error.is_null(), "a refused call wrote no error");
            }
        }
        hands.errors.extend(Some(error).filter(|handle| !handle.is_null()));
        let other = Hands::one(dice, &hands.baselines);
        if hands.saw(ipcsentry_baseline_merge(one, other, &raw mut merged)) {
            hands.baselines.push(merged);
        }
        let mut frozen = null_mut();
        if dice.below(4) == 0 && hands.saw(ipcsentry_baseline_freeze(one, &raw mut frozen)) {
            hands.baselines.push(frozen);
        }
        let policy = text(
            [&b""[..], b"{}", b"{\"baseline\": {\"hosts\": 2, \"days\": 2}}", b"{\"baseline\": 1}"]
                [dice.below(4) as usize],
        );
        let (mut document, mut error) = (null_mut(), null_mut());
        let written = match dice.below(3) {
            0 => ipcsentry_baseline_review(one, policy, &raw mut document, &raw mut error),
            1 => ipcsentry_baseline_diff(one, other, policy, &raw mut document, &raw mut error),
            _ => ipcsentry_baseline_to_policy(one, policy, &raw mut document, &raw mut error),
        };
        if hands.saw(written) {
            hands.documents.push(document);
        }
        hands.errors.extend(Some(error).filter(|handle| !handle.is_null()));
        hands.saw(ipcsentry_engine_set_baseline(engine, Hands::one(dice, &hands.baselines)));
    }
}

fn free(dice: &mut Dice, hands: &mut Hands) {
    // SAFETY: each handle is in its list once, and taken out of it here.
    unsafe {
        match dice.below(9) {
            0 => ipcsentry_catalog_free(hands.catalogs.pop().unwrap_or(null_mut())),
            1 => ipcsentry_engine_free(hands.engines.pop().unwrap_or(null_mut())),
            2 => ipcsentry_alert_free(hands.alerts.pop().unwrap_or(null_mut())),
            3 => ipcsentry_error_free(hands.errors.pop().unwrap_or(null_mut())),
            4 => ipcsentry_snapshot_free(hands.snapshots.pop().unwrap_or(null_mut())),
            5 => ipcsentry_dropped_free(hands.dropped.pop().unwrap_or(null_mut())),
            6 => ipcsentry_baseline_free(hands.baselines.pop().unwrap_or(null_mut())),
            7 => ipcsentry_document_free(hands.documents.pop().unwrap_or(null_mut())),
            _ => ipcsentry_wants_free(hands.wants.pop().unwrap_or(null_mut())),
        }
    }
}
