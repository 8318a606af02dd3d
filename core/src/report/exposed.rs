//! Exposures, as they are told.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::draft::redaction_of;
use crate::policy::Policy;
use crate::state::HostState;
use crate::util::json;

/// What makes attacks on a host easier; see [`Engine::exposure`](crate::Engine::exposure).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Exposed {
    /// Its id, `win.dde.enabled`.
    pub id: String,
    /// One line.
    pub title: String,
    /// What mends it.
    pub advice: String,
    /// The ids of ATT&CK mitigations.
    pub mitigations: Vec<String>,
    /// The host's name.
    pub host: String,
    /// The registry value, socket, service or other object.
    pub object: Option<String>,
    /// The image of the program that did it.
    pub program: Option<String>,
    /// How often it was seen.
    pub count: u64,
    /// When it was seen first and last, RFC 3339, UTC.
    pub first: String,
    /// See `first`.
    pub last: String,
    /// The number of the last record in its input.
    pub record: u64,
    /// The index of the input.
    pub file: u32,
    /// The last record's own id, if it has one.
    pub source_id: Option<String>,
}

impl Exposed {
    /// The exposure as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::line(self)
    }
}

/// Keeps out of exposures what the policy keeps out of alerts.
pub(crate) fn redact_exposed(state: &HostState, policy: &Policy, all: &mut [Exposed]) {
    let Some(redaction) = redaction_of(state, policy, &[]) else { return };
    for exposed in all {
        [&mut exposed.object, &mut exposed.program].into_iter().flatten().for_each(|text| redaction.text(text));
    }
}
