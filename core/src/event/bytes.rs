//! The byte form of an [`Event`]. The reorder buffer holds events in it and orders events of one time by it.
//!
//! It leaves out where an event was read (`record`, `part`, `file`); apart from that, equal bytes mean equal events.
//! Integers are little-endian and of fixed width, texts carry their length. Only snapshots take it out of the
//! engine, with a schema that changes with it.

use alloc::vec::Vec;

use serde_json::Value;

use super::error::EventError;
#[cfg(feature = "_internal_test_exports")]
use super::kind::{Kind, KindTag};
use super::model::Event;
use super::node::Node;
use super::source::Source;
#[cfg(feature = "_internal_test_exports")]
use super::wire::Numbers;
use super::wire::{Members, Reader, Wire, form_of, object};
use crate::util::saved::Schema;

/// Appends the event's bytes, record and file left out.
pub(crate) fn encode(event: &Event<'_>, out: &mut Vec<u8>) {
    event.write(out);
}

/// Adds the byte form of an event to a schema.
pub(crate) fn form(schema: Schema) -> Schema {
    Event::form(schema)
}

/// Reads what [`encode`] wrote; `None` for any other bytes.
pub(crate) fn decode(bytes: &[u8]) -> Option<Event<'_>> {
    let mut reader = Reader::new(bytes);
    let event = Event::read(&mut reader)?;
    reader.is_empty().then_some(event)
}

/// An event with every detail there is, so that a test sees which ones get lost on a way that the event takes.
#[cfg(feature = "_internal_test_exports")]
pub(crate) fn sample(tag: KindTag, numbers: &mut Numbers) -> Event<'static> {
    Event {
        time: Wire::sample(numbers),
        envelope_time: Wire::sample(numbers),
        time_is_envelope: Wire::sample(numbers),
        host: Wire::sample(numbers),
        os: Wire::sample(numbers),
        record: Wire::sample(numbers),
        part: Wire::sample(numbers),
        file: Wire::sample(numbers),
        source: Wire::sample(numbers),
        actor: Wire::sample(numbers),
        parent: Wire::sample(numbers),
        responsible: Wire::sample(numbers),
        kind: Kind::sample_of(tag, numbers),
    }
}

impl<'a> Wire<'a> for Event<'a> {
    fn write(&self, out: &mut Vec<u8>) {
        self.time.write(out);
        self.envelope_time.write(out);
        self.time_is_envelope.write(out);
        self.host.write(out);
        self.os.write(out);
        self.source.write(out);
        self.actor.write(out);
        self.parent.write(out);
        self.responsible.write(out);
        self.kind.write(out);
    }

    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(Self {
            time: Wire::read(from)?,
            envelope_time: Wire::read(from)?,
            time_is_envelope: Wire::read(from)?,
            host: Wire::read(from)?,
            os: Wire::read(from)?,
            record: 0,
            part: 0,
            file: 0,
            source: Wire::read(from)?,
            actor: Wire::read(from)?,
            parent: Wire::read(from)?,
            responsible: Wire::read(from)?,
            kind: Wire::read(from)?,
        })
    }

    fn json(&self) -> Value {
        object([
            ("time", self.time.json()),
            ("envelope_time", self.envelope_time.json()),
            ("time_is_envelope", self.time_is_envelope.json()),
            ("host", self.host.json()),
            ("os", self.os.json()),
            ("record", self.record.json()),
            ("part", if self.part == 0 { Value::Null } else { self.part.json() }),
            ("file", self.file.json()),
            ("source", self.source.json()),
            ("actor", self.actor.json()),
            ("parent", self.parent.json()),
            ("responsible", self.responsible.json()),
            ("kind", self.kind.json()),
        ])
    }

    fn form(schema: Schema) -> Schema {
        let schema = form_of(schema, |event: &Event<'a>| &event.time);
        let schema = form_of(schema, |event: &Event<'a>| &event.envelope_time);
        let schema = form_of(schema, |event: &Event<'a>| &event.time_is_envelope);
        let schema = form_of(schema, |event: &Event<'a>| &event.host);
        let schema = form_of(schema, |event: &Event<'a>| &event.os);
        let schema = form_of(schema, |event: &Event<'a>| &event.source);
        let schema = form_of(schema, |event: &Event<'a>| &event.actor);
        let schema = form_of(schema, |event: &Event<'a>| &event.parent);
        let schema = form_of(schema, |event: &Event<'a>| &event.responsible);
        form_of(schema, |event: &Event<'a>| &event.kind)
    }
    fn parse<N: Node<'a>>(node: N) -> Result<Self, EventError> {
        let members = Members::of(node, NAMES)?;
        // The name of a kind stands in `tag`, and its details, if there are any, in `kind`.
        let kind = if members.find(12, "kind").is_some() { (12, "kind") } else { (13, "tag") };
        Ok(Self {
            time: members.get(0, "time")?,
            envelope_time: members.get(1, "envelope_time")?,
            time_is_envelope: members.get(2, "time_is_envelope")?,
            host: members.get(3, "host")?,
            os: members.get(4, "os")?,
            record: members.get(5, "record")?,
            part: members.get(6, "part")?,
            file: members.get(7, "file")?,
            source: match members.find(8, "source") {
                None => Source::default(),
                found => members.read(found, "source")?,
            },
            actor: members.get(9, "actor")?,
            parent: members.get(10, "parent")?,
            responsible: members.get(11, "responsible")?,
            kind: members.get(kind.0, kind.1)?,
        })
    }
    #[cfg(feature = "_internal_test_exports")]
    fn sample(numbers: &mut Numbers) -> Self {
        let tag = KindTag::sample(numbers);
        sample(tag, numbers)
    }
}

/// The members of an event; `parse` has their places.
const NAMES: &[&str] = &[
    "time",
    "envelope_time",
    "time_is_envelope",
    "host",
    "os",
    "record",
    "part",
    "file",
    "source",
    "actor",
    "parent",
    "responsible",
    "kind",
    "tag",
];

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use crate::event::{AppleEvent, Event, Kind, Os, UniqueId};
    use crate::time::Timestamp;
    use alloc::vec::Vec;

    #[test]
    fn an_event_survives_the_round_trip_and_every_cut_is_refused() {
        let mut apple = AppleEvent::default();
        apple.code = Some(b"syso,dlog");
        apple.hidden_answer = Some(true);
        let mut event = Event::new(Os::Macos, Timestamp(-5), Kind::AppleEvent(apple));
        event.host = b"mac";
        event.actor.unique_id = UniqueId::PidVersion(9);
        event.actor.image = Some(b"/usr/bin/osascript");
        let mut bytes = Vec::new();
        encode(&event, &mut bytes);
        assert_eq!(decode(&bytes).as_ref(), Some(&event));
        for cut in 0..bytes.len() {
            assert_eq!(decode(&bytes[..cut]), None);
        }
    }
}
