//! AN1358: tags of Linux events, and links from what a broker started to its client.

use super::orders;
use crate::event::{EndpointAct, Event, Kind, Os};
use crate::names::{self, basename};
use crate::rules::{ListId, Lists, Tag, Tags};
use crate::state::{
    Broker, EndpointRecord, HostState, Link, Principal, Process, ProcessId, Request, ResolvedEvent, Tie,
};
use crate::time::{SECOND, Timestamp};

/// The time within which a broker starts what a client asked for, and the confidence of the link in thousandths.
const CONTAINER_START: (i64, u16) = (60 * SECOND, 700);
const SERVICE_START: (i64, u16) = (10 * SECOND, 600);
const JOB_START: (i64, u16) = (90 * SECOND, 500);
/// Confidence of the link to a program that connected to the bus and may have asked for anything.
const OWN_PROGRAM: u16 = 400;
/// Shells and launchers between a daemon and its child that are passed over.
const MAX_PASSED_ON: usize = 4;
/// The time after the use of a socket within which a child of its daemon shows who owns it.
const OWNER_SHOWS: i64 = 10 * SECOND;

/// The lists that the Linux analytic reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linux {
    shells: Option<ListId>,
    interpreters: Option<ListId>,
    tracers: Option<ListId>,
    container_daemons: Option<ListId>,
    container_starters: Option<ListId>,
    service_starters: Option<ListId>,
    service_request: Option<ListId>,
    job_launchers: Option<ListId>,
    unit_controllers: Option<ListId>,
    job_starters: Option<ListId>,
    broker_sockets: Option<ListId>,
    bus_clients: Option<ListId>,
    eval_loop: Option<ListId>,
    network_daemons: Option<ListId>,
    servers_by_title: Option<ListId>,
    web_runtimes: Option<ListId>,
    build_agents: Option<ListId>,
}

impl Linux {
    pub(super) fn new(lists: &Lists) -> Self {
        Self {
            shells: lists.id("unix.shells"),
            interpreters: lists.id("unix.interpreters"),
            tracers: lists.id("linux.tracers"),
            container_daemons: lists.id("linux.container_daemons"),
            container_starters: lists.id("linux.container_starters"),
            service_starters: lists.id("linux.service_starters"),
            service_request: lists.id("linux.service_request"),
            job_launchers: lists.id("linux.job_launchers"),
            unit_controllers: lists.id("linux.unit_controllers"),
            job_starters: lists.id("linux.job_starters"),
            broker_sockets: lists.id("linux.sockets.brokers"),
            bus_clients: lists.id("linux.bus_clients"),
            eval_loop: lists.id("unix.eval_loop"),
            network_daemons: lists.id("linux.network_daemons"),
            servers_by_title: lists.id("linux.servers_by_title"),
            web_runtimes: lists.id("linux.web_runtimes"),
            build_agents: lists.id("linux.build_agents"),
        }
    }

    pub(super) fn derive(&self, state: &mut HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: &mut Tags) {
        self.tags(state, event, resolved, tags);
        match &event.kind {
            Kind::ProcessStart(_) => {
                if is_habitual(state, resolved) {
                    tags.insert(Tag::Habitual);
                }
                self.link(state, event.time, resolved);
                self.note_job(state, event.time, resolved);
                find_owner(state, event.time, resolved);
            }
            Kind::EndpointConnect(_) => {
                note_asked(state, resolved);
                self.note_request(state, event.time, resolved, *tags);
                note_unowned(state, event.time, resolved);
            }
            _ => {}
        }
    }

    fn tags(&self, state: &HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: &mut Tags) {
        let Some(actor) = state.process(resolved.actor) else { return };
        let image = state.text(actor.image).unwrap_or_default();
        if names::runs_from_memory(image) {
            tags.insert(Tag::MemoryImage);
        }
        let parents = [actor.parent, state.parent(resolved.actor)].map(|id| state.process(id));
        if actor.networked || parents.iter().flatten().any(|p| p.networked) {
            tags.insert(Tag::Networked);
        }
        if is_adopted(event.parent.pid, actor, parents[0]) {
            tags.insert(Tag::Adopted);
        }
        match &event.kind {
            Kind::ProcessStart(_) => {
                let shell = state.image_is(resolved.actor, self.shells);
                let runner = shell || state.image_is(resolved.actor, self.interpreters);
                let evaluates = || self.eval_loop.is_some_and(|list| actor.command_lists.has(list));
                if self.is_network_daemons(state, resolved.actor) {
                    tags.insert(Tag::NetworkDaemonChild);
                }
                if runner && (reads_commands(event.actor.command_line, shell) || evaluates()) {
                    tags.insert(Tag::ReadsPipe);
                }
                if actor.uid == Some(0) && state.process(actor.parent).is_some_and(|p| p.uid.is_some_and(|u| u != 0)) {
                    tags.insert(Tag::PrivilegeRise);
                }
            }
            Kind::EndpointConnect(act) => {
                let endpoint = state.endpoint(resolved.endpoint);
                if is_others(act, endpoint, endpoint.and_then(|e| state.process(e.owner)), actor) {
                    tags.insert(Tag::OtherSession);
                }
            }
            Kind::ProcessAccess(_) | Kind::MemoryWrite(_)
                if state.image_is(resolved.actor, self.tracers) && state.is_related(resolved) =>
            {
                tags.insert(Tag::BenignAccess);
            }
            _ => {}
        }
    }

    /// Whether a network daemon started a process, directly or through shells and launchers. An interpreter counts as a
    /// daemon if its command line names a server; a web runtime, if it used a shell with a command and belongs to no
    /// login. An agent of a build server runs commands as its business, and is none.
    fn is_network_daemons(&self, state: &HostState, process: Option<ProcessId>) -> bool {
        let mut at = state.parent(process);
        let mut by_command = false;
        for _ in 0..MAX_PASSED_ON {
            let Some(id) = at.filter(|&id| state.image_is(at, self.shells) || state.is_transparent(Os::Linux, id))
            else {
                break;
            };
            by_command |= state.is_transparent(Os::Linux, id) && state.image_is(at, self.shells);
            at = state.parent(at);
        }
        let outside = || {
            let no_login = |p: &Process| p.auid.is_none() && p.terminal.is_none() && p.uid.is_some_and(|u| u > 0);
            [at, process].into_iter().all(|id| state.process(id).is_some_and(no_login))
        };
        let has_title = |list: Option<ListId>| {
            list.is_some_and(|list| state.process(at).is_some_and(|p| p.command_lists.has(list)))
        };
        let is_titled = || state.image_is(at, self.interpreters) && has_title(self.servers_by_title);
        state.image_is(at, self.network_daemons)
            || is_titled()
            || by_command && state.image_is(at, self.web_runtimes) && outside() && !has_title(self.build_agents)
    }

    /// Records the client that asked a broker to run something.
    fn note_request(&self, state: &mut HostState, time: Timestamp, resolved: &ResolvedEvent, tags: Tags) {
        let Some(process) = resolved.actor else { return };
        let lists = state.catalog.lists();
        let name = state.endpoint(resolved.endpoint).and_then(|e| state.name(Some(e.name)));
        let asks = |p: &Process| {
            let line = p.command_line.as_deref().unwrap_or_default();
            self.service_request.is_some_and(|list| lists.matches(list, line))
        };
        let (broker, confidence) = if tags.has(Tag::RootEquivalent)
            && (tags.has(Tag::UserWritableImage) || !state.image_is(resolved.actor, self.container_daemons))
        {
            (Broker::Container, CONTAINER_START.1)
        } else if name.zip(self.broker_sockets).is_some_and(|(n, list)| n.cached.has(list))
            && state.process(resolved.actor).is_some_and(asks)
        {
            (Broker::Services, SERVICE_START.1)
        } else if name.zip(self.broker_sockets).is_some_and(|(n, list)| n.cached.has(list))
            && (tags.has(Tag::UserWritableImage) || state.image_is(resolved.actor, self.bus_clients))
        {
            // Audit does not show what a client asks the bus for. A program in a user-writable folder, or one that makes
            // any call, counts as a client only if no better one asked just before.
            (Broker::Services, OWN_PROGRAM)
        } else {
            return;
        };
        let image = state.process(resolved.actor).and_then(|process| process.image);
        if let Some(host) = state.host_mut(resolved.host) {
            let last = host.requests[broker as usize];
            let has_better =
                last.is_some_and(|(l, _)| l.confidence > confidence && time.distance(l.time) <= SERVICE_START.0);
            if has_better && confidence == OWN_PROGRAM {
                return;
            }
            host.requests[broker as usize] = Some((Link { process, time, confidence }, image));
        }
    }

    /// Records who submitted a job.
    fn note_job(&self, state: &mut HostState, time: Timestamp, resolved: &ResolvedEvent) {
        let asks = |list| state.image_is(resolved.actor, list);
        let asks = asks(self.job_launchers) || asks(self.unit_controllers);
        let Some(process) = resolved.actor.filter(|_| asks) else { return };
        let image = state.process(resolved.actor).and_then(|process| process.image);
        if let Some(host) = state.host_mut(resolved.host) {
            host.requests[Broker::Jobs as usize] = Some((Link { process, time, confidence: JOB_START.1 }, image));
        }
    }

    /// Links what a broker started to its last client.
    fn link(&self, state: &mut HostState, time: Timestamp, resolved: &ResolvedEvent) {
        let parent = state.parent(resolved.actor);
        let by_init = is_inits(state, resolved.actor, parent);
        let is_job = || state.image_is(parent, self.job_starters) || is_ordered_job(state, resolved, parent);
        let brokers = [
            (state.image_is(parent, self.container_starters), Broker::Container, CONTAINER_START.0),
            (by_init || state.image_is(parent, self.service_starters), Broker::Services, SERVICE_START.0),
            (by_init || is_job(), Broker::Jobs, JOB_START.0),
        ];
        let tie = |broker| match broker {
            Broker::Container => Tie::Container,
            Broker::Services => Tie::Services,
            Broker::Jobs => Tie::Job,
        };
        for (_, broker, limit) in brokers.into_iter().filter(|(starts, ..)| *starts) {
            let Some((asked, image)) = state.host(resolved.host).and_then(|h| h.requests[broker as usize]) else {
                continue;
            };
            let in_time = asked.time <= time && time.distance(asked.time) <= limit;
            // A job runs as the user who submitted it, unless root submitted it for another user, or the manager
            // granted root for this very command.
            let uid = |id| state.process(Some(id)).and_then(|p| p.uid);
            let command = |id| state.process(Some(id))?.command_line.as_deref();
            let fits = |process| {
                let asking = uid(asked.process);
                let ordered = || {
                    let end = command(process).and_then(orders::End::of);
                    end.is_some_and(|end| end.finder().is_in(command(asked.process)))
                };
                broker != Broker::Jobs || asking == Some(0) || asking == uid(process) || ordered()
            };
            if let Some(process) = resolved.actor.filter(|&process| in_time && fits(process)) {
                let (by, confidence) = (Principal::Process(asked.process), asked.confidence);
                state.link_request(process, Request { by, tie: tie(broker), confidence, image });
            }
        }
    }
}

/// Whether the last job was to run this very program, and no record tells what its parent is: a user's service manager
/// starts long before most logs do.
fn is_ordered_job(state: &HostState, resolved: &ResolvedEvent, parent: Option<ProcessId>) -> bool {
    let is_unnamed = state.process(parent).is_none_or(|p| p.image.is_none());
    let asked = state.host(resolved.host).and_then(|host| host.requests[Broker::Jobs as usize]).filter(|_| is_unnamed);
    let order = asked.and_then(|(link, _)| state.process(Some(link.process))?.command_line.as_deref());
    let image = state.process(resolved.actor).and_then(|process| state.text(process.image));
    order.zip(image).is_some_and(|(order, image)| memchr::memmem::find(order, image).is_some())
}

/// Whether init started a process, in a log that never named init's image. A process with a login was only adopted.
fn is_inits(state: &HostState, process: Option<ProcessId>, parent: Option<ProcessId>) -> bool {
    let unnamed = state.process(parent).is_some_and(|p| p.pid == Some(1) && p.image.is_none());
    unnamed && state.process(process).is_some_and(|p| p.auid.is_none())
}

/// Remembers that somebody else speaks to a process.
fn note_asked(state: &mut HostState, resolved: &ResolvedEvent) {
    let owner = state.endpoint(resolved.endpoint).and_then(|e| e.owner).filter(|&o| resolved.actor != Some(o));
    if let Some(owner) = state.process_mut(owner) {
        owner.asked = true;
    }
}

/// Whether what starts below a daemon belongs to its routine: the same program had started below it before anybody spoke
/// to it. What lies where users may write has no routine that excuses it.
fn is_habitual(state: &mut HostState, resolved: &ResolvedEvent) -> bool {
    let Some(name) = state.process(resolved.actor).and_then(|p| state.name(p.image)) else { return false };
    let program = 1 << (name.identity.low() % 32);
    let above: [Option<ProcessId>; 2] = [state.parent(resolved.actor), state.parent(state.parent(resolved.actor))];
    let mut habitual = false;
    for id in above.into_iter().flatten() {
        let installed = !state.image_lists(Some(id)).is_some_and(|image| state.is_user_writable(Os::Linux, image));
        let Some(process) = state.process_mut(Some(id)) else { continue };
        if process.asked {
            habitual |= installed && process.habits & program != 0;
        } else {
            process.habits |= program;
        }
    }
    habitual
}

/// Records a socket with a reference name that is used although no record shows its creation: its daemon started before
/// the telemetry.
fn note_unowned(state: &mut HostState, time: Timestamp, resolved: &ResolvedEvent) {
    let unowned = state.endpoint(resolved.endpoint).is_some_and(|e| e.owner.is_none() && e.reference.is_some());
    if let (Some(endpoint), Some(host)) = (resolved.endpoint.filter(|_| unowned), state.host_mut(resolved.host)) {
        let known = host.unowned.iter_mut().find(|u| u.is_none_or(|(e, _)| e == endpoint));
        match known {
            Some(place) => *place = Some((endpoint, time)),
            None => {
                host.unowned.rotate_left(1);
                host.unowned[3] = Some((endpoint, time));
            }
        }
    }
}

/// If the parent or grandparent of a new process is one that the reference names list as the owner of a socket in use,
/// records it as the owner.
fn find_owner(state: &mut HostState, time: Timestamp, resolved: &ResolvedEvent) {
    let Some(unowned) = state.host(resolved.host).map(|h| h.unowned) else { return };
    for (endpoint, used) in unowned.into_iter().flatten() {
        let reference = state.endpoint(Some(endpoint)).filter(|e| e.owner.is_none()).and_then(|e| e.reference);
        let Some(reference) = reference.filter(|_| used <= time && time.distance(used) <= OWNER_SHOWS) else {
            continue;
        };
        let reference_names = state.catalog.reference_names();
        let owns = |&id: &ProcessId| {
            let image = state.process(Some(id)).and_then(|p| state.name(p.image));
            image.is_some_and(|i| reference_names.names_owner(reference, i.text(), &i.cached))
        };
        let owner = state.ancestors(resolved.actor).take(2).find(owns);
        if let Some(owner) = owner {
            state.presume_owner(owner, endpoint);
        }
    }
}

/// Whether a process has another parent now than at its birth, or has init as its parent although no record shows that
/// init started it.
fn is_adopted(stated: Option<u32>, actor: &Process, birth: Option<&Process>) -> bool {
    match (stated, birth.and_then(|p| p.pid)) {
        (Some(1), Some(1)) => actor.command_line.is_none(),
        (Some(now), Some(then)) => now != then,
        _ => false,
    }
}

/// Whether a socket belongs to another user's login. The login user survives su and sudo, so it alone decides where it
/// is known of both sides. Otherwise the owner of the socket must be neither the login user nor the present user.
pub(super) fn is_others(
    act: &EndpointAct<'_>,
    endpoint: Option<&EndpointRecord>,
    owner: Option<&Process>,
    actor: &Process,
) -> bool {
    if let (Some(theirs), Some(mine)) = (owner.and_then(|o| o.auid), actor.auid) {
        return theirs != mine;
    }
    let owner_uid = act.endpoint.owner_uid.or(endpoint.and_then(|e| e.owner_uid));
    owner_uid.is_some_and(|uid| uid != 0 && actor.uid.is_some_and(|me| me != uid) && actor.auid != Some(uid))
}

/// Whether a shell or interpreter was given neither a script nor a command, so that it reads commands from its input.
pub(super) fn reads_commands(command_line: Option<&[u8]>, shell: bool) -> bool {
    let Some(command_line) = command_line else { return false };
    let mut arguments = command_line.split(|&b| b == b' ').filter(|a| !a.is_empty());
    let called = arguments.next().map(basename);
    // The first argument of a multi-call program is the shell to run.
    let arguments = arguments.skip(usize::from(matches!(called, Some(b"busybox" | b"toybox"))));
    for argument in arguments {
        match argument {
            b"-" | b"-i" => {}
            // Process substitution passes a pipe as an argument.
            pipe if pipe.starts_with(b"/dev/fd/") || pipe.starts_with(b"/proc/self/fd/") => return true,
            b"--login" | b"--norc" | b"--noprofile" | b"--posix" | b"--restricted" | b"--noediting" if shell => {}
            [b'-', flags @ ..] if shell && !flags.starts_with(b"-") && !flags.contains(&b'c') => {
                // With -s the other arguments are those of the script that is read.
                if flags.contains(&b's') {
                    return true;
                }
            }
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::reads_commands;

    #[test]
    fn shells_that_read_their_input_are_told_from_those_with_a_task() {
        for line in ["sh", "/bin/sh -i", "-bash", "bash --norc -i", "busybox sh -i", "bash -s -- now", "sh /dev/fd/63"]
        {
            assert!(reads_commands(Some(line.as_bytes()), true), "{line}");
        }
        for line in
            ["sh -c id", "bash run.sh", "bash -lc id", "busybox ash run.sh", "bash --rcfile x", "bash --version"]
        {
            assert!(!reads_commands(Some(line.as_bytes()), true), "{line}");
        }
        assert!(reads_commands(Some(b"python3 -i"), false) && reads_commands(Some(b"perl -"), false));
        assert!(
            !reads_commands(Some(b"python3 -mjson.tool"), false) && !reads_commands(Some(b"node --version"), false)
        );
        assert!(!reads_commands(None, true));
    }
}
