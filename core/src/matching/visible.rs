//! Which clauses of a behavior the telemetry of a host can meet, as coverage reports it. Fallback forms ask only whether
//! a clause's own events are sent (`Correlator::is_blind`); here the events of the object's other end count as well.

use smallvec::SmallVec;

use super::Correlator;
use crate::event::{Class, KindTag, Mechanism, Os};
use crate::rules::{
    AnchorKind, AnchorPath, Behavior, BehaviorId, Clause, Hop, Predicate, Severity, Tag, Test, Visibility,
};
use crate::state::{Host, HostId, HostState};
use crate::time::{DAY, Timestamp};

/// How much of a behavior a host shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visible {
    pub(crate) visibility: Visibility,
    pub(crate) severity: Option<Severity>,
    /// The clauses that can be met, one bit each.
    pub(crate) clauses: u16,
}

impl Correlator {
    /// How much of a behavior the telemetry of the last day can show. A behavior about one endpoint is judged for each
    /// mechanism by itself: two ends that are seen of different mechanisms never meet.
    pub(crate) fn visible(&self, state: &HostState, id: HostId, number: BehaviorId, rule: &Behavior) -> Visible {
        let Some(host) = state.host(id) else {
            return Visible { visibility: Visibility::Blind, severity: None, clauses: 0 };
        };
        let since = host.newest - DAY;
        let bits = |holds: &dyn Fn(usize) -> bool| {
            (0..rule.clauses.len()).filter(|&c| holds(c)).fold(0_u16, |set, c| set | 1 << c)
        };
        let blind = bits(&|c| self.is_blind(state, id, number, c, host.newest));
        let with = |mechanism| {
            let clauses = bits(&|c| is_seen(host, rule.os, &rule.clauses[c], mechanism, since));
            let (visibility, severity) = rule.detectable_where(clauses, blind);
            Visible { visibility, severity, clauses }
        };
        let better = |a: Visible, b: Visible| {
            if (b.visibility, b.severity) > (a.visibility, a.severity) { b } else { a }
        };
        of_anchor(rule).into_iter().map(|mechanism| with(Some(mechanism))).reduce(better).unwrap_or_else(|| with(None))
    }
}

/// The mechanisms that an endpoint may have at which a behavior joins; none if it joins at something else.
fn of_anchor(rule: &Behavior) -> SmallVec<[Mechanism; 8]> {
    let mut mechanisms = SmallVec::new();
    if rule.anchor != AnchorKind::Endpoint {
        return mechanisms;
    }
    let about_endpoints =
        |clause: &&Clause| clause.looks_at(KindTag::EndpointCreate) || clause.looks_at(KindTag::EndpointConnect);
    for clause in rule.clauses.iter().filter(about_endpoints) {
        let own: SmallVec<[Mechanism; 8]> = clause.mechanisms().collect();
        // What has no name can have only one end that a record names.
        let named = Mechanism::ALL
            .iter()
            .copied()
            .filter(|m| !matches!(m, Mechanism::AnonymousPipe | Mechanism::UnixUnnamed | Mechanism::Pipe));
        let own = if own.is_empty() { named.collect() } else { own };
        for mechanism in own {
            if !mechanisms.contains(&mechanism) {
                mechanisms.push(mechanism);
            }
        }
    }
    mechanisms
}

/// Whether a host sends events that can meet a clause, at an endpoint of this mechanism if the behavior is about one.
fn is_seen(host: &Host, os: Os, clause: &Clause, mechanism: Option<Mechanism>, since: Timestamp) -> bool {
    if clause.on_evidence.is_some() {
        return true;
    }
    let sends = |class| !host.is_blind(class, since);
    let own: SmallVec<[Mechanism; 8]> = clause.mechanisms().collect();
    let wanted = |m: Mechanism| mechanism.is_none_or(|only| only == m) && (own.is_empty() || own.contains(&m));
    let is_sent = KindTag::ALL.iter().filter(|kind| clause.looks_at(**kind)).any(|&kind| match kind {
        KindTag::EndpointCreate | KindTag::EndpointConnect if mechanism.is_some() || !own.is_empty() => {
            Mechanism::ALL.iter().any(|&m| wanted(m) && sends(Class::endpoint(kind, m)))
        }
        _ => sends(Class::kind(kind)),
    });
    // Windows tells the owner of a pipe by its creation alone.
    let about_owner = clause.looks_at(KindTag::EndpointConnect) && clause.predicates.iter().any(is_about_target);
    let by_owner = os == Os::Windows && (about_owner || clause.at.iter().all(needs_owner));
    is_sent
        && (!by_owner || sends(Class::endpoint(KindTag::EndpointCreate, Mechanism::NamedPipe)))
        && clause.predicates.iter().all(|predicate| is_tagged(predicate, sends))
}

/// Whether a condition asks for a tag of the target, which of an opened endpoint is its owner.
fn is_about_target(predicate: &Predicate) -> bool {
    matches!(predicate, Predicate::Test(_, Test::Tag(Tag::Related)))
}

/// Tags that only events of other classes can bring, one of which is needed.
const TAGS: &[(Tag, &[Class])] = &[
    (
        Tag::OrderedFromOutside,
        &[Class::kind(KindTag::ShareAccess), Class::kind(KindTag::Logon), Class::kind(KindTag::RpcCall)],
    ),
    (Tag::Related, &[Class::kind(KindTag::ProcessStart)]),
    (Tag::ForgedParent, &[Class::CREATOR]),
];

/// Whether a host sends what the tag that a condition asks for is made of.
fn is_tagged(predicate: &Predicate, sends: impl Fn(Class) -> bool) -> bool {
    let Predicate::Test(_, Test::Tag(asked)) = predicate else { return true };
    let classes = TAGS.iter().find(|(tag, _)| tag == asked).map(|(_, classes)| *classes);
    classes.is_none_or(|classes| classes.iter().any(|&class| sends(class)))
}

/// Whether a path leads from an endpoint to its owner, or the other way.
fn needs_owner(path: &AnchorPath) -> bool {
    matches!(path, AnchorPath::Walk(_, hops) if hops.iter().any(|hop| matches!(hop, Hop::Owner | Hop::CreatedEndpoints)))
}
