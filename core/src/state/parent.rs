//! Parents and ancestors of processes, lineages and jobs.

use alloc::boxed::Box;

use super::host_state::HostState;
use super::ids::ProcessId;
use super::process::{JOB_GAP, Job, MAX_DEPTH, Process};
use super::resolved_event::ResolvedEvent;
use crate::event::{Os, StartMethod};
use crate::time::Timestamp;

impl HostState {
    /// Links a process to its parent. Lineage and job are fixed when the parent is first known.
    pub(super) fn link_parent(
        &mut self,
        os: Os,
        child: ProcessId,
        parent: ProcessId,
        time: Timestamp,
        start: Option<StartMethod>,
    ) {
        let Some(process) = self.processes.get(child) else { return };
        // A process that init or a subreaper adopted keeps its birth parent.
        if child == parent || (process.parent.is_some() && start != Some(StartMethod::Create)) {
            return;
        }
        let inherits = !self.is_lineage_root(os, Some(parent));
        let injected = self.process(Some(parent)).and_then(|p| p.injected_by);
        let Some(above) = self.processes.get_mut(parent) else { return };
        let lineage = above.lineage;
        let job = match &mut above.children {
            Some(job) if time.distance(job.newest) <= JOB_GAP => {
                job.newest = job.newest.max(time);
                job
            }
            Some(job) => {
                **job = Job::new(job.number.wrapping_add(1), time);
                job
            }
            none => {
                self.process_heap += size_of::<Job>();
                none.insert(Box::new(Job::new(0, time)))
            }
        };
        job.members[job.next as usize % job.members.len()] = Some(child);
        job.next = job.next.wrapping_add(1);
        let number = job.number;
        let Some(process) = self.processes.get_mut(child) else { return };
        process.parent = Some(parent);
        process.job = Some((parent, number));
        // A process with children keeps its lineage: they share it.
        if inherits && process.children.is_none() {
            process.lineage = lineage;
        }
        // Children of an injected process count as injected, too.
        process.injected_by = process.injected_by.or(injected);
        self.shed();
    }

    /// The parent, if it is known and was not evicted.
    pub(crate) fn parent(&self, id: Option<ProcessId>) -> Option<ProcessId> {
        self.process(id)?.parent.filter(|&p| self.processes.get(p).is_some())
    }

    /// Ancestors, nearest first, at most [`MAX_DEPTH`].
    pub(crate) fn ancestors(&self, id: Option<ProcessId>) -> impl Iterator<Item = ProcessId> + '_ {
        let mut at = id;
        core::iter::from_fn(move || {
            at = self.parent(at);
            at
        })
        .take(MAX_DEPTH)
    }

    /// Whether `of` is among the ancestors of `id`.
    pub(crate) fn descends(&self, id: ProcessId, of: ProcessId) -> bool {
        self.ancestors(Some(id)).any(|a| a == of)
    }

    /// Whether a process is a fork that no record shows to run a program of its own: it acts for its parent.
    pub(crate) fn is_bare_fork(&self, id: ProcessId) -> bool {
        let Some(process) = self.process(Some(id)).filter(|p| p.command_line.is_none()) else { return false };
        let parent = self.process(process.parent);
        let image = |p: &Process| self.text(p.image).filter(|i| i.first() == Some(&b'/'));
        parent.is_some_and(|parent| image(process).is_some() && image(process) == image(parent))
    }

    /// Whether a process only carries out what its parent wants: a bare fork, a shell with a command, a launcher.
    pub(crate) fn is_transparent(&self, id: ProcessId) -> bool {
        let line = || self.process(Some(id)).and_then(|p| p.command_line.as_deref()).unwrap_or_default();
        self.image_is(Some(id), self.launchers)
            || self.image_is(Some(id), self.shells) && has_command(line())
            || self.is_bare_fork(id)
    }

    /// Whether actor and target are one, or one of them descends from the other.
    pub(crate) fn is_related(&self, resolved: &ResolvedEvent) -> bool {
        let (Some(actor), Some(target)) = (resolved.actor, resolved.target) else { return false };
        actor == target || self.descends(actor, target) || self.descends(target, actor)
    }
}

/// Whether a shell's command line holds the command to run (`-c`, `-lc`).
fn has_command(line: &[u8]) -> bool {
    let mut options = line.split(|&b| b == b' ').skip(1).take_while(|a| a.first() == Some(&b'-'));
    options.any(|a| a.get(1) != Some(&b'-') && a.contains(&b'c'))
}
