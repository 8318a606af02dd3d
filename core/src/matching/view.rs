//! The values of fields for one event.

use super::hits::{Hit, HitEvent, SourceRef};
use crate::event::{Channel, Event, Kind, Os, ProcessRef};
use crate::names::basename;
use crate::rules::{Field, ListBits, ProcessField, Subject, Tags};
use crate::state::{HostState, Principal, Process, ProcessId, ResolvedEvent};
use crate::time::Timestamp;

/// The value of a field for one event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Missing,
    /// The source of the event does not collect the field, so it is not known whether there is a value.
    NotCollected,
    /// Text, with its cached lists if there are any.
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

    /// The value as read from a source that does, or does not, collect the field.
    fn collected(self, is_collected: bool) -> Self {
        if matches!(self, Value::Missing) && !is_collected { Value::NotCollected } else { self }
    }
}

/// What the values are read from.
#[derive(Clone, Copy, Debug)]
enum Origin<'a> {
    Event(&'a Event<'a>),
    /// A hit; its event is gone.
    Hit(&'a Hit),
}

/// One event with the values of its fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) state: &'a HostState,
    origin: Origin<'a>,
    pub(crate) resolved: &'a ResolvedEvent,
    pub(crate) tags: Tags,
    /// The actor's record, looked up once: most predicates are about it.
    actor: Option<&'a Process>,
}

impl<'a> View<'a> {
    pub(crate) fn new(state: &'a HostState, event: &'a Event<'a>, resolved: &'a ResolvedEvent, tags: Tags) -> Self {
        Self { state, origin: Origin::Event(event), resolved, tags, actor: state.process(resolved.actor) }
    }

    /// A view of a hit. Its event is gone, so only fields of processes and of the endpoint have values.
    pub(crate) fn of_hit(state: &'a HostState, hit: &'a Hit, resolved: &'a ResolvedEvent) -> Self {
        Self { state, origin: Origin::Hit(hit), resolved, tags: Tags::NONE, actor: state.process(resolved.actor) }
    }

    /// An event as its hits have it.
    pub(crate) fn hit_event(&self, sequence: u64) -> HitEvent {
        // What is only presumed of a process is no image that it had.
        let image = |id| self.state.process(id).filter(|p| p.presumed.is_none()).and_then(|p| p.image);
        let parent = self.subject(Subject::Parent);
        let other = self.resolved.target.or(parent);
        HitEvent {
            source: self.source(),
            sequence,
            host: self.resolved.host,
            actor: self.resolved.actor,
            image: image(self.resolved.actor),
            other_image: image(other),
            target: self.resolved.target,
            parent,
            endpoint: self.resolved.endpoint,
            object: self.resolved.object,
            detail: self.resolved.detail,
        }
    }

    /// The platform.
    pub(crate) const fn os(&self) -> Os {
        match self.origin {
            Origin::Event(event) => event.os,
            Origin::Hit(hit) => hit.event.source.os,
        }
    }

    /// When it happened.
    pub(super) const fn time(&self) -> Timestamp {
        match self.origin {
            Origin::Event(event) => event.time,
            Origin::Hit(hit) => hit.event.source.time,
        }
    }

    /// What happened; `None` for a hit.
    pub(super) const fn kind(&self) -> Option<&'a Kind<'a>> {
        match self.origin {
            Origin::Event(event) => Some(&event.kind),
            Origin::Hit(_) => None,
        }
    }

    /// Where its record is.
    pub(super) fn source(&self) -> SourceRef {
        match self.origin {
            Origin::Event(event) => SourceRef::of(event),
            Origin::Hit(hit) => hit.event.source,
        }
    }

    const fn channel(&self) -> Channel {
        match self.origin {
            Origin::Event(event) => event.source.channel,
            Origin::Hit(hit) => hit.event.source.channel,
        }
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

    /// The event's own reference to a subject.
    fn reference(&self, subject: Subject) -> Option<&'a ProcessRef<'a>> {
        let Origin::Event(event) = self.origin else { return None };
        match (subject, &event.kind) {
            (Subject::Actor, _) => Some(&event.actor),
            (Subject::Parent, _) => Some(&event.parent),
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
            Subject::Parent => self.actor.and_then(|actor| state.parent_of(actor)),
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
                // The event names the parent at birth.
                None if subject == Subject::Parent && self.actor.is_some_and(|a| a.run_by.is_some()) => Value::Missing,
                None => Value::text(self.reference(subject).and_then(|r| r.command_line)),
            },
            ProcessField::User => name(known.user),
            ProcessField::Uid => {
                Value::number(known.uid.map(i64::from).or_else(|| uid_of_name(state.text(known.user)?)))
            }
            ProcessField::Auid => Value::number(known.auid).collected(self.channel().reports_logins(self.os())),
            ProcessField::Session => Value::number(known.session.map(|s| s as i64)),
            ProcessField::Terminal => name(known.terminal).collected(self.channel().reports_terminals(self.os())),
            ProcessField::Integrity => Value::number(known.integrity.map(|i| i as u8)),
            ProcessField::Signing => Value::number(known.signing.map(|s| s as u8)),
            ProcessField::Signer => name(known.signer),
            ProcessField::OriginalFileName => name(known.original_file_name),
            ProcessField::ArgumentCount => Value::number(known.argument_count),
            ProcessField::Trust => Value::Number(state.trust(self.os(), known)),
            ProcessField::Stranger => Value::number(state.stranger(self.os(), known)),
        }
    }

    /// The cached lists of a name or command line: what most clauses ask first. `None` where there are none, or where
    /// only [`Self::value`] finds them.
    pub(super) fn cached_lists(&self, field: Field) -> Option<&'a ListBits> {
        let name = match (field, self.kind()) {
            (Field::Process(subject, field), _) => {
                let known = match subject {
                    Subject::Actor => self.actor?,
                    Subject::Parent => self.state.parent_of(self.actor?)?,
                    other => self.state.process(self.subject(other))?,
                };
                match field {
                    ProcessField::Image => known.image,
                    ProcessField::CommandLine => return known.command_line.as_ref().map(|_| &known.command_lists),
                    ProcessField::User => known.user,
                    _ => return None,
                }
            }
            (Field::EndpointName, _) => self.state.endpoint(self.resolved.endpoint).map(|e| e.name),
            (Field::ImagePath, Some(Kind::ImageLoad(_))) => self.resolved.object,
            (Field::RegistryPath, Some(Kind::RegistrySet(_) | Kind::RegistryQuery(_))) => self.resolved.object,
            _ => return None,
        };
        self.state.name(name).map(|name| &name.cached)
    }

    pub(super) fn value(&self, field: Field) -> Value<'a> {
        let name = |sym| self.state.name(sym).map_or(Value::Missing, |n| Value::Text(n.text(), Some(&n.cached)));
        match (field, self.kind()) {
            (Field::Process(subject, field), _) => self.process(subject, field),
            (Field::Tags, _) => Value::Tags(self.tags),
            (
                Field::EndpointMechanism,
                Some(Kind::EndpointCreate(k) | Kind::EndpointConnect(k) | Kind::EndpointRemove(k)),
            ) => Value::Number(k.endpoint.mechanism as i64),
            (Field::EndpointMechanism, _) => {
                Value::number(self.state.endpoint(self.resolved.endpoint).map(|e| e.mechanism as u8))
            }
            (Field::EndpointName, _) => name(self.state.endpoint(self.resolved.endpoint).map(|e| e.name)),
            (Field::EndpointOwnerUid, _) => {
                Value::number(self.state.endpoint(self.resolved.endpoint).and_then(|e| e.owner_uid))
            }
            (
                Field::EndpointMode,
                Some(Kind::EndpointCreate(k) | Kind::EndpointConnect(k) | Kind::EndpointRemove(k)),
            ) => Value::number(k.endpoint.mode),
            (Field::EndpointAccepted, Some(Kind::EndpointConnect(k))) => Value::Number(i64::from(k.accepted)),
            (Field::EndpointWrites, Some(Kind::EndpointConnect(k))) => Value::number(k.writes),
            (Field::AccessMask, Some(Kind::ProcessAccess(k))) => Value::Number(i64::from(k.access.mask)),
            (Field::AccessMethod, Some(Kind::ProcessAccess(k))) => Value::Number(k.access.method as i64),
            (Field::AccessUnbacked, Some(Kind::ProcessAccess(k))) => Value::Number(i64::from(k.unbacked_caller)),
            (Field::ThreadModule, Some(Kind::RemoteThread(k))) => Value::text(k.start_module),
            (Field::ThreadFunction, Some(Kind::RemoteThread(k))) => Value::text(k.start_function),
            (Field::ImagePath, Some(Kind::ImageLoad(_))) => name(self.resolved.object),
            (Field::ImageSigned, Some(Kind::ImageLoad(k))) => Value::number(k.signed),
            (Field::ImageSigner, Some(Kind::ImageLoad(k))) => Value::text(k.signer),
            (Field::ShareName, Some(Kind::ShareAccess(k))) => Value::text(k.share),
            (Field::ShareTarget, Some(Kind::ShareAccess(k))) => Value::text(k.name),
            (Field::ShareAddress, Some(Kind::ShareAccess(k))) => Value::text(k.address),
            (Field::ComClsid, Some(Kind::ComActivation(k))) => Value::text(k.clsid),
            (Field::ComAddress, Some(Kind::ComActivation(k))) => Value::text(k.address),
            (Field::RegistryPath, Some(Kind::RegistrySet(_) | Kind::RegistryQuery(_))) => name(self.resolved.object),
            (Field::RegistryData, Some(Kind::RegistrySet(k) | Kind::RegistryQuery(k))) => Value::text(k.data),
            (Field::RegistryOperation, Some(Kind::RegistrySet(k) | Kind::RegistryQuery(k))) => Value::text(k.operation),
            (Field::DdeService, Some(Kind::DdeRequest(k))) => Value::text(k.service),
            (Field::DdeTopic, Some(Kind::DdeRequest(k))) => Value::text(k.topic),
            (Field::AppleEventCode, Some(Kind::AppleEvent(k))) => Value::text(k.code),
            (Field::AppleEventTarget, Some(Kind::AppleEvent(k))) => Value::text(k.target),
            (Field::AppleEventHidden, Some(Kind::AppleEvent(k))) => Value::number(k.hidden_answer),
            (Field::AppleEventMute, Some(Kind::AppleEvent(k))) => Value::number(k.mute),
            (Field::AppleEventText, Some(Kind::AppleEvent(k))) => Value::text(k.text),
            (Field::AppleEventReply, Some(Kind::AppleEvent(k))) => Value::Number(i64::from(k.reply)),
            (Field::ScriptPath, Some(Kind::ScriptRun(k))) => Value::text(k.path),
            (Field::ScriptText, Some(Kind::ScriptRun(k))) => Value::text(k.text),
            (Field::PrivacyService, Some(Kind::PrivacyDecision(k))) => Value::text(k.service),
            (Field::PrivacyTarget, Some(Kind::PrivacyDecision(k))) => Value::text(k.target),
            (Field::PrivacyAllowed, Some(Kind::PrivacyDecision(k))) => Value::number(k.allowed),
            (Field::ServiceName, Some(Kind::ServiceInstall(k))) => Value::text(k.name),
            (Field::ServiceCommand, Some(Kind::ServiceInstall(k))) => Value::text(k.command),
            (Field::ServiceAccount, Some(Kind::ServiceInstall(k))) => Value::text(k.account),
            (Field::TaskName, Some(Kind::TaskRegister(k))) => Value::text(k.name),
            (Field::TaskCommand, Some(Kind::TaskRegister(k))) => Value::text(k.command),
            (Field::TaskDeleted, Some(Kind::TaskRegister(k))) => Value::Number(i64::from(k.deleted)),
            (Field::TaskSubscription, Some(Kind::TaskRegister(k))) => Value::Number(i64::from(k.subscription)),
            (Field::TaskName, Some(Kind::TaskRun(k))) => Value::text(k.name),
            (Field::TaskCommand, Some(Kind::TaskRun(k))) => Value::text(k.command),
            (Field::TaskEnded, Some(Kind::TaskRun(k))) => Value::Number(i64::from(k.ended)),
            (Field::ServiceName, Some(Kind::ServiceChange(k))) => Value::text(k.name),
            (Field::ServiceAct, Some(Kind::ServiceChange(k))) => Value::Number(k.act as i64),
            (Field::ServiceDetail, Some(Kind::ServiceChange(k))) => Value::text(k.detail),
            (Field::RpcInterface, Some(Kind::RpcCall(k))) => Value::text(k.interface),
            (Field::RpcOperation, Some(Kind::RpcCall(k))) => Value::number(k.operation),
            (Field::RpcProtocol, Some(Kind::RpcCall(k))) => Value::text(k.protocol),
            (Field::RpcEndpoint, Some(Kind::RpcCall(k))) => Value::text(k.endpoint),
            (Field::RpcAddress, Some(Kind::RpcCall(k))) => Value::text(k.address),
            (Field::LaunchLabel, Some(Kind::LaunchItemAdd(k))) => Value::text(k.label),
            (Field::LaunchProgram, Some(Kind::LaunchItemAdd(k))) => Value::text(k.program),
            (Field::LogonType, Some(Kind::Logon(k))) => Value::number(k.logon_type),
            (Field::LogonUser, Some(Kind::Logon(k))) => Value::text(k.user),
            (Field::LogonAddress, Some(Kind::Logon(k))) => Value::text(k.address),
            (Field::NetworkDirection, Some(Kind::NetworkConnect(k))) => Value::Number(k.direction as i64),
            (Field::NetworkLocalAddress, Some(Kind::NetworkConnect(k))) => Value::text(k.local_address),
            (Field::NetworkRemoteAddress, Some(Kind::NetworkConnect(k))) => Value::text(k.remote_address),
            (Field::NetworkLocalPort, Some(Kind::NetworkConnect(k))) => Value::number(k.local_port),
            (Field::NetworkRemotePort, Some(Kind::NetworkConnect(k))) => Value::number(k.remote_port),
            (Field::FilePath, Some(Kind::FileAccess(k))) => Value::text(k.path),
            (Field::FileOperation, Some(Kind::FileAccess(k))) => Value::Number(k.operation as i64),
            (Field::DupFrom, Some(Kind::FdDup(k))) => Value::number(k.from),
            (Field::DupTo, Some(Kind::FdDup(k))) => Value::number(k.to),
            (Field::StartMethod, Some(Kind::ProcessStart(k))) => Value::Number(k.method as i64),
            (Field::StartScript, Some(Kind::ProcessStart(k))) => Value::text(k.script),
            (Field::StartJob, Some(Kind::ProcessStart(k))) => Value::text(k.job),
            (Field::SensorChange, Some(Kind::SensorState(k))) => Value::Number(k.change as i64),
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

/// The number of an account of which a source tells only the name: 0 for root, and for every other one a number that no
/// account has, so that predicates about root and about everybody else hold.
fn uid_of_name(name: &[u8]) -> Option<i64> {
    match name {
        b"" => None,
        b"root" => Some(0),
        _ => Some(1 << 32),
    }
}

/// A detail of a process without a record (a remote client has none on this host).
fn of_reference<'a>(reference: &'a ProcessRef<'a>, field: ProcessField) -> Value<'a> {
    match field {
        ProcessField::Image => Value::text(reference.image),
        ProcessField::ImageName => Value::text(reference.image.map(basename)),
        ProcessField::CommandLine => Value::text(reference.command_line),
        ProcessField::User => Value::text(reference.user),
        ProcessField::Uid => Value::number(reference.uid.map(i64::from).or_else(|| uid_of_name(reference.user?))),
        ProcessField::Auid => Value::number(reference.auid),
        ProcessField::Session => Value::number(reference.session.map(|s| s as i64)),
        ProcessField::Terminal => Value::text(reference.terminal),
        ProcessField::Integrity => Value::number(reference.integrity.map(|i| i as u8)),
        ProcessField::Signing => Value::number(reference.signing.map(|s| s as u8)),
        ProcessField::Signer => Value::text(reference.signer),
        ProcessField::OriginalFileName => Value::text(reference.original_file_name),
        ProcessField::ArgumentCount => Value::number(reference.argument_count),
        ProcessField::Trust | ProcessField::Stranger => Value::Missing,
    }
}
