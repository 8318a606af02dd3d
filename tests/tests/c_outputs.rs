//! What the C interface writes for other tools is what the library writes.

use std::ptr::{null, null_mut};

use ipcsentry::scenario;
use ipcsentry_ffi::output::{
    IPCSENTRY_OUTPUT_CSV, IPCSENTRY_OUTPUT_ECS, IPCSENTRY_OUTPUT_HTML, IPCSENTRY_OUTPUT_OCSF, IPCSENTRY_OUTPUT_STIX,
    ipcsentry_alerts_document, ipcsentry_document, ipcsentry_document_free, ipcsentry_document_text, ipcsentry_output,
};
use ipcsentry_ffi::stats::ipcsentry_engine_coverage_json;
use ipcsentry_ffi::status::{IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_ERR_NULL, IPCSENTRY_OK, ipcsentry_status};
use ipcsentry_outputs::{Output, Report};
use ipcsentry_tests::c_api::{CAlert, CEngine, taken, text};
use serde_json::Value;

const OUTPUTS: [(ipcsentry_output, Output); 5] = [
    (IPCSENTRY_OUTPUT_ECS, Output::Ecs),
    (IPCSENTRY_OUTPUT_OCSF, Output::Ocsf),
    (IPCSENTRY_OUTPUT_STIX, Output::Stix),
    (IPCSENTRY_OUTPUT_CSV, Output::Csv),
    (IPCSENTRY_OUTPUT_HTML, Output::Html),
];

/// The alerts of three attacks, one of each platform, and the coverage of their hosts.
fn attacks() -> (Vec<CAlert>, String) {
    let engine = CEngine::new(|limits| limits.max_alerts = 1 << 12);
    for code in ["W02", "L05", "M05"] {
        let attack = scenario::all().iter().find(|scenario| scenario.behavior() == code && scenario.is_positive());
        for mut event in attack.expect("a scenario").events() {
            event.host = code.as_bytes();
            engine.feed_model(&event, false);
        }
    }
    engine.flush(true);
    (engine.alerts(), engine.json(ipcsentry_engine_coverage_json).to_string())
}

fn document(alerts: &[CAlert], output: ipcsentry_output, coverage: &str) -> Result<String, ipcsentry_status> {
    let handles: Vec<_> = alerts.iter().map(CAlert::handle).collect();
    let mut document: *mut ipcsentry_document = null_mut();
    let mut view = text(b"");
    let place = if handles.is_empty() { null() } else { handles.as_ptr() };
    // SAFETY: good handles, texts and outputs; the document is freed after its text was copied.
    unsafe {
        let coverage = text(coverage.as_bytes());
        match ipcsentry_alerts_document(place, handles.len(), output, coverage, &raw mut document) {
            IPCSENTRY_OK => {}
            status => return Err(status),
        }
        assert_eq!(ipcsentry_document_text(document, &raw mut view), IPCSENTRY_OK);
        let copy = taken(view).expect("text");
        ipcsentry_document_free(document);
        Ok(copy)
    }
}

#[test]
fn every_output_is_that_of_the_library() {
    let (alerts, coverage) = attacks();
    assert!(alerts.len() >= 3);
    let values: Vec<Value> = alerts.iter().map(|alert| serde_json::from_str(&alert.json()).expect("JSON")).collect();
    let hosts: Vec<Value> = serde_json::from_str(&coverage).expect("JSON");
    assert_eq!(hosts.len(), 3);
    for (number, output) in OUTPUTS {
        let mut report = Report::of(&values);
        assert_eq!(document(&alerts, number, ""), Ok(output.text(&report)), "{output:?}");
        report.coverage = &hosts;
        assert_eq!(document(&alerts, number, &coverage), Ok(output.text(&report)), "{output:?}");
        assert_eq!(document(&[], number, ""), Ok(output.text(&Report::of(&[]))), "{output:?}");
    }
}

#[test]
fn what_is_no_output_or_no_coverage_is_refused() {
    let (alerts, _) = attacks();
    for number in [-1, 0, 6, i32::MAX] {
        assert_eq!(document(&alerts, ipcsentry_output(number), ""), Err(IPCSENTRY_ERR_ARGUMENT));
    }
    for wrong in ["{}", "[", "\u{0}"] {
        assert_eq!(document(&alerts, IPCSENTRY_OUTPUT_HTML, wrong), Err(IPCSENTRY_ERR_ARGUMENT), "{wrong}");
    }
    let mut document: *mut ipcsentry_document = null_mut();
    // SAFETY: NULL is refused before it is read; a count that no array can have, too.
    unsafe {
        let none = text(b"");
        let missing = [alerts[0].handle(), null()];
        let write = ipcsentry_alerts_document;
        assert_eq!(write(null(), 1, IPCSENTRY_OUTPUT_CSV, none, &raw mut document), IPCSENTRY_ERR_NULL);
        assert_eq!(write(missing.as_ptr(), 2, IPCSENTRY_OUTPUT_CSV, none, &raw mut document), IPCSENTRY_ERR_NULL);
        assert_eq!(
            write(missing.as_ptr(), usize::MAX, IPCSENTRY_OUTPUT_CSV, none, &raw mut document),
            IPCSENTRY_ERR_ARGUMENT
        );
    }
    assert!(document.is_null(), "an output is written only on success");
}
