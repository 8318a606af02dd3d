//! One run: the engine, what is fed to it and what is printed of it.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io::{self, IsTerminal, Stderr, Stdout, Write};

use ipcsentry::decode::Format;
use ipcsentry::scenario;
use ipcsentry::{Alert, Engine, FeedReport, StreamId, StreamOptions};

use crate::input::{CHUNK, Input, fill, open};
use crate::options::Options;
use crate::table;

/// Decode errors printed before they are only counted.
const SHOWN_ERRORS: u64 = 5;

/// The state of a run.
pub(crate) struct Run {
    pub(crate) options: Options,
    pub(crate) engine: Engine,
    /// What the records of the stream being read are called in messages.
    names: Vec<String>,
    progress: Progress,
    out: Stdout,
    colors: bool,
    /// Ids of alerts that were printed: a revision is no further alert.
    printed: HashSet<String>,
    errors: u64,
    failed: bool,
}

impl Run {
    pub(crate) fn new(options: Options, engine: Engine) -> Self {
        let out = io::stdout();
        let colors = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let progress = Progress { err: io::stderr(), shown: io::stderr().is_terminal(), read: 0 };
        Self {
            options,
            engine,
            names: Vec::new(),
            progress,
            out,
            colors,
            printed: HashSet::new(),
            errors: 0,
            failed: false,
        }
    }

    /// Reads all files, judges them together and prints what was found.
    pub(crate) fn hunt_files(&mut self) -> io::Result<()> {
        for (index, path) in self.options.files.clone().into_iter().enumerate() {
            let name = path.to_string_lossy().into_owned();
            let read = open(&path).and_then(|input| match input {
                Input::Stream(stream) => self.read_stream(stream, &path, index as u32),
                Input::Evtx(mut parser, torn) => {
                    let stream = self.open_stream(Format::EvtxJson, &name, index as u32);
                    for record in parser.records_json() {
                        match record {
                            Ok(record) => {
                                let report =
                                    self.engine.feed_record(stream, record.event_record_id, record.data.as_bytes());
                                self.note(stream, &report);
                            }
                            Err(error) => self.error(&format!("{name}: {error}")),
                        }
                    }
                    if torn {
                        self.error(&format!("{name}: ends inside a chunk"));
                    }
                    self.close(stream);
                    Ok(())
                }
            });
            if let Err(error) = read {
                self.unreadable(&name, &error);
            }
        }
        self.progress.clear();
        self.engine.flush();
        self.print_final()
    }

    /// Judges every built-in scenario, attacks and their benign variants, each on a host of its own name.
    pub(crate) fn hunt_scenarios(&mut self) -> io::Result<()> {
        for (index, scenario) in (0..).zip(scenario::all()) {
            for (number, event) in (0..).zip(scenario.events()) {
                let mut event = event;
                event.host = scenario.id().as_bytes();
                (event.file, event.record) = (index, number);
                self.engine.feed(&event);
            }
        }
        self.engine.flush();
        self.print_final()
    }

    fn read_stream(&mut self, mut from: Box<dyn io::Read + Send>, path: &OsStr, index: u32) -> io::Result<()> {
        let name = path.to_string_lossy();
        let mut buffer = vec![0; CHUNK];
        let mut filled = fill(&mut from, &mut buffer)?;
        let Some(format) = self.options.format.or_else(|| Format::detect(&buffer[..filled])) else {
            self.warn(&format!("{name}: not a format that is known, nothing was judged"));
            return Ok(());
        };
        let stream = self.open_stream(format, &name, index);
        let mut read = Ok(());
        while filled > 0 {
            self.feed(stream, &buffer[..filled]);
            self.progress.note(&name, filled);
            filled = fill(&mut from, &mut buffer).unwrap_or_else(|error| {
                read = Err(error);
                0
            });
        }
        self.close(stream);
        read
    }

    pub(crate) fn open_stream(&mut self, format: Format, name: &str, index: u32) -> StreamId {
        let mut options = StreamOptions::new(format);
        options.host = self.options.host.clone();
        options.file = index;
        let id = self.engine.open_stream(options);
        let place = id.number() as usize;
        self.names.resize(self.names.len().max(place + 1), String::new());
        self.names[place] = name.to_owned();
        id
    }

    pub(crate) fn feed(&mut self, stream: StreamId, chunk: &[u8]) {
        let report = self.engine.feed_bytes(stream, chunk);
        self.note(stream, &report);
    }

    pub(crate) fn close(&mut self, stream: StreamId) {
        let report = self.engine.close_stream(stream);
        self.note(stream, &report);
        if self.engine.stats().events + self.engine.stats().records == 0 {
            self.warn(&format!("{}: empty", self.names[stream.number() as usize]));
        }
    }

    fn note(&mut self, stream: StreamId, report: &FeedReport) {
        for error in &report.errors {
            let text = format!("{}: {error}", self.names[stream.number() as usize]);
            self.error(&text);
        }
        self.errors += report.error_count - report.errors.len() as u64;
    }

    fn error(&mut self, text: &str) {
        if self.errors < SHOWN_ERRORS {
            self.warn(text);
        }
        self.errors += 1;
        if self.errors == SHOWN_ERRORS + 1 {
            self.warn("further errors are only counted");
        }
    }

    /// A file could not be read (to its end): the run goes on, but fails.
    pub(crate) fn unreadable(&mut self, name: &str, error: &io::Error) {
        self.warn(&format!("cannot read {name}: {error}"));
        self.failed = true;
    }

    pub(crate) fn warn(&mut self, text: &str) {
        self.progress.clear();
        eprintln!("hunt: {text}");
    }

    /// Prints what was raised since the last call, revisions included.
    pub(crate) fn print_raised(&mut self) -> io::Result<()> {
        while let Some(alert) = self.engine.poll_alert() {
            self.print(&alert)?;
        }
        self.out.flush()
    }

    /// Prints every alert once, as it stood in the end, in order of time.
    pub(crate) fn print_final(&mut self) -> io::Result<()> {
        let mut alerts: Vec<Alert> = Vec::new();
        let mut places = HashMap::new();
        while let Some(alert) = self.engine.poll_alert() {
            let place = *places.entry(alert.id.clone()).or_insert(alerts.len());
            if place == alerts.len() { alerts.push(alert) } else { alerts[place] = alert }
        }
        alerts.sort_by(|a, b| (a.timestamp, &a.host, &a.code, &a.id).cmp(&(b.timestamp, &b.host, &b.code, &b.id)));
        for alert in &alerts {
            self.print(alert)?;
        }
        self.out.flush()
    }

    fn print(&mut self, alert: &Alert) -> io::Result<()> {
        if !self.options.wants(alert.timestamp) {
            return Ok(());
        }
        self.progress.clear();
        self.printed.insert(alert.id.clone());
        if self.options.ndjson {
            writeln!(self.out, "{}", alert.to_json())
        } else {
            write!(self.out, "{}", table::block(alert, self.colors))
        }
    }

    /// Prints what each host's telemetry lets be seen, if that was asked for.
    pub(crate) fn print_coverage(&mut self) -> io::Result<()> {
        for host in if self.options.coverage { self.engine.coverage() } else { Vec::new() } {
            if self.options.ndjson {
                writeln!(self.out, "{{\"coverage\":{}}}", host.to_json())?;
            } else {
                write!(self.out, "{}", table::coverage(&host, self.colors))?;
            }
        }
        self.out.flush()
    }

    /// Says on standard error what was read and lost, and gives the exit code.
    pub(crate) fn finish(mut self) -> u8 {
        self.progress.clear();
        let stats = self.engine.stats();
        let counters = [
            ("records", stats.records),
            ("skipped", stats.skipped),
            ("duplicates", stats.duplicates),
            ("late", stats.late),
            ("judged early because the reorder buffer was full", stats.released_early),
            ("processes evicted", stats.evicted_processes),
            ("endpoints evicted", stats.evicted_endpoints),
            ("names evicted", stats.evicted_names),
            ("partial matches evicted", stats.evicted_partial_matches),
            ("hosts evicted", stats.evicted_hosts),
            ("remote callers evicted", stats.evicted_remotes),
            ("waiting checks dropped", stats.dropped_checks),
            ("revisions", stats.revisions),
            ("repetitions dropped", stats.deduplicated),
            ("suppressed by policy", stats.suppressed),
            ("below the policy's minimum", stats.below_minimum),
            ("alerts dropped because the queue was full", stats.alerts_dropped),
        ];
        let counters: Vec<String> =
            counters.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{n} {name}")).collect();
        if !counters.is_empty() {
            eprintln!("hunt: {}", counters.join(", "));
        }
        if stats.events == 0 && !self.failed {
            eprintln!("hunt: warning: nothing in the input is an event of interest");
        }
        eprintln!("hunt: {} events, {} alerts, {} errors", stats.events, self.printed.len(), self.errors);
        match (self.failed, self.printed.len()) {
            (true, _) => 2,
            (false, 0) => 0,
            (false, _) => 1,
        }
    }
}

/// How far reading is, for whoever watches.
struct Progress {
    err: Stderr,
    shown: bool,
    read: u64,
}

impl Progress {
    fn note(&mut self, name: &str, bytes: usize) {
        self.read += bytes as u64;
        if self.shown {
            let _ = write!(self.err, "\r\x1b[K{name}: {} MiB read", self.read >> 20);
        }
    }

    fn clear(&mut self) {
        if self.shown {
            let _ = write!(self.err, "\r\x1b[K");
        }
    }
}
