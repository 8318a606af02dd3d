//! The Linux recordings: auditd text and laurel JSON of the same events decode to the same events, in any order of the
//! records of different events.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ipcsentry::decode::Format;
use ipcsentry_tests::{Decoded, decode_lines};
use proptest::prelude::*;
use serde_json::Value;

/// The folder of the Linux recordings; they are not part of the repository.
fn recordings() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/recordings/linux");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no recordings at {}", folder.display());
    None
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.strip_suffix(b"\n").unwrap_or(text).split(|&b| b == b'\n')
}

/// Events by native id, without the members that depend on the line and those that laurel lacks.
fn by_id(decoded: &Decoded) -> BTreeMap<String, Value> {
    let mut events = BTreeMap::new();
    for event in &decoded.events {
        let mut event = event.clone();
        event.as_object_mut().unwrap().remove("record");
        for process in ["actor", "parent"] {
            if let Some(process) = event[process].as_object_mut() {
                process.remove("user");
            }
        }
        let id = event["source"]["id"].as_str().unwrap().to_owned();
        assert!(events.insert(id.clone(), event).is_none(), "{id} came twice");
    }
    events
}

#[test]
fn auditd_and_laurel_give_the_same_events_without_an_error() {
    let Some(folder) = recordings() else { return };
    for (path, text) in files(&folder.join("auditd")) {
        assert_eq!(Format::detect(&text), Some(Format::Auditd), "{}", path.display());
        let auditd = decode_lines(Format::Auditd, lines(&text));
        assert_eq!(auditd.errors, [], "{}", path.display());

        let counterpart = folder.join("laurel").join(path.file_stem().unwrap()).with_extension("ndjson");
        let text = fs::read(&counterpart).unwrap();
        assert_eq!(Format::detect(&text), Some(Format::LaurelJson), "{}", counterpart.display());
        let laurel = decode_lines(Format::LaurelJson, lines(&text));
        assert_eq!(laurel.errors, [], "{}", counterpart.display());

        let (auditd, laurel) = (by_id(&auditd), by_id(&laurel));
        assert!(!auditd.is_empty(), "{}", path.display());
        for (id, event) in &auditd {
            assert_eq!(Some(event), laurel.get(id), "{id} in {}", path.display());
        }
        assert_eq!(auditd.len(), laurel.len(), "{}", path.display());
    }
}

#[test]
fn foreign_files_do_no_harm() {
    let Some(folder) = recordings() else { return };
    for (path, text) in files(&folder.join("thirdparty")) {
        let format = Format::detect(&text).unwrap_or(Format::Auditd);
        let decoded = decode_lines(format, lines(&text));
        println!(
            "{}: {format:?}, {} events, {} skipped, {} errors",
            path.file_name().unwrap().display(),
            decoded.events.len(),
            decoded.skipped.len(),
            decoded.errors.len()
        );
    }
}

/// The lines of a recording in windows within which records may change places: few events, less than a second.
fn windows(text: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut windows: Vec<Vec<&[u8]>> = Vec::new();
    let (mut events, mut last, mut begin) = (0, "", 0.0);
    for line in lines(text) {
        let stamp = std::str::from_utf8(line).unwrap().split(['(', ')']).nth(1).unwrap();
        let time: f64 = stamp.split(':').next().unwrap().parse().unwrap();
        if windows.is_empty() || (stamp != last && (events == 20 || !(0.0..1.0).contains(&(time - begin)))) {
            windows.push(Vec::new());
            (events, begin) = (0, time);
        }
        events += usize::from(stamp != last);
        last = stamp;
        windows.last_mut().unwrap().push(line);
    }
    windows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_records_does_not_matter(seed in any::<u64>()) {
        let Some(folder) = recordings() else { return Ok(()) };
        for (path, text) in files(&folder.join("auditd")) {
            let mut windows = windows(&text);
            let mut state = seed | 1;
            for window in &mut windows {
                for at in (1..window.len()).rev() {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    window.swap(at, (state >> 33) as usize % (at + 1));
                }
            }
            let ordered = decode_lines(Format::Auditd, lines(&text));
            let shuffled = decode_lines(Format::Auditd, windows.concat());
            prop_assert_eq!(by_id(&ordered), by_id(&shuffled), "{}", path.display());
            prop_assert_eq!(ordered.skipped.len(), shuffled.skipped.len());
        }
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(
        lines in prop::collection::vec(
            prop_oneof![
                any::<Vec<u8>>(),
                "type=(SYSCALL|PATH|EXECVE|SOCKADDR|CWD|USER_START|EOE) msg=audit\\([0-9]{1,3}\\.[0-9]{3}:[0-3]\\): ([a-z]{2,6}[0-9]?(\\[[0-9]\\])?=\"?[0-9A-Fx:]{0,12}\"? ?){0,9}"
                    .prop_map(String::into_bytes),
                "\\{\"ID\":\"1\\.000:[0-9]\",\"(SYSCALL|PATH|SOCKADDR|EXECVE)\":[\\[{](\"(pid|ARGV|saddr|SADDR|mode)\":[0-9\"\\[{%a-f}\\]]{0,9},?){0,4}[}\\]]{0,3}"
                    .prop_map(String::into_bytes),
            ],
            0..40,
        )
    ) {
        for format in [Format::Auditd, Format::LaurelJson] {
            decode_lines(format, lines.iter().map(Vec::as_slice));
        }
    }
}
