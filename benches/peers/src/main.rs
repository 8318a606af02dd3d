//! ipcsentry beside other engines, on the same events, in the same run, in CPU time of one thread.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml [OPTION=VALUE]…`
//!
//! Options are `processes` (the working set, 50000), `steps` (counted events, 60000), `rounds` (5; each with a seed and
//! engines of its own), `seed` (1). Engines are warm: as many events as are counted went through them before. What a
//! peer wants as its input is made before its time is taken.

mod adapters;
mod rules;
mod table;

use std::hint::black_box;

use cpu_time::ThreadTime;
use ipcsentry::decode::Format;
use ipcsentry::event::{Event, Os};
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_benches::floor;
use ipcsentry_benches::generate::{Workload, WorkloadOptions};
use ipcsentry_benches::render::Pass;

use adapters::{Flat, Sigma};
use table::Table;

/// What is measured: seconds of every round, and what the last one found.
#[derive(Default)]
struct Row {
    name: String,
    seconds: Vec<f64>,
    found: u64,
}

fn main() {
    let (mut steps, mut processes, mut rounds, mut seed) = (60_000, 50_000, 5, 1);
    for argument in std::env::args().skip(1) {
        let (name, value) = argument.split_once('=').expect("an option is NAME=VALUE");
        let value: usize = value.parse().expect("a number");
        match name {
            "steps" => steps = value,
            "processes" => processes = value,
            "rounds" => rounds = value,
            "seed" => seed = value,
            _ => panic!("there is no option {name}"),
        }
    }
    let ours = Catalog::builtin().rules().iter().filter(|rule| rule.platforms.contains(&Os::Windows)).count();
    let mut rows: Vec<Row> = Vec::new();
    for round in 0..rounds {
        let options = WorkloadOptions {
            seed: (seed + round) as u64,
            population: processes,
            steps: 2 * steps,
            attack_every: steps * 5 / 4,
        };
        let workload = Workload::quiet(options);
        measure(&workload, workload.prologue + steps, ours, &mut Rows { rows: &mut rows, next: 0 });
    }
    print(&mut rows, steps, processes);
}

/// The rows of a round, in their order.
struct Rows<'a> {
    rows: &'a mut Vec<Row>,
    next: usize,
}

impl Rows<'_> {
    /// Takes the time of one row of the round.
    fn time(&mut self, name: String, run: impl FnOnce() -> u64) {
        let begin = ThreadTime::now();
        let found = black_box(run());
        let seconds = begin.elapsed().as_secs_f64();
        if self.rows.len() == self.next {
            self.rows.push(Row { name, ..Row::default() });
        }
        let row = &mut self.rows[self.next];
        row.seconds.push(seconds);
        row.found = found;
        self.next += 1;
    }
}

fn measure(workload: &Workload, from: usize, ours: usize, rows: &mut Rows<'_>) {
    let steps = workload.steps.len();
    let warm: Vec<Event<'_>> = (0..from).map(|number| workload.event(number, Pass(0))).collect();
    let events: Vec<Event<'_>> = (from..steps).map(|number| workload.event(number, Pass(0))).collect();

    let mut table = Table::new();
    warm.iter().for_each(|event| {
        table.feed(event);
    });
    rows.time("bare process table".to_owned(), || events.iter().fold(0, |found, event| found ^ table.feed(event)));

    let mut limits = Limits::default();
    limits.bytes = 192 << 20;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits.clone());
    let feed = |engine: &mut Engine, events: &[Event<'_>]| {
        for batch in events.chunks(256) {
            batch.iter().for_each(|event| {
                engine.feed(event);
            });
            while engine.poll_alert().is_some() {}
        }
    };
    feed(&mut engine, &warm);
    let before = engine.stats().alerts;
    rows.time(format!("ipcsentry, typed, {ours} behaviors"), || {
        feed(&mut engine, &events);
        engine.stats().alerts - before
    });

    let lines = workload.lines(from..steps, Pass(0));
    rows.time("bare typed parse of the events as JSON lines".to_owned(), || {
        black_box(floor::parse_json(lines.as_bytes()));
        0
    });
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let stream = engine.open_stream(StreamOptions::new(Format::EvtxJson));
    let feed = |engine: &mut Engine, lines: &str| {
        for chunk in lines.as_bytes().chunks(64 << 10) {
            engine.feed_bytes(stream, chunk);
            while engine.poll_alert().is_some() {}
        }
    };
    feed(&mut engine, &workload.lines(0..from, Pass(0)));
    let before = engine.stats().alerts;
    rows.time(format!("ipcsentry, JSON lines, {ours} behaviors"), || {
        feed(&mut engine, &lines);
        engine.stats().alerts - before
    });

    let flat: Vec<Flat> = (from..steps).map(|number| Flat::of(workload, number)).collect();
    let warm: Vec<Sigma<'_>> = (workload.prologue..from).map(|number| Sigma::of(workload, number)).collect();
    let sigma: Vec<Sigma<'_>> = (from..steps).map(|number| Sigma::of(workload, number)).collect();
    for count in [10, ours] {
        let gene = adapters::gene(&rules::gene(count));
        rows.time(format!("gene, stateless, {count} rules"), || adapters::scan(gene, &flat));
        let mut correlation = adapters::rsigma(&rules::sigma(count), rules::CORRELATIONS);
        adapters::correlate(&mut correlation, &warm);
        rows.time(format!("rsigma, two correlations, {count} rules"), || adapters::correlate(&mut correlation, &sigma));
    }
}

fn print(rows: &mut [Row], steps: usize, processes: usize) {
    for row in &mut *rows {
        row.seconds.sort_by(f64::total_cmp);
    }
    let rate = |seconds: f64| steps as f64 / seconds;
    let of_ours = |row: &Row, ours: &str| {
        let ours = rows.iter().find(|row| row.name.starts_with(ours)).expect("it is measured");
        middle(&row.seconds) / middle(&ours.seconds)
    };
    println!("{steps} events, {processes} living processes, {} rounds, CPU time of one thread", rows[0].seconds.len());
    println!(
        "{:<46} {:>11} {:>23} {:>12} {:>12} {:>8}",
        "", "events a s", "least to most", "typed is ×", "JSON is ×", "found"
    );
    for row in &*rows {
        let (least, most) = (row.seconds.last().copied(), row.seconds.first().copied());
        println!(
            "{:<46} {:>11.0} {:>11.0} {:>11.0} {:>12.2} {:>12.2} {:>8}",
            row.name,
            rate(middle(&row.seconds)),
            rate(least.unwrap_or_default()),
            rate(most.unwrap_or_default()),
            of_ours(row, "ipcsentry, typed"),
            of_ours(row, "ipcsentry, JSON"),
            if row.name.starts_with("bare") { "-".to_owned() } else { row.found.to_string() }
        );
    }
}

fn middle(seconds: &[f64]) -> f64 {
    seconds[seconds.len() / 2]
}
