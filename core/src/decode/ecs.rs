//! Elastic Common Schema, from any shipper: documents of auditbeat's auditd module are decoded as Linux audit events,
//! those of Elastic Endpoint on macOS as Endpoint Security events, all others as Windows events.

use alloc::boxed::Box;

use super::linux::auditbeat::{self, Auditbeat};
use super::macos::elastic::{self, Elastic};
use super::resume::Resumable;
use super::watch::{Verdict, Watch};
use super::{Decoder, Record, Sink, Skip};
use crate::util::saved::{Fault, Reader, Restored, Schema, Writer};

/// Reads documents, which may be of all kinds in one stream.
pub(super) struct Ecs {
    windows: Box<dyn Resumable>,
    linux: Auditbeat,
    macos: Elastic,
}

impl Ecs {
    pub(super) fn new(windows: Box<dyn Resumable>) -> Self {
        Self { windows, linux: Auditbeat::default(), macos: Elastic::default() }
    }
}

impl Decoder for Ecs {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if auditbeat::may_be(record.bytes) && self.linux.take(&record, sink) {
            return;
        }
        // If the Windows decoder rejects a document, another decoder may accept it.
        let mut watch = Watch::new(sink);
        self.windows.record(record, &mut watch);
        let Some(verdict) = watch.held else { return };
        let is_refused = matches!(verdict, Verdict::Skipped(_, Skip::NotOfInterest) | Verdict::Ignored(..));
        if !(is_refused && elastic::may_be(record.bytes) && self.macos.take(&record, sink)) {
            verdict.report(sink);
        }
    }

    /// Reads documents of Windows alone there.
    fn record_within(&mut self, record: Record<'_>, room: &mut [u8], sink: &mut dyn Sink) -> bool {
        if auditbeat::may_be(record.bytes) {
            return false;
        }
        let mut watch = Watch::new(sink);
        if !self.windows.record_within(record, room, &mut watch) {
            return false;
        }
        let Some(verdict) = watch.held else { return true };
        let is_other = elastic::may_be(record.bytes);
        if !is_other {
            verdict.report(sink);
        }
        !is_other
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

/// Each document of auditd and of macOS is an event of its own.
impl Restored for Ecs {
    fn form(schema: Schema) -> Schema {
        schema.word("ecs")
    }

    fn store(&self, out: &mut Writer<'_>) {
        let Self { windows, linux: _, macos: _ } = self;
        windows.store(out);
    }

    fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), Fault> {
        self.windows.restore(from)
    }
}
