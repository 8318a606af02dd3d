//! What parsers make events with.

use super::super::Skip;
use super::clock::Clock;
use super::fields::{FieldName, Fields};
use super::origin::Origin;
use super::texts::{Arena, is_placeholder};
use super::values;
use crate::event::{Event, Kind, NativeId, Os, ProcessRef, Source, Text, UniqueId};

/// Makes one kind of event: fills actor and parent and returns the kind.
pub(super) type Parser = for<'r, 'a> fn(&mut Builder<'r, 'a>) -> Result<Kind<'a>, Skip>;

/// What a [`Parser`] works with.
pub(super) struct Builder<'r, 'a> {
    pub(super) fields: &'r Fields<'a>,
    pub(super) arena: Arena<'a>,
    pub(super) clock: Clock,
    /// The event id.
    pub(super) id: u32,
    pub(super) actor: ProcessRef<'a>,
    pub(super) parent: ProcessRef<'a>,
}

impl<'a> Builder<'_, 'a> {
    /// The text of a field; `None` when it is absent or a placeholder.
    pub(super) fn text(&mut self, field: FieldName) -> Option<Text<'a>> {
        let text = self.arena.text(self.fields.get(field)?)?;
        (!is_placeholder(text)).then_some(text)
    }

    /// The bytes of a field as they stand in the record; for values that need no unescaping.
    pub(super) fn bytes(&self, field: FieldName) -> Option<Text<'a>> {
        self.fields.bytes(field)
    }

    /// Whether the record has a field.
    pub(super) fn has(&self, field: FieldName) -> bool {
        self.fields.get(field).is_some()
    }

    /// A field that is no text, read by one of the functions of [`values`].
    pub(super) fn value<T>(&self, field: FieldName, read: fn(&[u8]) -> Option<T>) -> Option<T> {
        self.bytes(field).and_then(read)
    }

    /// A user as `DOMAIN\name`; the name alone where no domain is known.
    pub(super) fn account(&mut self, domain: FieldName, name: FieldName) -> Option<Text<'a>> {
        let name = self.text(name)?;
        match self.text(domain) {
            Some(domain) => self.arena.join(domain, b'\\', name),
            None => Some(name),
        }
    }

    /// A registry path: the key, and the value's name where there is one.
    pub(super) fn registry_path(&mut self, key: FieldName, value: FieldName) -> Option<Text<'a>> {
        let key = self.text(key)?;
        match self.text(value) {
            Some(value) => self.arena.join(key, b'\\', value),
            None => Some(key),
        }
    }

    /// Refuses a record that does not tell in the least which process acted.
    pub(super) fn need_actor(&self) -> Result<(), Skip> {
        if self.actor.is_unknown() && self.actor.image.is_none() { Err(Skip::Incomplete) } else { Ok(()) }
    }

    /// The system that the record says it is of.
    pub(super) fn os(&self) -> Os {
        match self.bytes(FieldName::System) {
            Some(b"linux") => Os::Linux,
            Some(b"macos") => Os::Macos,
            _ => Os::Windows,
        }
    }

    pub(super) fn event(mut self, origin: Origin, kind: Kind<'a>) -> Event<'a> {
        let os = match origin {
            Origin::SysmonLinux | Origin::EndpointLinux => Os::Linux,
            Origin::Ocsf => self.os(),
            _ => Os::Windows,
        };
        // What products number is numbered by us: their own are names.
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
