//! Files, folders, globs and archives, read into an engine.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use ipcsentry::decode::{DecodeError, Format};
use ipcsentry::{Engine, FeedReport, Judged, StreamId, StreamOptions, StreamReport};
use ipcsentry_inputs::{Content, Include, Input, Unreachable, fill, read, read_stream};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

use crate::errors;
use crate::report;

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;
/// Bytes at the beginning of an input that are kept to recognize its format, in case `format` named a wrong one.
const HEAD: usize = 64 << 10;
/// Most errors and faults that are kept of one input.
const MAX_ERRORS: usize = 1000;
/// `ENOENT`.
const ENOENT: i32 = 2;

/// The files that a path, folder or glob names, in order; of folders only those that `include` selects.
///
/// Raises `OSError` (mostly `FileNotFoundError`) if there is no file to read.
#[pyfunction]
#[pyo3(signature = (path, include, /))]
pub(crate) fn places(py: Python<'_>, path: PathBuf, include: Vec<String>) -> PyResult<Vec<PathBuf>> {
    let include = included(&include)?;
    let found = py.detach(|| ipcsentry_inputs::places(&path, &include));
    found.into_iter().map(|place| place.map_err(|Unreachable { path, error }| os_error(&error, &path))).collect()
}

pub(crate) fn included(globs: &[String]) -> PyResult<Include> {
    let mut include = Include::default();
    for glob in globs {
        include.add(glob).map_err(PyValueError::new_err)?;
    }
    Ok(include)
}

/// An error of the operating system as a Python exception; its class follows from `errno`.
pub(crate) fn os_error(error: &io::Error, path: &Path) -> PyErr {
    let number = error.raw_os_error().or((error.kind() == io::ErrorKind::NotFound).then_some(ENOENT));
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default().to_owned();
    PyOSError::new_err((number, text, path.as_os_str().to_owned()))
}

/// Options for reading a file.
#[derive(Debug)]
pub(crate) struct How {
    pub(crate) format: Option<Format>,
    pub(crate) host: Vec<u8>,
    /// The index of the first input.
    pub(crate) file: u32,
    pub(crate) include: Include,
    /// Whether to stop at the first record that cannot be decoded.
    pub(crate) stop: bool,
}

/// The result of reading one input.
#[derive(Debug, Default)]
pub(crate) struct Done {
    name: String,
    stream: Option<Box<StreamReport>>,
    errors: Vec<DecodeError>,
    faults: Vec<String>,
    fault_count: u64,
    unreadable: Option<io::Error>,
    looks_like: Option<Format>,
}

/// Where a file is.
pub(crate) enum Place<'p> {
    Path(PathBuf),
    /// Its content, and a name for it.
    Open(Box<dyn Read + Send + 'p>, String),
}

/// Reads every input of a file. Calls `go_on` regularly, and stops if it returns `false`. `bytes` counts what was read of
/// the file.
pub(crate) fn read_file(
    engine: &mut Engine,
    place: Place<'_>,
    how: &How,
    bytes: &AtomicU64,
    go_on: &mut dyn FnMut(&mut Engine) -> bool,
) -> Vec<Done> {
    let mut all: Vec<Done> = Vec::new();
    inputs_of(place, &how.include, bytes, &mut |input| {
        let mut reading = Reading { engine, how, go_on, done: Done { name: input.name, ..Done::default() } };
        let file = how.file.saturating_add(all.len() as u32);
        let whole = match input.content {
            Content::Bytes(stream) => reading.text(stream, file),
            Content::EventLog(log) => reading.event_log(log, file),
            Content::Unreadable(error) => Err(error),
            _ => Err(io::ErrorKind::Unsupported.into()),
        };
        let is_over = reading.is_over();
        let mut done = reading.done;
        done.unreadable = whole.err();
        all.push(done);
        if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    all
}

/// Hands over every input of a file.
pub(crate) fn inputs_of(
    place: Place<'_>,
    include: &Include,
    bytes: &AtomicU64,
    visit: &mut dyn FnMut(Input<'_>) -> ControlFlow<()>,
) {
    let _ = match place {
        Place::Path(path) => read(&path, include, bytes, visit),
        Place::Open(stream, name) => read_stream(Counted { stream, bytes }, &name, include, visit),
    };
}

/// A stream whose bytes are counted.
struct Counted<'p> {
    stream: Box<dyn Read + Send + 'p>,
    bytes: &'p AtomicU64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

struct Reading<'r> {
    engine: &'r mut Engine,
    how: &'r How,
    go_on: &'r mut dyn FnMut(&mut Engine) -> bool,
    done: Done,
}

impl Reading<'_> {
    fn is_over(&mut self) -> bool {
        (self.how.stop && !(self.done.errors.is_empty() && self.done.fault_count == 0)) || !(self.go_on)(self.engine)
    }

    fn open(&mut self, format: Option<Format>, file: u32) -> StreamId {
        let mut options = format.map_or_else(StreamOptions::recognize, StreamOptions::new);
        (options.host, options.file) = (self.how.host.clone(), file);
        self.engine.open_stream(options)
    }

    fn note(&mut self, report: FeedReport) {
        let room = MAX_ERRORS.saturating_sub(self.done.errors.len());
        self.done.errors.extend(report.errors.into_iter().take(room));
        self.done.stream = report.closed.or(self.done.stream.take());
    }

    fn text(&mut self, mut from: Box<dyn Read + '_>, file: u32) -> io::Result<()> {
        let stream = self.open(self.how.format, file);
        let mut buffer = vec![0; CHUNK];
        let mut head = Vec::new();
        let whole = loop {
            match fill(&mut from, &mut buffer) {
                Ok(0) => break Ok(()),
                Ok(filled) => {
                    if head.is_empty() && self.how.format.is_some() {
                        head.extend_from_slice(&buffer[..filled.min(HEAD)]);
                    }
                    let report = self.engine.feed_bytes(stream, &buffer[..filled]);
                    self.note(report);
                    if self.is_over() {
                        break Ok(());
                    }
                }
                Err(error) => break Err(error),
            }
        };
        let report = self.engine.close_stream(stream);
        self.note(report);
        let is_judged = self.done.stream.as_ref().is_some_and(|report| report.judged() == Judged::Yes);
        if let (Some(asked), false) = (self.how.format, is_judged) {
            self.done.looks_like = Format::detect(&head).filter(|format| *format != asked);
        }
        whole
    }

    fn event_log(&mut self, log: ipcsentry_inputs::EventLog<'_>, file: u32) -> io::Result<()> {
        let stream = self.open(Some(Format::EvtxJson), file);
        let whole = log.records(&mut |record| {
            match record {
                Ok((number, json)) => {
                    let report = self.engine.feed_record(stream, number, json.as_bytes());
                    self.note(report);
                }
                Err(what) => {
                    self.done.fault_count += 1;
                    if self.done.faults.len() < MAX_ERRORS {
                        self.done.faults.push(what);
                    }
                }
            }
            !self.is_over()
        });
        let report = self.engine.close_stream(stream);
        self.note(report);
        whole
    }
}

impl Done {
    pub(crate) fn report(self, py: Python<'_>) -> PyResult<report::InputReport> {
        let stream = self.stream.map(|report| report::StreamReport::of(py, &report)).transpose()?;
        let errors = self.errors.iter().map(|error| errors::decode(py, error).into_value(py).into_any());
        let unreadable = self.unreadable.map(|error| os_error(&error, Path::new(&self.name)));
        Ok(report::InputReport {
            stream: stream.map(|stream| Py::new(py, stream)).transpose()?,
            errors: errors.collect(),
            faults: self.faults,
            fault_count: self.fault_count,
            unreadable: unreadable.map(|error| error.into_value(py).into_any()),
            looks_like: self.looks_like.map(Format::name),
            name: self.name,
        })
    }
}
