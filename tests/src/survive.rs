//! Feeds decoders lines that are cut and damaged anywhere.

use std::path::{Path, PathBuf};

use ipcsentry::decode::Format;
use serde_json::Value;

use crate::{decode_lines, format_named};

/// The format and the lines of every decoder case of these files.
pub fn cases(files: &[&str]) -> Vec<(Format, Vec<Vec<u8>>)> {
    files.iter().flat_map(|file| of_file(file)).map(|(_, format, lines)| (format, lines)).collect()
}

/// Name, format and lines of every decoder case.
pub fn all_cases() -> Vec<(String, Format, Vec<Vec<u8>>)> {
    let folder = std::fs::read_dir(folder()).expect("the folder of cases");
    let mut files: Vec<_> = folder.map(|file| file.expect("a readable folder").path()).collect();
    files.sort();
    files.iter().filter_map(|path| path.file_stem()?.to_str()).flat_map(of_file).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/decode")
}

fn of_file(file: &str) -> Vec<(String, Format, Vec<Vec<u8>>)> {
    let text = std::fs::read(folder().join(format!("{file}.json"))).expect("a readable case file");
    let cases: Vec<Value> = serde_json::from_slice(&text).expect("cases are JSON");
    let read = |case: &Value| {
        let lines = case["input"].as_array().into_iter().flatten();
        let format = case["format"].as_str().and_then(format_named).expect("a format");
        let name = format!("{file}: {}", case["name"].as_str().unwrap_or_default());
        (name, format, lines.filter_map(|line| Some(line.as_str()?.into())).collect())
    };
    cases.iter().map(read).collect()
}

/// Feeds every line of the cases, cut and damaged at many places.
pub fn cut_and_damage(files: &[&str]) {
    for (format, lines) in cases(files) {
        for line in &lines {
            let _ = Format::detect(line);
            // An odd step reaches every kind of place without trying all places.
            for at in (0..line.len()).step_by(if line.len() > 600 { 23 } else { 3 }) {
                let mut damaged = line.clone();
                for byte in [b'{', b'"', b'[', b'\\', b' ', 0xff] {
                    damaged[at] = byte;
                    decode_lines(format, [&damaged[..], &line[at..]]);
                }
                let _ = Format::detect(&line[..at]);
                decode_lines(format, [&line[..at]]);
            }
        }
    }
}
