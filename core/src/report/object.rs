//! The IPC object of an alert: one reader for the alert, the policy and the key of repetitions.

use super::alert::Ipc;
use super::evidence_class::clause_class;
use super::wording::lossy;
use crate::event::KindTag;
use crate::matching::Hit;
use crate::rules::{Behavior, EvidenceClass};
use crate::state::HostState;
use crate::util::hash::Digest;
use crate::util::intern::Sym;

/// A mechanism and the name of the object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IpcObject {
    pub(crate) mechanism: &'static str,
    pub(crate) name: Option<Sym>,
    /// It is among the reference names.
    pub(crate) is_reference: bool,
}

impl IpcObject {
    /// The object that the ipc clauses are about: an endpoint, else what their kind of event is about.
    pub(crate) fn of(state: &HostState, rule: &Behavior, hits: &[Hit]) -> Option<Self> {
        let of_ipc = || hits.iter().filter(|h| clause_class(rule, h) == EvidenceClass::Ipc);
        let endpoint = of_ipc().chain(hits).find_map(|h| state.endpoint(h.endpoint));
        if let Some(endpoint) = endpoint {
            return Some(Self {
                mechanism: endpoint.mechanism.name(),
                name: Some(endpoint.name),
                is_reference: endpoint.reference.is_some(),
            });
        }
        let about = |hit: &Hit| {
            let mechanism = mechanism(rule, hit.source.kind)?;
            Some(Self { mechanism, name: object_name(hit, mechanism), is_reference: false })
        };
        let all = || of_ipc().filter_map(about);
        all().find(|ipc| ipc.name.is_some()).or_else(|| all().next())
    }

    pub(crate) fn text(self, state: &HostState) -> Ipc {
        Ipc { mechanism: self.mechanism, name: state.text(self.name).map(lossy) }
    }
}

/// The service or task that the hits are about.
pub(crate) fn service(state: &HostState, hits: &[Hit]) -> Option<Digest> {
    let is_service =
        |hit: &&Hit| matches!(hit.source.kind, KindTag::ServiceInstall | KindTag::TaskRegister | KindTag::TaskRun);
    hits.iter().filter(is_service).find_map(|hit| state.name(hit.object)).map(|name| name.identity)
}

/// ATT&CK techniques that say by which mechanism.
const TECHNIQUES: [(&str, &str); 4] =
    [("T1559.001", "com"), ("T1559.002", "dde"), ("T1559.003", "xpc_service"), ("T1047", "com")];

/// What an event without an endpoint came by: its kind says so, else the behavior's technique, else the kinds of event
/// that the behavior's ipc clauses look at besides.
fn mechanism(rule: &Behavior, kind: KindTag) -> Option<&'static str> {
    let has = |id: &str| rule.techniques.iter().any(|technique| technique.id == id);
    let technique = || TECHNIQUES.iter().find(|(id, _)| has(id)).map(|(_, mechanism)| *mechanism);
    let looks = |kind: &KindTag| rule.clauses.iter().any(|c| c.class == EvidenceClass::Ipc && c.looks_at(*kind));
    let besides = || KindTag::ALL.iter().copied().filter(looks).find_map(mechanism_of_kind);
    mechanism_of_kind(kind).or_else(technique).or_else(besides)
}

const fn mechanism_of_kind(kind: KindTag) -> Option<&'static str> {
    match kind {
        KindTag::AppleEvent | KindTag::PrivacyDecision => Some("apple_event"),
        KindTag::ComActivation => Some("com"),
        KindTag::DdeRequest => Some("dde"),
        KindTag::LaunchItemAdd => Some("launchd"),
        KindTag::ProcessAccess | KindTag::RemoteThread | KindTag::MemoryWrite => Some("process"),
        KindTag::ServiceInstall | KindTag::TaskRegister | KindTag::RpcCall => Some("rpc"),
        _ => None,
    }
}

/// The name of the application, class, service, task or interface. Other events are about something that is no IPC
/// object: a library, a value of the registry.
fn object_name(hit: &Hit, mechanism: &str) -> Option<Sym> {
    match hit.source.kind {
        KindTag::AppleEvent
        | KindTag::PrivacyDecision
        | KindTag::ComActivation
        | KindTag::DdeRequest
        | KindTag::LaunchItemAdd
        | KindTag::ServiceInstall
        | KindTag::TaskRegister
        | KindTag::RpcCall => hit.object,
        KindTag::RegistrySet if mechanism == "com" => hit.object,
        _ => None,
    }
}
