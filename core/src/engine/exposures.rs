//! Exposures that events showed: what makes attacks easier, apart from alerts. Each is kept once for a host, an object and
//! a program, with how often it was seen.

use crate::event::Event;
use crate::matching::SourceRef;
use crate::rules::Exposure;
use crate::state::{HostState, ResolvedEvent};
use crate::time::Timestamp;
use crate::util::hash::{Digest, Hasher};
use crate::util::intern::Sym;
use crate::util::saved::{restored, saved};
use crate::util::table::{QuotaGroup, Table};

/// One exposure of a host.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) host: Digest,
    /// The digest of the exposure's id: another catalog may have it, too.
    pub(super) exposure: u64,
    pub(super) object: Option<Sym>,
    pub(super) program: Option<Sym>,
    pub(super) count: u64,
    pub(super) first: Timestamp,
    pub(super) last: SourceRef,
}

/// All exposures that an engine knows of.
#[derive(Debug)]
pub(super) struct Exposures {
    seen: Table<Seen>,
}

saved!(Seen { host, exposure, object, program, count, first, last });
restored!(Exposures { seen });

impl Exposures {
    pub(super) const fn new(bytes: usize) -> Self {
        Self { seen: Table::with_bytes(bytes) }
    }

    /// Notes one, or counts it once more.
    pub(super) fn note(&mut self, exposure: &Exposure, state: &HostState, event: &Event<'_>, resolved: &ResolvedEvent) {
        let object = state.endpoint(resolved.endpoint).map(|endpoint| endpoint.name).or(resolved.object);
        let program = state.process(resolved.actor).and_then(|process| process.image);
        let host = resolved.host_hash;
        let number = |sym: Option<Sym>| sym.map_or(0, Sym::number);
        let key = Hasher::of(host).u64(exposure.digest).u64(number(object)).u64(number(program)).finish();
        let is_it = |seen: &Seen| {
            (seen.host, seen.exposure, seen.object, seen.program) == (host, exposure.digest, object, program)
        };
        let last = SourceRef::of(event);
        match self.seen.find(key, is_it).and_then(|handle| self.seen.get_mut(handle)) {
            Some(seen) => {
                seen.count += 1;
                seen.first = seen.first.min(event.time);
                if last.time >= seen.last.time {
                    seen.last = last;
                }
            }
            None => {
                let fresh =
                    Seen { host, exposure: exposure.digest, object, program, count: 1, first: event.time, last };
                // What gives way for it is seen again when it happens again.
                let _ = self.seen.insert(key, QuotaGroup::of_host(host.low()), fresh);
            }
        }
    }

    /// All of them, in an order without meaning.
    pub(super) fn all(&self) -> impl Iterator<Item = &Seen> {
        self.seen.entries().map(|(_, seen)| seen)
    }

    pub(super) fn bytes(&self) -> usize {
        self.seen.bytes()
    }

    pub(super) const fn take_steps(&mut self) -> u64 {
        self.seen.take_steps()
    }
}
