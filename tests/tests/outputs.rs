//! Alerts in the forms of other tools are as their published schemas ask. `tests/data/outputs` has what the schemas require of
//! the parts that are used, with the version and the file that it was read from.

use std::collections::{BTreeMap, BTreeSet};

use ipcsentry::{Catalog, Engine, Limits, Policy, scenario};
use ipcsentry_outputs::{Output, Report, ecs, ocsf, stix};
use ipcsentry_tests::document::text;
use ipcsentry_tests::recordings::finish;
use ipcsentry_tests::schema::faults;
use serde_json::{Value, json};

/// The alerts of all scenarios.
fn alerts() -> Vec<Value> {
    let mut limits = Limits::default();
    (limits.lateness, limits.max_alerts) = (i64::MAX / 4, 1 << 16);
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    for scenario in scenario::all() {
        for mut event in scenario.events() {
            event.host = scenario.id().as_bytes();
            engine.feed(&event);
        }
    }
    let alerts = finish(&mut engine);
    assert!(alerts.len() > 500);
    let mut values: Vec<Value> = alerts.iter().map(|alert| serde_json::to_value(alert).expect("JSON")).collect();
    // What no scenario has: hashes, a signer, a folder, a host and an initiator without a name, an address of version 6.
    let hash = format!("SHA1={},MD5={},SHA256={}", "0a".repeat(20), "0b".repeat(16), "0C".repeat(32));
    let full =
        json!({"pid": 7, "image": "C:\\a b\\c.exe", "hash": hash, "signer": "Example", "working_folder": "C:\\"});
    let mut rare = values[0].clone();
    (rare["id"], rare["target"], rare["revision"]) = (json!("00000000000000aa"), full, json!(3));
    rare["initiator"] = json!({"kind": "remote", "address": "fe80::1", "user": "CORP\\ida", "confidence": 0.5});
    let mut bare = values[0].clone();
    (bare["id"], bare["host"], bare["actor"], bare["target"]) =
        (json!("00000000000000ab"), json!(""), Value::Null, Value::Null);
    (bare["ipc"], bare["lineage"], bare["techniques"]) = (Value::Null, json!([]), json!([]));
    bare["initiator"] = json!({"kind": "unknown", "reason": "nobody was seen", "confidence": 0.0});
    values.extend([rare, bare]);
    values
}

fn schema(name: &str) -> Value {
    serde_json::from_str(&text(&format!("tests/data/outputs/{name}.json"))).expect("JSON")
}

fn assert_valid(name: &str, form: fn(&Value) -> Value) {
    let schema = schema(name);
    let wrong: BTreeMap<String, String> = alerts()
        .iter()
        .flat_map(|alert| faults(&schema, &form(alert)).into_iter().map(|fault| (fault, alert["id"].to_string())))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn documents_are_as_ecs_asks() {
    assert_valid("ecs", ecs::ecs);
}

#[test]
fn events_are_as_ocsf_asks() {
    assert_valid("ocsf", ocsf::ocsf);
}

#[test]
fn bundles_are_as_stix_asks_and_name_no_object_that_they_lack() {
    let schema = schema("stix");
    let alerts = alerts();
    let bundle = stix::stix(&alerts);
    assert_eq!(bundle["type"], "bundle");
    let objects = bundle["objects"].as_array().expect("a list");
    let ids: BTreeSet<&str> = objects.iter().map(|object| object["id"].as_str().expect("an id")).collect();
    assert_eq!(ids.len(), objects.len(), "each object is in the bundle once");
    let mut wrong = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for object in objects {
        let kind = object["type"].as_str().expect("a type");
        seen.insert(kind);
        let own = json!({ "$ref": format!("#/$defs/{kind}"), "$defs": schema["$defs"] });
        wrong.extend(faults(&own, object));
        let references = object.as_object().expect("an object").iter();
        for (name, value) in references.filter(|(name, _)| name.ends_with("_ref") || name.ends_with("_refs")) {
            let named = value.as_array().map_or_else(|| vec![value], |list| list.iter().collect());
            let lost = named.iter().filter(|id| !id.as_str().is_some_and(|id| ids.contains(id)));
            wrong.extend(lost.map(|id| format!("{kind}: {name} names {id}, which is not there")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(seen.len(), schema["$defs"].as_object().expect("an object").len(), "every type is tried: {seen:?}");
    // Every alert is sighted, where its host is known there.
    let of_alert = |alert: &&Value| {
        objects.iter().any(|o| o["type"] == "sighting" && o["external_references"][0]["external_id"] == alert["id"])
    };
    assert_eq!(alerts.iter().filter(of_alert).count(), alerts.len());
}

#[test]
fn every_technique_initiator_and_object_of_an_alert_is_in_every_output() {
    for alert in alerts() {
        let techniques: Vec<&str> =
            alert["techniques"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        let image = alert["initiator"]["process"]["image"].as_str();
        let name = image.map(|image| image.rsplit(['/', '\\']).next().expect("a part"));
        let object = alert["ipc"]["name"].as_str().filter(|_| !alert["ipc"].is_null());
        for output in [Output::Ecs, Output::Ocsf, Output::Stix, Output::Csv, Output::Html] {
            let text = output.line(&alert);
            for technique in &techniques {
                assert!(text.contains(technique), "{output:?} lacks {technique}: {text}");
            }
            if let Some(name) = name {
                let escaped = ipcsentry::printable(name).replace('\'', "&#x27;");
                let json = serde_json::to_string(name).expect("JSON");
                assert!(text.contains(json.trim_matches('"')) || text.contains(&escaped), "{output:?} lacks {name}");
            }
            // STIX has no observable for objects of inter-process communication: the description has the name.
            if let Some(object) = object.filter(|_| output != Output::Stix) {
                let json = serde_json::to_string(object).expect("JSON");
                let escaped = ipcsentry::printable(object).replace('&', "&amp;").replace('\'', "&#x27;");
                let quoted = ipcsentry::printable(object).replace('"', "\"\"");
                let is_there = [json.trim_matches('"'), &escaped, &quoted].iter().any(|form| text.contains(*form));
                assert!(is_there, "{output:?} lacks {object}: {text}");
            }
        }
    }
}

#[test]
fn tables_have_as_many_cells_in_every_row_and_no_formula() {
    let mut alerts = alerts();
    alerts[0]["host"] = json!("=HYPERLINK(\"x\")\r\n\u{1b}[31m,\u{202e}");
    alerts[1]["title"] = json!("@sum");
    let table = Output::Csv.text(&Report::of(&alerts));
    let rows = cells(&table);
    assert_eq!(rows.len(), alerts.len() + 1);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{:?}", rows[1]);
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@'])));
    let column = |name: &str| rows[0].iter().position(|head| head == name).expect("a column");
    assert_eq!(rows[1][column("host")], "'=HYPERLINK(\"x\")\\r\\n\\u{1b}[31m,\\u{202e}");
    let ids: Vec<&str> = alerts.iter().map(|alert| alert["id"].as_str().expect("an id")).collect();
    assert_eq!(rows[1..].iter().map(|row| row[column("id")].as_str()).collect::<Vec<_>>(), ids);
}

/// Reads a table as RFC 4180 says.
fn cells(table: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = table.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(cell.is_empty() && !is_quoted, "the last row ends");
    rows
}
