//! Alerts as events of the class Detection Finding of the Open Cybersecurity Schema Framework.

use alloc::string::ToString;
use alloc::vec::Vec;

use ipcsentry::Timestamp;
use ipcsentry::time::MILLISECOND;
use serde_json::{Value, json};

use crate::ecs::is_ip;
use crate::view::{
    Members, account, base_name, hashes, list, number, object, parent, percent, platform, text, texts, word,
};

/// The version of the schema.
pub const VERSION: &str = "1.3.0";

/// The number of the class Detection Finding.
const CLASS: u64 = 2004;

/// An alert as a Detection Finding: created by its first revision, updated by later ones.
///
/// What has no attribute (incident, order of IPC and execution, missing telemetry) is in `unmapped`.
///
/// ```
/// let alert = serde_json::json!({"id": "00c0ffee", "revision": 2, "time": "2026-01-05T10:00:00.000000000Z"});
/// let event = ipcsentry_outputs::ocsf::ocsf(&alert);
/// assert_eq!((&event["class_uid"], &event["type_uid"]), (&2004.into(), &200402.into()));
/// assert_eq!(event["time"], 1_767_607_200_000_i64);
/// ```
#[must_use]
pub fn ocsf(alert: &Value) -> Value {
    let (activity, name) = if alert["revision"].as_u64() > Some(1) { (2, "Update") } else { (1, "Create") };
    let (severity_id, severity) = severity(word(alert, "severity"));
    let mut event = Members::default();
    event
        .set("activity_id", activity)
        .set("activity_name", name)
        .set("category_name", "Findings")
        .set("category_uid", 2)
        .set("class_name", "Detection Finding")
        .set("class_uid", CLASS)
        .set("confidence_id", confidence(percent(alert)))
        .set("confidence_score", percent(alert))
        .set("count", alert["count"].clone())
        .set("device", device(alert))
        .set("end_time", time(alert, "last_time"))
        .set("evidences", evidences(alert))
        .set("finding_info", finding_info(alert))
        .set("message", word(alert, "explanation"))
        .set("metadata", metadata(alert))
        .set("severity", severity)
        .set("severity_id", severity_id)
        .set("start_time", time(alert, "first_time"))
        .set("status_id", 1)
        // Required, as its numbers are: a time that cannot be read is that of 1970, and never left out.
        .set("time", time(alert, "time").unwrap_or_default())
        .set("type_name", alloc::format!("Detection Finding: {name}"))
        .set("type_uid", CLASS * 100 + activity)
        .set("unmapped", unmapped(alert));
    event.done()
}

/// Milliseconds since 1970.
fn time(alert: &Value, name: &str) -> Option<i64> {
    Timestamp::parse(word(alert, name).as_bytes()).map(|time| time.nanos().div_euclid(MILLISECOND))
}

fn severity(name: &str) -> (u64, &'static str) {
    match name {
        "critical" => (5, "Critical"),
        "high" => (4, "High"),
        "medium" => (3, "Medium"),
        _ => (2, "Low"),
    }
}

fn confidence(percent: u64) -> u64 {
    match percent {
        0..=49 => 1,
        50..=79 => 2,
        _ => 3,
    }
}

fn metadata(alert: &Value) -> Value {
    let product = json!({ "name": "ipcsentry", "vendor_name": "ipcsentry", "version": env!("CARGO_PKG_VERSION") });
    let mut metadata = Members::default();
    metadata
        .set("event_code", word(alert, "code"))
        .set("product", product)
        .set("profiles", Some(json!(["host"])).filter(|_| text(alert, "host").is_some()))
        .set("uid", alloc::format!("{}.{}", word(alert, "id"), alert["revision"].as_u64().unwrap_or(1)))
        .set("version", VERSION);
    metadata.done()
}

fn device(alert: &Value) -> Option<Value> {
    let name = text(alert, "host")?;
    let os = platform(alert).map(|platform| match platform {
        "windows" => json!({ "name": "Windows", "type_id": 100 }),
        "linux" => json!({ "name": "Linux", "type_id": 200 }),
        _ => json!({ "name": "macOS", "type_id": 300 }),
    });
    let mut device = Members::default();
    device.set("hostname", name).set("os", os).set("type_id", 0);
    Some(device.done())
}

fn finding_info(alert: &Value) -> Value {
    let mut analytic = Members::default();
    analytic
        .set("category", word(alert, "analytic"))
        .set("desc", word(alert, "behavior"))
        .set("name", word(alert, "title"))
        .set("type", "Rule")
        .set("type_id", 1)
        .set("uid", word(alert, "code"));
    let version = alert["attack_version"].as_u64().map(|version| version.to_string());
    // The schema asks for a name; an alert has no name of a technique but its id.
    let attacks = texts(alert, "techniques").map(|id| {
        let mut attack = Members::default();
        attack
            .set("sub_technique", id.contains('.').then(|| json!({ "name": id, "uid": id })))
            .set("technique", json!({ "name": id.split('.').next(), "uid": id.split('.').next() }))
            .set("version", version.clone());
        attack.done()
    });
    let mut info = Members::default();
    info.set("analytic", analytic.done())
        .set("attacks", attacks.collect::<Vec<Value>>())
        .set("desc", word(alert, "explanation"))
        .set("first_seen_time", time(alert, "first_time"))
        .set("last_seen_time", time(alert, "last_time"))
        .set("product_uid", "ipcsentry")
        .set("title", word(alert, "title"))
        .set("types", json!(["DET0493"]))
        .set("uid", word(alert, "id"));
    info.done()
}

/// One artifact for the act, with its initiator as actor and its target as process, then one for each record.
fn evidences(alert: &Value) -> Vec<Value> {
    let who = &alert["initiator"];
    let mut actor = Members::default();
    actor
        .set("process", object(who, "process").and_then(|of| process(of, None)))
        .set("session", text(who, "session").map(|session| json!({ "uid": session })))
        .set("user", text(who, "user").map(user));
    let target = object(alert, "target").or_else(|| object(alert, "actor"));
    let address = text(who, "address");
    let mut act = Members::default();
    act.set("actor", actor.done())
        .set("data", object(alert, "ipc").map(|ipc| json!({ "ipc": ipc })))
        .set("process", target.and_then(|of| process(of, parent(alert))))
        .set("src_endpoint", address.map(|a| if is_ip(a) { json!({ "ip": a }) } else { json!({ "name": a }) }));
    let act = Some(act.done()).filter(|act| act.as_object().is_some_and(|members| !members.is_empty()));
    let records = list(alert, "evidence").iter().map(|record| json!({ "data": record }));
    act.into_iter().chain(records).collect()
}

fn user(name: &str) -> Value {
    let (short, domain) = account(name);
    let mut user = Members::default();
    let number = number(name);
    user.set("domain", domain).set("name", Some(short).filter(|_| number.is_none())).set("uid", number);
    user.done()
}

/// A process; `None` without a pid or unique id, which the schema asks for.
fn process(of: &Value, parent: Option<&Value>) -> Option<Value> {
    if of["pid"].as_u64().is_none() && text(of, "unique_id").is_none() {
        return None;
    }
    let hash = hashes(of).map(|(algorithm, value)| {
        let algorithm_id = match algorithm {
            "md5" => 1,
            "sha1" => 2,
            _ => 3,
        };
        json!({ "algorithm_id": algorithm_id, "value": value })
    });
    let hashes: Vec<Value> = hash.collect();
    let file = text(of, "image").map(|image| {
        let mut file = Members::default();
        file.set("hashes", hashes).set("name", base_name(image)).set("path", image).set("type_id", 1);
        file.done()
    });
    let integrity = text(of, "integrity").map(|level| match level {
        "untrusted" => 1,
        "low" => 2,
        "medium" => 3,
        "high" => 4,
        "system" => 5,
        "protected" => 6,
        _ => 99,
    });
    let mut process = Members::default();
    process
        .set("cmd_line", word(of, "command_line"))
        .set("file", file)
        .set("integrity", word(of, "integrity"))
        .set("integrity_id", integrity)
        .set("name", base_name(word(of, "image")))
        .set("parent_process", parent.and_then(|parent| self::process(parent, None)))
        .set("pid", of["pid"].clone())
        .set("session", text(of, "session").map(|session| json!({ "uid": session })))
        .set("uid", word(of, "unique_id"))
        .set("user", text(of, "user").map(user));
    Some(process.done())
}

/// What the class has no attribute for.
fn unmapped(alert: &Value) -> Value {
    let mut rest = Members::default();
    for name in ["behavior", "incident", "ipc_preceded_execution", "missing", "suppressed_by", "truncated"] {
        rest.set(name, alert[name].clone());
    }
    rest.set("initiator_kind", word(&alert["initiator"], "kind"));
    rest.done()
}
