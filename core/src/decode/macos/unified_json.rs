//! `log show --style ndjson` and `log stream --style ndjson`: one entry a line.

use super::fields::{faulty, malformed, members, number, text};
use super::message::{Entry, Messages, is_of_interest};
use super::unified_text::is_filter_notice;
use crate::decode::json::{JsonError, Reader, Scratch, Span};
use crate::decode::{DecodeErrorKind, Decoder, Record, Sink, Skip};
use crate::time::Timestamp;

/// Decoder of this style.
#[derive(Debug, Default)]
pub(super) struct UnifiedJson {
    scratch: Scratch,
    messages: Messages,
}

#[derive(Default)]
struct Fields {
    time: Span,
    pid: Option<u32>,
    uid: Option<u32>,
    image: Span,
    subsystem: Span,
    message: Span,
    /// The summary that ends the stream.
    is_footer: bool,
}

impl Fields {
    fn read(line: &[u8], scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut fields = Self::default();
        let mut reader = Reader::new(line);
        let is_object = members(&mut reader, |reader, key| {
            match key {
                b"timestamp" => fields.time = text(reader, scratch)?,
                b"processID" => fields.pid = number(reader)?,
                b"userID" => fields.uid = number(reader)?,
                b"processImagePath" => fields.image = text(reader, scratch)?,
                b"subsystem" => fields.subsystem = text(reader, scratch)?,
                b"eventMessage" => fields.message = text(reader, scratch)?,
                b"finished" => {
                    fields.is_footer = true;
                    reader.skip()?;
                }
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        if is_object && reader.at_end() {
            Ok(fields)
        } else {
            Err(JsonError { offset: reader.offset(), too_deep: false })
        }
    }
}

impl Decoder for UnifiedJson {
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink) {
        let line = record.bytes;
        if line.trim_ascii().is_empty() {
            return sink.skipped(record.number, Skip::Blank);
        }
        if is_filter_notice(line) {
            return sink.skipped(record.number, Skip::Framing);
        }
        self.scratch.start(line);
        let fields = match Fields::read(line, &mut self.scratch) {
            Ok(fields) => fields,
            Err(fault) => return sink.error(malformed(&record, fault)),
        };
        let texts = |span| self.scratch.get(line, span);
        let Some(time) = texts(fields.time) else {
            if fields.is_footer {
                return sink.skipped(record.number, Skip::Framing);
            }
            return sink.error(faulty(&record, DecodeErrorKind::Missing, "timestamp"));
        };
        let Some(time) = Timestamp::parse(time) else {
            return sink.error(faulty(&record, DecodeErrorKind::BadValue, "timestamp"));
        };
        let Some(subsystem) = texts(fields.subsystem).filter(|name| is_of_interest(name)) else {
            return sink.skipped(record.number, Skip::NotOfInterest);
        };
        let Some(message) = texts(fields.message) else {
            return sink.skipped(record.number, Skip::Incomplete);
        };
        let entry = Entry {
            time,
            record: record.number,
            pid: fields.pid,
            process: texts(fields.image),
            uid: fields.uid,
            subsystem,
            message,
        };
        self.messages.entry(&entry, sink);
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        self.messages.finish(sink);
    }

    fn held_bytes(&self) -> usize {
        self.scratch.capacity() + self.messages.held_bytes()
    }
}
