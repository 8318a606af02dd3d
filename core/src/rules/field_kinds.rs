//! Which kinds of events have a field: what the loader checks conditions against, and what the documentation lists.

use super::{Field, Subject};
use crate::event::KindTag;

impl Field {
    /// The kinds of events of which this field can have a value; `None`: of every kind.
    #[must_use]
    pub(crate) const fn kinds(self) -> Option<&'static [KindTag]> {
        use KindTag as K;
        /// The kinds that name an endpoint.
        const ENDPOINT: &[KindTag] = &[K::EndpointCreate, K::EndpointConnect, K::EndpointRemove, K::ShareAccess];
        Some(match self {
            Self::Process(Subject::Target, _) => &[K::ProcessAccess, K::RemoteThread, K::MemoryWrite, K::FdDup],
            Self::Process(Subject::Peer, _) => &[K::EndpointCreate, K::EndpointConnect],
            Self::Process(Subject::Owner, _)
            | Self::EndpointMechanism
            | Self::EndpointName
            | Self::EndpointOwnerUid => ENDPOINT,
            Self::Process(..) | Self::Tags => return None,
            Self::EndpointAccepted | Self::EndpointWrites => &[K::EndpointConnect],
            Self::AccessMask | Self::AccessMethod | Self::AccessUnbacked => &[K::ProcessAccess],
            Self::ThreadModule | Self::ThreadFunction => &[K::RemoteThread],
            Self::ImagePath | Self::ImageSigned | Self::ImageSigner => &[K::ImageLoad],
            Self::ShareName | Self::ShareTarget | Self::ShareAddress => &[K::ShareAccess],
            Self::ComClsid | Self::ComAddress => &[K::ComActivation],
            Self::RegistryPath | Self::RegistryData | Self::RegistryOperation => &[K::RegistrySet, K::RegistryQuery],
            Self::DdeService | Self::DdeTopic => &[K::DdeRequest],
            Self::AppleEventCode
            | Self::AppleEventTarget
            | Self::AppleEventHidden
            | Self::AppleEventMute
            | Self::AppleEventText
            | Self::AppleEventReply => &[K::AppleEvent],
            Self::ScriptPath | Self::ScriptText => &[K::ScriptRun],
            Self::PrivacyService | Self::PrivacyTarget | Self::PrivacyAllowed => &[K::PrivacyDecision],
            Self::ServiceName => &[K::ServiceInstall, K::ServiceChange],
            Self::ServiceCommand | Self::ServiceAccount => &[K::ServiceInstall],
            Self::TaskName | Self::TaskCommand => &[K::TaskRegister, K::TaskRun],
            Self::TaskDeleted | Self::TaskSubscription => &[K::TaskRegister],
            Self::TaskEnded => &[K::TaskRun],
            Self::ServiceAct | Self::ServiceDetail => &[K::ServiceChange],
            Self::RpcInterface | Self::RpcOperation | Self::RpcProtocol | Self::RpcEndpoint | Self::RpcAddress => {
                &[K::RpcCall]
            }
            Self::LaunchLabel | Self::LaunchProgram => &[K::LaunchItemAdd],
            Self::LogonType | Self::LogonUser | Self::LogonAddress => &[K::Logon],
            Self::NetworkDirection
            | Self::NetworkLocalAddress
            | Self::NetworkRemoteAddress
            | Self::NetworkLocalPort
            | Self::NetworkRemotePort => &[K::NetworkConnect],
            Self::FilePath | Self::FileOperation => &[K::FileAccess],
            Self::DupFrom | Self::DupTo => &[K::FdDup],
            Self::StartMethod | Self::StartScript => &[K::ProcessStart],
            Self::SensorChange => &[K::SensorState],
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
