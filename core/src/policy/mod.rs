//! What an organization decides: thresholds, ATT&CK's mutable elements, suppressions, declared sources, redaction.
//!
//! # As JSON
//! ```json
//! {
//!   "min_confidence": 300, "min_severity": "low", "redact_command_lines": false,
//!   "disabled": ["W18"], "severities": {"W13": "medium"},
//!   "elements": [
//!     {"element": "AllowedParentChildPairs", "parent": "\\Windows\\System32\\services.exe", "image": "MpCmdRun.exe",
//!      "expires": "2030-01-01T00:00:00Z", "owner": "soc", "reason": "signature updates"}
//!   ],
//!   "suppressions": [
//!     {"behavior": "L05", "initiator_image": "/opt/build/*", "host": "ci-*", "reason": "build farm"}
//!   ],
//!   "sources": [{"host": "web-*", "channels": ["audit"]}]
//! }
//! ```
//! Every member is optional, unknown ones are errors. Attributes are patterns: `*` stands for any run of characters,
//! case, the direction of slashes and the volume do not matter; an image pattern without a separator looks at the file
//! name. All attributes of an entry must match, and an attribute that is not known matches no pattern.

mod entry_match;
mod json;
mod model;

pub use entry_match::{Case, ElementCase, ProcessAttributes};
pub use model::{Policy, PolicyError, PolicyWarning};

#[cfg(test)]
mod tests;
