//! AN1359: tags of macOS events, and links from what launchd or a terminal runs to whoever asked for it.

use super::linux::{is_others, reads_commands};
use super::orders::{self, BY_COMMAND_LINE, BY_ORDER};
use crate::event::{AppleEvent, Event, Kind};
use crate::rules::{ListId, Lists, Tag, Tags};
use crate::state::{HostState, Principal, ProcessId, ResolvedEvent, Tie};

/// The code of the Apple Event by which an application is asked to run a command.
const DO_SCRIPT: &[u8] = b"core,dosc";
/// Commands of one script that are kept, and the confidence in thousandths that its sender asked for what runs.
const KEPT_COMMANDS: usize = 4;
const BY_SCRIPT: (Tie, u16) = (Tie::Script, 800);

/// The lists that the macOS analytic reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mac {
    shells: Option<ListId>,
    interpreters: Option<ListId>,
    script_runners: Option<ListId>,
    terminals: Option<ListId>,
    /// Command lines that have a terminal run a command or a script file, or launchd a job.
    to_terminal: [Option<ListId>; 2],
    opens_script: Option<ListId>,
    to_launchd: Option<ListId>,
}

impl Mac {
    pub(super) fn new(lists: &Lists) -> Self {
        Self {
            shells: lists.id("unix.shells"),
            interpreters: lists.id("unix.interpreters"),
            script_runners: lists.id("mac.script_runners"),
            terminals: lists.id("mac.terminals"),
            to_terminal: ["mac.script.terminal", "mac.script.typed"].map(|t| lists.id(t)),
            opens_script: lists.id("mac.opened_script"),
            to_launchd: lists.id("mac.launch_request"),
        }
    }

    pub(super) fn derive(&self, state: &mut HostState, event: &Event<'_>, resolved: &ResolvedEvent, tags: &mut Tags) {
        self.tags(state, event, resolved, tags);
        match &event.kind {
            Kind::ProcessStart(start) => {
                if let Some((by, tie)) = self.asked(state, event, start.job, resolved) {
                    tags.insert(Tag::Ordered);
                    resolved.actor.into_iter().for_each(|actor| state.link_requester(actor, by, tie));
                }
                self.note_asking(state, event, resolved);
            }
            Kind::AppleEvent(sent) => note_script(state, event, sent, resolved),
            _ => {}
        }
    }

    /// Who asked for what starts now: for the job that launchd runs, or the command that a terminal's shell runs.
    fn asked(
        &self,
        state: &HostState,
        event: &Event<'_>,
        job: Option<&[u8]>,
        resolved: &ResolvedEvent,
    ) -> Option<(Principal, (Tie, u16))> {
        let (host, actor) = (state.host(resolved.host)?, resolved.actor?);
        if let Some(job) = job {
            let by = orders::End::of(job)?.order(host, event.time)?.by?;
            return Some((by, BY_ORDER));
        }
        let parent = state.parent(Some(actor));
        if ![parent, state.parent(parent)].iter().any(|&above| state.image_is(above, self.terminals)) {
            return None;
        }
        let command = orders::End::of(event.actor.command_line?)?;
        let asker = command.asker(state, resolved.host, actor, event.time).map(|by| (by, BY_COMMAND_LINE));
        asker.or_else(|| Some((command.order(host, event.time)?.by?, BY_SCRIPT)))
    }

    /// Keeps a program whose command line has a terminal run a command, and what others give to a broker: a script to a
    /// terminal, a job to launchd.
    fn note_asking(&self, state: &mut HostState, event: &Event<'_>, resolved: &ResolvedEvent) {
        let Some((actor, process)) = resolved.actor.zip(state.process(resolved.actor)) else { return };
        let is = |list: &Option<ListId>| list.is_some_and(|list| process.command_lists.has(list));
        let given = match event.actor.command_line {
            Some(line) if is(&self.to_launchd) => orders::label(line),
            Some(line) if is(&self.opens_script) => orders::last_argument(line),
            _ => None,
        };
        let to_terminal = self.to_terminal.iter().any(is);
        if let Some(given) = given {
            note_order(state, event, resolved, given, state.parent(Some(actor)).unwrap_or(actor));
        }
        if to_terminal && let Some(host) = state.host_mut(resolved.host) {
            host.callers.starts.note(Principal::Process(actor), event.time);
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
        // A library in the record of an exec is one that an environment variable inserts.
        if matches!(event.kind, Kind::ImageLoad(_)) && event.source.name == Some(b"exec") {
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

/// Keeps the commands that an Apple Event asks its target to run.
fn note_script(state: &mut HostState, event: &Event<'_>, sent: &AppleEvent<'_>, resolved: &ResolvedEvent) {
    let script = sent.text.filter(|_| sent.code == Some(DO_SCRIPT));
    let Some((script, actor)) = script.zip(resolved.actor) else { return };
    for command in orders::commands(script).take(KEPT_COMMANDS) {
        note_order(state, event, resolved, command, actor);
    }
}

fn note_order(state: &mut HostState, event: &Event<'_>, resolved: &ResolvedEvent, what: &[u8], by: ProcessId) {
    let order = orders::End::of(what).map(|end| end.given(event.time, Some(Principal::Process(by))));
    if let (Some(order), Some(host)) = (order, state.host_mut(resolved.host)) {
        host.orders.note(order);
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
