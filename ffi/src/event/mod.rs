//! Events that an agent makes itself, as C structures, and how they become events of the library.
//!
//! `words` has the numbers of enumerations, `value` what a member may hold, `process`, `details` and `model` the
//! structures, `reading` how they are read, `feed` the functions. `keep` goes the other way, for tests.

pub mod details;
mod details_model;
pub mod feed;
#[cfg(feature = "_internal_test_exports")]
pub mod keep;
pub mod model;
pub mod process;
pub(crate) mod reading;
pub mod value;
pub mod words;
