//! Alerts in the forms that other tools read.

use ipcsentry_outputs::{Output, Report, changes};
use serde_json::Value;

use crate::alert::ipcsentry_alert;
use crate::guard::guard;
use crate::ptr::{self, Handle, Out};
use crate::status::{IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// A form in which alerts are written, one of the `IPCSENTRY_OUTPUT_` numbers. Later versions may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_output(pub i32);

/// Lines of JSON, each an alert of the Elastic Common Schema 8.
pub const IPCSENTRY_OUTPUT_ECS: ipcsentry_output = ipcsentry_output(1);
/// Lines of JSON, each a Detection Finding of the Open Cybersecurity Schema Framework 1.3.
pub const IPCSENTRY_OUTPUT_OCSF: ipcsentry_output = ipcsentry_output(2);
/// One bundle of STIX 2.1 with sightings of ATT&CK techniques.
pub const IPCSENTRY_OUTPUT_STIX: ipcsentry_output = ipcsentry_output(3);
/// A table of comma-separated values, whose first row has the names of the columns.
pub const IPCSENTRY_OUTPUT_CSV: ipcsentry_output = ipcsentry_output(4);
/// A report on one page of HTML, without script.
pub const IPCSENTRY_OUTPUT_HTML: ipcsentry_output = ipcsentry_output(5);

/// The numbers with what they mean.
const OUTPUTS: [(ipcsentry_output, Output); 5] = [
    (IPCSENTRY_OUTPUT_ECS, Output::Ecs),
    (IPCSENTRY_OUTPUT_OCSF, Output::Ocsf),
    (IPCSENTRY_OUTPUT_STIX, Output::Stix),
    (IPCSENTRY_OUTPUT_CSV, Output::Csv),
    (IPCSENTRY_OUTPUT_HTML, Output::Html),
];

/// A text that was written for you: alerts as other tools read them, or what a baseline says.
///
/// Lifetime and threads: yours until `ipcsentry_document_free`, whatever becomes of what it was made of; immutable, may be read by
/// several threads at once.
#[derive(Debug)]
pub struct ipcsentry_document(String);

impl Handle for ipcsentry_document {}

impl ipcsentry_document {
    pub(crate) fn of(text: String) -> *mut Self {
        ptr::give(Self(text))
    }
}

/// Writes `count` alerts in a form that other tools read, in the order given; with `count` 0, `alerts` may be NULL. Pass each
/// alert in its last revision only.
///
/// `coverage` is what `ipcsentry_engine_coverage_json` returns, or empty; only HTML shows it. `IPCSENTRY_ERR_ARGUMENT` if it
/// is no list of JSON, or if there is no such output. The call takes time and memory in proportion to the alerts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alerts_document(
    alerts: *const *const ipcsentry_alert,
    count: usize,
    output: ipcsentry_output,
    coverage: ipcsentry_text,
    document: *mut *mut ipcsentry_document,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (alerts, coverage, out) = unsafe { (ptr::handles(alerts, count)?, coverage.bytes()?, Out::new(document)?) };
        let known = OUTPUTS.iter().find(|(number, _)| *number == output);
        let (_, output) = known.ok_or(IPCSENTRY_ERR_ARGUMENT)?;
        let coverage: Vec<Value> = match coverage {
            [] => Vec::new(),
            json => match serde_json::from_slice(json) {
                Ok(Value::Array(hosts)) => hosts,
                _ => return Err(IPCSENTRY_ERR_ARGUMENT),
            },
        };
        let values = parsed(&alerts);
        let mut report = Report::of(&values);
        report.coverage = &coverage;
        out.set(ipcsentry_document::of(output.text(&report)));
        Ok(IPCSENTRY_OK)
    })
}

/// What a change of rules or of a policy changes: compares the alerts of two engines that were given the same telemetry. A
/// JSON array in order of time with an object for each difference: `change` is `new` or `gone`, with the `alert`, or
/// `changed` in severity, confidence, initiator, target or explanation, with the `old` and the `new` alert. Of several
/// revisions of one alert the last in each list counts; a list with no alerts may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alerts_changes(
    old: *const *const ipcsentry_alert,
    old_count: usize,
    new: *const *const ipcsentry_alert,
    new_count: usize,
    document: *mut *mut ipcsentry_document,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (old, new) = unsafe { (ptr::handles(old, old_count)?, ptr::handles(new, new_count)?) };
        // SAFETY: by the header's contract.
        let out = unsafe { Out::new(document)? };
        let (old, new) = (parsed(&old), parsed(&new));
        let found: Vec<Value> = changes(&old, &new).iter().map(|change| change.to_json()).collect();
        out.set(ipcsentry_document::of(Value::from(found).to_string()));
        Ok(IPCSENTRY_OK)
    })
}

/// Alerts as parsed JSON. Parsing what an alert writes anyway needs less code than a second way of writing it.
pub(crate) fn parsed(alerts: &[&ipcsentry_alert]) -> Vec<Value> {
    alerts.iter().map(|alert| serde_json::from_str(alert.json()).unwrap_or_default()).collect()
}

/// The text of a document, UTF-8. Valid as long as the document.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_document_text(
    document: *const ipcsentry_document,
    text: *mut ipcsentry_text,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (document, out) = unsafe { (ptr::borrow(document)?, Out::new(text)?) };
        out.set(ipcsentry_text::of(&document.0));
        Ok(IPCSENTRY_OK)
    })
}

/// Frees a document. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_document_free(document: *mut ipcsentry_document) {
    // SAFETY: by the header's contract.
    unsafe { ptr::free(document) }
}
