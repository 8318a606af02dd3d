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
        Self(satisfying(&behavior.require, sets.div_ceil(64)))
    }

    /// Whether the clauses of this set suffice.
    pub(crate) fn has(&self, met: u16) -> bool {
        self.0.get(usize::from(met) / 64).is_some_and(|word| word >> (met % 64) & 1 == 1)
    }
}

/// The sets that satisfy a requirement, in a table of so many words. All are worked out at once: 16 clauses make 65,536
/// sets, and there are behaviors with as many.
fn satisfying(require: &Require, words: usize) -> Vec<u64> {
    let all = |sets| alloc::vec![sets; words];
    match require {
        Require::Clause(clause) => (0..words).map(|word| having(*clause, word)).collect(),
        Require::Absent(clause) => (0..words).map(|word| !having(*clause, word)).collect(),
        Require::All(list) => list.iter().fold(all(u64::MAX), |sets, part| both(sets, &satisfying(part, words))),
        Require::Any(list) => list.iter().fold(all(0), |sets, part| either(sets, &satisfying(part, words))),
        Require::AtLeast(least, list) => {
            // For each number, the sets in which at least so many of the parts so far are satisfied.
            let mut reached = alloc::vec![all(0); usize::from(*least) + 1];
            reached[0] = all(u64::MAX);
            for part in list {
                let sets = satisfying(part, words);
                for n in (1..reached.len()).rev() {
                    let more = both(reached[n - 1].clone(), &sets);
                    reached[n] = either(core::mem::take(&mut reached[n]), &more);
                }
            }
            reached.swap_remove(usize::from(*least))
        }
    }
}

fn both(mut sets: Vec<u64>, others: &[u64]) -> Vec<u64> {
    sets.iter_mut().zip(others).for_each(|(sets, others)| *sets &= others);
    sets
}

fn either(mut sets: Vec<u64>, others: &[u64]) -> Vec<u64> {
    sets.iter_mut().zip(others).for_each(|(sets, others)| *sets |= others);
    sets
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
