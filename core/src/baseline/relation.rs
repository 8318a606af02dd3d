//! Relations between processes and what they communicate through, by their templates.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::util::hash::Keyed;

/// Most bytes of a name. A longer one is cut and told apart by a hash of the whole.
pub(super) const LONGEST_NAME: usize = 160;
/// Most bytes of the name of a group of hosts.
pub(super) const LONGEST_GROUP: usize = 128;

/// The identity of a relation: SipHash-1-3 with 128 bits and the key of the seed 0 over its kind, group and names.
pub(super) type Id = (u64, u64);

macro_rules! kinds {
    ($($(#[$meta:meta])* $variant:ident = $number:literal $name:literal [$($member:literal),*],)*) => {
        /// What a relation is between.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum RelationKind { $($(#[$meta])* $variant = $number,)* }

        impl RelationKind {
            /// All kinds, with their names in JSON.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($name, Self::$variant),)*];

            /// What its names are, in their order.
            ///
            /// ```
            /// use ipcsentry::baseline::RelationKind;
            /// assert_eq!(RelationKind::Class.members(), ["class", "requester"]);
            /// ```
            #[must_use]
            pub const fn members(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($member),*],)* }
            }
        }
    };
}

kinds! {
    /// A named pipe: its template, its owner's image, and its client's image (empty: it was created).
    Pipe = 0 "pipe" ["name", "owner", "client"],
    /// A Unix socket, likewise.
    Socket = 1 "socket" ["name", "owner", "client"],
    /// A FIFO and a program that opened or made it.
    Fifo = 2 "fifo" ["name", "program"],
    /// A message queue, semaphore or shared memory and a program that opened or made it.
    Queue = 3 "queue" ["name", "program"],
    /// A Mach or XPC service or a D-Bus name, its owner's image, and its client's image (empty: it was registered).
    Service = 4 "service" ["name", "owner", "client"],
    /// An Apple Event: the sender's image, the target application and the event's code.
    AppleEvent = 5 "apple_event" ["sender", "target", "code"],
    /// A COM class and the image of who asked for it.
    Class = 6 "class" ["class", "requester"],
    /// The images of a parent and its child.
    Child = 7 "child" ["parent", "child"],
    /// An alert: its behavior, the images of initiator, actor and target, and the template of its IPC object.
    Alert = 8 "alert" ["behavior", "initiator", "actor", "target", "object"],
    /// One record of an alert: the behavior, the clause that it met, the initiator's image, the images of who acted and
    /// who was acted on, the template of what it is about, and a hash of the shapes of the commands.
    Evidence = 9 "evidence" ["behavior", "clause", "initiator", "actor", "other", "object", "commands"],
}

impl RelationKind {
    /// Its name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Whether it is of the records of alerts, not of all events.
    #[must_use]
    pub const fn is_of_alerts(self) -> bool {
        matches!(self, Self::Alert | Self::Evidence)
    }
}

/// A relation that is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(super) kind: RelationKind,
    /// The group of the hosts, as the policy names it; empty for hosts of no group.
    pub(super) group: Box<str>,
    pub(super) names: Vec<Box<str>>,
}

impl Relation {
    pub(super) fn new(kind: RelationKind, group: &str, names: &[&str]) -> Self {
        let names = names.iter().map(|name| bounded(name, LONGEST_NAME)).collect();
        Self { kind, group: bounded(group, LONGEST_GROUP), names }
    }

    pub(super) fn id(&self) -> Id {
        let hasher = Keyed::new(0).u64(self.kind as u64).bytes(self.group.as_bytes());
        self.names.iter().fold(hasher, |hasher, name| hasher.bytes(name.as_bytes())).finish_digest().halves()
    }

    pub(super) fn bytes(&self) -> usize {
        let names = self.names.iter().map(|name| size_of::<Box<str>>() + name.len()).sum::<usize>();
        self.group.len() + names
    }
}

/// A text of no more than so many bytes.
fn bounded(text: &str, most: usize) -> Box<str> {
    if text.len() <= most {
        return text.into();
    }
    let (hash, _) = Keyed::new(0).bytes(text.as_bytes()).finish_digest().halves();
    let end = (0..=most - 18).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let cut: String = format!("{}~{hash:016x}", &text[..end]);
    cut.into()
}
