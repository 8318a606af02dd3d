//! The same records give the same alerts in every form: framing, encoding, spacing, wrappers, and chunks cut anywhere.

use std::collections::BTreeMap;

use ipcsentry::decode::Format;
use ipcsentry::scenario::{self, Rendered, Scenario};
use ipcsentry::{Catalog, Engine, Judged, Limits, Policy, StreamOptions};
use ipcsentry_tests::forms::{Form, HOST, OF_JSON, OF_LINES, OF_TEXT, WRAPPERS, WRAPPERS_OF, WRAPPERS_OF_JSON};
use ipcsentry_tests::samples::{self, Sample};
use serde_json::Value;

/// The result of a hunt: alerts without the places of their evidence, and the numbers of events and errors.
fn hunt(host: &str, files: &[Vec<u8>], chunk: usize) -> (Vec<Value>, u64, u64) {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let (mut events, mut errors) = (0, 0);
    for (file, text) in files.iter().enumerate() {
        let mut options = StreamOptions::recognize();
        options.host = host.into();
        options.file = file as u32;
        let stream = engine.open_stream(options);
        for part in text.chunks(chunk) {
            engine.feed_bytes(stream, part);
        }
        let report = engine.close_stream(stream).closed.expect("closing reports");
        events += report.events;
        errors += report.error_count();
        let begin = String::from_utf8_lossy(&text[..text.len().min(400)]);
        assert!(matches!(report.judged(), Judged::Yes | Judged::NothingOfInterest), "{report:?} of {begin}");
    }
    engine.flush();
    engine.sort_alerts();
    let alerts = std::iter::from_fn(|| engine.poll_alert()).map(|alert| {
        let mut alert: Value = serde_json::from_str(&alert.to_json()).expect("it is JSON");
        for evidence in alert["evidence"].as_array_mut().expect("a list") {
            let evidence = evidence.as_object_mut().expect("an object");
            evidence.remove("record");
            evidence.remove("part");
        }
        alert
    });
    (alerts.collect(), events, errors)
}

fn lines(text: &[u8]) -> Vec<&str> {
    std::str::from_utf8(text).expect("rendered text is UTF-8").lines().filter(|line| !line.is_empty()).collect()
}

fn is_json(format: Format) -> bool {
    !matches!(format, Format::Auditd | Format::UnifiedLogText | Format::WindowsXml)
}

fn renderings() -> impl Iterator<Item = (&'static Scenario, Vec<Rendered>)> {
    scenario::all().iter().filter(|scenario| scenario.is_positive()).flat_map(|scenario| {
        let full = scenario.telemetry().map(move |telemetry| scenario.render(telemetry).expect("it can be rendered"));
        // Formats that render a scenario only in part.
        let partly = [Format::KunaiJson, Format::WindowsXml].map(|format| vec![scenario.render_partly(format)]);
        let partly = partly.into_iter().filter(|files| !files[0].steps.is_empty());
        full.chain(partly).map(move |files| (scenario, files))
    })
}

#[test]
fn every_form_gives_the_alerts_of_the_plain_one() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let (mut failures, mut alerts) = (Vec::new(), 0);
    for (number, (scenario, files)) in renderings().enumerate() {
        let plain: Vec<Vec<u8>> = files.iter().map(|file| file.bytes.clone()).collect();
        let (expected, _, none) = hunt(scenario.host(), &plain, usize::MAX);
        assert_eq!(none, 0, "{}", scenario.id());
        alerts += expected.len();
        // Each rendering is tested with a third of the forms.
        let forms = OF_TEXT.iter().map(|form| (form, false)).chain(OF_JSON.iter().map(|form| (form, true)));
        for (turn, ((name, form), needs_json)) in forms.enumerate() {
            if (number + turn) % 3 != 0 || needs_json && !files.iter().any(|file| is_json(file.format)) {
                continue;
            }
            let changed = files.iter().map(|file| {
                *seen.entry(format!("{:?}: {name}", file.format)).or_default() += 1;
                if needs_json && !is_json(file.format) { file.bytes.clone() } else { form(&lines(&file.bytes)) }
            });
            let changed: Vec<Vec<u8>> = changed.collect();
            let (found, _, errors) = hunt(scenario.host(), &changed, 611);
            if found != expected
                || errors != u64::from(name.contains("cut") || name.contains("foreign")) * errors.max(1)
            {
                failures.push(format!(
                    "{} as {:?}, {name}: {} alerts, not {}; {errors} errors",
                    scenario.id(),
                    files[0].format,
                    found.len(),
                    expected.len()
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{} of them:\n{}", failures.len(), failures[..failures.len().min(30)].join("\n"));
    let forms = format!("{alerts} alerts, {} forms, {} of the rarest", seen.len(), seen.values().min().unwrap_or(&0));
    assert!(alerts > 200 && seen.len() > 200, "{forms}");
}

/// Tests every format in every form that exists for it: three samples that raise alerts, and three that do not.
#[test]
fn every_format_has_every_form() {
    let samples = samples::by_format();
    let (mut failures, mut quiet) = (Vec::new(), Vec::new());
    let (mut done, mut alerts) = (BTreeMap::<(&str, &str), usize>::new(), 0);
    for (format, _) in Format::ALL {
        let of_format = samples.get(format).map_or(&[][..], Vec::as_slice);
        let plain = |sample: &Sample| hunt(&sample.host, &[sample.lines().join("\n").into_bytes()], usize::MAX);
        let (loud, silent): (Vec<_>, Vec<_>) = of_format.iter().map(|s| (s, plain(s))).partition(|s| !s.1.0.is_empty());
        if loud.is_empty() {
            quiet.push(*format);
        }
        for (sample, expected) in loud.iter().take(3).chain(silent.iter().rev().take(3)) {
            alerts += expected.0.len();
            // A row of CSV is no record without its header.
            let of_lines = OF_LINES.iter().filter(|_| sample.is_lines && *format != "csv");
            for (name, form) in OF_TEXT.iter().chain(of_lines).chain(OF_JSON.iter().filter(|_| sample.is_json())) {
                if *name == "blank lines" && !sample.is_lines {
                    continue;
                }
                let found = hunt(&sample.host, &[form(&sample.lines())], 611);
                let broken = name.contains("cut") || name.contains("foreign");
                if found.0 != expected.0 || found.1 != expected.1 || (found.2 > expected.2) != broken {
                    let (alerts, due) = (found.0.len(), expected.0.len());
                    failures.push(format!(
                        "{format}: {}, {name}: {alerts} alerts of {due}, {} events of {}, {} errors of {}",
                        sample.name, found.1, expected.1, found.2, expected.2
                    ));
                }
                *done.entry((format, name)).or_default() += 1;
            }
        }
        let forms = OF_TEXT.len() + if format.ends_with("json") { OF_JSON.len() } else { 0 };
        let had = done.keys().filter(|(of, _)| of == format).count();
        let unbroken = usize::from(!of_format.iter().any(|sample| sample.is_lines));
        assert!(had + unbroken >= forms, "{format} in {had} forms of {forms}");
    }
    assert!(failures.is_empty(), "{} of them:\n{}", failures.len(), failures[..failures.len().min(60)].join("\n"));
    assert!(alerts > 60, "{alerts} alerts");
    assert_eq!(quiet, NO_ALERT, "formats of which no sample raises an alert");
}

/// Formats in which no sample raises an alert. For them, only the numbers of events are compared.
const NO_ALERT: [&str; 3] = ["jamf_json", "santa_json", "santa_log"];

#[test]
fn chunks_may_be_cut_at_every_byte() {
    let samples = samples::by_format();
    for (format, _) in Format::ALL {
        let of_format = samples.get(format).map_or(&[][..], Vec::as_slice);
        let shortest = of_format.iter().filter(|s| s.lines.len() > 1).min_by_key(|s| two_records(s).join("").len());
        let sample = shortest.unwrap_or_else(|| panic!("no sample of {format}"));
        let lines: Vec<&str> = two_records(sample);
        let plain: Form = |lines| lines.join("\n").into_bytes();
        let forms = OF_TEXT.iter().step_by(3).chain(OF_JSON.iter().take(5).filter(|_| sample.is_json()));
        for (name, form) in [("plain", plain)].iter().chain(forms) {
            let text = form(&lines);
            let whole = outcome(&text, text.len());
            for cut in 0..=text.len() {
                assert_eq!(outcome(&text, cut), whole, "{format}: {}, {name}, cut at {cut}", sample.name);
            }
        }
    }
}

#[test]
fn carriage_returns_and_unfinished_arrays_are_read_alike_wherever_a_chunk_ends() {
    let record = r#"{"Event":{"System":{"EventID":17}}}"#;
    let texts = [
        format!("[{record},\r{{\"a\":\"\r\"}},\r{record}]\r"),
        format!("[\"type=SYSCALL msg=audit(1700000000.120:7): syscall=5\r9\", {record}, \"{{\\\"a\"]"),
        format!("[\r{record},\r{{\"a\":\r1}}\r]\r{{\"a\":\"\r{record}\r"),
        format!("[\r\n{record},\r\n{{\"a\":\"\r\n{record}\r\n]\r\n{record}\r\n"),
        format!("[{record},\n{{\"a\":\"\r\"}},\n{record}]\n{record}\n"),
        format!("{record}\n[1771335400.5,{{\"log\":\"type=SYSCALL"),
        format!("[1771335400.5,{record},\"{{\\\"a\"\r"),
    ];
    for text in texts {
        let whole = outcome(text.as_bytes(), text.len());
        for cut in 0..=text.len() {
            assert_eq!(outcome(text.as_bytes(), cut), whole, "{text:?}, cut at {cut}");
        }
    }
}

/// The first two records of a sample, or all of it if a record may take several lines.
fn two_records(sample: &Sample) -> Vec<&str> {
    sample.lines().into_iter().take(if sample.is_lines { 2 } else { usize::MAX }).collect()
}

/// The stream's report on a text that is fed in two chunks, with the places of errors.
fn outcome(text: &[u8], cut: usize) -> String {
    thread_local! {
        static CATALOG: Catalog = Catalog::builtin();
    }
    let mut limits = Limits::default();
    limits.bytes = Limits::MIN_BYTES;
    let mut engine = Engine::new(CATALOG.with(Clone::clone), Policy::default(), limits);
    let stream = engine.open_stream(StreamOptions::recognize());
    engine.feed_bytes(stream, &text[..cut]);
    engine.feed_bytes(stream, &text[cut..]);
    let report = engine.close_stream(stream).closed.expect("closing reports");
    format!("{report:?}")
}

#[test]
fn every_wrapper_gives_the_alerts_of_what_is_inside() {
    let inner = [
        Format::EvtxJson,
        Format::WindowsFlatJson,
        Format::WindowsXml,
        Format::Auditd,
        Format::LaurelJson,
        Format::EsloggerJson,
        Format::UnifiedLogText,
        Format::TetragonJson,
        Format::EcsJson,
    ];
    let mut failures = Vec::new();
    let samples = samples::by_format();
    for format in inner {
        let of_format = samples[format.name()].iter().filter(|sample| sample.is_lines);
        let with_alerts: Vec<_> = of_format
            .map(|sample| (sample, hunt(HOST, &[sample.lines().join("\n").into_bytes()], usize::MAX).0))
            .filter(|(_, alerts)| !alerts.is_empty())
            .collect();
        let mut seen = 0;
        // The last ones of a format that two platforms have are of Linux.
        let last = with_alerts.iter().skip(3).rev().take(if format == Format::EcsJson { 3 } else { 0 });
        for (sample, expected) in with_alerts.iter().take(3).chain(last) {
            seen += 1;
            let special = WRAPPERS_OF.iter().filter(|(_, of, _)| *of == format).map(|(name, _, wrap)| (name, wrap));
            let wrappers = WRAPPERS.iter().chain(WRAPPERS_OF_JSON.iter().filter(|_| is_json(format)));
            let wrappers = wrappers.map(|(name, wrap)| (name, wrap)).chain(special);
            for (name, wrap) in wrappers {
                // The cookie announces JSON.
                if name.contains("cookie") && !is_json(format) {
                    continue;
                }
                let text: String = sample.lines().iter().map(|line| wrap(line) + "\n").collect();
                let (found, _, errors) = hunt(HOST, &[text.into_bytes()], 4096);
                if found != *expected || errors > 0 {
                    failures.push(format!(
                        "{} as {format:?} in {name}: {} alerts, not {}; {errors} errors",
                        sample.name,
                        found.len(),
                        expected.len()
                    ));
                }
            }
        }
        assert!(seen > 0, "no sample of {format:?}");
    }
    assert!(failures.is_empty(), "{} of them:\n{}", failures.len(), failures[..failures.len().min(40)].join("\n"));
}

/// An embedder numbers records as it likes: the number after the last one is 0.
#[test]
fn records_are_numbered_up_to_the_last_number() {
    let texts: [&[u8]; 7] = [
        b"{\"a\":1}\n{\"b\":\n2}\n{\"c\":3}\n",
        b"{\"Event\":{\"System\":{\"EventID\":17}}}\n{{{{",
        b"{{{{\n{\"a\":1}\n{\"b\":2}\n",
        b"{\"a\":\n{\"b\":2}\n{\"c\":3}\n",
        b"[{\"a\":1},\n{\"b\":2}]\n\n\n",
        b"1\n2\n3\n\"\n\n",
        b"<Event>\n<System/>\n</Event>\n\n",
    ];
    for text in texts {
        let judged = |base: u64, chunk: usize| {
            let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
            let mut options = StreamOptions::recognize();
            options.record_base = base;
            let stream = engine.open_stream(options);
            for part in text.chunks(chunk) {
                engine.feed_bytes(stream, part);
            }
            let report = engine.close_stream(stream).closed.expect("closing reports");
            (report.records, report.error_count())
        };
        for base in u64::MAX - 5..=u64::MAX {
            for chunk in [1, 7, 1000] {
                let text = String::from_utf8_lossy(text);
                assert_eq!(judged(base, chunk), judged(0, chunk), "{text:?} from {base} on, in chunks of {chunk}");
            }
        }
    }
}
