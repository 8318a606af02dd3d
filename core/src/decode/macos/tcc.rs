//! Privacy decisions as tccd logs them.

use super::message::Entry;
use crate::decode::{Sink, Skip};

/// Assembles the messages of one request.
#[derive(Debug, Default)]
pub(super) struct Tcc {}

impl Tcc {
    pub(super) fn entry(&mut self, entry: &Entry<'_>, sink: &mut dyn Sink) {
        sink.skipped(entry.record, Skip::NotOfInterest);
    }
    pub(super) fn finish(&mut self, _sink: &mut dyn Sink) {}
    pub(super) fn held_bytes(&self) -> usize {
        0
    }
}
