//! The HTML report in a headless browser: `tests/data/outputs/report.mjs` looks at it.

use std::process::Command;

use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_outputs::{Input, Output, Report};
use ipcsentry_tests::document::file;
use ipcsentry_tests::recordings::finish;
use serde_json::Value;

/// What an attacker puts into a name.
const HOSTILE: &str = "</style></script><script>document.title=1</script><img src=http://127.0.0.1:9/x onerror=document.title=2>\"'&\u{202e}\u{1b}[31m";

/// A report on an attack whose every name is hostile, and on one that is as it was recorded.
fn report() -> String {
    let plain = std::fs::read_to_string(file("tests/data/getsystem.ndjson")).expect("it is there");
    let json = serde_json::to_string(HOSTILE).expect("text");
    let hostile = ["pine", "GROVE", "maple", "öak", "<b>"]
        .iter()
        .fold(plain.clone(), |text, name| text.replace(name, &format!("{name}{}", json.trim_matches('"'))));
    assert_ne!(plain, hostile);
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    for telemetry in [plain, hostile] {
        let stream = engine.open_stream(StreamOptions::recognize());
        engine.feed_bytes(stream, telemetry.as_bytes());
        engine.close_stream(stream);
    }
    let alerts: Vec<Value> = finish(&mut engine).iter().map(|a| serde_json::to_value(a).expect("JSON")).collect();
    let coverage: Vec<Value> = engine.coverage().iter().map(|host| serde_json::to_value(host).expect("JSON")).collect();
    let inputs = [Input::new(&format!("/logs/{HOSTILE}"), 1)];
    let judged = [format!("{HOSTILE}: evtx_json, 3 records")];
    let mut report = Report::of(&alerts);
    (report.coverage, report.inputs, report.judged) = (&coverage, &inputs, &judged);
    Output::Html.text(&report)
}

#[test]
fn a_browser_shows_chains_and_labels_runs_nothing_and_asks_for_nothing() {
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !has("node") || !has("chromium") {
        println!("skipped: no node, or no chromium");
        return;
    }
    let path = std::env::temp_dir().join(format!("ipcsentry-report-{}.html", std::process::id()));
    std::fs::write(&path, report()).expect("a writable folder");
    let script = file("tests/data/outputs/report.mjs");
    let output = Command::new("node").arg("--test").arg(script).env("REPORT", &path).output().expect("node runs");
    std::fs::remove_file(&path).expect("a file of ours");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && !said.contains("# pass 0"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
