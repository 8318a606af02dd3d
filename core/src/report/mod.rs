//! Alerts, the policy's verdict on them, and which behaviors the telemetry of each host shows.

mod alert;
mod alert_id;
mod confidence;
pub(crate) mod coverage;
mod digest;
mod draft;
mod evidence;
mod evidence_class;
mod explanation;
mod exposed;
mod fleet;
mod initiator;
mod near_miss;
mod object;
mod parties;
mod process_info;
mod redact;
mod remedy;
mod sequence;
mod story;
mod suppress;
mod timeline;
mod triage;
mod truncated;
pub(crate) mod verdict;
mod wording;

pub use alert::{
    Alert, Answer, Candidate, Evidence, Initiator, Ipc, LineageStep, MAX_EVIDENCE, ProcessInfo, SCHEMA_VERSION,
};
pub(crate) use alert_id::text as id_text;
pub use confidence::ConfidencePart;
pub use coverage::{
    ComponentChannel, Coverage, Flood, Gap, MissingKind, Seen, SeenChannel, SeenComponent, StepBack, Visibility,
};
pub use digest::Digest;
pub(crate) use draft::{Draft, draft, further_evidence};
pub(crate) use evidence::source_id;
pub use exposed::Exposed;
pub(crate) use exposed::redact_exposed;
pub use fleet::{FleetComponent, FleetCoverage, FleetVisibility};
pub use near_miss::{MissingClause, NearMiss};
pub(crate) use object::{IpcObject, service};
pub use remedy::Remedy;
pub(crate) use story::stories;
pub use story::{ProcessStory, Use};
pub(crate) use suppress::cover_both;
pub(crate) use timeline::timeline;
pub use timeline::{Moment, Timeline};
