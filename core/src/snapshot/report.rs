//! What became of the state that was there.

use alloc::string::String;
use alloc::vec::Vec;

/// What a restored engine could not go on with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// Behaviors of the snapshot that had state and that the catalog does not have, or has with another content: their
    /// state was dropped.
    pub dropped: Vec<Dropped>,
    /// Parts of the state that another version of the library wrote and that this one cannot read: they begin anew.
    pub left: Vec<&'static str>,
}

/// A behavior whose state was dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// Its id, `win.dde.execution`.
    pub behavior: String,
    /// Its partial matches and deferred checks.
    pub count: u64,
}

impl Dropped {
    /// Counts one more of a behavior.
    pub(crate) fn note(list: &mut Vec<Self>, behavior: &str) {
        match list.iter_mut().find(|known| known.behavior == behavior) {
            Some(known) => known.count += 1,
            None => list.push(Self { behavior: behavior.into(), count: 1 }),
        }
    }
}
