//! What a change of rules or of a policy changes: the alerts of two hunts through the same telemetry, compared.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::view::word;

/// What of an alert makes it another one. Revisions count what was seen on the way, and an incident depends on other
/// alerts.
const SAYS: [&str; 5] = ["severity", "confidence", "initiator", "explanation", "target"];

/// How the alerts of two hunts differ in one alert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change<'a> {
    /// Only the newer hunt raised it.
    New(&'a Value),
    /// Only the older hunt raised it.
    Gone(&'a Value),
    /// Both raised it, with another severity, confidence, initiator, target or explanation.
    Changed {
        /// As the older hunt raised it.
        old: &'a Value,
        /// As the newer one did.
        new: &'a Value,
    },
}

impl<'a> Change<'a> {
    /// `new`, `gone` or `changed`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::New(_) => "new",
            Self::Gone(_) => "gone",
            Self::Changed { .. } => "changed",
        }
    }

    /// The alert as it is, or was.
    #[must_use]
    pub const fn alert(&self) -> &'a Value {
        match *self {
            Self::New(alert) | Self::Gone(alert) | Self::Changed { new: alert, .. } => alert,
        }
    }

    /// An object with `change`, and `alert`, or `old` and `new`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::New(alert) | Self::Gone(alert) => json!({ "change": self.name(), "alert": alert }),
            Self::Changed { old, new } => json!({ "change": self.name(), "old": old, "new": new }),
        }
    }
}

/// The differences of two hunts in order of time. Of several revisions of one alert the last in each list counts. Two
/// alerts are one if they have one id, which behavior, host and records give.
///
/// ```
/// use ipcsentry::{Catalog, Engine, Limits, Policy, scenario};
/// use ipcsentry_outputs::changes;
/// use serde_json::Value;
///
/// let attack = scenario::all().iter().find(|s| s.behavior() == "L05" && s.is_positive()).expect("there is one");
/// let hunt = |catalog: Catalog| -> Vec<Value> {
///     let mut engine = Engine::new(catalog, Policy::default(), Limits::default());
///     attack.events().iter().for_each(|event| drop(engine.feed(event)));
///     engine.flush();
///     let alerts = std::iter::from_fn(|| engine.poll_alert());
///     alerts.map(|alert| serde_json::to_value(alert).expect("an alert is JSON")).collect()
/// };
/// let (old, new) = (hunt(Catalog::builtin()), hunt(Catalog::builtin().without(&["L05"]).expect("it is known")));
/// assert!(changes(&old, &new).iter().any(|change| change.name() == "gone" && change.alert()["code"] == "L05"));
/// assert!(changes(&old, &old).is_empty());
/// ```
#[must_use]
pub fn changes<'a>(old: &'a [Value], new: &'a [Value]) -> Vec<Change<'a>> {
    let by_id = |alerts: &'a [Value]| alerts.iter().map(|alert| (word(alert, "id"), alert)).collect::<BTreeMap<_, _>>();
    let (old, new) = (by_id(old), by_id(new));
    let gone = old.iter().filter(|(id, _)| !new.contains_key(*id)).map(|(_, alert)| Change::Gone(alert));
    let others = new.iter().filter_map(|(id, alert)| match old.get(id) {
        None => Some(Change::New(alert)),
        Some(before) if SAYS.iter().all(|member| before[*member] == alert[*member]) => None,
        Some(before) => Some(Change::Changed { old: before, new: alert }),
    });
    let mut all: Vec<Change<'a>> = gone.chain(others).collect();
    all.sort_by_key(|change| ["time", "code", "id"].map(|member| word(change.alert(), member)));
    all
}
