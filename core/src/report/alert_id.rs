//! The id of an alert: the same records give the same id on every machine.

use alloc::format;
use alloc::string::String;

use crate::event::NativeId;
use crate::matching::Completion;
use crate::rules::{Behavior, ClauseId, Require};
use crate::state::HostState;
use crate::util::hash::Hasher;

/// The id as it is written: 16 hex digits.
pub(crate) fn text(id: u64) -> String {
    format!("{id:016x}")
}

/// Hash of behavior, host and the native ids of the earliest record of each required clause.
pub(super) fn of(state: &HostState, rule: &Behavior, completion: &Completion) -> u64 {
    let mut required = 0;
    required_clauses(&rule.require, &mut required);
    let relevant = if completion.met & required == 0 { completion.met } else { required };
    let mut hasher = Hasher::new(0).bytes(rule.id.as_bytes());
    hasher = hasher.folded(state.host(completion.host).map_or(b"", |h| &h.name));
    for clause in 0..rule.clauses.len() as ClauseId {
        if relevant >> clause & 1 == 0 {
            continue;
        }
        if let Some(hit) = completion.hits.iter().find(|h| h.clause == clause) {
            hasher = hasher.u64(u64::from(clause));
            hasher = match hit.source.id {
                NativeId::Number(n) => hasher.u64(n),
                NativeId::Audit { seconds, millis, serial } => hasher.u64(seconds).u64(u64::from(millis)).u64(serial),
                NativeId::None => hasher.u64(hit.source.time.0 as u64),
            };
        }
    }
    hasher.finish()
}

fn required_clauses(require: &Require, out: &mut u16) {
    match require {
        Require::Clause(clause) => *out |= 1 << clause,
        Require::All(list) | Require::Any(list) | Require::AtLeast(_, list) => {
            list.iter().for_each(|r| required_clauses(r, out));
        }
        Require::Absent(_) => {}
    }
}
