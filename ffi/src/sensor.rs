//! What a sensor would show before anything is collected, and the settings that mend what hosts lack.

use ipcsentry::report::{FleetCoverage, Remedy};
use ipcsentry::rules::Severity;
use ipcsentry::scenario::Profile;
use ipcsentry::{Engine, Limits};
use ipcsentry_outputs::navigator;
use serde_json::{Value, json};

use crate::catalog::ipcsentry_catalog;
use crate::engine::{self, ipcsentry_engine};
use crate::error::ipcsentry_error;
use crate::guard::guard;
use crate::output::ipcsentry_document;
use crate::ptr::{self, Out};
use crate::status::{IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// What a sensor would show, before anything is collected. `profile` is the name of a built-in profile or the JSON of
/// one's own (`core/docs/profiles.md`). The document is an object with the `profile`'s name, the `coverage` of a host that
/// sends everything that the sensor sends (`core/docs/coverage.schema.json`), the `remedy` as of
/// `ipcsentry_engine_remedy_json`, and `behaviors`: for each its `code`, the number of its `attacks` among the scenarios, how
/// many are `found`, and the most severe `severity`, null where the sensor is blind. It takes seconds. On
/// `IPCSENTRY_ERR_POLICY`, and on `IPCSENTRY_ERR_ARGUMENT` for a profile, the error is written to `error`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_profile_json(
    catalog: *const ipcsentry_catalog,
    policy: ipcsentry_text,
    profile: ipcsentry_text,
    document: *mut *mut ipcsentry_document,
    error: *mut *mut ipcsentry_error,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (catalog, policy, profile) = unsafe { (ptr::borrow(catalog)?, policy.bytes()?, profile.bytes()?) };
        // SAFETY: by the header's contract.
        let (out, error) = unsafe { (Out::new(document)?, Out::optional(error)) };
        let made = engine::policy(policy, catalog.catalog()).and_then(|policy| Ok((policy, sensor(profile)?)));
        let (policy, profile) = made.map_err(|e| e.report(error))?;
        let mut host = Engine::new(catalog.get(), policy.clone(), Limits::default());
        profile.send_all(&mut host);
        let coverage = host.coverage();
        let raised = profile.raised(catalog.catalog(), &policy);
        let behaviors = raised.iter().map(|of| {
            let severity = of.severity.map(Severity::name);
            json!({"code": of.behavior, "attacks": of.attacks, "found": of.found, "severity": severity})
        });
        let hosts = coverage.iter().map(|host| serde_json::from_str(&host.to_json()).unwrap_or_default());
        let shown = json!({
            "profile": profile.name,
            "coverage": hosts.collect::<Vec<Value>>(),
            "remedy": Remedy::of(&coverage).to_json(),
            "behaviors": behaviors.collect::<Vec<_>>(),
        });
        out.set(ipcsentry_document::of(shown.to_string()));
        Ok(IPCSENTRY_OK)
    })
}

/// The profile of a name, or of its own text.
fn sensor(profile: &[u8]) -> Result<Profile, ipcsentry_error> {
    if let Some((_, found)) = Profile::builtin().find(|(known, _)| known.as_bytes() == profile) {
        return Ok(found);
    }
    let text = core::str::from_utf8(profile).map_err(|_| "the profile is not UTF-8".to_owned());
    text.and_then(Profile::read).map_err(ipcsentry_error::of_argument)
}

/// The settings with which the hosts of an engine would send what behaviors lack: an object with what is `missing`
/// (`platform`, `kind` of event, `mechanisms`, `behaviors`) and the `settings`, each with a `title` and its `lines`: a Sysmon
/// configuration, audit rules, audit policy, events of Endpoint Security, and what no setting mends.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_remedy_json(
    engine: *const ipcsentry_engine,
    document: *mut *mut ipcsentry_document,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, out) = unsafe { (ptr::borrow(engine)?, Out::new(document)?) };
        engine.with(|inner| {
            let remedy = Remedy::of(&inner.engine.coverage()).to_json();
            out.set(ipcsentry_document::of(remedy.to_string()));
            Ok(IPCSENTRY_OK)
        })
    })
}

/// What the hosts of an engine show together: an object with the `fleet` (its `hosts`, and for each of its `behaviors` and
/// `data_components` how many hosts show or send it) and a `navigator` layer, which the ATT&CK Navigator opens. There, a
/// technique's score is the percentage of its behaviors that hosts show, over all hosts of their platforms: a behavior of
/// which only a weaker form can alert counts half.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_fleet_json(
    engine: *const ipcsentry_engine,
    document: *mut *mut ipcsentry_document,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, out) = unsafe { (ptr::borrow(engine)?, Out::new(document)?) };
        engine.with(|inner| {
            let fleet = FleetCoverage::of(&inner.engine.coverage());
            let (json, layer) = (fleet.to_json(), navigator(&fleet));
            out.set(ipcsentry_document::of(format!("{{\"fleet\":{json},\"navigator\":{layer}}}")));
            Ok(IPCSENTRY_OK)
        })
    })
}
