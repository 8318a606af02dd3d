//! Which kinds of events have a field: what the loader checks conditions against, and what the documentation lists.

use super::field::Subject;
use super::{Base, Field};
use crate::event::KindTag::{self, *};

/// The kinds of events that name an endpoint.
const ENDPOINT: &[KindTag] = &[EndpointCreate, EndpointConnect, EndpointRemove, ShareAccess];

impl Subject {
    /// The kinds of events that can name this process; `None`: every kind.
    #[must_use]
    pub const fn kinds(self) -> Option<&'static [KindTag]> {
        match self {
            Self::Target => Some(&[ProcessAccess, RemoteThread, MemoryWrite, FdDup]),
            Self::Peer => Some(&[EndpointCreate, EndpointConnect]),
            Self::Owner => Some(ENDPOINT),
            Self::Actor | Self::Parent | Self::Grandparent | Self::Responsible | Self::Requester => None,
        }
    }
}

impl Base {
    /// The kinds of events from which a path can begin here; `None`: every kind.
    #[must_use]
    pub const fn kinds(self) -> Option<&'static [KindTag]> {
        match self {
            Self::Subject(subject) => subject.kinds(),
            Self::Endpoint => Some(ENDPOINT),
            Self::Ancestors | Self::Host => None,
        }
    }
}

impl Field {
    /// The kinds of events of which this field can have a value; `None`: every kind.
    #[must_use]
    pub const fn kinds(self) -> Option<&'static [KindTag]> {
        Some(match self {
            Self::Process(subject, _) => return subject.kinds(),
            Self::Tags => return None,
            Self::EndpointMechanism | Self::EndpointName | Self::EndpointOwnerUid => ENDPOINT,
            Self::EndpointMode => &[EndpointCreate, EndpointConnect, EndpointRemove],
            Self::EndpointAccepted | Self::EndpointWrites => &[EndpointConnect],
            Self::AccessMask | Self::AccessMethod | Self::AccessUnbacked => &[ProcessAccess],
            Self::ThreadModule | Self::ThreadFunction => &[RemoteThread],
            Self::ImagePath | Self::ImageSigned | Self::ImageSigner => &[ImageLoad],
            Self::ShareName | Self::ShareTarget | Self::ShareAddress => &[ShareAccess],
            Self::ComClsid | Self::ComAddress => &[ComActivation],
            Self::RegistryPath | Self::RegistryData | Self::RegistryOperation => &[RegistrySet, RegistryQuery],
            Self::DdeService | Self::DdeTopic => &[DdeRequest],
            Self::AppleEventCode
            | Self::AppleEventTarget
            | Self::AppleEventHidden
            | Self::AppleEventMute
            | Self::AppleEventText
            | Self::AppleEventReply => &[AppleEvent],
            Self::ScriptPath | Self::ScriptText => &[ScriptRun],
            Self::PrivacyService | Self::PrivacyTarget | Self::PrivacyAllowed => &[PrivacyDecision],
            Self::ServiceName => &[ServiceInstall, ServiceChange],
            Self::ServiceCommand | Self::ServiceAccount => &[ServiceInstall],
            Self::TaskName | Self::TaskCommand => &[TaskRegister, TaskRun],
            Self::TaskDeleted | Self::TaskSubscription => &[TaskRegister],
            Self::TaskEnded => &[TaskRun],
            Self::ServiceAct | Self::ServiceDetail => &[ServiceChange],
            Self::RpcInterface | Self::RpcOperation | Self::RpcProtocol | Self::RpcEndpoint | Self::RpcAddress => {
                &[RpcCall]
            }
            Self::LaunchLabel | Self::LaunchProgram => &[LaunchItemAdd],
            Self::LogonType | Self::LogonUser | Self::LogonAddress => &[Logon],
            Self::NetworkDirection
            | Self::NetworkLocalAddress
            | Self::NetworkRemoteAddress
            | Self::NetworkLocalPort
            | Self::NetworkRemotePort => &[NetworkConnect],
            Self::FilePath | Self::FileOperation => &[FileAccess],
            Self::DupFrom | Self::DupTo => &[FdDup],
            Self::StartMethod | Self::StartScript | Self::StartJob => &[ProcessStart],
            Self::SensorChange => &[SensorState],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Field;
    use crate::event::KindTag;

    #[test]
    fn fields_know_the_kinds_that_have_them() {
        assert_eq!(Field::AccessMask.kinds(), Some(&[KindTag::ProcessAccess][..]));
        assert_eq!(Field::Tags.kinds(), None);
    }
}
