//! Engines and their streams.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;

use ipcsentry::decode::Format;
use ipcsentry::{Limits, Policy, Timestamp};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pythonize::pythonize;

use crate::alert::Alert;
use crate::catalog::Catalog;
use crate::input::{Input, Report};
use crate::places::{self, How};
use crate::report::{FeedReport, InputReport, StreamReport};
use crate::{errors, text};

/// Lines of an iterable are gathered up to this many bytes, then fed at once.
const BATCH: usize = 1 << 20;

/// The most errors a report of a long iterable keeps.
const MAX_ERRORS: usize = 1000;

/// Detects abuse of inter-process communication in the telemetry of any number of hosts.
///
/// The one rule: feed or advance, then drain `alerts()`. Calls from several threads take turns.
///
/// `memory` is in bytes, of any size: it is taken as it is needed. `seed` is that of all hashing: without one it is drawn
/// from the platform, and nobody can prepare telemetry for it; give one where runs must be reproducible although memory
/// is short.
#[pyclass(frozen, module = "ipcsentry")]
#[derive(Debug)]
pub(crate) struct Engine(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    engine: ipcsentry::Engine,
    /// The stream of `feed`.
    own: Input,
}

impl Engine {
    /// Works on the engine with the interpreter released. A panic becomes an exception, and the engine is unusable.
    fn with<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut Inner) -> T + Send) -> PyResult<T> {
        let done = py.detach(|| {
            let work = AssertUnwindSafe(|| self.0.lock().map(|mut inner| work(&mut inner)).map_err(drop));
            catch_unwind(work)
        });
        match done {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(())) => Err(errors::poisoned(py)),
            Err(payload) => Err(errors::bug(py, &*payload)),
        }
    }

    fn flush_all(&self, py: Python<'_>) -> PyResult<FeedReport> {
        let report = self.with(py, |inner| {
            let report = inner.own.settle(&mut inner.engine);
            inner.engine.flush();
            report.unwrap_or_default()
        })?;
        Ok(FeedReport::of(py, &report))
    }
}

#[pymethods]
impl Engine {
    #[new]
    #[allow(clippy::too_many_arguments, reason = "in Python they are named")]
    #[pyo3(signature = (policy=None, *, catalog=None, lateness=0.0, memory=64 << 20, max_alerts=4096, seed=None, host=None))]
    fn new(
        py: Python<'_>,
        policy: Option<&Bound<'_, PyAny>>,
        catalog: Option<&Bound<'_, Catalog>>,
        lateness: f64,
        memory: usize,
        max_alerts: usize,
        seed: Option<u64>,
        host: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let policy = match policy {
            None => Policy::default(),
            Some(given) => Policy::from_json(&text::document(given)?).map_err(|error| errors::policy(py, error))?,
        };
        let mut limits = Limits::default();
        limits.lateness = nanos(lateness).ok_or_else(|| PyValueError::new_err("lateness is seconds, 0 or more"))?;
        limits.bytes = memory;
        limits.max_alerts = max_alerts;
        limits.seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
        let own = Input::new(None, text::words(host)?, 0, 0);
        let catalog = catalog.map(|given| given.get().0.clone());
        let engine = py.detach(|| {
            let catalog = catalog.unwrap_or_else(ipcsentry::Catalog::builtin);
            ipcsentry::Engine::new(catalog, policy, limits)
        });
        Ok(Self(Mutex::new(Inner { engine, own })))
    }

    /// Takes telemetry into the engine's own stream, whose records are recognized one by one: bytes as a chunk that may
    /// end anywhere, a str of whole lines, a dict as one JSON record, or an iterable of lines and dicts.
    #[pyo3(signature = (data, /))]
    fn feed(&self, data: &Bound<'_, PyAny>) -> PyResult<FeedReport> {
        take(data, |chunk| self.with(data.py(), |inner| inner.own.feed(&mut inner.engine, chunk)))
    }

    /// Opens a stream of its own. Without a format each record is recognized by itself, in whatever wrappers it stands.
    #[pyo3(signature = (format=None, *, host=None, record_base=0, file=0))]
    fn open_stream(
        slf: &Bound<'_, Self>,
        format: Option<&str>,
        host: Option<&Bound<'_, PyAny>>,
        record_base: u64,
        file: u32,
    ) -> PyResult<Stream> {
        let input = Input::new(format_named(format)?, text::words(host)?, record_base, file);
        Ok(Stream { engine: slf.clone().unbind(), input: Mutex::new(input) })
    }

    /// Reads a file with everything in it: compressed, an archive, or a Windows event log; `file` is the index of its
    /// first input. Gives a report of each input.
    #[pyo3(signature = (path, *, format=None, host=None, file=0, include=Vec::new(), stop=false))]
    #[allow(clippy::too_many_arguments, reason = "in Python they are named")]
    fn read_file(
        &self,
        py: Python<'_>,
        path: PathBuf,
        format: Option<&str>,
        host: Option<&Bound<'_, PyAny>>,
        file: u32,
        include: Vec<String>,
        stop: bool,
    ) -> PyResult<Vec<InputReport>> {
        let how = How {
            format: format_named(format)?,
            host: text::words(host)?,
            file,
            include: places::included(&include)?,
            stop,
        };
        let mut interrupted = None;
        let done = self.with(py, |inner| {
            let mut go_on = || {
                interrupted = Python::attach(|py| py.check_signals()).err();
                interrupted.is_none()
            };
            places::read_file(&mut inner.engine, &path, &how, &mut go_on)
        })?;
        match interrupted {
            Some(error) => Err(error),
            None => done.into_iter().map(|input| input.report(py)).collect(),
        }
    }

    /// Tells that a host's time has come to `time` (nanoseconds since 1970, UTC) though no event said so.
    fn advance(&self, py: Python<'_>, host: &Bound<'_, PyAny>, time: i64) -> PyResult<()> {
        let host = text::words(Some(host))?;
        self.with(py, |inner| inner.engine.advance(&host, Timestamp(time)))
    }

    /// Tells that so many seconds went by without an event since the last one of every host, as when a live feed has
    /// gone quiet: releases what waited for that long. A feed that goes on with earlier times is not late. Raises
    /// ValueError when `seconds` is negative or not a number.
    fn elapse(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        let nanos = nanos(seconds).ok_or_else(|| PyValueError::new_err("seconds must be 0 or more"))?;
        self.with(py, |inner| inner.engine.elapse(nanos))
    }

    /// Judges everything that waits, as at the end of all input.
    fn flush(&self, py: Python<'_>) -> PyResult<FeedReport> {
        self.flush_all(py)
    }

    /// Puts the alerts that wait into the order of a report over input that has ended: each once, as it stood last, by
    /// time.
    fn sort_alerts(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |inner| inner.engine.sort_alerts())
    }

    /// When `advance` or, for what a stream's decoder holds back, `Stream.settle_quiet` would next do something
    /// (nanoseconds since 1970, UTC), or None when nothing waits.
    fn next_deadline(&self, py: Python<'_>) -> PyResult<Option<i64>> {
        self.with(py, |inner| inner.engine.next_deadline().map(|time| time.0))
    }

    /// The next alert, or None when no more waits.
    fn poll(&self, py: Python<'_>) -> PyResult<Option<Alert>> {
        Ok(self.with(py, |inner| inner.engine.poll_alert())?.map(Alert))
    }

    /// All alerts that wait, in the order they were raised.
    fn alerts(&self, py: Python<'_>) -> PyResult<Vec<Alert>> {
        self.with(py, |inner| std::iter::from_fn(|| inner.engine.poll_alert()).map(Alert).collect())
    }

    /// All counters.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stats = self.with(py, |inner| inner.engine.stats())?;
        Ok(pythonize(py, &stats)?)
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// Flushes, unless the block was left by an exception. Alerts may still be drained.
    fn __exit__(
        &self,
        py: Python<'_>,
        kind: Option<&Bound<'_, PyAny>>,
        _value: Option<&Bound<'_, PyAny>>,
        _traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        if kind.is_none() {
            self.flush_all(py)?;
        }
        Ok(())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let stats = self.with(py, |inner| inner.engine.stats())?;
        Ok(format!("<ipcsentry.Engine: {} events, {} alerts>", stats.events, stats.alerts))
    }
}

/// Seconds as nanoseconds, `None` unless they are 0 or more. Saturates: infinity is as long as can be.
fn nanos(seconds: f64) -> Option<i64> {
    (seconds >= 0.0).then(|| ((seconds * 1e9) as i64).min(i64::MAX / 4))
}

/// A stream of one engine. Made by `Engine.open_stream`.
#[pyclass(frozen, module = "ipcsentry")]
#[derive(Debug)]
pub(crate) struct Stream {
    engine: Py<Engine>,
    /// Locked only by whoever has the engine.
    input: Mutex<Input>,
}

impl Stream {
    fn with(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Input, &mut ipcsentry::Engine) -> Option<Report> + Send,
    ) -> PyResult<Option<Report>> {
        self.engine.get().with(py, |inner| {
            // Nothing panics with only this lock held, so whatever it guards is whole.
            let mut input = self.input.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            work(&mut input, &mut inner.engine)
        })
    }
}

#[pymethods]
impl Stream {
    /// Takes telemetry, as `Engine.feed` does.
    #[pyo3(signature = (data, /))]
    fn feed(&self, data: &Bound<'_, PyAny>) -> PyResult<FeedReport> {
        take(data, |chunk| self.with(data.py(), |input, engine| input.feed(engine, chunk)))
    }

    /// Takes one whole record whose number its container gives (an EVTX record rendered as JSON).
    fn record(&self, number: u64, record: &Bound<'_, PyAny>) -> PyResult<FeedReport> {
        let mut line = Vec::new();
        text::push_lines(record, &mut line)?.ok_or_else(not_telemetry)?;
        line.pop();
        one(record.py(), self.with(record.py(), |input, engine| input.record(engine, number, &line)))
    }

    /// Hands over what the decoder holds back, as when a live feed has gone quiet. Nothing is lost by calling it at any
    /// moment: an event that gets more records later is judged again with what they add.
    fn settle(&self, py: Python<'_>) -> PyResult<FeedReport> {
        one(py, self.with(py, Input::settle))
    }

    /// Hands over what the decoder holds back of events that had no further record since the last call: to be called
    /// every now and then, by the clock, while a live feed goes on.
    fn settle_quiet(&self, py: Python<'_>) -> PyResult<FeedReport> {
        one(py, self.with(py, Input::settle_quiet))
    }

    /// What the stream came to so far, or in the end.
    fn report(&self, py: Python<'_>) -> PyResult<StreamReport> {
        let report = self.engine.get().with(py, |inner| {
            let input = self.input.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            input.report(&inner.engine)
        })?;
        StreamReport::of(py, &report)
    }

    /// Ends the stream: its last line need not be terminated. Closing again does nothing.
    fn close(&self, py: Python<'_>) -> PyResult<FeedReport> {
        let report = self.with(py, Input::close)?.unwrap_or_default();
        Ok(FeedReport::of(py, &report))
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __exit__(
        &self,
        py: Python<'_>,
        _kind: Option<&Bound<'_, PyAny>>,
        _value: Option<&Bound<'_, PyAny>>,
        _traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        self.close(py).map(drop)
    }
}

/// Cuts what Python gives into chunks and feeds them.
fn take(data: &Bound<'_, PyAny>, mut feed: impl FnMut(&[u8]) -> PyResult<Option<Report>>) -> PyResult<FeedReport> {
    let py = data.py();
    if let Some(chunk) = text::raw(data)? {
        return one(py, feed(&chunk));
    }
    let mut lines = Vec::new();
    if text::push_lines(data, &mut lines)?.is_some() {
        return one(py, feed(&lines));
    }
    let mut report = Report::default();
    let mut flush = |lines: &mut Vec<u8>| {
        report.add(feed(lines)?.ok_or_else(closed)?);
        report.feed.errors.truncate(MAX_ERRORS);
        lines.clear();
        PyResult::Ok(())
    };
    for item in data.try_iter().map_err(|_| not_telemetry())? {
        text::push_lines(&item?, &mut lines)?.ok_or_else(not_telemetry)?;
        if lines.len() >= BATCH {
            flush(&mut lines)?;
        }
    }
    flush(&mut lines)?;
    Ok(FeedReport::of(py, &report))
}

fn one(py: Python<'_>, report: PyResult<Option<Report>>) -> PyResult<FeedReport> {
    Ok(FeedReport::of(py, &report?.ok_or_else(closed)?))
}

fn format_named(name: Option<&str>) -> PyResult<Option<Format>> {
    let Some(name) = name else { return Ok(None) };
    let known = Format::ALL.iter().find(|(known, _)| *known == name);
    known.map(|(_, format)| Some(*format)).ok_or_else(|| {
        let names: Vec<&str> = Format::ALL.iter().map(|(name, _)| *name).collect();
        PyValueError::new_err(format!("no format {name:?}; there are {}", names.join(", ")))
    })
}

fn closed() -> PyErr {
    PyValueError::new_err("the stream is closed")
}

fn not_telemetry() -> PyErr {
    PyTypeError::new_err("telemetry is bytes, str, a dict, or an iterable of these")
}
