//! What a clause says of its event in an alert: text with slots, which only that clause's record fills.

use alloc::string::String;
use alloc::vec::Vec;

/// A text with slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase(pub Vec<PhrasePart>);

/// A piece of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhrasePart {
    /// Text as it stands.
    Text(String),
    /// A name to be filled in.
    Slot(Slot),
}

/// What fills a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The process or remote principal that the clause binds to the role of this number.
    Role(u8),
    /// The process that acted.
    Actor,
    /// Its parent.
    Parent,
    /// The process that was acted upon.
    Target,
    /// The object with its kind: `named pipe \x`, `service x`.
    Object,
    /// What the object was given or did: a command, data, an address.
    Detail,
}

impl Slot {
    /// Slots that no role has, with their names in a phrase.
    pub const NAMED: &'static [(&'static str, Self)] = &[
        ("actor", Self::Actor),
        ("parent", Self::Parent),
        ("target", Self::Target),
        ("object", Self::Object),
        ("detail", Self::Detail),
    ];
}
