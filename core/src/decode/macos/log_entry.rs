//! An entry of the unified log.

use crate::event::{Channel, Event, Kind, Os, Text, UniqueId};
use crate::time::Timestamp;

/// One entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogEntry<'a> {
    pub(crate) time: Timestamp,
    /// The record number of the entry's first line.
    pub(crate) record: u64,
    /// The id of the process that wrote the entry.
    pub(crate) pid: Option<u32>,
    /// The path of that process's image if the style prints it, else its name.
    pub(crate) process: Option<Text<'a>>,
    /// The user of that process.
    pub(crate) uid: Option<u32>,
    pub(crate) subsystem: &'a [u8],
    pub(crate) message: &'a [u8],
}

impl<'a> LogEntry<'a> {
    /// Creates an event whose actor is the process that wrote the entry.
    pub(super) fn event(&self, channel: Channel, kind: Kind<'a>) -> Event<'a> {
        let mut event = Event::new(Os::Macos, self.time, kind);
        event.record = self.record;
        event.source.channel = channel;
        event.actor.pid = self.pid;
        // Without a pid, the name is the only identity of the process.
        if let (None, Some(name)) = (self.pid, self.process) {
            event.actor.unique_id = UniqueId::Opaque(name);
        }
        event.actor.image = self.process;
        event.actor.uid = self.uid;
        event
    }
}
