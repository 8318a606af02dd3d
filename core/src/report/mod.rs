//! Alerts, the policy's verdict on them, and which behaviors the telemetry of each host shows.

mod alert;
mod alert_id;
pub(crate) mod coverage;
mod draft;
mod evidence;
mod evidence_class;
mod explanation;
mod initiator;
mod object;
mod parties;
mod process_info;
mod redact;
mod sequence;
mod suppress;
mod truncated;
pub(crate) mod verdict;
mod wording;

pub use alert::{Alert, Candidate, Evidence, Initiator, Ipc, LineageStep, MAX_EVIDENCE, ProcessInfo, SCHEMA_VERSION};
pub(crate) use alert_id::text as id_text;
pub use coverage::{Coverage, Flood, MissingKind, Seen, Visibility};
pub(crate) use draft::{Draft, draft, further_evidence};
pub(crate) use object::service;
pub(crate) use suppress::cover_both;
