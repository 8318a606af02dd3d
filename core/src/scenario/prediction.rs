//! What would be seen with a sensor, before anything is collected: the attacks of the catalog are stripped to what the
//! sensor sends; coverage says what can be seen of each behavior, the attacks what is.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::trial::ANY_LATENESS;
use super::{Profile, Scenario, all};
use crate::engine::Engine;
use crate::limits::Limits;
use crate::policy::Policy;
use crate::rules::{Catalog, Severity};

/// What is raised of the attacks of one behavior.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Raised {
    /// The code of the behavior.
    pub behavior: &'static str,
    /// Its attacks among the scenarios.
    pub attacks: usize,
    /// How many of them raise an alert of their behavior.
    pub found: usize,
    /// The most severe of these alerts; `None` where the sensor is blind.
    pub severity: Option<Severity>,
}

impl Profile {
    /// Gives an engine one host, named for the profile, that has sent everything that the sensor sends: its coverage is that
    /// of the sensor.
    ///
    /// ```
    /// use ipcsentry::scenario::Profile;
    /// use ipcsentry::{Catalog, Engine, Limits, Policy};
    ///
    /// let (_, profile) = Profile::builtin().find(|(name, _)| *name == "windows_security").expect("it ships");
    /// let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    /// profile.send_all(&mut engine);
    /// let coverage = &engine.coverage()[0];
    /// assert!(coverage.behaviors.iter().any(|b| b.code == "W04" && b.visibility != "full"));
    /// let raised = profile.raised(&Catalog::builtin(), &Policy::default());
    /// assert!(raised.iter().any(|behavior| behavior.severity.is_none()), "the log has no pipes");
    /// ```
    pub fn send_all(&self, engine: &mut Engine) {
        for scenario in self.scenarios() {
            for event in scenario.events() {
                if let Some(mut event) = self.strip(&event) {
                    event.host = self.name.as_bytes();
                    engine.feed(&event);
                }
            }
        }
        engine.flush();
    }

    /// What rules and a policy raise of the attacks of each behavior of its platform, as the sensor sends them, by code.
    #[must_use]
    pub fn raised(&self, catalog: &Catalog, policy: &Policy) -> Vec<Raised> {
        let mut raised: BTreeMap<&str, Raised> = BTreeMap::new();
        for attack in self.scenarios().filter(|scenario| scenario.is_positive()) {
            let behavior = attack.behavior();
            let of = raised.entry(behavior).or_insert(Raised { behavior, attacks: 0, found: 0, severity: None });
            of.attacks += 1;
            if let Some(loudest) = self.loudest(attack, catalog, policy) {
                of.found += 1;
                of.severity = of.severity.max(Some(loudest));
            }
        }
        raised.into_values().collect()
    }

    fn scenarios(&self) -> impl Iterator<Item = &'static Scenario> + use<> {
        let platform = self.os().ok();
        all().iter().filter(move |scenario| Some(scenario.os()) == platform)
    }

    /// The severity of the loudest alert of its behavior that an attack raises, as the sensor sends it.
    fn loudest(&self, attack: &Scenario, catalog: &Catalog, policy: &Policy) -> Option<Severity> {
        let mut limits = Limits::default();
        limits.lateness = ANY_LATENESS;
        let mut engine = Engine::new(catalog.clone(), policy.clone(), limits);
        for event in attack.events() {
            if let Some(event) = self.strip(&event) {
                engine.feed(&event);
            }
        }
        engine.flush();
        let alerts = core::iter::from_fn(|| engine.poll_alert());
        alerts.filter(|alert| alert.code == attack.behavior()).map(|alert| alert.level).max()
    }
}
