//! Decides whether the hits at one anchor complete a behavior: window, counts, relations, requirements.

use smallvec::SmallVec;

use super::hits::{Bound, Hit};
use crate::rules::{Behavior, Clause, Distinct, MAX_CLAUSES, Memory, Relate, Relation};
use crate::state::{HostState, ProcessId};
use crate::time::Timestamp;

/// Windows that are tried for one new hit.
const MAX_WINDOWS: usize = 8;

/// Hits that together complete a behavior.
#[derive(Debug)]
pub(super) struct Match {
    /// Clauses met.
    pub(super) met: u16,
    /// The hits, in order of time.
    pub(super) hits: SmallVec<[Hit; 16]>,
}

/// Some of the hits at an anchor.
type Hits<'h> = SmallVec<[&'h Hit; 32]>;

/// The question about a set of hits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ask<'a> {
    /// Whether they meet the behavior's requirements.
    Requirements {
        /// Count `absent` as met: a deferred check decides it when the window has ended.
        assume_absent: bool,
    },
    /// Whether they meet these clauses (a fallback form).
    Have(&'a u16),
}

/// Tries the windows that contain a hit at `around`: first the window that ends there, then those that end later (for
/// evidence that came late). `None` if no window holds enough hits.
pub(super) fn find(
    state: &HostState,
    behavior: &Behavior,
    all: &[Hit],
    around: Timestamp,
    ask: Ask<'_>,
) -> Option<Match> {
    if behavior.memory == Memory::ProcessLifetime {
        return check(state, behavior, all.iter(), ask);
    }
    let first = around - behavior.window;
    // A process-lifetime hit that comes late belongs to all windows; any other hit only to those that contain it.
    let process_lifetime = all.iter().any(|h| h.process_lifetime && h.source.time == around);
    let later = all
        .iter()
        .map(|h| h.source.time)
        .filter(|&t| if process_lifetime { t > around } else { t > first && t <= around });
    let starts = later.map(|t| if process_lifetime { t - behavior.window } else { t });
    let mut tried = Timestamp::MIN;
    for start in core::iter::once(first).chain(starts).take(MAX_WINDOWS) {
        if start == tried {
            continue;
        }
        tried = start;
        let end = start + behavior.window;
        let inside = |h: &&Hit| h.process_lifetime || (h.source.time >= start && h.source.time <= end);
        if let Some(found) = check(state, behavior, all.iter().filter(inside), ask) {
            return Some(found);
        }
    }
    None
}

fn check<'h>(
    state: &HostState,
    behavior: &Behavior,
    hits: impl Iterator<Item = &'h Hit> + Clone,
    ask: Ask<'_>,
) -> Option<Match> {
    if !satisfied(behavior, mask(behavior, hits.clone()), ask) {
        return None;
    }
    let mut hits: Hits<'_> = hits.collect();
    for relation in &behavior.relate {
        keep_related(state, *relation, &mut hits);
    }
    keep_ordered(behavior, &mut hits);
    let met = mask(behavior, hits.iter().copied());
    satisfied(behavior, met, ask).then(|| Match { met, hits: hits.into_iter().copied().collect() })
}

fn satisfied(behavior: &Behavior, met: u16, ask: Ask<'_>) -> bool {
    match ask {
        Ask::Requirements { assume_absent } => behavior.require.holds(met, assume_absent),
        Ask::Have(have) => met & have == *have,
    }
}

/// The clauses that have enough hits.
pub(super) fn mask<'h>(behavior: &Behavior, hits: impl Iterator<Item = &'h Hit> + Clone) -> u16 {
    let mut met = hits.clone().fold(0, |met, hit| met | 1 << hit.clause);
    for (i, clause) in behavior.clauses.iter().enumerate().take(MAX_CLAUSES).filter(|(_, c)| c.count.is_some()) {
        if !enough(clause, hits.clone().filter(|h| usize::from(h.clause) == i)) {
            met &= !(1 << i);
        }
    }
    met
}

fn enough<'h>(clause: &Clause, hits: impl Iterator<Item = &'h Hit>) -> bool {
    let Some(count) = clause.count else { return { hits }.next().is_some() };
    let mut seen: SmallVec<[u64; 8]> = SmallVec::new();
    for hit in hits {
        let key = match count.distinct {
            Distinct::Actor => hit.actor.map(|a| a.number()),
            Distinct::Endpoint => hit.endpoint.map(|e| e.number()),
            Distinct::Record => Some(hit.source.record_key()),
        };
        if let Some(key) = key.filter(|k| !seen.contains(k)) {
            seen.push(key);
        }
    }
    seen.len() >= usize::from(count.min)
}

/// Drops the hits that bind the left role and are related to no hit that binds the right role; then, if any are left,
/// the hits that bind the right role and are related to none of them. Unrelated hits do not remove related ones.
fn keep_related(state: &HostState, relation: Relation, hits: &mut Hits<'_>) {
    let side = |hits: &Hits<'_>, role| hits.iter().filter_map(|h| h.role(role)).collect::<SmallVec<[Bound; 16]>>();
    let right = side(hits, relation.right);
    if right.is_empty() {
        return;
    }
    hits.retain(|h| h.role(relation.left).is_none_or(|l| right.iter().any(|r| related(state, l, relation.how, *r))));
    let left = side(hits, relation.left);
    if !left.is_empty() {
        hits.retain(|h| {
            h.role(relation.right).is_none_or(|r| left.iter().any(|l| related(state, *l, relation.how, r)))
        });
    }
}

/// Drops the hits of clauses with `after` that no hit of the earlier clauses precedes.
fn keep_ordered(behavior: &Behavior, hits: &mut Hits<'_>) {
    for (i, clause) in behavior.clauses.iter().enumerate().filter(|(_, c)| c.after != 0) {
        let earlier: SmallVec<[&Hit; 16]> =
            hits.iter().copied().filter(|h| clause.after >> h.clause & 1 == 1).collect();
        hits.retain(|h| usize::from(h.clause) != i || earlier.iter().any(|e| may_precede(e, h)));
    }
}

/// Whether one hit may precede another. The clocks of two sources may be coarse, so that the earlier act may have the
/// later time.
fn may_precede(earlier: &Hit, later: &Hit) -> bool {
    let (e, l) = (earlier.source, later.source);
    earlier.order() < later.order() || (e.channel != l.channel && e.time < l.time + l.channel.resolution())
}

fn related(state: &HostState, left: Bound, how: Relate, right: Bound) -> bool {
    let (Bound::Process(left), Bound::Process(right)) = (left, right) else {
        // A remote principal is no process of this host.
        return !matches!(how, Relate::Same | Relate::SameLineage | Relate::DescendsFrom);
    };
    let known = |id: ProcessId| state.process(Some(id));
    let identity = |name| state.name(name).map(|n| n.identity);
    let (Some(l), Some(r)) = (known(left), known(right)) else { return how != Relate::Same };
    match how {
        Relate::Same => left == right,
        Relate::NotSame => left != right,
        Relate::SameLineage => l.lineage == r.lineage,
        Relate::OtherLineage => l.lineage != r.lineage && !state.descends(left, right) && !state.descends(right, left),
        Relate::OtherSession => differ(l.session, r.session),
        // sudo and su change the user, not who logged in.
        Relate::OtherUser if l.auid.is_some() && l.auid == r.auid => false,
        Relate::OtherUser => differ(l.uid, r.uid) && differ(identity(l.user), identity(r.user)) && left != right,
        Relate::OtherImage => differ(identity(l.image), identity(r.image)) && left != right,
        Relate::HigherIntegrity => match (l.integrity, r.integrity) {
            (Some(a), Some(b)) => a > b,
            _ => l.uid == Some(0) && r.uid != Some(0) || (l.uid.is_none() && left != right),
        },
        Relate::DescendsFrom => state.descends(left, right),
        Relate::NotDescendsFrom => !state.descends(left, right),
    }
}

/// Whether two values differ or one of them is unknown.
fn differ<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a != b,
        _ => true,
    }
}
