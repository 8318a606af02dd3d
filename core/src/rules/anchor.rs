//! What clauses join on, and how an event leads there.

use alloc::vec::Vec;

use super::field::{Field, Subject};

/// What clauses join on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnchorKind {
    /// An endpoint.
    Endpoint,
    /// A process.
    Process,
    /// Everything that descends from one non-broker start.
    Lineage,
    /// The siblings of one pipeline.
    Job,
    /// A logon session.
    Session,
    /// A host.
    Host,
    /// A normalized text of some kind.
    Key(KeyKind),
}

/// Kinds of key anchors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// A file path.
    Path,
    /// A pipe name: `\\.\pipe\X`, `\X`, `X` and `/p:X` are one.
    Pipe,
    /// The instance of a PsExec-style protocol: the prefix before `-HOST-N-std*`, or a pipe's whole name.
    PipeGroup,
    /// A file of a share, by its path below the share: what a UNC path names and what a share access opens are one.
    SharedFile,
    /// A class id.
    Clsid,
    /// A service or systemd unit name.
    Unit,
    /// A network address.
    Address,
}

/// A path from an event to anchors: a base and up to three hops, at most 8 anchors in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnchorPath {
    /// Over processes and endpoints.
    Walk(Base, Vec<Hop>),
    /// A key read off a field; long texts give up to 8 keys, one a token.
    Key(KeyKind, Field),
}

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// A process of the event.
    Subject(Subject),
    /// The actor's ancestors, nearest first, at most 8, the actor excluded.
    Ancestors,
    /// The event's endpoint.
    Endpoint,
    /// The event's host.
    Host,
}

impl Base {
    /// Its name in data.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Subject(subject) => Subject::ALL.iter().find(|(_, s)| *s == subject).map_or("", |(name, _)| name),
            Self::Ancestors => "ancestors",
            Self::Endpoint => "endpoint",
            Self::Host => "host",
        }
    }
}

/// A step from processes or endpoints to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hop {
    /// To the parent.
    Parent,
    /// To all ancestors, at most 8.
    Ancestors,
    /// To the last 4 endpoints a process created or opened.
    Endpoints,
    /// To those of them it created.
    CreatedEndpoints,
    /// To those of them it had when the event happened: what a program is given before it begins (a redirect).
    HeldEndpoints,
    /// From an endpoint to its creator.
    Owner,
    /// To the pipeline.
    Job,
    /// To the lineage.
    Lineage,
    /// To the logon session.
    Session,
    /// To who injected the process.
    InjectedBy,
    /// To the requester behind the broker that started the process.
    Broker,
    /// To the responsible process.
    Responsible,
}
