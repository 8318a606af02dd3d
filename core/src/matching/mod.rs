//! The generic correlator: a star join of clauses on one anchor, symmetric in time.
//!
//! All behaviors of the catalog run through this code, and no line of it names one of them. The correlator checks an
//! event against the clauses that look at its kind. A clause that the event meets becomes a *hit* at each anchor that
//! its paths lead to; an anchor keeps the last four hits of each clause. Every new hit checks the requirements over the
//! hits within a window around it, in any order. The work is O(clauses) over at most eight anchors an event.

mod completion;
mod correlator;
mod deadlines;
mod fallback;
mod hits;
mod near;
mod paths;
mod pending;
mod predicate;
mod view;
mod visible;
mod window;

pub(crate) use completion::Completion;
pub(crate) use correlator::Correlator;
pub(crate) use hits::{Bound, Hit, HitEvent, SourceRef};
pub(crate) use near::{Lack, Near};
pub(crate) use view::View;
pub(crate) use visible::Visible;
