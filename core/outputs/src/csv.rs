//! Alerts as a table of comma-separated values (RFC 4180).

use alloc::borrow::Cow;
use alloc::string::{String, ToString};

use ipcsentry::printable;
use serde_json::Value;

use crate::view::texts;

/// The columns: a name, and the path of the member that it shows.
const COLUMNS: [(&str, &[&str]); 34] = [
    ("time", &["time"]),
    ("first_time", &["first_time"]),
    ("last_time", &["last_time"]),
    ("count", &["count"]),
    ("host", &["host"]),
    ("severity", &["severity"]),
    ("confidence", &["confidence"]),
    ("code", &["code"]),
    ("behavior", &["behavior"]),
    ("analytic", &["analytic"]),
    ("techniques", &["techniques"]),
    ("title", &["title"]),
    ("explanation", &["explanation"]),
    ("initiator_kind", &["initiator", "kind"]),
    ("initiator_pid", &["initiator", "process", "pid"]),
    ("initiator_image", &["initiator", "process", "image"]),
    ("initiator_command_line", &["initiator", "process", "command_line"]),
    ("initiator_user", &["initiator", "user"]),
    ("initiator_session", &["initiator", "session"]),
    ("initiator_address", &["initiator", "address"]),
    ("initiator_confidence", &["initiator", "confidence"]),
    ("actor_pid", &["actor", "pid"]),
    ("actor_image", &["actor", "image"]),
    ("target_pid", &["target", "pid"]),
    ("target_image", &["target", "image"]),
    ("target_command_line", &["target", "command_line"]),
    ("ipc_mechanism", &["ipc", "mechanism"]),
    ("ipc_name", &["ipc", "name"]),
    ("ipc_preceded_execution", &["ipc_preceded_execution"]),
    ("missing", &["missing"]),
    ("truncated", &["truncated"]),
    ("incident", &["incident"]),
    ("id", &["id"]),
    ("revision", &["revision"]),
];

/// The first row: the names of the columns, with the line break that ends it.
#[must_use]
pub fn head() -> String {
    let names: alloc::vec::Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    names.join(",") + "\r\n"
}

/// The row of an alert, with the line break that ends it.
///
/// Characters that a terminal obeys are escaped. A cell that a spreadsheet would take for a formula (it begins with `=`,
/// `+`, `-` or `@`) begins with an apostrophe: telemetry is hostile, and tables are opened in spreadsheets.
///
/// ```
/// let alert = serde_json::json!({"host": "=cmd()", "techniques": ["T1559", "T1055"]});
/// let row = ipcsentry_outputs::csv::row(&alert);
/// assert!(row.contains(",'=cmd(),") && row.contains(",T1559 T1055,"));
/// ```
#[must_use]
pub fn row(alert: &Value) -> String {
    let mut row = String::new();
    for (at, (_, path)) in COLUMNS.iter().enumerate() {
        if at > 0 {
            row.push(',');
        }
        push(&mut row, &cell(alert, path));
    }
    row + "\r\n"
}

fn cell<'a>(alert: &'a Value, path: &[&str]) -> Cow<'a, str> {
    let value = path.iter().fold(alert, |value, name| &value[*name]);
    match (value, path) {
        (Value::Null, _) => "".into(),
        (Value::String(text), _) => text.into(),
        (Value::Array(_), ["techniques"]) => {
            texts(alert, "techniques").collect::<alloc::vec::Vec<_>>().join(" ").into()
        }
        (Value::Array(_), [name]) => texts(alert, name).collect::<alloc::vec::Vec<_>>().join("; ").into(),
        (value, _) => value.to_string().into(),
    }
}

/// Appends a cell, quoted where it has to be.
fn push(row: &mut String, cell: &str) {
    let shown = printable(cell);
    let is_formula = shown.starts_with(['=', '+', '-', '@']);
    let quotes = shown.contains([',', '"', '\r', '\n']);
    if quotes {
        row.push('"');
    }
    if is_formula {
        row.push('\'');
    }
    for c in shown.chars() {
        if c == '"' {
            row.push('"');
        }
        row.push(c);
    }
    if quotes {
        row.push('"');
    }
}

/// All alerts as a table with its first row.
#[must_use]
pub fn csv(alerts: &[Value]) -> String {
    let rows = alerts.iter().map(row);
    head() + &rows.collect::<String>()
}
