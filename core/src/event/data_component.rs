//! The data components by which MITRE ATT&CK names telemetry, as of its version 18.

use serde::Serialize;

use super::{KindTag, Mechanism};

/// A data component of MITRE ATT&CK: what defenders call the telemetry that a kind of event is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct DataComponent {
    /// Its id, `DC0048`.
    pub id: &'static str,
    /// Its name, `Named Pipe Metadata`.
    pub name: &'static str,
}

impl DataComponent {
    const fn new(id: &'static str, name: &'static str) -> Self {
        Self { id, name }
    }

    /// The component of a kind of events, and of the mechanism of their endpoint if they have one. Calls that ATT&CK has no
    /// component of their own for are executions of the system's interfaces. AN1358 lists local sockets with the creation
    /// of processes; here they are such calls, too, since a host that logs one seldom logs the other.
    pub(crate) const fn of(kind: KindTag, mechanism: Option<Mechanism>) -> Self {
        match kind {
            KindTag::ProcessStart => Self::new("DC0032", "Process Creation"),
            KindTag::ProcessEnd => Self::new("DC0033", "Process Termination"),
            KindTag::ProcessSeen => Self::new("DC0034", "Process Metadata"),
            KindTag::ProcessAccess => PROCESS_ACCESS,
            KindTag::RemoteThread | KindTag::MemoryWrite | KindTag::ImageTamper | KindTag::CodeSignInvalid => {
                Self::new("DC0020", "Process Modification")
            }
            KindTag::ImageLoad => Self::new("DC0016", "Module Load"),
            KindTag::EndpointCreate | KindTag::EndpointConnect | KindTag::EndpointRemove => match mechanism {
                // DET0335 lists messages over XPC here.
                Some(Mechanism::NamedPipe | Mechanism::AnonymousPipe | Mechanism::XpcService) => {
                    Self::new("DC0048", "Named Pipe Metadata")
                }
                // AN1358 lists FIFOs here.
                Some(Mechanism::Fifo) => FILE_ACCESS,
                // AN1359 lists the registration of Mach ports, and access to them, here.
                Some(Mechanism::MachService) => PROCESS_ACCESS,
                _ => SYSTEM_CALL,
            },
            KindTag::FdDup | KindTag::ComActivation | KindTag::DdeRequest | KindTag::RpcCall => SYSTEM_CALL,
            KindTag::ShareAccess => Self::new("DC0102", "Network Share Access"),
            KindTag::RegistrySet => Self::new("DC0063", "Windows Registry Key Modification"),
            KindTag::RegistryQuery => Self::new("DC0050", "Windows Registry Key Access"),
            KindTag::AppleEvent | KindTag::ScriptRun => Self::new("DC0029", "Script Execution"),
            KindTag::PrivacyDecision => Self::new("DC0038", "Application Log Content"),
            KindTag::ServiceInstall | KindTag::LaunchItemAdd => Self::new("DC0060", "Service Creation"),
            KindTag::ServiceChange => Self::new("DC0065", "Service Modification"),
            KindTag::TaskRegister => Self::new("DC0001", "Scheduled Job Creation"),
            KindTag::TaskRun => Self::new("DC0005", "Scheduled Job Metadata"),
            KindTag::Logon => Self::new("DC0067", "Logon Session Creation"),
            KindTag::SessionChange => Self::new("DC0088", "Logon Session Metadata"),
            KindTag::NetworkConnect => Self::new("DC0082", "Network Connection Creation"),
            KindTag::FileAccess => FILE_ACCESS,
            KindTag::SensorState => Self::new("DC0018", "Host Status"),
        }
    }
}

const PROCESS_ACCESS: DataComponent = DataComponent::new("DC0035", "Process Access");
const FILE_ACCESS: DataComponent = DataComponent::new("DC0055", "File Access");
const SYSTEM_CALL: DataComponent = DataComponent::new("DC0021", "OS API Execution");
