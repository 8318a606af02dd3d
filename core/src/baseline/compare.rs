//! What differs between two baselines.

use alloc::vec::Vec;

use super::model::{Baseline, Entry, Known, Standing};
use crate::policy::Policy;

/// A relation that stands otherwise in the later baseline.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Change {
    /// How the earlier one knows it; `None`: not at all.
    pub before: Option<Known>,
    /// How the later one knows it; `None`: not at all.
    pub after: Option<Known>,
}

/// What differs between two baselines.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The relations that stand otherwise, in order of kind, group and names.
    pub changes: Vec<Change>,
    /// The part of what is usual in one of them that is not usual in both, in thousandths: 0 where nothing has changed.
    pub drift: u16,
}

impl Baseline {
    /// What a later baseline has otherwise than this one, under the quorum of a policy.
    ///
    /// ```
    /// use ipcsentry::{Policy, baseline::Baseline};
    /// let difference = Baseline::default().compare(&Baseline::default(), &Policy::default());
    /// assert!(difference.changes.is_empty() && difference.drift == 0);
    /// ```
    #[must_use]
    pub fn compare(&self, later: &Self, policy: &Policy) -> Difference {
        let (mut changes, mut usual, mut both) = (Vec::new(), 0_u64, 0_u64);
        let mut note = |before: Option<&Entry>, after: Option<&Entry>| {
            let standing = |entry: Option<&Entry>| entry.map(|entry| entry.standing(policy));
            let (was, is) = (standing(before), standing(after));
            let of = |standing| standing == Some(Standing::Usual);
            usual += u64::from(of(was) || of(is));
            both += u64::from(of(was) && of(is));
            if was != is {
                let known = |entry: Option<&Entry>| entry.map(|entry| entry.known(policy));
                changes.push(Change { before: known(before), after: known(after) });
            }
        };
        let (own, theirs) = (self.sorted(), later.sorted());
        let key = |entry: &Entry| (entry.relation.kind, entry.relation.group.clone(), entry.relation.names.clone());
        let (mut own, mut theirs) = (own.into_iter().peekable(), theirs.into_iter().peekable());
        loop {
            match (own.peek().map(|entry| key(entry)), theirs.peek().map(|entry| key(entry))) {
                (None, None) => break,
                (Some(one), Some(other)) if one == other => note(own.next(), theirs.next()),
                (Some(one), Some(other)) if one < other => note(own.next(), None),
                (Some(_), None) => note(own.next(), None),
                _ => note(None, theirs.next()),
            }
        }
        let drift = ((usual - both) * 1000).checked_div(usual).unwrap_or(0);
        Difference { changes, drift: drift as u16 }
    }
}
