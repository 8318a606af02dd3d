//! What an organization decides: thresholds, ATT&CK's mutable elements, suppressions, declared sources, redaction.
//!
//! # As JSON
//! ```json
//! {
//!   "min_confidence": 300, "min_severity": "low", "redact_command_lines": false, "attack_version": 19,
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
//! Every member is optional, unknown ones are errors. Attributes are patterns, and `*` stands for any run of
//! characters. Images, their parents and names of IPC objects are normalized and compared as the engine does it: on
//! Windows neither case nor the direction of slashes nor the volume matters, on macOS case does not, on Linux all does;
//! `/var/run/x` is `/run/x`, and `\\.\pipe\x` is `x`. An image pattern without a separator looks at the file name. Other
//! attributes are compared in any case. A user is given by name or by number (`1000`, `uid=1000`). All attributes of an
//! entry must match, and an attribute that is not known matches no pattern.
//!
//! `attack_version` is 19 or 18: the version of ATT&CK whose technique ids alerts have.
//!
//! A behavior is named by its code or id. A retired name (see `was` of an alert) stands for the alerts of the behavior
//! that it became, as far as the retired one would have raised them.
//!
//! In a suppression, `user` and `command_line` are those of the initiator; `ipc_name` is the name of the alert's `ipc`.

mod attribute;
mod entry;
mod fitting;
mod model;
mod pattern;
mod read;
mod usage;
mod write;

pub(crate) use attribute::{Case, ProcessAttributes};
pub(crate) use entry::{Answer, ElementEntry};
pub use model::{Policy, PolicyError, PolicyWarning};
pub use usage::EntryUse;
pub(crate) use usage::{Answers, EntryId, PolicyUse};

#[cfg(test)]
mod tests;
