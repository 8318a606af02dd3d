//! Baselines of endpoint names: who may own them, who may use them, what a name says of its creator.

use super::TermBits;
use crate::event::Mechanism;

/// Number of a baseline entry.
pub type EntryId = u16;

/// All baselines.
#[derive(Debug, Default)]
pub struct Knowledge {}

impl Knowledge {
    /// The most specific entry whose name pattern matches.
    #[must_use]
    pub fn entry(&self, _mechanism: Mechanism, _name: &[u8]) -> Option<EntryId> {
        None
    }

    /// Whether this image may create the endpoint; `true` where the entry names no owner.
    #[must_use]
    pub fn owner_fits(&self, _entry: EntryId, _image: &[u8], _terms: &TermBits) -> bool {
        true
    }

    /// Whether this image is an expected client; `true` where the entry names none.
    #[must_use]
    pub fn client_fits(&self, _entry: EntryId, _image: &[u8], _terms: &TermBits) -> bool {
        true
    }

    /// The pid that a self-describing name states.
    #[must_use]
    pub fn stated_pid(&self, _entry: EntryId, _name: &[u8]) -> Option<u32> {
        None
    }

    /// Creating it by anybody else is a masquerade.
    #[must_use]
    pub fn is_reserved(&self, _entry: EntryId) -> bool {
        false
    }

    /// Whoever drives it is as good as root.
    #[must_use]
    pub fn is_root_equivalent(&self, _entry: EntryId) -> bool {
        false
    }

    /// It is a name tools of attack use by default; the confidence in thousandths that a creation is hostile.
    #[must_use]
    pub fn known_bad(&self, _entry: EntryId) -> Option<u16> {
        None
    }
}
