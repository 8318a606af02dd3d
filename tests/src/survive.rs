//! What every decoder must bear: lines cut and damaged anywhere.

use std::path::Path;

use ipcsentry::decode::Format;
use serde_json::Value;

use crate::{decode_lines, format_named};

/// The format and the lines of every decoder case of these files.
pub fn cases(files: &[&str]) -> Vec<(Format, Vec<Vec<u8>>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/decode");
    let read = |file: &str| -> Vec<Value> {
        serde_json::from_slice(&std::fs::read(folder.join(format!("{file}.json"))).expect("case file")).expect("JSON")
    };
    let lines = |case: &Value| -> Vec<Vec<u8>> {
        case["input"].as_array().into_iter().flatten().filter_map(|line| Some(line.as_str()?.into())).collect()
    };
    files
        .iter()
        .flat_map(|file| read(file))
        .map(|case| (case["format"].as_str().and_then(format_named).expect("format"), lines(&case)))
        .collect()
}

/// Feeds every line of the cases cut and damaged all over; returns when nothing panicked.
pub fn cut_and_damage(files: &[&str]) {
    for (format, lines) in cases(files) {
        for line in &lines {
            let _ = Format::detect(line);
            // Odd steps visit every kind of place without visiting all.
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
