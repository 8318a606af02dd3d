//! Tables in the documentation that are generated from the catalog.

use std::collections::{BTreeMap, BTreeSet};

use ipcsentry::_internal_test_exports as internal;
use ipcsentry::_internal_test_exports::{Behavior, Clause, Fallback, Memory, Require};
use ipcsentry::Catalog;
use ipcsentry::event::{KindTag, Os};
use ipcsentry::rules::Element;
use ipcsentry::scenario::{self, Telemetry};
use serde_json::Value;

use crate::{Decoded, decode_lines, format_named};

/// The platforms with their names and analytics.
pub const PLATFORMS: [(Os, &str, &str); 3] =
    [(Os::Windows, "Windows", "AN1357"), (Os::Linux, "Linux", "AN1358"), (Os::Macos, "macOS", "AN1359")];

/// The behaviors of one platform that alert, by code.
#[must_use]
pub fn behaviors(os: Os) -> Vec<Behavior> {
    let mut list: Vec<Behavior> =
        internal::behaviors(&Catalog::builtin()).iter().filter(|b| b.os == os && b.alerts).cloned().collect();
    list.sort_by(|a, b| a.code.cmp(&b.code));
    list
}

/// The behaviors of one platform: needed telemetry, window, exemptions, severity.
#[must_use]
pub fn behavior_table(os: Os) -> String {
    let heads = [
        "code",
        "behavior",
        "techniques",
        "needs",
        "within",
        "mutable elements",
        "severity at most",
        "weaker forms",
        "described in",
    ];
    let mut table = format!("| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    for b in behaviors(os) {
        let elements = Catalog::builtin().elements(&b.code).into_iter().filter(|of| *of != Element::TimeWindow);
        let elements: BTreeSet<&str> = elements.map(Element::name).collect();
        let cells = [
            b.code.clone(),
            format!("`{}`", b.id),
            b.techniques.iter().map(|technique| technique.id.as_str()).collect::<Vec<_>>().join(", "),
            needs(&b),
            within(&b),
            or_dash(elements.into_iter().collect::<Vec<_>>().join(", ")),
            b.severity.name().to_owned(),
            or_dash(b.fallback.iter().map(|fallback| weaker(&b, fallback)).collect::<Vec<_>>().join("; ")),
            b.sources.iter().map(|s| linked(s)).collect::<Vec<_>>().join("; "),
        ];
        table += &format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    }
    table
}

/// The reputations of initiators and their effect on confidence.
#[must_use]
pub fn reputation_table() -> String {
    let mut table = String::from("| platform | of the initiator | confidence | described in |\n|---|---|---|---|\n");
    for reputation in internal::reputations(&Catalog::builtin()) {
        let platform = PLATFORMS.iter().find(|(os, ..)| *os == reputation.os).map_or("", |(_, name, _)| name);
        let by = f64::from(reputation.confidence) / 1000.0;
        table += &format!("| {platform} | {} | {by:+.2} | {} |\n", reputation.about, linked(&reputation.source));
    }
    table
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "–".to_owned() } else { text }
}

fn linked(source: &str) -> String {
    if source.starts_with("https://") { format!("<{source}>") } else { source.to_owned() }
}

fn within(b: &Behavior) -> String {
    let seconds = b.window / 1_000_000_000;
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let (unit, name) = units.into_iter().find(|(unit, _)| seconds % unit == 0).unwrap_or((1, "s"));
    let length = format!("{} {name}", seconds / unit);
    match b.memory {
        Memory::Window => length,
        Memory::ProcessLifetime => format!("{length}, or while the process lives"),
        Memory::LongTerm => format!("{length}, kept compactly"),
    }
}

/// The smallest sets of kinds of events with which a behavior can be complete.
fn needs(b: &Behavior) -> String {
    spelled(&least(alternatives(b, &b.require)))
}

fn weaker(b: &Behavior, fallback: &Fallback) -> String {
    let of = |set: u16| (0..b.clauses.len()).filter(move |i| set >> i & 1 == 1);
    let have =
        of(fallback.have).fold(vec![BTreeSet::new()], |all, clause| both(&all, &clause_needs(&b.clauses[clause])));
    let blind: BTreeSet<&str> = of(fallback.when_blind).flat_map(|i| kinds(&b.clauses[i])).collect();
    let cap = b.severity.min(fallback.cap).name();
    let when = match blind.is_empty() {
        true => String::new(),
        false => format!(" where {} is not collected", blind.into_iter().collect::<Vec<_>>().join(" or ")),
    };
    format!(
        "{} alone{when}: {cap}, {}.{:02}",
        spelled(&least(have)),
        fallback.confidence / 1000,
        fallback.confidence % 1000 / 10
    )
}

type Sets = Vec<BTreeSet<&'static str>>;

fn kinds(clause: &Clause) -> impl Iterator<Item = &'static str> + '_ {
    KindTag::ALL.iter().filter(|kind| clause.looks_at(**kind)).map(|kind| kind.name())
}

/// A clause needs any one of its kinds. A clause about another behavior needs what that behavior needs.
fn clause_needs(clause: &Clause) -> Sets {
    let Some(tag) = clause.on_evidence else { return kinds(clause).map(|kind| [kind].into()).collect() };
    let catalog = Catalog::builtin();
    let providers = internal::behaviors(&catalog).iter().filter(|b| b.provides == Some(tag));
    providers.flat_map(|b| alternatives(b, &b.require)).collect()
}

fn alternatives(b: &Behavior, require: &Require) -> Sets {
    match require {
        // Absence can only be decided if the kind of event is collected.
        Require::Clause(clause) | Require::Absent(clause) => clause_needs(&b.clauses[usize::from(*clause)]),
        Require::Any(list) => list.iter().flat_map(|r| alternatives(b, r)).collect(),
        Require::All(list) => list.iter().fold(vec![BTreeSet::new()], |all, r| both(&all, &alternatives(b, r))),
        Require::AtLeast(k, list) => chosen(b, usize::from(*k), list),
    }
}

/// Every combination of `k` elements of the list.
fn chosen(b: &Behavior, k: usize, list: &[Require]) -> Sets {
    match (k, list.split_first()) {
        (0, _) => vec![BTreeSet::new()],
        (_, None) => Vec::new(),
        (_, Some((first, rest))) => {
            let mut sets = both(&alternatives(b, first), &chosen(b, k - 1, rest));
            sets.extend(chosen(b, k, rest));
            sets
        }
    }
}

fn both(left: &Sets, right: &Sets) -> Sets {
    least(left.iter().flat_map(|l| right.iter().map(move |r| l | r)).collect())
}

/// Removes sets that contain another set.
fn least(mut sets: Sets) -> Sets {
    sets.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    sets.dedup();
    let all = sets.clone();
    sets.retain(|set| !all.iter().any(|other| other != set && other.is_subset(set)));
    sets
}

fn spelled(sets: &Sets) -> String {
    let one = |set: &BTreeSet<&str>| set.iter().copied().collect::<Vec<_>>().join(" + ");
    sets.iter().map(one).collect::<Vec<_>>().join(", or ")
}

/// The records of one platform that events are read from, by kind of event and sensor. The table lists only what tests
/// show: the events that decoders make of their cases and of scenarios in every telemetry.
#[must_use]
pub fn record_table(os: Os) -> String {
    let mut table = String::from("| kind of event | read from |\n|---|---|\n");
    for (kind, records) in records_by_kind(os) {
        table += &format!("| {kind} | {records} |\n");
    }
    table
}

/// By kind of event, the records of one platform it is read from.
#[must_use]
pub fn records_by_kind(os: Os) -> BTreeMap<&'static str, String> {
    let spelled = |channels: Channels| {
        let channels: Vec<String> = channels.iter().map(|(channel, r)| spelled_records(channel, r)).collect();
        channels.join("; ")
    };
    records(os).into_iter().map(|(kind, channels)| (kind, spelled(channels))).collect()
}

/// The advice for a hunt in which no record was of interest. Columns, separated by tabs: platform, kind of event,
/// number of behaviors that use it, and the records it is read from. The kinds that most behaviors use come first.
#[must_use]
pub fn collect_list() -> String {
    let mut list = String::new();
    for (os, platform, _) in PLATFORMS {
        let behaviors = behaviors(os);
        let wanted =
            |kind: &str| behaviors.iter().filter(|b| b.clauses.iter().any(|c| kinds(c).any(|k| k == kind))).count();
        let mut rows: Vec<(usize, &str, String)> = Vec::new();
        rows.extend(records_by_kind(os).into_iter().map(|(kind, records)| (wanted(kind), kind, records)));
        rows.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        for (count, kind, read_from) in rows.iter().filter(|(count, ..)| *count > 0) {
            list += &format!("{platform}\t{kind}\t{count}\t{read_from}\n");
        }
    }
    list
}

/// The sensors and ids of the records that events are read from.
#[must_use]
pub fn read_records(os: Os) -> BTreeSet<(String, u64)> {
    let by_sensor = records(os).into_values().flatten();
    by_sensor.flat_map(|(channel, records)| records.into_iter().map(move |r| (channel.clone(), r.0))).collect()
}

/// Records by sensor.
type Channels = BTreeMap<String, BTreeSet<Record>>;

fn records(os: Os) -> BTreeMap<&'static str, Channels> {
    let mut found: BTreeMap<&str, Channels> = BTreeMap::new();
    for event in decoded().iter().filter(|event| event["os"] == name_of(os)) {
        let source = &event["source"];
        let channel = source["channel"].as_str().unwrap_or_default();
        let kind = KindTag::ALL.iter().map(|k| k.name()).find(|k| event["tag"] == *k).unwrap_or_default();
        let record = match source["name"].as_str() {
            Some(name) => Record(0, name.to_owned()),
            None => Record(source["code"].as_u64().unwrap_or_default(), String::new()),
        };
        found.entry(kind).or_default().entry(channel.to_owned()).or_default().insert(record);
    }
    found
}

/// A record by its number or its name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Record(u64, String);

fn spelled_records(channel: &str, records: &BTreeSet<Record>) -> String {
    // Events of Elastic Endpoint have no ids of their own; ours are those of the corresponding records of Sysmon.
    let said =
        records.iter().filter(|_| channel != "elastic_endpoint").map(|Record(code, name)| match (code, &**name) {
            (0, name) => name.to_owned(),
            (code, _) => code.to_string(),
        });
    let said: Vec<String> = said.filter(|text| !text.is_empty()).collect();
    format!("{channel} {}", said.join(", ")).trim_end().to_owned()
}

fn name_of(os: Os) -> &'static str {
    match os {
        Os::Windows => "windows",
        Os::Linux => "linux",
        _ => "macos",
    }
}

fn decoded() -> Vec<Value> {
    let mut events = Vec::new();
    for file in std::fs::read_dir(crate::document::file("tests/cases/decode")).expect("the folder of cases") {
        let text = std::fs::read(file.expect("a readable folder").path()).expect("a readable case");
        let cases: Vec<Value> = serde_json::from_slice(&text).expect("cases are JSON");
        for case in &cases {
            let format = case["format"].as_str().and_then(format_named).expect("a format");
            let lines: Vec<&str> = case["input"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            events.extend(decode_lines(format, lines.iter().map(|l| l.as_bytes())).events);
        }
    }
    for scenario in scenario::all() {
        for telemetry in Telemetry::ALL {
            for file in scenario.render(*telemetry).into_iter().flatten() {
                let Decoded { events: more, .. } = decode_lines(file.format, file.bytes.split(|&b| b == b'\n'));
                events.extend(more);
            }
        }
    }
    events
}
