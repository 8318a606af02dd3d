//! `--state FILE`: what a run knew in the end, for the next one to go on with.
//!
//! The file begins with a line of JSON that names the inputs: how far each was read, how it begins, and the stream that
//! reads it. The engine's snapshot follows.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

use ipcsentry::{Catalog, Engine, Limits, Policy, StreamId};
use serde_json::{Value, json};

use crate::run::say;

/// Bytes at the beginning of an input that show whether it is the same one.
pub(crate) const START: usize = 256;
/// The form of the first line.
const VERSION: u64 = 1;

/// How far an input was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The stream that reads it, if it was not closed.
    pub(crate) stream: Option<StreamId>,
    /// Bytes read, after unpacking.
    pub(crate) position: u64,
    /// Its first bytes.
    pub(crate) start: Vec<u8>,
}

impl Place {
    /// Notes bytes that were read.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        let wanted = START.saturating_sub(self.start.len()).min(bytes.len());
        self.start.extend_from_slice(&bytes[..wanted]);
        self.position += bytes.len() as u64;
    }
}

/// The file of `--state`, and what it said.
#[derive(Debug)]
pub(crate) struct State {
    path: PathBuf,
    /// The inputs of all runs, by the numbers that evidence has as `file`.
    pub(crate) inputs: Vec<(String, Place)>,
}

impl State {
    /// The state in a file and the engine that goes on; a new engine if there is no file yet.
    pub(crate) fn open(
        path: &OsStr,
        catalog: Catalog,
        policy: Policy,
        limits: Limits,
    ) -> Result<(Self, Engine), String> {
        let fault = |what: &dyn std::fmt::Display| format!("--state {}: {what}", path.display());
        let mut state = Self { path: path.into(), inputs: Vec::new() };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok((state, Engine::new(catalog, policy, limits)));
            }
            Err(error) => return Err(fault(&error)),
        };
        let end = bytes.iter().position(|&byte| byte == b'\n').ok_or_else(|| fault(&"it is no state of hunt"))?;
        let head: Value = serde_json::from_slice(&bytes[..end]).map_err(|_| fault(&"it is no state of hunt"))?;
        if head["hunt_state"] != VERSION {
            return Err(fault(&"another version of hunt wrote it"));
        }
        for input in head["inputs"].as_array().into_iter().flatten() {
            let number = |key: &str| input[key].as_u64();
            let stream = number("stream").and_then(|n| u32::try_from(n).ok()).map(StreamId::from_number);
            let start = input["start"].as_str().and_then(unhex).unwrap_or_default();
            let place = Place { stream, position: number("position").unwrap_or_default(), start };
            state.inputs.push((input["name"].as_str().unwrap_or_default().to_owned(), place));
        }
        let (engine, report) =
            Engine::restore(catalog, policy, limits, &bytes[end + 1..]).map_err(|error| fault(&error))?;
        for dropped in &report.dropped {
            say(&format!("--state: the rules of {} have changed: its state was dropped", dropped.behavior));
        }
        for part in &report.left {
            say(&format!("--state: another version wrote it, and this one cannot read this part: {part}"));
        }
        for (_, place) in &mut state.inputs {
            place.stream = place.stream.filter(|stream| engine.has_stream(*stream));
        }
        Ok((state, engine))
    }

    /// Writes the state. The file is replaced in one step, so that a fault leaves the old one.
    pub(crate) fn save(&self, engine: &Engine) -> io::Result<()> {
        let inputs: Vec<Value> = self
            .inputs
            .iter()
            .map(|(name, Place { stream, position, start })| {
                json!({ "name": name, "stream": stream.map(StreamId::number), "position": position, "start": hex(start) })
            })
            .collect();
        let mut new = self.path.clone().into_os_string();
        new.push(".new");
        let new = PathBuf::from(new);
        let mut file = io::BufWriter::new(File::create(&new)?);
        writeln!(file, "{}", json!({ "hunt_state": VERSION, "inputs": inputs }))?;
        let mut written = Ok(());
        engine.snapshot(&mut |chunk| {
            if written.is_ok() {
                written = file.write_all(chunk);
            }
        });
        written?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&new, &self.path)
    }

    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = |at| text.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    (0..text.len()).step_by(2).map(digits).collect()
}
