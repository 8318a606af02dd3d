//! Privacy decisions in tccd's log entries (subsystem com.apple.TCC).
//!
//! One request spans several entries with the same `msgID`: REQUEST, AUTHREQ_CTX (the service), AUTHREQ_ATTRIBUTION
//! (the processes), AUTHREQ_SUBJECT, AUTHREQ_PROMPTING and AUTHREQ_RESULT (the decision). macOS 10.14 has no message id
//! and names the processes in one `AttributionChain:` entry. The only entry of a first grant may be `Publishing
//! <TCCDEvent: …>`.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::fields::{after, assigned, leading_number, until};
use super::log_entry::LogEntry;
use crate::decode::{Sink, Skip};
use crate::event::{Channel, Event, Kind, Os, PrivacyDecision, ProcessRef, Text};
use crate::time::Timestamp;
use crate::util::saved::{restored, saved};

/// The maximum number of open requests. Beyond it the oldest is emitted without its decision.
const MAX_OPEN: usize = 64;
/// The maximum length of a message id.
const MAX_ID: usize = 32;
/// The maximum number of bytes kept of each text of one request; the rest is cut.
const MAX_TEXT: usize = 8 * 1024;

/// The notation of the processes in a version of tccd.
struct Syntax {
    responsible: &'static [u8],
    accessing: &'static [u8],
    requesting: &'static [u8],
    identifier: &'static [u8],
    pid: &'static [u8],
    auid: &'static [u8],
    euid: &'static [u8],
    path: &'static [u8],
}

/// Since 10.15: `accessing={<TCCDProcess: identifier=x, pid=1, auid=1, euid=1, binary_path=/x>}`, since 14 without the
/// angle brackets.
const MODERN: Syntax = Syntax {
    responsible: b"responsible={",
    accessing: b"accessing={",
    requesting: b"requesting={",
    identifier: b"identifier=",
    pid: b" pid=",
    auid: b" auid=",
    euid: b" euid=",
    path: b" binary_path=",
};

/// 10.14: `ACC:{ID: x, PID[1], auid: 1, euid: 1, binary path: '/x'}`.
const MOJAVE: Syntax = Syntax {
    responsible: b"RESP:{",
    accessing: b"ACC:{",
    requesting: b"REQ:{",
    identifier: b"ID: ",
    pid: b" PID[",
    auid: b" auid: ",
    euid: b" euid: ",
    path: b" binary path: '",
};

/// The marker before the responsible process in a prompt.
const PROMPT_SUBJECT: &[u8] = b"Resp:{";

/// The service for control of another application. Here the requesting process is the application to be controlled.
const APPLE_EVENTS: &[u8] = b"kTCCServiceAppleEvents";

/// One process of an attribution.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Party<'a> {
    identifier: Option<Text<'a>>,
    pid: Option<u32>,
    auid: Option<u32>,
    euid: Option<u32>,
    path: Option<Text<'a>>,
}

impl<'a> Party<'a> {
    /// Reads one `{…}`; `text` ends where the next party begins.
    fn parse(text: &'a [u8], syntax: &Syntax) -> Self {
        let value = |marker| after(text, marker);
        let number = |marker| value(marker).and_then(leading_number);
        Self {
            identifier: value(syntax.identifier).map(|name| until(name, b",>}")).filter(|name| !name.is_empty()),
            pid: number(syntax.pid),
            auid: assigned(number(syntax.auid)),
            euid: number(syntax.euid),
            // A path may contain braces, so it ends before the closing characters at the end of the text.
            path: value(syntax.path).map(trim_closing).filter(|path| !path.is_empty()),
        }
    }

    fn is_known(&self) -> bool {
        *self != Self::default()
    }

    fn reference(&self) -> ProcessRef<'a> {
        ProcessRef {
            pid: self.pid,
            image: self.path,
            uid: self.euid,
            auid: self.auid,
            signer: self.identifier,
            ..ProcessRef::default()
        }
    }
}

/// The text without trailing quotes, brackets, commas and white space.
fn trim_closing(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|b| !b" ,>}'\n".contains(b)).map_or(0, |at| at + 1);
    &text[..end]
}

/// The processes that take part in a request.
#[derive(Clone, Copy, Debug, Default)]
struct Attribution<'a> {
    responsible: Party<'a>,
    accessing: Party<'a>,
    requesting: Party<'a>,
}

impl<'a> Attribution<'a> {
    /// The parties come in this order; any may be missing. A path may imitate a marker, so the search for each marker
    /// starts from the side that the accessing process cannot write to.
    fn parse(text: &'a [u8], syntax: &Syntax) -> Self {
        let (text, requesting) = cut(text, memchr::memmem::rfind(text, syntax.requesting), syntax.requesting);
        let (text, accessing) = cut(text, memchr::memmem::find(text, syntax.accessing), syntax.accessing);
        let responsible = after(text, syntax.responsible);
        let party = |text: Option<&'a [u8]>| text.map(|text| Party::parse(text, syntax)).unwrap_or_default();
        Self { responsible: party(responsible), accessing: party(accessing), requesting: party(requesting) }
    }

    /// The accessing process. If a process requests for itself, tccd names it only as the requesting one.
    fn actor(&self) -> Party<'a> {
        [self.accessing, self.requesting, self.responsible].into_iter().find(Party::is_known).unwrap_or_default()
    }
}

/// The text before `marker`, which is at `at`, and the text after it.
fn cut<'a>(text: &'a [u8], at: Option<usize>, marker: &[u8]) -> (&'a [u8], Option<&'a [u8]>) {
    at.map_or((text, None), |at| (&text[..at], Some(&text[at + marker.len()..])))
}

/// What an entry adds to its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Context,
    Attribution,
    Subject,
    Prompting,
    Result,
}

/// The entries of a request. REQUEST is absent, because it adds no details and most requests end with it.
const STEPS: &[(&[u8], Step)] = &[
    (b"AUTHREQ_CTX: ", Step::Context),
    (b"AUTHREQ_ATTRIBUTION: ", Step::Attribution),
    (b"AUTHREQ_SUBJECT: ", Step::Subject),
    (b"AUTHREQ_PROMPTING: ", Step::Prompting),
    (b"AUTHREQ_RESULT: ", Step::Result),
];

/// A request without a result yet. Its texts are stored as logged and parsed when the request is emitted.
#[derive(Debug, Default)]
struct Request {
    /// The pid of the tccd (one runs for the system, one for each user), and the message id.
    tccd: Option<u32>,
    id: Vec<u8>,
    /// The record number of the first entry.
    record: u64,
    time: Timestamp,
    service: Vec<u8>,
    attribution: Vec<u8>,
    subject: Vec<u8>,
    prompted: Vec<u8>,
}

impl Request {
    fn texts(&mut self) -> [&mut Vec<u8>; 5] {
        [&mut self.id, &mut self.service, &mut self.attribution, &mut self.subject, &mut self.prompted]
    }

    /// Emits the request, or skips it when no accessing process is known.
    fn emit(&self, time: Timestamp, allowed: Option<bool>, sink: &mut dyn Sink) {
        let said = Attribution::parse(&self.attribution, &MODERN);
        let prompted = Party::parse(&self.prompted, &MODERN);
        let subject = Party { identifier: Some(&self.subject[..]).filter(|name| !name.is_empty()), ..Party::default() };
        let Some(actor) = [said.actor(), prompted, subject].into_iter().find(Party::is_known) else {
            return sink.skipped(self.record, Skip::Incomplete);
        };
        let service = Some(&self.service[..]).filter(|name| !name.is_empty());
        let target = said.requesting.identifier.filter(|_| service == Some(APPLE_EVENTS) && actor != said.requesting);
        let responsible = if said.responsible.is_known() { said.responsible } else { prompted };
        let mut event = decision(time, self.record, PrivacyDecision { service, target, allowed, ..Default::default() });
        event.actor = actor.reference();
        event.responsible = responsible.reference().key();
        sink.event(&event);
    }
}

fn decision<'a>(time: Timestamp, record: u64, details: PrivacyDecision<'a>) -> Event<'a> {
    let mut event = Event::new(Os::Macos, time, Kind::PrivacyDecision(details));
    event.record = record;
    event.source.channel = Channel::Tcc;
    event
}

/// Reads tccd's entries and assembles requests.
#[derive(Debug, Default)]
pub(super) struct Tcc {
    open: VecDeque<Request>,
    /// Finished requests, kept for reuse.
    spare: Vec<Request>,
}

impl Tcc {
    pub(super) fn entry(&mut self, entry: &LogEntry<'_>, sink: &mut dyn Sink) {
        let message = entry.message;
        // Any process may log to any subsystem.
        let is_tccd = entry.process.is_some_and(|process| process == b"tccd" || process.ends_with(b"/tccd"));
        let step = STEPS.iter().find(|(beginning, _)| message.starts_with(beginning)).map(|(_, step)| *step);
        if !is_tccd {
            sink.skipped(entry.record, Skip::NotOfInterest);
        } else if let Some(step) = step {
            self.step(step, entry, sink);
        } else if let Some(chain) = after(message, b"AttributionChain: ") {
            attributed(chain, entry, sink);
        } else if let Some(event) = after(message, b"Publishing <TCCDEvent: ") {
            published(until(event, b">"), entry, sink);
        } else {
            sink.skipped(entry.record, Skip::NotOfInterest);
        }
    }

    pub(super) fn finish(&mut self, sink: &mut dyn Sink) {
        for request in self.open.drain(..) {
            request.emit(request.time, None, sink);
            self.spare.push(request);
        }
    }

    pub(super) fn held_bytes(&self) -> usize {
        let texts = |request: &Request| {
            let Request { id, service, attribution, subject, prompted, .. } = request;
            [id, service, attribution, subject, prompted].iter().map(|text| text.capacity()).sum::<usize>()
        };
        let requests = self.open.capacity() + self.spare.capacity();
        requests * size_of::<Request>() + self.open.iter().chain(&self.spare).map(texts).sum::<usize>()
    }

    fn step(&mut self, step: Step, entry: &LogEntry<'_>, sink: &mut dyn Sink) {
        let id = field(entry.message, b"msgID=").filter(|id| id.len() <= MAX_ID);
        let Some(id) = id else {
            return sink.skipped(entry.record, Skip::Incomplete);
        };
        let known = self.open.iter().position(|request| request.id == id && request.tccd == entry.pid);
        if step == Step::Result {
            // The earlier entries of this request are not in the log.
            let Some(request) = known.and_then(|at| self.open.remove(at)) else {
                return sink.skipped(entry.record, Skip::Incomplete);
            };
            request.emit(entry.time, allowed(entry.message), sink);
            self.spare.push(request);
            return;
        }
        let at = known.unwrap_or_else(|| self.begin(id, entry, sink));
        let Some(request) = self.open.get_mut(at) else { return };
        let stated = |name| field(entry.message, name).unwrap_or_default();
        match step {
            Step::Context => keep(&mut request.service, stated(b" service=")),
            Step::Attribution => {
                keep(&mut request.attribution, after(entry.message, b"attribution={").unwrap_or_default());
            }
            Step::Subject => keep(&mut request.subject, stated(b" subject=")),
            Step::Prompting => {
                keep(&mut request.service, stated(b" service="));
                keep(&mut request.prompted, after(entry.message, PROMPT_SUBJECT).unwrap_or_default());
            }
            Step::Result => {}
        }
    }

    /// Opens a request and returns its index; emits the oldest request when too many are open.
    fn begin(&mut self, id: &[u8], entry: &LogEntry<'_>, sink: &mut dyn Sink) -> usize {
        if self.open.len() == MAX_OPEN
            && let Some(oldest) = self.open.pop_front()
        {
            oldest.emit(oldest.time, None, sink);
            self.spare.push(oldest);
        }
        let mut request = self.spare.pop().unwrap_or_default();
        request.texts().into_iter().for_each(Vec::clear);
        keep(&mut request.id, id);
        (request.tccd, request.record, request.time) = (entry.pid, entry.record, entry.time);
        self.open.push_back(request);
        self.open.len() - 1
    }
}

/// Stores a text up to the maximum length.
fn keep(space: &mut Vec<u8>, text: &[u8]) {
    space.clear();
    space.extend_from_slice(&text[..text.len().min(MAX_TEXT)]);
}

/// The value of `name=value,` unless it is private.
fn field<'a>(message: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let value = until(after(message, name)?, b",\n").trim_ascii();
    Some(value).filter(|value| !value.is_empty() && !value.starts_with(b"<") && *value != b"(null)")
}

/// `authValue`: 0 denied, 1 not decided, 2 allowed, 3 partly allowed.
fn allowed(message: &[u8]) -> Option<bool> {
    match leading_number::<u32>(after(message, b"authValue=")?)? {
        0 => Some(false),
        2 | 3 => Some(true),
        _ => None,
    }
}

/// 10.14: the processes, without service and decision. A chain without a responsible process concerns the target.
fn attributed(chain: &[u8], entry: &LogEntry<'_>, sink: &mut dyn Sink) {
    let said = Attribution::parse(chain, &MOJAVE);
    if !said.responsible.is_known() || !said.accessing.is_known() {
        return sink.skipped(entry.record, Skip::NotOfInterest);
    }
    let mut event = decision(entry.time, entry.record, PrivacyDecision::default());
    event.actor = said.accessing.reference();
    event.responsible = said.responsible.reference().key();
    sink.event(&event);
}

/// `type=Create, service=…, identifier_type=…, identifier=…`: the grant table changed. The entry states only the
/// application concerned, neither the decision nor the requesting process.
fn published(event: &[u8], entry: &LogEntry<'_>, sink: &mut dyn Sink) {
    let (Some(service), Some(identifier)) = (field(event, b"service="), field(event, b" identifier=")) else {
        return sink.skipped(entry.record, Skip::Incomplete);
    };
    let details = PrivacyDecision { service: Some(service), ..PrivacyDecision::default() };
    let mut event = decision(entry.time, entry.record, details);
    if identifier.starts_with(b"/") {
        event.actor.image = Some(identifier);
    } else {
        event.actor.signer = Some(identifier);
    }
    sink.event(&event);
}

saved!(Request { tccd, id, record, time, service, attribution, subject, prompted });
restored!(Tcc { open } else { spare });
