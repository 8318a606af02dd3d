//! Calls the functions of the C interface as a C program does, for tests that compare with the library itself.
//!
//! Every handle is freed when its wrapper is dropped; every status that is an error panics.

use std::collections::BTreeMap;
use std::ptr::null_mut;

use ipcsentry::event::Event;
use ipcsentry_ffi::alert::{self, ipcsentry_alert};
use ipcsentry_ffi::alert_fields::*;
use ipcsentry_ffi::catalog::{self, ipcsentry_catalog};
use ipcsentry_ffi::engine::{self, ipcsentry_engine, ipcsentry_limits};
use ipcsentry_ffi::error::{self, ipcsentry_error};
use ipcsentry_ffi::event::feed::{self, ipcsentry_batch_report};
use ipcsentry_ffi::event::keep::Keep;
use ipcsentry_ffi::event::model::ipcsentry_event;
use ipcsentry_ffi::event::value::{IPCSENTRY_YES, ipcsentry_u32};
use ipcsentry_ffi::format::ipcsentry_format;
use ipcsentry_ffi::output::{ipcsentry_document, ipcsentry_document_free, ipcsentry_document_text};
use ipcsentry_ffi::stats::{self, ipcsentry_stats};
use ipcsentry_ffi::status::{IPCSENTRY_NONE, IPCSENTRY_OK, ipcsentry_status};
use ipcsentry_ffi::stream::{self, ipcsentry_stream_options};
use ipcsentry_ffi::text::{ipcsentry_bytes, ipcsentry_text};
use serde_json::{Map, Value, json};

/// A text to pass.
#[must_use]
pub const fn text(text: &[u8]) -> ipcsentry_text {
    ipcsentry_text { data: text.as_ptr().cast(), len: text.len() }
}

/// A text that the library returned; `None` where it is absent.
///
/// # Safety
/// Its owner is alive.
#[must_use]
pub unsafe fn taken(text: ipcsentry_text) -> Option<String> {
    if text.data.is_null() {
        return None;
    }
    // SAFETY: by this function's contract.
    let bytes = unsafe { std::slice::from_raw_parts(text.data.cast(), text.len) };
    Some(std::str::from_utf8(bytes).expect("the library returns UTF-8").to_owned())
}

fn must(status: ipcsentry_status) -> ipcsentry_status {
    assert!(status.0 >= 0, "status {}", status.0);
    status
}

/// What `poll` writes, until it says that there is no more.
fn every<T: Copy>(mut poll: impl FnMut(usize, *mut T) -> ipcsentry_status, mut value: T) -> Vec<T> {
    let mut all = Vec::new();
    while must(poll(all.len(), &raw mut value)) == IPCSENTRY_OK {
        all.push(value);
    }
    all
}

/// A zeroed structure with its size.
macro_rules! sized {
    ($name:ident) => {{
        // SAFETY: a structure of numbers and raw pointers.
        let mut value: $name = unsafe { std::mem::zeroed() };
        value.type_size = size_of::<$name>() as u64;
        value
    }};
}

/// The builtin catalog.
#[derive(Debug)]
pub struct CCatalog(pub *mut ipcsentry_catalog);

impl CCatalog {
    /// The builtin rules.
    #[must_use]
    pub fn builtin() -> Self {
        let mut handle = null_mut();
        // SAFETY: an output.
        must(unsafe { catalog::ipcsentry_catalog_builtin(&raw mut handle) });
        Self(handle)
    }
}

impl Drop for CCatalog {
    fn drop(&mut self) {
        // SAFETY: it is this wrapper's.
        unsafe { catalog::ipcsentry_catalog_free(self.0) }
    }
}

/// An engine.
#[derive(Debug)]
pub struct CEngine(pub *mut ipcsentry_engine);

impl CEngine {
    /// An engine with the builtin rules and the default policy.
    #[must_use]
    pub fn new(set: impl FnOnce(&mut ipcsentry_limits)) -> Self {
        let mut limits = sized!(ipcsentry_limits);
        set(&mut limits);
        let (catalog, mut handle) = (CCatalog::builtin(), null_mut());
        // SAFETY: good handles and outputs.
        must(unsafe {
            engine::ipcsentry_engine_new(catalog.0, text(b""), &raw const limits, &raw mut handle, null_mut())
        });
        Self(handle)
    }

    /// Feeds one event.
    pub fn feed(&self, event: &ipcsentry_event) -> ipcsentry_status {
        // SAFETY: a good handle; whoever made the event keeps what it points to.
        unsafe { feed::ipcsentry_engine_feed(self.0, event) }
    }

    /// Feeds an event of the library as an agent would.
    ///
    /// # Panics
    /// If the engine refuses it.
    pub fn feed_model(&self, event: &Event<'_>, utf16: bool) {
        let mut keep = Keep::new(utf16);
        let event = keep.event(event);
        let status = self.feed(&event);
        assert!(status.0 >= 0, "status {}: {:?}", status.0, self.errors());
    }

    /// Feeds a batch.
    pub fn feed_batch(&self, events: &[ipcsentry_event]) -> (ipcsentry_status, ipcsentry_batch_report) {
        let mut report = ipcsentry_batch_report::default();
        // SAFETY: as for `feed`.
        let status =
            unsafe { feed::ipcsentry_engine_feed_batch(self.0, events.as_ptr(), events.len(), &raw mut report) };
        (status, report)
    }

    /// Feeds a whole stream.
    pub fn feed_stream(&self, format: ipcsentry_format, host: &[u8], bytes: &[u8]) {
        let mut options = sized!(ipcsentry_stream_options);
        options.format = format;
        options.host = text(host);
        let mut stream = stream::ipcsentry_stream(0);
        let chunk = ipcsentry_bytes { data: bytes.as_ptr().cast(), len: bytes.len() };
        // SAFETY: good handles and outputs.
        unsafe {
            must(stream::ipcsentry_engine_open_stream(self.0, &raw const options, &raw mut stream));
            must(stream::ipcsentry_stream_feed(self.0, stream, chunk, null_mut()));
            must(stream::ipcsentry_stream_close(self.0, stream, null_mut()));
        }
    }

    /// Flushes, and sorts the alerts if asked to.
    pub fn flush(&self, sort: bool) {
        // SAFETY: a good handle.
        unsafe {
            must(engine::ipcsentry_engine_flush(self.0));
            if sort {
                must(engine::ipcsentry_engine_sort_alerts(self.0));
            }
        }
    }

    /// The alerts that wait.
    pub fn alerts(&self) -> Vec<CAlert> {
        // SAFETY: a good handle and output.
        let poll = |_, out| unsafe { engine::ipcsentry_engine_poll_alert(self.0, out) };
        every(poll, null_mut()).into_iter().map(CAlert).collect()
    }

    /// The errors of the last call: status, place, text, record and number.
    pub fn errors(&self) -> Vec<(i32, String, String, (u64, u64))> {
        // SAFETY: a good handle and output.
        let poll = |_, out| unsafe { engine::ipcsentry_engine_poll_error(self.0, out) };
        // SAFETY: each error was just returned, once.
        every(poll, null_mut()).into_iter().map(|error| unsafe { error_of(error) }).collect()
    }

    /// The counters.
    pub fn stats(&self) -> ipcsentry_stats {
        let mut value = sized!(ipcsentry_stats);
        // SAFETY: a good handle and output.
        must(unsafe { stats::ipcsentry_engine_stats(self.0, &raw mut value) });
        value
    }

    /// JSON that the engine returns.
    ///
    /// # Panics
    /// If it is none.
    pub fn json(
        &self,
        get: unsafe extern "C" fn(*mut ipcsentry_engine, *mut ipcsentry_text) -> ipcsentry_status,
    ) -> Value {
        let mut json = text(b"");
        // SAFETY: a good handle and output; the text is valid until the next call.
        let json = unsafe {
            must(get(self.0, &raw mut json));
            taken(json)
        };
        serde_json::from_str(&json.expect("text")).expect("JSON")
    }
}

impl Drop for CEngine {
    fn drop(&mut self) {
        // SAFETY: it is this wrapper's.
        unsafe { engine::ipcsentry_engine_free(self.0) }
    }
}

/// Status, place, text, record and number of an error, which is freed.
///
/// # Panics
/// If a function refuses it.
///
/// # Safety
/// It is a good handle, and nobody else frees it.
#[must_use]
pub unsafe fn error_of(handle: *mut ipcsentry_error) -> (i32, String, String, (u64, u64)) {
    let (mut place, mut words, mut position) = (text(b""), text(b""), (0, 0));
    // SAFETY: by this function's contract.
    unsafe {
        let status = error::ipcsentry_error_status(handle).0;
        must(error::ipcsentry_error_place(handle, &raw mut place));
        must(error::ipcsentry_error_text(handle, &raw mut words));
        must(error::ipcsentry_error_position(handle, &raw mut position.0, &raw mut position.1));
        let error = (status, taken(place).unwrap_or_default(), taken(words).unwrap_or_default(), position);
        error::ipcsentry_error_free(handle);
        error
    }
}

/// An alert.
#[derive(Debug)]
pub struct CAlert(*mut ipcsentry_alert);

impl Drop for CAlert {
    fn drop(&mut self) {
        // SAFETY: it is this wrapper's.
        unsafe { alert::ipcsentry_alert_free(self.0) }
    }
}

impl CAlert {
    /// Its handle, still this wrapper's.
    #[must_use]
    pub const fn handle(&self) -> *const ipcsentry_alert {
        self.0
    }

    /// The alert as the library writes it.
    ///
    /// # Panics
    /// If it is no text.
    #[must_use]
    pub fn json(&self) -> String {
        let mut json = text(b"");
        // SAFETY: a good handle and output.
        unsafe {
            must(alert::ipcsentry_alert_json(self.0, &raw mut json));
            taken(json).expect("text")
        }
    }

    fn texts(
        &self,
        get: unsafe extern "C" fn(*const ipcsentry_alert, usize, *mut ipcsentry_text) -> ipcsentry_status,
    ) -> Vec<Value> {
        // SAFETY: a good handle and output.
        let all = every(|number, out| unsafe { get(self.0, number, out) }, text(b""));
        // SAFETY: the alert is alive.
        all.into_iter().map(|text| unsafe { taken(text) }.into()).collect()
    }

    fn process(&self, part: ipcsentry_part, number: usize) -> Option<Value> {
        let mut info = sized!(ipcsentry_process_info);
        // SAFETY: a good handle and output.
        let status = must(unsafe { ipcsentry_alert_process(self.0, part, number, &raw mut info) });
        if status == IPCSENTRY_NONE {
            return None;
        }
        let mut object = Map::new();
        for (name, value) in [
            ("unique_id", info.unique_id),
            ("image", info.image),
            ("image_hex", info.image_hex),
            ("command_line", info.command_line),
            ("user", info.user),
            ("session", info.session),
            ("integrity", info.integrity),
            ("signer", info.signer),
            ("hash", info.hash),
            ("working_folder", info.working_folder),
        ] {
            // SAFETY: the alert is alive.
            put(&mut object, name, unsafe { taken(value) }.map(Value::from));
        }
        let number = |n: ipcsentry_u32| (n.is_set == 1).then(|| n.value.into());
        put(&mut object, "pid", number(info.pid));
        put(&mut object, "uid", number(info.uid));
        put(&mut object, "auid", number(info.auid));
        Some(object.into())
    }

    fn evidence(&self) -> Vec<Value> {
        let get = |number, out| unsafe {
            // SAFETY: a good handle and output.
            ipcsentry_alert_evidence(self.0, number, out)
        };
        let all = every(get, sized!(ipcsentry_evidence));
        let one = |(number, evidence): (usize, ipcsentry_evidence)| {
            let mut object = Map::new();
            object.insert("record".into(), evidence.record.into());
            put(&mut object, "part", (evidence.part != 0).then(|| evidence.part.into()));
            object.insert("file".into(), evidence.file.into());
            // SAFETY: the alert is alive.
            object.insert("source_id".into(), unsafe { taken(evidence.source_id) }.into());
            for (name, text) in [
                ("time", evidence.time),
                ("role", evidence.role),
                ("clause", evidence.clause),
                ("data_component", evidence.data_component),
                ("summary", evidence.summary),
            ] {
                // SAFETY: the alert is alive.
                put(&mut object, name, unsafe { taken(text) }.map(Value::from));
            }
            // SAFETY: a good handle and output.
            let also = every(|at, out| unsafe { ipcsentry_alert_evidence_also(self.0, number, at, out) }, text(b""));
            assert_eq!(also.len() as u64, evidence.also);
            // SAFETY: the alert is alive.
            let also: Vec<Value> = also.into_iter().map(|text| unsafe { taken(text) }.into()).collect();
            put(&mut object, "also", (!also.is_empty()).then(|| also.into()));
            Value::from(object)
        };
        all.into_iter().enumerate().map(one).collect()
    }

    fn candidates(&self) -> Vec<Value> {
        let mut all = Vec::new();
        let (mut address, mut user) = (text(b""), text(b""));
        // SAFETY: a good handle and outputs; the alert is alive.
        unsafe {
            while must(ipcsentry_alert_candidate(self.0, all.len(), &raw mut address, &raw mut user)) == IPCSENTRY_OK {
                let mut object = Map::new();
                put(&mut object, "process", self.process(IPCSENTRY_PART_CANDIDATE, all.len()));
                put(&mut object, "address", taken(address).map(Value::from));
                put(&mut object, "user", taken(user).map(Value::from));
                all.push(object.into());
            }
        }
        all
    }

    fn confidence_parts(&self) -> Vec<Value> {
        let (mut all, mut what, mut adds) = (Vec::new(), text(b""), 0);
        // SAFETY: a good handle and outputs; the alert is alive.
        unsafe {
            let next =
                |all: &Vec<Value>, what, adds| must(ipcsentry_alert_confidence_part(self.0, all.len(), what, adds));
            while next(&all, &raw mut what, &raw mut adds) == IPCSENTRY_OK {
                all.push(json!({"what": taken(what), "adds": f64::from(adds) / 1000.0}));
            }
        }
        all
    }

    fn triage(&self) -> Vec<Value> {
        let (mut all, mut question, mut answer, mut lacks) = (Vec::new(), text(b""), text(b""), text(b""));
        // SAFETY: a good handle and outputs; the alert is alive.
        unsafe {
            let next = |number, question, answer, lacks| {
                must(ipcsentry_alert_answer(self.0, number, question, answer, lacks)) == IPCSENTRY_OK
            };
            while next(all.len(), &raw mut question, &raw mut answer, &raw mut lacks) {
                let mut object = Map::new();
                object.insert("question".into(), taken(question).into());
                put(&mut object, "answer", taken(answer).map(Value::from));
                put(&mut object, "lacks", taken(lacks).map(Value::from));
                all.push(object.into());
            }
        }
        all
    }

    /// The alert's JSON, put together from its fields alone.
    ///
    /// # Panics
    /// If a function refuses something, or a number of items is wrong.
    #[must_use]
    pub fn from_fields(&self) -> Value {
        let mut f = sized!(ipcsentry_alert_fields);
        // SAFETY: a good handle and output.
        must(unsafe { ipcsentry_alert_get(self.0, &raw mut f) });
        // SAFETY: the alert is alive.
        let text = |text| -> Value { unsafe { taken(text) }.into() };
        let optional = |text| {
            // SAFETY: the alert is alive.
            unsafe { taken(text) }.map(Value::from)
        };
        let share = |thousandths: u32| f64::from(thousandths) / 1000.0;
        let severities = BTreeMap::from([(10, "low"), (20, "medium"), (30, "high"), (40, "critical")]);
        let mut initiator = Map::new();
        initiator.insert("kind".into(), text(f.initiator_kind));
        put(&mut initiator, "process", self.process(IPCSENTRY_PART_INITIATOR, 0));
        initiator.insert("user".into(), text(f.initiator_user));
        initiator.insert("session".into(), text(f.initiator_session));
        put(&mut initiator, "address", optional(f.initiator_address));
        initiator.insert("confidence".into(), share(f.initiator_confidence).into());
        put(&mut initiator, "reason", optional(f.initiator_reason));
        let candidates = self.candidates();
        put(&mut initiator, "candidates", (!candidates.is_empty()).then(|| candidates.clone().into()));
        let edges = self.texts(ipcsentry_alert_edge);
        let step = |(number, edge): (usize, &Value)| {
            let mut sure = 0;
            // SAFETY: a good handle and output.
            must(unsafe { ipcsentry_alert_edge_confidence(self.0, number, &raw mut sure) });
            json!({"process": self.process(IPCSENTRY_PART_LINEAGE, number), "edge": edge, "confidence": share(sure)})
        };
        let lineage: Vec<Value> = edges.iter().enumerate().map(step).collect();
        let techniques = self.texts(ipcsentry_alert_technique);
        let missing = self.texts(ipcsentry_alert_missing);
        let was = self.texts(ipcsentry_alert_was);
        let evidence = self.evidence();
        let (parts, triage) = (self.confidence_parts(), self.triage());
        assert_eq!([f.confidence_parts, f.triage], [parts.len() as u64, triage.len() as u64]);
        let counts = [techniques.len(), missing.len(), was.len(), evidence.len(), lineage.len(), candidates.len()];
        assert_eq!([f.techniques, f.missing, f.was, f.evidence, f.lineage, f.candidates], counts.map(|n| n as u64));
        let ipc = optional(f.ipc_mechanism).map(|mechanism| json!({"mechanism": mechanism, "name": text(f.ipc_name)}));
        let suppress =
            optional(f.suppress).map(|s| serde_json::from_str::<Value>(s.as_str().expect("text")).expect("JSON"));
        let mut alert = json!({
            "schema_version": f.schema_version, "id": text(f.id), "revision": f.revision, "incident": text(f.incident),
            "time": text(f.time), "first_time": text(f.first_time), "last_time": text(f.last_time), "count": f.count,
            "host": text(f.host), "analytic": text(f.analytic), "code": text(f.code), "behavior": text(f.behavior),
            "techniques": techniques, "attack_version": f.attack_version, "severity": severities[&f.severity.0], "confidence": share(f.confidence),
            "title": text(f.title), "explanation": text(f.explanation),
            "ipc_preceded_execution": text(f.ipc_preceded_execution), "initiator": initiator,
            "actor": self.process(IPCSENTRY_PART_ACTOR, 0), "target": self.process(IPCSENTRY_PART_TARGET, 0),
            "ipc": ipc, "lineage": lineage, "evidence": evidence, "missing": missing, "confidence_parts": parts, "triage": triage,
            "truncated": f.truncated == IPCSENTRY_YES, "suppress": suppress,
        });
        let object = alert.as_object_mut().expect("an object");
        put(object, "not_suppressible", optional(f.not_suppressible));
        put(object, "was", (!was.is_empty()).then(|| was.into()));
        assert_eq!(ipcsentry::Timestamp(f.timestamp).to_string(), text(f.time).as_str().unwrap_or_default());
        alert
    }
}

fn put(object: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        object.insert(name.into(), value);
    }
}

/// What a function writes as JSON, or the status and text of its error.
///
/// # Panics
/// When it writes no JSON, or a document although it fails.
pub fn written(
    call: impl FnOnce(*mut *mut ipcsentry_document, *mut *mut ipcsentry_error) -> ipcsentry_status,
) -> Result<Value, (ipcsentry_status, String)> {
    let (mut document, mut error) = (null_mut(), null_mut());
    let status = call(&raw mut document, &raw mut error);
    // SAFETY: good handles and outputs; each is freed once.
    unsafe {
        if status != IPCSENTRY_OK {
            assert!(document.is_null());
            return Err((status, error_of(error).2));
        }
        let mut json = text(b"");
        assert_eq!(ipcsentry_document_text(document, &raw mut json), IPCSENTRY_OK);
        let value = serde_json::from_str(&taken(json).expect("a text")).expect("JSON");
        ipcsentry_document_free(document);
        Ok(value)
    }
}
