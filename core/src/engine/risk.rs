//! Weak evidence of one lineage or one requester: it adds up, fades with time, and becomes an alert at a cap that the policy
//! sets. Each behavior counts once, by its surest alert.

use smallvec::SmallVec;

use crate::time::Timestamp;
use crate::util::hash::Digest;
use crate::util::saved::{restored, saved};
use crate::util::table::{QuotaGroup, Table};

/// Behaviors that are kept of one lineage or requester.
const MOST: usize = 8;

/// Weak evidence of one lineage or requester.
pub(super) type Evidence = SmallVec<[Weak; MOST]>;

/// What one behavior adds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weak {
    /// A fixed hash of the behavior's id.
    pub(super) behavior: u64,
    /// The id that its alert has, or would have.
    pub(super) alert: u64,
    pub(super) time: Timestamp,
    /// Confidence in thousandths.
    pub(super) confidence: u16,
}

/// What is kept of one lineage or requester.
#[derive(Debug)]
struct Ledger {
    who: Digest,
    evidence: Evidence,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Risk {
    ledgers: Table<Ledger>,
}

saved!(Weak { behavior, alert, time, confidence });
saved!(Ledger { who, evidence } where |ledger| ledger.evidence.len() <= MOST);
restored!(Risk { ledgers });

impl Weak {
    /// What is left of it at a time, in thousandths: half after each half-life.
    pub(super) fn left(&self, at: Timestamp, half_life: i64) -> u32 {
        let age = self.time.distance(at);
        let (halves, rest) = (age / half_life.max(1), age % half_life.max(1));
        let left = u64::from(self.confidence).checked_shr(u32::try_from(halves).unwrap_or(u32::MAX)).unwrap_or(0);
        // Between two halves it falls in a straight line.
        let fallen = i128::from(left) * i128::from(rest) / (2 * i128::from(half_life.max(1)));
        (left as u32).saturating_sub(fallen as u32)
    }
}

impl Risk {
    pub(super) const fn new(bytes: usize) -> Self {
        Self { ledgers: Table::with_bytes(bytes) }
    }

    /// Adds weak evidence, and gives all that there is then of the same lineage or requester and still counts.
    pub(super) fn add(&mut self, group: QuotaGroup, who: Digest, weak: Weak, half_life: i64) -> Evidence {
        let found = self.ledgers.find(who.low(), |known| known.who == who);
        let handle = found.unwrap_or_else(|| {
            // What gives way for it is weak by itself.
            self.ledgers.insert(who.low(), group, Ledger { who, evidence: SmallVec::new() }).0
        });
        let Some(ledger) = self.ledgers.get_mut(handle) else { return SmallVec::new() };
        let left = |known: &Weak| known.left(weak.time, half_life);
        ledger.evidence.retain(|known| left(known) > 0);
        match ledger.evidence.iter_mut().find(|known| known.behavior == weak.behavior) {
            Some(known) if left(known) > u32::from(weak.confidence) => {}
            Some(known) => *known = weak,
            None => {
                if ledger.evidence.len() == MOST {
                    let least = (0..MOST).min_by_key(|at| (left(&ledger.evidence[*at]), *at)).unwrap_or_default();
                    ledger.evidence.remove(least);
                }
                ledger.evidence.push(weak);
            }
        }
        ledger.evidence.clone()
    }

    pub(super) fn bytes(&self) -> usize {
        self.ledgers.bytes()
    }

    pub(super) const fn take_steps(&mut self) -> u64 {
        self.ledgers.take_steps()
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Risk, Weak};
    use crate::time::{HOUR, Timestamp};
    use crate::util::hash::Digest;
    use crate::util::table::QuotaGroup;

    fn weak(behavior: u64, hour: i64, confidence: u16) -> Weak {
        Weak { behavior, alert: behavior, time: Timestamp(hour * HOUR), confidence }
    }

    #[test]
    fn evidence_fades_by_half_each_half_life() {
        let of = weak(1, 0, 800);
        let left = |hours: i64| of.left(Timestamp(hours * HOUR), 2 * HOUR);
        assert_eq!([left(0), left(1), left(2), left(4), left(40)], [800, 600, 400, 200, 0]);
        assert_eq!(of.left(Timestamp(i64::MAX), 1), 0);
    }

    #[test]
    fn each_behavior_counts_once_by_its_surest_evidence() {
        let mut risk = Risk::new(1 << 16);
        let mut add = |of: Weak| -> u32 {
            let kept = risk.add(QuotaGroup::COMMON, Digest::of_number(1, 7), of, HOUR);
            kept.iter().map(|known| known.left(of.time, HOUR)).sum()
        };
        assert_eq!(add(weak(1, 0, 300)), 300);
        assert_eq!(add(weak(1, 0, 500)), 500);
        assert_eq!(add(weak(1, 0, 300)), 500);
        assert_eq!(add(weak(2, 0, 200)), 700);
        assert_eq!(add(weak(2, 1, 200)), 450);
        for behavior in 3..30 {
            assert!(add(weak(behavior, 1, 100)) <= 450 + 100 * MOST as u32);
        }
    }
}
