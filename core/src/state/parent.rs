//! Parents and ancestors of processes, lineages and jobs.

use alloc::boxed::Box;

use super::host_state::HostState;
use super::ids::ProcessId;
use super::process::{JOB_GAP, Job, MAX_DEPTH, Process};
use super::resolved_event::ResolvedEvent;
use crate::event::{Os, StartMethod};
use crate::time::Timestamp;

/// Forks and launchers between a program and whoever runs it that are passed over.
const MAX_PASSED_ON: usize = 4;

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
            // Only an exec shows whether a shell runs this program and nothing else.
            if os != Os::Windows && start == Some(StartMethod::Exec) && process.parent == Some(parent) {
                let run_by = self.behind(os, child, parent).0;
                if let Some(process) = self.processes.get_mut(child) {
                    process.run_by = run_by.or(process.run_by);
                }
            }
            return;
        }
        let (run_by, job_of) = match os {
            Os::Windows => (None, parent),
            Os::Linux | Os::Macos => self.behind(os, child, parent),
        };
        let inherits = !self.is_lineage_root(os, Some(parent));
        let injected = self.process(Some(parent)).and_then(|p| p.injected_by);
        let Some(lineage) = self.process(Some(parent)).map(|above| above.lineage) else { return };
        let Some(above) = self.processes.get_mut(job_of) else { return };
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
        (process.parent, process.run_by) = (Some(parent), run_by);
        process.job = Some((job_of, number));
        // A process with children keeps its lineage: they share it.
        if inherits && process.children.is_none() {
            process.lineage = lineage;
        }
        // Children of an injected process count as injected, too.
        process.injected_by = process.injected_by.or(injected);
        self.shed();
    }

    /// Who stands behind a parent that only passes its child on, and whose job the child belongs to: a fork without a
    /// program of its own, a launcher, and a shell whose command is the child's are no generations. The workers of a
    /// daemon have jobs of their own, unlike the subshells of a shell.
    fn behind(&self, os: Os, child: ProcessId, parent: ProcessId) -> (Option<ProcessId>, ProcessId) {
        let (mut run_by, mut job_of, mut shares_jobs) = (None, parent, true);
        let (mut below, mut at) = (child, parent);
        for _ in 0..MAX_PASSED_ON {
            let image = self.process(Some(at)).and_then(|p| p.image);
            let is_shell = self.is_installed(os, image, self.shells);
            let is_wrapper = self.is_launcher(os, image) || is_shell && self.only_runs(at, below);
            if self.is_lineage_root(os, Some(at)) || !is_wrapper && !self.is_bare_fork(at) {
                break;
            }
            shares_jobs &= is_wrapper || is_shell;
            let above = self.birth_parent(Some(at)).filter(|above| self.process(Some(*above)).is_some_and(is_named));
            let Some(above) = above else { break };
            // A fork without a program of its own has no command line to compare.
            below = if is_wrapper { at } else { below };
            at = above;
            run_by = Some(above);
            if shares_jobs {
                job_of = above;
            }
        }
        (run_by, job_of)
    }

    /// Whether the command that a shell was given with `-c` is the child's command line and nothing else.
    fn only_runs(&self, shell: ProcessId, child: ProcessId) -> bool {
        let line = |id| self.process(Some(id)).and_then(|p| p.command_line.as_deref()).map(<[u8]>::trim_ascii);
        let (Some(given), Some(runs)) = (line(shell).and_then(command), line(child)) else { return false };
        let given = given.strip_prefix(b"'").and_then(|given| given.strip_suffix(b"'")).unwrap_or(given);
        let given = given.strip_prefix(b"\"").and_then(|given| given.strip_suffix(b"\"")).unwrap_or(given);
        given == runs
    }

    /// The parent, if it is known and was not evicted. Where it only passes the process on, that is whoever stands behind
    /// it.
    pub(crate) fn parent(&self, id: Option<ProcessId>) -> Option<ProcessId> {
        let process = self.process(id)?;
        [process.run_by, process.parent].into_iter().flatten().find(|&p| self.processes.get(p).is_some())
    }

    /// The record of the parent, or of whoever stands behind it.
    pub(crate) fn parent_of(&self, process: &Process) -> Option<&Process> {
        self.process(process.run_by).or_else(|| self.process(process.parent))
    }

    /// The parent that a record names, or named at birth.
    pub(crate) fn birth_parent(&self, id: Option<ProcessId>) -> Option<ProcessId> {
        self.process(id)?.parent.filter(|&p| self.processes.get(p).is_some())
    }

    /// The parent at birth, and who stands behind it if it only passes the process on.
    pub(crate) fn parents(&self, id: ProcessId) -> impl Iterator<Item = ProcessId> + '_ {
        let last = self.parent(Some(id));
        let mut at = if last.is_some() { self.birth_parent(Some(id)) } else { None };
        core::iter::from_fn(move || {
            let parent = at?;
            at = if at == last { None } else { self.birth_parent(at) };
            Some(parent)
        })
        .take(1 + MAX_PASSED_ON)
    }

    /// Ancestors, nearest first, at most [`MAX_DEPTH`].
    pub(crate) fn ancestors(&self, id: Option<ProcessId>) -> impl Iterator<Item = ProcessId> + '_ {
        let mut at = id;
        core::iter::from_fn(move || {
            at = self.birth_parent(at);
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
    pub(crate) fn is_transparent(&self, os: Os, id: ProcessId) -> bool {
        let line = || self.process(Some(id)).and_then(|p| p.command_line.as_deref()).unwrap_or_default();
        self.is_launcher(os, self.process(Some(id)).and_then(|p| p.image))
            || self.image_is(Some(id), self.shells) && has_command(line())
            || self.is_bare_fork(id)
    }

    /// Whether actor and target are one, or one of them descends from the other.
    pub(crate) fn is_related(&self, resolved: &ResolvedEvent) -> bool {
        let (Some(actor), Some(target)) = (resolved.actor, resolved.target) else { return false };
        actor == target || self.descends(actor, target) || self.descends(target, actor)
    }
}

const fn is_named(process: &Process) -> bool {
    process.image.is_some()
}

/// Whether a shell's command line holds the command to run (`-c`, `-lc`).
fn has_command(line: &[u8]) -> bool {
    command(line).is_some()
}

/// The command that a shell's command line holds.
fn command(line: &[u8]) -> Option<&[u8]> {
    let mut rest = line;
    loop {
        rest = &rest[memchr::memchr(b' ', rest)? + 1..];
        let option = rest.split(|&b| b == b' ').next().unwrap_or_default();
        match option {
            [b'-', b'-', ..] => {}
            [b'-', flags @ ..] if flags.contains(&b'c') => {
                let command = rest.get(option.len() + 1..).unwrap_or_default().trim_ascii();
                return Some(command);
            }
            [b'-', ..] => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn a_shells_command_stands_after_its_options() {
        for (line, expected) in [
            (&b"sh -c id"[..], Some(&b"id"[..])),
            (b"bash -l -c sh -i", Some(b"sh -i")),
            (b"bash --norc -lc uname -a", Some(b"uname -a")),
            (b"sh -c", Some(b"")),
            (b"sh run.sh -c id", None),
            (b"sh", None),
        ] {
            assert_eq!(command(line), expected, "{line:?}");
        }
    }
}
