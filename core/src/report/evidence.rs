//! Which records an alert cites.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use smallvec::SmallVec;

use super::alert::{Evidence, MAX_EVIDENCE};
use super::evidence_class::clause_class;
use super::wording::Wording;
use crate::event::{Channel, DataComponent, Mechanism, NativeId};
use crate::matching::{Hit, SourceRef};
use crate::rules::{Behavior, ClauseId, EvidenceClass};
use crate::util::sort::sort_by_key;

/// Records by what they prove, most first: what was done over how.
const STRONGEST: [EvidenceClass; 5] = [
    EvidenceClass::Injection,
    EvidenceClass::Execution,
    EvidenceClass::Effect,
    EvidenceClass::Ipc,
    EvidenceClass::Context,
];

/// At most [`MAX_EVIDENCE`] records, in order of time: the first of each clause, then the others in turn.
pub(super) fn cited<'h>(rule: &Behavior, hits: &'h [Hit]) -> SmallVec<[&'h Hit; MAX_EVIDENCE]> {
    let mut chosen: SmallVec<[&Hit; MAX_EVIDENCE]> = SmallVec::new();
    for round in 0..4 {
        for clause in 0..rule.clauses.len() as ClauseId {
            let hit = hits.iter().filter(|h| h.clause == clause).nth(round);
            let Some(hit) = hit else { continue };
            if chosen.len() < MAX_EVIDENCE && !chosen.iter().any(|c| c.source.is_same_record(&hit.source)) {
                chosen.push(hit);
            }
        }
    }
    sort_by_key(&mut chosen, |hit| hit.order());
    chosen
}

/// Some of the cited records as an alert lists them. A record that meets several clauses is listed under the strongest class
/// of evidence: what was done comes before how. Several records on one line are listed one by one.
pub(super) fn listed<'h>(words: &Wording<'_>, cited: impl Iterator<Item = &'h Hit>, hits: &'h [Hit]) -> Vec<Evidence> {
    let rule = words.rule;
    let rank = |hit: &&Hit| STRONGEST.iter().position(|class| *class == clause_class(rule, hit));
    let evidence = cited.map(|first| {
        let of_record = || hits.iter().filter(|h| h.source.is_same_record(&first.source));
        let hit = of_record().min_by_key(rank).unwrap_or(first);
        let class = clause_class(rule, hit);
        let others = STRONGEST.iter().filter(|other| **other != class);
        Evidence {
            record: hit.source.record,
            part: hit.source.part,
            file: hit.source.file,
            source_id: source_id(&hit.source),
            time: hit.source.time.to_string(),
            class: class.name(),
            also: others.filter(|o| of_record().any(|h| clause_class(rule, h) == **o)).map(|o| o.name()).collect(),
            clause: rule.clauses.get(usize::from(hit.clause)).map_or_else(String::new, |c| c.name.clone()),
            data_component: DataComponent::of(hit.source.kind, mechanism(words, hit)).id,
            summary: summary(words, hit),
        }
    });
    evidence.collect()
}

/// Whether an alert lists the record of a hit here.
pub(super) fn is_of(evidence: &Evidence, hit: &Hit) -> bool {
    let source = &hit.source;
    (evidence.file, evidence.record, evidence.part) == (source.file, source.record, source.part)
        && evidence.source_id == source_id(source)
}

pub(crate) fn source_id(source: &SourceRef) -> Option<String> {
    (source.id != NativeId::None).then(|| source.id.to_string())
}

/// The mechanism of the endpoint that a record is about.
fn mechanism(words: &Wording<'_>, hit: &Hit) -> Option<Mechanism> {
    words.state.endpoint(hit.endpoint).map(|endpoint| endpoint.mechanism)
}

fn summary(words: &Wording<'_>, hit: &Hit) -> String {
    let what = words.of_kind(hit);
    match source_name(hit.source.channel, hit.source.code) {
        Some(source) => format!("{what} ({source})"),
        None => what,
    }
}

fn source_name(channel: Channel, code: u32) -> Option<String> {
    let name = match channel {
        Channel::Sysmon => "Sysmon",
        Channel::Security => "Security",
        Channel::System => "System",
        Channel::Audit => "auditd syscall",
        Channel::EndpointSecurity => return Some(String::from("Endpoint Security")),
        Channel::AppleEvents => return Some(String::from("unified log, Apple Events")),
        Channel::Tcc => return Some(String::from("unified log, TCC")),
        Channel::Osquery | Channel::OsqueryLinux => return Some(String::from("osquery")),
        Channel::SysmonLinux => "Sysmon for Linux",
        Channel::Tetragon => return Some(String::from("tetragon")),
        Channel::Kunai => return Some(String::from("kunai")),
        Channel::Falco => return Some(String::from("Falco")),
        Channel::TaskScheduler => "TaskScheduler",
        Channel::PowerShell => "PowerShell",
        Channel::RpcFirewall => "RPC Firewall",
        Channel::Defender => return Some(String::from("Defender for Endpoint")),
        Channel::Ocsf => return Some(String::from("OCSF")),
        _ => return None,
    };
    Some(if code == 0 { String::from(name) } else { format!("{name} {code}") })
}
