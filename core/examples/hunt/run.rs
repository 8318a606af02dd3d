//! One run of the program: the engine, the report on its inputs, and the output.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, IsTerminal, Stdout, Write};

use ipcsentry::decode::Format;
use ipcsentry::policy::EntryUse;
use ipcsentry::report::{Digest, FleetCoverage, Remedy};
use ipcsentry::{Alert, Coverage, Engine, Judged, Stats, StreamId, StreamOptions, printable, printable_json};
use ipcsentry_outputs::navigator;

use crate::baseline;
use crate::document::Document;
use crate::investigate;
use crate::judged::Inputs;
use crate::options::{Options, Output};
use crate::policy;
use crate::progress::Progress;
use crate::signals::Signals;
use crate::state::{Place, State};
use crate::table::{self, Look};
use crate::threads::Reader;

/// The state of a run.
pub(crate) struct Run {
    pub(crate) options: Options,
    /// Reads the inputs and, with one thread, judges their events.
    pub(crate) engine: Engine,
    /// With several threads, the engines that judged, and the counters of reading.
    judges: Vec<Engine>,
    read: Stats,
    /// Takes what a thread of several has read.
    reader: Option<Reader>,
    pub(crate) inputs: Inputs,
    pub(crate) progress: Progress,
    pub(crate) out: Out,
    pub(crate) signals: Signals,
    /// The file of `--state`.
    state: Option<State>,
    /// The counters as they were when the run began.
    past: Stats,
    /// What `--output` writes for other tools.
    document: Option<Document>,
    /// What `--digest` counts instead of printing alerts.
    digest: Option<Digest>,
    /// Ids of the alerts that were printed. A revision has the id of its alert and is not counted again.
    printed: HashSet<String>,
    /// Ids of all alerts and of their incidents.
    incidents: BTreeSet<String>,
    /// Ids of the alerts that `--min-severity`, `--since` and `--until` left out.
    left_out: HashSet<String>,
}

/// What a thread needs to read inputs.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) options: Options,
    pub(crate) signals: Signals,
    pub(crate) progress: Progress,
}

/// Standard output.
pub(crate) struct Out {
    stream: Stdout,
    is_terminal: bool,
    pub(crate) look: Look,
}

impl Out {
    /// Prints text whose values were escaped before.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes())
    }

    /// Prints a line of JSON. On a terminal, control characters are escaped.
    pub(crate) fn json(&mut self, json: &str) -> io::Result<()> {
        let json = if self.is_terminal { printable_json(json) } else { json.into() };
        writeln!(self.stream, "{json}")
    }

    /// Prints an output for other tools: lines of JSON, or text whose values were escaped before.
    fn document(&mut self, text: &str, is_json: bool) -> io::Result<()> {
        if is_json { text.lines().try_for_each(|line| self.json(line)) } else { self.text(text) }
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Prints a message on standard error as one line, with control characters escaped.
pub(crate) fn say(text: &str) {
    eprintln!("hunt: {}", printable(text));
}

impl Run {
    pub(crate) fn new(options: Options, signals: Signals, engine: Engine, state: Option<State>) -> Self {
        let stream = io::stdout();
        let is_terminal = stream.is_terminal();
        let colors = is_terminal && std::env::var_os("NO_COLOR").is_none();
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let look = Look { colors, width: width.filter(|_| is_terminal) };
        let names = state.iter().flat_map(|state| &state.inputs).map(|(name, _)| name.as_str());
        let document = match options.output {
            Output::Other(form) => Some(Document::new(form)),
            _ => None,
        };
        Self {
            digest: options.digest.then(Digest::default),
            options,
            document,
            inputs: Inputs::after(names),
            signals,
            past: engine.stats(),
            state,
            engine,
            judges: Vec::new(),
            read: Stats::default(),
            reader: None,
            progress: Progress::new(),
            out: Out { stream, is_terminal, look },
            printed: HashSet::new(),
            incidents: BTreeSet::new(),
            left_out: HashSet::new(),
        }
    }

    /// What a thread needs to read inputs.
    pub(crate) fn parts(&self) -> Parts {
        Parts { options: self.options.clone(), signals: self.signals.clone(), progress: self.progress.clone() }
    }

    /// A run that only reads, for others to judge.
    pub(crate) fn reading(parts: Parts, engine: Engine, reader: Reader) -> Self {
        let Parts { options, signals, progress } = parts;
        Self { progress, reader: Some(reader), ..Self::new(options, signals, engine, None) }
    }

    /// Hands over what was read, if others judge it.
    pub(crate) fn hand_over(&mut self) {
        if let Some(reader) = &mut self.reader {
            reader.hand_over(&mut self.engine);
        }
    }

    /// Hands over the rest of what was read.
    pub(crate) fn end_reading(self) {
        if let Some(reader) = self.reader {
            reader.end(self.engine, self.inputs);
        }
    }

    /// Takes over what several threads read and judged.
    pub(crate) fn judged_by(&mut self, inputs: Inputs, read: Stats, judges: Vec<Engine>) {
        (self.inputs, self.read, self.judges) = (inputs, read, judges);
    }

    /// The engines that judge.
    fn judges(&self) -> &[Engine] {
        if self.judges.is_empty() { std::slice::from_ref(&self.engine) } else { &self.judges }
    }

    /// The next alert of the engines that judge, or the next one that entries of the policy cover.
    fn poll(&mut self, next: fn(&mut Engine) -> Option<Alert>) -> Option<Alert> {
        let judges =
            if self.judges.is_empty() { std::slice::from_mut(&mut self.engine) } else { self.judges.as_mut_slice() };
        judges.iter_mut().find_map(next)
    }

    /// The counters of all engines.
    fn stats(&self) -> Stats {
        let mut stats = self.read.clone();
        self.judges().iter().for_each(|engine| stats.add(&engine.stats(), 0));
        stats
    }

    /// The coverage of each host, in order of their names.
    fn coverage(&self) -> Vec<Coverage> {
        let mut hosts: Vec<Coverage> = self.judges().iter().flat_map(Engine::coverage).collect();
        hosts.sort_by(|a, b| a.host.cmp(&b.host));
        hosts
    }

    /// What the entries of the policy did in all engines.
    fn policy_use(&self) -> Vec<EntryUse> {
        let mut all: Vec<EntryUse> = Vec::new();
        for engine in self.judges() {
            let used = engine.policy_use();
            if all.is_empty() {
                all = used;
                continue;
            }
            for (sum, one) in all.iter_mut().zip(used) {
                sum.asked += one.asked;
                sum.matched += one.matched;
                sum.expired += one.expired;
                sum.is_expired |= one.is_expired;
                // Times of one form are ordered as their texts are.
                sum.last = sum.last.take().max(one.last);
            }
        }
        all
    }

    /// Adds an input. One of that name that an earlier run read keeps its number, and its place is given.
    pub(crate) fn begin(&mut self, name: &str) -> (u32, Option<Place>) {
        let known = self.state.as_mut().and_then(|state| {
            let at = state.inputs.iter().position(|(known, _)| known == name)?;
            Some((at as u32, std::mem::take(&mut state.inputs[at].1)))
        });
        match known {
            Some((input, place)) => {
                self.inputs.again(input);
                (input, Some(place))
            }
            None => (self.inputs.begin(name), None),
        }
    }

    /// Ends the reading of an input: its stream is closed or, with `--state`, left open for the next run.
    pub(crate) fn leave(&mut self, input: u32, place: Place, head: &[u8]) {
        let Some(stream) = place.stream else { return };
        match &mut self.state {
            None => self.close(stream, input, head),
            Some(state) => {
                let report = self.engine.stream_report(stream).map(Box::new);
                self.inputs.closed(input, report);
                let name = self.inputs.name(input).to_owned();
                let at = input as usize;
                if state.inputs.len() <= at {
                    state.inputs.resize_with(at + 1, Default::default);
                }
                state.inputs[at] = (name, place);
            }
        }
    }

    /// Whether the state is kept for the next run.
    pub(crate) const fn keeps_state(&self) -> bool {
        self.state.is_some()
    }

    /// Writes the state, if `--state` was given.
    pub(crate) fn save(&mut self) -> Result<(), String> {
        let Some(state) = &mut self.state else { return Ok(()) };
        // The numbers of all inputs stay what they are.
        for input in state.inputs.len()..self.inputs.len() {
            state.inputs.push((self.inputs.name(input as u32).to_owned(), Place::default()));
        }
        state.save(&self.engine).map_err(|error| format!("--state {}: cannot be written: {error}", state.name()))
    }

    /// Adds to the file of `--learn` what was learned.
    pub(crate) fn save_learned(&mut self) -> Result<(), String> {
        let Some(path) = self.options.learn.clone() else { return Ok(()) };
        baseline::save(&path, std::iter::once(&mut self.engine).chain(&mut self.judges))
    }

    /// Reads policy and rules again after SIGHUP. What cannot be read changes nothing.
    pub(crate) fn reload(&mut self) {
        match crate::judges(&self.options) {
            Ok((catalog, policy)) => {
                for dropped in self.engine.replace(catalog, policy) {
                    say(&format!("the rules of {} have changed: its state was dropped", dropped.behavior));
                }
                self.say("policy and rules were read again");
            }
            Err(what) => self.say(&format!("policy and rules stay as they were: {what}")),
        }
    }

    /// Opens the stream of an input. Without a format, each record's format is recognized.
    pub(crate) fn open_stream(&mut self, format: Option<Format>, input: u32) -> StreamId {
        let mut options = format.map_or_else(StreamOptions::recognize, StreamOptions::new);
        options.host = self.options.host.clone();
        options.file = input;
        self.engine.open_stream(options)
    }

    /// Closes the stream of an input. `head` is the beginning of the input, kept if `--format` was given.
    pub(crate) fn close(&mut self, stream: StreamId, input: u32, head: &[u8]) {
        let report = self.engine.close_stream(stream).closed;
        let is_judged = report.as_ref().is_some_and(|report| report.judged() == Judged::Yes);
        if let (false, Some(asked), Some(format)) = (is_judged, self.options.format, Format::detect(head))
            && format != asked
        {
            self.inputs.looks_like(input, format);
        }
        self.inputs.closed(input, report);
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.progress.clear();
        say(text);
    }

    /// Prints the alerts and revisions since the last call.
    pub(crate) fn print_raised(&mut self) -> io::Result<()> {
        while let Some(alert) = self.poll(Engine::poll_alert) {
            self.print(&alert)?;
        }
        self.print_suppressed()
    }

    /// Prints the alerts that entries of the policy cover since the last call, if `--suppressed` was given.
    pub(crate) fn print_suppressed(&mut self) -> io::Result<()> {
        let mut alerts = self.covered();
        alerts.retain(|alert| self.options.suppressed && self.options.wants(alert));
        alerts.iter().try_for_each(|alert| self.write(alert))?;
        self.out.flush()
    }

    /// The alerts that entries of the policy cover since the last call, each as its last revision says, in order of time.
    pub(crate) fn covered(&mut self) -> Vec<Alert> {
        let mut alerts: Vec<Alert> = std::iter::from_fn(|| self.poll(Engine::poll_suppressed)).collect();
        alerts.sort_by(|a, b| a.id.cmp(&b.id).then(b.revision.cmp(&a.revision)));
        alerts.dedup_by(|a, b| a.id == b.id);
        alerts.sort_by(by_time);
        alerts
    }

    /// Prints every alert once, as it stood in the end: as NDJSON in order of time, as a table by incident, each in order
    /// of time.
    pub(crate) fn print_final(&mut self) -> io::Result<()> {
        let alerts = self.final_alerts();
        if self.options.is_table() && self.digest.is_none() {
            self.print_incidents(&alerts)?;
        } else {
            alerts.iter().try_for_each(|alert| self.print(alert))?;
        }
        self.out.flush()
    }

    fn print_incidents(&mut self, alerts: &[Alert]) -> io::Result<()> {
        let mut incidents: Vec<Vec<&Alert>> = Vec::new();
        for alert in alerts.iter().filter(|alert| self.options.wants(alert)) {
            let same = |known: &&mut Vec<&Alert>| {
                known.first().is_some_and(|first| first.incident == alert.incident && first.host == alert.host)
            };
            match incidents.iter_mut().find(same) {
                Some(known) => known.push(alert),
                None => incidents.push(vec![alert]),
            }
        }
        for incident in incidents {
            self.progress.clear();
            if incident.len() > 1 {
                self.out.text(&table::incident(&incident, self.out.look))?;
            }
            incident.into_iter().try_for_each(|alert| self.print(alert))?;
        }
        let left_out = alerts.iter().filter(|alert| !self.options.wants(alert));
        self.left_out.extend(left_out.map(|alert| alert.id.clone()));
        Ok(())
    }

    /// The last revision of every alert, in order of time.
    pub(crate) fn final_alerts(&mut self) -> Vec<Alert> {
        let mut alerts: Vec<Alert> = Vec::new();
        let mut places = HashMap::new();
        while let Some(alert) = self.poll(Engine::poll_alert) {
            let place = *places.entry(alert.id.clone()).or_insert(alerts.len());
            if place == alerts.len() { alerts.push(alert) } else { alerts[place] = alert }
        }
        alerts.sort_by(by_time);
        alerts
    }

    /// Prints an alert, if the options select it.
    pub(crate) fn print(&mut self, alert: &Alert) -> io::Result<()> {
        if !self.count(alert) {
            return Ok(());
        }
        self.write(alert)
    }

    fn write(&mut self, alert: &Alert) -> io::Result<()> {
        self.progress.clear();
        if let Some(digest) = &mut self.digest {
            digest.add(alert);
            Ok(())
        } else if let Some(document) = &mut self.document {
            let lines = document.add(alert);
            self.out.document(&lines, document.is_json())
        } else if self.options.is_ndjson() {
            self.out.json(&alert.to_json())
        } else if self.options.output == Output::Navigator {
            Ok(())
        } else {
            let block = if self.options.explain.is_some() { table::explained } else { table::block };
            let text = block(alert, self.out.look, &|file| (self.inputs.name(file), self.inputs.first(file)));
            self.out.text(&text)
        }
    }

    /// Counts an alert, and returns whether the options select it.
    pub(crate) fn count(&mut self, alert: &Alert) -> bool {
        let is_wanted = self.options.wants(alert);
        if self.options.timeline.is_some() {
            self.incidents.extend([&alert.id, &alert.incident].map(String::clone));
        }
        if is_wanted {
            self.left_out.remove(&alert.id);
            self.printed.insert(alert.id.clone());
        } else if !self.printed.contains(&alert.id) {
            self.left_out.insert(alert.id.clone());
        }
        is_wanted
    }

    /// Prints what stands at the end of an output for other tools: the whole of one that is one text.
    pub(crate) fn print_document(&mut self) -> io::Result<()> {
        let coverage = if self.document.is_some() { self.coverage() } else { Vec::new() };
        if let Some(document) = &mut self.document {
            let text = document.end(&coverage, &self.inputs);
            self.out.document(&text, document.is_json())?;
        }
        if let Some(digest) = &self.digest {
            let json = digest.to_json();
            let text = if self.options.is_ndjson() { json.to_string() } else { format!("{json:#}") };
            text.lines().try_for_each(|line| self.out.json(line))?;
        }
        self.out.flush()
    }

    /// Prints what almost alerted, a timeline, and what is known of a process, where these were asked for.
    pub(crate) fn print_answers(&mut self) -> io::Result<()> {
        let texts = investigate::answers(&self.options, self.judges(), &self.incidents, self.out.look);
        for text in texts {
            if self.options.is_ndjson() { self.out.json(&text)? } else { self.out.text(&text)? }
        }
        self.out.flush()
    }

    /// Prints the coverage of each host, if `--coverage` was given.
    pub(crate) fn print_coverage(&mut self) -> io::Result<()> {
        let is_asked = self.options.coverage && self.document.is_none();
        let hosts = if is_asked { self.coverage() } else { Vec::new() };
        if self.options.output == Output::Navigator {
            let layer = navigator(&FleetCoverage::of(&hosts));
            self.out.json(&format!("{layer:#}"))?;
            return self.out.flush();
        }
        for host in &hosts {
            if self.options.is_ndjson() {
                self.out.json(&format!("{{\"coverage\":{}}}", host.to_json()))?;
            } else {
                self.out.text(&table::coverage(host, self.out.look))?;
            }
        }
        if hosts.len() > 1 {
            let fleet = FleetCoverage::of(&hosts);
            match self.options.is_ndjson() {
                true => self.out.json(&format!("{{\"fleet\":{}}}", fleet.to_json()))?,
                false => self.out.text(&table::fleet(&fleet, self.out.look))?,
            }
        }
        let remedy = Remedy::of(&hosts);
        match self.options.remedy && !remedy.is_empty() {
            true if self.options.is_ndjson() => self.out.json(&format!("{{\"remedy\":{}}}", remedy.to_json()))?,
            true => self.out.text(&remedy.text())?,
            false => {}
        }
        self.out.flush()
    }

    /// Prints the report on inputs and the counters on standard error, and returns the exit status.
    pub(crate) fn finish(self) -> u8 {
        self.progress.clear();
        for line in self.inputs.lines() {
            say(&line);
        }
        let (stats, past) = (self.stats(), &self.past);
        let counters = [
            ("duplicates", stats.duplicates - past.duplicates),
            ("late", stats.late - past.late),
            ("judged early because the reorder buffer was full", stats.released_early - past.released_early),
            ("processes evicted", stats.evicted_processes - past.evicted_processes),
            ("endpoints evicted", stats.evicted_endpoints - past.evicted_endpoints),
            ("names evicted", stats.evicted_names - past.evicted_names),
            ("partial matches evicted", stats.evicted_partial_matches - past.evicted_partial_matches),
            ("hosts evicted", stats.evicted_hosts - past.evicted_hosts),
            ("remote callers evicted", stats.evicted_remotes - past.evicted_remotes),
            ("waiting checks dropped", stats.dropped_checks - past.dropped_checks),
            ("revisions", stats.revisions - past.revisions),
            ("repetitions dropped", stats.deduplicated - past.deduplicated),
            ("suppressed by policy", stats.suppressed - past.suppressed),
            ("long texts matched in part", stats.text_cut - past.text_cut),
            ("suppressed and not kept", stats.suppressed_dropped - past.suppressed_dropped),
            ("below the policy's minimum", stats.below_minimum - past.below_minimum),
            ("alerts dropped because the queue was full", stats.alerts_dropped - past.alerts_dropped),
            ("alerts not printed (--min-severity, --since, --until, --explain)", self.left_out.len() as u64),
        ];
        let counters: Vec<String> =
            counters.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{n} {name}")).collect();
        if !counters.is_empty() {
            say(&counters.join(", "));
        }
        policy::report(&self.policy_use());
        let (alerts, errors) = (self.printed.len(), self.inputs.errors());
        say(&format!("{} events, {alerts} alerts, {errors} errors", stats.events - past.events));
        match (self.inputs.are_judged(self.options.strict), alerts) {
            (false, _) => 2,
            (true, 0) => 0,
            (true, _) => 1,
        }
    }
}

/// The order in which alerts are printed.
fn by_time(a: &Alert, b: &Alert) -> Ordering {
    (a.timestamp, &a.host, &a.code, &a.id).cmp(&(b.timestamp, &b.host, &b.code, &b.id))
}
