//! Alerts: the handle and what is asked most often. The rest is in [`alert_fields`](crate::alert_fields).

use std::sync::OnceLock;

use ipcsentry::Alert;
use ipcsentry::rules::Severity;

use crate::guard::guard;
use crate::ptr::{self, Handle, Out};
use crate::status::{IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// One alert.
///
/// Lifetime and threads: yours until `ipcsentry_alert_free`, whatever becomes of its engine; immutable, may be read by
/// several threads at once.
#[derive(Debug)]
pub struct ipcsentry_alert {
    pub(crate) alert: Alert,
    json: OnceLock<String>,
    suppress: OnceLock<String>,
}

impl Handle for ipcsentry_alert {}

impl ipcsentry_alert {
    pub(crate) const fn new(alert: Alert) -> Self {
        Self { alert, json: OnceLock::new(), suppress: OnceLock::new() }
    }

    /// The alert as one line of JSON.
    pub(crate) fn json(&self) -> &str {
        self.json.get_or_init(|| self.alert.to_json())
    }

    /// The policy that silences the alert, if there is one.
    pub(crate) fn suppress(&self) -> Option<&str> {
        let policy = &self.alert.suppress;
        (!policy.is_null()).then(|| self.suppress.get_or_init(|| policy.to_string()).as_str())
    }
}

/// The severity of an alert, one of the `IPCSENTRY_SEVERITY_` numbers; a greater number is more severe. Later versions
/// may add numbers in between.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_severity(pub i32);

/// A hint, to be kept for context.
pub const IPCSENTRY_SEVERITY_LOW: ipcsentry_severity = ipcsentry_severity(10);
/// Suspicious: an analyst should look at it.
pub const IPCSENTRY_SEVERITY_MEDIUM: ipcsentry_severity = ipcsentry_severity(20);
/// An attack is likely: act on it at once.
pub const IPCSENTRY_SEVERITY_HIGH: ipcsentry_severity = ipcsentry_severity(30);
/// Code was executed or injected through IPC, beyond reasonable doubt.
pub const IPCSENTRY_SEVERITY_CRITICAL: ipcsentry_severity = ipcsentry_severity(40);

impl ipcsentry_severity {
    pub(crate) fn of(severity: Severity) -> Self {
        SEVERITIES.iter().find(|(level, _)| severity >= *level).map_or(IPCSENTRY_SEVERITY_LOW, |(_, number)| *number)
    }
}

/// The most severe first.
const SEVERITIES: [(Severity, ipcsentry_severity); 3] = [
    (Severity::Critical, IPCSENTRY_SEVERITY_CRITICAL),
    (Severity::High, IPCSENTRY_SEVERITY_HIGH),
    (Severity::Medium, IPCSENTRY_SEVERITY_MEDIUM),
];

/// The alert as one line of JSON, without a line break. Valid as long as the alert.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_json(
    alert: *const ipcsentry_alert,
    json: *mut ipcsentry_text,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { text(alert, json, ipcsentry_alert::json) }
}

/// The alert's id, 16 hex digits: the same records give the same id on every machine. Valid as long as the alert.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_id(
    alert: *const ipcsentry_alert,
    id: *mut ipcsentry_text,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { text(alert, id, |alert| &alert.alert.id) }
}

/// The code of the behavior, such as `W07`. Valid as long as the alert.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_code(
    alert: *const ipcsentry_alert,
    code: *mut ipcsentry_text,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { text(alert, code, |alert| &alert.alert.code) }
}

/// The alert's severity.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_severity(
    alert: *const ipcsentry_alert,
    severity: *mut ipcsentry_severity,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (alert, severity) = unsafe { (ptr::borrow(alert)?, Out::new(severity)?) };
        severity.set(ipcsentry_severity::of(alert.alert.level));
        Ok(IPCSENTRY_OK)
    })
}

/// Frees an alert and the texts that its functions returned. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_free(alert: *mut ipcsentry_alert) {
    // SAFETY: by the header's contract.
    unsafe { ptr::free(alert) }
}

/// The body of the functions that return a text.
///
/// # Safety
/// `alert` and `out` are as the header requires.
unsafe fn text(
    alert: *const ipcsentry_alert,
    out: *mut ipcsentry_text,
    get: impl FnOnce(&ipcsentry_alert) -> &str,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by this function's contract.
        let (alert, out) = unsafe { (ptr::borrow(alert)?, Out::new(out)?) };
        out.set(ipcsentry_text::of(get(alert)));
        Ok(IPCSENTRY_OK)
    })
}
