//! Windows event logs (`.evtx`), read one chunk of 64 KiB at a time.

use std::io::{self, Read};
use std::sync::Arc;

use evtx::{EvtxChunkData, ParserSettings};

use crate::fill;

/// The magic number.
pub(crate) const MARK: &[u8] = b"ElfFile\0";
/// Bytes before the first chunk, and the size of a chunk.
const FILE_HEAD: usize = 4096;
const CHUNK: usize = 65_536;

/// A Windows event log.
pub struct EventLog<'a> {
    stream: Box<dyn Read + 'a>,
    settings: Arc<ParserSettings>,
}

/// A record of a log, as JSON, or why it cannot be read.
pub type LogRecord = Result<(u64, String), String>;

impl<'a> EventLog<'a> {
    pub(crate) fn new(stream: Box<dyn Read + 'a>) -> Self {
        let settings = ParserSettings::default().separate_json_attributes(false).indent(false);
        Self { stream, settings: Arc::new(settings) }
    }

    /// Hands over every record with its number, in the order of the file, until `take` returns `false`. A log that ends
    /// inside a chunk is read to its end, which is then reported as an error.
    ///
    /// # Errors
    /// The bytes cannot be read, or the header is cut.
    pub fn records(mut self, take: &mut dyn FnMut(LogRecord) -> bool) -> io::Result<()> {
        let mut head = vec![0; FILE_HEAD];
        if fill(&mut self.stream, &mut head)? < FILE_HEAD {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a Windows event log that ends in its header"));
        }
        for number in 0.. {
            let mut chunk = vec![0; CHUNK];
            let filled = fill(&mut self.stream, &mut chunk)?;
            if filled == 0 || !self.chunk(number, chunk, take) {
                break;
            }
            // If reading failed, the next call returns the error.
            if filled < CHUNK && fill(&mut self.stream, &mut [0])? == 0 {
                take(Err("ends inside a chunk".into()));
                break;
            }
        }
        Ok(())
    }

    fn chunk(&self, number: u64, bytes: Vec<u8>, take: &mut dyn FnMut(LogRecord) -> bool) -> bool {
        // Windows allocates chunks ahead and fills them with zeros.
        if bytes.iter().all(|byte| *byte == 0) {
            return true;
        }
        let mut data = match EvtxChunkData::new(bytes, false) {
            Ok(data) => data,
            Err(error) => return take(Err(format!("chunk {number}: {error}"))),
        };
        data.number = Some(number);
        let mut chunk = match data.parse(Arc::clone(&self.settings)) {
            Ok(chunk) => chunk,
            Err(error) => return take(Err(format!("chunk {number}: {error}"))),
        };
        for record in chunk.iter() {
            let record = record.and_then(|record| record.into_json());
            let record = record.map(|record| (record.event_record_id, record.data)).map_err(|error| error.to_string());
            if !take(record) {
                return false;
            }
        }
        true
    }
}
