//! The raw records that alerts cite, read again from their files.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::sync::atomic::AtomicU64;

use ipcsentry_inputs::{Content, Include};
use pyo3::prelude::*;

use crate::places::{Place, inputs_of};
use crate::text;

/// Bytes of a record that are kept.
const KEPT: usize = 16 << 10;

/// The records with these numbers of the input `name` of a file, given as a path or as its bytes: of lines, counted from
/// 0, or of an event log's records. What cannot be read (any more) is left out.
#[pyfunction]
#[pyo3(signature = (file, name, numbers, /))]
pub(crate) fn raw_records(file: &Bound<'_, PyAny>, name: &str, numbers: Vec<u64>) -> PyResult<BTreeMap<u64, String>> {
    let bytes = text::raw(file)?;
    let place = match &bytes {
        Some(bytes) => Place::Open(Box::new(bytes.as_ref()), name.to_owned()),
        None => Place::Path(file.extract()?),
    };
    Ok(file.py().detach(|| {
        let mut found = BTreeMap::new();
        inputs_of(place, &Include::default(), &AtomicU64::new(0), &mut |input| {
            if input.name != name {
                return ControlFlow::Continue(());
            }
            match input.content {
                Content::Bytes(stream) => lines(stream, &numbers, &mut found),
                Content::EventLog(log) => drop(log.records(&mut |record| {
                    if let Ok((number, json)) = record
                        && numbers.contains(&number)
                    {
                        found.insert(number, cut(json.as_bytes()));
                    }
                    found.len() < numbers.len()
                })),
                _ => {}
            }
            ControlFlow::Break(())
        });
        found
    }))
}

fn lines(stream: impl Read, numbers: &[u64], found: &mut BTreeMap<u64, String>) {
    let last = numbers.iter().copied().max().unwrap_or(0);
    let mut stream = BufReader::with_capacity(1 << 16, stream);
    let mut line = Vec::new();
    for number in 0..=last {
        line.clear();
        if !next(&mut stream, &mut line) {
            return;
        }
        if numbers.contains(&number) {
            found.insert(number, cut(&line));
        }
    }
}

/// Reads a line, of which it keeps a part. False at the end and if the stream fails.
fn next(stream: &mut impl BufRead, line: &mut Vec<u8>) -> bool {
    let mut is_any = false;
    loop {
        let Ok(piece) = stream.fill_buf() else { return false };
        if piece.is_empty() {
            return is_any;
        }
        is_any = true;
        let end = piece.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(piece.len());
        line.extend_from_slice(&piece[..taken.min((KEPT + 1).saturating_sub(line.len()))]);
        stream.consume(taken + usize::from(end.is_some()));
        if end.is_some() {
            return true;
        }
    }
}

fn cut(record: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(&record[..record.len().min(KEPT)]).trim_end().to_owned();
    if record.len() > KEPT {
        text.push('…');
    }
    text
}
