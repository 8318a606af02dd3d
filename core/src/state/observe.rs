//! Updates the tables with one event.

use smallvec::SmallVec;

use super::host::Host;
use super::host_state::{HostState, intern_again};
use super::ids::{EndpointId, HostId, ProcessId, RemoteId};
use super::principal::{Principal, Remote};
use super::process::{EndpointRecord, JOB_GAP, KEPT_COMMAND, Link, Tie};
use super::resolved_event::ResolvedEvent;
use crate::event::{
    Access, AccessMethod, Channel, Direction, EndpointAct, Event, Kind, Mechanism, Os, ProcessKey, ProcessRef,
    ProcessStart, StartMethod, UniqueId,
};
use crate::names::NameKind;
use crate::time::Timestamp;
use crate::util::hash::Digest;
use crate::util::intern::Sym;
use crate::util::table::{QuotaGroup, weight};

/// Windows access rights that let a process put code into another one: VM write and create thread.
const WRITE_RIGHTS: u32 = 0x0020 | 0x0002;

/// Confidence, in thousandths, that a process was started for the creator that its record names beside the parent.
const BY_CREATOR: (Tie, u16) = (Tie::Creator, 950);

/// Whether an access lets the actor change its target.
pub(crate) const fn may_write(access: Access) -> bool {
    match access.method {
        AccessMethod::Handle => access.mask & WRITE_RIGHTS != 0,
        AccessMethod::PtraceAttach | AccessMethod::PtraceControl | AccessMethod::TaskPort => true,
        AccessMethod::TaskRead | AccessMethod::TraceMe => false,
    }
}

impl HostState {
    /// Updates the tables with one event and returns its participants. The work is constant.
    pub(crate) fn observe(
        &mut self,
        event: &Event<'_>,
        host: HostId,
        host_hash: Digest,
        booted: Timestamp,
    ) -> ResolvedEvent {
        self.booted = booted;
        let mut resolved = ResolvedEvent {
            host,
            host_hash,
            actor: None,
            target: None,
            peer: None,
            responsible: None,
            endpoint: None,
            object: None,
            detail: None,
            remote: None,
            new_link: false,
            created: false,
            is_rare: false,
        };
        let start = match &event.kind {
            Kind::ProcessStart(start) => Some(start.method),
            _ => None,
        };
        resolved.actor = self.resolve(host_hash, &event.actor, event, start);
        if let Some(actor) = resolved.actor {
            let forked = self.image_before_exec(event, actor, start);
            let reported = self.reported_before_exec(event, actor);
            self.learn(event.os, host_hash, actor, &event.actor, start.is_some());
            let parent = match event.parent.is_unknown() || self.contradicts(event, host_hash) {
                true => None,
                false => self.upsert_process(event, host_hash, &event.parent, None),
            };
            if let Some(parent) = parent {
                self.link_parent(event.os, actor, parent, event.time, start);
                if self.process(Some(parent)).is_some_and(|process| process.image.is_none()) {
                    self.name_parent(event.os, host_hash, parent, forked, reported);
                }
            }
            if event.responsible != ProcessKey::default() {
                let responsible = ProcessRef {
                    pid: event.responsible.pid,
                    unique_id: event.responsible.unique_id,
                    image: event.responsible.image,
                    ..ProcessRef::default()
                };
                resolved.responsible = self.upsert_process(event, host_hash, &responsible, None);
            }
            if let Some(responsible) = resolved.responsible
                && let Some(process) = self.process_mut(Some(actor))
            {
                process.responsible = Some(responsible);
            }
            self.process_start_or_end(event, actor);
        }
        self.kind(event, &mut resolved);
        resolved.remote = self.remote_principal(event, &resolved);
        resolved
    }

    /// The remote principal of an event.
    fn remote_principal(&mut self, event: &Event<'_>, resolved: &ResolvedEvent) -> Option<RemoteId> {
        let actor = resolved.actor.map_or(0, |a| a.number());
        let (address, user, session) = match &event.kind {
            Kind::ShareAccess(k) => (Some(k.address?), event.actor.user, event.actor.session),
            Kind::Logon(k) => (Some(k.address?), k.user, k.session),
            Kind::ComActivation(k) => (Some(k.address?), event.actor.user, event.actor.session),
            Kind::RpcCall(k) => (Some(k.address?), event.actor.user, event.actor.session),
            // Who made a service or task from another host is told by the logon session that the record names.
            Kind::ServiceInstall(_) | Kind::TaskRegister(_) => {
                let session = event.actor.session?;
                return match self.host(resolved.host)?.remote_sessions.last(|s| s.session == session)?.by {
                    Principal::Remote(remote) => Some(remote),
                    Principal::Process(_) => None,
                };
            }
            Kind::NetworkConnect(k) if k.direction == Direction::Inbound => (Some(k.remote_address?), None, None),
            // Sysmon reports the System process as the client when the client is on another host.
            Kind::EndpointConnect(_)
                if event.os == Os::Windows && event.actor.image.is_some_and(|i| i.eq_ignore_ascii_case(b"System")) =>
            {
                (None, None, None)
            }
            _ => return None,
        };
        let host = resolved.host_hash;
        let address = address.map(|t| self.intern(NameKind::Folded, t, host, actor));
        let user = user.map(|t| self.intern(NameKind::Folded, t, host, actor));
        Some(self.remote_of(Remote { host, address, user, session }))
    }

    /// Whether the known process with the parent's pid cannot be the parent. Sysmon names the image of every parent
    /// whose start it saw; where it names none, the process that it saw start under this pid is another one.
    fn contradicts(&mut self, event: &Event<'_>, host: Digest) -> bool {
        let parent = &event.parent;
        let unnamed = parent.image.is_none() && parent.unique_id == UniqueId::None;
        let names = event.source.channel == Channel::Sysmon && matches!(event.kind, Kind::ProcessStart(_));
        if !(unnamed && names) {
            return false;
        }
        let known = parent.pid.and_then(|pid| self.with_pid(host, pid));
        self.process(known).is_some_and(|p| p.start.is_some_and(|start| start < event.time))
    }

    /// The record of a referenced process, updated with the reference.
    fn upsert_process(
        &mut self,
        event: &Event<'_>,
        host: Digest,
        reference: &ProcessRef<'_>,
        start: Option<StartMethod>,
    ) -> Option<ProcessId> {
        let id = self.resolve(host, reference, event, start)?;
        self.learn(event.os, host, id, reference, start.is_some());
        Some(id)
    }

    /// The image that a process had before this exec, if its first record is recent. It was then a fork that still ran
    /// the image of its parent; the parent itself (a subshell) may have no record that names its image.
    fn image_before_exec(&self, event: &Event<'_>, actor: ProcessId, start: Option<StartMethod>) -> Option<Sym> {
        // Init adopts orphans: their image before the exec is not its own.
        if event.os != Os::Linux || start != Some(StartMethod::Exec) || event.parent.pid == Some(1) {
            return None;
        }
        let process = self.process(Some(actor))?;
        let fresh = process.command_line.is_none() && event.time.distance(process.first_seen) <= JOB_GAP;
        process.image.filter(|_| fresh)
    }

    /// The image before an exec, as the record of the exec reports it, if nothing else is known of the process: a fork
    /// of a parent that started before its records did.
    fn reported_before_exec<'a>(&self, event: &Event<'a>, actor: ProcessId) -> Option<&'a [u8]> {
        let Kind::ProcessStart(ProcessStart { previous_image: Some(image), .. }) = event.kind else { return None };
        // Init adopts orphans: their image before the exec is not its own.
        let process = self.process(Some(actor)).filter(|_| event.parent.pid != Some(1))?;
        (process.image.is_none() && process.command_line.is_none()).then_some(image)
    }

    /// Gives a parent without a program the one that its child had before its exec.
    #[cold]
    #[inline(never)]
    fn name_parent(&mut self, os: Os, host: Digest, parent: ProcessId, forked: Option<Sym>, reported: Option<&[u8]>) {
        let image = forked.or_else(|| reported.map(|image| self.intern(os.path_kind(), image, host, parent.number())));
        if let Some(process) = self.process_mut(Some(parent)) {
            process.image = image;
        }
    }

    /// Updates a process with the details of a reference. Only a start or exec replaces the command line.
    fn learn(&mut self, os: Os, host: Digest, id: ProcessId, reference: &ProcessRef<'_>, begins: bool) {
        let Self { names, catalog, hasher, processes, process_heap, .. } = self;
        let Some(process) = processes.get_mut(id) else { return };
        // Image, user and signer do not change in the life of a Windows process.
        let settled = os == Os::Windows && !begins;
        let quota_group = QuotaGroup::new(host.low(), id.number());
        let mut name = |text: &[u8], known: Option<Sym>, settled, name_kind| match known {
            Some(sym) if settled && names.renew(sym) => sym,
            _ => intern_again(names, catalog, *hasher, known, name_kind, text, quota_group),
        };
        if let Some(text) = reference.image {
            let image = name(text, process.image, settled, os.path_kind());
            // Every record of a POSIX process carries its present image, and exec may not be logged. A bare file name
            // says nothing new about the path.
            if begins || process.image.is_none() || os != Os::Windows && text.contains(&b'/') {
                process.image = Some(image);
            }
        }
        let mut named = None;
        if let Some(text) = reference.user {
            let user = name(text, process.user, settled, NameKind::Folded);
            if process.user != Some(user) {
                named = reference.uid.map(|uid| (user, uid));
            }
            process.user = Some(user);
        }
        if let Some(text) = reference.signer {
            process.signer = Some(name(text, process.signer, settled, NameKind::Folded));
        }
        if let Some(text) = reference.terminal {
            process.terminal = Some(name(text, process.terminal, false, NameKind::Folded));
        }
        if let Some(text) = reference.original_file_name {
            process.original_file_name = Some(name(text, process.original_file_name, settled, NameKind::Folded));
        }
        if let Some(text) = reference.working_folder.filter(|_| begins || process.working_folder.is_none()) {
            process.working_folder = Some(name(text, process.working_folder, false, os.path_kind()));
        }
        if let Some(text) = reference.hash {
            process.hash = Some(name(text, process.hash, settled, NameKind::Exact));
        }
        update(&mut process.session, reference.session);
        update(&mut process.uid, reference.uid);
        update(&mut process.auid, reference.auid);
        update(&mut process.integrity, reference.integrity);
        update(&mut process.signing, reference.signing);
        if reference.start.is_some() && process.start.is_none() {
            process.start = reference.start;
        }
        if reference.argument_count.is_some() && (begins || process.argument_count.is_none()) {
            process.argument_count = reference.argument_count;
        }
        if let Some(command) = reference.command_line {
            let kept = &command[..command.len().min(KEPT_COMMAND)];
            let known = process.command_line.as_deref();
            if (begins || known.is_none()) && known != Some(kept) {
                *process_heap += kept.len();
                *process_heap -= known.map_or(0, <[u8]>::len);
                process.command_line = Some(kept.into());
                process.command_lists = catalog.lists().of_text(command);
                let weight = weight(process.heap_bytes());
                processes.weigh(id, weight);
                self.shed();
            }
        }
        if let Some((name, uid)) = named {
            self.note_user(host, uid, name);
        }
    }

    /// Remembers a user's name. A name that an id no longer has gives way to the new one.
    fn note_user(&mut self, host: Digest, uid: u32, name: Sym) {
        let Some(host) = self.known_host(host) else { return };
        let is_known = |host: &Host| host.user_names.last(|(known, _)| *known == uid) == Some((uid, name));
        if let Some(host) = self.hosts.get_mut(host).filter(|host| !is_known(host)) {
            host.user_names.note((uid, name));
        }
    }

    /// Evicts processes while they own too much on the heap; at most four, so that the work of one event stays bounded.
    pub(super) fn shed(&mut self) {
        for _ in 0..4 {
            if self.process_heap <= self.process_heap_budget {
                break;
            }
            let gone = self.processes.evict();
            self.forget_process(gone);
        }
    }

    fn process_start_or_end(&mut self, event: &Event<'_>, actor: ProcessId) {
        if !matches!(event.kind, Kind::ProcessStart(_) | Kind::ProcessEnd(_)) {
            return;
        }
        let Some(process) = self.processes.get_mut(actor) else { return };
        match &event.kind {
            Kind::ProcessStart(start) => {
                if process.start.is_none() && start.method != StartMethod::Exec {
                    process.start = Some(event.time);
                }
                // The record of the end may be dated some milliseconds before that of the start.
                if process.end.is_some_and(|end| end + JOB_GAP < event.time) {
                    process.end = None;
                }
            }
            Kind::ProcessEnd(_) => process.end = Some(event.time),
            _ => {}
        }
    }

    fn kind(&mut self, event: &Event<'_>, resolved: &mut ResolvedEvent) {
        let (host, actor_number) = (resolved.host_hash, resolved.actor.map_or(0, |a| a.number()));
        match &event.kind {
            Kind::ProcessStart(start) if !start.creator.is_unknown() => {
                self.created_by(event, resolved, &start.creator)
            }
            Kind::ProcessAccess(access) => {
                resolved.target = self.upsert_process(event, host, &access.target, None);
            }
            Kind::RemoteThread(thread) => {
                resolved.target = self.upsert_process(event, host, &thread.target, None);
                self.taint(resolved, event.time, 900);
            }
            Kind::MemoryWrite(write) => {
                resolved.target = self.upsert_process(event, host, &write.target, None);
                self.taint(resolved, event.time, 950);
            }
            Kind::NetworkConnect(_) => {
                if let Some(process) = self.process_mut(resolved.actor) {
                    process.networked = true;
                }
            }
            Kind::FdDup(dup) => resolved.target = self.upsert_process(event, host, &dup.target, None),
            Kind::EndpointCreate(act) => self.endpoint_act(event, resolved, act, true),
            Kind::EndpointConnect(act) => self.endpoint_act(event, resolved, act, false),
            Kind::EndpointRemove(act) => {
                resolved.endpoint = self.endpoint_of(event.os, host, actor_number, act);
            }
            Kind::ShareAccess(share) => {
                // Below IPC$ the name is that of a pipe on this host.
                if let Some(name) = share.name.filter(|_| is_ipc_share(share.share)) {
                    let sym = self.intern(NameKind::Pipe, name, host, actor_number);
                    resolved.object = Some(sym);
                    resolved.endpoint = self.endpoint_or_new(host, Mechanism::NamedPipe, sym, actor_number);
                }
            }
            Kind::RegistrySet(value) | Kind::RegistryQuery(value) => {
                resolved.object = value.path.map(|t| self.intern(NameKind::Registry, t, host, actor_number));
            }
            Kind::AppleEvent(sent) => {
                resolved.object = self.application(sent.target, sent.code, host, actor_number);
            }
            Kind::PrivacyDecision(asked) => {
                resolved.object = self.application(asked.target, None, host, actor_number);
            }
            Kind::ImageLoad(load) => {
                resolved.object = load.image.map(|t| self.intern(event.os.path_kind(), t, host, actor_number));
            }
            _ => {}
        }
    }

    /// Links a process to its creator where its record names another parent. The creator is the parent if the record
    /// names none. Brokers start programs under the parent that asked for them: there the parent is the right one.
    #[cold]
    #[inline(never)]
    fn created_by(&mut self, event: &Event<'_>, resolved: &ResolvedEvent, creator: &ProcessRef<'_>) {
        if let Some(host) = self.host_mut(resolved.host) {
            host.note_creator(event.time);
        }
        let Some(creator) = self.upsert_process(event, resolved.host_hash, creator, None) else { return };
        let Some(actor) = resolved.actor.filter(|&actor| actor != creator) else { return };
        match self.birth_parent(Some(actor)) {
            None => self.link_parent(event.os, actor, creator, event.time, None),
            Some(parent) if parent == creator || self.is_broker(event.os, Some(creator)) => {}
            Some(_) => {
                self.link_requester(actor, Principal::Process(creator), BY_CREATOR);
                let Some(lineage) = self.process(Some(creator)).map(|creator| creator.lineage) else { return };
                if let Some(process) = self.process_mut(Some(actor)) {
                    process.lineage = lineage;
                }
            }
        }
    }

    /// Target application and event code in one name, or the one that the log gives: `com.apple.finder core,clon`.
    fn application(&mut self, target: Option<&[u8]>, code: Option<&[u8]>, host: Digest, actor: u64) -> Option<Sym> {
        let name: SmallVec<[u8; 256]> = match (target, code) {
            (Some(target), Some(code)) => [target, b" ", code].into_iter().flatten().copied().collect(),
            (one, other) => SmallVec::from_slice(one.or(other)?),
        };
        Some(self.intern(NameKind::Folded, &name, host, actor))
    }

    /// Marks the target as injected by the actor.
    pub(crate) fn taint(&mut self, resolved: &ResolvedEvent, time: Timestamp, confidence: u16) {
        let (Some(actor), Some(target)) = (resolved.actor, resolved.target) else { return };
        if actor == target {
            return;
        }
        if let Some(process) = self.processes.get_mut(target) {
            process.injected_by = Some(Link { process: actor, time, confidence });
        }
    }

    fn endpoint_act(&mut self, event: &Event<'_>, resolved: &mut ResolvedEvent, act: &EndpointAct<'_>, creates: bool) {
        let host = resolved.host_hash;
        resolved.peer = self.upsert_process(event, host, &act.peer, None);
        let actor_number = resolved.actor.map_or(0, |a| a.number());
        let Some(id) = self.endpoint_of(event.os, host, actor_number, act) else { return };
        resolved.endpoint = Some(id);
        resolved.created = creates;
        // Whoever accepts a connection serves the endpoint: what init opened for it, or what no record shows to be made.
        let owner = self.endpoint(Some(id)).and_then(|endpoint| endpoint.owner);
        let is_unserved = owner.is_none_or(|owner| self.process(Some(owner)).is_none_or(|p| p.pid == Some(1)));
        let serves = creates || act.accepted;
        let Some(endpoint) = self.endpoints.get_mut(id) else { return };
        endpoint.owner_uid = act.endpoint.owner_uid.or(endpoint.owner_uid);
        let Some(actor) = resolved.actor else { return };
        if creates || act.accepted && is_unserved {
            endpoint.owner = Some(actor);
        } else if !serves && endpoint.owner != Some(actor) && !endpoint.clients.contains(&Some(actor)) {
            endpoint.clients[endpoint.next_client as usize % endpoint.clients.len()] = Some(actor);
            endpoint.next_client = endpoint.next_client.wrapping_add(1);
        }
        let (owner, clients) = (endpoint.owner, endpoint.clients);
        resolved.new_link = self.note_endpoint(actor, id, serves);
        // Others may have made or opened more endpoints since; now this one is shared.
        if resolved.new_link {
            for other in core::iter::once(owner).chain(clients).flatten().filter(|&other| other != actor) {
                self.note_endpoint(other, id, owner == Some(other));
            }
        }
    }

    fn endpoint_of(&mut self, os: Os, host: Digest, actor: u64, act: &EndpointAct<'_>) -> Option<EndpointId> {
        let name = act.endpoint.name?;
        let mechanism = act.endpoint.mechanism;
        let sym = self.intern(mechanism.name_kind(os), name, host, actor);
        self.endpoint_or_new(host, mechanism, sym, actor)
    }

    fn endpoint_or_new(&mut self, host: Digest, mechanism: Mechanism, name: Sym, actor: u64) -> Option<EndpointId> {
        if let Some(known) = self.endpoint_named(host, mechanism, name) {
            return Some(known);
        }
        let kept = self.names.get(name)?;
        let identity = kept.identity;
        let reference = self.catalog.reference_names().find(mechanism, kept.text());
        let key = Self::endpoint_key(host, mechanism, identity);
        let record = EndpointRecord {
            host,
            mechanism,
            name,
            identity,
            owner: None,
            owner_uid: None,
            name_tags: None,
            reference,
            clients: [None; 4],
            next_client: 0,
        };
        let (id, gone) = self.endpoints.insert(key, QuotaGroup::new(host.low(), actor), record);
        self.evicted_endpoints += u64::from(gone.is_some());
        Some(id)
    }
}

/// Replaces a detail if the record has it. Otherwise nothing is written, which spares a cache line.
const fn update<T: Copy>(known: &mut Option<T>, said: Option<T>) {
    if said.is_some() {
        *known = said;
    }
}

/// `\\*\IPC$` in any spelling.
pub(crate) fn is_ipc_share(share: Option<&[u8]>) -> bool {
    share.is_some_and(|s| crate::names::basename(s).eq_ignore_ascii_case(b"IPC$"))
}
