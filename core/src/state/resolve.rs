//! Finds the process that a reference means, by unique id or by pid and time, or adds a new one.

use smallvec::SmallVec;

use super::host_state::{HostState, LAST_PROCESSES, Pid};
use super::ids::ProcessId;
use super::process::{Identity, KEPT_COMMAND, Process};
use crate::event::{Event, Kind, Os, ProcessRef, StartMethod};
use crate::names::basename;
use crate::time::{MINUTE, SECOND, Timestamp};
use crate::util::hash::{Digest, Hasher};
use crate::util::table::{Handle, QuotaGroup, weight};

/// If no record mentioned a pid for this long, the system may have given it to another process.
const REUSE: i64 = 10 * MINUTE;

/// Two records may differ by this much about the time of one start or end.
const TOLERANCE: i64 = 2 * SECOND;

impl HostState {
    /// The process that a reference of this event means; a new one is added. `None` if the reference has neither pid
    /// nor unique id. `start`: the event is the start, or an exec, of this process.
    pub(super) fn resolve(
        &mut self,
        host: Digest,
        reference: &ProcessRef<'_>,
        event: &Event<'_>,
        start: Option<StartMethod>,
    ) -> Option<ProcessId> {
        if reference.is_unknown() {
            return None;
        }
        let time = event.time;
        let identity = Identity::of(reference.unique_id);
        if let Identity::Unique(high, low) = identity {
            let place = Self::last_place(host, high, low);
            let is_it = |p: &Process| p.host == host && p.identity == identity;
            if let Some(last) = self.last_processes[place].filter(|&last| self.processes.find_again(last, is_it)) {
                return Some(last);
            }
            if let Some(found) = self.processes.find(Self::unique_key(host, high, low), is_it) {
                self.last_processes[place] = Some(found);
                return Some(found);
            }
        }
        let current = reference.pid.and_then(|pid| self.with_pid(host, pid));
        let acts = core::ptr::eq(reference, &event.actor);
        let is_parent = core::ptr::eq(reference, &event.parent);
        let is_reused = |p| match event.os {
            Os::Windows => false,
            _ => acts && self.is_reused(p, event, start) || is_parent && self.is_no_parent(p, event),
        };
        let is_meant = |&p: &ProcessId| self.means(p, identity, reference, event, start) && !is_reused(p);
        let found = self.candidates(current, time).into_iter().flatten().find(is_meant);
        let Some(found) = found else {
            // What happened to the pid since its owner fell silent happened to the new owner.
            let presumed = current.filter(|&p| acts && self.process(Some(p)).is_some_and(|p| p.presumed.is_some()));
            return Some(match presumed {
                Some(process) => self.begin_anew(process, time),
                None => self.make(host, reference.pid, identity, time, current),
            });
        };
        if acts || is_parent {
            self.adopt(found, identity, time);
            return Some(found);
        }
        let is_silent = event.os != Os::Windows && identity == Identity::Pid && self.is_silent(found, time);
        Some(if is_silent { self.presume(found, time) } else { self.touch(found, identity, time) })
    }

    /// Prefetches the table entries of the two processes that an event names: one alone would save nothing, nor would one
    /// that was found just before.
    pub(crate) fn prefetch(&self, event: &Event<'_>, host: Digest) {
        let target = match &event.kind {
            Kind::ProcessAccess(access) => &access.target,
            Kind::RemoteThread(thread) => &thread.target,
            Kind::MemoryWrite(write) => &write.target,
            Kind::FdDup(dup) => &dup.target,
            _ => &event.parent,
        };
        if target.is_unknown() {
            return;
        }
        let actor = &event.actor;
        match (Identity::of(actor.unique_id), Identity::of(target.unique_id)) {
            (Identity::Unique(a, b), Identity::Unique(c, d)) => {
                if !self.is_last(host, a, b) && !self.is_last(host, c, d) {
                    self.processes.prefetch(&[Self::unique_key(host, a, b), Self::unique_key(host, c, d)]);
                }
            }
            (Identity::Unique(..), _) | (_, Identity::Unique(..)) => {}
            _ => {
                if let (Some(a), Some(b)) = (actor.pid, target.pid) {
                    self.pids.prefetch(&[Self::pid_key(host, a), Self::pid_key(host, b)]);
                }
            }
        }
    }

    /// Where in `last_processes` the process of a unique id is if it is there.
    const fn last_place(host: Digest, high: u64, low: u64) -> usize {
        let mixed = (host.low() ^ high ^ low.rotate_left(17)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 48) as usize % LAST_PROCESSES
    }

    /// Whether the process of a unique id is in `last_processes`.
    fn is_last(&self, host: Digest, high: u64, low: u64) -> bool {
        let last = self.process(self.last_processes[Self::last_place(host, high, low)]);
        last.is_some_and(|last| last.host == host && last.identity == Identity::Unique(high, low))
    }

    /// The process that has a pid, and the one that had it before, unless that one had lost it by then.
    fn candidates(&self, current: Option<ProcessId>, time: Timestamp) -> [Option<ProcessId>; 2] {
        let before = self.process(current).filter(|known| time <= known.first_seen + TOLERANCE);
        [current, before.and_then(|known| known.predecessor)]
    }

    /// Whether a reference means this process, which has the same pid.
    fn means(
        &self,
        id: ProcessId,
        identity: Identity,
        reference: &ProcessRef<'_>,
        event: &Event<'_>,
        start: Option<StartMethod>,
    ) -> bool {
        let Some(known) = self.processes.get(id) else { return false };
        let time = event.time;
        // After the end of the process an exec belongs to another process with its pid.
        let lives = known.end.is_none_or(|end| time <= end + TOLERANCE);
        let exec_of_versions = start == Some(StartMethod::Exec)
            && lives
            && matches!((known.identity, identity), (Identity::Versions(_, high), Identity::Versions(v, _)) if v > high);
        if !known.identity.may_be(identity) && !exec_of_versions {
            return false;
        }
        let sure = known.identity.is_known() && identity.is_known();
        if sure {
            return true;
        }
        // Only the pids are known to be equal: times and images must not contradict.
        if known.end.is_some_and(|end| time > end + TOLERANCE) {
            return false;
        }
        // The system's own processes have the same pids after each boot.
        let is_systems = known.pid.is_some_and(|pid| pid <= 4);
        if known.last_seen < self.booted && self.booted <= time && !is_systems {
            return false;
        }
        // As long as no record gave its start, it may be older than its first mention: records may come late.
        match start {
            Some(StartMethod::Create | StartMethod::Fork) => {
                // It is the same process if another source reports the same start, or if a record about its child or
                // its act came first.
                let fits = match known.start {
                    Some(began) => time.distance(began) <= TOLERANCE,
                    None => known.first_seen + TOLERANCE >= time,
                };
                fits && self.same_program(known, reference)
            }
            Some(StartMethod::Exec) => known.start.is_none_or(|began| time + TOLERANCE >= began),
            None => {
                known.start.is_none_or(|began| time + TOLERANCE >= began)
                    && self.same_program(known, reference)
                    && self.same_birth(event.os, known, reference)
                    && reference.start.is_none_or(|s| known.start.is_none_or(|k| s.distance(k) <= TOLERANCE))
            }
        }
    }

    /// Whether the actor's pid now belongs to a process other than the known one, in a log of Linux or macOS without
    /// unique ids. A login stays for life once it is set, so another login means another process. After a long silence
    /// so does an exec, another user or image, or a parent that is neither the old one nor one that adopts orphans.
    fn is_reused(&self, id: ProcessId, event: &Event<'_>, start: Option<StartMethod>) -> bool {
        let (Some(known), actor) = (self.processes.get(id), &event.actor) else { return false };
        if known.identity.is_known() {
            return false;
        }
        let silent = self.is_silent(id, event.time);
        let differ = |a: Option<u32>, b: Option<u32>| a.zip(b).is_some_and(|(a, b)| a != b);
        let other_user = differ(actor.uid, known.uid);
        let tells_logins = event.os == Os::Linux && event.source.channel.reports_logins(event.os);
        if tells_logins && actor.uid.is_some() && known.uid.is_some() {
            // The later of two records may have gained a login, but cannot have lost it.
            let (before, after) =
                if event.time < known.first_seen { (actor.auid, known.auid) } else { (known.auid, actor.auid) };
            let lost_login = before.is_some() && after.is_none() && (silent || other_user);
            let session_differs = matches!((known.session, actor.session), (Some(a), Some(b)) if a != b);
            if differ(before, after) || lost_login || session_differs && (silent || other_user) {
                return true;
            }
        }
        silent
            && (start.is_some()
                || other_user
                || self.has_other_image(known, actor)
                || self.is_strange_parent(known, event))
    }

    /// Whether a process that was silent for long cannot be the parent that a record names by its pid: a child has its
    /// parent's login, unless the parent opens sessions, and its user, unless one of them is root.
    fn is_no_parent(&self, id: ProcessId, event: &Event<'_>) -> bool {
        let (Some(known), child) = (self.processes.get(id), &event.actor) else { return false };
        let tells_logins = event.os == Os::Linux && event.source.channel.reports_logins(event.os);
        if known.identity.is_known() || known.uid.is_none() || child.uid.is_none() || !tells_logins {
            return false;
        }
        let opens_sessions = || self.is_lineage_root(event.os, Some(id));
        self.is_silent(id, event.time)
            && (known.auid.is_some() && (known.auid, known.session) != (child.auid, child.session)
                || known.auid.is_none() && child.auid.is_some() && !opens_sessions()
                || known.uid != Some(0) && child.uid != Some(0) && known.uid != child.uid)
    }

    /// Whether no record of a process, nor of a child of its, came for so long that its pid may be another's.
    fn is_silent(&self, id: ProcessId, time: Timestamp) -> bool {
        self.process(Some(id)).is_some_and(|known| time - REUSE > known.last_seen)
    }

    /// Whether a record names another image than the known one; both are paths.
    fn has_other_image(&self, known: &Process, reference: &ProcessRef<'_>) -> bool {
        let path = |image: &&[u8]| image.first() == Some(&b'/');
        let known = self.text(known.image).filter(path);
        known.zip(reference.image.filter(path)).is_some_and(|(known, image)| known != image)
    }

    /// Whether the parent in the record is not the known one, nor init, nor one of its ancestors (which adopt orphans).
    fn is_strange_parent(&self, known: &Process, event: &Event<'_>) -> bool {
        let (Some(stated), Some(parent)) = (event.parent.pid, known.parent) else { return false };
        let has = |id| self.process(Some(id)).is_some_and(|p| p.pid == Some(stated));
        stated != 1 && !has(parent) && !self.ancestors(Some(parent)).any(has)
    }

    /// Whether the images do not contradict. A POSIX process may change its image without a record: exec may not be
    /// logged.
    fn same_program(&self, known: &Process, reference: &ProcessRef<'_>) -> bool {
        let (Some(a), Some(b)) = (self.text(known.image), reference.image) else { return true };
        let posix = b.first() == Some(&b'/') || a.first() == Some(&b'/');
        posix || basename(a).eq_ignore_ascii_case(basename(b))
    }

    /// Whether neither user nor command line contradicts: a Windows process keeps them for life. A computer's account
    /// stands for SYSTEM in some records and not in others.
    fn same_birth(&self, os: Os, known: &Process, reference: &ProcessRef<'_>) -> bool {
        if os != Os::Windows {
            return true;
        }
        let is_account = |user: &&[u8]| user.contains(&b'\\') && !user.ends_with(b"$");
        let users = self.text(known.user).filter(is_account).zip(reference.user.filter(is_account));
        let lines = known.command_line.as_deref().zip(reference.command_line);
        users.is_none_or(|(a, b)| a.eq_ignore_ascii_case(b)) && lines.is_none_or(|(a, b)| letters(a).eq(letters(b)))
    }

    /// Updates a process with a record of its own or of a child: it lives.
    fn adopt(&mut self, id: ProcessId, identity: Identity, time: Timestamp) {
        if let Some(known) = self.processes.get_mut(id) {
            known.last_seen = known.last_seen.max(time);
            known.presumed = None;
        }
        self.touch(id, identity, time);
    }

    /// A reference to a pid whose owner has been silent for so long that it may have a new one. What is known of the
    /// owner is presumed of a process of its own, until a record of the pid shows whether it holds.
    fn presume(&mut self, owner: ProcessId, time: Timestamp) -> ProcessId {
        let Some(known) = self.processes.get_mut(owner) else { return owner };
        if known.presumed.is_some() {
            return owner;
        }
        let mut process = known.clone();
        (process.presumed, process.predecessor) = (Some(time), Some(owner));
        let (host, pid, endpoints) = (process.host, process.pid, process.endpoints().collect::<SmallVec<[_; 4]>>());
        self.process_heap += process.heap_bytes();
        let presumed = self.put(process, time);
        if let Some(pid) = pid {
            self.set_pid(host, pid, presumed);
        }
        for (endpoint, _) in endpoints {
            if let Some(endpoint) = self.endpoints.get_mut(endpoint).filter(|e| e.owner == Some(owner)) {
                endpoint.owner = Some(presumed);
            }
        }
        self.shed();
        presumed
    }

    /// The pid has a new owner, which is the process that was presumed to be the old one: it keeps what happened to it.
    fn begin_anew(&mut self, id: ProcessId, time: Timestamp) -> ProcessId {
        let Some(known) = self.processes.get_mut(id) else { return id };
        self.process_heap -= known.heap_bytes();
        let mut process = Process::new(known.host, known.pid, Identity::Pid, known.presumed.unwrap_or(time));
        (process.predecessor, process.injected_by) = (known.predecessor, known.injected_by);
        process.last_seen = time;
        process.lineage = self.own_lineage(&process, time);
        if let Some(known) = self.processes.get_mut(id) {
            *known = process;
        }
        id
    }

    /// Updates a process with the time and identity of a reference to it.
    fn touch(&mut self, id: ProcessId, identity: Identity, time: Timestamp) -> ProcessId {
        let Some(known) = self.processes.get_mut(id) else { return id };
        known.first_seen = known.first_seen.min(time);
        match (known.identity, identity) {
            (Identity::Pid, Identity::Unique(high, low)) => {
                known.identity = identity;
                let key = Self::unique_key(known.host, high, low);
                let gone = self.processes.rehash(id, key);
                self.forget_process(gone);
            }
            (Identity::Pid, versions @ Identity::Versions(..)) => known.identity = versions,
            (Identity::Versions(low, high), Identity::Versions(v, _)) => {
                known.identity = Identity::Versions(low.min(v), high.max(v));
            }
            _ => {}
        }
        self.processes.touch(id);
        id
    }

    fn make(
        &mut self,
        host: Digest,
        pid: Option<u32>,
        identity: Identity,
        time: Timestamp,
        predecessor: Option<ProcessId>,
    ) -> ProcessId {
        let mut process = Process::new(host, pid, identity, time);
        process.predecessor = predecessor;
        process.lineage = self.own_lineage(&process, time);
        let id = self.put(process, time);
        if let Some(pid) = pid {
            let known_later =
                self.process(predecessor).is_some_and(|p| p.first_seen > time + TOLERANCE && p.end.is_none());
            match predecessor {
                // Nobody is known to have had the pid.
                None => self.add_pid(host, pid, id),
                Some(_) if !known_later => self.set_pid(host, pid, id),
                Some(_) => {}
            }
        }
        id
    }

    /// Adds a process that came to be known at a time.
    fn put(&mut self, process: Process, time: Timestamp) -> ProcessId {
        let (high, low) = numbers(&process, time);
        let key = Self::unique_key(process.host, high, low);
        let (group, weight) =
            (QuotaGroup::new(process.host.low(), process.lineage.low()), weight(process.heap_bytes()));
        let (id, gone) = self.processes.insert(key, group, process);
        self.processes.weigh(id, weight);
        self.forget_process(gone);
        id
    }

    /// The lineage that begins with a process.
    fn own_lineage(&self, process: &Process, time: Timestamp) -> Digest {
        let (high, low) = numbers(process, time);
        self.hash().digest(process.host).u64(high).u64(low).finish_digest()
    }

    pub(super) fn forget_process(&mut self, gone: Option<Process>) {
        if let Some(process) = gone {
            self.evicted_processes += 1;
            self.process_heap -= process.heap_bytes();
            if let Some(host) = self.known_host(process.host).and_then(|id| self.hosts.get_mut(id)) {
                let first = host.lost_process.map_or(process.last_seen, |first| first.min(process.last_seen));
                (host.lost_process, host.lost) = (Some(first), host.lost + 1);
            }
        }
    }

    const fn unique_key(host: Digest, high: u64, low: u64) -> u64 {
        Hasher::of(host).u64(low).u64(high).finish()
    }

    const fn pid_key(host: Digest, pid: u32) -> u64 {
        Hasher::of(host).u64(pid as u64).finish()
    }

    pub(super) fn with_pid(&mut self, host: Digest, pid: u32) -> Option<ProcessId> {
        let entry = self.pid_entry(host, pid)?;
        self.pids.get(entry).map(|entry| entry.process)
    }

    pub(super) fn pid_entry(&mut self, host: Digest, pid: u32) -> Option<Handle> {
        self.pids.find(Self::pid_key(host, pid), |p| p.host == host && p.pid == pid)
    }

    fn set_pid(&mut self, host: Digest, pid: u32, process: ProcessId) {
        match self.pid_entry(host, pid) {
            Some(entry) => {
                if let Some(entry) = self.pids.get_mut(entry) {
                    entry.process = process;
                }
            }
            None => self.add_pid(host, pid, process),
        }
    }

    fn add_pid(&mut self, host: Digest, pid: u32, process: ProcessId) {
        let key = Self::pid_key(host, pid);
        // The evicted entry was a shortcut: references with unique ids still find their process.
        let _ = self.pids.insert(key, QuotaGroup::of_host(host.low()), Pid { host, pid, process });
    }
}

/// The beginning of a command line, however it is quoted.
fn letters(line: &[u8]) -> impl Iterator<Item = u8> {
    line.iter().copied().filter(|byte| byte.is_ascii_alphanumeric()).take(KEPT_COMMAND / 4)
}

/// Two numbers that no other process has that came to be known at another time.
const fn numbers(process: &Process, time: Timestamp) -> (u64, u64) {
    match (process.identity, process.pid) {
        (Identity::Unique(high, low), _) => (high, low),
        (_, Some(pid)) => (pid as u64, time.0 as u64),
        (_, None) => (0, time.0 as u64),
    }
}
