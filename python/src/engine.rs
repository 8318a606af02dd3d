//! Engines and their streams.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ipcsentry::decode::Format;
use ipcsentry::{Limits, Policy, StreamId, Timestamp};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pythonize::pythonize;

use crate::catalog::Catalog;
use crate::chunks::{BATCH, closed, not_telemetry, take};
use crate::frames::{each_part, each_row};
use crate::input::{Input, Report};
use crate::open_file::OpenFile;
use crate::places::{self, How, Place};
use crate::report::{FeedReport, InputReport, Restored, StreamReport};
use crate::shards::Reader;
use crate::typed::Typed;
use crate::{alert, dump, errors, policy, text};

/// Held events that are judged between two checks for signals.
const PART: usize = 1 << 14;

/// What `Engine.__reduce__` gives: a function and its arguments.
type Reduced<'py> = (Bound<'py, PyAny>, (Bound<'py, PyBytes>, String, Py<Catalog>, (i64, usize, usize)));

/// Detects abuse of inter-process communication in the telemetry of any number of hosts.
///
/// The one rule: feed or advance, then drain `alerts()`. Calls from several threads take turns.
///
/// `memory` is the limit in bytes, of any size: memory is allocated as it is needed. `seed` is the seed of all hash
/// tables: without one, the engine draws a secret one from the platform, so that nobody can prepare colliding
/// telemetry. Give one for runs that must be reproducible under memory pressure.
#[pyclass(frozen, module = "ipcsentry")]
#[derive(Debug)]
pub(crate) struct Engine(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    engine: ipcsentry::Engine,
    /// The stream of `feed`: the first one that is opened.
    own: Input,
    /// What the engine was made with.
    catalog: Catalog,
    policy: Policy,
    /// If the engine only reads, for others that judge.
    reader: Option<Reader>,
}

impl Inner {
    /// Whether to go on. A reader hands over what it has read.
    fn goes_on(&mut self) -> bool {
        self.reader.as_mut().is_none_or(|reader| reader.hand_over(&mut self.engine))
    }
}

impl Engine {
    /// Works on the engine with the interpreter released. A panic becomes an exception, and the engine is unusable.
    fn with<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut Inner) -> T + Send) -> PyResult<T> {
        let done = py.detach(|| {
            let work = AssertUnwindSafe(|| {
                let mut inner = self.0.lock().map_err(drop)?;
                let value = work(&mut inner);
                Ok::<_, ()>((value, inner.goes_on()))
            });
            catch_unwind(work)
        });
        match done {
            Ok(Ok((value, true))) => Ok(value),
            Ok(Ok((_, false))) => Err(PyRuntimeError::new_err("the hunt was stopped")),
            Ok(Err(())) => Err(errors::poisoned(py)),
            Err(payload) => Err(errors::bug(py, &*payload)),
        }
    }

    /// An engine that reads for others.
    pub(crate) fn reader(engine: ipcsentry::Engine, reader: Reader, catalog: Catalog, policy: Policy) -> Self {
        let own = Input::new(None, Vec::new(), 0, 0);
        Self(Mutex::new(Inner { engine, own, catalog, policy, reader: Some(reader) }))
    }

    fn restored(
        py: Python<'_>,
        snapshot: &[u8],
        policy: Policy,
        catalog: Option<Catalog>,
        limits: Limits,
        mut own: Input,
    ) -> PyResult<(Self, Restored)> {
        let made = py.detach(|| {
            let catalog = catalog.unwrap_or_else(Catalog::of_library);
            let restored = ipcsentry::Engine::restore(catalog.0.clone(), policy.clone(), limits, snapshot);
            restored.map(|(engine, report)| (engine, report, catalog))
        });
        let (mut engine, report, catalog) = made.map_err(|error| errors::restore(py, &error))?;
        let first = StreamId::from_number(0);
        if engine.has_stream(first) {
            own = Input::of(first);
        } else {
            own.open(&mut engine);
        }
        Ok((Self(Mutex::new(Inner { engine, own, catalog, policy, reader: None })), Restored::of(report)))
    }

    fn flush_all(&self, py: Python<'_>) -> PyResult<FeedReport> {
        let report = self.with(py, |inner| inner.own.settle(&mut inner.engine).unwrap_or_default())?;
        while self.with(py, |inner| inner.engine.flush_part(PART))? {
            py.check_signals()?;
        }
        self.with(py, |inner| inner.engine.flush())?;
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
        let policy = policy::policy(policy, catalog.map(|given| given.get()))?;
        let limits = limits(lateness, memory, max_alerts, seed)?;
        let mut own = Input::new(None, text::words(host)?, 0, 0);
        let catalog = catalog.map(|given| given.get().clone());
        Ok(py.detach(|| {
            let catalog = catalog.unwrap_or_else(Catalog::of_library);
            let mut engine = ipcsentry::Engine::new(catalog.0.clone(), policy.clone(), limits);
            own.open(&mut engine);
            Self(Mutex::new(Inner { engine, own, catalog, policy, reader: None }))
        }))
    }

    /// An engine that goes on where the one went on that wrote this snapshot, also in another process and with another
    /// catalog or policy, and what it could not go on with. The seed is that of the snapshot. Streams that were open are
    /// open: `feed` goes on with its own, and `stream(number)` gives the others.
    ///
    /// Raises RestoreError if the snapshot is damaged, or holds more than the limits allow.
    #[staticmethod]
    #[allow(clippy::too_many_arguments, reason = "in Python they are named")]
    #[pyo3(signature = (snapshot, /, policy=None, *, catalog=None, lateness=0.0, memory=64 << 20, max_alerts=4096,
        host=None))]
    fn restore(
        snapshot: &Bound<'_, PyAny>,
        policy: Option<&Bound<'_, PyAny>>,
        catalog: Option<&Bound<'_, Catalog>>,
        lateness: f64,
        memory: usize,
        max_alerts: usize,
        host: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<(Self, Restored)> {
        let bytes = text::raw(snapshot)?.ok_or_else(|| PyTypeError::new_err("a snapshot is bytes"))?;
        let limits = limits(lateness, memory, max_alerts, None)?;
        let own = Input::new(None, text::words(host)?, 0, 0);
        let policy = policy::policy(policy, catalog.map(|given| given.get()))?;
        Self::restored(snapshot.py(), &bytes, policy, catalog.map(|given| given.get().clone()), limits, own)
    }

    /// All state as bytes: hosts, processes, partial matches, events and alerts that wait, and what open streams hold.
    /// `Engine.restore` makes an engine of it. Catalog, policy and limits are not part of it; the seed is, so keep it as
    /// secret as the seed. Pickling an engine takes a snapshot, too, and adds the rest.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.with(py, |inner| {
            let mut bytes = Vec::new();
            inner.engine.snapshot(&mut |chunk| bytes.extend_from_slice(chunk));
            bytes
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Gives the engine another policy or catalog, or both, while it runs. State of the behaviors that are in both
    /// catalogs with the same content stays. Returns the others that had state, with the number of partial matches
    /// dropped.
    #[pyo3(signature = (policy=None, *, catalog=None))]
    fn replace(
        &self,
        py: Python<'_>,
        policy: Option<&Bound<'_, PyAny>>,
        catalog: Option<&Bound<'_, Catalog>>,
    ) -> PyResult<BTreeMap<String, u64>> {
        let catalog = match catalog {
            Some(given) => given.get().clone(),
            None => self.with(py, |inner| inner.catalog.clone())?,
        };
        let policy = policy.map(|given| policy::policy(Some(given), Some(&catalog))).transpose()?;
        self.with(py, |inner| {
            inner.policy = policy.unwrap_or_else(|| inner.policy.clone());
            inner.catalog = catalog;
            let dropped = inner.engine.replace(inner.catalog.0.clone(), inner.policy.clone());
            dropped.into_iter().map(|dropped| (dropped.behavior, dropped.count)).collect()
        })
    }

    /// What `__reduce__` gives, as an engine.
    #[staticmethod]
    #[pyo3(name = "_made")]
    fn made(
        py: Python<'_>,
        snapshot: &[u8],
        policy: &Bound<'_, PyAny>,
        catalog: &Bound<'_, Catalog>,
        numbers: (i64, usize, usize),
    ) -> PyResult<Self> {
        let mut limits = Limits::default();
        (limits.lateness, limits.bytes, limits.max_alerts) = numbers;
        let (policy, catalog) = (policy::policy(Some(policy), Some(catalog.get()))?, catalog.get().clone());
        let own = Input::new(None, Vec::new(), 0, 0);
        let (engine, report) = Self::restored(py, snapshot, policy, Some(catalog), limits, own)?;
        match report.is_whole() {
            true => Ok(engine),
            false => Err(errors::incomplete(py)),
        }
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Reduced<'py>> {
        let py = slf.py();
        let this = slf.get();
        let snapshot = this.snapshot(py)?;
        let (policy, catalog, limits) = this.with(py, |inner| {
            let limits = inner.engine.limits();
            let limits = (limits.lateness, limits.bytes, limits.max_alerts);
            (inner.policy.clone(), inner.catalog.clone(), limits)
        })?;
        let made = slf.get_type().getattr("_made")?;
        Ok((made, (snapshot, policy.to_json().to_string(), Py::new(py, catalog)?, limits)))
    }

    /// An open stream by its number, as after `restore`.
    ///
    /// Raises ValueError if no such stream is open.
    fn stream(slf: &Bound<'_, Self>, number: u32) -> PyResult<Stream> {
        let id = StreamId::from_number(number);
        if !slf.get().with(slf.py(), |inner| inner.engine.has_stream(id))? {
            return Err(PyValueError::new_err(format!("no stream {number} is open")));
        }
        Ok(Stream { engine: slf.clone().unbind(), input: Mutex::new(Input::of(id)) })
    }

    /// Feeds telemetry to the engine's own stream, which recognizes the format of each record: bytes as a chunk that
    /// may end anywhere, a str of whole lines, a dict as one JSON record, or an iterable of lines and dicts.
    #[pyo3(signature = (data, /))]
    fn feed(&self, data: &Bound<'_, PyAny>) -> PyResult<FeedReport> {
        take(data, |chunk| self.with(data.py(), |inner| inner.own.feed(&mut inner.engine, chunk)))
    }

    /// Opens another stream. Without a format, the format of each record is recognized, also inside wrappers.
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

    /// Reads a file, which may be compressed, an archive or a Windows event log: a path, the file's bytes, or an open
    /// file, for which `name` stands in the reports. `file` is the index of its first input. Returns a report on each
    /// input.
    ///
    /// `progress` is called now and then with the number of bytes read since the last call.
    #[pyo3(signature = (source, *, name="open file", format=None, host=None, file=0, include=Vec::new(), stop=false,
        progress=None))]
    #[allow(clippy::too_many_arguments, reason = "in Python they are named")]
    fn read_file(
        &self,
        source: &Bound<'_, PyAny>,
        name: &str,
        format: Option<&str>,
        host: Option<&Bound<'_, PyAny>>,
        file: u32,
        include: Vec<String>,
        stop: bool,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Vec<InputReport>> {
        let py = source.py();
        let how = How {
            format: format_named(format)?,
            host: text::words(host)?,
            file,
            include: places::included(&include)?,
            stop,
        };
        let bytes = text::raw(source)?;
        let raised = Arc::new(Mutex::new(None));
        let place = match &bytes {
            Some(bytes) => Place::Open(Box::new(bytes.as_ref()), name.to_owned()),
            None if source.hasattr("read")? && !source.hasattr("__fspath__")? => {
                Place::Open(Box::new(OpenFile::new(source.clone().unbind(), Arc::clone(&raised))), name.to_owned())
            }
            None => Place::Path(source.extract()?),
        };
        let (read, mut shown, mut interrupted) = (AtomicU64::new(0), 0, None);
        let done = self.with(py, |inner| {
            let Inner { engine, reader, .. } = inner;
            let mut go_on = |engine: &mut ipcsentry::Engine| {
                let now = read.load(Ordering::Relaxed);
                let checked = Python::attach(|py| {
                    if let Some(progress) = &progress {
                        progress.call1(py, (now - shown,))?;
                    }
                    py.check_signals()
                });
                shown = now;
                // An exception is raised once: a later check must not lose it.
                interrupted = interrupted.take().or(checked.err());
                interrupted.is_none() && reader.as_mut().is_none_or(|reader| reader.hand_over(engine))
            };
            places::read_file(engine, place, &how, &read, &mut go_on)
        })?;
        let raised = raised.lock().ok().and_then(|mut raised| raised.take());
        match interrupted.or(raised) {
            Some(error) => Err(error),
            None => done.into_iter().map(|input| input.report(py)).collect(),
        }
    }

    /// Feeds typed events: dicts or dataclasses with the members that `Scenario.events` shows, or the rows of a data frame
    /// with such columns (`time`, `os`, `actor.pid`, `kind.endpoint_create.endpoint.name`). `host` is the host of events that
    /// name none, `file` the index of the input. The number of an event is its `record`, or else its place. What is no
    /// event is reported as a `DecodeError`, and the rest goes on.
    #[pyo3(signature = (events, *, mapping=None, host=None, file=0))]
    fn feed_events(
        &self,
        events: &Bound<'_, PyAny>,
        mapping: Option<&Bound<'_, PyAny>>,
        host: Option<&Bound<'_, PyAny>>,
        file: u32,
    ) -> PyResult<FeedReport> {
        let py = events.py();
        let mut typed = Typed::new(text::words(host)?, file);
        if events.hasattr("__arrow_c_stream__")? || events.hasattr("__arrow_c_array__")? {
            each_part(events, mapping, |columns, cells, rows| {
                self.with(py, |inner| typed.feed_rows(&mut inner.engine, columns, cells, rows))
            })?;
        } else {
            let mut lines = Vec::new();
            for event in events.try_iter()? {
                dump::event(&event?, &mut lines)?;
                lines.push(b'\n');
                if lines.len() >= BATCH {
                    self.with(py, |inner| typed.feed(&mut inner.engine, &lines))?;
                    lines.clear();
                    py.check_signals()?;
                }
            }
            self.with(py, |inner| typed.feed(&mut inner.engine, &lines))?;
        }
        typed.report(py)
    }

    /// Of an engine that reads for `Shards`: ends its turn. It has read so many inputs.
    fn _finish(&self, py: Python<'_>, inputs: u32) -> PyResult<()> {
        self.with(py, |inner| {
            let Inner { engine, reader, .. } = inner;
            if let Some(reader) = reader {
                reader.finish(engine, inputs);
            }
        })
    }

    /// Advances a host's time to `time` (nanoseconds since 1970, UTC), as an event of that time would.
    fn advance(&self, py: Python<'_>, host: &Bound<'_, PyAny>, time: i64) -> PyResult<()> {
        let host = text::words(Some(host))?;
        self.with(py, |inner| inner.engine.advance(&host, Timestamp(time)))
    }

    /// Reports that so many seconds have passed since the last event of every host, as when a live feed is quiet:
    /// checks that waited for that long run now. Events with earlier times that follow do not count as late. Raises
    /// ValueError if `seconds` is negative or not a number.
    fn elapse(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        let nanos = nanos(seconds).ok_or_else(|| PyValueError::new_err("seconds must be 0 or more"))?;
        self.with(py, |inner| inner.engine.elapse(nanos))
    }

    /// Judges all events that wait, as at the end of the input.
    fn flush(&self, py: Python<'_>) -> PyResult<FeedReport> {
        self.flush_all(py)
    }

    /// Sorts the waiting alerts for a report over complete input: by time, and only the last revision of each.
    fn sort_alerts(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |inner| inner.engine.sort_alerts())
    }

    /// The next event time (nanoseconds since 1970, UTC) at which `advance` has something to do, or
    /// `Stream.settle_quiet` for events that a decoder holds back; None if nothing waits.
    fn next_deadline(&self, py: Python<'_>) -> PyResult<Option<i64>> {
        self.with(py, |inner| inner.engine.next_deadline().map(|time| time.0))
    }

    /// The next alert, or None if there is none.
    fn poll<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.with(py, |inner| inner.engine.poll_alert())?.map(|found| alert::alert(py, &found)).transpose()
    }

    /// All waiting alerts, in the order in which they were raised.
    fn alerts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let lines = self.with(py, |inner| {
            std::iter::from_fn(|| inner.engine.poll_alert()).map(|found| found.to_json()).collect()
        })?;
        alert::alerts(py, lines)
    }

    /// The next alert that entries of the policy cover, or None if there is none. It was counted once and is not raised;
    /// its `suppressed_by` names the entries.
    fn poll_suppressed<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.with(py, |inner| inner.engine.poll_suppressed())?.map(|found| alert::alert(py, &found)).transpose()
    }

    /// What each entry of the policy did: its path, owner and reason; how many alerts it was asked about, matched, and
    /// would have matched had it not expired; when it last matched, and whether it has expired.
    fn policy_use<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let entries = self.with(py, |inner| inner.engine.policy_use())?;
        Ok(pythonize(py, &entries)?)
    }

    /// Of each host, the kinds of events it sent, and which behaviors these can show.
    fn coverage<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let hosts = self.with(py, |inner| inner.engine.coverage())?;
        alert::coverage(py, &hosts)
    }

    /// What almost raised an alert, the surest first: the clauses that are met, those of which one was missing, the
    /// records. It looks through all that the engine keeps.
    #[pyo3(signature = (most = 50))]
    fn near_misses<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Bound<'py, PyAny>> {
        let near = self.with(py, |inner| inner.engine.near_misses(most))?;
        Ok(pythonize(py, &near)?)
    }

    /// What the processes of an alert, or of all alerts of an incident, and their lineages did, from so many seconds
    /// before the first record to so many after the last; None if the engine keeps no such alert. Raises ValueError if
    /// the seconds are negative or not numbers.
    #[pyo3(signature = (id, before = 600.0, after = 600.0))]
    fn timeline<'py>(&self, py: Python<'py>, id: &str, before: f64, after: f64) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (before, after) = around(before, after)?;
        let line = self.with(py, |inner| inner.engine.timeline(id, before, after))?;
        line.map(|line| Ok(pythonize(py, &line)?)).transpose()
    }

    /// What makes attacks easier, apart from alerts, each once for a host, an object and a program: features that are on,
    /// permissions that are wide, clients with more rights than they need, with advice and ids of ATT&CK mitigations.
    fn exposure<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let all = self.with(py, |inner| inner.engine.exposure())?;
        Ok(pythonize(py, &all)?)
    }

    /// What is known of the processes that had a pid on a host, in order of time. An empty host is any host.
    #[pyo3(signature = (pid, host = ""))]
    fn explain<'py>(&self, py: Python<'py>, pid: u32, host: &str) -> PyResult<Bound<'py, PyAny>> {
        let stories = self.with(py, |inner| inner.engine.explain(host, pid))?;
        Ok(pythonize(py, &stories)?)
    }

    /// All counters of the engine.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stats = self.with(py, |inner| inner.engine.stats())?;
        Ok(pythonize(py, &stats)?)
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// Flushes the engine, unless an exception left the block. Alerts may still be drained afterwards.
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

/// The seconds around an alert, as nanoseconds.
pub(crate) fn around(before: f64, after: f64) -> PyResult<(i64, i64)> {
    nanos(before).zip(nanos(after)).ok_or_else(|| PyValueError::new_err("seconds must be 0 or more"))
}

/// Seconds as nanoseconds; `None` if they are negative or no number. Infinity becomes the longest time.
fn nanos(seconds: f64) -> Option<i64> {
    (seconds >= 0.0).then(|| ((seconds * 1e9) as i64).min(i64::MAX / 4))
}

/// A stream of one engine. Made by `Engine.open_stream`.
#[pyclass(frozen, module = "ipcsentry")]
#[derive(Debug)]
pub(crate) struct Stream {
    engine: Py<Engine>,
    /// Locked only while the engine is locked.
    input: Mutex<Input>,
}

impl Stream {
    fn with(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Input, &mut ipcsentry::Engine) -> Option<Report> + Send,
    ) -> PyResult<Option<Report>> {
        self.engine.get().with(py, |inner| {
            // Nothing can panic while only this lock is held, so its value is consistent.
            let mut input = self.input.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            work(&mut input, &mut inner.engine)
        })
    }
}

#[pymethods]
impl Stream {
    /// Feeds telemetry, as `Engine.feed` does.
    #[pyo3(signature = (data, /))]
    fn feed(&self, data: &Bound<'_, PyAny>) -> PyResult<FeedReport> {
        take(data, |chunk| self.with(data.py(), |input, engine| input.feed(engine, chunk)))
    }

    /// Feeds the rows of a data frame: an object with `__arrow_c_stream__` or `__arrow_c_array__`. With a str as
    /// `mapping`, the column of that name holds raw records. With a dict, a row is a record with these members, each
    /// the value of a column; without one, all columns are members. Dots in a member's name make objects.
    #[pyo3(signature = (data, mapping=None))]
    fn feed_frame(&self, data: &Bound<'_, PyAny>, mapping: Option<&Bound<'_, PyAny>>) -> PyResult<FeedReport> {
        let py = data.py();
        let mut report = Report::default();
        each_row(data, mapping, |lines| {
            let fed = self.with(py, |input, engine| input.feed(engine, lines))?;
            report.take(fed.ok_or_else(closed)?);
            Ok(())
        })?;
        Ok(FeedReport::of(py, &report))
    }

    /// Reads one whole record with the number that its container gives it (an EVTX record rendered as JSON).
    fn record(&self, number: u64, record: &Bound<'_, PyAny>) -> PyResult<FeedReport> {
        let mut line = Vec::new();
        text::push_lines(record, &mut line)?.ok_or_else(not_telemetry)?;
        line.pop();
        one(record.py(), self.with(record.py(), |input, engine| input.record(engine, number, &line)))
    }

    /// Makes the decoder hand over the events it holds back, as when a live feed is quiet. The call loses nothing at
    /// any moment: if more records of an event follow, the event is judged again with them.
    fn settle(&self, py: Python<'_>) -> PyResult<FeedReport> {
        one(py, self.with(py, Input::settle))
    }

    /// Makes the decoder hand over the events that got no record since the last call. Call it regularly, by the clock,
    /// while a live feed goes on.
    fn settle_quiet(&self, py: Python<'_>) -> PyResult<FeedReport> {
        one(py, self.with(py, Input::settle_quiet))
    }

    /// The stream's number, by which a restored engine knows it; None when it is closed.
    #[getter]
    fn number(&self, py: Python<'_>) -> PyResult<Option<u32>> {
        self.engine.get().with(py, |inner| {
            let mut input = self.input.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            input.open(&mut inner.engine).map(StreamId::number)
        })
    }

    /// The report on the stream so far, or on the closed stream.
    fn report(&self, py: Python<'_>) -> PyResult<StreamReport> {
        let report = self.engine.get().with(py, |inner| {
            let input = self.input.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            input.report(&inner.engine)
        })?;
        StreamReport::of(py, &report)
    }

    /// Closes the stream; its last line needs no line break. Closing it again does nothing.
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

/// Limits as users give them; without a seed, a secret one.
pub(crate) fn limits(lateness: f64, memory: usize, max_alerts: usize, seed: Option<u64>) -> PyResult<Limits> {
    let mut limits = Limits::default();
    limits.lateness = nanos(lateness).ok_or_else(|| PyValueError::new_err("lateness is seconds, 0 or more"))?;
    limits.bytes = memory;
    limits.max_alerts = max_alerts;
    limits.seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    Ok(limits)
}

fn one(py: Python<'_>, report: PyResult<Option<Report>>) -> PyResult<FeedReport> {
    Ok(FeedReport::of(py, &report?.ok_or_else(closed)?))
}

fn format_named(name: Option<&str>) -> PyResult<Option<Format>> {
    name.map(named).transpose()
}

/// The format of that name.
pub(crate) fn named(name: &str) -> PyResult<Format> {
    let known = Format::ALL.iter().find(|(known, _)| *known == name);
    known.map(|(_, format)| *format).ok_or_else(|| {
        let names: Vec<&str> = Format::ALL.iter().map(|(name, _)| *name).collect();
        PyValueError::new_err(format!("no format {name:?}; there are {}", names.join(", ")))
    })
}
