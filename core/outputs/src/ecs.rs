//! Alerts in the Elastic Common Schema.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::view::{
    Members, account, base_name, hashes, list, number, object, parent, percent, platform, subject, text, texts, word,
};

/// The version of the schema.
pub const VERSION: &str = "8.11.0";

/// An alert as a document of ECS with `event.kind: alert`.
///
/// `process` is what was executed or injected, else who acted, else who initiated it; `user` is the initiator's. What has no
/// field in ECS (the initiator, the IPC object, the incident, telemetry that is missing) is in `ipcsentry`.
///
/// ```
/// let alert = serde_json::json!({"id": "00c0ffee", "time": "2026-01-05T10:00:00.000000000Z", "severity": "high"});
/// let document = ipcsentry_outputs::ecs::ecs(&alert);
/// assert_eq!(document["event"]["kind"], "alert");
/// assert_eq!(document["event"]["severity"], 73);
/// ```
#[must_use]
pub fn ecs(alert: &Value) -> Value {
    let mut document = Members::default();
    document
        .set("@timestamp", word(alert, "time"))
        .set("ecs", json!({ "version": VERSION }))
        .set("event", event(alert))
        .set("host", host(alert))
        .set("ipcsentry", own(alert))
        .set("message", word(alert, "explanation"))
        .set("process", subject(alert).map(|process| self::process(process, parent(alert))))
        .set("related", related(alert))
        .set("rule", rule(alert))
        .set("source", source(alert))
        .set("threat", threat(alert))
        .set("user", text(&alert["initiator"], "user").map(user));
    document.done()
}

fn event(alert: &Value) -> Value {
    let mut event = Members::default();
    event
        .set("category", json!(["intrusion_detection", "process"]))
        .set("code", word(alert, "code"))
        .set("dataset", "ipcsentry.alert")
        .set("end", word(alert, "last_time"))
        .set("id", word(alert, "id"))
        .set("kind", "alert")
        .set("module", "ipcsentry")
        .set("provider", "ipcsentry")
        .set("reason", word(alert, "title"))
        .set("risk_score", percent(alert))
        .set("severity", severity(word(alert, "severity")))
        .set("start", word(alert, "first_time"))
        .set("type", json!(["info"]));
    event.done()
}

/// The numbers that Elastic's own rules give the four severities.
fn severity(name: &str) -> u64 {
    match name {
        "critical" => 99,
        "high" => 73,
        "medium" => 47,
        _ => 21,
    }
}

fn host(alert: &Value) -> Value {
    let mut host = Members::default();
    host.set("name", word(alert, "host")).set("os", platform(alert).map(|platform| json!({ "type": platform })));
    host.done()
}

fn user(name: &str) -> Value {
    let (short, domain) = account(name);
    let mut user = Members::default();
    let number = number(name);
    user.set("domain", domain).set("id", number).set("name", Some(short).filter(|_| number.is_none()));
    user.done()
}

fn process(of: &Value, parent: Option<&Value>) -> Value {
    let image = word(of, "image");
    let mut hash = Members::default();
    for (algorithm, digits) in hashes(of) {
        hash.set(algorithm, digits);
    }
    let mut process = Members::default();
    process
        .set("code_signature", text(of, "signer").map(|signer| json!({ "subject_name": signer })))
        .set("command_line", word(of, "command_line"))
        .set("entity_id", word(of, "unique_id"))
        .set("executable", image)
        .set("hash", hash.done())
        .set("name", base_name(image))
        .set("parent", parent.map(|parent| self::process(parent, None)))
        .set("pid", of["pid"].clone())
        .set("user", text(of, "user").map(user))
        .set("working_directory", word(of, "working_folder"));
    process.done()
}

fn rule(alert: &Value) -> Value {
    let mut rule = Members::default();
    rule.set("description", word(alert, "behavior"))
        .set("id", word(alert, "code"))
        .set("name", word(alert, "title"))
        .set("ruleset", word(alert, "analytic"));
    rule.done()
}

/// Techniques and subtechniques are lists of their own, without order between them.
fn threat(alert: &Value) -> Value {
    let mut techniques: Vec<&str> = texts(alert, "techniques").map(|id| id.split('.').next().unwrap_or(id)).collect();
    techniques.sort_unstable();
    techniques.dedup();
    if techniques.is_empty() {
        return Value::Null;
    }
    let subtechniques: Vec<&str> = texts(alert, "techniques").filter(|id| id.contains('.')).collect();
    let mut technique = Members::default();
    technique
        .set("id", techniques)
        .set("subtechnique", Some(subtechniques).filter(|ids| !ids.is_empty()).map(|ids| json!({ "id": ids })));
    json!({ "framework": "MITRE ATT&CK", "technique": technique.done() })
}

fn source(alert: &Value) -> Value {
    let Some(address) = text(&alert["initiator"], "address") else { return Value::Null };
    let mut source = Members::default();
    source.set("address", address).set("ip", is_ip(address).then_some(address));
    source.done()
}

/// Whether a text is an IP address: another text in `source.ip` makes Elasticsearch refuse the document.
pub(crate) fn is_ip(text: &str) -> bool {
    text.parse::<core::net::IpAddr>().is_ok()
}

fn related(alert: &Value) -> Value {
    let sides = [object(&alert["initiator"], "process"), object(alert, "actor"), object(alert, "target")];
    let lineage = list(alert, "lineage").iter().map(|step| &step["process"]);
    let processes: Vec<&Value> = sides.into_iter().flatten().chain(lineage).collect();
    let users = processes.iter().filter_map(|process| text(process, "user")).chain(text(&alert["initiator"], "user"));
    let mut related = Members::default();
    related
        .set("hash", unique(processes.iter().flat_map(|process| hashes(process)).map(|(_, digits)| digits)))
        .set("hosts", unique(text(alert, "host").into_iter().map(str::to_string)))
        .set("ip", unique(text(&alert["initiator"], "address").filter(|a| is_ip(a)).into_iter().map(str::to_string)))
        .set("user", unique(users.map(|user| account(user).0.to_string())));
    related.done()
}

fn unique(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = values.collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What ECS has no field for.
fn own(alert: &Value) -> Value {
    let mut own = Members::default();
    for name in ["confidence", "count", "incident", "ipc_preceded_execution", "missing", "revision", "truncated"] {
        own.set(name, alert[name].clone());
    }
    let who = &alert["initiator"];
    let mut initiator = Members::default();
    initiator
        .set("confidence", who["confidence"].clone())
        .set("kind", word(who, "kind"))
        .set("process", object(who, "process").map(|of| process(of, None)))
        .set("session", word(who, "session"));
    let records = list(alert, "evidence").iter().map(|one| {
        let mut record = Members::default();
        for name in ["file", "record", "role", "source_id", "summary", "time"] {
            record.set(name, one[name].clone());
        }
        record.done()
    });
    own.set("evidence", records.collect::<Vec<Value>>())
        .set("initiator", initiator.done())
        .set("ipc", object(alert, "ipc").map(|ipc| json!({ "mechanism": ipc["mechanism"], "name": ipc["name"] })))
        .set("reference", format!("https://attack.mitre.org/detectionstrategies/DET0493#{}", word(alert, "analytic")));
    own.done()
}
