//! An open stream and how to read it.

use alloc::vec::Vec;

use super::report::{StreamReport, Tally};
use crate::decode::{Decoder, Dispatcher, Format, Framer, Transcoder};
use crate::util::saved::restored;

/// Names an open stream of one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamId(pub(super) u32);

impl StreamId {
    /// Its number, for other languages.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The stream with that number. Calls with a number that names no stream do nothing.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }
}

/// How to read a stream.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StreamOptions {
    /// The format; `None`: the engine recognizes the format of each record, and they may differ.
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
    pub(super) text: Transcoder,
    pub(super) framer: Framer,
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

    /// The report on it so far.
    pub(super) fn report(&self) -> StreamReport {
        self.tally.report(self.decoder.formats())
    }

    /// Bytes of a record that is unfinished, and the room for one.
    pub(super) fn unfinished_bytes(&self) -> usize {
        self.text.bytes() + self.framer.bytes()
    }

    /// Bytes owned.
    pub(super) fn bytes(&self) -> usize {
        self.decoder.held_bytes()
            + self.tally.bytes()
            + self.unfinished_bytes()
            + self.host.capacity()
            + size_of::<Self>()
    }
}

restored!(Stream { decoder, tally, host, file, text, framer });
