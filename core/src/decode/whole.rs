//! Decodes a whole text outside an engine, for tests and benchmarks.

use super::dispatch::Dispatcher;
use super::encoding::Transcoder;
use super::format::Format;
use super::framing::Framer;
use super::record::{Decoder, Framed, Sink, Taker};

/// The number of bytes fed at a time.
const CHUNK: usize = 64 << 10;

/// Decodes a text as a stream of the engine does: cuts it into records, opens wrappers and decodes the records.
///
/// With `format` set to `None`, it recognizes the format of each record. Errors go to `sink`.
pub fn decode_text(format: Option<Format>, text: &[u8], sink: &mut dyn Sink) {
    decode_chunks(format, text, CHUNK, sink);
}

/// [`decode_text`], with so many bytes fed at a time.
pub fn decode_chunks(format: Option<Format>, text: &[u8], chunk: usize, sink: &mut dyn Sink) {
    let mut dispatcher = Dispatcher::new(format);
    let mut framer = Framer::new(dispatcher.may_be_json(), 0, text.len());
    let mut transcoder = Transcoder::default();
    let mut taking = Taking { dispatcher: &mut dispatcher, sink };
    for chunk in text.chunks(chunk) {
        transcoder.feed(chunk, |_, piece| framer.feed(piece, &mut taking));
    }
    transcoder.finish(|_, piece| framer.feed(piece, &mut taking));
    framer.finish(&mut taking);
    dispatcher.finish(sink);
}

struct Taking<'t> {
    dispatcher: &'t mut Dispatcher,
    sink: &'t mut dyn Sink,
}

impl Taker for Taking<'_> {
    fn take(&mut self, record: Framed<'_>) {
        match record {
            Ok(record) => self.dispatcher.record(record, self.sink),
            Err(error) => self.sink.error(error),
        }
    }

    fn goes_on(&self, line: &[u8]) -> bool {
        self.dispatcher.goes_on(line)
    }
}
