//! Evaluates predicates on an event.

use super::view::{Value, View};
use crate::event::Os;
use crate::rules::{ClauseIndex, Field, IndexedClause, ListBits, Predicate, Test};

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

    /// The clauses of an index that the event meets, in the order of the index.
    pub(super) fn meets(&self, index: &'a ClauseIndex) -> impl Iterator<Item = &'a IndexedClause> {
        let mut left = index.by_tags(self.tags);
        if index.asks_mechanism() {
            left &= index.by_mechanism(match self.value(Field::EndpointMechanism) {
                Value::Number(mechanism) => Some(mechanism),
                _ => None,
            });
        }
        for place in &index.places {
            if left & place.asking != 0 {
                left &= place.passing(&self.lists_of(place.field));
            }
        }
        let may = core::iter::from_fn(move || {
            let next = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            index.clauses.get(next as usize)
        });
        may.filter(|clause| self.holds(&clause.rest))
    }

    fn lists_of(&self, field: Field) -> ListBits {
        let lists = self.state.catalog.lists();
        match self.value(field) {
            Value::Text(_, Some(bits)) => *bits,
            Value::Text(text, None) if field.is_text() => lists.of_text(text),
            Value::Text(text, None) => lists.of_name(text),
            _ => ListBits::NONE,
        }
    }

    fn same_text(&self, a: &[u8], b: &[u8]) -> bool {
        if self.os() == Os::Linux { a == b } else { a.eq_ignore_ascii_case(b) }
    }
}
