//! AN1358: facts of Linux events, and the edges from what a broker started to who asked for it.

use crate::catalogue::{Tag, Tags, TermId, Terms};
use crate::causality::{Broker, EndpointRecord, Principal, Process, ProcessId, Scene, Tie, World, basename};
use crate::event::{EndpointAct, Event, Kind};
use crate::time::{SECOND, Timestamp};

/// How long after a request a broker may take to start what was asked for, and how sure the tie is in thousandths.
const CONTAINER_START: (i64, u16) = (60 * SECOND, 700);
const SERVICE_START: (i64, u16) = (10 * SECOND, 600);
const JOB_START: (i64, u16) = (90 * SECOND, 500);
/// How long after the use of a socket a process may still start from which its unseen owner is told.
const OWNER_SHOWS: i64 = 10 * SECOND;

/// Terms the Linux analytic asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linux {
    shells: Option<TermId>,
    interpreters: Option<TermId>,
    tracers: Option<TermId>,
    container_daemons: Option<TermId>,
    container_starters: Option<TermId>,
    service_starters: Option<TermId>,
    service_request: Option<TermId>,
    job_launchers: Option<TermId>,
    job_starters: Option<TermId>,
    broker_sockets: Option<TermId>,
}

impl Linux {
    pub(super) fn new(terms: &Terms) -> Self {
        Self {
            shells: terms.id("unix.shells"),
            interpreters: terms.id("unix.interpreters"),
            tracers: terms.id("linux.tracers"),
            container_daemons: terms.id("linux.container_daemons"),
            container_starters: terms.id("linux.container_starters"),
            service_starters: terms.id("linux.service_starters"),
            service_request: terms.id("linux.service_request"),
            job_launchers: terms.id("linux.job_launchers"),
            job_starters: terms.id("linux.job_starters"),
            broker_sockets: terms.id("linux.sockets.brokers"),
        }
    }

    pub(super) fn derive(&self, world: &mut World, event: &Event<'_>, scene: &Scene, tags: &mut Tags) {
        self.facts(world, event, scene, tags);
        match &event.kind {
            Kind::ProcessStart(_) => {
                self.tie(world, event.time, scene);
                self.note_job(world, event.time, scene);
                find_owner(world, event.time, scene);
            }
            Kind::EndpointConnect(_) => {
                self.note_request(world, event.time, scene, *tags);
                note_unowned(world, event.time, scene);
            }
            _ => {}
        }
    }

    fn facts(&self, world: &World, event: &Event<'_>, scene: &Scene, tags: &mut Tags) {
        let Some(actor) = world.process(scene.actor) else { return };
        let image = world.text(actor.image).unwrap_or_default();
        if image.starts_with(b"/memfd:") || image.ends_with(b" (deleted)") {
            tags.insert(Tag::MemoryImage);
        }
        let parent = world.process(actor.parent);
        if actor.networked || parent.is_some_and(|p| p.networked) {
            tags.insert(Tag::Networked);
        }
        if is_adopted(event.parent.pid, actor, parent) {
            tags.insert(Tag::Adopted);
        }
        match &event.kind {
            Kind::ProcessStart(_) => {
                let shell = is(world, scene.actor, self.shells);
                let runner = shell || is(world, scene.actor, self.interpreters);
                if runner && reads_commands(event.actor.command_line, shell) {
                    tags.insert(Tag::ReadsPipe);
                }
                if actor.uid == Some(0) && world.process(actor.parent).is_some_and(|p| p.uid.is_some_and(|u| u != 0)) {
                    tags.insert(Tag::PrivilegeRise);
                }
            }
            Kind::EndpointConnect(act) => {
                let endpoint = world.endpoint(scene.endpoint);
                if is_others(act, endpoint, endpoint.and_then(|e| world.process(e.owner)), actor) {
                    tags.insert(Tag::OtherSession);
                }
            }
            Kind::ProcessAccess(_) | Kind::MemoryWrite(_)
                if is(world, scene.actor, self.tracers) && world.is_kin(scene) =>
            {
                tags.insert(Tag::BenignAccess);
            }
            _ => {}
        }
    }

    /// Remembers who asked a broker to run something.
    fn note_request(&self, world: &mut World, time: Timestamp, scene: &Scene, tags: Tags) {
        let Some(process) = scene.actor else { return };
        let terms = world.catalogue.terms();
        let name = world.endpoint(scene.endpoint).and_then(|e| world.name(Some(e.name)));
        let asks = |p: &Process| {
            let line = p.command_line.as_deref().unwrap_or_default();
            self.service_request.is_some_and(|term| terms.matches(term, line))
        };
        let (broker, confidence) = if tags.has(Tag::RootEquivalent) && !is(world, scene.actor, self.container_daemons) {
            (Broker::Container, CONTAINER_START.1)
        } else if name.zip(self.broker_sockets).is_some_and(|(n, term)| n.memo.has(term))
            && world.process(scene.actor).is_some_and(asks)
        {
            (Broker::Services, SERVICE_START.1)
        } else {
            return;
        };
        if let Some(host) = world.host_mut(scene.host) {
            host.requests[broker as usize] = Some(Tie { process, time, confidence });
        }
    }

    /// Remembers who handed in a job.
    fn note_job(&self, world: &mut World, time: Timestamp, scene: &Scene) {
        let Some(process) = scene.actor.filter(|_| is(world, scene.actor, self.job_launchers)) else { return };
        if let Some(host) = world.host_mut(scene.host) {
            host.requests[Broker::Jobs as usize] = Some(Tie { process, time, confidence: JOB_START.1 });
        }
    }

    /// Ties what a broker started to who asked for it last.
    fn tie(&self, world: &mut World, time: Timestamp, scene: &Scene) {
        let parent = world.parent(scene.actor);
        let by_init = is_inits(world, scene.actor, parent);
        let brokers = [
            (is(world, parent, self.container_starters), Broker::Container, CONTAINER_START.0),
            (by_init || is(world, parent, self.service_starters), Broker::Services, SERVICE_START.0),
            (by_init || is(world, parent, self.job_starters), Broker::Jobs, JOB_START.0),
        ];
        for (_, broker, limit) in brokers.into_iter().filter(|(starts, ..)| *starts) {
            let Some(request) = world.host(scene.host).and_then(|h| h.requests[broker as usize]) else { continue };
            let in_time = request.time <= time && time.distance(request.time) <= limit;
            // A job runs as the user who handed it in, unless root handed it in for another.
            let uid = |id| world.process(Some(id)).and_then(|p| p.uid);
            let fits = |process| {
                let asked = uid(request.process);
                broker != Broker::Jobs || asked == Some(0) || asked == uid(process)
            };
            if let Some(process) = scene.actor.filter(|&process| in_time && fits(process)) {
                world.tie_requester(process, Principal::Process(request.process), request.confidence);
            }
        }
    }
}

/// Whether init started a process, as far as a log tells that never named init's image. What init merely adopted
/// belongs to a login.
fn is_inits(world: &World, process: Option<ProcessId>, parent: Option<ProcessId>) -> bool {
    let unnamed = world.process(parent).is_some_and(|p| p.pid == Some(1) && p.image.is_none());
    unnamed && world.process(process).is_some_and(|p| p.auid.is_none())
}

/// Whether a process's image is of a term.
fn is(world: &World, process: Option<ProcessId>, term: Option<TermId>) -> bool {
    world.image_terms(process).zip(term).is_some_and(|(bits, term)| bits.has(term))
}

/// Remembers a socket of the baseline that is used though nobody was seen to create it: its daemon ran before.
fn note_unowned(world: &mut World, time: Timestamp, scene: &Scene) {
    let unowned = world.endpoint(scene.endpoint).is_some_and(|e| e.owner.is_none() && e.entry.is_some());
    if let (Some(endpoint), Some(host)) = (scene.endpoint.filter(|_| unowned), world.host_mut(scene.host)) {
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

/// A process starts below one that the baseline names as the owner of a socket that is being used: it is the owner.
fn find_owner(world: &mut World, time: Timestamp, scene: &Scene) {
    let Some(unowned) = world.host(scene.host).map(|h| h.unowned) else { return };
    for (endpoint, used) in unowned.into_iter().flatten() {
        let entry = world.endpoint(Some(endpoint)).filter(|e| e.owner.is_none()).and_then(|e| e.entry);
        let Some(entry) = entry.filter(|_| used <= time && time.distance(used) <= OWNER_SHOWS) else { continue };
        let knowledge = world.catalogue.knowledge();
        let owns = |&id: &ProcessId| {
            let image = world.process(Some(id)).and_then(|p| world.name(p.image));
            image.is_some_and(|i| knowledge.names_owner(entry, i.text(), &i.memo))
        };
        let owner = world.ancestors(scene.actor).take(2).find(owns);
        if let Some(owner) = owner {
            world.presume_owner(owner, endpoint);
        }
    }
}

/// Whether a process has another parent now than at its birth: the record says so, or it says that init is the parent
/// of a process that init was not seen to start.
fn is_adopted(stated: Option<u32>, actor: &Process, birth: Option<&Process>) -> bool {
    match (stated, birth.and_then(|p| p.pid)) {
        (Some(1), Some(1)) => actor.command_line.is_none(),
        (Some(now), Some(then)) => now != then,
        _ => false,
    }
}

/// Whether a socket belongs to somebody else's login session. The login user survives su and sudo: where it is known
/// of both sides it alone tells. Otherwise the socket's owner must be neither the login user nor the present one.
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

/// Whether a shell or interpreter was given neither a script nor a command: it reads what to do from its input.
pub(super) fn reads_commands(command_line: Option<&[u8]>, shell: bool) -> bool {
    let Some(command_line) = command_line else { return false };
    let mut arguments = command_line.split(|&b| b == b' ').filter(|a| !a.is_empty());
    let called = arguments.next().map(basename);
    // A multi-call program is told which shell to be.
    let arguments = arguments.skip(usize::from(matches!(called, Some(b"busybox" | b"toybox"))));
    for argument in arguments {
        match argument {
            b"-" | b"-i" => {}
            // What a pipe is called among the arguments (process substitution).
            pipe if pipe.starts_with(b"/dev/fd/") || pipe.starts_with(b"/proc/self/fd/") => return true,
            b"--login" | b"--norc" | b"--noprofile" | b"--posix" | b"--restricted" | b"--noediting" if shell => {}
            [b'-', flags @ ..] if shell && !flags.starts_with(b"-") && !flags.contains(&b'c') => {
                // With -s the rest are the arguments of what comes in.
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
