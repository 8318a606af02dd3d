//! An engine between two buffers.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use ipcsentry::decode::Format;
use ipcsentry::{Catalog, Engine, FeedReport, Limits, Policy, StreamId, StreamOptions};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::answer;

/// Streams that an engine may have open.
const MAX_STREAMS: usize = 4096;

/// What a call returns, or what went wrong.
pub(crate) type Outcome = Result<i32, Fault>;

/// What went wrong.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What it is about: `options`, `policy`, `rules`, `snapshot`, `stream` or `engine`.
    kind: &'static str,
    message: String,
}

fn fault(kind: &'static str) -> impl Fn(&dyn core::fmt::Display) -> Fault {
    move |error| Fault { kind, message: error.to_string() }
}

/// An engine, what a call reads and what it returned.
#[derive(Debug, Default)]
pub struct Session {
    engine: Option<Engine>,
    input: Vec<u8>,
    answer: Vec<u8>,
}

/// How an engine works. `rules` and `policy` are their documents.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Options {
    policy: Option<Value>,
    rules: Option<Value>,
    bytes: Option<usize>,
    lateness: Option<i64>,
    seed: Option<u64>,
    max_record_bytes: Option<usize>,
    max_alerts: Option<usize>,
    dedup_window: Option<i64>,
}

/// How a stream is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Opening {
    format: Option<String>,
    host: String,
    record_base: u64,
    file: u32,
}

impl Session {
    pub(crate) fn room(&mut self, len: usize) -> &mut [u8] {
        self.input.clear();
        self.input.resize(len, 0);
        &mut self.input
    }

    pub(crate) fn answer(&self) -> &[u8] {
        &self.answer
    }

    /// Makes the number that a call returns of its outcome.
    pub(crate) fn conclude(&mut self, outcome: Outcome) -> i32 {
        outcome.unwrap_or_else(|Fault { kind, message }| {
            self.say(&json!({"kind": kind, "message": message}));
            -1
        })
    }

    pub(crate) fn start(&mut self) -> Outcome {
        let (catalog, policy, limits) = parts(read("options", &self.input)?)?;
        self.engine = Some(Engine::new(catalog, policy, limits));
        Ok(0)
    }

    pub(crate) fn restore(&mut self, options: usize) -> Outcome {
        let (options, snapshot) = self.input.split_at(options.min(self.input.len()));
        let (catalog, policy, limits) = parts(read("options", options)?)?;
        let restored = Engine::restore(catalog, policy, limits, snapshot);
        let (engine, report) = restored.map_err(|error| fault("snapshot")(&error))?;
        self.engine = Some(engine);
        self.say(&json!({"dropped": answer::dropped(&report.dropped), "left": report.left}));
        Ok(0)
    }

    pub(crate) fn replace(&mut self) -> Outcome {
        let (catalog, policy, _) = parts(read("options", &self.input)?)?;
        let dropped = self.engine()?.replace(catalog, policy);
        self.say(&json!({"dropped": answer::dropped(&dropped), "left": []}));
        Ok(0)
    }

    pub(crate) fn snapshot(&mut self) -> Outcome {
        let Self { engine: Some(engine), answer, .. } = self else { return Err(no_engine()) };
        answer.clear();
        engine.snapshot(&mut |chunk| answer.extend_from_slice(chunk));
        Ok(0)
    }

    pub(crate) fn open_stream(&mut self) -> Outcome {
        let Opening { format, host, record_base, file } = read("options", &self.input)?;
        let mut options = match format {
            None => StreamOptions::recognize(),
            Some(name) => {
                let known = Format::ALL.iter().find(|(known, _)| *known == name);
                StreamOptions::new(known.ok_or_else(|| fault("options")(&"there is no format of that name"))?.1)
            }
        };
        options.host = host.into_bytes();
        options.record_base = record_base;
        options.file = file;
        let engine = self.engine()?;
        if engine.open_streams() >= MAX_STREAMS {
            return Err(fault("stream")(&"too many streams are open"));
        }
        Ok(engine.open_stream(options).number() as i32)
    }

    pub(crate) fn feed(&mut self, stream: u32) -> Outcome {
        let input = core::mem::take(&mut self.input);
        let outcome = self.on_stream(stream, |engine, stream| engine.feed_bytes(stream, &input));
        self.input = input;
        outcome
    }

    pub(crate) fn settle_quiet(&mut self, stream: u32) -> Outcome {
        self.on_stream(stream, Engine::settle_quiet)
    }

    pub(crate) fn close_stream(&mut self, stream: u32) -> Outcome {
        self.on_stream(stream, Engine::close_stream)
    }

    pub(crate) fn elapse(&mut self, nanos: i64) -> Outcome {
        if nanos < 0 {
            return Err(fault("options")(&"time does not pass backwards"));
        }
        self.engine()?.elapse(nanos);
        Ok(0)
    }

    pub(crate) fn flush(&mut self) -> Outcome {
        self.engine()?.flush();
        Ok(0)
    }

    pub(crate) fn sort_alerts(&mut self) -> Outcome {
        self.engine()?.sort_alerts();
        Ok(0)
    }

    pub(crate) fn poll_alert(&mut self) -> Outcome {
        let Some(alert) = self.engine()?.poll_alert() else { return Ok(0) };
        self.answer = alert.to_json().into_bytes();
        Ok(1)
    }

    pub(crate) fn stats(&mut self) -> Outcome {
        self.answer = self.engine()?.stats().to_json().into_bytes();
        Ok(0)
    }

    pub(crate) fn coverage(&mut self) -> Outcome {
        let hosts: Vec<String> = self.engine()?.coverage().iter().map(|host| host.to_json()).collect();
        self.answer = alloc::format!("[{}]", hosts.join(",")).into_bytes();
        Ok(0)
    }

    pub(crate) fn about(&mut self) -> Outcome {
        let formats: Vec<&str> = Format::ALL.iter().map(|(name, _)| *name).collect();
        self.say(&json!({"version": env!("CARGO_PKG_VERSION"), "formats": formats}));
        Ok(0)
    }

    fn engine(&mut self) -> Result<&mut Engine, Fault> {
        self.engine.as_mut().ok_or_else(no_engine)
    }

    fn on_stream(&mut self, stream: u32, read: impl FnOnce(&mut Engine, StreamId) -> FeedReport) -> Outcome {
        let stream = StreamId::from_number(stream);
        let engine = self.engine()?;
        if !engine.has_stream(stream) {
            return Err(fault("stream")(&"no such stream is open"));
        }
        let report = read(engine, stream);
        self.say(&answer::report(&report));
        Ok(0)
    }

    fn say(&mut self, answer: &Value) {
        self.answer = answer.to_string().into_bytes();
    }
}

fn no_engine() -> Fault {
    fault("engine")(&"the session has no engine")
}

fn read<T: DeserializeOwned>(kind: &'static str, json: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(json).map_err(|error| fault(kind)(&error))
}

fn parts(options: Options) -> Result<(Catalog, Policy, Limits), Fault> {
    let Options { policy, rules, bytes, lateness, seed, max_record_bytes, max_alerts, dedup_window } = options;
    let mut catalog = Catalog::builtin();
    if let Some(rules) = rules {
        let extended = catalog.extend(rules.to_string().as_bytes());
        catalog = extended.map_err(|error| fault("rules")(&error))?;
    }
    let policy = match policy {
        None => Policy::default(),
        Some(policy) => Policy::from_json(policy.to_string().as_bytes()).map_err(|error| fault("policy")(&error))?,
    };
    let mut limits = Limits::default();
    limits.bytes = bytes.unwrap_or(limits.bytes);
    limits.lateness = lateness.unwrap_or(limits.lateness);
    limits.seed = seed.unwrap_or(limits.seed);
    limits.max_record_bytes = max_record_bytes.unwrap_or(limits.max_record_bytes);
    limits.max_alerts = max_alerts.unwrap_or(limits.max_alerts);
    limits.dedup_window = dedup_window.unwrap_or(limits.dedup_window);
    if !(0..=i64::MAX / 4).contains(&limits.lateness) {
        return Err(fault("options")(&"the lateness is out of its range"));
    }
    Ok((catalog, policy, limits))
}
