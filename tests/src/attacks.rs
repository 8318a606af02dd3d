//! Every attack there is: scenarios as typed events and labeled recordings, with what they raise.

use ipcsentry::scenario::Scenario;
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy};

/// What the typed events of a scenario raise under a policy: the last revision of each alert.
///
/// # Panics
/// When an alert had to be dropped.
#[must_use]
pub fn raised(scenario: &Scenario, policy: Policy) -> Vec<Alert> {
    let mut engine = fed(scenario, policy);
    let alerts = crate::recordings::finish(&mut engine);
    assert_eq!(engine.stats().alerts_dropped, 0);
    alerts
}

/// What the typed events of a scenario would raise, but for the entries of a policy.
#[must_use]
pub fn suppressed(scenario: &Scenario, policy: Policy) -> Vec<Alert> {
    let mut engine = fed(scenario, policy);
    engine.flush();
    std::iter::from_fn(|| engine.poll_suppressed()).collect()
}

fn fed(scenario: &Scenario, policy: Policy) -> Engine {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalog::builtin(), policy, limits);
    for event in scenario.events() {
        engine.feed(&event);
    }
    engine
}
