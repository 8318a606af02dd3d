//! Engines and their streams.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use ipcsentry::decode::Format;
use ipcsentry::{Limits, Policy, Timestamp};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pythonize::pythonize;

use crate::alert::Alert;
use crate::catalogue::Catalogue;
use crate::input::{Input, Report};
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
pub(crate) struct Engine(Mutex<State>);

#[derive(Debug)]
struct State {
    engine: ipcsentry::Engine,
    /// The stream of `feed`.
    own: Input,
}

impl Engine {
    /// Works on the engine with the interpreter released. A panic becomes an exception, and the engine is unusable.
    fn with<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut State) -> T + Send) -> PyResult<T> {
        let done = py.detach(|| {
            let work = AssertUnwindSafe(|| self.0.lock().map(|mut state| work(&mut state)).map_err(drop));
            catch_unwind(work)
        });
        match done {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(())) => Err(errors::poisoned(py)),
            Err(payload) => Err(errors::bug(py, &*payload)),
        }
    }

    fn flush_all(&self, py: Python<'_>) -> PyResult<FeedReport> {
        let report = self.with(py, |state| {
            let report = state.own.settle(&mut state.engine);
            state.engine.flush();
            report.unwrap_or_default()
        })?;
        Ok(FeedReport::of(py, &report))
    }
}

#[pymethods]
impl Engine {
    #[new]
    #[allow(clippy::too_many_arguments, reason = "in Python they are named")]
    #[pyo3(signature = (policy=None, *, catalogue=None, lateness=0.0, memory=64 << 20, max_alerts=4096, seed=None, host=None))]
    fn new(
        py: Python<'_>,
        policy: Option<&Bound<'_, PyAny>>,
        catalogue: Option<&Bound<'_, Catalogue>>,
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
        if lateness.is_nan() || lateness < 0.0 {
            return Err(PyValueError::new_err("lateness is seconds, 0 or more"));
        }
        let mut limits = Limits::default();
        // Saturates: infinity is as late as can be.
        limits.lateness = ((lateness * 1e9) as i64).min(i64::MAX / 4);
        limits.bytes = memory;
        limits.max_alerts = max_alerts;
        limits.seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
        let own = Input::new(text::words(host)?, 0, 0);
        let catalogue = catalogue.map(|given| given.get().0.clone());
        let engine = py.detach(|| {
            let catalogue = catalogue.unwrap_or_else(ipcsentry::Catalogue::builtin);
            ipcsentry::Engine::new(catalogue, policy, limits)
        });
        Ok(Self(Mutex::new(State { engine, own })))
    }

    /// Takes telemetry into the engine's own stream, whose format is recognised: bytes as a chunk that may end inside a
    /// record, a str of whole lines, a dict as one JSON record, or an iterable of lines and dicts.
    #[pyo3(signature = (data, /))]
    fn feed(&self, data: &Bound<'_, PyAny>) -> PyResult<FeedReport> {
        take(data, |chunk| self.with(data.py(), |state| state.own.feed(&mut state.engine, chunk)))
    }

    /// Opens a stream of its own. Without a format it is recognised by what comes first.
    #[pyo3(signature = (format=None, *, host=None, record_base=0, file=0))]
    fn open_stream(
        slf: &Bound<'_, Self>,
        format: Option<&str>,
        host: Option<&Bound<'_, PyAny>>,
        record_base: u64,
        file: u32,
    ) -> PyResult<Stream> {
        let mut input = Input::new(text::words(host)?, record_base, file);
        if let Some(name) = format {
            let known = Format::ALL.iter().find(|(known, _)| *known == name);
            let Some((_, format)) = known else {
                let names: Vec<&str> = Format::ALL.iter().map(|(name, _)| *name).collect();
                return Err(PyValueError::new_err(format!("no format {name:?}; there are {}", names.join(", "))));
            };
            slf.get().with(slf.py(), |state| input.open(&mut state.engine, *format))?;
        }
        Ok(Stream { engine: slf.clone().unbind(), input: Mutex::new(input) })
    }

    /// Tells that a host's time has come to `time` (nanoseconds since 1970, UTC) though no event said so.
    fn advance(&self, py: Python<'_>, host: &Bound<'_, PyAny>, time: i64) -> PyResult<()> {
        let host = text::words(Some(host))?;
        self.with(py, |state| state.engine.advance(&host, Timestamp(time)))
    }

    /// Judges everything that waits, as at the end of all input.
    fn flush(&self, py: Python<'_>) -> PyResult<FeedReport> {
        self.flush_all(py)
    }

    /// Puts the alerts that wait into the order of a report over input that has ended: each once, as it stood last, by
    /// time.
    fn sort_alerts(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |state| state.engine.sort_alerts())
    }

    /// When `advance` would next do something (nanoseconds since 1970, UTC), or None when nothing waits.
    fn next_deadline(&self, py: Python<'_>) -> PyResult<Option<i64>> {
        self.with(py, |state| state.engine.next_deadline().map(|time| time.0))
    }

    /// The next alert, or None when no more waits.
    fn poll(&self, py: Python<'_>) -> PyResult<Option<Alert>> {
        Ok(self.with(py, |state| state.engine.poll_alert())?.map(Alert))
    }

    /// All alerts that wait, in the order they were raised.
    fn alerts(&self, py: Python<'_>) -> PyResult<Vec<Alert>> {
        self.with(py, |state| std::iter::from_fn(|| state.engine.poll_alert()).map(Alert).collect())
    }

    /// All counters.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stats = self.with(py, |state| state.engine.stats())?;
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
        let stats = self.with(py, |state| state.engine.stats())?;
        Ok(format!("<ipcsentry.Engine: {} events, {} alerts>", stats.events, stats.alerts))
    }
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
        self.engine.get().with(py, |state| {
            // Nothing panics with only this lock held, so whatever it guards is whole.
            let mut input = self.input.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            work(&mut input, &mut state.engine)
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

    /// Hands over what the decoder holds back, as when a live feed has gone quiet.
    fn settle(&self, py: Python<'_>) -> PyResult<FeedReport> {
        one(py, self.with(py, Input::settle))
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

/// What became of a call that read records.
#[pyclass(frozen, get_all, module = "ipcsentry")]
#[derive(Debug)]
pub(crate) struct FeedReport {
    /// Records taken.
    records: u64,
    /// Events read from them.
    events: u64,
    /// Records of no interest.
    skipped: u64,
    /// Records that could not be decoded.
    error_count: u64,
    /// The first of those errors.
    errors: Vec<Py<PyAny>>,
}

impl FeedReport {
    fn of(py: Python<'_>, report: &Report) -> Self {
        let foreign = report.foreign.then(|| errors::unknown_format(py));
        let errors = report.feed.errors.iter().map(|error| errors::decode(py, error));
        let errors = errors.chain(foreign).map(|error| error.into_value(py).into_any());
        Self {
            records: report.feed.records,
            events: report.feed.events,
            skipped: report.feed.skipped,
            error_count: report.feed.error_count + u64::from(report.foreign),
            errors: errors.collect(),
        }
    }
}

#[pymethods]
impl FeedReport {
    fn __repr__(&self) -> String {
        let Self { records, events, skipped, error_count, .. } = self;
        format!("FeedReport(records={records}, events={events}, skipped={skipped}, error_count={error_count})")
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
    report.and_then(|report| Ok(FeedReport::of(py, &report.ok_or_else(closed)?)))
}

fn closed() -> PyErr {
    PyValueError::new_err("the stream is closed")
}

fn not_telemetry() -> PyErr {
    PyTypeError::new_err("telemetry is bytes, str, a dict, or an iterable of these")
}
