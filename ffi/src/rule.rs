//! The behaviors of a catalog, and the check of a policy.

use ipcsentry::Policy;
use ipcsentry::event::Os;
use ipcsentry::rules::RuleInfo;

use crate::alert::ipcsentry_severity;
use crate::alert_fields::output;
use crate::catalog::ipcsentry_catalog;
use crate::error::ipcsentry_error;
use crate::event::value::{IPCSENTRY_NO, IPCSENTRY_YES, ipcsentry_flag};
use crate::event::words::ipcsentry_os;
use crate::guard::guard;
use crate::ptr::{self, Out, SizedOut};
use crate::status::{IPCSENTRY_NONE, IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// One behavior that a catalog detects.
///
/// Lifetime and threads: written during the call; its texts are valid as long as the handle of the catalog.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_rule {
    /// `sizeof(ipcsentry_rule)`; set it before the call.
    pub type_size: u64,
    /// Its code, `W07`.
    pub code: ipcsentry_text,
    /// Its id, `win.dde.execution`.
    pub id: ipcsentry_text,
    /// One line.
    pub title: ipcsentry_text,
    /// Number of ATT&CK techniques; see `ipcsentry_catalog_rule_technique`.
    pub techniques: u64,
    /// Number of places where it is described in public; see `ipcsentry_catalog_rule_source`.
    pub sources: u64,
    /// How severe it is when every leg is seen.
    pub severity: ipcsentry_severity,
    /// The platform it is looked for on.
    pub os: ipcsentry_os,
    /// Whether it raises alerts; otherwise it only feeds other behaviors.
    pub alerts: ipcsentry_flag,
    /// Written as zero.
    pub reserved_word: u32,
    /// Number of retired codes and ids of behaviors that are part of it now; see `ipcsentry_catalog_rule_was`.
    pub was: u64,
}

output!(ipcsentry_rule, was);

/// A behavior of a catalog by its number, from 0, in a fixed order. `IPCSENTRY_NONE` when there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_rule(
    catalog: *const ipcsentry_catalog,
    number: usize,
    rule: *mut ipcsentry_rule,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalog, out) = unsafe { (ptr::borrow(catalog)?, SizedOut::new(rule)?) };
        let Some(rule) = catalog.catalog().rules().get(number) else { return Ok(IPCSENTRY_NONE) };
        out.set(rule_of(rule));
        Ok(IPCSENTRY_OK)
    })
}

fn rule_of(rule: &RuleInfo) -> ipcsentry_rule {
    let os = rule.platforms.first().and_then(|os| Os::ALL.iter().position(|known| known == os));
    ipcsentry_rule {
        type_size: 0,
        code: ipcsentry_text::of(&rule.code),
        id: ipcsentry_text::of(&rule.id),
        title: ipcsentry_text::of(&rule.title),
        techniques: rule.techniques.len() as u64,
        sources: rule.sources.len() as u64,
        was: rule.was.len() as u64,
        severity: ipcsentry_severity::of(rule.severity),
        os: ipcsentry_os(os.map_or(0, |number| number as u32 + 1)),
        alerts: if rule.alerts { IPCSENTRY_YES } else { IPCSENTRY_NO },
        reserved_word: 0,
    }
}

/// An ATT&CK technique of the behavior `rule`, by its number from 0. `IPCSENTRY_NONE` when there are no more. Valid as
/// long as the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_rule_technique(
    catalog: *const ipcsentry_catalog,
    rule: usize,
    number: usize,
    technique: *mut ipcsentry_text,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { item(catalog, rule, technique, |rule| rule.techniques.get(number)) }
}

/// A place where the behavior `rule` is described in public, by its number from 0. `IPCSENTRY_NONE` when there are no
/// more. Valid as long as the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_rule_source(
    catalog: *const ipcsentry_catalog,
    rule: usize,
    number: usize,
    source: *mut ipcsentry_text,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { item(catalog, rule, source, |rule| rule.sources.get(number)) }
}

/// A retired code or id that the behavior `rule` stands for, by its number from 0. `IPCSENTRY_NONE` when there are no
/// more. Valid as long as the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_catalog_rule_was(
    catalog: *const ipcsentry_catalog,
    rule: usize,
    number: usize,
    name: *mut ipcsentry_text,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { item(catalog, rule, name, |rule| rule.was.get(number)) }
}

/// # Safety
/// `catalog` and `out` are as the header requires.
unsafe fn item(
    catalog: *const ipcsentry_catalog,
    rule: usize,
    out: *mut ipcsentry_text,
    get: impl FnOnce(&RuleInfo) -> Option<&String>,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by this function's contract.
        let (catalog, out) = unsafe { (ptr::borrow(catalog)?, Out::new(out)?) };
        let Some(text) = catalog.catalog().rules().get(rule).and_then(get) else { return Ok(IPCSENTRY_NONE) };
        out.set(ipcsentry_text::of(text));
        Ok(IPCSENTRY_OK)
    })
}

/// Checks a policy, and returns one of its warnings by its number, from 0: an entry that exempts more than it seems to.
/// `warning` has the place and the text, and is yours to free. `IPCSENTRY_NONE` if the policy is right and has no such
/// warning. On `IPCSENTRY_ERR_POLICY` the error is written to `error`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_policy_check(
    policy: ipcsentry_text,
    number: usize,
    warning: *mut *mut ipcsentry_error,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (policy, out, error) = unsafe { (policy.bytes()?, Out::new(warning)?, Out::optional(error)) };
        let policy = Policy::from_json(policy).map_err(|e| ipcsentry_error::from(e).report(error))?;
        let Some(found) = policy.warnings().into_iter().nth(number) else { return Ok(IPCSENTRY_NONE) };
        out.set(ptr::give(ipcsentry_error::of_warning(found)));
        Ok(IPCSENTRY_OK)
    })
}
