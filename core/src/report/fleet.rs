//! The coverage of many hosts in one: which behaviors the fleet shows, and which telemetry it sends.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::coverage::{Coverage, SeenComponent, Visibility};
use crate::event::DataComponent;
use crate::util::json;

/// How many hosts of a fleet show each behavior and send each data component; see [`FleetCoverage::of`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FleetCoverage {
    /// How many hosts there are.
    pub hosts: u64,
    /// The behaviors of their platforms, in order of code.
    pub behaviors: Vec<FleetVisibility>,
    /// The data components that these behaviors read, in order of id.
    pub data_components: Vec<FleetComponent>,
}

/// How many hosts show a behavior.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FleetVisibility {
    /// The behavior's code, `W07`.
    pub code: String,
    /// Its id.
    pub behavior: String,
    /// Ids of ATT&CK techniques, as its rule names them.
    pub techniques: Vec<String>,
    /// Hosts that show all of it.
    pub full: u64,
    /// Hosts where only a weaker form of it can alert.
    pub degraded: u64,
    /// Hosts where it cannot be seen.
    pub blind: u64,
}

impl FleetVisibility {
    /// A behavior that no host is counted for yet.
    #[must_use]
    pub const fn new(code: String, behavior: String, techniques: Vec<String>) -> Self {
        Self { code, behavior, techniques, full: 0, degraded: 0, blind: 0 }
    }

    /// Counts a host by the word for its [`Visibility::visibility`].
    pub fn count(&mut self, visibility: &str) {
        match visibility {
            "full" => self.full += 1,
            "degraded" => self.degraded += 1,
            _ => self.blind += 1,
        }
    }
}

/// How many hosts send a data component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FleetComponent {
    /// The component.
    #[serde(flatten)]
    pub component: DataComponent,
    /// Hosts that send all of it that behaviors read.
    pub seen: u64,
    /// Hosts that send some of it.
    pub partly: u64,
    /// Hosts that send it through a filter.
    pub filtered: u64,
    /// Hosts that send none of it.
    pub never: u64,
}

impl FleetCoverage {
    /// Counts the hosts of a fleet, whichever engines know them.
    ///
    /// ```
    /// use ipcsentry::{Catalog, Engine, Limits, Policy, report::FleetCoverage};
    ///
    /// let engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    /// assert_eq!(FleetCoverage::of(&engine.coverage()).hosts, 0);
    /// ```
    #[must_use]
    pub fn of(hosts: &[Coverage]) -> Self {
        let mut behaviors: BTreeMap<&str, FleetVisibility> = BTreeMap::new();
        let mut components: BTreeMap<DataComponent, FleetComponent> = BTreeMap::new();
        for host in hosts {
            for shown in &host.behaviors {
                let Visibility { code, behavior, techniques, visibility, .. } = shown;
                let none = || FleetVisibility::new(code.clone(), behavior.clone(), techniques.clone());
                behaviors.entry(code).or_insert_with(none).count(visibility);
            }
            for &SeenComponent { component, status, .. } in &host.data_components {
                let none = FleetComponent { component, seen: 0, partly: 0, filtered: 0, never: 0 };
                let counted = components.entry(component).or_insert(none);
                match status {
                    "seen" => counted.seen += 1,
                    "partly" => counted.partly += 1,
                    "filtered" => counted.filtered += 1,
                    _ => counted.never += 1,
                }
            }
        }
        let (behaviors, data_components) = (behaviors.into_values().collect(), components.into_values().collect());
        Self { hosts: hosts.len() as u64, behaviors, data_components }
    }

    /// The fleet as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::line(self)
    }
}
