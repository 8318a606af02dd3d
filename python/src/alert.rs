//! Alerts.

use std::hash::{Hash, Hasher};

use ipcsentry::printable;
use pyo3::prelude::*;
use pythonize::pythonize;
use serde::Serialize;

/// One alert. Immutable, and independent of its engine.
#[pyclass(frozen, eq, hash, module = "ipcsentry")]
#[derive(Debug, PartialEq)]
pub(crate) struct Alert(pub(crate) ipcsentry::Alert);

impl Hash for Alert {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.0.id, self.0.revision).hash(state);
    }
}

type Object<'py> = PyResult<Bound<'py, PyAny>>;

fn object<'py>(py: Python<'py>, value: &impl Serialize) -> Object<'py> {
    Ok(pythonize(py, value)?)
}

#[pymethods]
impl Alert {
    /// 16 hex digits: the same records give the same id on every machine.
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    /// 1 for the first version. Each revision has a number one higher and replaces the version before it.
    #[getter]
    fn revision(&self) -> u32 {
        self.0.revision
    }

    /// Time of the last record of the evidence, RFC 3339, UTC.
    #[getter]
    fn time(&self) -> &str {
        &self.0.time
    }

    /// The same time in nanoseconds since 1970.
    #[getter]
    fn timestamp(&self) -> i64 {
        self.0.timestamp.0
    }

    /// The host's name; empty if neither the telemetry nor the caller named one.
    #[getter]
    fn host(&self) -> &str {
        &self.0.host
    }

    /// AN1357, AN1358 or AN1359.
    #[getter]
    fn analytic(&self) -> &'static str {
        self.0.analytic
    }

    /// The behavior's code, such as W07.
    #[getter]
    fn code(&self) -> &str {
        &self.0.code
    }

    /// The behavior's id.
    #[getter]
    fn behavior(&self) -> &str {
        &self.0.behavior
    }

    /// ATT&CK techniques.
    #[getter]
    fn techniques(&self) -> Vec<&str> {
        self.0.techniques.iter().map(String::as_str).collect()
    }

    /// low, medium, high or critical.
    #[getter]
    fn severity(&self) -> &'static str {
        self.0.severity
    }

    /// How sure the alert is, from 0 to 1.
    #[getter]
    fn confidence(&self) -> f64 {
        self.0.confidence
    }

    /// The title of the behavior, one line.
    #[getter]
    fn title(&self) -> &str {
        &self.0.title
    }

    /// What happened, with the processes and objects of this alert.
    #[getter]
    fn explanation(&self) -> &str {
        &self.0.explanation
    }

    /// yes, no or unknown: whether the first record of IPC is earlier than the first of execution or injection.
    #[getter]
    fn ipc_preceded_execution(&self) -> &'static str {
        self.0.ipc_preceded_execution
    }

    /// The id of the earliest alert of the same incident.
    #[getter]
    fn incident(&self) -> &str {
        &self.0.incident
    }

    /// When the first record of the evidence happened, RFC 3339, UTC.
    #[getter]
    fn first_time(&self) -> &str {
        &self.0.first_time
    }

    /// When it last happened: later than time where it was repeated.
    #[getter]
    fn last_time(&self) -> &str {
        &self.0.last_time
    }

    /// How often it happened.
    #[getter]
    fn count(&self) -> u64 {
        self.0.count
    }

    /// The version of the form of to_json and to_dict.
    #[getter]
    fn schema_version(&self) -> u32 {
        self.0.schema_version
    }

    /// Why there is no policy in suppress, or None.
    #[getter]
    fn not_suppressible(&self) -> Option<&'static str> {
        self.0.not_suppressible
    }

    /// The process or remote caller that drove the IPC object, found also behind a broker.
    #[getter]
    fn initiator<'py>(&self, py: Python<'py>) -> Object<'py> {
        object(py, &self.0.initiator)
    }

    /// The process that acted on the IPC object, or None.
    #[getter]
    fn actor<'py>(&self, py: Python<'py>) -> Object<'py> {
        object(py, &self.0.actor)
    }

    /// The process that was executed or injected into, or None.
    #[getter]
    fn target<'py>(&self, py: Python<'py>) -> Object<'py> {
        object(py, &self.0.target)
    }

    /// The IPC object, or None.
    #[getter]
    fn ipc<'py>(&self, py: Python<'py>) -> Object<'py> {
        object(py, &self.0.ipc)
    }

    /// The ancestors of the target (or of the actor), the nearest first.
    #[getter]
    fn lineage<'py>(&self, py: Python<'py>) -> Object<'py> {
        object(py, &self.0.lineage)
    }

    /// The records that prove it, in order of time.
    #[getter]
    fn evidence<'py>(&self, py: Python<'py>) -> Object<'py> {
        object(py, &self.0.evidence)
    }

    /// Telemetry that would be evidence but was not seen on this host.
    #[getter]
    fn missing(&self) -> Vec<&str> {
        self.0.missing.iter().map(String::as_str).collect()
    }

    /// Whether details were lost to the memory limit.
    #[getter]
    fn truncated(&self) -> bool {
        self.0.truncated
    }

    /// The policy that silences this alert and those equal to it, or None.
    #[getter]
    fn suppress<'py>(&self, py: Python<'py>) -> Object<'py> {
        object(py, &self.0.suppress)
    }

    /// The alert as one line of JSON.
    fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// The alert as a dict, as its JSON would be parsed.
    fn to_dict<'py>(&self, py: Python<'py>) -> Object<'py> {
        object(py, &self.0)
    }

    fn __repr__(&self) -> String {
        let a = &self.0;
        let host = if a.host.is_empty() { "" } else { " on " };
        // A repr is printed on terminals: escape control characters.
        printable(&format!(
            "<ipcsentry.Alert {} {} {:.2} at {}{host}{}: {}>",
            a.code, a.severity, a.confidence, a.time, a.host, a.title
        ))
        .into_owned()
    }

    /// A small table for notebooks.
    fn _repr_html_(&self) -> String {
        let a = &self.0;
        let who = a.initiator.process.as_ref().and_then(|p| p.image.as_deref()).or(a.initiator.address.as_deref());
        let ipc = a.ipc.as_ref().map(|ipc| format!("{} {}", ipc.mechanism, ipc.name.as_deref().unwrap_or_default()));
        let rows = [
            ("behavior", format!("{} {}", a.code, a.behavior)),
            ("severity", format!("{}, confidence {:.2}", a.severity, a.confidence)),
            ("when", a.time.clone()),
            ("host", a.host.clone()),
            ("initiator", who.unwrap_or(a.initiator.kind).to_owned()),
            ("through", ipc.unwrap_or_default()),
            ("what", a.explanation.clone()),
        ];
        let rows = rows.iter().filter(|(_, value)| !value.is_empty());
        let rows: String =
            rows.map(|(name, value)| format!("<tr><th>{name}</th><td>{}</td></tr>", escape(value))).collect();
        format!("<table><caption>{}</caption>{rows}</table>", escape(&a.title))
    }
}

/// Escapes text from telemetry for HTML.
fn escape(text: &str) -> String {
    let text = printable(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
