//! Evaluates predicates on an event.

use super::view::{Value, View};
use crate::event::Os;
use crate::rules::{ClauseIndex, ClauseSet, Field, IndexedClause, ListBits, ListTests, Predicate, Test};

impl<'a> View<'a> {
    /// Whether every predicate holds.
    pub(crate) fn holds(&self, predicates: &[Predicate]) -> bool {
        predicates.iter().all(|predicate| match predicate {
            Predicate::Test(field, test) => self.test(*field, test),
            Predicate::Any(ways) => ways.iter().any(|way| self.holds(way)),
        })
    }

    fn test(&self, field: Field, test: &Test) -> bool {
        let value = self.value(field);
        match (test, value) {
            (Test::Unknown(_), Value::NotCollected) => false,
            (Test::Unknown(wanted), value) => matches!(value, Value::Missing) == *wanted,
            (Test::Not(inner), _) => !self.test(field, inner),
            (Test::Tag(tag), Value::Tags(tags)) => {
                tags.has(*tag) || tag.is_lazy() && self.state.is_related(self.resolved)
            }
            (Test::TextIn(any_of), Value::Text(text, _)) => any_of.iter().any(|t| self.same_text(t, text)),
            (Test::Like(any_of), Value::Text(text, _)) => any_of.iter().any(|pattern| pattern.matches(text)),
            (Test::Template(template), Value::Text(text, _)) => template.fits(text),
            (Test::Rare(wanted), Value::Text(..)) => {
                self.state.endpoint(self.resolved.endpoint).is_some_and(|e| e.reference.is_none() == *wanted)
            }
            (Test::List(wanted), Value::Text(text, bits)) => {
                let lists = self.state.catalog.lists();
                // The lists of an interned name or a kept command line are computed once and cached.
                wanted.iter().any(|&list| match bits {
                    Some(bits) if field.is_text() || !lists.is_text(list) => bits.has(list),
                    _ => lists.matches(list, text),
                })
            }
            (Test::NumberIn(any_of), Value::Number(n)) => any_of.contains(&n),
            (Test::Less(limit), Value::Number(n)) => n < *limit,
            (Test::Greater(limit), Value::Number(n)) => n > *limit,
            (Test::BitsAny(bits), Value::Number(n)) => n as u64 & bits != 0,
            (Test::Same(other), Value::Text(text, _)) => {
                matches!(self.value(*other), Value::Text(t, _) if self.same_text(t, text))
            }
            (Test::Same(other), Value::Number(n)) => matches!(self.value(*other), Value::Number(m) if m == n),
            _ => false,
        }
    }

    /// Gives the clauses of an index that the event meets, in the order of the index.
    pub(crate) fn meets(&self, index: &'a ClauseIndex, mut take: impl FnMut(&'a IndexedClause)) {
        let mut left = index.by_tags(self.tags);
        if index.asks_mechanism() {
            left &= index.by_mechanism(match self.value(Field::EndpointMechanism) {
                Value::Number(mechanism) => Some(mechanism),
                _ => None,
            });
        }
        for tests in &index.list_tests {
            if left & tests.asking != 0 {
                left &= self.passing(tests);
            }
        }
        while left != 0 {
            let next = left.trailing_zeros();
            left &= left - 1;
            if let Some(clause) = index.clauses.get(next as usize).filter(|clause| self.holds(&clause.rest)) {
                take(clause);
            }
        }
    }

    /// The clauses that the lists of a name or text let through.
    fn passing(&self, tests: &ListTests) -> ClauseSet {
        if let Some(bits) = self.cached_lists(tests.field) {
            return tests.passing(bits);
        }
        let lists = self.state.catalog.lists();
        match self.value(tests.field) {
            Value::Text(_, Some(bits)) => tests.passing(bits),
            Value::Text(text, None) if tests.field.is_text() => tests.passing(&lists.of_text(text)),
            Value::Text(text, None) => tests.passing(&lists.of_name(text)),
            _ => tests.passing(&ListBits::NONE),
        }
    }

    fn same_text(&self, a: &[u8], b: &[u8]) -> bool {
        if self.os() == Os::Linux { a == b } else { a.eq_ignore_ascii_case(b) }
    }
}
