//! The labeled recordings in `../shared/recordings`, beside the repository.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ipcsentry::decode::{DecodeError, Format, Record, Sink, Skip};
use ipcsentry::event::Event;
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, Stats, StreamOptions};
use serde_json::Value;

const MANIFESTS: [&str; 4] =
    ["windows/manifest.json", "windows/benign_manifest.json", "linux/manifest.json", "macos/manifest.json"];

/// Whether a recording must raise an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// It must: the IPC and its effect are both visible.
    Must,
    /// It should: a related technique, or a partly visible one.
    Should,
    /// It may: only one side is visible.
    May,
    /// It must not: there is no IPC abuse in it.
    Not,
}

/// Records that a label names.
#[derive(Clone, Debug, Default)]
pub struct Label {
    /// By native id.
    pub ids: BTreeSet<String>,
    /// By zero-based line, where the label has no id.
    pub lines: BTreeSet<u64>,
    /// An alert may cite it, but need not.
    pub optional: bool,
}

impl Label {
    fn read(value: &Value) -> Self {
        let text = |value: &Value| value.to_string().trim_matches('"').to_owned();
        let list = |key: &str| value[key].as_array().cloned().unwrap_or_default();
        let mut ids: BTreeSet<String> = list("audit_ids").iter().chain(&list("record_ids")).map(text).collect();
        ids.extend((!value["audit_id"].is_null()).then(|| text(&value["audit_id"])));
        let lines = list("lines").into_iter().chain([value["line"].clone()]);
        let lines = lines.filter(|_| ids.is_empty()).filter_map(|line| line.as_u64()?.checked_sub(1)).collect();
        Self { ids, lines, optional: value["optional"] == true }
    }

    fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.lines.is_empty()
    }
}

/// One recording with its labels.
#[derive(Debug)]
pub struct Recording {
    /// Its name in the manifest.
    pub id: String,
    /// `windows`, `linux` or `macos`.
    pub platform: String,
    /// Its path.
    pub path: PathBuf,
    /// Whether it must raise an alert.
    pub grade: Grade,
    /// The records of the attack.
    pub labels: Vec<Label>,
    /// Images that are right as the initiator, in lower case, or `remote`.
    pub initiators: Vec<String>,
    /// Records that an alert may cite although the recording must not raise one.
    pub tolerated: Vec<Label>,
    /// The image of the root process of an attack without IPC abuse, in lower case.
    pub attacker: Option<String>,
    /// The number of events in the manifest.
    pub events: u64,
    /// Its content, unpacked.
    pub bytes: Vec<u8>,
    /// Its format, if it is supported.
    pub format: Option<Format>,
}

/// All recordings; `None`, with a message, if there are none.
#[must_use]
pub fn all() -> Option<Vec<Recording>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recordings");
    let found: Vec<Recording> = MANIFESTS.iter().flat_map(|manifest| listed(&root.join(manifest))).collect();
    if found.is_empty() {
        println!("skipped: no recordings at {}", root.display());
        return None;
    }
    Some(found)
}

fn listed(manifest: &Path) -> Vec<Recording> {
    let Ok(text) = std::fs::read(manifest) else { return Vec::new() };
    let entries: Vec<Value> = serde_json::from_slice(&text).expect("a manifest is JSON");
    entries.iter().filter_map(|entry| read(entry, manifest)).collect()
}

fn read(entry: &Value, manifest: &Path) -> Option<Recording> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let path = manifest.with_file_name("").join(text(&entry["file"]));
    let bytes = unpacked(&path).ok()?;
    let expected = &entry["expected"];
    let labels = |key: &str| -> Vec<Label> {
        let list = expected[key].as_array().into_iter().flatten();
        list.filter(|label| label.is_object()).map(Label::read).filter(|label| !label.is_empty()).collect()
    };
    let grade = match expected["grade"].as_str() {
        Some("must") => Grade::Must,
        Some("should") => Grade::Should,
        Some("may") => Grade::May,
        None if expected["detect"] == true => Grade::Must,
        _ => Grade::Not,
    };
    let root = expected["attacker_root_image"].as_str().and_then(|root| root.split(' ').next());
    Some(Recording {
        id: text(&entry["id"]),
        platform: text(&entry["platform"]),
        grade,
        labels: labels("malicious"),
        initiators: expected["initiator"].as_array().into_iter().flatten().map(|i| text(i).to_lowercase()).collect(),
        tolerated: labels("tolerated"),
        attacker: root.map(str::to_lowercase),
        events: entry["events"].as_u64().unwrap_or_default(),
        format: Format::detect(&bytes[..bytes.len().min(64 << 10)]),
        path,
        bytes,
    })
}

/// A recording's bytes, unpacked.
///
/// # Errors
/// It cannot be read.
pub fn unpacked(path: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = std::fs::read(path)?;
    if path.extension().is_none_or(|e| e != "gz") {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain)?;
    Ok(plain)
}

/// An engine that holds all events of a recording and judges them in order of time.
#[must_use]
pub fn engine(catalog: Catalog, policy: Policy) -> Engine {
    seeded_engine(catalog, policy, 0)
}

fn seeded_engine(catalog: Catalog, policy: Policy, seed: u64) -> Engine {
    let mut limits = Limits::default();
    limits.seed = seed;
    limits.bytes = 1 << 30;
    limits.lateness = i64::MAX / 4;
    limits.max_alerts = 1 << 20;
    Engine::new(catalog, policy, limits)
}

/// Judges streams of one format together, in order of time. Returns the last revision of each alert.
///
/// # Panics
/// If an event was judged out of order or an alert was dropped.
#[must_use]
pub fn hunt(format: Format, streams: &[&[u8]]) -> (Vec<Alert>, Stats) {
    hunt_with_seed(format, streams, 0)
}

/// [`hunt`] by an engine whose hashing has this seed.
///
/// # Panics
/// As [`hunt`].
#[must_use]
pub fn hunt_with_seed(format: Format, streams: &[&[u8]], seed: u64) -> (Vec<Alert>, Stats) {
    let mut engine = seeded_engine(Catalog::builtin(), Policy::default(), seed);
    for (file, bytes) in (0..).zip(streams) {
        let mut options = StreamOptions::new(format);
        options.file = file;
        let stream = engine.open_stream(options);
        engine.feed_bytes(stream, bytes);
        engine.close_stream(stream);
    }
    let alerts = finish(&mut engine);
    let stats = engine.stats();
    assert_eq!((stats.released_early, stats.alerts_dropped), (0, 0));
    (alerts, stats)
}

/// Flushes the engine and returns the last revision of each alert.
#[must_use]
pub fn finish(engine: &mut Engine) -> Vec<Alert> {
    engine.flush();
    let mut alerts: Vec<Alert> = Vec::new();
    while let Some(alert) = engine.poll_alert() {
        alerts.retain(|a| a.id != alert.id);
        alerts.push(alert);
    }
    alerts.sort_by(|a, b| (a.timestamp, &a.code, &a.id).cmp(&(b.timestamp, &b.code, &b.id)));
    alerts
}

/// Calls `with` for every event of a recording; never, if its format is not supported.
pub fn each_event(recording: &Recording, with: impl FnMut(&Event<'_>)) {
    struct Each<F>(F);
    impl<F: FnMut(&Event<'_>)> Sink for Each<F> {
        fn event(&mut self, event: &Event<'_>) {
            (self.0)(event);
        }
        fn skipped(&mut self, _: u64, _: Skip) {}
        fn error(&mut self, _: DecodeError) {}
    }
    let Some(format) = recording.format else { return };
    let (mut decoder, mut sink, mut offset) = (format.decoder(), Each(with), 0);
    let text = recording.bytes.strip_suffix(b"\n").unwrap_or(&recording.bytes);
    for (number, bytes) in (0..).zip(text.split(|&b| b == b'\n')) {
        decoder.record(Record { bytes, number, offset }, &mut sink);
        offset += bytes.len() as u64 + 1;
    }
    decoder.finish(&mut sink);
}

/// The lines of a recording in reverse order; `None` where lines mean nothing backward, as in text of several lines a
/// record, and where the format is none of ours.
#[must_use]
pub fn reversed(recording: &Recording) -> Option<Vec<u8>> {
    recording.format.filter(|format| *format != Format::UnifiedLogText)?;
    let text = recording.bytes.strip_suffix(b"\n").unwrap_or(&recording.bytes);
    let mut lines: Vec<&[u8]> = text.split(|&b| b == b'\n').collect();
    lines.reverse();
    Some(lines.join(&b'\n'))
}

/// An alert without the places its records were read at.
fn content_of(alert: &Alert) -> Value {
    let mut value: Value = serde_json::from_str(&alert.to_json()).expect("an alert is JSON");
    for evidence in value["evidence"].as_array_mut().into_iter().flatten() {
        let evidence = evidence.as_object_mut().expect("an object");
        evidence.remove("record");
        evidence.remove("file");
    }
    value
}

/// Compares runs over the same records, places left out; says what only one of them has.
#[must_use]
pub fn differences(id: &str, straight: &[Alert], other: &[Alert]) -> Vec<String> {
    let set = |alerts: &[Alert]| alerts.iter().map(|a| content_of(a).to_string()).collect::<BTreeSet<_>>();
    let (straight, other) = (set(straight), set(other));
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>, name: &str| -> Vec<String> {
        a.difference(b)
            .map(|alert| format!("{id}, only {name}: {}", alert.chars().take(1500).collect::<String>()))
            .collect()
    };
    [only(&straight, &other, "straight"), only(&other, &straight, "the other way")].concat()
}
