//! The value of a field for one event, and whether a predicate holds on it.

use crate::event::{Event, Kind, Os, ProcessRef};
use crate::rules::{ClauseIndex, Field, IndexedClause, ListBits, Predicate, ProcessField, Subject, Tags, Test};
use crate::state::{HostState, Principal, Process, ProcessId, ResolvedEvent, basename};

/// What a field is for one event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Missing,
    /// The source of the event does not collect it: whether there is one is not known.
    NotCollected,
    /// Text, with its lists where it was interned.
    Text(&'a [u8], Option<&'a ListBits>),
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

    /// Of a source that collects it or not.
    fn collected(self, is_collected: bool) -> Self {
        if matches!(self, Value::Missing) && !is_collected { Value::NotCollected } else { self }
    }
}

/// One event as predicates see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) state: &'a HostState,
    pub(crate) event: &'a Event<'a>,
    pub(crate) resolved: &'a ResolvedEvent,
    pub(crate) tags: Tags,
    /// Whom predicates speak of most, looked up once.
    actor: Option<&'a Process>,
}

impl<'a> View<'a> {
    pub(crate) fn new(state: &'a HostState, event: &'a Event<'a>, resolved: &'a ResolvedEvent, tags: Tags) -> Self {
        Self { state, event, resolved, tags, actor: state.process(resolved.actor) }
    }

    /// Whether every predicate holds.
    pub(crate) fn holds(&self, predicates: &[Predicate]) -> bool {
        predicates.iter().all(|predicate| match predicate {
            Predicate::Test(field, test) => self.test(*field, test),
            Predicate::Any(ways) => ways.iter().any(|way| self.holds(way)),
        })
    }

    fn test(&self, field: Field, test: &Test) -> bool {
        let value = self.value(field);
        match (test, value) {
            (Test::Unknown(_), Value::NotCollected) => false,
            (Test::Unknown(wanted), value) => matches!(value, Value::Missing) == *wanted,
            (Test::Not(inner), _) => !self.test(field, inner),
            (Test::Tag(tag), Value::Tags(tags)) => {
                tags.has(*tag) || tag.is_lazy() && self.state.is_related(self.resolved)
            }
            (Test::TextIn(any_of), Value::Text(text, _)) => any_of.iter().any(|t| self.same_text(t, text)),
            (Test::Like(any_of), Value::Text(text, _)) => any_of.iter().any(|pattern| pattern.matches(text)),
            (Test::Template(template), Value::Text(text, _)) => template.fits(text),
            (Test::Rare(wanted), Value::Text(..)) => {
                self.state.endpoint(self.resolved.endpoint).is_some_and(|e| e.reference.is_none() == *wanted)
            }
            (Test::List(wanted), Value::Text(text, bits)) => {
                let lists = self.state.catalog.lists();
                // What lists say was worked out when a name was interned, a command line learned.
                wanted.iter().any(|&list| match bits {
                    Some(bits) if field.is_text() || !lists.is_text(list) => bits.has(list),
                    _ => lists.matches(list, text),
                })
            }
            (Test::NumberIn(any_of), Value::Number(n)) => any_of.contains(&n),
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

    /// The clauses of a clause index that the event meets, in their order.
    pub(super) fn meets(&self, index: &'a ClauseIndex) -> impl Iterator<Item = &'a IndexedClause> {
        let mut left = index.by_tags(self.tags);
        if index.asks_mechanism() {
            left &= index.by_mechanism(match self.value(Field::EndpointMechanism) {
                Value::Number(mechanism) => Some(mechanism),
                _ => None,
            });
        }
        for place in &index.places {
            if left & place.asking != 0 {
                left &= place.passing(&self.lists_of(place.field));
            }
        }
        let may = core::iter::from_fn(move || {
            let next = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            index.clauses.get(next as usize)
        });
        may.filter(|clause| self.holds(&clause.rest))
    }

    fn lists_of(&self, field: Field) -> ListBits {
        let lists = self.state.catalog.lists();
        match self.value(field) {
            Value::Text(_, Some(bits)) => *bits,
            Value::Text(text, None) if field.is_text() => lists.of_text(text),
            Value::Text(text, None) => lists.of_name(text),
            _ => ListBits::NONE,
        }
    }

    fn same_text(&self, a: &[u8], b: &[u8]) -> bool {
        if self.event.os == Os::Linux { a == b } else { a.eq_ignore_ascii_case(b) }
    }

    /// The process a subject means.
    pub(crate) fn subject(&self, subject: Subject) -> Option<ProcessId> {
        let state = self.state;
        match subject {
            Subject::Actor => self.resolved.actor,
            Subject::Parent => state.parent(self.resolved.actor),
            Subject::Grandparent => state.parent(state.parent(self.resolved.actor)),
            Subject::Target => self.resolved.target,
            Subject::Owner => state.endpoint(self.resolved.endpoint).and_then(|e| e.owner),
            Subject::Peer => self.resolved.peer,
            Subject::Requester => match self.requester()? {
                Principal::Process(process) => Some(process),
                Principal::Remote(_) => None,
            },
            Subject::Responsible => {
                self.resolved.responsible.or_else(|| state.process(self.resolved.actor).and_then(|p| p.responsible))
            }
        }
    }

    /// Who asked the broker that started the actor.
    pub(super) fn requester(&self) -> Option<Principal> {
        Some(self.actor?.requester?.by)
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
        let state = self.state;
        let known = match subject {
            Subject::Actor => self.actor,
            Subject::Parent => state.process(self.actor.and_then(|a| a.parent)),
            other => state.process(self.subject(other)),
        };
        let Some(known) = known else {
            return self.reference(subject).map_or(Value::Missing, |r| of_reference(r, field));
        };
        let name = |sym| state.name(sym).map_or(Value::Missing, |n| Value::Text(n.text(), Some(&n.cached)));
        match field {
            ProcessField::Image => name(known.image),
            ProcessField::ImageName => Value::text(state.text(known.image).map(basename)),
            ProcessField::CommandLine => match &known.command_line {
                Some(text) => Value::Text(text, Some(&known.command_lists)),
                None => Value::text(self.reference(subject).and_then(|r| r.command_line)),
            },
            ProcessField::User => name(known.user),
            ProcessField::Uid => Value::number(known.uid),
            ProcessField::Auid => {
                Value::number(known.auid).collected(self.event.source.channel.reports_logins(self.event.os))
            }
            ProcessField::Session => Value::number(known.session.map(|s| s as i64)),
            ProcessField::Terminal => {
                name(known.terminal).collected(self.event.source.channel.reports_terminals(self.event.os))
            }
            ProcessField::Integrity => Value::number(known.integrity.map(|i| i as u8)),
            ProcessField::Signing => Value::number(known.signing.map(|s| s as u8)),
            ProcessField::Signer => name(known.signer),
            ProcessField::OriginalFileName => name(known.original_file_name),
            ProcessField::ArgumentCount => Value::number(known.argument_count),
            ProcessField::Trust => Value::Number(state.trust(self.event.os, known)),
        }
    }

    fn value(&self, field: Field) -> Value<'a> {
        let name = |sym| self.state.name(sym).map_or(Value::Missing, |n| Value::Text(n.text(), Some(&n.cached)));
        match (field, &self.event.kind) {
            (Field::Process(subject, field), _) => self.process(subject, field),
            (Field::Tags, _) => Value::Tags(self.tags),
            (
                Field::EndpointMechanism,
                Kind::EndpointCreate(k) | Kind::EndpointConnect(k) | Kind::EndpointRemove(k),
            ) => Value::Number(k.endpoint.mechanism as i64),
            (Field::EndpointMechanism, _) => {
                Value::number(self.state.endpoint(self.resolved.endpoint).map(|e| e.mechanism as u8))
            }
            (Field::EndpointName, _) => name(self.state.endpoint(self.resolved.endpoint).map(|e| e.name)),
            (Field::EndpointOwnerUid, _) => {
                Value::number(self.state.endpoint(self.resolved.endpoint).and_then(|e| e.owner_uid))
            }
            (Field::EndpointAccepted, Kind::EndpointConnect(k)) => Value::Number(i64::from(k.accepted)),
            (Field::EndpointWrites, Kind::EndpointConnect(k)) => Value::number(k.writes),
            (Field::AccessMask, Kind::ProcessAccess(k)) => Value::Number(i64::from(k.access.mask)),
            (Field::AccessMethod, Kind::ProcessAccess(k)) => Value::Number(k.access.method as i64),
            (Field::AccessUnbacked, Kind::ProcessAccess(k)) => Value::Number(i64::from(k.unbacked_caller)),
            (Field::ThreadModule, Kind::RemoteThread(k)) => Value::text(k.start_module),
            (Field::ThreadFunction, Kind::RemoteThread(k)) => Value::text(k.start_function),
            (Field::ImagePath, Kind::ImageLoad(_)) => name(self.resolved.object),
            (Field::ImageSigned, Kind::ImageLoad(k)) => Value::number(k.signed),
            (Field::ImageSigner, Kind::ImageLoad(k)) => Value::text(k.signer),
            (Field::ShareName, Kind::ShareAccess(k)) => Value::text(k.share),
            (Field::ShareTarget, Kind::ShareAccess(k)) => Value::text(k.name),
            (Field::ShareAddress, Kind::ShareAccess(k)) => Value::text(k.address),
            (Field::ComClsid, Kind::ComActivation(k)) => Value::text(k.clsid),
            (Field::ComAddress, Kind::ComActivation(k)) => Value::text(k.address),
            (Field::RegistryPath, Kind::RegistrySet(_) | Kind::RegistryQuery(_)) => name(self.resolved.object),
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
            (Field::TaskName, Kind::TaskRun(k)) => Value::text(k.name),
            (Field::TaskCommand, Kind::TaskRun(k)) => Value::text(k.command),
            (Field::TaskEnded, Kind::TaskRun(k)) => Value::Number(i64::from(k.ended)),
            (Field::ServiceName, Kind::ServiceChange(k)) => Value::text(k.name),
            (Field::ServiceAct, Kind::ServiceChange(k)) => Value::Number(k.act as i64),
            (Field::ServiceDetail, Kind::ServiceChange(k)) => Value::text(k.detail),
            (Field::RpcInterface, Kind::RpcCall(k)) => Value::text(k.interface),
            (Field::RpcOperation, Kind::RpcCall(k)) => Value::number(k.operation),
            (Field::RpcProtocol, Kind::RpcCall(k)) => Value::text(k.protocol),
            (Field::RpcEndpoint, Kind::RpcCall(k)) => Value::text(k.endpoint),
            (Field::RpcAddress, Kind::RpcCall(k)) => Value::text(k.address),
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

/// A detail of a process that is in no table (a remote client has none on this host).
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
