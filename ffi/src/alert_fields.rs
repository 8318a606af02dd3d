//! Every field of an alert, for agents without a JSON parser.

use ipcsentry::report::{Alert, Evidence, ProcessInfo};

use crate::alert::{ipcsentry_alert, ipcsentry_severity};
use crate::event::value::{IPCSENTRY_NO, IPCSENTRY_YES, ipcsentry_flag, ipcsentry_u32};
use crate::guard::{Outcome, guard};
use crate::ptr::{self, Out, Output, SizedOut};
use crate::status::{IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_NONE, IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_text;

/// The fields of an alert that are not lists or processes; `core/docs/alert.schema.json` describes them. A text that is
/// absent has `data` NULL.
///
/// Lifetime and threads: written during the call; its texts are valid as long as the alert.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_alert_fields {
    /// `sizeof(ipcsentry_alert_fields)`; set it before the call.
    pub type_size: u64,
    /// 16 hex digits: the same records give the same id on every machine.
    pub id: ipcsentry_text,
    /// The id of the earliest alert of the same incident. A later alert may join two incidents: the alerts of the younger
    /// one are then revised.
    pub incident: ipcsentry_text,
    /// When the last record of the evidence happened, RFC 3339, UTC.
    pub time: ipcsentry_text,
    /// When the first record of the evidence happened.
    pub first_time: ipcsentry_text,
    /// When it last happened: later than `time` where it was repeated.
    pub last_time: ipcsentry_text,
    /// The host's name; empty when the telemetry carries none and none was given.
    pub host: ipcsentry_text,
    /// `AN1357`, `AN1358` or `AN1359`.
    pub analytic: ipcsentry_text,
    /// The behavior's code, `W07`.
    pub code: ipcsentry_text,
    /// The behavior's id, `win.dde.office_spawns_interpreter`.
    pub behavior: ipcsentry_text,
    /// One line.
    pub title: ipcsentry_text,
    /// What each cited record says, in order of time.
    pub explanation: ipcsentry_text,
    /// Whether the first record of IPC is earlier than the first of execution or injection: `yes`, `no` or `unknown`.
    pub ipc_preceded_execution: ipcsentry_text,
    /// `process`, `remote` or `unknown`. The process is that of `IPCSENTRY_PART_INITIATOR`.
    pub initiator_kind: ipcsentry_text,
    /// Its user, or the user a remote principal authenticated as.
    pub initiator_user: ipcsentry_text,
    /// Its logon session.
    pub initiator_session: ipcsentry_text,
    /// The address of a remote principal.
    pub initiator_address: ipcsentry_text,
    /// How it is known who it was or, where the kind is `unknown`, why nobody is named.
    pub initiator_reason: ipcsentry_text,
    /// The mechanism of the IPC object, `named_pipe`; absent without an object.
    pub ipc_mechanism: ipcsentry_text,
    /// Its normalized name.
    pub ipc_name: ipcsentry_text,
    /// The policy that silences this alert and those like it, as JSON; absent where there is none.
    pub suppress: ipcsentry_text,
    /// Why there is none.
    pub not_suppressible: ipcsentry_text,
    /// `time` in nanoseconds since 1970, UTC.
    pub timestamp: i64,
    /// How often it happened.
    pub count: u64,
    /// Number of techniques.
    pub techniques: u64,
    /// Number of steps of the lineage.
    pub lineage: u64,
    /// Number of records that prove it.
    pub evidence: u64,
    /// Number of kinds of telemetry that are missing.
    pub missing: u64,
    /// Number of candidates, where the initiator is unknown.
    pub candidates: u64,
    /// The version of the alert's schema.
    pub schema_version: u32,
    /// 1, then one more with each revision. A revision replaces the alert; nothing is ever retracted.
    pub revision: u32,
    /// How severe it is.
    pub severity: ipcsentry_severity,
    /// Its confidence in thousandths.
    pub confidence: u32,
    /// The confidence in the initiator in thousandths.
    pub initiator_confidence: u32,
    /// Whether details of it may have been lost to a memory limit.
    pub truncated: ipcsentry_flag,
    /// The version of ATT&CK whose ids the techniques are.
    pub attack_version: u32,
    /// Written as zero.
    pub reserved_word: u32,
    /// Number of retired codes and ids that it stands for; see `ipcsentry_alert_was`.
    pub was: u64,
    /// Number of parts of the confidence; see `ipcsentry_alert_confidence_part`.
    pub confidence_parts: u64,
    /// Number of questions of triage; see `ipcsentry_alert_answer`.
    pub triage: u64,
}

/// One process of an alert. A text that is absent has `data` NULL.
///
/// Lifetime and threads: written during the call; its texts are valid as long as the alert.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_process_info {
    /// `sizeof(ipcsentry_process_info)`; set it before the call.
    pub type_size: u64,
    /// GUID, pidversion or the sensor's own id.
    pub unique_id: ipcsentry_text,
    /// The normalized path of the image.
    pub image: ipcsentry_text,
    /// The image's raw bytes in hex where they are not UTF-8.
    pub image_hex: ipcsentry_text,
    /// The command line, at most 2 KiB of it.
    pub command_line: ipcsentry_text,
    /// The user's name, or `uid=N`.
    pub user: ipcsentry_text,
    /// The logon session: hex LogonId on Windows, audit session elsewhere.
    pub session: ipcsentry_text,
    /// The integrity level (Windows).
    pub integrity: ipcsentry_text,
    /// Who signed the image.
    pub signer: ipcsentry_text,
    /// Hashes of the image, as the sensor writes them.
    pub hash: ipcsentry_text,
    /// The working folder when it started.
    pub working_folder: ipcsentry_text,
    /// The process id.
    pub pid: ipcsentry_u32,
    /// The user id (Linux, macOS).
    pub uid: ipcsentry_u32,
    /// The login user id: who logged in, whatever became of the uid since.
    pub auid: ipcsentry_u32,
}

/// One record that proves a part of an alert. A text that is absent has `data` NULL.
///
/// Lifetime and threads: written during the call; its texts are valid as long as the alert.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_evidence {
    /// `sizeof(ipcsentry_evidence)`; set it before the call.
    pub type_size: u64,
    /// The number of the record in its input, or of the event that you fed.
    pub record: u64,
    /// Which of the records it is that begin in the same line; 0 for the first.
    pub part: u32,
    /// The index of the input.
    pub file: u32,
    /// The record's own id, if it has one.
    pub source_id: ipcsentry_text,
    /// When, RFC 3339, UTC.
    pub time: ipcsentry_text,
    /// `injection`, `execution`, `effect`, `ipc` or `context`: of all that it proves, the first of these.
    pub role: ipcsentry_text,
    /// The clause it met.
    pub clause: ipcsentry_text,
    /// What it says, in a few words.
    pub summary: ipcsentry_text,
    /// Number of other roles of the same record; see `ipcsentry_alert_evidence_also`.
    pub also: u64,
    /// The id of the MITRE ATT&CK data component that the record is of, `DC0048`.
    pub data_component: ipcsentry_text,
}

/// Makes a structure one that the library fills in. A structure that has grown names its first later member.
macro_rules! output {
    ($name:ident) => {
        output!(@first $name, size_of::<Self>());
    };
    ($name:ident, $later:ident) => {
        output!(@first $name, core::mem::offset_of!(Self, $later));
    };
    (@first $name:ident, $size:expr) => {
        // SAFETY: `repr(C)`, `type_size` first.
        unsafe impl $crate::ptr::Output for $name {
            const FIRST_SIZE: usize = $size;
        }
    };
}
pub(crate) use output;

output!(ipcsentry_alert_fields, attack_version);
output!(ipcsentry_process_info);
output!(ipcsentry_evidence, data_component);

/// A process of an alert, one of the `IPCSENTRY_PART_` numbers. Later versions may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_part(pub u32);

/// Who drove the IPC object, behind any broker; there is one if `initiator_kind` is `process`.
pub const IPCSENTRY_PART_INITIATOR: ipcsentry_part = ipcsentry_part(1);
/// Who acted on the IPC object.
pub const IPCSENTRY_PART_ACTOR: ipcsentry_part = ipcsentry_part(2);
/// What was executed or injected.
pub const IPCSENTRY_PART_TARGET: ipcsentry_part = ipcsentry_part(3);
/// Where the target (or the actor) came from, nearest first; `ipcsentry_alert_edge` says how it is tied.
pub const IPCSENTRY_PART_LINEAGE: ipcsentry_part = ipcsentry_part(4);
/// Who may have been the initiator, where it is unknown; see `ipcsentry_alert_candidate`.
pub const IPCSENTRY_PART_CANDIDATE: ipcsentry_part = ipcsentry_part(5);

/// The fields of an alert that are neither lists nor processes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_get(
    alert: *const ipcsentry_alert,
    fields: *mut ipcsentry_alert_fields,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (handle, out) = unsafe { (ptr::borrow(alert)?, SizedOut::new(fields)?) };
        out.set(fields_of(handle));
        Ok(IPCSENTRY_OK)
    })
}

fn fields_of(handle: &ipcsentry_alert) -> ipcsentry_alert_fields {
    let alert = &handle.alert;
    let text = |text: &str| ipcsentry_text::of(text);
    let optional = |text: Option<&str>| ipcsentry_text::of_optional(text);
    let (initiator, ipc) = (&alert.initiator, alert.ipc.as_ref());
    ipcsentry_alert_fields {
        type_size: 0,
        id: text(&alert.id),
        incident: text(&alert.incident),
        time: text(&alert.time),
        first_time: text(&alert.first_time),
        last_time: text(&alert.last_time),
        host: text(&alert.host),
        analytic: text(alert.analytic),
        code: text(&alert.code),
        behavior: text(&alert.behavior),
        title: text(&alert.title),
        explanation: text(&alert.explanation),
        ipc_preceded_execution: text(alert.ipc_preceded_execution),
        initiator_kind: text(initiator.kind),
        initiator_user: optional(initiator.user.as_deref()),
        initiator_session: optional(initiator.session.as_deref()),
        initiator_address: optional(initiator.address.as_deref()),
        initiator_reason: optional(initiator.reason),
        ipc_mechanism: optional(ipc.map(|ipc| ipc.mechanism)),
        ipc_name: optional(ipc.and_then(|ipc| ipc.name.as_deref())),
        suppress: optional(handle.suppress()),
        not_suppressible: optional(alert.not_suppressible),
        timestamp: alert.timestamp.0,
        count: alert.count,
        techniques: alert.techniques.len() as u64,
        was: alert.was.len() as u64,
        confidence_parts: alert.confidence_parts.len() as u64,
        triage: alert.triage.len() as u64,
        lineage: alert.lineage.len() as u64,
        evidence: alert.evidence.len() as u64,
        missing: alert.missing.len() as u64,
        candidates: initiator.candidates.len() as u64,
        schema_version: alert.schema_version,
        revision: alert.revision,
        severity: ipcsentry_severity::of(alert.level),
        confidence: thousandths(alert.confidence),
        initiator_confidence: thousandths(initiator.confidence),
        truncated: if alert.truncated { IPCSENTRY_YES } else { IPCSENTRY_NO },
        attack_version: alert.attack_version,
        reserved_word: 0,
    }
}

fn thousandths(confidence: f64) -> u32 {
    (confidence * 1000.0).round() as u32
}

/// A process of an alert. `number` counts the steps of the lineage and the candidates from 0; for the others it is 0.
/// `IPCSENTRY_NONE` if there is no such process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_process(
    alert: *const ipcsentry_alert,
    part: ipcsentry_part,
    number: usize,
    process: *mut ipcsentry_process_info,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (handle, out) = unsafe { (ptr::borrow(alert)?, SizedOut::new(process)?) };
        let alert = &handle.alert;
        let found = match part {
            IPCSENTRY_PART_INITIATOR if number == 0 => alert.initiator.process.as_ref(),
            IPCSENTRY_PART_ACTOR if number == 0 => alert.actor.as_ref(),
            IPCSENTRY_PART_TARGET if number == 0 => alert.target.as_ref(),
            IPCSENTRY_PART_LINEAGE => alert.lineage.get(number).map(|step| &step.process),
            IPCSENTRY_PART_CANDIDATE => alert.initiator.candidates.get(number).and_then(|c| c.process.as_ref()),
            _ => return Err(IPCSENTRY_ERR_ARGUMENT),
        };
        some(found.map(process_of), out)
    })
}

fn process_of(process: &ProcessInfo) -> ipcsentry_process_info {
    let text = |text: &Option<String>| ipcsentry_text::of_optional(text.as_deref());
    let number = |n: Option<u32>| ipcsentry_u32 { is_set: n.is_some().into(), value: n.unwrap_or_default() };
    ipcsentry_process_info {
        type_size: 0,
        unique_id: text(&process.unique_id),
        image: text(&process.image),
        image_hex: text(&process.image_hex),
        command_line: text(&process.command_line),
        user: text(&process.user),
        session: text(&process.session),
        integrity: ipcsentry_text::of_optional(process.integrity),
        signer: text(&process.signer),
        hash: text(&process.hash),
        working_folder: text(&process.working_folder),
        pid: number(process.pid),
        uid: number(process.uid),
        auid: number(process.auid),
    }
}

/// A record that proves a part, by its number from 0, in order of time. `IPCSENTRY_NONE` when there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_evidence(
    alert: *const ipcsentry_alert,
    number: usize,
    evidence: *mut ipcsentry_evidence,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (handle, out) = unsafe { (ptr::borrow(alert)?, SizedOut::new(evidence)?) };
        some(handle.alert.evidence.get(number).map(evidence_of), out)
    })
}

fn evidence_of(evidence: &Evidence) -> ipcsentry_evidence {
    ipcsentry_evidence {
        type_size: 0,
        record: evidence.record,
        part: evidence.part,
        file: evidence.file,
        source_id: ipcsentry_text::of_optional(evidence.source_id.as_deref()),
        time: ipcsentry_text::of(&evidence.time),
        role: ipcsentry_text::of(evidence.class),
        clause: ipcsentry_text::of(&evidence.clause),
        summary: ipcsentry_text::of(&evidence.summary),
        also: evidence.also.len() as u64,
        data_component: ipcsentry_text::of(evidence.data_component),
    }
}

/// Another role of the record `evidence`, by its number from 0. `IPCSENTRY_NONE` when there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_evidence_also(
    alert: *const ipcsentry_alert,
    evidence: usize,
    number: usize,
    role: *mut ipcsentry_text,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { item(alert, role, |alert| alert.evidence.get(evidence)?.also.get(number).copied()) }
}

/// An ATT&CK technique that the cited records show, by its number from 0. `IPCSENTRY_NONE` when there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_technique(
    alert: *const ipcsentry_alert,
    number: usize,
    technique: *mut ipcsentry_text,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { item(alert, technique, |alert| alert.techniques.get(number).map(String::as_str)) }
}

/// A retired code or id of a behavior that the alert would have been before they were merged, by its number from 0.
/// `IPCSENTRY_NONE` when there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_was(
    alert: *const ipcsentry_alert,
    number: usize,
    name: *mut ipcsentry_text,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { item(alert, name, |alert| alert.was.get(number).map(String::as_str)) }
}

/// Telemetry that would belong to the alert but was not seen on this host, by its number from 0. `IPCSENTRY_NONE` when
/// there is no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_missing(
    alert: *const ipcsentry_alert,
    number: usize,
    missing: *mut ipcsentry_text,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { item(alert, missing, |alert| alert.missing.get(number).map(String::as_str)) }
}

/// How a process of the lineage is tied to the step before, by its number from 0: `parent`, `broker`, `peer` or
/// `injected`. `IPCSENTRY_NONE` when there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_edge(
    alert: *const ipcsentry_alert,
    number: usize,
    edge: *mut ipcsentry_text,
) -> ipcsentry_status {
    // SAFETY: by the header's contract.
    unsafe { item(alert, edge, |alert| alert.lineage.get(number).map(|step| step.edge)) }
}

/// How sure it is that a step of the lineage is tied so to the step before, in thousandths, by its number from 0.
/// `IPCSENTRY_NONE` when there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_edge_confidence(
    alert: *const ipcsentry_alert,
    number: usize,
    confidence: *mut u32,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (handle, out) = unsafe { (ptr::borrow(alert)?, Out::new(confidence)?) };
        let Some(step) = handle.alert.lineage.get(number) else { return Ok(IPCSENTRY_NONE) };
        out.set(thousandths(step.confidence));
        Ok(IPCSENTRY_OK)
    })
}

/// A part of the confidence, by its number from 0: what it is for, and what it adds, in thousandths. All parts add up to
/// the confidence. `IPCSENTRY_NONE` when there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_confidence_part(
    alert: *const ipcsentry_alert,
    number: usize,
    what: *mut ipcsentry_text,
    adds: *mut i32,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (handle, what, adds) = unsafe { (ptr::borrow(alert)?, Out::new(what)?, Out::new(adds)?) };
        let Some(part) = handle.alert.confidence_parts.get(number) else { return Ok(IPCSENTRY_NONE) };
        what.set(ipcsentry_text::of(&part.what));
        adds.set((part.adds * 1000.0).round() as i32);
        Ok(IPCSENTRY_OK)
    })
}

/// A question of triage, by its number from 0, with its answer as far as records tell, and what is not known for want of
/// which telemetry; either has `data` NULL where it is absent. `IPCSENTRY_NONE` when there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_answer(
    alert: *const ipcsentry_alert,
    number: usize,
    question: *mut ipcsentry_text,
    answer: *mut ipcsentry_text,
    lacks: *mut ipcsentry_text,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (handle, question) = unsafe { (ptr::borrow(alert)?, Out::new(question)?) };
        // SAFETY: likewise.
        let (answer, lacks) = unsafe { (Out::new(answer)?, Out::new(lacks)?) };
        let Some(of) = handle.alert.triage.get(number) else { return Ok(IPCSENTRY_NONE) };
        question.set(ipcsentry_text::of(of.question));
        answer.set(ipcsentry_text::of_optional(of.answer.as_deref()));
        lacks.set(ipcsentry_text::of_optional(of.lacks.as_deref()));
        Ok(IPCSENTRY_OK)
    })
}

/// Who may have been the initiator, by its number from 0: address and user, each with `data` NULL where it is absent.
/// Its process is that of `IPCSENTRY_PART_CANDIDATE`. `IPCSENTRY_NONE` when there are no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_alert_candidate(
    alert: *const ipcsentry_alert,
    number: usize,
    address: *mut ipcsentry_text,
    user: *mut ipcsentry_text,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (handle, address, user) = unsafe { (ptr::borrow(alert)?, Out::new(address)?, Out::new(user)?) };
        let Some(candidate) = handle.alert.initiator.candidates.get(number) else { return Ok(IPCSENTRY_NONE) };
        address.set(ipcsentry_text::of_optional(candidate.address.as_deref()));
        user.set(ipcsentry_text::of_optional(candidate.user.as_deref()));
        Ok(IPCSENTRY_OK)
    })
}

/// Writes what was found.
fn some<T: Output>(found: Option<T>, out: SizedOut<T>) -> Outcome {
    let Some(found) = found else { return Ok(IPCSENTRY_NONE) };
    out.set(found);
    Ok(IPCSENTRY_OK)
}

/// The body of the functions that return an item of a list of texts.
///
/// # Safety
/// `alert` and `out` are as the header requires.
unsafe fn item(
    alert: *const ipcsentry_alert,
    out: *mut ipcsentry_text,
    get: impl FnOnce(&Alert) -> Option<&str>,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by this function's contract.
        let (handle, out) = unsafe { (ptr::borrow(alert)?, Out::new(out)?) };
        let Some(text) = get(&handle.alert) else { return Ok(IPCSENTRY_NONE) };
        out.set(ipcsentry_text::of(text));
        Ok(IPCSENTRY_OK)
    })
}
