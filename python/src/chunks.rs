//! Telemetry that Python gives as an object: it is fed in chunks.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::input::Report;
use crate::report::FeedReport;
use crate::text;

/// Lines are collected up to this many bytes, then fed at once.
pub(crate) const BATCH: usize = 1 << 20;

/// Turns a Python object into chunks and feeds them.
pub(crate) fn take(
    data: &Bound<'_, PyAny>,
    mut feed: impl FnMut(&[u8]) -> PyResult<Option<Report>>,
) -> PyResult<FeedReport> {
    let py = data.py();
    let mut report = Report::default();
    let mut flush = |chunk: &[u8]| {
        report.take(feed(chunk)?.ok_or_else(closed)?);
        py.check_signals()
    };
    let mut lines = Vec::new();
    if let Some(bytes) = text::raw(data)? {
        if bytes.is_empty() {
            flush(&bytes)?;
        }
        bytes.chunks(BATCH).try_for_each(flush)?;
    } else if text::push_lines(data, &mut lines)?.is_some() {
        lines.chunks(BATCH).try_for_each(flush)?;
    } else {
        for item in data.try_iter().map_err(|_| not_telemetry())? {
            text::push_lines(&item?, &mut lines)?.ok_or_else(not_telemetry)?;
            if lines.len() >= BATCH {
                lines.chunks(BATCH).try_for_each(&mut flush)?;
                lines.clear();
            }
        }
        flush(&lines)?;
    }
    Ok(FeedReport::of(py, &report))
}

pub(crate) fn closed() -> PyErr {
    PyValueError::new_err("the stream is closed")
}

pub(crate) fn not_telemetry() -> PyErr {
    PyTypeError::new_err("telemetry is bytes, str, a dict, or an iterable of these")
}
