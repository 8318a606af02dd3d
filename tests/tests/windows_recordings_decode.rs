//! Every Windows recording is detected and decodes without an error and with at least one event.
//!
//! The recordings are beside the workspace (`../shared/recordings/windows`); without them the test prints that and
//! passes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ipcsentry::decode::{DecodeError, Format, Record, Sink, Skip};
use ipcsentry::event::Event;
use ipcsentry_tests::recordings::unpacked;

#[derive(Default)]
struct Counts {
    kinds: BTreeMap<&'static str, u64>,
    skips: BTreeMap<String, u64>,
    errors: Vec<DecodeError>,
    /// Events whose actor has neither a pid nor a unique id.
    without_actor: u64,
    envelope_times: u64,
}

impl Sink for Counts {
    fn event(&mut self, event: &Event<'_>) {
        *self.kinds.entry(event.kind.tag().name()).or_default() += 1;
        self.without_actor += u64::from(event.actor.is_unknown());
        self.envelope_times += u64::from(event.time_is_envelope);
        assert!(!event.host.is_empty(), "record {} names no host", event.record);
    }
    fn skipped(&mut self, _record: u64, why: Skip) {
        *self.skips.entry(format!("{why:?}")).or_default() += 1;
    }
    fn error(&mut self, error: DecodeError) {
        self.errors.push(error);
    }
}

#[test]
fn every_windows_recording_decodes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recordings/windows");
    let mut files: Vec<PathBuf> = ["attack", "benign"]
        .iter()
        .filter_map(|part| std::fs::read_dir(root.join(part)).ok())
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    if files.is_empty() {
        println!("no recordings at {}: nothing checked", root.display());
        return;
    }
    let mut failures = Vec::new();
    for path in files {
        let bytes = unpacked(&path).expect("a listed recording is readable");
        let Some(format) = Format::detect(&bytes[..bytes.len().min(4096)]) else {
            failures.push(format!("{}: not recognized", path.display()));
            continue;
        };
        let counts = decode(format, &bytes);
        println!(
            "{} {format:?} {:?} {:?}, {} without actor, {} on the envelope's clock",
            path.file_name().unwrap_or_default().display(),
            counts.kinds,
            counts.skips,
            counts.without_actor,
            counts.envelope_times
        );
        if !counts.errors.is_empty() || counts.kinds.is_empty() {
            let first = &counts.errors[..counts.errors.len().min(3)];
            failures.push(format!("{}: {} errors {first:?}", path.display(), counts.errors.len()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn decode(format: Format, bytes: &[u8]) -> Counts {
    let mut counts = Counts::default();
    let mut decoder = format.decoder();
    let mut offset = 0;
    for (number, line) in bytes.split(|&b| b == b'\n').enumerate() {
        decoder.record(Record { bytes: line, number: number as u64, offset }, &mut counts);
        offset += line.len() as u64 + 1;
    }
    decoder.finish(&mut counts);
    counts
}
