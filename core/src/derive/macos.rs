//! AN1359: tags of macOS events, and links from what launchd runs to whoever loaded its job.

use super::linux::{is_others, reads_commands};
use super::orders::{self, BY_ORDER};
use crate::event::{Event, Kind};
use crate::rules::{ListId, Lists, Tag, Tags};
use crate::state::{HostState, Principal, ResolvedEvent};

/// The lists that the macOS analytic reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mac {
    shells: Option<ListId>,
    interpreters: Option<ListId>,
    script_runners: Option<ListId>,
    /// Command lines that have launchd run a job.
    to_launchd: Option<ListId>,
}

impl Mac {
    pub(super) fn new(lists: &Lists) -> Self {
        Self {
            shells: lists.id("unix.shells"),
            interpreters: lists.id("unix.interpreters"),
            script_runners: lists.id("mac.script_runners"),
            to_launchd: lists.id("mac.launch_request"),
        }
    }

    pub(super) fn derive(&self, state: &mut HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: &mut Tags) {
        self.tags(state, event, resolved, tags);
        let Kind::ProcessStart(start) = &event.kind else { return };
        if let Some(by) =
            start.job.and_then(|job| orders::End::of(job)?.order(state.host(resolved.host)?, event.time)?.by)
        {
            tags.insert(Tag::Ordered);
            resolved.actor.into_iter().for_each(|actor| state.link_requester(actor, by, BY_ORDER));
        }
        self.note_job(state, event, resolved);
    }

    /// Keeps which job a program has launchd run. It asks through launchctl, which is its child.
    fn note_job(&self, state: &mut HostState, event: &Event<'_>, resolved: &ResolvedEvent) {
        let Some((actor, process)) = resolved.actor.zip(state.process(resolved.actor)) else { return };
        if !self.to_launchd.is_some_and(|list| process.command_lists.has(list)) {
            return;
        }
        let by = Principal::Process(state.parent(Some(actor)).unwrap_or(actor));
        let job = event.actor.command_line.and_then(orders::label).and_then(orders::End::of);
        if let (Some(job), Some(host)) = (job, state.host_mut(resolved.host)) {
            host.orders.note(job.given(event.time, Some(by)));
        }
    }

    fn tags(&self, state: &HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: &mut Tags) {
        let Some(actor) = state.process(resolved.actor) else { return };
        if let Kind::EndpointConnect(act) = &event.kind {
            let endpoint = state.endpoint(resolved.endpoint);
            if is_others(act, endpoint, endpoint.and_then(|e| state.process(e.owner)), actor) {
                tags.insert(Tag::OtherSession);
            }
        }
        // A library in the record of an exec (Santa: execution) is one that an environment variable inserts.
        if matches!(event.kind, Kind::ImageLoad(_)) && matches!(event.source.name, Some(b"exec" | b"execution")) {
            tags.insert(Tag::LibraryInserted);
        }
        let Kind::ProcessStart(_) = &event.kind else { return };
        if actor.uid == Some(0) && state.process(actor.parent).is_some_and(|p| p.uid.is_some_and(|u| u != 0)) {
            tags.insert(Tag::PrivilegeRise);
        }
        let is = |list| state.image_is(resolved.actor, list);
        let shell = is(self.shells);
        let reads = if is(self.script_runners) {
            reads_script(event.actor.command_line)
        } else {
            (shell || is(self.interpreters)) && reads_commands(event.actor.command_line, shell)
        };
        if reads {
            tags.insert(Tag::ReadsPipe);
        }
    }
}

/// Whether osascript was given no script, so that it reads one from its input. `-l` and `-s` take a value.
fn reads_script(command_line: Option<&[u8]>) -> bool {
    let Some(command_line) = command_line else { return false };
    let mut arguments = command_line.split(|&b| b == b' ').filter(|a| !a.is_empty()).skip(1);
    while let Some(argument) = arguments.next() {
        match argument {
            b"-" => return true,
            b"-i" => {}
            b"-l" | b"-s" => {
                arguments.next();
            }
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::reads_script;

    #[test]
    fn a_script_on_standard_input_is_told_from_one_that_is_given() {
        for line in ["osascript", "osascript -", "osascript -l JavaScript", "osascript -s so - a"] {
            assert!(reads_script(Some(line.as_bytes())), "{line}");
        }
        for line in ["osascript -e beep", "osascript a.scpt", "osascript -l JavaScript a.js"] {
            assert!(!reads_script(Some(line.as_bytes())), "{line}");
        }
        assert!(!reads_script(None));
    }
}
