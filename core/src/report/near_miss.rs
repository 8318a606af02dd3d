//! Near misses, as they are told.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::alert::{Alert, Evidence, Initiator, Ipc};
use crate::event::KindTag;
use crate::matching::{Correlator, Lack, Near};
use crate::rules::{Behavior, Clause};
use crate::state::HostState;
use crate::util::json;

/// What almost raised an alert; see [`Engine::near_misses`](crate::Engine::near_misses).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NearMiss {
    /// The behavior's code, `W07`.
    pub code: String,
    /// Its id.
    pub behavior: String,
    /// Its title.
    pub title: String,
    /// The host's name.
    pub host: String,
    /// When the first record happened, RFC 3339, UTC.
    pub first_time: String,
    /// When the last record happened.
    pub time: String,
    /// What the clauses that are met add up to, 0 to 1: how near it is to an alert, not how likely an attack.
    pub confidence: f64,
    /// `clause`: one clause is not met; `relation`: all are, but not in the order, within the window or by processes that
    /// stand to each other as the behavior asks; `confidence`: it is complete, but falls short of the policy's minimum.
    pub why: &'static str,
    /// The clauses that are met.
    pub met: Vec<String>,
    /// The clauses any of which would have completed it.
    pub missing: Vec<MissingClause>,
    /// What the records say, in order of time.
    pub explanation: String,
    /// Who drove the IPC object.
    pub initiator: Initiator,
    /// The IPC object.
    pub ipc: Option<Ipc>,
    /// The records.
    pub evidence: Vec<Evidence>,
}

/// A clause that no record met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MissingClause {
    /// Its name.
    pub clause: String,
    /// The class of its evidence, `execution`.
    pub role: &'static str,
    /// The kinds of events that could meet it.
    pub kinds: Vec<&'static str>,
    /// The host sends none of them: it may have happened unseen.
    pub blind: bool,
}

impl NearMiss {
    /// The near miss as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::line(self)
    }

    /// What an alert of a near miss would say.
    pub(crate) fn of(alert: Alert, state: &HostState, correlator: &Correlator, rule: &Behavior, near: &Near) -> Self {
        let completion = &near.completion;
        let of = |set: u16| rule.clauses.iter().enumerate().filter(move |(i, _)| set >> i & 1 == 1);
        let (why, lacks) = match near.lack {
            Lack::Clauses(set) => ("clause", set),
            Lack::Relation => ("relation", 0),
            Lack::Nothing => ("confidence", 0),
        };
        let missing = of(lacks).map(|(at, clause)| MissingClause {
            clause: clause.name.clone(),
            role: clause.class.name(),
            kinds: kinds(clause),
            blind: correlator.is_blind(state, completion.host, completion.behavior, at, alert.timestamp),
        });
        Self {
            missing: missing.collect(),
            met: of(completion.met).map(|(_, clause)| clause.name.clone()).collect(),
            why,
            code: alert.code,
            behavior: alert.behavior,
            title: alert.title,
            host: alert.host,
            first_time: alert.first_time,
            time: alert.time,
            confidence: alert.confidence,
            explanation: alert.explanation,
            initiator: alert.initiator,
            ipc: alert.ipc,
            evidence: alert.evidence,
        }
    }
}

fn kinds(clause: &Clause) -> Vec<&'static str> {
    KindTag::ALL.iter().filter(|kind| clause.looks_at(**kind)).map(|kind| kind.name()).collect()
}
