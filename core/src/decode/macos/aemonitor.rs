//! Apple Events in the form in which aemonitor prints them: one per line, by their AppleScript names if it knows them,
//! else by their codes.
//!
//! `TIMESTAMP PID PROCESS [RETURN-ID] event: [tell application "TARGET"] COMMAND …`; replies have `reply:` instead.

use super::fields::{after, leading_number, parse, until};
use crate::event::{AppleEvent, Channel, Event, Kind, Os, Text};
use crate::time::Timestamp;

/// Commands by their first words, and their codes (from the scripting dictionaries of StandardAdditions, the Standard
/// Suite, System Events, Terminal and the browsers).
const COMMANDS: &[(&[u8], &[u8])] = &[
    (b"do shell script", b"syso,exec"),
    (b"run script", b"syso,dsct"),
    (b"display dialog", b"syso,dlog"),
    (b"ASCII character", b"syso,ntoc"),
    (b"the clipboard", b"Jons,gClp"),
    (b"set volume", b"aevt,stvl"),
    (b"do script", b"core,dosc"),
    (b"duplicate", b"core,clon"),
    (b"make new", b"core,crel"),
    (b"keystroke", b"prcs,kprs"),
    (b"key code", b"prcs,kcod"),
    (b"click", b"prcs,clic"),
    (b"open location", b"GURL,GURL"),
    (b"do JavaScript", b"sfri,dojs"),
    (b"quit", b"aevt,quit"),
    (b"coregetd", b"core,getd"),
    (b"coresetd", b"core,setd"),
];

/// Reads a line that begins with a time: `Some(None)` when the command is irrelevant, `None` when the line does not
/// have this form.
pub(super) fn read(line: &[u8], record: u64) -> Option<Option<Event<'_>>> {
    let clock = line.get(..32)?.splitn(3, |&b| b == b' ').take(2).map(<[u8]>::len).sum::<usize>() + 1;
    let (stamp, rest) = line.split_at_checked(clock)?;
    let time = Timestamp::parse(stamp)?;
    let rest = rest.strip_prefix(b" ")?;
    let digits = until(rest, b" ");
    let pid = parse(digits)?;
    let rest = rest.get(digits.len() + 1..)?;
    let bracket = memchr::memmem::find(rest, b" [")?;
    let (process, rest) = (&rest[..bracket], &rest[bracket + 2..]);
    leading_number::<i32>(rest)?;
    let rest = after(rest, b"] ")?;
    let (reply, body) = match rest.strip_prefix(b"event: ") {
        Some(body) => (false, body),
        None => (true, rest.strip_prefix(b"reply: ")?),
    };
    let Some(sent) = said(body, reply) else { return Some(None) };
    let mut event = Event::new(Os::Macos, time, Kind::AppleEvent(sent));
    event.record = record;
    event.source.channel = Channel::AppleEvents;
    event.actor.pid = Some(pid);
    event.actor.image = Some(process);
    Some(Some(event))
}

fn said(body: &[u8], reply: bool) -> Option<AppleEvent<'_>> {
    let addressed = body.strip_prefix(b"tell application \"").and_then(|rest| {
        let target = until(rest, b"\"");
        Some((target, rest.get(target.len() + 1..)?.trim_ascii_start()))
    });
    let (target, command) = addressed.map_or((None, body), |(target, command)| (Some(target), command));
    if reply {
        // The text that the user typed.
        return Some(AppleEvent { text: after(command, b"ttxt: ").and_then(quoted), reply, ..AppleEvent::default() });
    }
    let (words, code) = COMMANDS.iter().find(|(words, _)| command.starts_with(words))?;
    let is = |code: &[u8], of: &[u8], mark: &[u8]| (code == of).then(|| after(command, mark).is_some());
    Some(AppleEvent {
        code: Some(code),
        target,
        hidden_answer: is(code, b"syso,dlog", b"hidden answer"),
        mute: is(code, b"aevt,stvl", b"muted").filter(|muted| *muted),
        text: command.get(words.len()..).and_then(quoted),
        ..AppleEvent::default()
    })
}

/// The quoted text at the beginning.
fn quoted(text: &[u8]) -> Option<Text<'_>> {
    text.trim_ascii_start().strip_prefix(b"\"").map(|rest| until(rest, b"\""))
}
