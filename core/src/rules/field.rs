//! The vocabulary of behaviors: every field a predicate may name, and its type.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Tag;
use crate::event::{
    AccessMethod, Direction, FileOperation, Integrity, Mechanism, SensorChange, ServiceAct, Signing, StartMethod,
};

/// Which process of an event a field is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Who acted.
    Actor,
    /// The actor's parent.
    Parent,
    /// The parent's parent.
    Grandparent,
    /// The process acted upon (access, thread, memory write).
    Target,
    /// Who created the endpoint the event is about.
    Owner,
    /// The process at the other end of the endpoint.
    Peer,
    /// The process macOS holds responsible.
    Responsible,
    /// Who asked the broker that started the actor, where it was a process of this host.
    Requester,
}

impl Subject {
    /// Every subject with its name in data.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("actor", Self::Actor),
        ("parent", Self::Parent),
        ("grandparent", Self::Grandparent),
        ("target", Self::Target),
        ("owner", Self::Owner),
        ("peer", Self::Peer),
        ("responsible", Self::Responsible),
        ("requester", Self::Requester),
    ];
}

/// A detail about a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcessField {
    /// Normalized full path.
    Image,
    /// The last component of that path.
    ImageName,
    /// Command line.
    CommandLine,
    /// User name.
    User,
    /// Effective user id.
    Uid,
    /// Login user id.
    Auid,
    /// Logon session.
    Session,
    /// Terminal name.
    Terminal,
    /// Integrity level: untrusted, low, medium, high, system.
    Integrity,
    /// Signature: unsigned, ad_hoc, signed, platform.
    Signing,
    /// Who signed.
    Signer,
    /// The vendor's file name.
    OriginalFileName,
    /// Length of the argument vector.
    ArgumentCount,
    /// What image and signature say together. Untrusted: unsigned, signed ad hoc, run from memory, or from where any
    /// user may write without a signature; trusted: part of the operating system by signature or folder, or signed
    /// outside such places; else unknown.
    Trust,
    /// How much of a stranger the program is: one that nobody installed. `no`: it is installed, or part of the operating
    /// system; `home`: without a developer's signature in another folder where users may write; `signed`: in a folder
    /// where no software is installed, with a developer's signature; `dropped`: there, and without one.
    Stranger,
}

impl ProcessField {
    /// Every field with its name in data.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("image", Self::Image),
        ("image_name", Self::ImageName),
        ("command_line", Self::CommandLine),
        ("user", Self::User),
        ("uid", Self::Uid),
        ("auid", Self::Auid),
        ("session", Self::Session),
        ("terminal", Self::Terminal),
        ("integrity", Self::Integrity),
        ("signing", Self::Signing),
        ("signer", Self::Signer),
        ("original_file_name", Self::OriginalFileName),
        ("argument_count", Self::ArgumentCount),
        ("trust", Self::Trust),
        ("stranger", Self::Stranger),
    ];
}

/// The type of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Text.
    Text,
    /// A number.
    Number,
    /// One of a fixed, ordered list of names; compared by position.
    Named(&'static [&'static str]),
    /// True or false.
    Bool,
    /// The set of tags.
    Tags,
}

/// Names of the degrees of [`ProcessField::Trust`], in order.
pub(super) const TRUST: &[&str] = &["untrusted", "unknown", "trusted"];

/// Names of the degrees of [`ProcessField::Stranger`], in order.
pub(super) const STRANGER: &[&str] = &["no", "home", "signed", "dropped"];
macro_rules! event_fields {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $ty:expr;)*) => {
        /// A detail about an event, or about one of its processes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Field {
            /// A detail about one of the event's processes.
            Process(Subject, ProcessField),
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Field {
            /// What it means; empty for a detail about a process.
            #[cfg(feature = "_internal_test_exports")]
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    Self::Process(..) => "",
                    $(Self::$variant => concat!($($doc),+).trim(),)*
                }
            }

    /// Whether its value is a long text whose lists are matched once, when it is first seen ([`super::Lists::of_text`]).
    pub(crate) const fn is_text(self) -> bool {
        matches!(self, Self::Process(_, ProcessField::CommandLine) | Self::RegistryPath)
    }

            /// Every field that is not about a process, with its name in data.
            pub const EVENT: &'static [(&'static str, Self)] = &[$(($name, Self::$variant)),*];

            /// The type of its value.
            #[must_use]
            pub const fn value_type(self) -> Type {
                match self {
                    Self::Process(_, field) => match field {
                        ProcessField::Uid | ProcessField::Auid | ProcessField::Session | ProcessField::ArgumentCount => Type::Number,
                        ProcessField::Integrity => Type::Named(Integrity::NAMES),
                        ProcessField::Signing => Type::Named(Signing::NAMES),
                        ProcessField::Trust => Type::Named(TRUST),
                        ProcessField::Stranger => Type::Named(STRANGER),
                        _ => Type::Text,
                    },
                    $(Self::$variant => $ty,)*
                }
            }
        }
    };
}

event_fields! {
    /// Tags, see [`Tag`].
    Tags "tags" Type::Tags;
    /// The endpoint's mechanism.
    EndpointMechanism "endpoint.mechanism" Type::Named(Mechanism::NAMES);
    /// The endpoint's normalized name.
    EndpointName "endpoint.name" Type::Text;
    /// The user id that owns the object on disk.
    EndpointOwnerUid "endpoint.owner_uid" Type::Number;
    /// The permission bits of the object on disk.
    EndpointMode "endpoint.mode" Type::Number;
    /// The connection was accepted rather than made.
    EndpointAccepted "endpoint.accepted" Type::Bool;
    /// The endpoint was opened for writing.
    EndpointWrites "endpoint.writes" Type::Bool;
    /// Windows access mask.
    AccessMask "access.mask" Type::Number;
    /// By which means access was obtained.
    AccessMethod "access.method" Type::Named(AccessMethod::NAMES);
    /// The call came from unbacked memory.
    AccessUnbacked "access.unbacked" Type::Bool;
    /// The module of a remote thread's start address.
    ThreadModule "thread.module" Type::Text;
    /// The function at a remote thread's start address.
    ThreadFunction "thread.function" Type::Text;
    /// The library loaded.
    ImagePath "image.path" Type::Text;
    /// Whether the library's signature holds.
    ImageSigned "image.signed" Type::Bool;
    /// Who signed the library.
    ImageSigner "image.signer" Type::Text;
    /// The share.
    ShareName "share.share" Type::Text;
    /// The name below the share.
    ShareTarget "share.name" Type::Text;
    /// The client's address.
    ShareAddress "share.address" Type::Text;
    /// The class id.
    ComClsid "com.clsid" Type::Text;
    /// The machine that asked for an activation.
    ComAddress "com.address" Type::Text;
    /// Registry key and value name.
    RegistryPath "registry.path" Type::Text;
    /// Data written.
    RegistryData "registry.data" Type::Text;
    /// What was done.
    RegistryOperation "registry.operation" Type::Text;
    /// Service asked for by DDE.
    DdeService "dde.service" Type::Text;
    /// Topic asked for by DDE.
    DdeTopic "dde.topic" Type::Text;
    /// Apple Event class and id.
    AppleEventCode "apple_event.code" Type::Text;
    /// Apple Event target.
    AppleEventTarget "apple_event.target" Type::Text;
    /// A dialog that hides what is typed.
    AppleEventHidden "apple_event.hidden_answer" Type::Bool;
    /// Sound is muted.
    AppleEventMute "apple_event.mute" Type::Bool;
    /// The direct parameter.
    AppleEventText "apple_event.text" Type::Text;
    /// A reply.
    AppleEventReply "apple_event.reply" Type::Bool;
    /// Script file.
    ScriptPath "script.path" Type::Text;
    /// Script text.
    ScriptText "script.text" Type::Text;
    /// TCC service.
    PrivacyService "privacy.service" Type::Text;
    /// Application the access is aimed at.
    PrivacyTarget "privacy.target" Type::Text;
    /// The decision.
    PrivacyAllowed "privacy.allowed" Type::Bool;
    /// Service name.
    ServiceName "service.name" Type::Text;
    /// Service command line.
    ServiceCommand "service.command" Type::Text;
    /// Service account.
    ServiceAccount "service.account" Type::Text;
    /// Task name.
    TaskName "task.name" Type::Text;
    /// Task definition.
    TaskCommand "task.command" Type::Text;
    /// The task was deleted.
    TaskDeleted "task.deleted" Type::Bool;
    /// The task is a consumer of WMI events.
    TaskSubscription "task.subscription" Type::Bool;
    /// An action of a task has come to its end.
    TaskEnded "task.ended" Type::Bool;
    /// What became of a service.
    ServiceAct "service.act" Type::Named(ServiceAct::NAMES);
    /// New state or start type of a service.
    ServiceDetail "service.detail" Type::Text;
    /// Interface of a call.
    RpcInterface "rpc.interface" Type::Text;
    /// Number of the function called.
    RpcOperation "rpc.operation" Type::Number;
    /// Protocol of a call.
    RpcProtocol "rpc.protocol" Type::Text;
    /// Endpoint of a call.
    RpcEndpoint "rpc.endpoint" Type::Text;
    /// Address of a call's client.
    RpcAddress "rpc.address" Type::Text;
    /// Label of a launch item.
    LaunchLabel "launch.label" Type::Text;
    /// Program of a launch item.
    LaunchProgram "launch.program" Type::Text;
    /// Windows logon type.
    LogonType "logon.type" Type::Number;
    /// Who logged on.
    LogonUser "logon.user" Type::Text;
    /// Address of a logon.
    LogonAddress "logon.address" Type::Text;
    /// Which side opened a connection.
    NetworkDirection "network.direction" Type::Named(Direction::NAMES);
    /// The actor's own address.
    NetworkLocalAddress "network.local_address" Type::Text;
    /// The other side's address.
    NetworkRemoteAddress "network.remote_address" Type::Text;
    /// The actor's own port.
    NetworkLocalPort "network.local_port" Type::Number;
    /// The other side's port.
    NetworkRemotePort "network.remote_port" Type::Number;
    /// File path.
    FilePath "file.path" Type::Text;
    /// What was done to a file.
    FileOperation "file.operation" Type::Named(FileOperation::NAMES);
    /// The descriptor that was copied.
    DupFrom "dup.from" Type::Number;
    /// The descriptor it became.
    DupTo "dup.to" Type::Number;
    /// How a process began.
    StartMethod "start.method" Type::Named(StartMethod::NAMES);
    /// Script an interpreter was asked to run.
    StartScript "start.script" Type::Text;
    /// Label of the launchd job whose program began.
    StartJob "start.job" Type::Text;
    /// What a sensor said of itself.
    SensorChange "sensor.change" Type::Named(SensorChange::NAMES);
}

impl Field {
    /// The field of that name, `subject.attribute` or `group.attribute`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if let Some((_, field)) = Self::EVENT.iter().find(|(n, _)| *n == name) {
            return Some(*field);
        }
        let (subject, attribute) = name.split_once('.')?;
        let (_, subject) = Subject::ALL.iter().find(|(n, _)| *n == subject)?;
        let (_, attribute) = ProcessField::ALL.iter().find(|(n, _)| *n == attribute)?;
        Some(Self::Process(*subject, *attribute))
    }

    /// Its name in data.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Process(subject, field) => {
                let subject = Subject::ALL.iter().find(|(_, s)| *s == subject).map_or("", |(name, _)| name);
                let field = ProcessField::ALL.iter().find(|(_, f)| *f == field).map_or("", |(name, _)| name);
                format!("{subject}.{field}")
            }
            event => Self::EVENT.iter().find(|(_, f)| *f == event).map_or("", |(name, _)| name).into(),
        }
    }

    /// The name of every field.
    pub(crate) fn names() -> Vec<String> {
        let of_event = Self::EVENT.iter().map(|(name, _)| String::from(*name));
        let of = |subject: &'static str| ProcessField::ALL.iter().map(move |(fact, _)| format!("{subject}.{fact}"));
        of_event.chain(Subject::ALL.iter().flat_map(|(subject, _)| of(subject))).collect()
    }
}

const _: () = assert!(Tag::ALL.len() <= 64, "tags are kept as one 64-bit set");
