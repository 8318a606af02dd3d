//! What can be seen of a behavior where only some of its clauses can be met, and how severe its alerts can be then.

use super::{Behavior, Clause, Predicate, Require, Severity};
use crate::event::{Channel, KindTag, Mechanism};

impl Behavior {
    /// The highest severity an alert may have on a host that reports only these channels; `None` where the behavior
    /// is blind.
    pub(super) fn detectable_severity(&self, channels: &[Channel]) -> Option<Severity> {
        let reported = |clause: &Clause| channels.iter().any(|channel| is_reported(clause, *channel));
        let seen = (0..).zip(&self.clauses).filter(|(_, c)| reported(c)).fold(0_u16, |set, (i, _)| set | 1 << i);
        self.detectable(seen).1
    }

    /// How much can be seen where only the clauses of a set can be met, and the highest severity that an alert may have
    /// then; `None` when blind.
    pub(crate) fn detectable(&self, seen: u16) -> (Visibility, Option<Severity>) {
        self.detectable_where(seen, !seen)
    }

    /// The same where fallback forms take only the clauses of `blind` as blind.
    pub(crate) fn detectable_where(&self, seen: u16, blind: u16) -> (Visibility, Option<Severity>) {
        let full = met(&self.require, seen).then(|| self.severity_of(seen));
        let weaker = self.fallback.iter().filter(|form| form.have & seen == form.have && form.when_blind & !blind == 0);
        let weaker = weaker.map(|form| form.cap.min(self.severity_of(form.have))).max();
        let visibility = match (full, weaker) {
            (Some(_), _) => Visibility::Full,
            (None, Some(_)) => Visibility::Degraded,
            (None, None) => Visibility::Blind,
        };
        (visibility, full.max(weaker))
    }
}

/// How much of a behavior can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Visibility {
    /// Nothing of it.
    Blind,
    /// Only a fallback form can be met.
    Degraded,
    /// All its requirements can be met.
    Full,
}

impl Visibility {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Degraded => "degraded",
            Self::Blind => "blind",
        }
    }
}

/// Whether any event a clause looks at is read from a channel. Completions of other behaviors count as reported.
fn is_reported(clause: &Clause, channel: Channel) -> bool {
    let mechanisms = Predicate::mechanisms(&clause.predicates);
    let wanted =
        |mechanism: &Mechanism| mechanisms.as_ref().is_none_or(|list| list.contains(&i64::from(*mechanism as u8)));
    clause.on_evidence.is_some()
        || KindTag::ALL.iter().filter(|kind| clause.looks_at(**kind)).any(|&kind| match kind {
            KindTag::EndpointCreate | KindTag::EndpointConnect => {
                Mechanism::ALL.iter().filter(|m| wanted(m)).any(|&m| channel.reports_endpoint(kind, m))
            }
            _ => channel.may_report(kind),
        })
}

/// Whether a requirement can hold when these clauses can be met. An absence is seen where a presence would be.
fn met(require: &Require, seen: u16) -> bool {
    match require {
        Require::Clause(clause) | Require::Absent(clause) => seen >> clause & 1 == 1,
        Require::All(list) => list.iter().all(|r| met(r, seen)),
        Require::Any(list) => list.iter().any(|r| met(r, seen)),
        Require::AtLeast(k, list) => list.iter().filter(|r| met(r, seen)).count() >= usize::from(*k),
    }
}
