//! Alerts: what happened, who started it, through which object, and the records that prove it.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;
use serde_json::{Map, Value};

use super::confidence::ConfidencePart;
use crate::rules::Severity;
use crate::time::Timestamp;
use crate::util::json;
use crate::util::saved::saved;

/// Evidence records an alert cites at most: the ones that matter.
pub const MAX_EVIDENCE: usize = 16;

/// The form of [`Alert::to_json`], which `core/docs/alert.schema.json` describes. It changes when a member goes or changes
/// its meaning, not when one is added.
pub const SCHEMA_VERSION: u32 = 1;

/// One alert. Owned: it borrows nothing from the engine.
///
/// Serializes to the fields of the documented NDJSON form; see [`Alert::to_json`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Alert {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// 16 hex digits: a fixed hash of behavior, host and the native ids of the earliest record of each required
    /// clause. The same records give the same id on every machine.
    pub id: String,
    /// 1, then one more with each revision. A revision replaces the alert; nothing is ever retracted.
    pub revision: u32,
    /// The id of the earliest alert of the same incident: alerts that share a process, a lineage, an IPC object, a
    /// session or a requester. A later alert may join two incidents; the alerts of the younger one are then revised.
    pub incident: String,
    /// When the last record of the evidence happened, RFC 3339, UTC.
    pub time: String,
    /// When the first record of the evidence happened.
    pub first_time: String,
    /// When it last happened: later than `time` where it was repeated.
    pub last_time: String,
    /// How often it happened: repetitions by the same initiator on the same object are counted, and reported by revisions
    /// at 2, 4, 8 … and when input ends.
    pub count: u64,
    /// The host's name; empty when the telemetry carries none and none was given.
    pub host: String,
    /// `AN1357`, `AN1358` or `AN1359`.
    pub analytic: &'static str,
    /// The behavior's code, `W07`.
    pub code: String,
    /// The behavior's id, `win.dde.office_spawns_interpreter`.
    pub behavior: String,
    /// Retired codes and ids of the behaviors that this alert would have been, before they were merged into `code`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub was: Vec<String>,
    /// The version of ATT&CK whose ids `techniques` has: 18 or 19.
    pub attack_version: u32,
    /// ATT&CK techniques that the cited records show.
    pub techniques: Vec<String>,
    /// `low`, `medium`, `high` or `critical`.
    pub severity: &'static str,
    /// 0 to 1.
    pub confidence: f64,
    /// What the confidence is the sum of.
    pub confidence_parts: Vec<ConfidencePart>,
    /// One line.
    pub title: String,
    /// What each cited record says, in order of time, with the names of this case.
    pub explanation: String,
    /// Whether the first record of IPC is earlier than the first of execution or injection: `yes`, `no`, or `unknown`
    /// where only one of them is cited, one record shows both, or their clocks cannot be compared.
    pub ipc_preceded_execution: &'static str,
    /// Who drove the IPC object, behind any broker.
    pub initiator: Initiator,
    /// Who acted on the IPC object.
    pub actor: Option<ProcessInfo>,
    /// What was executed or injected.
    pub target: Option<ProcessInfo>,
    /// The IPC object.
    pub ipc: Option<Ipc>,
    /// Where the target (or the actor) came from, nearest first, at most 8.
    pub lineage: Vec<LineageStep>,
    /// The records that prove it, in order of time, at most [`MAX_EVIDENCE`].
    pub evidence: Vec<Evidence>,
    /// Telemetry that would belong to it but was not seen on this host.
    pub missing: Vec<String>,
    /// Details of it may have been lost to a memory limit.
    pub truncated: bool,
    /// The questions that an analyst asks first, answered from what was known when it was raised.
    pub triage: Vec<Answer>,
    /// The JSON paths of the entries of the policy that cover it, for an alert that is not raised for that reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppressed_by: Vec<String>,
    /// The policy that silences this alert and those equal in behavior, host, initiator's image and user, and the stable
    /// part of the IPC object's name; null where there is none.
    pub suppress: Value,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_suppressible: Option<&'static str>,
    /// The severity as a value that compares.
    #[serde(skip)]
    pub level: Severity,
    /// The time as a value that compares.
    #[serde(skip)]
    pub timestamp: Timestamp,
}

impl Alert {
    /// The alert as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::line(self)
    }

    /// Bytes owned on the heap, by the lengths of its lists and texts: a copy has no spare room, so these are all.
    pub(crate) fn heap_bytes(&self) -> usize {
        let Self { id, incident, time, first_time, last_time, host, code, behavior, title, explanation, .. } = self;
        let texts = [id, incident, time, first_time, last_time, host, code, behavior, title, explanation];
        let lists = [&self.was, &self.techniques, &self.missing, &self.suppressed_by];
        let processes = [&self.initiator.process, &self.actor, &self.target].into_iter().flatten();
        let initiator = &self.initiator;
        let details = [&initiator.user, &initiator.session, &initiator.address, &None];
        let ipc = self.ipc.as_ref().and_then(|ipc| ipc.name.as_ref());
        texts.into_iter().chain(details.into_iter().flatten()).chain(ipc).map(String::len).sum::<usize>()
            + lists.into_iter().flatten().map(|text| size_of::<String>() + text.len()).sum::<usize>()
            + processes.map(ProcessInfo::heap_bytes).sum::<usize>()
            + initiator.candidates.iter().map(Candidate::bytes).sum::<usize>()
            + self.lineage.iter().map(|step| size_of_val(step) + step.process.heap_bytes()).sum::<usize>()
            + self.evidence.iter().map(Evidence::bytes).sum::<usize>()
            + self.confidence_parts.iter().map(|part| size_of_val(part) + part.what.len()).sum::<usize>()
            + self.triage.iter().map(Answer::bytes).sum::<usize>()
            + json_bytes(&self.suppress)
    }
}

/// Bytes that a JSON value owns on the heap.
fn json_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(|item| size_of::<Value>() + json_bytes(item)).sum(),
        Value::Object(members) => {
            map_bytes(members.len()) + members.iter().map(|(key, item)| key.len() + json_bytes(item)).sum::<usize>()
        }
        _ => 0,
    }
}

/// Bytes that a map of so many members owns beside what these own. It is a tree or, where a crate of the program turns on
/// `preserve_order` of `serde_json`, a hash table with a list of the members.
fn map_bytes(members: usize) -> usize {
    const MEMBER: usize = size_of::<String>() + size_of::<Value>();
    /// Members that a node of the tree holds, and what it has beside them.
    const NODE: usize = 11;
    const LINKS: usize = 16;
    /// Control bytes of the hash table after those of its buckets.
    const TAIL: usize = 16;
    if size_of::<Map<String, Value>>() == size_of::<BTreeMap<String, Value>>() {
        return members.div_ceil(NODE) * (NODE * MEMBER + LINKS);
    }
    let (buckets, room) = match members {
        0 => return 0,
        1..=3 => (4, 3),
        4..=7 => (8, 7),
        _ => {
            let buckets = (members * 8 / 7).next_power_of_two();
            (buckets, buckets / 8 * 7)
        }
    };
    buckets * (size_of::<usize>() + 1) + TAIL + room * (size_of::<usize>() + MEMBER)
}

/// Who started it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Initiator {
    /// `process`, `remote` or `unknown`.
    pub kind: &'static str,
    /// The process, where it is one of this host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessInfo>,
    /// Its user, or the user a remote principal authenticated as.
    pub user: Option<String>,
    /// Its logon session.
    pub session: Option<String>,
    /// The address of a remote principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// 0 to 1.
    pub confidence: f64,
    /// How it is known who it was or, where `kind` is `unknown`, why nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Who may have been it then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
}

/// Who may have initiated an alert: a process of this host, or somebody on another one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Candidate {
    /// The process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessInfo>,
    /// The address of the other host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// One process in an alert; what is not known is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// Process id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// GUID, pidversion or the sensor's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_id: Option<String>,
    /// Normalized path of the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Command line, at most 2 KiB of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command_line: Option<String>,
    /// User name, or `uid=N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// User id (Linux, macOS).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// Login user id: who logged in, whatever became of the uid since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auid: Option<u32>,
    /// Logon session: hex LogonId on Windows, audit session elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Integrity level (Windows).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrity: Option<&'static str>,
    /// Who signed the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Hashes of the image, as the sensor writes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// The working folder when it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_folder: Option<String>,
    /// The image's raw bytes in hex where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_hex: Option<String>,
}

impl ProcessInfo {
    fn heap_bytes(&self) -> usize {
        let Self { unique_id, image, command_line, user, session, signer, hash, working_folder, image_hex, .. } = self;
        let texts = [unique_id, image, command_line, user, session, signer, hash, working_folder, image_hex];
        texts.into_iter().flatten().map(String::len).sum()
    }
}

impl Candidate {
    fn bytes(&self) -> usize {
        let texts = [&self.address, &self.user].into_iter().flatten().map(String::len).sum::<usize>();
        size_of::<Self>() + texts + self.process.as_ref().map_or(0, ProcessInfo::heap_bytes)
    }
}

impl Evidence {
    fn bytes(&self) -> usize {
        let texts = [&self.time, &self.clause, &self.summary].into_iter().chain(&self.source_id);
        size_of::<Self>() + texts.map(String::len).sum::<usize>() + size_of_val(&*self.also)
    }
}

/// The IPC object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Ipc {
    /// `named_pipe`, `unix_path`, `fifo` …, or where no such object is known `com`, `dde`, `rpc`, `apple_event`,
    /// `launchd`, or `process` for what was done to one directly.
    pub mechanism: &'static str,
    /// Its normalized name.
    pub name: Option<String>,
}

/// One step up the lineage.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LineageStep {
    /// The process.
    pub process: ProcessInfo,
    /// How it is tied to the step before: `parent`, `broker`, `peer` or `injected`.
    pub edge: &'static str,
    /// How sure that is, 0 to 1.
    pub confidence: f64,
}

/// A question about an alert with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Answer {
    /// `who_initiated`, `over_which_links`, `which_user_and_session`, `did_ipc_precede_execution`,
    /// `what_else_did_they_do`, `how_far_back_does_telemetry_go`.
    pub question: &'static str,
    /// The answer, as far as records tell; `None` where they tell nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// What is not known, and for want of which telemetry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lacks: Option<String>,
}

impl Answer {
    fn bytes(&self) -> usize {
        let texts = [&self.answer, &self.lacks].into_iter().flatten().map(String::len).sum::<usize>();
        size_of::<Self>() + texts
    }
}

/// One record that proves a part.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Evidence {
    /// Record number in its input.
    pub record: u64,
    /// Which of the records it is that begin in the same line; left out for the first.
    #[serde(skip_serializing_if = "is_first")]
    pub part: u32,
    /// Index of the input.
    pub file: u32,
    /// The record's own id, if it has one.
    pub source_id: Option<String>,
    /// When, RFC 3339, UTC.
    pub time: String,
    /// `injection`, `execution`, `effect`, `ipc` or `context`: of all that it proves, the first of these.
    #[serde(rename = "role")]
    pub class: &'static str,
    /// The other classes of the same record, if it has any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<&'static str>,
    /// The clause it met.
    pub clause: String,
    /// The id of the MITRE ATT&CK data component that the record is of, `DC0048`.
    pub data_component: &'static str,
    /// What it says, in a few words.
    pub summary: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls takes a reference")]
const fn is_first(part: &u32) -> bool {
    *part == 0
}

saved!(Alert {
    schema_version,
    id,
    revision,
    incident,
    time,
    first_time,
    last_time,
    count,
    host,
    analytic,
    code,
    behavior,
    was,
    attack_version,
    techniques,
    severity,
    confidence,
    confidence_parts,
    title,
    explanation,
    ipc_preceded_execution,
    initiator,
    actor,
    target,
    ipc,
    lineage,
    evidence,
    missing,
    truncated,
    triage,
    suppressed_by,
    suppress,
    not_suppressible,
    level,
    timestamp,
});
saved!(Initiator { kind, process, user, session, address, confidence, reason, candidates });
saved!(Candidate { process, address, user });
saved!(ProcessInfo {
    pid,
    unique_id,
    image,
    command_line,
    user,
    uid,
    auid,
    session,
    integrity,
    signer,
    hash,
    working_folder,
    image_hex,
});
saved!(Answer { question, answer, lacks });
saved!(Ipc { mechanism, name });
saved!(LineageStep { process, edge, confidence });
saved!(Evidence { record, part, file, source_id, time, class, also, clause, data_component, summary });
