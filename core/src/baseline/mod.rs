//! Baselines: what is usual on the hosts of an organization, learned from their events.
//!
//! [`Engine::start_learning`](crate::Engine::start_learning) makes an engine learn, [`Engine::set_baseline`] makes one
//! use what was learned. `core/docs/baselines.md` has a worked example.
//!
//! # What is learned
//!
//! Relations ([`RelationKind`]): which program owns a pipe or socket and which one uses it, which one opens a FIFO or
//! queue, who sends which event to whom, who asks for a service or class, who starts whom; and of every alert, raised
//! or not, the whole and each record. Names are templates: what changes from run to run (numbers, pids, GUIDs, random
//! letters) and the users in paths are a `*`. Hosts of a group of the policy are counted apart from others.
//!
//! Of each relation a baseline keeps on how many hosts and days it was seen, and no count of events: by the 16 smallest
//! 32-bit hashes of hosts, of days, and of pairs of both. So merging is a union.
//!
//! # What is usual
//!
//! A relation that was seen on as many hosts and days as the policy's `baseline` asks for ([5 and
//! 5](crate::Policy::to_json) where it does not say), away from alerts; or on twice as many of both, near alerts or
//! not. What happens on one host is usual nowhere, however often it happens. Near is what the same host does in the
//! slots of `quarantine_minutes` (30) that hold an alert of medium severity or more, or touch one that does.
//!
//! # What becomes of an alert
//!
//! | what is known of it | confidence | severity |
//! |---|---|---|
//! | the alert and each of its records are usual | −0.2 | at most low |
//! | all relations between its processes and objects are usual | −0.1 | as it was |
//! | one of them was never seen, on hosts that the baseline knows well | +0.05 | as it was |
//!
//! Neither confidence nor severity falls below the policy's minimum: a baseline silences nothing. A critical alert, and one
//! about an object that tools of attack are known to use, keeps its severity. [`Baseline::to_policy`] makes entries of
//! a policy of what is usual, for somebody to take over.
//!
//! [`Engine::set_baseline`]: crate::Engine::set_baseline

mod acts;
mod compare;
mod judge;
mod learn;
mod model;
mod read;
mod relation;
mod sightings;
mod sketch;
mod take_over;
mod write;

pub(crate) use acts::of_alert;
pub use compare::{Change, Difference};
pub(crate) use judge::UsualAlert;
pub(crate) use learn::Learner;
pub use model::{Baseline, Frozen, Known, Standing};
pub use read::BaselineError;
pub(crate) use relation::Relation;
pub use relation::RelationKind;

/// The example of the documentation runs with the tests of it.
#[cfg(doctest)]
#[doc = include_str!("../../docs/baselines.md")]
struct Documentation;

#[cfg(test)]
mod tests;
