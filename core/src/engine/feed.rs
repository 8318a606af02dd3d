//! The way of an event through the engine: duplicate filter, order of time, judgment.

use super::duplicates::{Origin, Trace};
use super::instance::Engine;
use super::outcome::Accepted;
use super::reorder::{Held, Taken};
use crate::event::{self, Class, Event, KindTag, Mechanism};
use crate::matching::View;
use crate::report::verdict;
use crate::rules::Tag;
use crate::stats::Position;
use crate::time::Timestamp;
use crate::util::hash::Digest;

/// Due checks that one event runs at most. After a long silence the following events run the rest.
const CHECKS_AN_EVENT: usize = 16;

impl Engine {
    /// Takes one event. See [the one rule](Engine).
    pub fn feed(&mut self, event: &Event<'_>) -> Accepted {
        self.take(event, Origin::Unknown)
    }

    /// Takes one event.
    pub(super) fn take(&mut self, event: &Event<'_>, origin: Origin<'_>) -> Accepted {
        let host = self.state.host_id(event.host);
        // The time as logged counts: the clock's offset may be another one when the event is repeated.
        let trace = self.duplicates.trace(event, host, origin);
        if let Some(collected) = &mut self.collected {
            collected.push(event, host, trace);
            return Accepted::New;
        }
        self.take_traced(event, host, trace)
    }

    /// Takes one event whose trace is known.
    pub(super) fn take_traced(&mut self, event: &Event<'_>, host: Digest, trace: Option<Trace>) -> Accepted {
        let corrected = self.clock_offset(event).map(|offset| {
            let mut event = event.clone();
            shift(&mut event, offset);
            event
        });
        if trace.is_some_and(|trace| self.duplicates.note(trace)) {
            self.stats.duplicates += 1;
            Position::note(&mut self.stats.first_duplicates, event.file, event.record);
            return Accepted::Duplicate;
        }
        let undated = event.time_is_envelope && corrected.is_none();
        let event = corrected.as_ref().unwrap_or(event);
        if !event::has_long_text(event) {
            return self.take_whole(event, host, undated);
        }
        let mut buffer = core::mem::take(&mut self.texts);
        let (cut, count) = event::cut(event, &mut buffer);
        self.stats.text_cut += count;
        let accepted = self.take_whole(&cut, host, undated);
        self.texts = buffer;
        accepted
    }

    /// Takes one event all of whose texts are matched whole; see [`event::cut`]. `undated`: its time is in an unknown zone.
    #[inline]
    fn take_whole(&mut self, event: &Event<'_>, host: Digest, undated: bool) -> Accepted {
        if self.limits.lateness > 0 {
            return self.hold(event, host, undated);
        }
        // Prefetch the processes while the duplicate lookup misses the cache.
        self.state.prefetch(event, host);
        let late = self.judge(event, host);
        if late {
            self.note_late(event);
            return Accepted::Late;
        }
        Accepted::New
    }

    /// Takes one event into the reorder buffer, and judges those that are due.
    fn hold(&mut self, event: &Event<'_>, host: Digest, undated: bool) -> Accepted {
        let taken = self.reorder.take(event, host, self.limits.lateness, undated);
        self.count_steps();
        match taken {
            Taken::Late => {
                self.judge(event, host);
                self.note_late(event);
                Accepted::Late
            }
            Taken::Held => {
                while let Some(held) = self.reorder.ready(host, self.limits.lateness) {
                    self.release(held);
                }
                while let Some(held) = self.reorder.overflow() {
                    self.stats.released_early += 1;
                    self.release(held);
                }
                Accepted::New
            }
        }
    }

    /// Learns a host's clock offset from records with both clocks. Returns it for records that have only an envelope's
    /// clock of unknown zone.
    pub(super) fn clock_offset(&mut self, event: &Event<'_>) -> Option<i64> {
        if event.envelope_time.is_none() && !event.time_is_envelope {
            return None;
        }
        let id = self.state.host_id(event.host);
        let host = self.state.host_of(id, event.host);
        let host = self.state.host_mut(host)?;
        let known = host.envelope_offset;
        if let Some(envelope) = event.envelope_time {
            host.learn_clock(event.time, envelope);
        }
        let offset = host.envelope_offset?;
        if known.is_none() {
            self.reorder.date(id, offset);
        }
        event.time_is_envelope.then_some(offset)
    }

    pub(super) fn note_late(&mut self, event: &Event<'_>) {
        self.stats.late += 1;
        Position::note(&mut self.stats.first_late, event.file, event.record);
    }

    pub(super) fn release(&mut self, held: Held) {
        if let Some(mut event) = event::decode(&held.bytes) {
            (event.record, event.part, event.file) = (held.record, held.part, held.file);
            let offset = held.time.0.saturating_sub(event.time.0);
            shift(&mut event, offset);
            self.judge(&event, held.host);
        }
        self.reorder.recycle(held.bytes);
    }

    /// Judges one event now. Returns whether its host had later events before.
    pub(super) fn judge(&mut self, event: &Event<'_>, id: Digest) -> bool {
        let host = self.state.host_of(id, event.host);
        let (late, watermark, booted) = match self.state.host_mut(host) {
            Some(known) => {
                let late = known.newest > event.time;
                if known.newest == Timestamp::MIN {
                    known.declared = verdict::declared_kinds(&self.policy, event.host);
                }
                known.note(event);
                (late, known.newest, known.booted)
            }
            None => (false, event.time, Timestamp::MIN),
        };
        self.stats.events += 1;
        let mut resolved = self.state.observe(event, host, id, booted);
        let tags = self.analytics.derive(&mut self.state, event, &resolved);
        if Class::of(&event.kind).is_of(Mechanism::NamedPipe)
            && let Some(known) = self.state.host_mut(host)
        {
            known.channels.note_pipe(event.source.channel, tags.has(Tag::PipeKnownBad));
        }
        // Checks that are due before this event run first.
        if self.correlator.may_be_due(id, watermark) {
            self.correlator.advance(&self.state, id, watermark, CHECKS_AN_EVENT, &mut self.completions);
        }
        let is_met = self.correlator.meet(&View::new(&self.state, event, &resolved, tags));
        if is_met {
            self.state.describe(event, &mut resolved);
        }
        // Who started is evidence of what it does later.
        if is_met || event.kind.tag() == KindTag::ProcessStart {
            resolved.is_rare = self.state.prefer_rare(event, &resolved, tags);
        }
        if is_met || resolved.new_link {
            self.correlator.complete(&View::new(&self.state, event, &resolved, tags), &mut self.completions);
        }
        self.note_exposures(event, &resolved, tags);
        if self.learner.is_some() {
            self.learn(event, resolved, is_met);
        }
        if self.correlator.has_live_anchors() && self.state.prefer_live(event, &resolved) {
            self.correlator.prefer_live_anchors();
        }
        self.note_lost();
        let may_alert = !self.completions.is_empty();
        if may_alert {
            let completions = core::mem::take(&mut self.completions);
            self.report(completions);
        }
        let evicted = self.state.evicted_processes + self.correlator.evicted();
        if evicted != self.evicted {
            self.evicted = evicted;
            self.note_lost();
            self.state.note_flood(event, host, resolved.actor);
        }
        if may_alert {
            self.count_steps();
        } else {
            // No other table was looked into.
            self.note_steps(0);
        }
        late
    }

    /// Tells hosts what was evicted of theirs.
    fn note_lost(&mut self) {
        if !self.correlator.has_lost() {
            return;
        }
        for (lost, is_long_term) in self.correlator.take_lost() {
            self.state.note_lost_hits(lost.host, lost.latest, lost.count, is_long_term);
        }
    }

    /// Counts the table steps since the last call as those of one event.
    pub(super) fn count_steps(&mut self) {
        let others = self.dedup.take_steps() + self.incidents.take_steps() + self.risk.take_steps();
        self.note_steps(others);
    }

    fn note_steps(&mut self, others: u64) {
        let steps = self.state.take_steps()
            + self.correlator.take_steps()
            + self.reorder.take_steps()
            + self.exposures.take_steps()
            + others;
        self.stats.max_steps = self.stats.max_steps.max(steps);
    }
}

/// Adds a clock offset to the times of an event.
fn shift(event: &mut Event<'_>, offset: i64) {
    event.time = event.time + offset;
    event.actor.start = event.actor.start.map(|start| start + offset);
}
