//! Saves an engine, makes one of a snapshot, and changes the catalog and policy of one that runs.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::instance::Engine;
use super::stream::{Stream, StreamId, StreamOptions};
use crate::derive::Analytics;
use crate::limits::Limits;
use crate::policy::Policy;
use crate::report::verdict;
use crate::rules::{BehaviorId, Catalog};
use crate::snapshot::{Container, ContainerWriter, Dropped, Part, RestoreError, Restored};
use crate::stats::{Position, Stats};
use crate::util::saved::{self, Fault, Reader, Saved, Schema, Writer, saved, small};

saved!(Position { file, record });
saved!(Stats {
    records, stream_bytes, events, skipped, decode_errors, first_decode_errors, late, first_late, duplicates,
    first_duplicates, released_early, evicted_processes, evicted_endpoints, evicted_names, evicted_partial_matches,
    evicted_hosts, evicted_remotes, dropped_checks, alerts, revisions, merged, deduplicated, suppressed, suppressed_dropped,
    below_minimum, alerts_dropped, text_cut, max_steps, bytes,
} where |stats| [
    stats.records, stats.stream_bytes, stats.events, stats.skipped, stats.decode_errors, stats.late, stats.duplicates,
    stats.released_early, stats.alerts, stats.revisions, stats.deduplicated, stats.suppressed, stats.below_minimum,
    stats.alerts_dropped, stats.text_cut,
].into_iter().all(small));

/// A behavior of the catalog that a snapshot was written with.
struct Known {
    id: String,
    digest: u64,
}
saved!(Known { id, digest });

/// The schemas of the parts.
fn schema(part: Part) -> u64 {
    use saved::of_part;
    let schema = Schema::new();
    let schema = match part {
        Part::Seed => schema.of::<u64>(),
        Part::Catalog => schema.of::<(u64, Vec<Known>)>(),
        Part::Counters => of_part(schema, |engine: &Engine| &engine.stats),
        Part::State => of_part(schema, |engine: &Engine| &engine.state),
        Part::Matches => of_part(schema, |engine: &Engine| &engine.correlator),
        Part::Waiting => of_part(schema, |engine: &Engine| &engine.reorder),
        Part::Duplicates => of_part(schema, |engine: &Engine| &engine.duplicates),
        Part::Alerts => {
            let schema = of_part(schema, |engine: &Engine| &engine.dedup);
            let schema = of_part(schema, |engine: &Engine| &engine.suppressed.dedup);
            let schema = of_part(schema, |engine: &Engine| &engine.suppressed.alerts);
            let schema = of_part(schema, |engine: &Engine| &engine.exposures);
            let schema = of_part(schema, |engine: &Engine| &engine.risk);
            let schema = of_part(schema, |engine: &Engine| &engine.incidents);
            let schema = of_part(schema, |engine: &Engine| &engine.kept);
            of_part(schema, |engine: &Engine| &engine.alerts)
        }
        Part::Streams => <Stream as saved::Restored>::form(schema),
    };
    schema.finish()
}

impl Engine {
    /// Writes all state in chunks of some 64 KiB: hosts, processes, endpoints, partial matches, events that wait, what
    /// was raised, and of every open stream the records half read. [`Engine::restore`] makes an engine of it that goes
    /// on as this one would. The seed is part of it, so keep it as secret as the seed. Catalog, policy, limits, the
    /// baseline in use and what is learned are not: [`Engine::take_learned`] gives the latter to be merged with what the
    /// next engine learns.
    ///
    /// The time is that of some copies of the state, so do not call it for every event. Alerts that wait to be polled
    /// are saved, too: whoever restores the engine polls them.
    ///
    /// ```
    /// use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions, decode::Format};
    ///
    /// let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    /// let stream = engine.open_stream(StreamOptions::new(Format::Auditd));
    /// engine.feed_bytes(stream, b"type=USER_CMD msg=audit(1.00");
    /// let mut saved = Vec::new();
    /// engine.snapshot(&mut |chunk| saved.extend_from_slice(chunk));
    ///
    /// // In another process, with the same catalog and policy:
    /// let (catalog, limits) = (Catalog::builtin(), Limits::default());
    /// let (mut engine, report) = Engine::restore(catalog, Policy::default(), limits, &saved)?;
    /// assert!(report.dropped.is_empty() && report.left.is_empty());
    /// let report = engine.feed_bytes(stream, b"0:1): pid=1\n");
    /// assert_eq!((report.records, report.error_count), (1, 0));
    /// # Ok::<(), ipcsentry::RestoreError>(())
    /// ```
    pub fn snapshot(&self, sink: &mut dyn FnMut(&[u8])) {
        let mut out = ContainerWriter::new(sink);
        // Without `..`: state that is not saved does not compile. `completions` is empty between calls, batches
        // are for engines that live now; the rest follows from catalog, policy and limits.
        let Self {
            limits,
            policy: _,
            state,
            analytics: _,
            correlator,
            reorder,
            dedup,
            incidents,
            kept,
            exposures,
            risk,
            duplicates,
            streams,
            unfinished: _,
            longest: _,
            unfinished_budget: _,
            alerts,
            alert_budget: _,
            suppressed,
            policy_use: _,
            completions: _,
            texts: _,
            collected: _,
            stats,
            evicted: _,
            baseline: _,
            learner: _,
        } = self;
        limits.seed.save(out.part(Part::Seed, schema(Part::Seed)));
        let known = |rule: &crate::rules::Behavior| Known { id: rule.id.clone(), digest: rule.digest };
        let behaviors: Vec<Known> = state.catalog.behaviors().iter().map(known).collect();
        (state.catalog.names_digest(), behaviors).save(out.part(Part::Catalog, schema(Part::Catalog)));
        stats.save(out.part(Part::Counters, schema(Part::Counters)));
        saved::Restored::store(state, out.part(Part::State, schema(Part::State)));
        saved::Restored::store(correlator, out.part(Part::Matches, schema(Part::Matches)));
        saved::Restored::store(reorder, out.part(Part::Waiting, schema(Part::Waiting)));
        saved::Restored::store(duplicates, out.part(Part::Duplicates, schema(Part::Duplicates)));
        let part = out.part(Part::Alerts, schema(Part::Alerts));
        saved::Restored::store(dedup, part);
        saved::Restored::store(incidents, part);
        saved::Restored::store(kept, part);
        saved::Restored::store(alerts, part);
        saved::Restored::store(&suppressed.dedup, part);
        saved::Restored::store(&suppressed.alerts, part);
        saved::Restored::store(exposures, part);
        saved::Restored::store(risk, part);
        store_streams(streams, out.part(Part::Streams, schema(Part::Streams)));
        out.finish();
    }

    /// An engine that goes on where the one went on that wrote this snapshot. The numbers of open streams are the same
    /// ([`Engine::has_stream`]). State of behaviors that the catalog has unchanged is kept; the report says what was
    /// dropped or left. The seed is that of the snapshot; the other limits hold from now on, and a snapshot that holds
    /// more than they allow is refused.
    ///
    /// # Errors
    /// Where the snapshot is damaged or cut, by another version, or holds what cannot be. Then nothing has changed. A
    /// snapshot of hostile origin costs no more than memory and time in proportion to its length.
    pub fn restore(
        catalog: Catalog,
        policy: Policy,
        limits: Limits,
        snapshot: &[u8],
    ) -> Result<(Self, Restored), RestoreError> {
        let container = Container::open(snapshot)?;
        let mut limits = limits;
        let mut report = Restored::default();
        let seed = read(&container, Part::Seed, u64::load)?;
        limits.seed = seed.unwrap_or_else(|| left(&mut report, Part::Seed, limits.seed));
        let mut engine = Self::new(catalog, policy, limits);
        let known = read(&container, Part::Catalog, <(u64, Vec<Known>)>::load)?;
        let (names, known) = known.unwrap_or_else(|| left(&mut report, Part::Catalog, (0, Vec::new())));
        // Handles and hashes of everything else are worth nothing under another seed.
        let has_seed = seed.is_some();
        let mut part = |part: Part, needed: bool, fill: &mut dyn FnMut(&mut Reader<'_>) -> Result<(), Fault>| {
            let is_read = needed && read(&container, part, fill)?.is_some();
            if !is_read {
                left(&mut report, part, ());
            }
            Ok::<bool, RestoreError>(is_read)
        };
        part(Part::Counters, true, &mut |from| saved::Restored::restore(&mut engine.stats, from))?;
        let has_state = part(Part::State, has_seed, &mut |from| saved::Restored::restore(&mut engine.state, from))?;
        let matches = &mut |from: &mut Reader<'_>| saved::Restored::restore(&mut engine.correlator, from);
        part(Part::Matches, has_state && !known.is_empty(), matches)?;
        part(Part::Waiting, has_seed, &mut |from| saved::Restored::restore(&mut engine.reorder, from))?;
        part(Part::Duplicates, has_seed, &mut |from| saved::Restored::restore(&mut engine.duplicates, from))?;
        part(Part::Alerts, has_state, &mut |from| {
            saved::Restored::restore(&mut engine.dedup, from)?;
            saved::Restored::restore(&mut engine.incidents, from)?;
            saved::Restored::restore(&mut engine.kept, from)?;
            saved::Restored::restore(&mut engine.alerts, from)?;
            saved::Restored::restore(&mut engine.suppressed.dedup, from)?;
            saved::Restored::restore(&mut engine.suppressed.alerts, from)?;
            saved::Restored::restore(&mut engine.exposures, from)?;
            saved::Restored::restore(&mut engine.risk, from)
        })?;
        let most = engine.limits.max_record_bytes;
        part(Part::Streams, true, &mut |from| {
            engine.streams = load_streams(from, most)?;
            Ok(())
        })?;
        engine.evicted = engine.state.evicted_processes + engine.correlator.evicted();
        for number in 0..engine.streams.len() {
            let unfinished = engine.streams[number].as_ref().map_or(0, |stream| stream.unfinished_bytes());
            engine.count_unfinished(StreamId(number as u32), 0, unfinished);
        }
        let catalog = engine.state.catalog.clone();
        if names != catalog.names_digest() {
            engine.state.replace_catalog(catalog.clone());
        }
        let behaviors: Vec<(&str, u64)> = known.iter().map(|known| (known.id.as_str(), known.digest)).collect();
        if !engine.take_over(&catalog, &behaviors, &mut report.dropped) {
            let (offset, what) = (snapshot.len() as u64, "a partial match is of no behavior");
            return Err(RestoreError::Inconsistent { offset, part: Part::Matches.name(), what });
        }
        Ok((engine, report))
    }

    /// Gives the engine another catalog and policy while it runs. Hosts, processes, endpoints, open streams and events
    /// that wait stay, and so does the state of the behaviors that are in both catalogs with the same id and content.
    /// State of all others is dropped; the result says of which. What was computed of names by lists is computed anew.
    ///
    /// ```
    /// # use ipcsentry::{Catalog, Engine, Limits, Policy};
    /// let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    /// let dropped = engine.replace(Catalog::builtin().without(&["W18"])?, Policy::default());
    /// assert!(dropped.is_empty(), "there was no state yet");
    /// # Ok::<(), ipcsentry::rules::CatalogError>(())
    /// ```
    pub fn replace(&mut self, catalog: Catalog, policy: Policy) -> Vec<Dropped> {
        let catalog = policy.with_windows(&catalog);
        self.policy_use = policy.begin_use();
        if let Some(learner) = &mut self.learner {
            learner.replace(&policy);
        }
        self.policy = policy;
        let old = self.state.catalog.clone();
        if old.names_digest() != catalog.names_digest() {
            self.state.replace_catalog(catalog.clone());
        }
        self.state.catalog = catalog.clone();
        self.analytics = Analytics::new(&catalog);
        let behaviors: Vec<(&str, u64)> = old.behaviors().iter().map(|rule| (rule.id.as_str(), rule.digest)).collect();
        let mut dropped = Vec::new();
        // Every behavior with state was of the old catalog.
        let _ = self.take_over(&catalog, &behaviors, &mut dropped);
        dropped
    }

    /// Gives the state of behaviors, known by id and digest in the order of their old numbers, to the behaviors of the
    /// catalog. `false` if some state is of none of them.
    fn take_over(&mut self, catalog: &Catalog, known: &[(&str, u64)], dropped: &mut Vec<Dropped>) -> bool {
        let mut is_whole = true;
        let numbers: Vec<Option<BehaviorId>> = known
            .iter()
            .map(|(id, digest)| {
                let same = |rule: &crate::rules::Behavior| rule.id == *id && rule.digest == *digest;
                catalog.behaviors().iter().position(same).map(|at| at as BehaviorId)
            })
            .collect();
        let number = |old: BehaviorId| numbers.get(usize::from(old)).copied().flatten();
        self.correlator.replace_catalog(catalog, number, |old| match known.get(usize::from(old)) {
            Some((id, _)) => Dropped::note(dropped, id),
            None => is_whole = false,
        });
        let policy = &self.policy;
        self.state.declare_again(|host| verdict::declared_kinds(policy, host));
        is_whole
    }
}

/// Reads a part; `None` if this version does not know its schema.
fn read<T>(
    container: &Container<'_>,
    part: Part,
    load: impl FnOnce(&mut Reader<'_>) -> Result<T, Fault>,
) -> Result<Option<T>, RestoreError> {
    let Some(mut from) = container.part(part, schema(part)) else { return Ok(None) };
    let loaded = load(&mut from).and_then(|loaded| {
        from.need(from.left() == 0, "bytes are left over")?;
        Ok(loaded)
    });
    let fault = |Fault { offset, what }| RestoreError::Inconsistent { offset, part: part.name(), what };
    loaded.map(Some).map_err(fault)
}

/// Notes a part that is left out; gives what stands in for it.
fn left<T>(report: &mut Restored, part: Part, instead: T) -> T {
    report.left.push(part.name());
    instead
}

fn store_streams(streams: &[Option<Box<Stream>>], out: &mut Writer<'_>) {
    out.count(streams.len());
    for stream in streams {
        stream.is_some().save(out);
        if let Some(stream) = stream {
            saved::Restored::store(&**stream, out);
        }
    }
}

fn load_streams(from: &mut Reader<'_>, max_record: usize) -> Result<Vec<Option<Box<Stream>>>, Fault> {
    let mut streams = Vec::new();
    for _ in 0..from.count()? {
        streams.push(match bool::load(from)? {
            false => None,
            true => {
                let mut stream = Box::new(Stream::new(StreamOptions::recognize(), max_record));
                saved::Restored::restore(&mut *stream, from)?;
                Some(stream)
            }
        });
    }
    Ok(streams)
}
