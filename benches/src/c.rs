//! The engine behind the functions of the C interface, called as a C program does.

use std::ptr::null_mut;

use ipcsentry_ffi::alert::ipcsentry_alert_free;
use ipcsentry_ffi::catalog::{ipcsentry_catalog_builtin, ipcsentry_catalog_free};
use ipcsentry_ffi::engine::{
    ipcsentry_engine, ipcsentry_engine_free, ipcsentry_engine_new, ipcsentry_engine_poll_alert, ipcsentry_limits,
};
use ipcsentry_ffi::event::feed::{ipcsentry_batch_report, ipcsentry_engine_feed, ipcsentry_engine_feed_batch};
use ipcsentry_ffi::event::model::ipcsentry_event;
use ipcsentry_ffi::format::IPCSENTRY_FORMAT_EVTX_JSON;
use ipcsentry_ffi::status::{IPCSENTRY_OK, ipcsentry_status};
use ipcsentry_ffi::stream::{
    ipcsentry_engine_open_stream, ipcsentry_stream, ipcsentry_stream_feed, ipcsentry_stream_options,
};
use ipcsentry_ffi::text::{ipcsentry_bytes, ipcsentry_text};

/// An engine with the builtin rules and a stream of evtx_dump's lines.
#[derive(Debug)]
pub struct CEngine {
    engine: *mut ipcsentry_engine,
    stream: ipcsentry_stream,
}

/// A zeroed structure with its size.
macro_rules! sized {
    ($name:ident) => {{
        // SAFETY: a structure of numbers and raw pointers.
        let mut value: $name = unsafe { std::mem::zeroed() };
        value.type_size = size_of::<$name>() as u64;
        value
    }};
}

impl CEngine {
    /// Makes it, with as much memory as the other paths have.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let (mut catalog, mut engine, mut stream) = (null_mut(), null_mut(), ipcsentry_stream(0));
        let mut limits = sized!(ipcsentry_limits);
        limits.bytes = bytes;
        let mut options = sized!(ipcsentry_stream_options);
        options.format = IPCSENTRY_FORMAT_EVTX_JSON;
        let policy = ipcsentry_text { data: b"".as_ptr().cast(), len: 0 };
        // SAFETY: good handles, inputs and outputs.
        unsafe {
            must(ipcsentry_catalog_builtin(&raw mut catalog));
            must(ipcsentry_engine_new(catalog, policy, &raw const limits, &raw mut engine, null_mut()));
            ipcsentry_catalog_free(catalog);
            must(ipcsentry_engine_open_stream(engine, &raw const options, &raw mut stream));
        }
        Self { engine, stream }
    }

    /// Feeds one event.
    pub fn feed(&mut self, event: &ipcsentry_event) {
        // SAFETY: a good handle; whoever made the event keeps what it points to.
        must(unsafe { ipcsentry_engine_feed(self.engine, event) });
    }

    /// Feeds a batch.
    pub fn feed_batch(&mut self, events: &[ipcsentry_event]) {
        let mut report = ipcsentry_batch_report::default();
        // SAFETY: as for `feed`.
        must(unsafe { ipcsentry_engine_feed_batch(self.engine, events.as_ptr(), events.len(), &raw mut report) });
        assert_eq!(report.taken, events.len() as u64, "it was drained before");
    }

    /// Feeds a chunk of the stream.
    pub fn feed_stream(&mut self, chunk: &[u8]) {
        let chunk = ipcsentry_bytes { data: chunk.as_ptr().cast(), len: chunk.len() };
        // SAFETY: a good handle, and bytes that outlive the call.
        must(unsafe { ipcsentry_stream_feed(self.engine, self.stream, chunk, null_mut()) });
    }

    /// Takes the alerts and frees them.
    pub fn drain(&mut self) {
        let mut alert = null_mut();
        // SAFETY: a good handle and output; each alert is freed once.
        unsafe {
            while must(ipcsentry_engine_poll_alert(self.engine, &raw mut alert)) == IPCSENTRY_OK {
                ipcsentry_alert_free(alert);
            }
        }
    }
}

impl Drop for CEngine {
    fn drop(&mut self) {
        // SAFETY: it is this wrapper's.
        unsafe { ipcsentry_engine_free(self.engine) }
    }
}

fn must(status: ipcsentry_status) -> ipcsentry_status {
    assert!(status.0 >= 0, "status {}", status.0);
    status
}
