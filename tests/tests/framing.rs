//! The same records in another form give the same alerts: framing, encoding, spacing, wrappers, and chunks cut anywhere.

use std::collections::BTreeMap;

/// Makes a file of records in one form.
type Make = fn(&[&str]) -> Vec<u8>;

use ipcsentry::decode::Format;
use ipcsentry::scenario::{self, Rendered, Scenario};
use ipcsentry::{Catalog, Engine, Judged, Limits, Policy, StreamOptions};
use ipcsentry_tests::forms::{OF_JSON, OF_TEXT, WRAPPERS, WRAPPERS_OF_JSON};
use serde_json::Value;

/// What the files of a scenario lead to: alerts without the places of their evidence, and errors.
fn hunt(host: &str, files: &[Vec<u8>], chunk: usize) -> (Vec<Value>, u64) {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let mut errors = 0;
    for (file, text) in files.iter().enumerate() {
        let mut options = StreamOptions::recognize();
        options.host = host.into();
        options.file = file as u32;
        let stream = engine.open_stream(options);
        for part in text.chunks(chunk) {
            engine.feed_bytes(stream, part);
        }
        let report = engine.close_stream(stream).closed.expect("closing tells");
        errors += report.error_count();
        assert!(matches!(report.judged(), Judged::Yes | Judged::NothingOfInterest), "{report:?}");
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
    (alerts.collect(), errors)
}

fn lines(text: &[u8]) -> Vec<&str> {
    std::str::from_utf8(text).expect("rendered text is UTF-8").lines().filter(|line| !line.is_empty()).collect()
}

fn is_json(format: Format) -> bool {
    !matches!(format, Format::Auditd | Format::UnifiedLogText | Format::WindowsXml)
}

fn tellings() -> impl Iterator<Item = (&'static Scenario, Vec<Rendered>)> {
    scenario::all().iter().filter(|scenario| scenario.is_positive()).flat_map(|scenario| {
        let full = scenario.telemetry().map(move |telemetry| scenario.render(telemetry).expect("it can be"));
        // What tells a scenario only in part has its forms, too.
        let partly = [Format::KunaiJson, Format::WindowsXml].map(|format| vec![scenario.render_partly(format)]);
        let partly = partly.into_iter().filter(|files| !files[0].steps.is_empty());
        full.chain(partly).map(move |files| (scenario, files))
    })
}

#[test]
fn every_form_gives_the_alerts_of_the_plain_one() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let (mut failures, mut alerts) = (Vec::new(), 0);
    for (number, (scenario, files)) in tellings().enumerate() {
        let plain: Vec<Vec<u8>> = files.iter().map(|file| file.bytes.clone()).collect();
        let (expected, none) = hunt(scenario.host(), &plain, usize::MAX);
        assert_eq!(none, 0, "{}", scenario.id());
        alerts += expected.len();
        // Each scenario takes its turn with some of the forms.
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
            let (found, errors) = hunt(scenario.host(), &changed, 611);
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

#[test]
fn chunks_may_be_cut_at_every_byte() {
    let mut done = BTreeMap::new();
    for (scenario, files) in tellings() {
        let file = &files[0];
        if files.len() > 1 || done.contains_key(file.format.name()) {
            continue;
        }
        let rendered = lines(&file.bytes);
        let (first, rest) = rendered.split_at(2.min(rendered.len()));
        let forms: Vec<&(&str, Make)> =
            OF_TEXT.iter().step_by(3).chain(OF_JSON.iter().take(5).filter(|_| is_json(file.format))).collect();
        for (name, form) in forms {
            let text = form(first);
            let whole = outcome(&text, text.len());
            for cut in 0..=text.len() {
                assert_eq!(outcome(&text, cut), whole, "{} {name}, cut at {cut}", scenario.id());
            }
        }
        done.insert(file.format.name(), rest.len());
    }
    assert!(done.len() >= 10, "{done:?}");
}

/// What two records come to, with the places of errors.
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
    let report = engine.close_stream(stream).closed.expect("closing tells");
    format!("{report:?}")
}

#[test]
fn every_wrapper_gives_the_alerts_of_what_is_inside() {
    let inner = [Format::EvtxJson, Format::WindowsFlatJson, Format::Auditd, Format::LaurelJson, Format::WindowsXml];
    let mut failures = Vec::new();
    for format in inner {
        let with_alerts = tellings()
            .filter(|(_, files)| files.len() == 1 && files[0].format == format)
            .filter(|(scenario, files)| !hunt(scenario.host(), &[files[0].bytes.clone()], usize::MAX).0.is_empty());
        let mut scenarios = 0;
        for (scenario, files) in with_alerts.take(3) {
            scenarios += 1;
            let plain = &files[0].bytes;
            let (expected, _) = hunt(ipcsentry_tests::forms::HOST, std::slice::from_ref(plain), usize::MAX);
            let wrappers = WRAPPERS.iter().chain(WRAPPERS_OF_JSON.iter().filter(|_| is_json(format)));
            for (name, wrap) in wrappers {
                // No wrapper puts its cookie before what is not JSON.
                if name.contains("cookie") && !is_json(format) {
                    continue;
                }
                let text: String = lines(plain).iter().map(|line| wrap(line) + "\n").collect();
                let (found, errors) = hunt(ipcsentry_tests::forms::HOST, &[text.into_bytes()], 4096);
                if found != expected || errors > 0 {
                    failures.push(format!(
                        "{} as {format:?} in {name}: {} alerts, not {}; {errors} errors",
                        scenario.id(),
                        found.len(),
                        expected.len()
                    ));
                }
            }
        }
        assert!(scenarios > 0, "no scenario for {format:?}");
    }
    assert!(failures.is_empty(), "{} of them:\n{}", failures.len(), failures[..failures.len().min(40)].join("\n"));
}
