//! The relations that events and alerts are instances of.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::relation::{Relation, RelationKind};
use crate::event::{KindTag, Mechanism};
use crate::matching::{Bound, Completion, HitEvent};
use crate::names::{self, NameKind};
use crate::report::{Draft, IpcObject};
use crate::rules::Behavior;
use crate::state::{HostState, ProcessId};
use crate::util::hash::{Hasher, Keyed};
use crate::util::intern::Sym;

/// What stands in a relation for a client on another host.
pub(super) const REMOTE: &str = "(remote)";

/// A relation before its templates are made: the names that it is made of, as interned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Act {
    kind: RelationKind,
    /// The object, or who is not the actor.
    first: Option<Sym>,
    /// The endpoint's owner.
    owner: Option<Sym>,
    /// The image of who acted.
    actor: Option<Sym>,
    is_creation: bool,
    is_remote: bool,
    /// The object is a reference name: it is a name however its letters follow one another.
    is_reference: bool,
}

impl Act {
    /// The relation that an event is an instance of, if it is one that is learned.
    pub(super) fn of(state: &HostState, event: &HitEvent) -> Option<Self> {
        let plain = |kind, first| Self {
            kind,
            first,
            owner: None,
            actor: event.image,
            is_creation: false,
            is_remote: false,
            is_reference: false,
        };
        let act = match event.source.kind {
            KindTag::EndpointCreate | KindTag::EndpointConnect | KindTag::ShareAccess => {
                let endpoint = state.endpoint(event.endpoint)?;
                let is_creation = event.source.kind == KindTag::EndpointCreate;
                let owner = state.process(endpoint.owner).and_then(|owner| owner.image);
                Self {
                    owner: if is_creation { event.image } else { owner },
                    is_creation,
                    is_remote: event.source.kind == KindTag::ShareAccess,
                    is_reference: endpoint.reference.is_some(),
                    ..plain(kind_of(endpoint.mechanism)?, Some(endpoint.name))
                }
            }
            KindTag::AppleEvent => plain(RelationKind::AppleEvent, event.object),
            KindTag::ComActivation => plain(RelationKind::Class, event.object),
            KindTag::ProcessStart => plain(RelationKind::Child, event.other_image),
            _ => return None,
        };
        (act.first.is_some() && (act.actor.is_some() || act.is_remote)).then_some(act)
    }

    /// A number for places in a cache.
    pub(super) fn number(self) -> u64 {
        let number = |sym: Option<Sym>| sym.map_or(0, Sym::number);
        let hasher = Hasher::new(0).u64(self.kind as u64).u64(number(self.first)).u64(number(self.owner));
        hasher.u64(number(self.actor) << 1 | u64::from(self.is_creation)).finish()
    }

    /// The relation on a host of a group.
    pub(super) fn relation(self, state: &HostState, group: &str) -> Relation {
        let object = || template(state, self.first, self.is_reference);
        let image = |sym| template(state, sym, true);
        let actor = || if self.is_remote { REMOTE.into() } else { image(self.actor) };
        let relation = |names: &[&str]| Relation::new(self.kind, group, names);
        match self.kind {
            RelationKind::Fifo | RelationKind::Queue => relation(&[&object(), &actor()]),
            RelationKind::AppleEvent => {
                // Target and code are one name; the code has no blank.
                let object = template(state, self.first, true);
                let (target, code) = object.rsplit_once(' ').unwrap_or((&object, ""));
                relation(&[&actor(), target, code])
            }
            RelationKind::Class => relation(&[&lower(state, self.first), &actor()]),
            RelationKind::Child => relation(&[&image(self.first), &actor()]),
            _ => {
                let client = if self.is_creation { String::new() } else { actor() };
                relation(&[&object(), &image(self.owner), &client])
            }
        }
    }
}

const fn kind_of(mechanism: Mechanism) -> Option<RelationKind> {
    match mechanism {
        Mechanism::NamedPipe => Some(RelationKind::Pipe),
        Mechanism::UnixPath | Mechanism::UnixAbstract => Some(RelationKind::Socket),
        Mechanism::Fifo => Some(RelationKind::Fifo),
        Mechanism::PosixQueue | Mechanism::SysvQueue | Mechanism::Semaphore | Mechanism::SharedMemory => {
            Some(RelationKind::Queue)
        }
        Mechanism::MachService | Mechanism::XpcService | Mechanism::DbusName => Some(RelationKind::Service),
        Mechanism::AnonymousPipe | Mechanism::UnixUnnamed | Mechanism::Pipe => None,
    }
}

/// The relations of a completion: the whole of it, then each of its records.
pub(crate) fn of_alert(
    state: &HostState,
    rule: &Behavior,
    completion: &Completion,
    draft: &Draft,
    group: &str,
) -> Vec<Relation> {
    let image = |sym: Option<Sym>| template(state, sym, true);
    let image_of = |id: Option<ProcessId>| image(state.process(id).and_then(|process| process.image));
    let line_of = |id: Option<ProcessId>| state.process(id).and_then(|process| process.command_line.as_deref());
    let initiator = match draft.initiator {
        Some(Bound::Process(process)) if draft.initiator_image.is_none() => image_of(Some(process)),
        Some(Bound::Process(_)) => image(draft.initiator_image),
        Some(Bound::Remote(_)) => REMOTE.into(),
        None => String::new(),
    };
    let object = IpcObject::of(state, rule, &completion.hits);
    let object = object.map(|object| (object.name, object.is_reference || state.is_system(rule.os, object.name)));
    let object = object.map(|(name, is_known)| template(state, name, is_known)).unwrap_or_default();
    let whole = [&rule.code[..], &initiator, &image_of(draft.actor), &image_of(draft.target), &object];
    let mut relations = alloc::vec![Relation::new(RelationKind::Alert, group, &whole)];
    for hit in &completion.hits {
        let clause = rule.clauses.get(usize::from(hit.clause)).map_or("", |clause| clause.name.as_str());
        let endpoint = state.endpoint(hit.endpoint);
        let is_reference = endpoint.is_some_and(|endpoint| endpoint.reference.is_some());
        // Who logs on is a user, and users have no place in a baseline.
        let about = endpoint.map(|endpoint| endpoint.name).or(hit.object.filter(|_| hit.source.kind != KindTag::Logon));
        let about = template(state, about, is_reference);
        let mut commands = Keyed::new(0);
        let detail = state.text(hit.detail);
        for command in [line_of(hit.actor), line_of(hit.target), detail].into_iter().map(Option::unwrap_or_default) {
            commands = commands.bytes(names::command_shape(&String::from_utf8_lossy(command)).as_bytes());
        }
        let commands = format!("{:016x}", commands.finish_digest().halves().0);
        let (actor, other) = (image(hit.image), image(hit.other_image));
        let names = [&rule.code[..], clause, &initiator, &actor, &other, &about, &commands];
        let relation = Relation::new(RelationKind::Evidence, group, &names);
        if !relations.contains(&relation) {
            relations.push(relation);
        }
    }
    relations
}

/// The template of an interned name, empty if it is not known.
fn template(state: &HostState, name: Option<Sym>, readable: bool) -> String {
    names::template(&lower(state, name), readable)
}

/// An interned name, in lower case where case does not matter.
fn lower(state: &HostState, name: Option<Sym>) -> String {
    let Some(name) = state.name(name) else { return String::new() };
    let text = String::from_utf8_lossy(name.text()).into_owned();
    if NameKind::case_matters_by_number(name.name_kind()) { text } else { text.to_ascii_lowercase() }
}
