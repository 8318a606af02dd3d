//! Decoders that a snapshot saves and a restored engine goes on with.

use alloc::boxed::Box;

use super::record::Decoder;
use crate::util::saved::{Fault, Reader, Restored, Schema, Writer};

/// A decoder whose state, half-read records above all, can be saved.
pub(super) trait Resumable: Decoder {
    /// Adds the form of its state to a schema.
    fn form(&self, schema: Schema) -> Schema;
    /// Writes its state.
    fn store(&self, out: &mut Writer<'_>);
    /// Takes the state of a decoder of the same format.
    fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), Fault>;
    /// Only as a decoder.
    fn into_decoder(self: Box<Self>) -> Box<dyn Decoder>;
}

impl<T: Decoder + Restored + 'static> Resumable for T {
    fn form(&self, schema: Schema) -> Schema {
        <T as Restored>::form(schema)
    }

    fn store(&self, out: &mut Writer<'_>) {
        Restored::store(self, out);
    }

    fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), Fault> {
        Restored::restore(self, from)
    }

    fn into_decoder(self: Box<Self>) -> Box<dyn Decoder> {
        self
    }
}
