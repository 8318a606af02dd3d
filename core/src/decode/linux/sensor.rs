//! Shared code for the JSON of eBPF sensors: one event per line, read by the paths of its members.

use alloc::vec::Vec;
use core::str::FromStr;

use super::folder::below;
use crate::decode::json::{JsonError, Reader, Scratch, Span, Value};
use crate::decode::members::{faulty, malformed, parse, scalar, walk};
use crate::decode::watch::without_fault;
use crate::decode::writing::Writing;
use crate::decode::{DecodeErrorKind, Decoder, Record, Sink, Skip, Subject, SubjectName};
use crate::event::{
    Direction, Endpoint, EndpointAct, Event, FileAccess, FileOperation, Kind, Mechanism, NetworkConnect, Os, Text,
};
use crate::time::Timestamp;
use crate::util::saved::restored;

/// How a sensor writes its events.
pub(super) struct Schema {
    /// Top-level keys whose object is read in place of the line; empty when the line itself is read.
    pub(super) envelopes: &'static [&'static [u8]],
    /// The paths of the members that are read.
    pub(super) paths: &'static [&'static [u8]],
    /// Interprets the members.
    pub(super) event: for<'a> fn(&Line<'a>, &'a mut Vec<u8>) -> Result<Event<'a>, Refusal>,
}

/// The maximum number of paths in a schema.
const MOST_PATHS: usize = 40;

/// Why a line gave no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Skip(Skip),
    Fault(DecodeErrorKind, &'static str),
}

impl From<Skip> for Refusal {
    fn from(why: Skip) -> Self {
        Self::Skip(why)
    }
}

/// Decodes the lines of a sensor.
pub(super) struct Sensor {
    schema: &'static Schema,
    scratch: Scratch,
    work: Vec<u8>,
}

impl Sensor {
    pub(super) fn new(schema: &'static Schema) -> Self {
        debug_assert!(schema.paths.len() <= MOST_PATHS, "a schema has more paths than there is room for");
        Self { schema, scratch: Scratch::default(), work: Vec::new() }
    }
}

impl Decoder for Sensor {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if record.is_blank() {
            return sink.skipped(record.number, Skip::Blank);
        }
        self.read(&record, Writing::PLAIN, sink);
    }

    fn record_within(&mut self, record: Record<'_>, room: &mut [u8], sink: &mut dyn Sink) -> bool {
        without_fault(sink, |sink| self.read(&record, Writing::within(room), sink))
    }

    fn finish(&mut self, _sink: &mut dyn Sink) {}

    fn held_bytes(&self) -> usize {
        self.scratch.capacity() + self.work.capacity()
    }
}

impl Sensor {
    fn read(&mut self, record: &Record<'_>, mut writing: Writing<'_>, sink: &mut dyn Sink) {
        self.scratch.start(record.bytes);
        let (envelope, spans) = match read(self.schema, writing.reader(record.bytes), &mut self.scratch) {
            Ok(found) => found,
            Err(fault) => return sink.error(malformed(record, fault)),
        };
        let line = Line { bytes: record.bytes, scratch: &self.scratch, envelope, spans: &spans };
        match (self.schema.event)(&line, &mut self.work) {
            Ok(mut event) => {
                event.record = record.number;
                sink.event(&event);
            }
            Err(Refusal::Skip(Skip::NotOfInterest)) if envelope.is_some() => {
                let name = envelope.and_then(|at| self.schema.envelopes.get(at)).copied().unwrap_or_default();
                sink.ignored(record.number, Subject { source: b"", name: SubjectName::Text(name) });
            }
            Err(Refusal::Skip(why)) => sink.skipped(record.number, why),
            Err(Refusal::Fault(kind, field)) => sink.error(faulty(record, kind, field)),
        }
    }
}

type Spans = [Span; MOST_PATHS];

/// Reads a line's envelope and the texts of its members. If a member occurs several times, the first wins.
fn read(schema: &Schema, mut reader: Reader<'_>, scratch: &mut Scratch) -> Result<(Option<usize>, Spans), JsonError> {
    let (mut envelope, mut spans) = (None, [Span::NONE; MOST_PATHS]);
    let mut note = |path: usize, reader: &mut Reader<'_>| -> Result<(), JsonError> {
        let text = match scalar(reader)? {
            Value::Bool(is_so) => scratch.compose(|out| out.extend_from_slice(if is_so { b"true" } else { b"false" })),
            value => value.text(scratch).unwrap_or(Span::NONE),
        };
        if let Some(span) = spans.get_mut(path).filter(|span| !span.is_some()) {
            *span = text;
        }
        Ok(())
    };
    if reader.value()? != Value::Object {
        return Err(JsonError { offset: 0, too_deep: false });
    }
    if schema.envelopes.is_empty() {
        walk(&mut reader, schema.paths, &mut note)?;
    } else {
        while let Some(key) = reader.next_key()? {
            let known = |names: &[&[u8]]| names.iter().position(|name| *name == key.bytes);
            match (known(schema.envelopes), known(schema.paths)) {
                (Some(at), _) => match reader.value()? {
                    Value::Object => {
                        envelope = Some(at);
                        walk(&mut reader, schema.paths, &mut note)?;
                    }
                    Value::Array => reader.skip_container()?,
                    _ => {}
                },
                (None, Some(path)) => note(path, &mut reader)?,
                (None, None) => reader.skip()?,
            }
        }
    }
    if reader.at_end() { Ok((envelope, spans)) } else { Err(JsonError { offset: reader.offset(), too_deep: false }) }
}

/// The members of one line.
pub(super) struct Line<'a> {
    bytes: &'a [u8],
    scratch: &'a Scratch,
    /// The index of the line's envelope.
    pub(super) envelope: Option<usize>,
    spans: &'a Spans,
}

impl<'a> Line<'a> {
    /// A member's text, unless it is empty.
    pub(super) fn text(&self, path: usize) -> Option<Text<'a>> {
        self.scratch.get(self.bytes, *self.spans.get(path)?).filter(|text| !text.is_empty())
    }

    /// A decimal number, quoted or not.
    pub(super) fn number<T: FromStr>(&self, path: usize) -> Option<T> {
        self.text(path).and_then(parse)
    }

    /// The id of a process; 0 and -1, signed or unsigned, mean none.
    pub(super) fn process(&self, path: usize) -> Option<u32> {
        self.number(path).filter(|pid| !matches!(pid, 0 | &u32::MAX))
    }

    /// The time, which every line must have.
    pub(super) fn time(&self, path: usize, field: &'static str) -> Result<Timestamp, Refusal> {
        let text = self.text(path).ok_or(Refusal::Fault(DecodeErrorKind::Missing, field))?;
        Timestamp::parse(text).ok_or(Refusal::Fault(DecodeErrorKind::BadValue, field))
    }
}

/// An event with only time and host.
pub(super) fn event(time: Timestamp, host: Option<Text<'_>>) -> Event<'_> {
    // A placeholder: the caller sets the kind.
    let mut event = Event::new(Os::Linux, time, Kind::FileAccess(FileAccess::default()));
    event.host = host.unwrap_or_default();
    event
}

pub(super) fn file(path: Option<Text<'_>>, operation: FileOperation) -> Result<Kind<'_>, Refusal> {
    let path = Some(path.ok_or(Skip::Incomplete)?);
    Ok(Kind::FileAccess(FileAccess { path, operation, ..FileAccess::default() }))
}

pub(super) fn network<'a>(
    direction: Direction,
    local: (Option<Text<'a>>, Option<u32>),
    remote: (Option<Text<'a>>, Option<u32>),
) -> Kind<'a> {
    let ((local_address, local_port), (remote_address, remote_port)) = (local, remote);
    let details =
        NetworkConnect { direction, local_address, local_port, remote_address, remote_port, ..Default::default() };
    Kind::NetworkConnect(details)
}

/// The AF_UNIX socket that a sensor names: a path, absolute or relative to the working folder; an abstract name after
/// `@` or the NUL that precedes it in memory; no name for an unnamed socket.
pub(super) fn unix_socket<'a>(
    name: Option<Text<'a>>,
    folder: Option<Text<'_>>,
    work: &'a mut Vec<u8>,
) -> EndpointAct<'a> {
    EndpointAct::new(match name {
        None => Endpoint::new(Mechanism::UnixUnnamed, None),
        Some([b'@' | 0, name @ ..]) => Endpoint::new(Mechanism::UnixAbstract, Some(name)),
        Some(path) => Endpoint::new(Mechanism::UnixPath, Some(below(path, folder.unwrap_or_default(), work))),
    })
}

restored!(Sensor {} else { schema, scratch, work });
