//! Elastic Common Schema, whichever shipper wrote it: documents of auditbeat's auditd module are read as what the Linux
//! kernel said, those of Elastic Endpoint on a Mac as Endpoint Security's, all others as records of Windows.

use alloc::boxed::Box;

use super::linux::auditbeat::{self, Auditbeat};
use super::macos::elastic::{self, Elastic};
use super::{DecodeError, Decoder, Record, Sink, Skip};
use crate::event::Event;

/// Reads documents, which may be of both kinds in one stream.
pub(super) struct Ecs {
    windows: Box<dyn Decoder>,
    linux: Auditbeat,
    macos: Elastic,
}

impl Ecs {
    pub(super) fn new(windows: Box<dyn Decoder>) -> Self {
        Self { windows, linux: Auditbeat::default(), macos: Elastic::default() }
    }
}

impl Decoder for Ecs {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if auditbeat::may_be(record.bytes) && self.linux.take(&record, sink) {
            return;
        }
        let mut unclaimed = Unclaimed { sink, is_refused: false };
        self.windows.record(record, &mut unclaimed);
        let Unclaimed { sink, is_refused } = unclaimed;
        if is_refused && !(elastic::may_be(record.bytes) && self.macos.take(&record, sink)) {
            sink.skipped(record.number, Skip::NotOfInterest);
        }
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        self.windows.finish(sink);
    }

    fn settle(&mut self, sink: &mut dyn Sink) {
        self.windows.settle(sink);
    }

    fn held_bytes(&self) -> usize {
        self.windows.held_bytes() + self.linux.held_bytes() + self.macos.held_bytes()
    }
}

/// Passes on what is found in a document but that it is of no interest: another may claim it.
struct Unclaimed<'s> {
    sink: &'s mut dyn Sink,
    is_refused: bool,
}

impl Sink for Unclaimed<'_> {
    fn event(&mut self, event: &Event<'_>) {
        self.sink.event(event);
    }

    fn amended(&mut self, event: &Event<'_>) {
        self.sink.amended(event);
    }

    fn skipped(&mut self, record: u64, why: Skip) {
        if why == Skip::NotOfInterest {
            self.is_refused = true;
        } else {
            self.sink.skipped(record, why);
        }
    }

    fn error(&mut self, error: DecodeError) {
        self.sink.error(error);
    }
}
