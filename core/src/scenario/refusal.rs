//! Why a scenario cannot be written in some telemetry.

use crate::event::KindTag;

/// A step that has no record in a set of telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("step {step} ({kind:?}): {why}")]
#[non_exhaustive]
pub struct CannotRender {
    /// The step's number.
    pub step: usize,
    /// What it does.
    pub kind: KindTag,
    /// Why not.
    pub why: WhyNot,
}

/// Why a step has no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WhyNot {
    /// The telemetry is another platform's.
    #[error("not of this platform")]
    OtherPlatform,
    /// The sensors have no record for this kind of event.
    #[error("no record for this kind of event")]
    NoSuchRecord,
    /// They have one, but not for this mechanism or method.
    #[error("no record for this mechanism or method")]
    NoSuchVariant,
    /// The step lacks a detail that the record cannot do without.
    #[error("the step lacks {0}")]
    Lacks(&'static str),
}
