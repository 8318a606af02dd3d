//! Sinks between a decoder and the engine.

use super::error::DecodeError;
use super::record::{Sink, Skip, Subject, SubjectName};
use crate::event::Event;

/// Adds to events what the wrappers or the position state about the record and the record itself does not.
pub(super) struct Placed<'s> {
    pub(super) sink: &'s mut dyn Sink,
    /// The host that a wrapper names; empty when there is none.
    pub(super) host: &'s [u8],
    /// The index of the record among those that begin in the same line.
    pub(super) part: u32,
}

impl Placed<'_> {
    fn place(&mut self, event: &Event<'_>, pass: impl FnOnce(&mut dyn Sink, &Event<'_>)) {
        let is_nameless = event.host.is_empty() && !self.host.is_empty();
        if self.part == 0 && !is_nameless {
            return pass(self.sink, event);
        }
        let mut event = event.clone();
        event.part += self.part;
        if is_nameless {
            event.host = self.host;
        }
        pass(self.sink, &event);
    }
}

impl Sink for Placed<'_> {
    fn event(&mut self, event: &Event<'_>) {
        self.place(event, |sink, event| sink.event(event));
    }

    fn amended(&mut self, event: &Event<'_>) {
        self.place(event, |sink, event| sink.amended(event));
    }

    fn skipped(&mut self, record: u64, why: Skip) {
        self.sink.skipped(record, why);
    }

    fn ignored(&mut self, record: u64, what: Subject<'_>) {
        self.sink.ignored(record, what);
    }

    fn error(&mut self, error: DecodeError) {
        self.sink.error(error);
    }
}

/// Passes on the events of records that were decoded before as amended, and drops the reports of those without an
/// event.
pub(super) struct Again<'s>(pub(super) &'s mut dyn Sink);

impl Sink for Again<'_> {
    fn event(&mut self, event: &Event<'_>) {
        self.0.amended(event);
    }

    fn skipped(&mut self, _record: u64, _why: Skip) {}

    fn error(&mut self, error: DecodeError) {
        self.0.error(error);
    }
}

/// Decodes a record that is written within a string. `false` if the first thing that the decoder reports is an error: it
/// names a place in the record's text, so the record is to be unescaped and decoded again. What was passed on is never
/// passed on twice.
pub(super) fn without_fault(sink: &mut dyn Sink, decode: impl FnOnce(&mut dyn Sink)) -> bool {
    let mut sink = Faultless { sink, state: State::Silent };
    decode(&mut sink);
    sink.state != State::Faulty
}

/// Passes on what a decoder reports, unless it begins with an error.
struct Faultless<'s> {
    sink: &'s mut dyn Sink,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Silent,
    Reported,
    Faulty,
}

impl Faultless<'_> {
    /// The sink for what is no error.
    fn open(&mut self) -> Option<&mut dyn Sink> {
        if self.state == State::Faulty {
            return None;
        }
        self.state = State::Reported;
        Some(self.sink)
    }
}

impl Sink for Faultless<'_> {
    fn event(&mut self, event: &Event<'_>) {
        if let Some(sink) = self.open() {
            sink.event(event);
        }
    }

    fn amended(&mut self, event: &Event<'_>) {
        if let Some(sink) = self.open() {
            sink.amended(event);
        }
    }

    fn skipped(&mut self, record: u64, why: Skip) {
        if let Some(sink) = self.open() {
            sink.skipped(record, why);
        }
    }

    fn ignored(&mut self, record: u64, what: Subject<'_>) {
        if let Some(sink) = self.open() {
            sink.ignored(record, what);
        }
    }

    fn error(&mut self, error: DecodeError) {
        match self.state {
            State::Reported => self.sink.error(error),
            State::Silent | State::Faulty => self.state = State::Faulty,
        }
    }
}

/// Holds back a decoder's report on a record without an event until it is clear whether the record was meant for it.
pub(super) struct Watch<'s> {
    pub(super) sink: &'s mut dyn Sink,
    pub(super) held: Option<Verdict>,
    has_reported: bool,
}

/// The decoder's report on a record that gave no event.
#[derive(Clone, Copy)]
pub(super) enum Verdict {
    Skipped(u64, Skip),
    Ignored(u64, Words),
    Error(DecodeError),
}

/// A copy of a subject that outlives its record; long texts are cut.
#[derive(Clone, Copy)]
pub(super) struct Words {
    bytes: [u8; Self::LONGEST],
    source: usize,
    name: Result<usize, u64>,
}

impl Words {
    const LONGEST: usize = 96;

    fn keep(what: &Subject<'_>) -> Self {
        let mut bytes = [0; Self::LONGEST];
        let mut put = |from: usize, text: &[u8]| {
            let room = bytes[from..].len().min(Self::LONGEST / 2).min(text.len());
            bytes[from..from + room].copy_from_slice(&text[..room]);
            from + room
        };
        let source = put(0, what.source);
        let name = match what.name {
            SubjectName::Text(text) => Ok(put(source, text)),
            SubjectName::Number(number) => Err(number),
        };
        Self { bytes, source, name }
    }

    fn subject(&self) -> Subject<'_> {
        let name = match self.name {
            Ok(end) => SubjectName::Text(&self.bytes[self.source..end]),
            Err(number) => SubjectName::Number(number),
        };
        Subject { source: &self.bytes[..self.source], name }
    }
}

impl Verdict {
    /// Passes the held report on.
    pub(super) fn report(&self, sink: &mut dyn Sink) {
        match self {
            Self::Skipped(record, why) => sink.skipped(*record, *why),
            Self::Ignored(record, words) => sink.ignored(*record, words.subject()),
            Self::Error(error) => sink.error(*error),
        }
    }
}

impl<'s> Watch<'s> {
    pub(super) fn new(sink: &'s mut dyn Sink) -> Self {
        Self { sink, held: None, has_reported: false }
    }

    /// Whether to hold the next report; if not, passes on the held one first.
    fn holds(&mut self) -> bool {
        if !self.has_reported && self.held.is_none() {
            return true;
        }
        self.release();
        false
    }

    fn release(&mut self) {
        self.has_reported = true;
        if let Some(held) = self.held.take() {
            held.report(self.sink);
        }
    }
}

impl Sink for Watch<'_> {
    fn event(&mut self, event: &Event<'_>) {
        self.release();
        self.sink.event(event);
    }

    fn amended(&mut self, event: &Event<'_>) {
        self.sink.amended(event);
    }

    fn skipped(&mut self, record: u64, why: Skip) {
        if self.holds() {
            self.held = Some(Verdict::Skipped(record, why));
        } else {
            self.sink.skipped(record, why);
        }
    }

    fn ignored(&mut self, record: u64, what: Subject<'_>) {
        if self.holds() {
            self.held = Some(Verdict::Ignored(record, Words::keep(&what)));
        } else {
            self.sink.ignored(record, what);
        }
    }

    fn error(&mut self, error: DecodeError) {
        if self.holds() {
            self.held = Some(Verdict::Error(error));
        } else {
            self.sink.error(error);
        }
    }
}
