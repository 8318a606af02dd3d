//! Finds the process that a reference means, by unique id or by pid and time, or adds a new one.

use super::host_state::{HostState, Pid};
use super::ids::ProcessId;
use super::process::{Identity, Process};
use crate::event::{Event, Kind, Os, ProcessRef, StartMethod};
use crate::names::basename;
use crate::time::{MINUTE, SECOND, Timestamp};
use crate::util::hash::{Digest, Hasher};
use crate::util::table::QuotaGroup;

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
            let key = Self::unique_key(host, high, low);
            if let Some(found) = self.processes.find(key, |p| p.host == host && p.identity == identity) {
                return Some(found);
            }
        }
        let current = reference.pid.and_then(|pid| self.with_pid(host, pid));
        let tells_logins = event.os == Os::Linux && event.source.channel.reports_logins(event.os);
        let is_meant = |&p: &ProcessId| {
            self.means(p, identity, reference, time, start)
                && !(tells_logins && core::ptr::eq(reference, &event.actor) && self.is_reused(p, event, start))
        };
        let found = self.candidates(current).into_iter().flatten().find(is_meant);
        if let Some(process) = found {
            self.adopt(process, identity, time);
            return Some(process);
        }
        Some(self.make(host, reference.pid, identity, time, current))
    }

    /// Prefetches the table entries of the processes that an event names.
    pub(crate) fn prefetch(&self, event: &Event<'_>, host: Digest) {
        let target = match &event.kind {
            Kind::ProcessAccess(access) => &access.target,
            Kind::RemoteThread(thread) => &thread.target,
            Kind::MemoryWrite(write) => &write.target,
            Kind::FdDup(dup) => &dup.target,
            _ => &event.parent,
        };
        let (mut unique, mut pids) = ([0; 2], [0; 2]);
        for (place, reference) in [&event.actor, target].into_iter().enumerate() {
            match (Identity::of(reference.unique_id), reference.pid) {
                (Identity::Unique(high, low), _) => unique[place] = Self::unique_key(host, high, low),
                (_, Some(pid)) => pids[place] = Self::pid_key(host, pid),
                _ => {}
            }
        }
        // Prefetching one entry alone saves nothing.
        if !unique.contains(&0) {
            self.processes.prefetch(&unique);
        }
        if !pids.contains(&0) {
            self.pids.prefetch(&pids);
        }
    }

    /// The process that has a pid, and the one that had it before.
    fn candidates(&self, current: Option<ProcessId>) -> [Option<ProcessId>; 2] {
        [current, self.process(current).and_then(|p| p.predecessor)]
    }

    /// Whether a reference means this process, which has the same pid.
    fn means(
        &self,
        id: ProcessId,
        identity: Identity,
        reference: &ProcessRef<'_>,
        time: Timestamp,
        start: Option<StartMethod>,
    ) -> bool {
        let Some(known) = self.processes.get(id) else { return false };
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
                    && reference.start.is_none_or(|s| known.start.is_none_or(|k| s.distance(k) <= TOLERANCE))
            }
        }
    }

    /// Whether the actor's pid now belongs to a process other than the known one, in a log without unique ids. A login
    /// stays for life once it is set, so another login means another process. After a long silence so does a program of
    /// another user, or a parent that is neither the old one nor one that adopts orphans.
    fn is_reused(&self, id: ProcessId, event: &Event<'_>, start: Option<StartMethod>) -> bool {
        let (Some(known), actor) = (self.processes.get(id), &event.actor) else { return false };
        if known.identity.is_known() || actor.uid.is_none() || known.uid.is_none() {
            return false;
        }
        let other_user = actor.uid != known.uid;
        let silent = event.time - REUSE > known.last_seen;
        // The later of two records may have gained a login, but cannot have lost it.
        let (before, after) =
            if event.time < known.first_seen { (actor.auid, known.auid) } else { (known.auid, actor.auid) };
        let login_differs = match (before, after) {
            (Some(a), Some(b)) => a != b,
            (Some(_), None) => silent || other_user,
            _ => false,
        };
        let session_differs = matches!((known.session, actor.session), (Some(a), Some(b)) if a != b);
        login_differs
            || session_differs && (silent || other_user)
            || silent && (other_user && start.is_some() || self.is_strange_parent(known, event))
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

    /// Updates a process with the time and identity of a reference to it.
    fn adopt(&mut self, id: ProcessId, identity: Identity, time: Timestamp) {
        let Some(known) = self.processes.get_mut(id) else { return };
        known.first_seen = known.first_seen.min(time);
        known.last_seen = known.last_seen.max(time);
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
    }

    fn make(
        &mut self,
        host: Digest,
        pid: Option<u32>,
        identity: Identity,
        time: Timestamp,
        predecessor: Option<ProcessId>,
    ) -> ProcessId {
        let (high, low) = match identity {
            Identity::Unique(high, low) => (high, low),
            _ => (u64::from(pid.unwrap_or(0)), time.0 as u64),
        };
        let key = Self::unique_key(host, high, low);
        let mut process = Process::new(host, pid, identity, time);
        process.lineage = self.hash().digest(host).u64(high).u64(low).finish_digest();
        process.predecessor = predecessor;
        let quota_group = QuotaGroup::new(host.low(), process.lineage.low());
        let (id, gone) = self.processes.insert(key, quota_group, process);
        self.forget_process(gone);
        if let Some(pid) = pid {
            let known_later =
                self.process(predecessor).is_some_and(|p| p.first_seen > time + TOLERANCE && p.end.is_none());
            if !known_later {
                self.set_pid(host, pid, id);
            }
        }
        id
    }

    pub(super) fn forget_process(&mut self, gone: Option<Process>) {
        if let Some(process) = gone {
            self.evicted_processes += 1;
            self.process_heap -= process.heap_bytes();
        }
    }

    const fn unique_key(host: Digest, high: u64, low: u64) -> u64 {
        Hasher::of(host).u64(low).u64(high).finish()
    }

    const fn pid_key(host: Digest, pid: u32) -> u64 {
        Hasher::of(host).u64(pid as u64).finish()
    }

    pub(super) fn with_pid(&mut self, host: Digest, pid: u32) -> Option<ProcessId> {
        let entry = self.pids.find(Self::pid_key(host, pid), |p| p.host == host && p.pid == pid)?;
        self.pids.get(entry).map(|entry| entry.process)
    }

    fn set_pid(&mut self, host: Digest, pid: u32, process: ProcessId) {
        let key = Self::pid_key(host, pid);
        match self.pids.find(key, |p| p.host == host && p.pid == pid) {
            Some(entry) => {
                if let Some(entry) = self.pids.get_mut(entry) {
                    entry.process = process;
                }
            }
            None => {
                // The evicted entry was a shortcut: references with unique ids still find their process.
                let _ = self.pids.insert(key, QuotaGroup::new(host.low(), u64::from(pid)), Pid { host, pid, process });
            }
        }
    }
}
