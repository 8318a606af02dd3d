//! Tags: conclusions about an event beyond what its record says, for any behavior to use.

macro_rules! tags {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)*) => {
        /// A tag. The name in data stands in each variant's documentation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Tag { $($(#[doc = $doc])+ #[doc = concat!("\n\nIn data: `", $name, "`.")] $variant,)* }

        impl Tag {
            /// Every tag with its name in data.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($name, Self::$variant)),*];

            /// What it means.
            #[cfg(feature = "_internal_test_exports")]
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim(),)* }
            }
        }
    };
}

tags! {
    /// A pipe name that itself contains `\pipe\`: path confusion against services that build pipe paths.
    PipeNestedName = "pipe.nested_name",
    /// A pipe whose name belongs to certain owners was created by another image.
    PipeOwnerViolation = "pipe.owner_violation",
    /// A pipe name that states its creator's pid states another's.
    PipeForgedName = "pipe.forged_name",
    /// One of the stream pipes of the PsExec protocol, `P-HOST-N-stdin|stdout|stderr`, under any P.
    PipeRemoteExec = "pipe.remote_exec_stream",
    /// A pipe name that known tools use by default, and hardly anybody else.
    PipeKnownBad = "pipe.known_bad",
    /// A pipe name of a known legitimate template, created by the owner it should have.
    PipeKnownGood = "pipe.known_good",
    /// The actor was started on demand as a COM server (child of DcomLaunch with `-Embedding`, `/Processid:` …).
    ComServer = "process.com_server",
    /// The actor's parent was started on demand as a COM server.
    ComServerChild = "process.com_server_child",
    /// The actor's memory was written or a thread started in it by another process within the last minutes.
    Injected = "process.injected",
    /// The actor runs from memory or from a deleted file.
    MemoryImage = "process.memory_image",
    /// The actor's image lies where any user may write.
    UserWritableImage = "process.user_writable_image",
    /// The client is none that the reference names list.
    ForeignClient = "endpoint.foreign_client",
    /// The endpoint's owner is none that the reference names list.
    ForeignOwner = "endpoint.foreign_owner",
    /// The endpoint is among the reference names.
    EndpointKnownGood = "endpoint.known_good",
    /// Whoever drives the endpoint is as good as root.
    RootEquivalent = "endpoint.root_equivalent",
    /// The endpoint belongs to another user or login session than the actor's.
    OtherSession = "endpoint.other_session",
    /// The actor and the target descend from one another: a debugger on its own child. Of a pipe's client: it is its
    /// owner's child or parent.
    Related = "target.related",
    /// The access allows writing memory, making threads or duplicating handles.
    WriteAccess = "access.write",
    /// The accessing pair is a known benign one (system process, debugger, sensor).
    BenignAccess = "access.benign",
    /// The request came over the network from another host.
    RemoteOrigin = "origin.remote",
    /// The request came over the network stack from this very host (loopback, own name).
    LoopbackOrigin = "origin.loopback",
    /// The actor's user is more privileged than its parent's, without a known broker between.
    PrivilegeRise = "process.privilege_rise",
    /// The actor's parent is a service, as far as is known: the service manager started it, or nobody knows who did.
    ServiceChild = "process.service_child",
    /// The actor was started as SYSTEM: by its integrity level, or where that is not logged by its logon session or name.
    RunsAsSystem = "process.system",
    /// The actor was started without any argument.
    NoArguments = "process.no_arguments",
    /// The actor was given to another parent than the one it was born to (init, a subreaper): a daemon by double fork.
    Adopted = "process.adopted",
    /// The actor or its parent has made or accepted a connection to the network.
    Networked = "process.networked",
    /// A daemon that serves the network started the actor, directly or by shells and launchers.
    NetworkDaemonChild = "process.network_daemon_child",
    /// A library that a variable of its environment put into the actor as it started (macOS `DYLD_INSERT_LIBRARIES`).
    LibraryInserted = "image.inserted",
    /// The endpoint's baseline names its owner, who lies where only administrators write. An owner that was not seen is
    /// taken for the right one only where the name is the system's own.
    ProvenOwner = "endpoint.proven_owner",
    /// The actor is no everyday child of its parent: an interpreter or system tool by its file name or by the one its
    /// vendor compiled in, a program of another host, or one from where users may write that its parent is not.
    UnusualChild = "process.unusual_child",
    /// The actor's logon session was opened from another host.
    RemoteSession = "process.remote_session",
    /// The service manager started the actor, as far as is known: the parent, or an interpreter of SYSTEM whose parent
    /// nobody names.
    StartedAsService = "process.started_as_service",
    /// A service or task runs the very command that somebody set shortly before, or launchd the job that somebody loaded.
    Ordered = "process.ordered",
    /// The same, set by somebody on another host.
    OrderedFromOutside = "process.ordered_from_outside",
    /// A shell or interpreter whose input is not a terminal and not a script: it reads commands from a pipe.
    ReadsPipe = "process.reads_pipe",
    /// A daemon started the actor, and had started the same program before anybody spoke to it: its own routine.
    Habitual = "process.habitual",
    /// Another process started the actor than the parent that its record names, and no broker.
    ForgedParent = "process.forged_parent",
}

/// A set of [`Tag`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tags(u64);

crate::util::saved::saved!(Tags { 0 });

impl Tags {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// Adds a tag.
    pub const fn insert(&mut self, tag: Tag) {
        self.0 |= 1 << tag as u8;
    }

    /// Adds all tags of another set.
    pub const fn merge(&mut self, others: Self) {
        self.0 |= others.0;
    }

    /// Whether any of these tags is in the set.
    pub(crate) const fn has_any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether the tag is in the set.
    #[must_use]
    pub const fn has(self, tag: Tag) -> bool {
        self.0 >> (tag as u8) & 1 == 1
    }
}
