//! Who the parties to an alert are: the processes that entries of a policy are about.

use alloc::vec::Vec;

use smallvec::SmallVec;

use super::draft::Draft;
use super::evidence_class::clause_class;
use super::object::IpcObject;
use crate::event::KindTag;
use crate::matching::{Bound, Completion, Hit};
use crate::policy::{ElementEntry, ProcessAttributes};
use crate::rules::{Behavior, EvidenceClass, INTRUSIONS, Party, USES};
use crate::state::{HostState, ProcessId};

/// An alert that is asked for its parties.
#[derive(Clone, Copy)]
pub(super) struct Parties<'a> {
    pub(super) state: &'a HostState,
    pub(super) rule: &'a Behavior,
    pub(super) completion: &'a Completion,
    pub(super) draft: &'a Draft,
}

impl<'a> Parties<'a> {
    /// Whom an entry is about: the party it names; else the roles that the behavior names for its element, else the
    /// parties that are usual for it.
    pub(super) fn of_entry(&self, entry: &ElementEntry) -> Vec<ProcessAttributes<'a>> {
        if let Some(party) = entry.party() {
            return self.of(party);
        }
        let own = self.rule.exempt.iter().filter(|exemption| exemption.element == entry.element());
        let roles: SmallVec<[Option<Bound>; 4]> =
            own.map(|exemption| self.hits().iter().find_map(|hit| hit.role(exemption.subject))).collect();
        if roles.is_empty() {
            return entry.element().usual_parties().iter().flat_map(|party| self.of(*party)).collect();
        }
        let processes = roles.iter().filter_map(|bound| match bound {
            Some(Bound::Process(process)) => Some(*process),
            _ => None,
        });
        processes.map(|process| self.attributes(Some(process))).collect()
    }

    /// The processes that are a party.
    fn of(&self, party: Party) -> Vec<ProcessAttributes<'a>> {
        let (state, hits) = (self.state, self.hits());
        let mut found: SmallVec<[ProcessId; 16]> = SmallVec::new();
        let of_kinds = |kinds: &'static [KindTag]| hits.iter().filter(move |hit| kinds.contains(&hit.source.kind));
        match party {
            Party::Requester => return alloc::vec![self.initiator()],
            Party::Creator => {
                found.extend(of_kinds(&[KindTag::EndpointCreate]).filter_map(|hit| hit.actor));
                found.extend(hits.iter().filter_map(|hit| state.endpoint(hit.endpoint)?.owner));
            }
            Party::Client => found.extend(of_kinds(USES).filter_map(|hit| hit.actor)),
            Party::Child => found.extend(self.children()),
            Party::Parent => found.extend(self.children().into_iter().filter_map(|child| state.parent(Some(child)))),
            Party::Ancestor => {
                let initiator = match self.draft.initiator {
                    Some(Bound::Process(process)) => Some(process),
                    _ => None,
                };
                for of in self.children().into_iter().chain(initiator) {
                    found.extend(state.ancestors(Some(of)));
                }
            }
            Party::Injector => found.extend(of_kinds(INTRUSIONS).filter_map(|hit| hit.actor)),
            Party::Injected => found.extend(of_kinds(INTRUSIONS).filter_map(|hit| hit.target)),
        }
        let mut once: Vec<ProcessId> = Vec::new();
        for process in found {
            if !once.contains(&process) {
                once.push(process);
            }
        }
        once.into_iter().map(|process| self.attributes(Some(process))).collect()
    }

    /// What was executed.
    fn children(&self) -> SmallVec<[ProcessId; 8]> {
        let executed = self.hits().iter().filter(|hit| clause_class(self.rule, hit) == EvidenceClass::Execution);
        self.draft.target.into_iter().chain(executed.filter_map(|hit| hit.target.or(hit.actor))).collect()
    }

    /// The initiator, as the alert names it: as it was when it acted.
    pub(super) fn initiator(&self) -> ProcessAttributes<'a> {
        let state = self.state;
        match self.draft.initiator {
            Some(Bound::Process(process)) => {
                let now = self.attributes(Some(process));
                ProcessAttributes { image: state.text(self.draft.initiator_image).or(now.image), ..now }
            }
            Some(Bound::Remote(remote)) => {
                let user = state.remote(remote).and_then(|remote| state.text(remote.user));
                ProcessAttributes { user, ..ProcessAttributes::default() }
            }
            None => ProcessAttributes::default(),
        }
    }

    pub(super) fn attributes(&self, id: Option<ProcessId>) -> ProcessAttributes<'a> {
        let state = self.state;
        let Some(process) = state.process(id) else { return ProcessAttributes::default() };
        ProcessAttributes {
            image: state.text(process.image),
            parent_image: state.process(process.parent).and_then(|p| state.text(p.image)),
            user: state.text(process.user),
            signer: state.text(process.signer),
            command_line: process.command_line.as_deref(),
            uid: process.uid,
        }
    }

    /// The name of the IPC object that the alert is about.
    pub(super) fn name(&self) -> Option<&'a [u8]> {
        IpcObject::of(self.state, self.rule, self.hits()).and_then(|object| self.state.text(object.name))
    }

    /// That name, and those of all other objects of its records: pipes, sockets, classes, services, tasks, methods.
    pub(super) fn names(&self) -> SmallVec<[&'a [u8]; 8]> {
        let state = self.state;
        let endpoints = self.hits().iter().filter_map(|hit| state.text(Some(state.endpoint(hit.endpoint)?.name)));
        let objects = self.hits().iter().filter(|hit| NAMED.contains(&hit.source.kind));
        let objects = objects.filter_map(|hit| state.text(hit.object));
        let mut names: SmallVec<[&[u8]; 8]> = SmallVec::new();
        for name in self.name().into_iter().chain(endpoints).chain(objects) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn hits(&self) -> &'a [Hit] {
        &self.completion.hits
    }
}

/// The kinds of events whose object is something that is asked for by name.
const NAMED: &[KindTag] = &[
    KindTag::AppleEvent,
    KindTag::PrivacyDecision,
    KindTag::ComActivation,
    KindTag::DdeRequest,
    KindTag::LaunchItemAdd,
    KindTag::ServiceInstall,
    KindTag::ServiceChange,
    KindTag::TaskRegister,
    KindTag::TaskRun,
    KindTag::RpcCall,
    KindTag::RegistrySet,
    KindTag::RegistryQuery,
    KindTag::ShareAccess,
];
