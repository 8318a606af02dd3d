//! What a catalog says of its behaviors to whoever embeds it.

use alloc::string::String;
use alloc::vec::Vec;

use super::{AttackVersion, Behavior, Severity, TechniqueIds};
use crate::event::Os;

/// One behavior that a catalog detects.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleInfo {
    /// Its code, `W07`.
    pub code: String,
    /// Its id, `win.dde.execution`.
    pub id: String,
    /// One line.
    pub title: String,
    /// Ids of ATT&CK techniques, in the newest [`AttackVersion`].
    pub techniques: Vec<String>,
    /// Retired codes and ids of behaviors that are part of it now.
    pub was: Vec<String>,
    /// How severe it is when every leg is seen.
    pub severity: Severity,
    /// Where it is described in public.
    pub sources: Vec<String>,
    /// The platforms it is looked for on.
    pub platforms: Vec<Os>,
    /// Whether it raises alerts; otherwise it only feeds other behaviors.
    pub alerts: bool,
}

impl RuleInfo {
    pub(super) fn of(behavior: &Behavior, ids: &TechniqueIds) -> Self {
        let newest = |id: &str| String::from(ids.in_version(id, AttackVersion::default()));
        Self {
            code: behavior.code.clone(),
            id: behavior.id.clone(),
            title: behavior.title.clone(),
            techniques: behavior.techniques.iter().map(|technique| newest(&technique.id)).collect(),
            was: behavior.was.iter().flat_map(|was| [was.code.clone(), was.id.clone()]).collect(),
            severity: behavior.severity,
            sources: behavior.sources.clone(),
            platforms: Vec::from([behavior.os]),
            alerts: behavior.alerts,
        }
    }
}
