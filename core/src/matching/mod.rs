//! The generic correlator: a star join of clauses on one anchor, symmetric in time.
//!
//! Every behavior of the catalog runs through this one piece of code; nothing here knows any of them. An event is
//! held against the clauses that look at its kind. A clause that is met becomes a *hit* at each anchor its paths lead
//! to; an anchor keeps the last four hits a clause. With every new hit the requirements are checked over the hits
//! within one window around it, whatever their order. Work is O(clauses) over at most eight anchors an event.

mod completion;
mod correlator;
mod deadlines;
mod fallback;
mod hits;
mod paths;
mod pending;
mod predicate;
mod view;
mod window;

pub(crate) use completion::Completion;
pub(crate) use correlator::Correlator;
pub(crate) use hits::{Bound, Hit};
pub(crate) use view::View;
