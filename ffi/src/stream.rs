//! Streams of raw telemetry into an engine.

use ipcsentry::{Engine, FeedReport, Judged, StreamId, StreamOptions};

use crate::engine::ipcsentry_engine;
use crate::error::ipcsentry_error;
use crate::format::ipcsentry_format;
use crate::guard::guard;
use crate::ptr::{self, Input, Out};
use crate::status::{
    IPCSENTRY_ERR_LIMIT, IPCSENTRY_ERR_NULL, IPCSENTRY_ERR_STREAM, IPCSENTRY_NONE, IPCSENTRY_NOTHING_DECODED,
    IPCSENTRY_OK, IPCSENTRY_RECORD_ERRORS, IPCSENTRY_UNKNOWN_FORMAT, ipcsentry_status,
};
use crate::text::{ipcsentry_bytes, ipcsentry_text};

/// An open stream of one engine. The number of a closed stream may be used again.
///
/// Lifetime and threads: a plain number, good from `ipcsentry_engine_open_stream` to `ipcsentry_stream_close` or the
/// engine's end; calls with it are calls on the engine.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_stream(pub u32);

/// How to read a stream. Set `type_size`, and leave zero what you do not know.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_stream_options {
    /// `sizeof(ipcsentry_stream_options)`.
    pub type_size: u64,
    /// The number of its first record.
    pub record_base: u64,
    /// The format; with zero (`IPCSENTRY_FORMAT_RECOGNIZE`) it is recognized for each record.
    pub format: ipcsentry_format,
    /// The index of the input, which evidence has as `file`.
    pub file: u32,
    /// The host of records that name none.
    pub host: ipcsentry_text,
    /// Zero.
    pub reserved: [u64; 6],
}

// SAFETY: whole words in every member, `type_size` first; all zero is valid.
unsafe impl Input for ipcsentry_stream_options {
    const FIRST_SIZE: usize = 72 + size_of::<ipcsentry_text>();

    fn is_reserved_zero(&self) -> bool {
        self.reserved.iter().all(|word| *word == 0)
    }
}

const _: () = assert!(size_of::<ipcsentry_stream_options>() == 72 + size_of::<ipcsentry_text>());

/// The result of a call that read records.
///
/// Lifetime and threads: plain numbers, written during the call.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ipcsentry_feed_report {
    /// Records taken.
    pub records: u64,
    /// Events read from them.
    pub events: u64,
    /// Records of no interest.
    pub skipped: u64,
    /// Records that could not be decoded; see `ipcsentry_engine_poll_error`.
    pub errors: u64,
    /// Written as zero.
    pub reserved: [u64; 4],
}

/// Streams that an engine may have open: each owns a decoder.
const MAX_STREAMS: usize = 4096;

/// Opens a stream. `IPCSENTRY_ERR_LIMIT` if the engine has 4096 open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_open_stream(
    engine: *mut ipcsentry_engine,
    options: *const ipcsentry_stream_options,
    stream: *mut ipcsentry_stream,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, given, out) = unsafe { (ptr::borrow(engine)?, ptr::input(options)?, Out::new(stream)?) };
        let given = given.ok_or(IPCSENTRY_ERR_NULL)?;
        let mut options = given.format.known()?.map_or_else(StreamOptions::recognize, StreamOptions::new);
        // SAFETY: by the header's contract.
        options.host = unsafe { given.host.bytes()? }.to_vec();
        options.record_base = given.record_base;
        options.file = given.file;
        engine.with(|inner| {
            if inner.engine.open_streams() >= MAX_STREAMS {
                return Err(IPCSENTRY_ERR_LIMIT);
            }
            out.set(ipcsentry_stream(inner.engine.open_stream(options).number()));
            Ok(IPCSENTRY_OK)
        })
    })
}

/// The open stream of number `number`, counted from zero in order of their handles: how a restored engine's streams are
/// found. `IPCSENTRY_NONE` behind the last one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_engine_stream(
    engine: *const ipcsentry_engine,
    number: usize,
    stream: *mut ipcsentry_stream,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (engine, out) = unsafe { (ptr::borrow(engine)?, Out::new(stream)?) };
        engine.with(|inner| {
            if number >= inner.engine.open_streams() {
                return Ok(IPCSENTRY_NONE);
            }
            let is_open = |handle: &u32| inner.engine.has_stream(StreamId::from_number(*handle));
            Ok((0..).filter(is_open).nth(number).map_or(IPCSENTRY_NONE, |handle| {
                out.set(ipcsentry_stream(handle));
                IPCSENTRY_OK
            }))
        })
    })
}

/// Reads a chunk, which may end anywhere. `IPCSENTRY_RECORD_ERRORS` if some records could not be decoded; the stream
/// continues after them. `IPCSENTRY_UNKNOWN_FORMAT` or `IPCSENTRY_NOTHING_DECODED` if no record of the stream could be
/// read so far. `report` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_stream_feed(
    engine: *mut ipcsentry_engine,
    stream: ipcsentry_stream,
    chunk: ipcsentry_bytes,
    report: *mut ipcsentry_feed_report,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe {
        read(engine, stream, report, || {
            let chunk = chunk.bytes()?;
            Ok(move |engine: &mut Engine, stream| engine.feed_bytes(stream, chunk))
        })
    }
}

/// Reads one whole record with the number that its container gives it (an EVTX record rendered as JSON). Otherwise like
/// `ipcsentry_stream_feed`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_stream_record(
    engine: *mut ipcsentry_engine,
    stream: ipcsentry_stream,
    number: u64,
    record: ipcsentry_bytes,
    report: *mut ipcsentry_feed_report,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe {
        read(engine, stream, report, || {
            let record = record.bytes()?;
            Ok(move |engine: &mut Engine, stream| engine.feed_record(stream, number, record))
        })
    }
}

/// Makes the stream's decoder hand over the events it holds back, as when a live feed is quiet. The stream stays open,
/// and the call loses nothing at any moment: if more records of an event follow, the event is judged again with them.
/// Otherwise like `ipcsentry_stream_feed`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_stream_settle(
    engine: *mut ipcsentry_engine,
    stream: ipcsentry_stream,
    report: *mut ipcsentry_feed_report,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { read(engine, stream, report, || Ok(Engine::settle_stream)) }
}

/// Makes the stream's decoder hand over the events that got no record since the last call. Call it regularly, by the
/// clock, while a live feed goes on. Otherwise like `ipcsentry_stream_settle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_stream_settle_quiet(
    engine: *mut ipcsentry_engine,
    stream: ipcsentry_stream,
    report: *mut ipcsentry_feed_report,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { read(engine, stream, report, || Ok(Engine::settle_quiet)) }
}

/// Closes a stream; its last line needs no line break. Otherwise like `ipcsentry_stream_feed`, but
/// `IPCSENTRY_UNKNOWN_FORMAT` and `IPCSENTRY_NOTHING_DECODED` mean that nothing of the whole stream was judged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_stream_close(
    engine: *mut ipcsentry_engine,
    stream: ipcsentry_stream,
    report: *mut ipcsentry_feed_report,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { read(engine, stream, report, || Ok(Engine::close_stream)) }
}

/// The body of these five functions: checks that the stream is open, keeps the errors to be polled, writes the report.
///
/// # Safety
/// `engine` and `report` are as the header requires.
unsafe fn read<F: FnOnce(&mut Engine, StreamId) -> FeedReport>(
    engine: *mut ipcsentry_engine,
    stream: ipcsentry_stream,
    report: *mut ipcsentry_feed_report,
    work: impl FnOnce() -> Result<F, ipcsentry_status>,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by this function's contract.
        let (engine, out) = unsafe { (ptr::borrow(engine)?, Out::optional(report)) };
        let work = work()?;
        let stream = StreamId::from_number(stream.0);
        engine.with(|inner| {
            if !inner.engine.has_stream(stream) {
                return Err(IPCSENTRY_ERR_STREAM);
            }
            let report = work(&mut inner.engine, stream);
            let of_stream = match &report.closed {
                Some(closed) => Some(closed.judged()),
                None if report.error_count == 0 => None,
                None => inner.engine.stream_report(stream).map(|so_far| so_far.judged()),
            };
            let status = match of_stream {
                Some(Judged::UnknownFormat) => IPCSENTRY_UNKNOWN_FORMAT,
                Some(Judged::NothingDecoded) => IPCSENTRY_NOTHING_DECODED,
                _ if report.error_count == 0 => IPCSENTRY_OK,
                _ => IPCSENTRY_RECORD_ERRORS,
            };
            if let Some(out) = out {
                out.set(ipcsentry_feed_report {
                    records: report.records,
                    events: report.events,
                    skipped: report.skipped,
                    errors: report.error_count,
                    reserved: [0; 4],
                });
            }
            inner.errors.clear();
            inner.errors.extend(report.errors.into_iter().map(ipcsentry_error::from));
            Ok(status)
        })
    })
}
