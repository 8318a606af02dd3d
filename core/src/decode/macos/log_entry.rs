//! An entry of the unified log.

use crate::event::{Channel, Event, Kind, Os, Text, UniqueId};
use crate::time::Timestamp;

/// One entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogEntry<'a> {
    pub(crate) time: Timestamp,
    /// The entry's first line.
    pub(crate) record: u64,
    /// The process that logged.
    pub(crate) pid: Option<u32>,
    /// Its image where the style prints it, else its name.
    pub(crate) process: Option<Text<'a>>,
    /// The user it runs as.
    pub(crate) uid: Option<u32>,
    pub(crate) subsystem: &'a [u8],
    pub(crate) message: &'a [u8],
}

impl<'a> LogEntry<'a> {
    /// An event in which the process that logged is the actor.
    pub(super) fn event(&self, channel: Channel, kind: Kind<'a>) -> Event<'a> {
        let mut event = Event::new(Os::Macos, self.time, kind);
        event.record = self.record;
        event.source.channel = channel;
        event.actor.pid = self.pid;
        // Without its id a process is told from others by its name.
        if let (None, Some(name)) = (self.pid, self.process) {
            event.actor.unique_id = UniqueId::Opaque(name);
        }
        event.actor.image = self.process;
        event.actor.uid = self.uid;
        event
    }
}
