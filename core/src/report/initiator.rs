//! Who is named as the initiator: who did it or asked a broker for it, never a broker, never what was run. Where nobody
//! is known to have asked, nobody is named.

use smallvec::SmallVec;

use crate::event::{KindTag, Os};
use crate::matching::{Bound, Hit};
use crate::rules::{Behavior, Named, RoleId};
use crate::state::{HostId, HostState, MAX_DEPTH, ProcessId, Request, Tie};
use crate::time::MINUTE;
use crate::util::intern::Sym;

/// Most candidates of an alert.
const MOST_CANDIDATES: usize = 4;

/// What the first of these roles that is bound stands for.
pub(super) fn first_bound(roles: &[RoleId], hits: &[Hit]) -> Option<Bound> {
    roles.iter().find_map(|role| hits.iter().find_map(|h| h.role(*role)))
}

/// How sure it is, in thousandths, that it was a process or another host which a record of the alert shows to act.
const BY_OWN_ACT: u16 = 900;
const BY_ACT_FROM_OUTSIDE: u16 = 800;

/// What nobody does for others: a process that does it is no broker there. Brokers load code, write files and start
/// programs for whoever asks.
const OWN_ACTS: [KindTag; 5] = [
    KindTag::EndpointCreate,
    KindTag::EndpointConnect,
    KindTag::ProcessAccess,
    KindTag::RemoteThread,
    KindTag::MemoryWrite,
];

/// Who it was, and how that is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) who: Bound,
    /// In thousandths.
    pub(super) confidence: u16,
    pub(super) reason: &'static str,
    /// Its image when it asked for what was done, where it was not shown to act itself.
    pub(super) image: Option<Sym>,
}

/// The initiator: the first of the behavior's roles behind which somebody is known.
pub(super) fn of(state: &HostState, rule: &Behavior, hits: &[Hit]) -> Option<Found> {
    // A role may stand for who asked for what a record shows to run.
    let by_request = |named: Named, bound: Bound| {
        let request = |hit: &Hit| state.process(hit.actor)?.requester.filter(|request| request.by == bound);
        hits.iter().filter(|hit| hit.role(named.role) == Some(bound)).find_map(request).map(Found::by)
    };
    let answers = |named: Named, bound: Bound| match bound {
        Bound::Process(process) => asker(state, rule.os, process).or_else(|| {
            let is_broker = state.is_broker(rule.os, Some(process)) && !acts(rule, hits, bound);
            let own = || Found { who: bound, confidence: BY_OWN_ACT, reason: "a cited record names it", image: None };
            (!named.behind && !is_broker).then(|| by_request(named, bound).unwrap_or_else(own))
        }),
        Bound::Remote(_) => {
            let reason = "a cited record shows that another host asked for it";
            by_request(named, bound).or(Some(Found {
                who: bound,
                confidence: BY_ACT_FROM_OUTSIDE,
                reason,
                image: None,
            }))
        }
    };
    // Of a process that left no trace but its pid little can be said: another role that is known serves better.
    let is_known = |bound: &Bound| match bound {
        Bound::Process(p) => state.process(Some(*p)).is_some_and(|p| p.image.is_some()),
        Bound::Remote(_) => true,
    };
    let of = |role: RoleId| hits.iter().filter_map(|h| h.role(role)).collect::<SmallVec<[Bound; 8]>>();
    let known = |n: &Named| of(n.role).into_iter().filter(is_known).find_map(|bound| answers(*n, bound));
    let any = |n: &Named| of(n.role).into_iter().find_map(|bound| answers(*n, bound));
    let named = || rule.initiator.iter();
    let found = named().find_map(known).or_else(|| named().find_map(any));
    // Another host's client that no record names may be named by another record.
    let nameless = |f: &Found| matches!(f.who, Bound::Remote(r) if state.remote(r).is_none_or(|r| r.address.is_none()));
    let with_address = |n: &Named| {
        let bound = of(n.role).into_iter();
        bound.filter_map(|bound| answers(*n, bound)).find(|f| matches!(f.who, Bound::Remote(_)) && !nameless(f))
    };
    let found = match found {
        Some(one) if nameless(&one) => named().find_map(with_address).or(Some(one)),
        other => other,
    };
    found.map(|found| match found.who {
        Bound::Process(p) if rule.os == Os::Linux => {
            let first = behind(state, rule.os, p);
            Found { who: Bound::Process(first), image: found.image.filter(|_| first == p), ..found }
        }
        _ => found,
    })
}

/// Who asked a broker to start a process. Where that is a broker itself, who asked it.
fn asker(state: &HostState, os: Os, process: ProcessId) -> Option<Found> {
    let asked = |process| state.process(Some(process))?.requester.filter(|request| still_known(state, request.by));
    let request = asked(process)?;
    let request = match request.by {
        Bound::Process(by) if state.is_broker(os, Some(by)) => {
            asked(by).filter(|first| !matches!(first.by, Bound::Process(p) if state.is_broker(os, Some(p))))?
        }
        _ => request,
    };
    Some(Found::by(request))
}

impl Found {
    /// Who made a request.
    const fn by(request: Request) -> Self {
        let Request { by, tie, confidence, image } = request;
        Self { who: by, confidence, reason: known_by(tie), image }
    }
}

/// How it is known who asked, in a few words.
const fn known_by(tie: Tie) -> &'static str {
    match tie {
        Tie::RemoteSession => "what ran is in the logon session that it opened from another host",
        Tie::Order => "it made, changed or loaded the service, task or job that ran",
        Tie::CommandLine => "its command line holds the command that ran",
        Tie::ServicePipe => "it opened the service manager's pipe just before",
        Tie::SameSession => "it started in the same session just before",
        Tie::Call => "it logged on or called from another host just before",
        Tie::Container => "it used the container runtime's socket just before",
        Tie::Services => "it made a request to the service manager or the message bus just before",
        Tie::Job => "it submitted a job just before",
        Tie::Creator => "it started what ran, under the name of another parent",
    }
}

/// Whether a process did itself what gives it a role of the initiator.
fn acts(rule: &Behavior, hits: &[Hit], who: Bound) -> bool {
    let is_act = |hit: &Hit| OWN_ACTS.contains(&hit.source.kind) && hit.actor.map(Bound::Process) == Some(who);
    hits.iter().any(|hit| is_act(hit) && rule.initiator.iter().any(|named| hit.role(named.role) == Some(who)))
}

/// The image of a process in the first record that shows it to act. What a launcher became says more than the launcher.
pub(super) fn image_when_it_acted(state: &HostState, os: Os, hits: &[Hit], process: ProcessId) -> Option<Sym> {
    let own = || hits.iter().filter(|hit| hit.actor == Some(process) && hit.image.is_some());
    let is_program = |hit: &&Hit| !state.is_launcher(os, hit.image);
    own().find(is_program).or_else(|| own().next())?.image
}

/// Who may have asked the broker, where nobody is known to have: who talked to brokers within a minute before, programs
/// that users had just started, other hosts that had just logged on.
pub(super) fn candidates(state: &HostState, host: HostId, hits: &[Hit]) -> SmallVec<[Bound; 4]> {
    let mut found: SmallVec<[Bound; 4]> = SmallVec::new();
    let (Some(host), Some(first)) = (state.host(host), hits.first()) else { return found };
    let (callers, time) = (&host.callers, first.source.time);
    let asked = callers.services.within(time, MINUTE).chain(callers.tasks.within(time, MINUTE));
    let all = asked.chain(callers.remotes.within(time, MINUTE)).chain(callers.starts.within(time, MINUTE));
    for who in all {
        let takes_part = hits.iter().any(|hit| Some(who) == hit.actor.map(Bound::Process));
        if found.len() < MOST_CANDIDATES && !takes_part && !found.contains(&who) && still_known(state, who) {
            found.push(who);
        }
    }
    found
}

/// Why nobody is named.
pub(super) fn reason(state: &HostState, rule: &Behavior, hits: &[Hit]) -> &'static str {
    let bound = |named: &Named| hits.iter().filter_map(|hit| hit.role(named.role)).collect::<SmallVec<[Bound; 8]>>();
    let is_broker = |who: Bound| matches!(who, Bound::Process(p) if state.is_broker(rule.os, Some(p)));
    let served = |named: &Named| bound(named).into_iter().any(|who| named.behind || is_broker(who));
    let parents = || hits.iter().filter_map(|hit| state.parent(hit.actor)).map(Bound::Process);
    if rule.initiator.iter().any(served) || parents().any(is_broker) {
        "a broker did it for somebody, and no record names who asked it"
    } else {
        "no cited record names who did it"
    }
}

/// Whoever wanted what a process did: up through what only passes it on, to where init, a login or a scheduler begins. A
/// launcher there says less than what it runs.
fn behind(state: &HostState, os: Os, process: ProcessId) -> ProcessId {
    let (mut who, mut at) = (process, process);
    for _ in 0..MAX_DEPTH {
        let known = |p: &ProcessId| state.process(Some(*p)).is_some_and(|p| p.image.is_some() && p.pid != Some(1));
        let ends = |p| state.is_lineage_root(os, Some(p)) || state.is_broker(os, Some(p));
        let above = state.birth_parent(Some(at)).filter(|p| known(p) && !ends(*p));
        match above.filter(|_| state.is_transparent(os, at)) {
            Some(parent) => at = parent,
            None => break,
        }
        if !state.is_launcher(os, state.process(Some(at)).and_then(|p| p.image)) {
            who = at;
        }
    }
    who
}

fn still_known(state: &HostState, who: Bound) -> bool {
    match who {
        Bound::Process(process) => state.process(Some(process)).is_some(),
        Bound::Remote(_) => true,
    }
}
