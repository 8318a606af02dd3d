//! What a catalog says of its behaviors to whoever embeds it.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Behavior, Severity};
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
    /// ATT&CK technique ids.
    pub techniques: Vec<String>,
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
    pub(super) fn of(behavior: &Behavior) -> Self {
        Self {
            code: behavior.code.clone(),
            id: behavior.id.clone(),
            title: behavior.title.clone(),
            techniques: behavior.techniques.iter().map(|technique| technique.id.clone()).collect(),
            severity: behavior.severity,
            sources: behavior.sources.clone(),
            platforms: Vec::from([behavior.os]),
            alerts: behavior.alerts,
        }
    }
}
