//! The attributes that entries of a policy may have, and the case that they are compared with.

use crate::event::Os;
use crate::time::Timestamp;

/// What an entry may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    Image,
    Parent,
    User,
    Signer,
    Name,
    Target,
    Host,
    CommandLine,
    ActorImage,
}

impl Attribute {
    /// Those of element entries, with their names in JSON.
    pub(super) const OF_ELEMENTS: &'static [(&'static str, Self)] = &[
        ("image", Self::Image),
        ("parent", Self::Parent),
        ("user", Self::User),
        ("signer", Self::Signer),
        ("name", Self::Name),
        ("target", Self::Target),
        ("host", Self::Host),
        ("command_line", Self::CommandLine),
    ];

    /// Those of suppressions, with their names in JSON.
    pub(super) const OF_SUPPRESSIONS: &'static [(&'static str, Self)] = &[
        ("initiator_image", Self::Image),
        ("actor_image", Self::ActorImage),
        ("target_image", Self::Target),
        ("ipc_name", Self::Name),
        ("user", Self::User),
        ("signer", Self::Signer),
        ("host", Self::Host),
        ("command_line", Self::CommandLine),
    ];

    /// Whether its values are paths of programs.
    pub(super) const fn is_image(self) -> bool {
        matches!(self, Self::Image | Self::Parent | Self::Target | Self::ActorImage)
    }
}

/// What is known of one process of an alert.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProcessAttributes<'a> {
    pub(crate) image: Option<&'a [u8]>,
    pub(crate) parent_image: Option<&'a [u8]>,
    pub(crate) user: Option<&'a [u8]>,
    pub(crate) uid: Option<u32>,
    pub(crate) signer: Option<&'a [u8]>,
    pub(crate) command_line: Option<&'a [u8]>,
}

/// What an entry is compared with: an alert, seen from one of its processes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    /// It decides how names are compared.
    pub(crate) os: Os,
    pub(crate) host: &'a [u8],
    /// When it happened.
    pub(crate) time: Timestamp,
    /// Whom the entry is about: the party that an element entry names, the initiator for a suppression.
    pub(crate) process: ProcessAttributes<'a>,
    pub(crate) actor_image: Option<&'a [u8]>,
    /// The image of what was executed or injected.
    pub(crate) target_image: Option<&'a [u8]>,
    /// The names of the IPC objects: a pipe, socket or FIFO, a class, service, task or method.
    pub(crate) names: &'a [&'a [u8]],
}

impl<'a> Case<'a> {
    /// Whether a value of the attribute passes the test; one that is not known passes none.
    pub(super) fn any(&self, attribute: Attribute, test: impl Fn(&'a [u8]) -> bool) -> bool {
        let value = match attribute {
            Attribute::Name => return self.names.iter().any(|name| test(name)),
            Attribute::Image => self.process.image,
            Attribute::Parent => self.process.parent_image,
            Attribute::User => self.process.user,
            Attribute::Signer => self.process.signer,
            Attribute::CommandLine => self.process.command_line,
            Attribute::Target => self.target_image,
            Attribute::ActorImage => self.actor_image,
            Attribute::Host => Some(self.host),
        };
        value.is_some_and(test)
    }
}
