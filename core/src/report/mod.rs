//! What is said in the end: alerts, the policy's verdict on them, and what each host's telemetry lets be seen.

mod alert;
mod alert_id;
pub(crate) mod coverage;
mod draft;
mod evidence_class;
mod initiator;
mod truncated;
pub(crate) mod verdict;

pub use alert::{Alert, Evidence, Initiator, Ipc, LineageStep, MAX_EVIDENCE, ProcessInfo};
pub use coverage::{Coverage, Seen, Visibility};
pub(crate) use draft::draft;
