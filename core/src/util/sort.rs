//! A stable sort for what is rarely sorted.
//!
//! The standard library's sorts are compiled anew for every type of element, some 10 KB of code each. Here the positions
//! are sorted, by one copy of the code, and the elements are then put in their places.

use alloc::vec::Vec;
use core::cmp::Ordering;

/// Sorts elements; equal ones keep their order. Allocates unless they are in order already.
///
/// ```ignore
/// let mut words = ["bb", "a", "cc"];
/// sort_by(&mut words, |a, b| a.len().cmp(&b.len()));
/// assert_eq!(words, ["a", "bb", "cc"]);
/// ```
pub(crate) fn sort_by<T>(elements: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    if elements.is_sorted_by(|a, b| compare(a, b) != Ordering::Greater) {
        return;
    }
    let mut order: Vec<usize> = (0..elements.len()).collect();
    sort_positions(&mut order, &|a, b| compare(&elements[a], &elements[b]));
    // Each circle of places is walked once: the element that belongs here comes here, and leaves its own place to the next.
    for begin in 0..elements.len() {
        let mut at = begin;
        while order[at] != begin {
            let next = core::mem::replace(&mut order[at], at);
            elements.swap(at, next);
            at = next;
        }
        order[at] = at;
    }
}

/// Sorts elements by a key; equal ones keep their order.
pub(crate) fn sort_by_key<T, K: Ord>(elements: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(elements, |a, b| key(a).cmp(&key(b)));
}

fn sort_positions(order: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    order.sort_by(|a, b| compare(*a, *b));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_elements_keep_their_order() {
        let mut state = 1_u32;
        for length in 0..200 {
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state >> 28
            };
            let mut elements: Vec<(u32, usize)> = (0..length).map(|at| (next(), at)).collect();
            let mut expected = elements.clone();
            expected.sort();
            sort_by_key(&mut elements, |(key, _)| *key);
            assert_eq!(elements, expected);
        }
    }
}
