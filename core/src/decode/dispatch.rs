//! Hands each record of a stream to the decoder that reads it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::error::{DecodeError, DecodeErrorKind};
use super::format::Format;
use super::record::{Decoder, Record, Sink, Skip};

/// The decoders of one stream, made as their formats come.
pub(crate) struct Dispatcher {
    decoders: Vec<Known>,
    /// The one that took the last record.
    last: usize,
    /// Other formats are not looked for.
    is_fixed: bool,
}

/// A decoder in use.
struct Known {
    format: Format,
    decoder: Box<dyn Decoder>,
    records: u64,
}

impl Dispatcher {
    /// For a stream of this format, or of whatever its records are.
    pub(crate) fn new(format: Option<Format>) -> Self {
        let mut new = Self { decoders: Vec::new(), last: 0, is_fixed: format.is_some() };
        if let Some(format) = format {
            new.last = new.place_of(format);
        }
        new
    }

    /// The formats that were seen, with the number of records of each.
    pub(crate) fn formats(&self) -> impl Iterator<Item = (Format, u64)> + '_ {
        self.decoders.iter().filter(|known| known.records > 0).map(|known| (known.format, known.records))
    }

    fn place_of(&mut self, format: Format) -> usize {
        self.decoders.iter().position(|known| known.format == format).unwrap_or_else(|| {
            self.decoders.push(Known { format, decoder: format.decoder(), records: 0 });
            self.decoders.len() - 1
        })
    }
}

impl Decoder for Dispatcher {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        if !self.is_fixed {
            if let Some(format) = Format::detect(record.bytes) {
                self.last = self.place_of(format);
            } else if record.bytes.trim_ascii().is_empty() {
                return sink.skipped(record.number, Skip::Blank);
            }
        }
        let Some(known) = self.decoders.get_mut(self.last) else {
            let kind = DecodeErrorKind::Unknown;
            return sink.error(DecodeError { kind, record: record.number, offset: record.offset, field: None });
        };
        known.records += 1;
        known.decoder.record(record, sink);
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        self.decoders.iter_mut().for_each(|known| known.decoder.finish(sink));
    }

    fn settle(&mut self, sink: &mut dyn Sink) {
        self.decoders.iter_mut().for_each(|known| known.decoder.settle(sink));
    }

    fn held_bytes(&self) -> usize {
        let decoders = self.decoders.iter().map(|known| known.decoder.held_bytes());
        decoders.sum::<usize>() + self.decoders.capacity() * size_of::<Known>()
    }
}
