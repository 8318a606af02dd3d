//! One hunt by several threads: readers that each read an input, and engines that each judge a part of the hosts.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use ipcsentry::report::{Exposed, NearMiss, ProcessStory, Timeline};
use ipcsentry::{Alert, Batch, Limits, Policy, Stats};
use pyo3::prelude::*;
use pythonize::pythonize;

use crate::alert;
use crate::catalog::Catalog;
use crate::engine::{Engine, around};
use crate::errors;
use crate::report::FeedReport;

/// Bytes of events that are handed over at once.
const BATCHES: usize = 8 << 20;
/// Bytes of events that all readers together have read but not handed over.
const AHEAD: usize = 1 << 30;
/// Events that are judged between two looks at whether to stop.
const PART: usize = 1 << 12;
/// How often the caller's thread looks for signals.
const LOOK: Duration = Duration::from_millis(20);

/// Engines that together do the work of one. `reader(number)` gives an engine to read input `number` with, in any thread;
/// `finish` ends it. The events of a host go to one engine, in the order of the inputs, so the alerts are those of a
/// single engine.
#[pyclass(frozen, module = "ipcsentry._native")]
#[derive(Debug)]
pub(crate) struct Shards(Arc<Shared>);

/// What the readers share.
#[derive(Debug)]
struct Shared {
    engines: Vec<Mutex<ipcsentry::Engine>>,
    turn: Mutex<Turn>,
    turned: Condvar,
    is_stopped: AtomicBool,
    catalog: Catalog,
    policy: Policy,
    limits: Limits,
}

/// The reader that may hand over events.
#[derive(Debug, Default)]
struct Turn {
    reader: u64,
    /// Inputs of the readers before it.
    files: u32,
    /// The counters of the readers before it.
    stats: Stats,
}

/// A reader's place among the others.
#[derive(Debug)]
pub(crate) struct Reader {
    shared: Arc<Shared>,
    number: u64,
    /// What it has read while others had their turn.
    read: Vec<Vec<Batch>>,
}

impl Reader {
    /// Hands over what the engine has read, if that is much and it is the reader's turn; waits for the turn if it is too
    /// much. Returns `false` if reading is to stop.
    pub(crate) fn hand_over(&mut self, engine: &mut ipcsentry::Engine) -> bool {
        if engine.batch_bytes() > BATCHES {
            self.read.push(engine.take_batches());
            let is_full = self.read.len() * BATCHES * self.shared.engines.len() > AHEAD;
            if let Some(files) = self.shared.files_at_turn(self.number, is_full) {
                self.shared.feed(&mut self.read, files);
            }
        }
        !self.shared.is_stopped()
    }

    /// Waits for the reader's turn, hands over the rest, and ends the turn. It has read so many inputs.
    pub(crate) fn finish(&mut self, engine: &mut ipcsentry::Engine, inputs: u32) {
        self.read.push(engine.take_batches());
        let Some(files) = self.shared.files_at_turn(self.number, true) else { return };
        self.shared.feed(&mut self.read, files);
        let mut stats = engine.stats();
        // The engine goes, and its memory with it.
        stats.bytes = 0;
        let mut turn = lock(&self.shared.turn);
        turn.stats.add(&stats, files);
        turn.files = files.saturating_add(inputs);
        turn.reader += 1;
        drop(turn);
        self.shared.turned.notify_all();
    }
}

impl Shared {
    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// Inputs of the readers before this one, if it is its turn; waits for the turn if asked to. `None` also if reading is
    /// to stop.
    fn files_at_turn(&self, reader: u64, is_patient: bool) -> Option<u32> {
        let waits = |turn: &mut Turn| is_patient && turn.reader != reader && !self.is_stopped();
        let turn = self.turned.wait_while(lock(&self.turn), waits).unwrap_or_else(PoisonError::into_inner);
        (turn.reader == reader && !self.is_stopped()).then_some(turn.files)
    }

    /// Gives each engine its batches. The reader whose turn it is calls it, and no other.
    fn feed(&self, read: &mut Vec<Vec<Batch>>, files: u32) {
        for batches in read.drain(..) {
            if self.is_stopped() {
                return;
            }
            thread::scope(|scope| {
                for (engine, batch) in self.engines.iter().zip(batches) {
                    scope.spawn(move || lock(engine).feed_batch(&batch, files));
                }
            });
        }
    }

    /// Judges all that waits, unless it is told to stop.
    fn judge(&self, engine: &mut ipcsentry::Engine) {
        while engine.flush_part(PART) {
            if self.is_stopped() {
                return;
            }
        }
        engine.flush();
    }
}

impl Shards {
    /// What all engines answer to one question.
    fn ask<T: Send>(&self, py: Python<'_>, question: impl Fn(&ipcsentry::Engine) -> Vec<T> + Sync) -> Vec<T> {
        py.detach(|| self.0.engines.iter().flat_map(|engine| question(&lock(engine))).collect())
    }
}

/// A panic while an engine is locked leaves it in doubt; whoever meets it next gets an exception from the panic itself.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymethods]
impl Shards {
    #[new]
    #[pyo3(signature = (policy, catalog, memory, max_alerts, threads, /))]
    fn new(
        py: Python<'_>,
        policy: Option<&Bound<'_, PyAny>>,
        catalog: Option<&Bound<'_, Catalog>>,
        memory: usize,
        max_alerts: usize,
        threads: usize,
    ) -> PyResult<Self> {
        let policy = crate::policy::policy(policy, catalog.map(|given| given.get()))?;
        let limits = crate::engine::limits(f64::INFINITY, memory, max_alerts, None)?;
        let catalog = catalog.map(|given| given.get().clone());
        Ok(Self(py.detach(|| {
            let catalog = catalog.unwrap_or_else(Catalog::of_library);
            let engine = || Mutex::new(ipcsentry::Engine::new(catalog.0.clone(), policy.clone(), limits.clone()));
            Arc::new(Shared {
                engines: (0..threads.max(1)).map(|_| engine()).collect(),
                turn: Mutex::default(),
                turned: Condvar::new(),
                is_stopped: AtomicBool::new(false),
                catalog: catalog.clone(),
                policy: policy.clone(),
                limits: limits.clone(),
            })
        })))
    }

    /// An engine to read input `number` with. Numbers count from 0.
    fn reader(&self, number: u64) -> Engine {
        let Shared { catalog, policy, limits, engines, .. } = &*self.0;
        let mut engine = ipcsentry::Engine::new(catalog.0.clone(), policy.clone(), limits.clone());
        engine.collect(engines.len());
        let reader = Reader { shared: Arc::clone(&self.0), number, read: Vec::new() };
        Engine::reader(engine, reader, catalog.clone(), policy.clone())
    }

    /// Makes all readers stop, in whatever they do.
    fn stop(&self) {
        self.0.is_stopped.store(true, Ordering::Relaxed);
        // Whoever is about to wait holds the lock, and has not seen the flag.
        drop(lock(&self.0.turn));
        self.0.turned.notify_all();
    }

    /// Judges all events, in one thread an engine.
    fn flush(&self, py: Python<'_>) -> PyResult<FeedReport> {
        let shared = &*self.0;
        let left = AtomicUsize::new(shared.engines.len());
        let mut interrupted = None;
        let done = py.detach(|| {
            thread::scope(|scope| {
                let judges: Vec<_> = shared
                    .engines
                    .iter()
                    .map(|engine| {
                        let left = &left;
                        scope.spawn(move || {
                            let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                                shared.judge(&mut lock(engine))
                            }));
                            left.fetch_sub(1, Ordering::Release);
                            judged
                        })
                    })
                    .collect();
                while left.load(Ordering::Acquire) > 0 {
                    thread::park_timeout(LOOK);
                    if interrupted.is_none()
                        && let Err(error) = Python::attach(|py| py.check_signals())
                    {
                        shared.is_stopped.store(true, Ordering::Relaxed);
                        interrupted = Some(error);
                    }
                }
                judges.into_iter().map(|judge| judge.join().and_then(|judged| judged)).collect::<Result<Vec<()>, _>>()
            })
        });
        if let Some(error) = interrupted {
            return Err(error);
        }
        done.map_err(|payload| errors::bug(py, &*payload))?;
        Ok(FeedReport::of(py, &crate::input::Report::default()))
    }

    /// Keeps only the last revision of each waiting alert.
    fn sort_alerts(&self, py: Python<'_>) {
        py.detach(|| self.0.engines.iter().for_each(|engine| lock(engine).sort_alerts()));
    }

    /// All waiting alerts, by time.
    fn alerts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let lines = py.detach(|| {
            let mut all: Vec<Alert> = Vec::new();
            for engine in &self.0.engines {
                let mut engine = lock(engine);
                all.extend(std::iter::from_fn(|| engine.poll_alert()));
            }
            all.sort_by(|a, b| (a.timestamp, &a.host, &a.code, &a.id).cmp(&(b.timestamp, &b.host, &b.code, &b.id)));
            all.iter().map(Alert::to_json).collect()
        });
        alert::alerts(py, lines)
    }

    /// As `Engine.coverage`.
    fn coverage<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let hosts = py.detach(|| {
            let mut all: Vec<_> = self.0.engines.iter().flat_map(|engine| lock(engine).coverage()).collect();
            all.sort_by(|a, b| a.host.cmp(&b.host));
            all
        });
        alert::coverage(py, &hosts)
    }

    /// As `Engine.near_misses`, the surest of all engines first.
    #[pyo3(signature = (most = 50))]
    fn near_misses<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Bound<'py, PyAny>> {
        let mut near: Vec<NearMiss> = self.ask(py, |engine| engine.near_misses(most));
        let rest = |a: &NearMiss, b: &NearMiss| (&a.time, &a.code, &a.host).cmp(&(&b.time, &b.code, &b.host));
        near.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then_with(|| rest(a, b)));
        near.truncate(most);
        Ok(pythonize(py, &near)?)
    }

    /// As `Engine.timeline`: an alert is known to the engine of its host.
    #[pyo3(signature = (id, before = 600.0, after = 600.0))]
    fn timeline<'py>(&self, py: Python<'py>, id: &str, before: f64, after: f64) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (before, after) = around(before, after)?;
        let found: Vec<Timeline> = self.ask(py, |engine| engine.timeline(id, before, after).into_iter().collect());
        found.first().map(|found| Ok(pythonize(py, found)?)).transpose()
    }

    /// As `Engine.exposure`, by host.
    fn exposure<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut all: Vec<Exposed> = self.ask(py, ipcsentry::Engine::exposure);
        all.sort_by(|a, b| (&a.host, &a.id, &a.object, &a.program).cmp(&(&b.host, &b.id, &b.object, &b.program)));
        Ok(pythonize(py, &all)?)
    }

    /// As `Engine.explain`.
    #[pyo3(signature = (pid, host = ""))]
    fn explain<'py>(&self, py: Python<'py>, pid: u32, host: &str) -> PyResult<Bound<'py, PyAny>> {
        let mut stories: Vec<ProcessStory> = self.ask(py, |engine| engine.explain(host, pid));
        stories.sort_by(|a, b| (&a.first_seen, &a.host).cmp(&(&b.first_seen, &b.host)));
        Ok(pythonize(py, &stories)?)
    }

    /// The counters of all engines together.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stats = py.detach(|| {
            let mut stats = lock(&self.0.turn).stats.clone();
            for engine in &self.0.engines {
                stats.add(&lock(engine).stats(), 0);
            }
            stats
        });
        Ok(pythonize(py, &stats)?)
    }

    fn __repr__(&self) -> String {
        format!("<Shards: {} engines>", self.0.engines.len())
    }
}
