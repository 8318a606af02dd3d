//! A digest of alerts that can be shared: no name of a user or host is in it.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::alert::{Alert, ProcessInfo};
use crate::names;
use crate::util::sort::sort_by;

/// The form of [`Digest::to_json`], which `core/docs/digest.schema.json` describes.
const VERSION: u32 = 1;
/// Most rows; alerts of further ones are only counted.
const MOST_ROWS: usize = 10_000;
/// Most hosts and days of all rows together.
const MOST_CELLS: usize = 1_000_000;
/// Shorter names of users and hosts are words of other names, too.
const LEAST_NAME: usize = 3;

/// What alerts have in common that share a row: behavior, severity, mechanism, and the templates of the IPC object and
/// of the images of initiator, actor and target.
type Row = [String; 7];
const MEMBERS: [&str; 7] = ["behavior", "severity", "mechanism", "object", "initiator", "actor", "target"];

/// How many alerts there were for each host and day, by behavior, templates and their owners. Hosts are numbered in the
/// order in which they are added. Names are templates: what changes from run to run is a `*`, and so are users in paths
/// and the names of the alert's host and users wherever they stand. It is of one owner and not bound to a thread.
///
/// ```
/// use ipcsentry::{Catalog, Engine, Limits, Policy, report::Digest, scenario};
/// let attack = scenario::all().iter().find(|s| s.behavior() == "L05" && s.is_positive()).expect("there is one");
/// let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
/// attack.events().iter().for_each(|event| _ = engine.feed(event));
/// engine.flush();
/// let mut digest = Digest::default();
/// while let Some(alert) = engine.poll_alert() {
///     digest.add(&alert);
/// }
/// let json = digest.to_json();
/// assert_eq!((&json["hosts"], &json["rows"][0]["behavior"]), (&1.into(), &"L05".into()));
/// assert!(!json.to_string().contains(attack.host()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Digest {
    rows: BTreeMap<Row, BTreeMap<(usize, String), u64>>,
    hosts: BTreeMap<String, usize>,
    cells: usize,
    left_out: u64,
}

impl Digest {
    /// Counts an alert: its last revision, once.
    pub fn add(&mut self, alert: &Alert) {
        let names = private_names(alert);
        let template = |text: Option<&str>| without(&names::template(text.unwrap_or_default(), true), &names);
        let image = |process: &Option<ProcessInfo>| template(process.as_ref().and_then(|p| p.image.as_deref()));
        let row = [
            alert.code.clone(),
            alert.severity.to_string(),
            alert.ipc.as_ref().map_or_else(String::new, |ipc| ipc.mechanism.to_string()),
            template(alert.ipc.as_ref().and_then(|ipc| ipc.name.as_deref())),
            image(&alert.initiator.process),
            image(&alert.actor),
            image(&alert.target),
        ];
        let is_full = self.cells >= MOST_CELLS || self.rows.len() >= MOST_ROWS && !self.rows.contains_key(&row);
        if is_full {
            self.left_out += alert.count;
            return;
        }
        let next = self.hosts.len() + 1;
        let host = *self.hosts.entry(alert.host.clone()).or_insert(next);
        let day = alert.time.get(..10).unwrap_or_default().to_string();
        let count = self.rows.entry(row).or_default().entry((host, day)).or_insert_with(|| {
            self.cells += 1;
            0
        });
        *count += alert.count;
    }

    /// The digest as JSON: rows in order of their names, in each the numbers of alerts by host and day. `per_host_day`
    /// is their sum over the hosts and days of the whole digest.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut days: Vec<&str> =
            self.rows.values().flat_map(|cells| cells.keys().map(|(_, day)| day.as_str())).collect();
        sort_by(&mut days, |a, b| a.cmp(b));
        days.dedup();
        let host_days = (self.hosts.len() * days.len()).max(1) as f64;
        let rows = self.rows.iter().map(|(row, cells)| {
            let named = MEMBERS.iter().zip(row).filter(|(_, value)| !value.is_empty());
            let mut members: Map<String, Value> =
                named.map(|(name, value)| ((*name).to_string(), value.as_str().into())).collect();
            let sum = cells.values().sum::<u64>();
            let thousandths = (sum as f64 * 1000.0 / host_days + 0.5) as u64;
            let cells = cells.iter().map(|((host, day), count)| json!({"host": host, "day": day, "alerts": count}));
            members.insert("per_host_day".into(), (thousandths as f64 / 1000.0).into());
            members.insert("cells".into(), cells.collect::<Vec<Value>>().into());
            Value::Object(members)
        });
        let alerts = self.rows.values().flat_map(BTreeMap::values).sum::<u64>();
        json!({
            "version": VERSION,
            "hosts": self.hosts.len(),
            "days": days.len(),
            "alerts": alerts,
            "left_out": self.left_out,
            "rows": rows.collect::<Vec<Value>>(),
        })
    }
}

/// The names of the alert's host and users, without domains, in lower case, the longest first.
fn private_names(alert: &Alert) -> Vec<String> {
    let processes = [&alert.initiator.process, &alert.actor, &alert.target].into_iter().flatten();
    let users = processes.filter_map(|process| process.user.as_deref()).chain(alert.initiator.user.as_deref());
    let host = [alert.host.as_str(), alert.host.split('.').next().unwrap_or_default()];
    let names = users.flat_map(|user| [user, user.rsplit(['\\', '/']).next().unwrap_or_default()]).chain(host);
    let mut names: Vec<String> = names.map(str::to_ascii_lowercase).filter(|name| name.len() >= LEAST_NAME).collect();
    sort_by(&mut names, |a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    names.dedup();
    // Accounts that every system has are no secret, and are words of many names.
    names.retain(|name| !["root", "system", "nt authority\\system", "daemon"].contains(&name.as_str()));
    names
}

/// The text with a `*` for each of these names.
fn without(text: &str, names: &[String]) -> String {
    let mut out = text.to_string();
    for name in names {
        let mut from = 0;
        while let Some(at) = out.to_ascii_lowercase()[from..].find(name.as_str()) {
            out.replace_range(from + at..from + at + name.len(), "*");
            from += at + 1;
        }
    }
    out
}
