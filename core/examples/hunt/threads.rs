//! `--threads N`: threads that each read an input, and engines that each judge a part of the hosts.
//!
//! All events of a host go to one engine, in the order of the inputs, so the alerts are those of a single engine.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use ipcsentry::{Batch, Catalog, Engine, Policy, Stats};

use crate::files::{Found, read_place};
use crate::judged::Inputs;
use crate::run::Run;

/// Bytes of events that are handed over at once.
const BATCHES: usize = 4 << 20;
/// Bytes of events that a reader reads ahead of its turn.
const AHEAD: usize = 256 << 20;
/// Batches that wait for an engine at most.
const WAITING: usize = 4;

/// A batch, and the number of inputs before those that its events count from.
type Work = (Batch, u32);

/// What the readers share.
#[derive(Debug)]
struct Shared {
    judges: Vec<SyncSender<Work>>,
    turn: Mutex<Turn>,
    turned: Condvar,
}

/// Whose events are next, and what became of the inputs before.
#[derive(Debug, Default)]
struct Turn {
    place: usize,
    inputs: Inputs,
    stats: Stats,
}

/// The place of a reader among the others.
#[derive(Debug)]
pub(crate) struct Reader {
    shared: Arc<Shared>,
    place: usize,
    /// What it has read while others had their turn, and how many bytes.
    read: Vec<Vec<Batch>>,
    ahead: usize,
}

/// Reads all places and judges their events with that many threads for each. Gives the report on the inputs, the
/// counters of reading, and the engines that judged.
pub(crate) fn hunt(
    run: &Run,
    places: &[Found],
    threads: usize,
    catalog: &Catalog,
    policy: &Policy,
) -> (Inputs, Stats, Vec<Engine>) {
    let limits = run.engine.limits().clone();
    let (baseline, learns) = (run.engine.baseline().cloned(), run.engine.learned().is_some());
    let new = || {
        let mut engine = Engine::new(catalog.clone(), policy.clone(), limits.clone());
        engine.set_baseline(baseline.clone());
        if learns {
            engine.start_learning();
        }
        engine
    };
    let (judges, works): (Vec<_>, Vec<_>) = (0..threads).map(|_| sync_channel(WAITING)).unzip();
    let shared = Arc::new(Shared { judges, turn: Mutex::default(), turned: Condvar::new() });
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let judges: Vec<_> = works
            .into_iter()
            .map(|work| {
                let engine = new();
                scope.spawn(move || judge(engine, &work))
            })
            .collect();
        let readers: Vec<_> = (0..threads)
            .map(|_| {
                let (shared, next, new) = (Arc::clone(&shared), &next, &new);
                // A run is made in the thread that uses it: its output is no matter of the reader.
                let parts = run.parts();
                scope.spawn(move || {
                    loop {
                        let place = next.fetch_add(1, Ordering::Relaxed);
                        let Some(found) = places.get(place).filter(|_| !parts.signals.ends()) else { return };
                        let mut engine = new();
                        engine.collect(threads);
                        let reader = Reader { shared: Arc::clone(&shared), place, read: Vec::new(), ahead: 0 };
                        let mut reading = Run::reading(parts.clone(), engine, reader);
                        let _: ControlFlow<()> = read_place(&mut reading, found);
                        reading.end_reading();
                    }
                })
            })
            .collect();
        for reader in readers {
            reader.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload));
        }
        let Ok(Shared { judges: senders, turn, .. }) = Arc::try_unwrap(shared) else {
            unreachable!("all readers have ended")
        };
        // The engines judge what they hold once nothing more can come.
        drop(senders);
        let judges = judges.into_iter().map(|judge| judge.join().unwrap_or_else(|p| std::panic::resume_unwind(p)));
        let engines = judges.collect();
        let Turn { inputs, stats, .. } = turn.into_inner().unwrap_or_else(PoisonError::into_inner);
        (inputs, stats, engines)
    })
}

fn judge(mut engine: Engine, work: &Receiver<Work>) -> Engine {
    for (batch, inputs) in work {
        engine.feed_batch(&batch, inputs);
    }
    engine.flush();
    engine
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of inputs of the readers before this one, if it is its turn; waits for the turn if asked to.
    fn inputs_at_turn(&self, place: usize, is_patient: bool) -> Option<u32> {
        let waits = |turn: &mut Turn| is_patient && turn.place != place;
        let turn = self.turned.wait_while(self.lock(), waits).unwrap_or_else(PoisonError::into_inner);
        (turn.place == place).then_some(turn.inputs.len() as u32)
    }
}

impl Reader {
    /// Hands over what was read, if that is much and it is the reader's turn; waits for the turn if it is too much.
    pub(crate) fn hand_over(&mut self, engine: &mut Engine) {
        let bytes = engine.batch_bytes();
        if bytes < BATCHES {
            return;
        }
        self.ahead += bytes;
        self.read.push(engine.take_batches());
        if let Some(inputs) = self.shared.inputs_at_turn(self.place, self.ahead > AHEAD) {
            self.send(inputs);
        }
    }

    /// Waits for the reader's turn, hands over the rest and what is to be said of its inputs.
    pub(crate) fn end(mut self, mut engine: Engine, inputs: Inputs) {
        self.read.push(engine.take_batches());
        let Some(before) = self.shared.inputs_at_turn(self.place, true) else { return };
        self.send(before);
        let mut stats = engine.stats();
        // The engine goes, and its memory with it.
        stats.bytes = 0;
        let mut turn = self.shared.lock();
        turn.stats.add(&stats, before);
        turn.inputs.append(inputs);
    }

    fn send(&mut self, inputs: u32) {
        self.ahead = 0;
        for batches in self.read.drain(..) {
            for (judge, batch) in self.shared.judges.iter().zip(batches).filter(|(_, batch)| !batch.is_empty()) {
                // An engine that ended has panicked, and the panic goes on when it is joined.
                let _ = judge.send((batch, inputs));
            }
        }
    }
}

impl Drop for Reader {
    /// The turn goes on even if the reader panicked, so that nobody waits forever.
    fn drop(&mut self) {
        let waits = |turn: &mut Turn| turn.place != self.place;
        let turn = self.shared.turned.wait_while(self.shared.lock(), waits);
        turn.unwrap_or_else(PoisonError::into_inner).place += 1;
        self.shared.turned.notify_all();
    }
}
