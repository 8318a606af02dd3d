//! Which mutable elements of a policy fit a behavior, and which parties of its alerts an entry may be about. Both follow
//! from the clauses, so that every behavior has whatever its evidence can be held against.

use super::{Behavior, ClauseId, Element, EvidenceClass, Memory, Require};
use crate::event::{KindTag, Mechanism, Os};

/// A party to an alert, by what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Party {
    /// Who made the IPC object.
    Creator,
    /// Who used the IPC object, or asked a service, class or application through it.
    Client,
    /// Who drove the whole, behind any broker: the alert's initiator.
    Requester,
    /// What was executed.
    Child,
    /// The parent of what was executed.
    Parent,
    /// Any ancestor of what was executed or of who drove it, at most 8 steps up.
    Ancestor,
    /// Who opened, wrote to or started a thread in another process.
    Injector,
    /// The process that this was done to.
    Injected,
}

impl Party {
    /// Every party with its name in policies.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("creator", Self::Creator),
        ("client", Self::Client),
        ("requester", Self::Requester),
        ("child", Self::Child),
        ("parent", Self::Parent),
        ("ancestor", Self::Ancestor),
        ("injector", Self::Injector),
        ("injected", Self::Injected),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, party)| *party == self).map_or("", |(name, _)| name)
    }
}

/// The kinds of events by which somebody uses an IPC object or asks a service.
pub(crate) const USES: &[KindTag] = &[
    KindTag::EndpointConnect,
    KindTag::ShareAccess,
    KindTag::ComActivation,
    KindTag::DdeRequest,
    KindTag::AppleEvent,
    KindTag::PrivacyDecision,
    KindTag::RpcCall,
    KindTag::ServiceInstall,
    KindTag::TaskRegister,
    KindTag::LaunchItemAdd,
];

/// The kinds of events by which one process interferes with another.
pub(crate) const INTRUSIONS: &[KindTag] =
    &[KindTag::ProcessAccess, KindTag::RemoteThread, KindTag::MemoryWrite, KindTag::FdDup];

const PIPES: &[Mechanism] = &[Mechanism::NamedPipe, Mechanism::AnonymousPipe];
const SOCKETS: &[Mechanism] =
    &[Mechanism::UnixPath, Mechanism::UnixAbstract, Mechanism::UnixUnnamed, Mechanism::DbusName];
const FILES: &[Mechanism] = &[
    Mechanism::Fifo,
    Mechanism::Pipe,
    Mechanism::PosixQueue,
    Mechanism::SysvQueue,
    Mechanism::Semaphore,
    Mechanism::SharedMemory,
];
const PORTS: &[Mechanism] = &[Mechanism::MachService, Mechanism::XpcService];

impl Behavior {
    /// The elements of which entries may cover its alerts, in the order of [`Element::ALL`].
    pub(crate) fn elements(&self) -> impl Iterator<Item = Element> + '_ {
        Element::ALL.iter().map(|(_, element)| *element).filter(|element| self.fits(*element))
    }

    /// Whether entries of an element may cover its alerts.
    pub(crate) fn fits(&self, element: Element) -> bool {
        let windows = self.os == Os::Windows;
        self.exempt.iter().any(|exemption| exemption.element == element)
            || match element {
                Element::PipeNamePattern => windows && self.uses(PIPES),
                Element::AllowedParentChildPairs => {
                    self.sees(&[KindTag::ProcessStart]) || self.has(EvidenceClass::Execution)
                }
                Element::SocketPathBaseline => !windows && self.uses(SOCKETS),
                Element::FIFOAccessPatterns => !windows && self.uses(FILES),
                Element::AllowedAppleEventTargets => self.sees(&[KindTag::AppleEvent, KindTag::PrivacyDecision]),
                Element::MachPortBaseline => {
                    self.os == Os::Macos && (self.uses(PORTS) || self.sees(&[KindTag::LaunchItemAdd]))
                }
                Element::COMObjectAllowList => self.sees(&[KindTag::ComActivation]),
                Element::AllowedXPCClients => self.os == Os::Macos && self.uses(&[Mechanism::XpcService]),
                Element::UnsignedBinaryAlertLevel => self.os == Os::Macos,
                Element::InjectedProcessList => self.has(EvidenceClass::Injection) || self.sees(INTRUSIONS),
                Element::AccessMask => windows && self.depends_on(KindTag::ProcessAccess),
                // What is remembered as long as a process lives has no window, nor has a single record.
                Element::TimeWindow => self.memory == Memory::Window && !self.may_be_one_record(),
            }
    }

    /// The parties that its alerts may have, in the order of [`Party::ALL`].
    pub(crate) fn parties(&self) -> impl Iterator<Item = Party> + '_ {
        Party::ALL.iter().map(|(_, party)| *party).filter(|party| self.has_party(*party))
    }

    /// Whether its alerts may have a party.
    pub(crate) fn has_party(&self, party: Party) -> bool {
        match party {
            Party::Creator => self.sees(&[KindTag::EndpointCreate, KindTag::EndpointConnect]),
            Party::Client => self.sees(USES),
            Party::Requester | Party::Ancestor => true,
            Party::Child | Party::Parent => self.has(EvidenceClass::Execution) || self.sees(&[KindTag::ProcessStart]),
            Party::Injector | Party::Injected => self.sees(INTRUSIONS),
        }
    }

    /// Whether a clause looks at one of these kinds of events.
    fn sees(&self, kinds: &[KindTag]) -> bool {
        self.clauses.iter().any(|clause| kinds.iter().any(|kind| clause.looks_at(*kind)))
    }

    /// Whether one clause may meet its requirements.
    fn may_be_one_record(&self) -> bool {
        (0..self.clauses.len()).any(|clause| self.require.holds(1 << clause, true))
    }

    /// Whether a clause that looks at a kind of event is part of what may complete it.
    fn depends_on(&self, kind: KindTag) -> bool {
        let clauses = (0..).zip(&self.clauses).filter(|(_, clause)| clause.looks_at(kind));
        let forms = || self.fallback.iter().fold(0, |clauses, form| clauses | form.have);
        { clauses }.any(|(id, _)| asks_for(&self.require, id) || forms() >> id & 1 == 1)
    }

    fn has(&self, class: EvidenceClass) -> bool {
        self.clauses.iter().any(|clause| clause.class == class)
    }

    /// Whether a clause asks for endpoints of one of these mechanisms, or for endpoints of any.
    fn uses(&self, mechanisms: &[Mechanism]) -> bool {
        let kinds = [KindTag::EndpointCreate, KindTag::EndpointConnect, KindTag::EndpointRemove];
        let of_endpoints = self.clauses.iter().filter(|clause| kinds.iter().any(|kind| clause.looks_at(*kind)));
        { of_endpoints }.any(|clause| {
            let mut wanted = clause.mechanisms().peekable();
            wanted.peek().is_none() || wanted.any(|mechanism| mechanisms.contains(&mechanism))
        })
    }
}

/// Whether a requirement asks for a clause.
fn asks_for(require: &Require, clause: ClauseId) -> bool {
    match require {
        Require::Clause(id) => *id == clause,
        Require::Absent(_) => false,
        Require::All(list) | Require::Any(list) | Require::AtLeast(_, list) => {
            list.iter().any(|part| asks_for(part, clause))
        }
    }
}

impl Element {
    /// Whom an entry is about that names no party, where the behavior does not say it by role.
    pub(crate) const fn usual_parties(self) -> &'static [Party] {
        match self {
            Self::PipeNamePattern | Self::SocketPathBaseline | Self::FIFOAccessPatterns | Self::MachPortBaseline => {
                &[Party::Creator, Party::Client]
            }
            Self::AllowedParentChildPairs => &[Party::Child],
            Self::AllowedAppleEventTargets | Self::COMObjectAllowList | Self::AllowedXPCClients => {
                &[Party::Client, Party::Requester]
            }
            Self::UnsignedBinaryAlertLevel | Self::TimeWindow => &[Party::Requester],
            Self::InjectedProcessList | Self::AccessMask => &[Party::Injector],
        }
    }
}
