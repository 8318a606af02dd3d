//! Which process a reference means: by unique id, by pid and time, or a new one.

use super::host_state::{HostState, Pid};
use super::ids::ProcessId;
use super::process::{Identity, Process};
use crate::event::{Event, Kind, Os, ProcessRef, StartMethod};
use crate::names::basename;
use crate::time::{MINUTE, SECOND, Timestamp};
use crate::util::hash::{Digest, Hasher};
use crate::util::table::QuotaGroup;

/// After so long a silence a pid may have come round to another process.
const REUSE: i64 = 10 * MINUTE;

/// Clocks of two sources, and of two events of one sensor, may disagree by this much about one start or end.
const TOLERANCE: i64 = 2 * SECOND;

impl HostState {
    /// The process a reference means at `time`; made when new. `None` when the reference identifies nobody.
    /// `start` is given when the event says that the process began (or changed its image) now.
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

    /// Asks for the processes an event speaks of before they are looked up one by one.
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
        // One lookup alone is no faster for being asked for.
        if !unique.contains(&0) {
            self.processes.prefetch(&unique);
        }
        if !pids.contains(&0) {
            self.pids.prefetch(&pids);
        }
    }

    /// The process that has the pid and the one that had it before.
    fn candidates(&self, current: Option<ProcessId>) -> [Option<ProcessId>; 2] {
        [current, self.process(current).and_then(|p| p.predecessor)]
    }

    /// Whether a known process of the same pid is the one meant.
    fn means(
        &self,
        id: ProcessId,
        identity: Identity,
        reference: &ProcessRef<'_>,
        time: Timestamp,
        start: Option<StartMethod>,
    ) -> bool {
        let Some(known) = self.processes.get(id) else { return false };
        // What has ended changes its image no more: the pid is another's.
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
        // From here on the pid is the only common ground: time and image must not contradict.
        if known.end.is_some_and(|end| time > end + TOLERANCE) {
            return false;
        }
        // While no record told its start it may be older than its first mention: records may come late.
        match start {
            Some(StartMethod::Create | StartMethod::Fork) => {
                // Another source tells the same start, or a child or an act of it was seen first.
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

    /// Whether an actor's pid has come round to a process that is not the known one, as far as a log tells that has no
    /// unique ids. A login stays for life once it is set; after a long silence another user's program, or a parent
    /// that is neither the old one nor one that adopts its orphans, tells as well.
    fn is_reused(&self, id: ProcessId, event: &Event<'_>, start: Option<StartMethod>) -> bool {
        let (Some(known), actor) = (self.processes.get(id), &event.actor) else { return false };
        if known.identity.is_known() || actor.uid.is_none() || known.uid.is_none() {
            return false;
        }
        let other_user = actor.uid != known.uid;
        let silent = event.time - REUSE > known.last_seen;
        // Of two records the later one may have gained a login, but not lost it.
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

    /// Whether the stated parent is neither the known one nor init nor one of its ancestors.
    fn is_strange_parent(&self, known: &Process, event: &Event<'_>) -> bool {
        let (Some(stated), Some(parent)) = (event.parent.pid, known.parent) else { return false };
        let has = |id| self.process(Some(id)).is_some_and(|p| p.pid == Some(stated));
        stated != 1 && !has(parent) && !self.ancestors(Some(parent)).any(has)
    }

    /// Whether the images do not contradict. POSIX processes change theirs without notice where exec is not logged.
    fn same_program(&self, known: &Process, reference: &ProcessRef<'_>) -> bool {
        let (Some(a), Some(b)) = (self.text(known.image), reference.image) else { return true };
        let posix = b.first() == Some(&b'/') || a.first() == Some(&b'/');
        posix || basename(a).eq_ignore_ascii_case(basename(b))
    }

    /// Takes over what the reference knows of the identity.
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
                // An evicted entry only forgets a shortcut: unique ids still find their process.
                let _ = self.pids.insert(key, QuotaGroup::new(host.low(), u64::from(pid)), Pid { host, pid, process });
            }
        }
    }
}
