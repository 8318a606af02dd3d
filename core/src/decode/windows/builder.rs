//! What the parsers of records make events with.

use super::super::Skip;
use super::clock::Clock;
use super::fields::{FieldName, Fields};
use super::origin::Origin;
use super::texts::{Arena, is_placeholder};
use super::values;
use crate::event::{Event, Kind, NativeId, Os, ProcessRef, Source, Text, UniqueId};

/// A function that makes one kind of event: it fills actor and parent and returns the kind.
pub(super) type Parser = for<'r, 'a> fn(&mut Builder<'r, 'a>) -> Result<Kind<'a>, Skip>;

/// The record and the event in the making, for a [`Parser`].
pub(super) struct Builder<'r, 'a> {
    fields: &'r Fields<'a>,
    arena: Arena<'a>,
    pub(super) clock: Clock,
    /// The event id.
    pub(super) id: u32,
    pub(super) actor: ProcessRef<'a>,
    pub(super) parent: ProcessRef<'a>,
}

impl<'r, 'a> Builder<'r, 'a> {
    /// A builder for a record whose processes are not known yet.
    pub(super) fn new(fields: &'r Fields<'a>, arena: Arena<'a>, clock: Clock, id: u32) -> Self {
        Self { fields, arena, clock, id, actor: ProcessRef::default(), parent: ProcessRef::default() }
    }

    /// The text of a field; `None` when it is absent or a placeholder.
    pub(super) fn text(&mut self, field: FieldName) -> Option<Text<'a>> {
        let text = self.arena.text(self.fields.get(field)?)?;
        (!is_placeholder(text)).then_some(text)
    }

    /// The bytes of a field as they are in the record, for values that need no unescaping.
    pub(super) fn bytes(&self, field: FieldName) -> Option<Text<'a>> {
        self.fields.bytes(field)
    }

    /// Whether the record has a field.
    pub(super) fn has(&self, field: FieldName) -> bool {
        self.fields.get(field).is_some()
    }

    /// A field that is not text, read by one of the functions of [`values`].
    pub(super) fn value<T>(&self, field: FieldName, read: fn(&[u8]) -> Option<T>) -> Option<T> {
        self.bytes(field).and_then(read)
    }

    /// A user as `DOMAIN\name`, or the name alone if the domain is unknown.
    pub(super) fn account(&mut self, domain: FieldName, name: FieldName) -> Option<Text<'a>> {
        let name = self.text(name)?;
        match self.text(domain) {
            Some(domain) => self.arena.join(domain, b'\\', name),
            None => Some(name),
        }
    }

    /// A registry path: the key, followed by the value's name if there is one.
    pub(super) fn registry_path(&mut self, key: FieldName, value: FieldName) -> Option<Text<'a>> {
        let key = self.text(key)?;
        match self.text(value) {
            Some(value) => self.arena.join(key, b'\\', value),
            None => Some(key),
        }
    }

    /// Skips a record that does not identify the acting process in any way.
    pub(super) fn need_actor(&self) -> Result<(), Skip> {
        if self.actor.is_unknown() && self.actor.image.is_none() { Err(Skip::Incomplete) } else { Ok(()) }
    }

    /// The operating system that the record names; Windows if it names none.
    pub(super) fn os(&self) -> Os {
        match self.bytes(FieldName::System) {
            Some(b"linux") => Os::Linux,
            Some(b"macos") => Os::Macos,
            _ => Os::Windows,
        }
    }

    /// The event of the record, whose parser returned this kind.
    pub(super) fn event(mut self, origin: Origin, kind: Kind<'a>) -> Event<'a> {
        let os = match origin {
            Origin::SysmonLinux | Origin::EndpointLinux => Os::Linux,
            Origin::Ocsf | Origin::Defender => self.os(),
            _ => Os::Windows,
        };
        // The ids of products' events are ours; their own identifiers are names.
        let name = self.text(FieldName::EventName).filter(|_| matches!(origin, Origin::Defender | Origin::Ocsf));
        let mut event = Event::new(os, self.clock.time, kind);
        event.envelope_time = self.clock.envelope;
        event.time_is_envelope = self.clock.is_envelope;
        event.host = self.bytes(FieldName::Host).unwrap_or_default();
        event.source = Source {
            channel: origin.channel(),
            code: if name.is_some() { 0 } else { self.id },
            name,
            id: self.value(FieldName::RecordId, values::number).map_or(NativeId::None, NativeId::Number),
        };
        event.actor = self.actor;
        event.parent = self.parent;
        if matches!(origin, Origin::SysmonLinux | Origin::EndpointLinux) {
            (event.actor.unique_id, event.parent.unique_id) = (UniqueId::None, UniqueId::None);
        }
        event
    }
}
