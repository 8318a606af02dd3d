//! Which sets of met clauses could complete a behavior: asked with every hit, so worked out when rules are loaded.

use alloc::vec::Vec;

use super::{Behavior, ClauseId, MAX_CLAUSES, Require};

/// The clauses whose bit changes within one word: the number of a bit is a set of these.
const IN_A_WORD: u32 = u64::BITS.ilog2();

/// The sets of clauses that satisfy a behavior's requirements, absent clauses taken as absent: a bit a set.
#[derive(Debug)]
pub(crate) struct CompletionTable(Vec<u64>);

impl CompletionTable {
    pub(super) fn of(behavior: &Behavior) -> Self {
        let sets = 1_usize << behavior.clauses.len().min(MAX_CLAUSES);
        Self((0..sets.div_ceil(64)).map(|word| satisfying(&behavior.require, word)).collect())
    }

    /// Whether the clauses of this set suffice.
    pub(crate) fn has(&self, met: u16) -> bool {
        self.0.get(usize::from(met) / 64).is_some_and(|word| word >> (met % 64) & 1 == 1)
    }
}

/// The sets of one word of the table that satisfy a requirement. All 64 are worked out at once: 16 clauses make 65,536
/// sets, and there are behaviors with as many.
fn satisfying(require: &Require, word: usize) -> u64 {
    match require {
        Require::Clause(clause) => having(*clause, word),
        Require::Absent(clause) => !having(*clause, word),
        Require::All(list) => list.iter().fold(u64::MAX, |sets, part| sets & satisfying(part, word)),
        Require::Any(list) => list.iter().fold(0, |sets, part| sets | satisfying(part, word)),
        Require::AtLeast(least, list) => {
            // For each number, the sets in which at least so many of the parts so far are satisfied.
            let mut reached = alloc::vec![0; usize::from(*least) + 1];
            reached[0] = u64::MAX;
            for part in list {
                let sets = satisfying(part, word);
                for n in (1..reached.len()).rev() {
                    reached[n] |= reached[n - 1] & sets;
                }
            }
            reached[usize::from(*least)]
        }
    }
}

/// The sets of one word of the table that have a clause.
fn having(clause: ClauseId, word: usize) -> u64 {
    match u32::from(clause) {
        // Runs of as many bits without and with it: 0101…, 0011…
        small if small < IN_A_WORD => (u64::MAX / ((1 << (1 << small)) + 1)) << (1 << small),
        large if word >> (large - IN_A_WORD) & 1 == 1 => u64::MAX,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::CompletionTable;
    use crate::Catalog;

    #[test]
    fn a_table_says_what_each_set_by_itself_says() {
        let catalog = Catalog::builtin();
        let mut completing = 0;
        for behavior in catalog.behaviors() {
            let table = CompletionTable::of(behavior);
            for met in (0..1_u32 << behavior.clauses.len()).map(|met| met as u16) {
                assert_eq!(table.has(met), behavior.require.holds(met, true), "{} {met:b}", behavior.code);
                completing += u32::from(table.has(met));
            }
            assert!(!table.has(0), "{} is complete without a clause", behavior.code);
        }
        assert!(completing > 10_000, "{completing}");
    }
}
