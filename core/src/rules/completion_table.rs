//! Which sets of met clauses could complete a behavior: asked with every hit, so worked out beforehand.

use alloc::vec;
use alloc::vec::Vec;

use super::{Behavior, MAX_CLAUSES};

/// The sets of clauses that satisfy a behavior's requirements, absent clauses taken as absent: a bit a set.
#[derive(Debug)]
pub(crate) struct CompletionTable(Vec<u64>);

impl CompletionTable {
    pub(super) fn of(behavior: &Behavior) -> Self {
        let sets = 1_usize << behavior.clauses.len().min(MAX_CLAUSES);
        let mut bits = vec![0_u64; sets.div_ceil(64)];
        for met in (0..sets).filter(|&met| behavior.require.holds(met as u16, true)) {
            bits[met / 64] |= 1 << (met % 64);
        }
        Self(bits)
    }

    /// Whether the clauses of this set suffice.
    pub(crate) fn has(&self, met: u16) -> bool {
        self.0.get(usize::from(met) / 64).is_some_and(|word| word >> (met % 64) & 1 == 1)
    }
}
