//! Elastic Common Schema, whichever shipper wrote it: documents of auditbeat's auditd module are read as what the Linux
//! kernel said, all others as records of Windows.

use alloc::boxed::Box;

use super::linux::auditbeat::{self, Auditbeat};
use super::{Decoder, Record, Sink};

/// Reads documents, which may be of both kinds in one stream.
pub(super) struct Ecs {
    windows: Box<dyn Decoder>,
    linux: Auditbeat,
}

impl Ecs {
    pub(super) fn new(windows: Box<dyn Decoder>) -> Self {
        Self { windows, linux: Auditbeat::default() }
    }
}

impl Decoder for Ecs {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if !auditbeat::may_be(record.bytes) || !self.linux.take(&record, sink) {
            self.windows.record(record, sink);
        }
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        self.windows.finish(sink);
    }

    fn settle(&mut self, sink: &mut dyn Sink) {
        self.windows.settle(sink);
    }

    fn held_bytes(&self) -> usize {
        self.windows.held_bytes() + self.linux.held_bytes()
    }
}
