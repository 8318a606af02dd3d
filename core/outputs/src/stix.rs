//! Alerts as a bundle of STIX 2.1: sightings of ATT&CK techniques, with what was observed and where.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::ecs::is_ip;
use crate::uuid::{uuid, uuid4};
use crate::view::{Members, account, base_name, hashes, list, number, object, percent, text, texts, word};

/// The version of the specification.
pub const VERSION: &str = "2.1";

/// The namespace that STIX 2.1 (section 2.9) sets for observables whose ids are made of their content.
const OBSERVABLES: u128 = 0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7;
/// The namespace of all other ids: the UUID of the DNS name `ipcsentry`.
const OWN: u128 = 0xede1_18f6_0be5_5677_a09d_eabd_65b6_9dfb;
/// When objects that are not of one alert were created. They have to be the same in every bundle, and there is no clock.
const ALWAYS: &str = "2020-01-01T00:00:00.000Z";
/// The greatest count that the specification allows.
const MOST: u64 = 999_999_999;

/// A bundle of all alerts: of each, a sighting of every technique (of the behavior, where its records show none), the
/// processes, users, files and addresses that were observed, and the host as the identity that saw it. The same alert has
/// the same ids in every bundle.
///
/// ```
/// let alert = serde_json::json!({
///     "id": "00c0ffee", "host": "web-1", "techniques": ["T1559"], "time": "2026-01-05T10:00:00.000000000Z",
///     "first_time": "2026-01-05T10:00:00.000000000Z", "last_time": "2026-01-05T10:00:00.000000000Z"
/// });
/// let bundle = ipcsentry_outputs::stix::stix(&[alert]);
/// let objects = bundle["objects"].as_array().ok_or("no list")?;
/// assert!(objects.iter().any(|object| object["type"] == "sighting"));
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn stix(alerts: &[Value]) -> Value {
    let mut bundle = Bundle::default();
    for alert in alerts {
        bundle.add_alert(alert);
    }
    let names: Vec<&str> = bundle.objects.keys().map(String::as_str).collect();
    let mut whole = Members::default();
    whole
        .set("id", format!("bundle--{}", uuid4(OWN, &names.join(" "))))
        .set("objects", bundle.objects.into_values().collect::<Vec<Value>>())
        .set("type", "bundle");
    whole.done()
}

/// Objects by id: each is in the bundle once.
#[derive(Default)]
struct Bundle {
    objects: BTreeMap<String, Value>,
}

impl Bundle {
    fn add_alert(&mut self, alert: &Value) {
        let seen = self.observables(alert);
        let host = text(alert, "host").map(|name| self.identity(name));
        let mut data = common("observed-data", word(alert, "id"), alert);
        data.set("first_observed", word(alert, "first_time"))
            .set("last_observed", word(alert, "last_time"))
            .set("number_observed", alert["count"].as_u64().unwrap_or(1).clamp(1, MOST))
            .set("object_refs", seen.clone());
        // Observed data without an object is none: an alert may name no process at all.
        let data = (!seen.is_empty()).then(|| self.put(data));
        let mut sighted: Vec<String> = texts(alert, "techniques").map(|id| self.technique(id)).collect();
        if sighted.is_empty() {
            sighted.push(self.behavior(alert));
        }
        for of in sighted {
            let mut sighting = common("sighting", &format!("{} {of}", word(alert, "id")), alert);
            sighting
                .set("count", alert["count"].as_u64().unwrap_or(1).min(MOST))
                .set("description", word(alert, "explanation"))
                .set("first_seen", word(alert, "first_time"))
                .set("labels", labels(alert))
                .set("last_seen", word(alert, "last_time"))
                .set("observed_data_refs", data.iter().cloned().collect::<Vec<String>>())
                .set("sighting_of_ref", of)
                .set("where_sighted_refs", host.iter().cloned().collect::<Vec<String>>());
            self.put(sighting);
        }
    }

    /// Adds an object and returns its id.
    fn put(&mut self, object: Members) -> String {
        let object = object.done();
        let id = word(&object, "id").to_string();
        self.objects.insert(id.clone(), object);
        id
    }

    fn technique(&mut self, id: &str) -> String {
        let url = format!("https://attack.mitre.org/techniques/{}", id.replace('.', "/"));
        let mut pattern = always("attack-pattern", id);
        pattern
            .set("external_references", json!([{ "external_id": id, "source_name": "mitre-attack", "url": url }]))
            .set("name", id);
        self.put(pattern)
    }

    fn behavior(&mut self, alert: &Value) -> String {
        let code = text(alert, "behavior").or_else(|| text(alert, "code")).unwrap_or("unknown");
        let mut pattern = always("attack-pattern", code);
        pattern
            .set("external_references", json!([{ "external_id": code, "source_name": "ipcsentry" }]))
            .set("name", text(alert, "title").unwrap_or(code));
        self.put(pattern)
    }

    fn identity(&mut self, host: &str) -> String {
        let mut identity = always("identity", host);
        identity.set("identity_class", "system").set("name", host);
        self.put(identity)
    }

    /// The observables of an alert; their ids.
    fn observables(&mut self, alert: &Value) -> Vec<String> {
        let who = &alert["initiator"];
        let processes = [object(who, "process"), object(alert, "actor"), object(alert, "target")];
        let lineage = list(alert, "lineage").iter().filter_map(|step| object(step, "process"));
        let all: Vec<&Value> = processes.into_iter().flatten().chain(lineage).collect();
        let mut seen: Vec<String> = all.into_iter().filter_map(|process| self.process(alert, process)).collect();
        seen.extend(text(who, "user").map(|user| self.user(user)));
        seen.extend(text(who, "address").filter(|address| is_ip(address)).map(|address| self.address(address)));
        seen.sort_unstable();
        seen.dedup();
        seen
    }

    /// A process; `None` if nothing is known of it that the specification has a property for.
    fn process(&mut self, alert: &Value, of: &Value) -> Option<String> {
        let image = text(of, "image").map(|image| self.file(image, of));
        let user = text(of, "user").map(|user| self.user(user));
        if image.is_none() && user.is_none() && of["pid"].as_u64().is_none() && text(of, "command_line").is_none() {
            return None;
        }
        // Without an id of the sensor, a process is the same only within one alert: pids are used again.
        let name = match text(of, "unique_id") {
            Some(unique) => format!("{} {unique}", word(alert, "host")),
            None => format!("{} {} {} {}", word(alert, "host"), word(alert, "id"), of["pid"], word(of, "image")),
        };
        let mut process = observable("process", &uuid4(OWN, &format!("process {name}")));
        process
            .set("command_line", word(of, "command_line"))
            .set("creator_user_ref", user)
            .set("cwd", word(of, "working_folder"))
            .set("image_ref", image)
            .set("pid", of["pid"].clone());
        Some(self.put(process))
    }

    fn file(&mut self, image: &str, of: &Value) -> String {
        let name = base_name(image);
        let folder = image.strip_suffix(name).map(|folder| folder.trim_end_matches(['\\', '/']));
        let folder = folder.filter(|folder| !folder.is_empty()).map(|path| {
            let mut directory = observable("directory", &uuid(OBSERVABLES, &json!({ "path": path }).to_string()));
            directory.set("path", path);
            self.put(directory)
        });
        let mut hash = Members::default();
        for (algorithm, digits) in hashes(of) {
            let name = match algorithm {
                "md5" => "MD5",
                "sha1" => "SHA-1",
                _ => "SHA-256",
            };
            hash.set(name, digits);
        }
        let mut content = Members::default();
        content.set("hashes", hash.done()).set("name", name).set("parent_directory_ref", folder);
        self.of_content("file", content)
    }

    fn user(&mut self, user: &str) -> String {
        let (login, domain) = account(user);
        let mut content = Members::default();
        content
            .set("account_login", Some(if domain.is_some() { user } else { login }).filter(|_| number(user).is_none()))
            .set("account_type", domain.map(|_| "windows-domain"))
            .set("user_id", number(user));
        self.of_content("user-account", content)
    }

    fn address(&mut self, address: &str) -> String {
        let mut content = Members::default();
        content.set("value", address);
        self.of_content(if address.contains(':') { "ipv6-addr" } else { "ipv4-addr" }, content)
    }

    /// An observable whose id is made of all of its properties, written as canonical JSON.
    fn of_content(&mut self, kind: &str, content: Members) -> String {
        let content = content.done();
        let mut object = observable(kind, &uuid(OBSERVABLES, &content.to_string()));
        for (name, value) in content.as_object().into_iter().flatten() {
            object.set(name, value.clone());
        }
        self.put(object)
    }
}

fn labels(alert: &Value) -> Vec<&str> {
    ["code", "severity"].iter().filter_map(|name| text(alert, name)).collect()
}

/// The members of an object that is of one alert.
fn common(kind: &str, name: &str, alert: &Value) -> Members {
    let mut object = Members::default();
    let id = word(alert, "id");
    object
        .set("confidence", percent(alert))
        .set("created", word(alert, "first_time"))
        .set("external_references", json!([{ "external_id": id, "source_name": "ipcsentry" }]))
        .set("id", format!("{kind}--{}", uuid4(OWN, &format!("{kind} {name}"))))
        .set("modified", word(alert, "last_time"))
        .set("spec_version", VERSION)
        .set("type", kind);
    object
}

/// The members of an object that is the same in every bundle.
fn always(kind: &str, name: &str) -> Members {
    let mut object = Members::default();
    object
        .set("created", ALWAYS)
        .set("id", format!("{kind}--{}", uuid4(OWN, &format!("{kind} {name}"))))
        .set("modified", ALWAYS)
        .set("spec_version", VERSION)
        .set("type", kind);
    object
}

fn observable(kind: &str, uuid: &str) -> Members {
    let mut object = Members::default();
    object.set("id", format!("{kind}--{uuid}")).set("spec_version", VERSION).set("type", kind);
    object
}
