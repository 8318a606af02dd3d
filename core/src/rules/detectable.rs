//! How far a behavior reaches where only some sources tell: which alerts can come of them at all.

use super::{Behavior, Clause, EvidenceClass, Predicate, Require, Severity};
use crate::event::{Channel, KindTag, Mechanism};

impl Behavior {
    /// The highest severity an alert may have on a host of which only these channels tell; `None` where the behavior
    /// is blind. What a channel tells only sometimes (an Apple Event whose payload is private) counts as told.
    ///
    /// ```
    /// use ipcsentry::rules::Severity;
    /// use ipcsentry::event::Channel;
    /// let catalog = ipcsentry::Catalog::builtin();
    /// let theft = catalog.behaviors().iter().find(|b| b.code == "M09").expect("it is builtin");
    /// assert_eq!(theft.detectable_severity(&[Channel::EndpointSecurity]), Some(Severity::Critical));
    /// assert_eq!(theft.detectable_severity(&[Channel::AppleEvents, Channel::Tcc, Channel::UnifiedLog]), None);
    /// ```
    #[must_use]
    pub fn detectable_severity(&self, channels: &[Channel]) -> Option<Severity> {
        let told = |clause: &Clause| channels.iter().any(|channel| is_reported(clause, *channel));
        let seen = (0..).zip(&self.clauses).filter(|(_, c)| told(c)).fold(0_u16, |set, (i, _)| set | 1 << i);
        let whole = met(&self.require, seen).then(|| self.severity.min(self.cap(seen)));
        let weaker = self
            .fallback
            .iter()
            .filter(|fallback| fallback.have & seen == fallback.have && fallback.when_blind & seen == 0);
        let weaker = weaker.map(|fallback| self.severity.min(fallback.cap).min(self.cap(fallback.have)));
        whole.into_iter().chain(weaker).max()
    }

    /// How loud the clauses of a set may be together: see the caps by evidence in the crate's documentation.
    fn cap(&self, set: u16) -> Severity {
        let has = |class| (0..).zip(&self.clauses).any(|(i, c): (u32, _)| set >> i & 1 == 1 && c.class == class);
        let outcome = has(EvidenceClass::Execution) || has(EvidenceClass::Injection);
        let consequence =
            has(EvidenceClass::Injection) && (has(EvidenceClass::Effect) || has(EvidenceClass::Execution));
        if outcome && has(EvidenceClass::Ipc) || consequence {
            Severity::Critical
        } else if has(EvidenceClass::Ipc) && has(EvidenceClass::Effect) || self.integrity {
            Severity::Medium
        } else {
            Severity::Low
        }
    }
}

/// Whether any event a clause looks at is read from a channel. Completions of other behaviors count as told.
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

/// Whether a requirement can hold when these clauses can be met. An absence is told by what tells its presence.
fn met(require: &Require, seen: u16) -> bool {
    match require {
        Require::Clause(clause) | Require::Absent(clause) => seen >> clause & 1 == 1,
        Require::All(list) => list.iter().all(|r| met(r, seen)),
        Require::Any(list) => list.iter().any(|r| met(r, seen)),
        Require::AtLeast(k, list) => list.iter().filter(|r| met(r, seen)).count() >= usize::from(*k),
    }
}
