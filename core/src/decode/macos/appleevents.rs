//! Apple Events in the unified log, from the debug messages of the subsystem com.apple.appleevents.
//!
//! A send reads `sendToSelf(), event={syso,dlog target='psn '[osascript] {key=value,…} attr:{…} returnID=N} …`, its
//! reply `Reply of SendToSelf ( err == 0) reply={aevt,ansr … {…} returnID=N}`. A send to another application reads
//! `event=<private>` unless private data is enabled. Texts are hex and may be cut: `utxt(60/$5400…...)`.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::fields::{after, leading_number, until};
use super::log_entry::LogEntry;
use crate::decode::{Sink, Skip};
use crate::event::{AppleEvent, Channel, Kind, Text};
use crate::util::saved::{restored, saved};

/// The maximum number of sent events without a reply. Beyond it the oldest is dropped, and its reply has no code.
const MAX_PENDING: usize = 256;

/// The length of class and id, `syso,dlog`.
const CODE_LEN: usize = 9;

/// Reads Apple Event entries and matches replies to events by process and return id.
#[derive(Debug, Default)]
pub(super) struct AppleEvents {
    pending: VecDeque<Pending>,
    text: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    pid: Option<u32>,
    return_id: i32,
    code: [u8; CODE_LEN],
}

impl AppleEvents {
    pub(super) fn entry(&mut self, entry: &LogEntry<'_>, sink: &mut dyn Sink) {
        let message = entry.message;
        if let Some((_, event)) = split(message, b"event=").filter(|(head, _)| after(head, b"sendTo").is_some()) {
            self.sent(entry, &Descriptor::parse(event), sink);
        } else if let Some((head, reply)) =
            split(message, b"reply=").filter(|(head, _)| after(head, b"Reply of").is_some())
        {
            let error = after(head, b"err ==").and_then(|n| leading_number(n.trim_ascii_start()));
            self.answered(entry, &Descriptor::parse(reply), error, sink);
        } else {
            sink.skipped(entry.record, Skip::NotOfInterest);
        }
    }

    fn sent(&mut self, entry: &LogEntry<'_>, sent: &Descriptor<'_>, sink: &mut dyn Sink) {
        let mut event =
            AppleEvent { code: sent.code.map(|code| &code[..]), target: sent.target, ..AppleEvent::default() };
        for parameter in sent.parameters().filter(|parameter| parameter.depth == 1) {
            match parameter.key {
                b"htxt" => event.hidden_answer = truth(parameter.value),
                b"mute" => event.mute = truth(parameter.value),
                _ => {}
            }
        }
        self.text.clear();
        event.text = sent.text(b"----", 1, &mut self.text);
        sink.event(&entry.event(Channel::AppleEvents, Kind::AppleEvent(event)));
        if let (Some(code), Some(return_id)) = (sent.code, sent.return_id) {
            if self.pending.len() == MAX_PENDING {
                self.pending.pop_front();
            }
            self.pending.push_back(Pending { pid: entry.pid, return_id, code: *code });
        }
    }

    fn answered(&mut self, entry: &LogEntry<'_>, reply: &Descriptor<'_>, error: Option<i32>, sink: &mut dyn Sink) {
        // Return ids are reused, so the reply belongs to the newest send.
        let asked = reply
            .return_id
            .and_then(|id| self.pending.iter().rposition(|sent| sent.pid == entry.pid && sent.return_id == id))
            .and_then(|at| self.pending.remove(at));
        self.text.clear();
        // The text that the user typed is inside the direct parameter; other replies are the direct parameter.
        let text = match reply.text(b"ttxt", 2, &mut self.text) {
            None => reply.text(b"----", 1, &mut self.text),
            typed => typed,
        };
        let event = AppleEvent {
            code: asked.as_ref().map(|sent| &sent.code[..]),
            text,
            reply: true,
            error,
            ..AppleEvent::default()
        };
        sink.event(&entry.event(Channel::AppleEvents, Kind::AppleEvent(event)));
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.pending.capacity() * size_of::<Pending>() + self.text.capacity()
    }
}

/// The texts before and after `marker`.
fn split<'a>(text: &'a [u8], marker: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    memchr::memmem::find(text, marker).map(|at| (&text[..at], &text[at + marker.len()..]))
}

/// A printed event: `{code target=… {parameters} attr:{…} returnID=N}`. Every member is unknown when it is private.
#[derive(Debug, Default)]
struct Descriptor<'a> {
    code: Option<&'a [u8; CODE_LEN]>,
    target: Option<Text<'a>>,
    return_id: Option<i32>,
    parameters: &'a [u8],
}

impl<'a> Descriptor<'a> {
    fn parse(text: &'a [u8]) -> Self {
        let Some(inner) = text.strip_prefix(b"{") else { return Self::default() };
        // The codes have a fixed length because they may contain spaces.
        let Some((code, rest)) = inner.split_first_chunk().filter(|(code, _)| code[4] == b',') else {
            return Self::default();
        };
        let (address, parameters) = split(rest, b" {").unwrap_or((rest, b""));
        let target = after(address, b"target=")
            .and_then(|target| after(target, b"["))
            .map(|name| until(name, b"]"))
            .map(|name| name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name))
            .filter(|name| !name.is_empty() && *name != b"<private>");
        let return_id = memchr::memmem::rfind(rest, b"returnID=").and_then(|at| leading_number(&rest[at + 9..]));
        Self { code: Some(code), target, return_id, parameters }
    }

    fn parameters(&self) -> Parameters<'a> {
        Parameters { rest: self.parameters, depth: u32::from(!self.parameters.is_empty()), at_key: true }
    }

    /// Decodes the text of the first parameter with this key at most `depth` levels deep into `space`.
    fn text<'s>(&self, key: &[u8], depth: u32, space: &'s mut Vec<u8>) -> Option<Text<'s>> {
        let parameter = self.parameters().find(|p| p.depth <= depth && p.key == key)?;
        decode_text(parameter.value, space).then_some(space)
    }
}

struct Parameter<'a> {
    /// 1 for parameters of the event, 2 for those of a record among them.
    depth: u32,
    key: &'a [u8],
    /// The value and the text after it.
    value: &'a [u8],
}

/// Walks `key=value,key={key=value}}` with four-byte keys, up to the brace that closes the first level.
struct Parameters<'a> {
    rest: &'a [u8],
    depth: u32,
    at_key: bool,
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.depth > 0 {
            if core::mem::take(&mut self.at_key)
                && let Some((key, value)) = self.rest.split_at_checked(5).filter(|(key, _)| key[4] == b'=')
            {
                self.rest = value;
                return Some(Parameter { depth: self.depth, key: &key[..4], value });
            }
            let (&byte, tail) = self.rest.split_first()?;
            self.rest = tail;
            match byte {
                b'{' => self.depth += 1,
                b'}' => self.depth -= 1,
                b'"' => self.rest = &tail[memchr::memchr(b'"', tail)? + 1..],
                _ => {}
            }
            self.at_key = matches!(byte, b'{' | b',');
        }
        None
    }
}

/// The value of `true(0/$)`, `fals(0/$)` or `bool(1/$01)`.
fn truth(value: &[u8]) -> Option<bool> {
    match value.get(..4)? {
        b"true" => Some(true),
        b"fals" => Some(false),
        b"bool" => Some(hex(after(until(value, b")"), b"$")?).any(|byte| byte != 0)),
        _ => None,
    }
}

/// Appends the text of `utxt(LENGTH/$HEX...)` (little-endian UTF-16) or `utf8(…)` as UTF-8; `false` for any other
/// value.
fn decode_text(value: &[u8], out: &mut Vec<u8>) -> bool {
    let Some((kind, rest)) = value.split_first_chunk::<5>() else { return false };
    let Some(digits) = after(until(rest, b"),}"), b"$") else { return false };
    match kind {
        b"utxt(" => {
            let mut bytes = hex(digits);
            let units = core::iter::from_fn(|| Some(u16::from_le_bytes([bytes.next()?, bytes.next()?]))).fuse();
            for unit in char::decode_utf16(units) {
                let c = unit.unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        b"utf8(" | b"TEXT(" => out.extend(hex(digits)),
        _ => return false,
    }
    true
}

/// Decodes the hex digits at the beginning.
fn hex(digits: &[u8]) -> impl Iterator<Item = u8> + '_ {
    digits.chunks_exact(2).map_while(|pair| {
        let digit = |b: u8| char::from(b).to_digit(16);
        u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()
    })
}

saved!(Pending { pid, return_id, code });
restored!(AppleEvents { pending } else { text });
