//! Streams: bytes in chunks of any size, cut into records, decoded and fed.

use alloc::vec::Vec;

use super::record_sink::RecordSink;
use super::report::{StreamReport, Tally};
use crate::decode::{Decoder, Dispatcher, Format, Framed, Framer, Taker, Transcoder};

/// Names an open stream of one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamId(pub(super) u32);

impl StreamId {
    /// The number behind it, for handing across a language border.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The stream of that number; calls with a number that was never given out do nothing.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }
}

/// How to read a stream.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StreamOptions {
    /// The format; `None`: whatever its records are, which may be of several formats.
    pub format: Option<Format>,
    /// The host of records that name none.
    pub host: Vec<u8>,
    /// The number of its first record.
    pub record_base: u64,
    /// The index of the input, for evidence.
    pub file: u32,
}

impl StreamOptions {
    /// A stream of this format, its host unknown, records counted from zero.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self { format: Some(format), host: Vec::new(), record_base: 0, file: 0 }
    }

    /// A stream whose format is recognized record by record, its host unknown, records counted from zero.
    #[must_use]
    pub const fn recognize() -> Self {
        Self { format: None, host: Vec::new(), record_base: 0, file: 0 }
    }
}

/// One open stream.
pub(super) struct Stream {
    pub(super) decoder: Dispatcher,
    pub(super) tally: Tally,
    pub(super) host: Vec<u8>,
    pub(super) file: u32,
    text: Transcoder,
    framer: Framer,
}

impl core::fmt::Debug for Stream {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Stream").field("file", &self.file).field("framer", &self.framer).finish_non_exhaustive()
    }
}

impl Stream {
    pub(super) fn new(options: StreamOptions, max_record: usize) -> Self {
        let decoder = Dispatcher::new(options.format);
        Self {
            framer: Framer::new(decoder.may_be_json(), options.record_base, max_record),
            decoder,
            tally: Tally::default(),
            host: options.host,
            file: options.file,
            text: Transcoder::default(),
        }
    }

    /// Takes a chunk, which may end anywhere.
    pub(super) fn feed(&mut self, chunk: &[u8], record_sink: &mut RecordSink<'_>) {
        let Self { text, framer, decoder, .. } = self;
        let mut taking = Taking { decoder, record_sink };
        text.feed(chunk, |at, piece| {
            at.into_iter().for_each(|at| framer.set_offset(at));
            framer.feed(piece, &mut taking);
        });
    }

    /// Takes what is whole of a line that has not ended.
    pub(super) fn settle(&mut self, record_sink: &mut RecordSink<'_>) {
        let Self { framer, decoder, .. } = self;
        framer.settle(&mut Taking { decoder, record_sink });
    }

    /// The stream ended.
    pub(super) fn finish(&mut self, record_sink: &mut RecordSink<'_>) {
        let Self { text, framer, decoder, .. } = self;
        let mut taking = Taking { decoder, record_sink };
        text.finish(|_, piece| framer.feed(piece, &mut taking));
        framer.finish(&mut taking);
    }

    /// What it came to so far.
    pub(super) fn report(&self) -> StreamReport {
        self.tally.report(self.decoder.formats())
    }

    /// Bytes owned.
    pub(super) fn bytes(&self) -> usize {
        self.decoder.held_bytes()
            + self.tally.bytes()
            + self.text.bytes()
            + self.framer.bytes()
            + self.host.capacity()
            + size_of::<Self>()
    }
}

/// Takes records into the engine.
struct Taking<'t, 'e> {
    decoder: &'t mut Dispatcher,
    record_sink: &'t mut RecordSink<'e>,
}

impl Taker for Taking<'_, '_> {
    fn take(&mut self, record: Framed<'_>) {
        match record {
            Ok(record) => self.record_sink.record(record, self.decoder),
            Err(error) => self.record_sink.unframed(error),
        }
    }

    fn goes_on(&self, line: &[u8]) -> bool {
        self.decoder.goes_on(line)
    }
}
