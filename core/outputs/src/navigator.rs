//! Layers for the ATT&CK Navigator: what the hosts of a fleet show, by technique.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use ipcsentry::report::{FleetCoverage, FleetVisibility};
use ipcsentry::rules::AttackVersion;
use serde_json::{Value, json};

/// The platforms that behaviors are looked for on, as ATT&CK names them.
const PLATFORMS: [&str; 3] = ["Windows", "Linux", "macOS"];

/// What a layer says beside its techniques.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Head<'a> {
    /// The name of its tab.
    pub name: &'a str,
    /// What it shows, and what a score means.
    pub description: &'a str,
    /// The version of ATT&CK whose ids its techniques have.
    pub version: AttackVersion,
    /// Colors from the least score, 0, to the greatest.
    pub colors: &'a [&'a str],
    /// The greatest score.
    pub most: usize,
}

impl<'a> Head<'a> {
    /// A head with the colors of a count.
    #[must_use]
    pub const fn new(name: &'a str, description: &'a str, version: AttackVersion, most: usize) -> Self {
        Self { name, description, version, colors: &["#ffffff", "#66b1ff"], most }
    }

    /// The layer with these techniques, in version 4.5 of the format. The members of every object are sorted.
    #[must_use]
    pub fn layer(&self, techniques: Vec<Value>) -> Value {
        let mut layer = json!({
            "name": self.name,
            "versions": {"attack": format!("{}", self.version.number()), "navigator": "5.2.0", "layer": "4.5"},
            "domain": "enterprise-attack",
            "description": self.description,
            "filters": {"platforms": PLATFORMS},
            "sorting": 3,
            "layout": {"layout": "side", "showName": true, "showID": true, "expandedSubtechniques": "annotated"},
            "gradient": {"colors": self.colors, "minValue": 0, "maxValue": self.most},
            "links": [{"label": "DET0493", "url": "https://attack.mitre.org/detectionstrategies/DET0493/"}],
            "techniques": techniques,
        });
        // Another crate may enable serde_json's feature `preserve_order`, which would change the order.
        layer.sort_all_objects();
        layer
    }
}

/// What the hosts of a fleet show, as a layer for the ATT&CK Navigator. A technique's score is the percentage of its
/// behaviors that hosts show, over all hosts of their platforms: a behavior of which only a weaker form can alert counts
/// half. Its comment says of each behavior on how many hosts it is full, degraded and blind.
///
/// ```
/// use ipcsentry::scenario::Profile;
/// use ipcsentry::{Catalog, Engine, Limits, Policy, report::FleetCoverage};
/// use ipcsentry_outputs::navigator;
///
/// let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
/// let (_, sensor) = Profile::builtin().find(|(name, _)| *name == "linux_auditd_execve").expect("it ships");
/// sensor.send_all(&mut engine);
/// let layer = navigator(&FleetCoverage::of(&engine.coverage()));
/// let techniques = layer["techniques"].as_array().expect("a list");
/// let hijacked = techniques.iter().find(|t| t["techniqueID"] == "T1563.001").expect("L09 shows it");
/// assert_eq!(hijacked["score"], 0, "connections to the sockets of agents are not recorded");
/// ```
#[must_use]
pub fn navigator(fleet: &FleetCoverage) -> Value {
    let mut by_technique: BTreeMap<&str, Vec<&FleetVisibility>> = BTreeMap::new();
    for behavior in &fleet.behaviors {
        for id in &behavior.techniques {
            by_technique.entry(id).or_default().push(behavior);
        }
    }
    let head = Head {
        colors: &["#ff6666", "#ffe766", "#8ec843"],
        ..Head::new(
            "ipcsentry: coverage",
            "What the telemetry of a fleet can show of each technique. Score: the percentage of its behaviors that hosts show; \
             one of which only a weaker form can alert counts half.",
            AttackVersion::default(),
            100,
        )
    };
    head.layer(by_technique.iter().map(|(id, behaviors)| technique(id, behaviors)).collect())
}

fn technique(id: &str, behaviors: &[&FleetVisibility]) -> Value {
    let (mut shown, mut hosts) = (0, 0);
    let mut lines = Vec::new();
    for FleetVisibility { code, behavior, full, degraded, blind, .. } in behaviors.iter().copied() {
        shown += 2 * full + degraded;
        hosts += full + degraded + blind;
        lines.push(format!("{code} {behavior}: {full} full, {degraded} degraded, {blind} blind"));
    }
    json!({
        "techniqueID": id,
        "score": (50 * shown).checked_div(hosts),
        "comment": lines.join("\n"),
        "enabled": true,
    })
}
