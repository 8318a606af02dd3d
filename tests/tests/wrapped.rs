//! The host and time that wrappers add, and the numbering of records that share a line.

use ipcsentry::scenario::{self, Telemetry};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, StreamOptions, StreamReport};
use ipcsentry_tests::forms::{HOST, WRAPPERS};

fn hunt(text: &[u8], chunk: usize) -> (Vec<Alert>, StreamReport) {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let stream = engine.open_stream(StreamOptions::recognize());
    for part in text.chunks(chunk) {
        engine.feed_bytes(stream, part);
    }
    let report = *engine.close_stream(stream).closed.expect("closing reports");
    engine.flush();
    engine.sort_alerts();
    (std::iter::from_fn(|| engine.poll_alert()).collect(), report)
}

fn audit_of(code: &str) -> Vec<String> {
    let scenario = scenario::all().iter().find(|s| s.behavior() == code && s.is_positive()).expect("there is one");
    let files = scenario.render(Telemetry::Auditd).expect("audit records can show it");
    String::from_utf8(files[0].bytes.clone()).expect("it is text").lines().map(String::from).collect()
}

#[test]
fn a_wrapper_names_the_host_of_records_that_name_none() {
    let lines = audit_of("L05");
    for (name, wrap) in WRAPPERS.iter().filter(|(name, _)| *name != "CloudWatch" && !name.contains("cookie")) {
        let text: String = lines.iter().map(|line| wrap(line) + "\n").collect();
        let (alerts, _) = hunt(text.as_bytes(), 1000);
        assert!(!alerts.is_empty() && alerts.iter().all(|alert| alert.host == HOST), "{name}: {alerts:#?}");
    }
}

#[test]
fn records_of_two_hosts_in_one_stream_are_not_mixed() {
    // The same serial numbers and times, as may happen on two machines.
    let lines = audit_of("L05");
    let wrap = |host: &str, line: &str| serde_json::json!({ "host": host, "log": line }).to_string() + "\n";
    let text: String = lines.iter().flat_map(|line| [wrap("one", line), wrap("two", line)]).collect();
    let (alerts, report) = hunt(text.as_bytes(), usize::MAX);
    let hosts: Vec<&str> = alerts.iter().map(|alert| alert.host.as_str()).collect();
    assert!(hosts.contains(&"one") && hosts.contains(&"two"), "{hosts:?}");
    assert_eq!(report.error_count(), 0);
}

#[test]
fn a_record_without_a_time_takes_the_one_of_its_wrapper() {
    let record = serde_json::json!({
        "EventID": 5, "SourceName": "Microsoft-Windows-Sysmon", "Channel": "x", "Image": "C:\\a.exe", "ProcessId": 4
    });
    let (_, without) = hunt(record.to_string().as_bytes(), 100);
    assert_eq!((without.events, without.error_count()), (0, 1), "{without:?}");
    for time in [serde_json::json!("2026-02-17T13:05:20Z"), 1_771_333_520.into(), 1_771_333_520_000_u64.into()] {
        let wrapped = serde_json::json!({ "_raw": record.to_string(), "_time": time }).to_string();
        let (_, report) = hunt(wrapped.as_bytes(), 100);
        assert_eq!((report.events, report.error_count()), (1, 0), "{report:?}");
    }
}

#[test]
fn records_on_one_line_are_cited_each() {
    let scenario = scenario::all().iter().find(|s| s.behavior() == "W02" && s.is_positive()).expect("there is one");
    let files = scenario.render(Telemetry::Nxlog).expect("this telemetry can show it");
    let text = String::from_utf8(files[0].bytes.clone()).expect("it is text");
    // Exports may omit the records' ids: then only their places distinguish them.
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let mut record: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
            record.as_object_mut().expect("an object").remove("RecordNumber");
            record.to_string()
        })
        .collect();
    let cited = |text: String| {
        let (alerts, _) = hunt(text.as_bytes(), 97);
        let evidence = alerts.iter().flat_map(|alert| &alert.evidence);
        evidence.map(|e| (e.record, e.part, e.time.clone(), e.clause.clone())).collect::<Vec<_>>()
    };
    let apart = cited(lines.join("\n"));
    assert!(apart.len() >= 2 && apart.iter().all(|e| e.1 == 0), "{apart:?}");
    let numbers: Vec<(u64, u32)> = apart.iter().map(|e| (0, e.0 as u32)).collect();
    for text in [lines.concat(), format!("[{}]", lines.join(", ")), lines.join(" ")] {
        let joined = cited(text);
        assert_eq!(joined.iter().map(|e| (e.0, e.1)).collect::<Vec<_>>(), numbers);
        assert_eq!(
            joined.iter().map(|e| (&e.2, &e.3)).collect::<Vec<_>>(),
            apart.iter().map(|e| (&e.2, &e.3)).collect::<Vec<_>>()
        );
    }
}

#[test]
fn counted_messages_need_no_lines() {
    let lines = audit_of("L05");
    let message = |line: &String| {
        let text = format!("<14>1 2026-02-17T13:05:20.000Z {HOST} app 2880 - - {line}");
        format!("{} {text}", text.len())
    };
    let (apart, _) = hunt(lines.join("\n").as_bytes(), usize::MAX);
    for chunk in [1, 64, usize::MAX] {
        let (found, report) = hunt(lines.iter().map(message).collect::<String>().as_bytes(), chunk);
        assert_eq!(report.records, lines.len() as u64);
        assert_eq!(
            found.iter().map(|a| &a.code).collect::<Vec<_>>(),
            apart.iter().map(|a| &a.code).collect::<Vec<_>>()
        );
    }
}

#[test]
fn sources_may_take_turns() {
    let audit = audit_of("L05");
    let windows = scenario::all().iter().find(|s| s.behavior() == "W02" && s.is_positive()).expect("there is one");
    let events = windows.render(Telemetry::Evtx).expect("this telemetry can show it");
    let flat = windows.variant(3).render(Telemetry::Nxlog).expect("this telemetry can show it");
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(String::from).collect::<Vec<_>>();
    let (events, flat) = (lines(&events[0].bytes), lines(&flat[0].bytes));
    let wrap = |line: &String| serde_json::json!({ "message": line, "host": HOST }).to_string();
    let longest = audit.len().max(events.len()).max(flat.len());
    let mut text = String::new();
    for turn in 0..longest {
        for line in
            [audit.get(turn).cloned(), events.get(turn).cloned(), flat.get(turn).map(wrap)].into_iter().flatten()
        {
            text.push_str(&line);
            text.push('\n');
        }
    }
    let (alerts, report) = hunt(text.as_bytes(), 4096);
    assert_eq!(report.error_count(), 0, "{report:?}");
    assert_eq!(report.formats.len(), 3, "{report:?}");
    assert!(
        alerts.iter().any(|a| a.code == "L05") && alerts.iter().filter(|a| a.code == "W02").count() == 2,
        "{alerts:#?}"
    );
}
