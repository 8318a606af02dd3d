//! AN1357: tags of Windows events, and links from what a broker started to its client.

use super::orders::{self, ASKED_WITHIN, BY_COMMAND_LINE, BY_ORDER};
use super::remote_exec;
use crate::event::{Direction, Event, Integrity, Kind, Os};
use crate::names;
use crate::rules::{ListBits, ListId, Lists, Tag, Tags};
use crate::state::{HostState, Order, Principal, Process, ProcessId, RemoteSession, ResolvedEvent, Tie};
use crate::time::SECOND;

/// The time before the start of a broker's child within which a client on another host acted. It is shorter than for
/// local ones because remote calls are frequent.
const CALLED_WITHIN: i64 = 3 * SECOND;
/// Confidence of links, in thousandths: the child runs in the logon session of a remote principal; the client opened
/// the service manager's pipe; the client started in the same session just before; a remote principal logged on just
/// before.
const BY_REMOTE_SESSION: (Tie, u16) = (Tie::RemoteSession, 850);
const BY_SERVICE_PIPE: (Tie, u16) = (Tie::ServicePipe, 650);
const BY_SESSION: (Tie, u16) = (Tie::SameSession, 600);
const BY_CALL: (Tie, u16) = (Tie::Call, 450);
/// Logon sessions of SYSTEM, NETWORK SERVICE and LOCAL SERVICE.
const SERVICE_SESSIONS: [u64; 3] = [SYSTEM_SESSION, 0x3e4, 0x3e5];
const SYSTEM_SESSION: u64 = 0x3e7;
/// Ports at which a host takes requests for its brokers: RPC, SMB, WinRM.
const BROKER_PORTS: [u32; 4] = [135, 445, 5985, 5986];

/// The lists that the Windows analytic reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    benign_actor: Option<ListId>,
    benign_target: Option<ListId>,
    benign_start: Option<ListId>,
    shells: Option<ListId>,
    service_manager: Option<ListId>,
    service_pipes: Option<ListId>,
    task_pipes: Option<ListId>,
    never_ask: Option<ListId>,
    com_server: Option<ListId>,
    /// Programs that the COM launcher starts for nothing but a client.
    on_demand: Option<ListId>,
    brokers: Option<ListId>,
    task_hosts: Option<ListId>,
    tools: [Option<ListId>; 4],
    helpers: Option<ListId>,
    service_command: Option<ListId>,
    service_interfaces: Option<ListId>,
    task_interfaces: Option<ListId>,
}

impl Windows {
    pub(super) fn new(lists: &Lists) -> Self {
        Self {
            benign_actor: lists.id("win.access.benign_actor"),
            benign_target: lists.id("win.access.benign_target"),
            benign_start: lists.id("win.thread.benign_start"),
            shells: lists.id("win.shells"),
            service_manager: lists.id("win.service_manager"),
            service_pipes: lists.id("win.service_pipes"),
            task_pipes: lists.id("win.remote_execution_pipes"),
            never_ask: lists.id("win.never_ask"),
            com_server: lists.id("win.command.com_server"),
            on_demand: lists.id("win.dcom_servers"),
            brokers: lists.id("win.brokers"),
            task_hosts: lists.id("win.com_launcher"),
            tools: ["win.execution_tools", "win.admin_tools", "win.interpreter_original_names", "win.path.remote"]
                .map(|t| lists.id(t)),
            helpers: lists.id("win.office_helpers"),
            service_command: lists.id("win.registry.service_command"),
            service_interfaces: lists.id("win.rpc.services"),
            task_interfaces: lists.id("win.rpc.tasks"),
        }
    }

    pub(super) fn derive(&self, state: &mut HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: &mut Tags) {
        match &event.kind {
            Kind::ProcessStart(_) => self.process_start(state, event, resolved, tags),
            Kind::EndpointCreate(_) => pipe(state, resolved, tags),
            Kind::EndpointConnect(_) => {
                pipe(state, resolved, tags);
                let owner = state.endpoint(resolved.endpoint).and_then(|e| e.owner);
                if owner.is_some() && (state.parent(resolved.actor) == owner || state.parent(owner) == resolved.actor) {
                    tags.insert(Tag::Related);
                }
            }
            Kind::ProcessAccess(_) | Kind::RemoteThread(_) => {
                let begins = match &event.kind {
                    Kind::RemoteThread(thread) => thread.start_function.zip(self.benign_start),
                    _ => None,
                };
                let usual = begins.is_some_and(|(text, list)| state.catalog.lists().matches(list, text));
                // Some programs open all processes in the course of their work. None of them starts threads in others,
                // except at an address within a library.
                let backed = match &event.kind {
                    Kind::RemoteThread(thread) => thread.start_module.is_some(),
                    _ => true,
                };
                if usual
                    || backed && state.image_is(resolved.actor, self.benign_actor)
                    || state.image_is(resolved.target, self.benign_target)
                {
                    tags.insert(Tag::BenignAccess);
                }
            }
            Kind::ShareAccess(share) => {
                pipe(state, resolved, tags);
                origin(share.address, tags);
            }
            Kind::NetworkConnect(connect) => origin(connect.remote_address, tags),
            Kind::Logon(logon) => origin(logon.address, tags),
            Kind::RpcCall(call) => origin(call.address, tags),
            _ => {}
        }
        self.brokers(state, event, resolved, *tags);
    }

    /// Records the possible clients of brokers, and links what brokers start to them.
    fn brokers(&self, state: &mut HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: Tags) {
        match &event.kind {
            Kind::EndpointConnect(_) | Kind::ShareAccess(_) => {
                let who = resolved.remote.map(Principal::Remote).or(resolved.actor.map(Principal::Process));
                let name = state.endpoint(resolved.endpoint).and_then(|e| state.name(Some(e.name)));
                let of = |list: Option<ListId>| name.zip(list).is_some_and(|(name, list)| name.cached.has(list));
                let (of_services, of_tasks) = (of(self.service_pipes), of(self.task_pipes));
                // A remote client without an address adds nothing to one whose address was just recorded.
                let nameless = resolved.remote.is_some_and(|r| state.remote(r).is_none_or(|r| r.address.is_none()));
                if let (Some(who), Some(host)) =
                    (who.filter(|_| of_services || of_tasks), state.host_mut(resolved.host))
                {
                    let calls = if of_services { &mut host.callers.services } else { &mut host.callers.tasks };
                    if !nameless || calls.last(event.time, SECOND, |_| true).is_none() {
                        calls.note(who, event.time);
                    }
                }
            }
            // The record of a call names interface and client, over whatever protocol the call came.
            Kind::RpcCall(_) if tags.has(Tag::RemoteOrigin) => {
                let of = |list: Option<ListId>| {
                    state.name(resolved.object).zip(list).is_some_and(|(name, list)| name.cached.has(list))
                };
                let (of_services, of_tasks) = (of(self.service_interfaces), of(self.task_interfaces));
                if let (Some(remote), true, Some(host)) =
                    (resolved.remote, of_services || of_tasks, state.host_mut(resolved.host))
                {
                    let calls = if of_services { &mut host.callers.services } else { &mut host.callers.tasks };
                    calls.note(Principal::Remote(remote), event.time);
                }
            }
            Kind::ProcessStart(_) => self.link(state, event, resolved, tags),
            _ => {}
        }
        self.sessions_and_orders(state, event, resolved, tags);
        let calls = match &event.kind {
            Kind::Logon(logon) => logon.logon_type == Some(3),
            Kind::NetworkConnect(k) => {
                k.direction == Direction::Inbound && k.local_port.is_some_and(|p| BROKER_PORTS.contains(&p))
            }
            Kind::ShareAccess(_) | Kind::RpcCall(_) => true,
            _ => false,
        };
        if let (Some(remote), true, Some(host)) =
            (resolved.remote, calls && tags.has(Tag::RemoteOrigin), state.host_mut(resolved.host))
        {
            host.callers.remotes.note(Principal::Remote(remote), event.time);
        }
    }

    /// Records the logon sessions of remote principals, and the commands that services and tasks are configured to run.
    fn sessions_and_orders(&self, state: &mut HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: Tags) {
        let session = match &event.kind {
            Kind::Logon(logon) if logon.logon_type == Some(3) => logon.session,
            Kind::ShareAccess(_) => event.actor.session,
            _ => None,
        };
        let session = session.filter(|s| tags.has(Tag::RemoteOrigin) && !SERVICE_SESSIONS.contains(s));
        if let (Some(session), Some(remote)) = (session, resolved.remote) {
            let by = Principal::Remote(remote);
            let known = state.host(resolved.host).and_then(|h| h.remote_sessions.last(|s| s.session == session));
            // A logon begins a session: its number may have been another one's before.
            let begins = matches!(event.kind, Kind::Logon(_)) && known.is_some_and(|known| known.by != by);
            if let (true, Some(host)) = (begins || known.is_none(), state.host_mut(resolved.host)) {
                host.remote_sessions.note(RemoteSession { session, by });
            }
        }
        let command = match &event.kind {
            Kind::ServiceInstall(service) => service.command,
            Kind::TaskRegister(task) if !task.deleted && !task.subscription => {
                task.command.map(orders::command_of_task)
            }
            Kind::RegistrySet(value) => {
                let names = state.name(resolved.object).zip(self.service_command);
                value.data.filter(|_| names.is_some_and(|(name, list)| name.cached.has(list)))
            }
            _ => None,
        };
        let Some(end) = command.and_then(orders::End::of) else { return };
        let Some(host) = state.host(resolved.host) else { return };
        let of_session = event.actor.session.and_then(|s| host.remote_sessions.last(|r| r.session == s)).map(|r| r.by);
        let finder = end.finder();
        let configures = |who| match who {
            Principal::Process(p) => state.process(Some(p)).is_some_and(|p| finder.is_in(p.command_line.as_deref())),
            Principal::Remote(_) => false,
        };
        // Who made it without a tool whose command line says so: the program last started in the subject's session.
        let own_session = event.actor.session.filter(|session| !SERVICE_SESSIONS.contains(session));
        let in_session = |who| match who {
            Principal::Process(p) => {
                own_session.is_some() && state.process(Some(p)).and_then(|p| p.session) == own_session
            }
            Principal::Remote(_) => false,
        };
        let calls = match &event.kind {
            Kind::TaskRegister(_) => &host.callers.tasks,
            _ => &host.callers.services,
        };
        let may = |who| match who {
            Principal::Process(_) => true,
            Principal::Remote(r) => may_be_user(state.remote(r).and_then(|r| state.text(r.user)), event.actor.user),
        };
        // What only passes the order on is not who gave it.
        let client = resolved.actor.filter(|&actor| !state.is_broker(event.os, Some(actor))).map(Principal::Process);
        let by = of_session
            .or(client)
            .or_else(|| host.callers.starts.last(event.time, ASKED_WITHIN, configures))
            .or_else(|| calls.last(event.time, ASKED_WITHIN, may))
            .or_else(|| host.callers.starts.last(event.time, ASKED_WITHIN, in_session));
        let order = end.given(event.time, by);
        if let Some(host) = state.host_mut(resolved.host) {
            host.orders.note(order);
        }
    }

    /// The remote principal in whose logon session the actor runs.
    fn remote_session(state: &HostState, resolved: &ResolvedEvent) -> Option<Principal> {
        let session = state.process(resolved.actor)?.session?;
        state.host(resolved.host)?.remote_sessions.last(|s| s.session == session).map(|s| s.by)
    }

    /// The order that a broker's child carries out.
    fn order(state: &HostState, event: &Event<'_>, resolved: &ResolvedEvent) -> Option<Order> {
        let host = state.host(resolved.host)?;
        host.orders.last(|order| orders::is_recent(order, event.time))?;
        // The line as logged, because the kept one may be cut.
        orders::End::of(event.actor.command_line?)?.order(host, event.time)
    }

    /// Links a broker's child to the principal of its logon session, to whoever configured its command, or to the
    /// process whose command line holds that command.
    fn link_by_records(state: &mut HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: Tags) {
        let Some(actor) = resolved.actor else { return };
        if let (true, Some(by)) = (tags.has(Tag::RemoteSession), Self::remote_session(state, resolved)) {
            state.link_requester(actor, by, BY_REMOTE_SESSION);
        }
        if let (true, Some(by)) = (tags.has(Tag::Ordered), Self::order(state, event, resolved).and_then(|o| o.by)) {
            state.link_requester(actor, by, BY_ORDER);
        }
        let Some(end) = event.actor.command_line.and_then(orders::End::of) else { return };
        if let Some(by) = end.asker(state, resolved.host, actor, event.time) {
            state.link_requester(actor, by, BY_COMMAND_LINE);
        }
    }

    fn link(&self, state: &mut HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: Tags) {
        let Some(actor) = resolved.actor else { return };
        let parent = state.parent(Some(actor));
        let over = state.image_lists(parent);
        let is = |bits: Option<&ListBits>, list: Option<ListId>| bits.zip(list).is_some_and(|(b, list)| b.has(list));
        let managed = is(over, self.service_manager);
        let brokered = is(over, self.brokers);
        let asks = !is(state.image_lists(Some(actor)), self.never_ask);
        if brokered || tags.has(Tag::ComServer) || tags.has(Tag::Ordered) {
            Self::link_by_records(state, event, resolved, tags);
        }
        if managed {
            let asked =
                state.host(resolved.host).and_then(|h| h.callers.services.last(event.time, ASKED_WITHIN, |_| true));
            if let Some(by) = asked {
                state.link_requester(actor, by, BY_SERVICE_PIPE);
            }
            // A parent can be chosen: what runs as a user is no service, whoever is named as its parent.
            if state.process(Some(actor)).is_none_or(|p| is_service(p) || p.integrity.is_none()) {
                return;
            }
        }
        // If the start of a COM server has no record, its first child stands for it.
        let server =
            if tags.has(Tag::ComServer) { Some(actor) } else { parent.filter(|_| tags.has(Tag::ComServerChild)) };
        let Some(server) = server else {
            let asks = asks && state.process(Some(actor)).is_some_and(|p| !is_service(p));
            if let (true, Some(host)) = (asks, state.host_mut(resolved.host)) {
                host.callers.starts.note(Principal::Process(actor), event.time);
            }
            return;
        };
        if state.process(Some(server)).is_none_or(|p| p.requester.is_some()) {
            return;
        }
        let Some(callers) = state.host(resolved.host).map(|h| h.callers) else { return };
        // The server runs as its client; where its user is not known, its first child does.
        let same = |who| matches!(who, Principal::Process(p) if p != server && same_user(state, p, server, actor));
        let local = callers.starts.last(event.time, ASKED_WITHIN, same).map(|by| (by, BY_SESSION));
        let remote = || callers.remotes.last(event.time, CALLED_WITHIN, |_| true).map(|by| (by, BY_CALL));
        if let Some((by, tie)) = local.or_else(remote) {
            state.link_requester(server, by, tie);
        }
    }

    /// Whether a COM client had a process started. Logs without command lines show it by the launcher that is its parent.
    fn is_com_server(&self, state: &HostState, process: &Process) -> bool {
        if process.command_line.is_some() {
            return self.com_server.is_some_and(|list| process.command_lists.has(list));
        }
        let is = |bits: Option<&ListBits>, list: Option<ListId>| bits.zip(list).is_some_and(|(b, list)| b.has(list));
        let own = state.name(process.image).map(|name| &name.cached);
        is(own, self.on_demand) && is(state.image_lists(process.parent), self.task_hosts)
    }

    fn process_start(&self, state: &HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: &mut Tags) {
        let Some(actor) = state.process(resolved.actor) else { return };
        let parent = state.process(actor.parent);
        if self.is_com_server(state, actor) {
            tags.insert(Tag::ComServer);
        }
        if parent.is_some_and(|p| self.is_com_server(state, p)) {
            tags.insert(Tag::ComServerChild);
        }
        let above = parent.and_then(|p| state.image_lists(p.parent));
        if above.zip(self.service_manager).is_none_or(|(bits, list)| bits.has(list)) {
            tags.insert(Tag::ServiceChild);
        }
        let own = state.image_lists(resolved.actor);
        let over = state.image_lists(actor.parent);
        let has =
            |bits: Option<&ListBits>, list: Option<ListId>| bits.zip(list).is_some_and(|(bits, list)| bits.has(list));
        let tool = self.tools.iter().any(|list| has(own, *list));
        let renamed =
            state.name(actor.original_file_name).zip(self.tools[2]).is_some_and(|(n, list)| n.cached.has(list));
        let writable = |bits: Option<&ListBits>| bits.is_some_and(|bits| state.is_user_writable(Os::Windows, bits));
        let dropped = writable(own) && !writable(over);
        if (tool || renamed || dropped) && !has(own, self.helpers) {
            tags.insert(Tag::UnusualChild);
        }
        if Self::remote_session(state, resolved).is_some() {
            tags.insert(Tag::RemoteSession);
        }
        let level = actor.integrity.map(|level| level == Integrity::System);
        let system = level.or_else(|| is_system(state, resolved.actor)) == Some(true);
        if system {
            tags.insert(Tag::RunsAsSystem);
        }
        if has(over, self.service_manager) || over.is_none() && system && has(own, self.tools[0]) {
            tags.insert(Tag::StartedAsService);
        }
        let brokered = over.is_none_or(|bits| has(Some(bits), self.brokers) || has(Some(bits), self.task_hosts));
        if brokered && let Some(order) = Self::order(state, event, resolved) {
            tags.insert(Tag::Ordered);
            if matches!(order.by, Some(Principal::Remote(_))) {
                tags.insert(Tag::OrderedFromOutside);
            }
        }
        if rose(actor.integrity, parent.and_then(|p| p.integrity)) || rose_by_user(state, resolved.actor, actor.parent)
        {
            tags.insert(Tag::PrivilegeRise);
        }
        if actor.command_line.as_deref().is_some_and(is_bare) {
            tags.insert(Tag::NoArguments);
        }
        if has(own, self.shells) && actor.argument_count.is_some_and(|n| n <= 1) {
            tags.insert(Tag::ReadsPipe);
        }
    }
}

/// Whether a program has the terminal session of a server or its child or, where that is not known, the user.
fn same_user(state: &HostState, program: ProcessId, server: ProcessId, child: ProcessId) -> bool {
    let of = |id, field: fn(&Process) -> Option<crate::util::intern::Sym>| {
        state.process(Some(id)).and_then(|p| state.name(field(p))).map(|n| n.identity)
    };
    let shares = |field: fn(&Process) -> Option<crate::util::intern::Sym>| {
        let other = of(server, field).or_else(|| of(child, field))?;
        Some(of(program, field)? == other)
    };
    shares(|p| p.terminal).or_else(|| shares(|p| p.user)).unwrap_or(false)
}

/// Whether two names may mean one user: the accounts are equal, or one of them is unknown.
fn may_be_user(one: Option<&[u8]>, other: Option<&[u8]>) -> bool {
    let account = |user: &[u8]| user.rsplit(|&b| b == b'\\').next().map(<[u8]>::to_ascii_lowercase);
    one.zip(other).is_none_or(|(one, other)| account(one) == account(other))
}

/// Whether a process runs as SYSTEM or a service account.
fn is_service(process: &Process) -> bool {
    process.integrity == Some(Integrity::System) || process.session.is_some_and(|s| SERVICE_SESSIONS.contains(&s))
}

/// Tags that follow from a pipe's name alone; computed once a pipe.
fn pipe(state: &mut HostState, resolved: &ResolvedEvent, tags: &mut Tags) {
    let Some(endpoint) = state.endpoint(resolved.endpoint) else { return };
    let known = endpoint.name_tags;
    let tags_of_name = known.unwrap_or_else(|| state.text(Some(endpoint.name)).map_or(Tags::NONE, name_tags));
    if known.is_none()
        && let Some(endpoint) = state.endpoint_mut(resolved.endpoint)
    {
        endpoint.name_tags = Some(tags_of_name);
    }
    tags.merge(tags_of_name);
}

fn name_tags(name: &[u8]) -> Tags {
    let mut tags = Tags::NONE;
    if names::holds_pipe_root(name) {
        tags.insert(Tag::PipeNestedName);
    }
    if remote_exec::is_stream(name) {
        tags.insert(Tag::PipeRemoteExec);
    }
    tags
}

/// Whether a command line has no arguments. Without quotes a blank begins the arguments.
fn is_bare(command_line: &[u8]) -> bool {
    let line = command_line.trim_ascii();
    match line.strip_prefix(b"\"") {
        Some(quoted) => memchr::memchr(b'"', quoted).is_some_and(|end| end + 1 == quoted.len()),
        None => !line.is_empty() && !line.contains(&b' '),
    }
}

fn rose(now: Option<Integrity>, before: Option<Integrity>) -> bool {
    now.zip(before).is_some_and(|(now, before)| now > before)
}

/// Whether the child runs as SYSTEM and the parent is known to run as another user.
fn rose_by_user(state: &HostState, child: Option<ProcessId>, parent: Option<ProcessId>) -> bool {
    is_system(state, child) == Some(true) && is_system(state, parent) == Some(false)
}

/// Whether a process runs as SYSTEM. The logon session shows it in every language; the user's name may not.
fn is_system(state: &HostState, id: Option<ProcessId>) -> Option<bool> {
    let process = state.process(id)?;
    let named = || {
        let user = state.text(process.user)?;
        let name = user.rsplit(|&b| b == b'\\').next().unwrap_or(user);
        Some(name.eq_ignore_ascii_case(b"SYSTEM"))
    };
    process.session.map(|s| s == SYSTEM_SESSION).or_else(named)
}

fn origin(address: Option<&[u8]>, tags: &mut Tags) {
    let Some(address) = address else { return };
    let loopback = address.starts_with(b"127.") || matches!(address, b"::1" | b"0:0:0:0:0:0:0:1" | b"::ffff:127.0.0.1");
    tags.insert(if loopback { Tag::LoopbackOrigin } else { Tag::RemoteOrigin });
}
