//! The value of a field for one event, and whether a predicate holds on it.

use crate::catalogue::{Field, Predicate, ProcessField, Sieve, Sifted, Subject, Tags, TermBits, Test};
use crate::causality::{Principal, Process, ProcessId, Scene, World, basename};
use crate::event::{Event, Kind, Os, ProcessRef};

/// What a field is for one event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Missing,
    /// The source of the event does not tell: whether there is one is not known.
    Untold,
    /// Text, with its terms where it was interned.
    Text(&'a [u8], Option<&'a TermBits>),
    /// A number, a bool, or the position of a name in its list.
    Number(i64),
    Tags(Tags),
}

impl<'a> Value<'a> {
    fn text(text: Option<&'a [u8]>) -> Self {
        text.map_or(Value::Missing, |t| Value::Text(t, None))
    }

    fn number<N: Into<i64>>(number: Option<N>) -> Self {
        number.map_or(Value::Missing, |n| Value::Number(n.into()))
    }

    /// Of a source that tells it or not.
    fn told(self, is_told: bool) -> Self {
        if matches!(self, Value::Missing) && !is_told { Value::Untold } else { self }
    }
}

/// One event as predicates see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) world: &'a World,
    pub(crate) event: &'a Event<'a>,
    pub(crate) scene: &'a Scene,
    pub(crate) tags: Tags,
    /// Whom predicates speak of most, looked up once.
    actor: Option<&'a Process>,
}

impl<'a> View<'a> {
    pub(crate) fn new(world: &'a World, event: &'a Event<'a>, scene: &'a Scene, tags: Tags) -> Self {
        Self { world, event, scene, tags, actor: world.process(scene.actor) }
    }

    /// Whether every predicate holds.
    pub(crate) fn holds(&self, predicates: &[Predicate]) -> bool {
        predicates.iter().all(|p| self.test(p.field, &p.test))
    }

    fn test(&self, field: Field, test: &Test) -> bool {
        let value = self.value(field);
        match (test, value) {
            (Test::Unknown(_), Value::Untold) => false,
            (Test::Unknown(wanted), value) => matches!(value, Value::Missing) == *wanted,
            (Test::Not(inner), _) => !self.test(field, inner),
            (Test::Tag(tag), Value::Tags(tags)) => tags.has(*tag) || tag.is_lazy() && self.world.is_kin(self.scene),
            (Test::TextIn(list), Value::Text(text, _)) => list.iter().any(|t| self.same_text(t, text)),
            (Test::Template(template), Value::Text(text, _)) => template.fits(text),
            (Test::Rare(wanted), Value::Text(..)) => {
                self.world.endpoint(self.scene.endpoint).is_some_and(|e| e.entry.is_none() == *wanted)
            }
            (Test::Term(wanted), Value::Text(text, bits)) => {
                let terms = self.world.catalogue.terms();
                // What terms say was worked out when a name was interned, a command line learned.
                wanted.iter().any(|&term| match bits {
                    Some(bits) if field.is_text() || !terms.is_text(term) => bits.has(term),
                    _ => terms.matches(term, text),
                })
            }
            (Test::NumberIn(list), Value::Number(n)) => list.contains(&n),
            (Test::Less(limit), Value::Number(n)) => n < *limit,
            (Test::Greater(limit), Value::Number(n)) => n > *limit,
            (Test::BitsAny(bits), Value::Number(n)) => n as u64 & bits != 0,
            (Test::Same(other), Value::Text(text, _)) => {
                matches!(self.value(*other), Value::Text(t, _) if self.same_text(t, text))
            }
            (Test::Same(other), Value::Number(n)) => matches!(self.value(*other), Value::Number(m) if m == n),
            _ => false,
        }
    }

    /// The clauses of a sieve that the event meets, in their order.
    pub(super) fn meets(&self, sieve: &'a Sieve) -> impl Iterator<Item = &'a Sifted> {
        let mut left = sieve.by_facts(self.tags);
        if sieve.asks_mechanism() {
            left &= sieve.by_mechanism(match self.value(Field::EndpointMechanism) {
                Value::Number(mechanism) => Some(mechanism),
                _ => None,
            });
        }
        for place in &sieve.places {
            if left & place.asking != 0 {
                left &= place.passing(&self.terms_of(place.field));
            }
        }
        let may = core::iter::from_fn(move || {
            let next = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            sieve.clauses.get(next as usize)
        });
        may.filter(|clause| self.holds(&clause.rest))
    }

    fn terms_of(&self, field: Field) -> TermBits {
        let terms = self.world.catalogue.terms();
        match self.value(field) {
            Value::Text(_, Some(bits)) => *bits,
            Value::Text(text, None) if field.is_text() => terms.of_text(text),
            Value::Text(text, None) => terms.of_name(text),
            _ => TermBits::NONE,
        }
    }

    fn same_text(&self, a: &[u8], b: &[u8]) -> bool {
        if self.event.os == Os::Linux { a == b } else { a.eq_ignore_ascii_case(b) }
    }

    /// The process a subject means.
    pub(crate) fn subject(&self, subject: Subject) -> Option<ProcessId> {
        let world = self.world;
        match subject {
            Subject::Actor => self.scene.actor,
            Subject::Parent => world.parent(self.scene.actor),
            Subject::Grandparent => world.parent(world.parent(self.scene.actor)),
            Subject::Target => self.scene.target,
            Subject::Owner => world.endpoint(self.scene.endpoint).and_then(|e| e.owner),
            Subject::Peer => self.scene.peer,
            Subject::Requester => match self.actor.and_then(|a| a.requester)?.by {
                Principal::Process(process) => Some(process),
                Principal::Remote(_) => None,
            },
            Subject::Responsible => {
                self.scene.responsible.or_else(|| world.process(self.scene.actor).and_then(|p| p.responsible))
            }
        }
    }

    /// What the event itself says of a subject.
    fn reference(&self, subject: Subject) -> Option<&'a ProcessRef<'a>> {
        match (subject, &self.event.kind) {
            (Subject::Actor, _) => Some(&self.event.actor),
            (Subject::Parent, _) => Some(&self.event.parent),
            (Subject::Target, Kind::ProcessAccess(k)) => Some(&k.target),
            (Subject::Target, Kind::RemoteThread(k)) => Some(&k.target),
            (Subject::Target, Kind::MemoryWrite(k)) => Some(&k.target),
            _ => None,
        }
    }

    fn process(&self, subject: Subject, field: ProcessField) -> Value<'a> {
        let world = self.world;
        let known = match subject {
            Subject::Actor => self.actor,
            Subject::Parent => world.process(self.actor.and_then(|a| a.parent)),
            other => world.process(self.subject(other)),
        };
        let Some(known) = known else {
            return self.reference(subject).map_or(Value::Missing, |r| of_reference(r, field));
        };
        let name = |sym| world.name(sym).map_or(Value::Missing, |n| Value::Text(n.text(), Some(&n.memo)));
        match field {
            ProcessField::Image => name(known.image),
            ProcessField::ImageName => Value::text(world.text(known.image).map(basename)),
            ProcessField::CommandLine => match &known.command_line {
                Some(text) => Value::Text(text, Some(&known.command_terms)),
                None => Value::text(self.reference(subject).and_then(|r| r.command_line)),
            },
            ProcessField::User => name(known.user),
            ProcessField::Uid => Value::number(known.uid),
            ProcessField::Auid => Value::number(known.auid).told(self.event.source.channel.tells_logins(self.event.os)),
            ProcessField::Session => Value::number(known.session.map(|s| s as i64)),
            ProcessField::Terminal => {
                name(known.terminal).told(self.event.source.channel.tells_terminals(self.event.os))
            }
            ProcessField::Integrity => Value::number(known.integrity.map(|i| i as u8)),
            ProcessField::Signing => Value::number(known.signing.map(|s| s as u8)),
            ProcessField::Signer => name(known.signer),
            ProcessField::OriginalFileName => name(known.original_file_name),
            ProcessField::ArgumentCount => Value::number(known.argument_count),
            ProcessField::Trust => Value::Number(world.trust(self.event.os, known)),
        }
    }

    fn value(&self, field: Field) -> Value<'a> {
        let name = |sym| self.world.name(sym).map_or(Value::Missing, |n| Value::Text(n.text(), Some(&n.memo)));
        match (field, &self.event.kind) {
            (Field::Process(subject, field), _) => self.process(subject, field),
            (Field::Tags, _) => Value::Tags(self.tags),
            (
                Field::EndpointMechanism,
                Kind::EndpointCreate(k) | Kind::EndpointConnect(k) | Kind::EndpointRemove(k),
            ) => Value::Number(k.endpoint.mechanism as i64),
            (Field::EndpointMechanism, _) => {
                Value::number(self.world.endpoint(self.scene.endpoint).map(|e| e.mechanism as u8))
            }
            (Field::EndpointName, _) => name(self.world.endpoint(self.scene.endpoint).map(|e| e.name)),
            (Field::EndpointOwnerUid, _) => {
                Value::number(self.world.endpoint(self.scene.endpoint).and_then(|e| e.owner_uid))
            }
            (Field::EndpointAccepted, Kind::EndpointConnect(k)) => Value::Number(i64::from(k.accepted)),
            (Field::EndpointWrites, Kind::EndpointConnect(k)) => Value::number(k.writes),
            (Field::AccessMask, Kind::ProcessAccess(k)) => Value::Number(i64::from(k.access.mask)),
            (Field::AccessMethod, Kind::ProcessAccess(k)) => Value::Number(k.access.method as i64),
            (Field::AccessUnbacked, Kind::ProcessAccess(k)) => Value::Number(i64::from(k.unbacked_caller)),
            (Field::ThreadModule, Kind::RemoteThread(k)) => Value::text(k.start_module),
            (Field::ThreadFunction, Kind::RemoteThread(k)) => Value::text(k.start_function),
            (Field::ImagePath, Kind::ImageLoad(_)) => name(self.scene.object),
            (Field::ImageSigned, Kind::ImageLoad(k)) => Value::number(k.signed),
            (Field::ImageSigner, Kind::ImageLoad(k)) => Value::text(k.signer),
            (Field::ShareName, Kind::ShareAccess(k)) => Value::text(k.share),
            (Field::ShareTarget, Kind::ShareAccess(k)) => Value::text(k.name),
            (Field::ShareAddress, Kind::ShareAccess(k)) => Value::text(k.address),
            (Field::ComClsid, Kind::ComActivation(k)) => Value::text(k.clsid),
            (Field::ComAddress, Kind::ComActivation(k)) => Value::text(k.address),
            (Field::RegistryPath, Kind::RegistrySet(_) | Kind::RegistryQuery(_)) => name(self.scene.object),
            (Field::RegistryData, Kind::RegistrySet(k) | Kind::RegistryQuery(k)) => Value::text(k.data),
            (Field::RegistryOperation, Kind::RegistrySet(k) | Kind::RegistryQuery(k)) => Value::text(k.operation),
            (Field::DdeService, Kind::DdeRequest(k)) => Value::text(k.service),
            (Field::DdeTopic, Kind::DdeRequest(k)) => Value::text(k.topic),
            (Field::AppleEventCode, Kind::AppleEvent(k)) => Value::text(k.code),
            (Field::AppleEventTarget, Kind::AppleEvent(k)) => Value::text(k.target),
            (Field::AppleEventHidden, Kind::AppleEvent(k)) => Value::number(k.hidden_answer),
            (Field::AppleEventMute, Kind::AppleEvent(k)) => Value::number(k.mute),
            (Field::AppleEventText, Kind::AppleEvent(k)) => Value::text(k.text),
            (Field::AppleEventReply, Kind::AppleEvent(k)) => Value::Number(i64::from(k.reply)),
            (Field::ScriptPath, Kind::ScriptRun(k)) => Value::text(k.path),
            (Field::ScriptText, Kind::ScriptRun(k)) => Value::text(k.text),
            (Field::PrivacyService, Kind::PrivacyDecision(k)) => Value::text(k.service),
            (Field::PrivacyTarget, Kind::PrivacyDecision(k)) => Value::text(k.target),
            (Field::PrivacyAllowed, Kind::PrivacyDecision(k)) => Value::number(k.allowed),
            (Field::ServiceName, Kind::ServiceInstall(k)) => Value::text(k.name),
            (Field::ServiceCommand, Kind::ServiceInstall(k)) => Value::text(k.command),
            (Field::ServiceAccount, Kind::ServiceInstall(k)) => Value::text(k.account),
            (Field::TaskName, Kind::TaskRegister(k)) => Value::text(k.name),
            (Field::TaskCommand, Kind::TaskRegister(k)) => Value::text(k.command),
            (Field::TaskDeleted, Kind::TaskRegister(k)) => Value::Number(i64::from(k.deleted)),
            (Field::TaskSubscription, Kind::TaskRegister(k)) => Value::Number(i64::from(k.subscription)),
            (Field::LaunchLabel, Kind::LaunchItemAdd(k)) => Value::text(k.label),
            (Field::LaunchProgram, Kind::LaunchItemAdd(k)) => Value::text(k.program),
            (Field::LogonType, Kind::Logon(k)) => Value::number(k.logon_type),
            (Field::LogonUser, Kind::Logon(k)) => Value::text(k.user),
            (Field::LogonAddress, Kind::Logon(k)) => Value::text(k.address),
            (Field::NetworkDirection, Kind::NetworkConnect(k)) => Value::Number(k.direction as i64),
            (Field::NetworkLocalAddress, Kind::NetworkConnect(k)) => Value::text(k.local_address),
            (Field::NetworkRemoteAddress, Kind::NetworkConnect(k)) => Value::text(k.remote_address),
            (Field::NetworkLocalPort, Kind::NetworkConnect(k)) => Value::number(k.local_port),
            (Field::NetworkRemotePort, Kind::NetworkConnect(k)) => Value::number(k.remote_port),
            (Field::FilePath, Kind::FileAccess(k)) => Value::text(k.path),
            (Field::FileOperation, Kind::FileAccess(k)) => Value::Number(k.operation as i64),
            (Field::DupFrom, Kind::FdDup(k)) => Value::number(k.from),
            (Field::DupTo, Kind::FdDup(k)) => Value::number(k.to),
            (Field::StartMethod, Kind::ProcessStart(k)) => Value::Number(k.method as i64),
            (Field::StartScript, Kind::ProcessStart(k)) => Value::text(k.script),
            (Field::SensorChange, Kind::SensorState(k)) => Value::Number(k.change as i64),
            _ => Value::Missing,
        }
    }

    /// The text of a field, for keys.
    pub(super) fn text_of(&self, field: Field) -> Option<&'a [u8]> {
        match self.value(field) {
            Value::Text(text, _) => Some(text),
            _ => None,
        }
    }
}

/// A fact of a process that is in no table (a remote client has none on this host).
fn of_reference<'a>(reference: &'a ProcessRef<'a>, field: ProcessField) -> Value<'a> {
    match field {
        ProcessField::Image => Value::text(reference.image),
        ProcessField::ImageName => Value::text(reference.image.map(basename)),
        ProcessField::CommandLine => Value::text(reference.command_line),
        ProcessField::User => Value::text(reference.user),
        ProcessField::Uid => Value::number(reference.uid),
        ProcessField::Auid => Value::number(reference.auid),
        ProcessField::Session => Value::number(reference.session.map(|s| s as i64)),
        ProcessField::Terminal => Value::text(reference.terminal),
        ProcessField::Integrity => Value::number(reference.integrity.map(|i| i as u8)),
        ProcessField::Signing => Value::number(reference.signing.map(|s| s as u8)),
        ProcessField::Signer => Value::text(reference.signer),
        ProcessField::OriginalFileName => Value::text(reference.original_file_name),
        ProcessField::ArgumentCount => Value::number(reference.argument_count),
        ProcessField::Trust => Value::Missing,
    }
}
