//! A small cache of what was used last, in sets of two places: an estate of a few dozen hosts finds each of them.

use crate::util::hash::Digest;
use crate::util::saved::{Saved, saved};

/// Sets of two places.
const SETS: usize = 32;

/// Values of the digests that were used last. What it has forgotten must be found elsewhere.
#[derive(Debug)]
pub(crate) struct Recent<T>([[Option<(Digest, T)>; 2]; SETS]);

saved!([T: Saved] Recent<T> { 0 });

impl<T: Copy> Recent<T> {
    pub(crate) const fn new() -> Self {
        Self([const { [None; 2] }; SETS])
    }

    pub(crate) fn get_mut(&mut self, digest: Digest) -> Option<&mut T> {
        let set = &mut self.0[digest.low() as usize % SETS];
        set.iter_mut().flatten().find(|(known, _)| *known == digest).map(|(_, value)| value)
    }

    /// Adds a value whose digest is not there, in place of the older one of its set.
    pub(crate) const fn put(&mut self, digest: Digest, value: T) {
        let [newer, older] = &mut self.0[digest.low() as usize % SETS];
        *older = *newer;
        *newer = Some((digest, value));
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;
    use crate::util::hash::Digest;

    #[test]
    fn two_of_a_set_are_kept() {
        let mut recent = Recent::new();
        let digests = [1, 33, 65].map(|n| Digest::of_number(0, n));
        for (n, digest) in (0..).zip(digests) {
            assert_eq!(recent.get_mut(digest), None);
            recent.put(digest, n);
        }
        assert_eq!(digests.map(|digest| recent.get_mut(digest).copied()), [None, Some(1), Some(2)]);
    }
}
