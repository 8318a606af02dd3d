//! Reports on calls, streams and files, as Python classes.

use std::collections::BTreeMap;

use ipcsentry::decode::{DecodeErrorKind, Skip};
use ipcsentry::{Judged, printable};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors;
use crate::input::Report;

/// The result of a call that read records.
#[pyclass(frozen, get_all, module = "ipcsentry")]
#[derive(Debug)]
pub(crate) struct FeedReport {
    /// Records taken.
    pub(crate) records: u64,
    /// Events read from them.
    pub(crate) events: u64,
    /// Records of no interest.
    pub(crate) skipped: u64,
    /// Records that could not be decoded.
    pub(crate) error_count: u64,
    /// The first of those errors.
    pub(crate) errors: Vec<Py<PyAny>>,
    /// Whether the stream was judged so far: "yes", "nothing_of_interest", "nothing_decoded",
    /// "unknown_format" or "empty".
    pub(crate) judged: &'static str,
}

impl FeedReport {
    pub(crate) fn of(py: Python<'_>, report: &Report) -> Self {
        let Report { feed, judged } = report;
        Self {
            records: feed.records,
            events: feed.events,
            skipped: feed.skipped,
            error_count: feed.error_count,
            errors: feed.errors.iter().map(|error| errors::decode(py, error).into_value(py).into_any()).collect(),
            judged: judged_name(judged.unwrap_or(Judged::Empty)),
        }
    }
}

#[pymethods]
impl FeedReport {
    fn __repr__(&self) -> String {
        let Self { records, events, skipped, error_count, .. } = self;
        format!("FeedReport(records={records}, events={events}, skipped={skipped}, error_count={error_count})")
    }
}

/// The report on a stream: its content, what could not be decoded, and whether it was judged.
#[pyclass(frozen, get_all, module = "ipcsentry")]
#[derive(Debug)]
pub(crate) struct StreamReport {
    /// "yes", "nothing_of_interest", "nothing_decoded", "unknown_format" or "empty".
    judged: &'static str,
    /// Records by format.
    formats: Py<PyDict>,
    /// Records taken.
    records: u64,
    /// Events read from them.
    events: u64,
    /// Well-formed records without an event, by reason.
    skipped: Py<PyDict>,
    /// Number of records that could not be decoded, by reason.
    errors: Py<PyDict>,
    /// The first errors of each reason, as `DecodeError`.
    first_errors: Vec<Py<PyAny>>,
    /// The kinds of records that no behavior reads (at most 16), with the number of records of each.
    ignored: Py<PyDict>,
}

impl StreamReport {
    pub(crate) fn of(py: Python<'_>, report: &ipcsentry::StreamReport) -> PyResult<Self> {
        let (formats, skipped) = (PyDict::new(py), PyDict::new(py));
        let (errors, ignored) = (PyDict::new(py), PyDict::new(py));
        for format in &report.formats {
            formats.set_item(format.format.name(), format.records)?;
        }
        for reason in &report.skipped {
            skipped.set_item(skip_name(reason.why), reason.records)?;
        }
        for error in &report.errors {
            errors.set_item(error_name(error.kind), error.count)?;
        }
        for kind in &report.ignored {
            ignored.set_item(printable(&kind.what), kind.records)?;
        }
        let first = report.errors.iter().flat_map(|error| &error.first);
        Ok(Self {
            judged: judged_name(report.judged()),
            formats: formats.unbind(),
            records: report.records,
            events: report.events,
            skipped: skipped.unbind(),
            errors: errors.unbind(),
            first_errors: first.map(|error| errors::decode(py, error).into_value(py).into_any()).collect(),
            ignored: ignored.unbind(),
        })
    }
}

#[pymethods]
impl StreamReport {
    fn __repr__(&self) -> String {
        let Self { judged, records, events, .. } = self;
        format!("StreamReport(judged={judged:?}, records={records}, events={events})")
    }
}

/// What a restored engine could not go on with.
#[pyclass(frozen, get_all, module = "ipcsentry")]
#[derive(Debug)]
pub(crate) struct Restored {
    /// Behaviors that the catalog does not have, or has with another content, with the number of partial matches dropped.
    dropped: BTreeMap<String, u64>,
    /// Parts of the state that another version of the library wrote and that this one cannot read: they begin anew.
    left: Vec<&'static str>,
}

impl Restored {
    pub(crate) fn of(report: ipcsentry::Restored) -> Self {
        let dropped = report.dropped.into_iter().map(|dropped| (dropped.behavior, dropped.count)).collect();
        Self { dropped, left: report.left }
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.dropped.is_empty() && self.left.is_empty()
    }
}

#[pymethods]
impl Restored {
    /// Whether the engine goes on with everything.
    #[getter(is_whole)]
    fn whole(&self) -> bool {
        self.is_whole()
    }

    fn __repr__(&self) -> String {
        format!("Restored(dropped={:?}, left={:?})", self.dropped, self.left)
    }
}

/// The report on one input of a file: the file itself, or a file in an archive.
#[pyclass(frozen, get_all, module = "ipcsentry")]
#[derive(Debug)]
pub(crate) struct InputReport {
    /// Its path; in an archive, the archive's path with the path inside it.
    pub(crate) name: String,
    /// The report on its stream; None if it could not be opened.
    pub(crate) stream: Option<Py<StreamReport>>,
    /// Records that could not be decoded, at most 16 per MiB.
    pub(crate) errors: Vec<Py<PyAny>>,
    /// The first faults in the chunks of an event log.
    pub(crate) faults: Vec<String>,
    /// Number of faults.
    pub(crate) fault_count: u64,
    /// Why it could not be read to its end, as an `OSError`.
    pub(crate) unreadable: Option<Py<PyAny>>,
    /// The format that was recognized, if `format` named another one.
    pub(crate) looks_like: Option<&'static str>,
}

#[pymethods]
impl InputReport {
    fn __repr__(&self) -> String {
        format!("InputReport({:?})", printable(&self.name))
    }
}

const fn judged_name(judged: Judged) -> &'static str {
    match judged {
        Judged::NothingOfInterest => "nothing_of_interest",
        Judged::NothingDecoded => "nothing_decoded",
        Judged::UnknownFormat => "unknown_format",
        Judged::Empty => "empty",
        _ => "yes",
    }
}

const fn skip_name(why: Skip) -> &'static str {
    match why {
        Skip::Blank => "blank",
        Skip::Framing => "framing",
        Skip::NotOfInterest => "not_of_interest",
        Skip::Incomplete => "incomplete",
        Skip::Failed => "failed",
        _ => "other",
    }
}

const fn error_name(kind: DecodeErrorKind) -> &'static str {
    match kind {
        DecodeErrorKind::Malformed => "malformed",
        DecodeErrorKind::Missing => "missing",
        DecodeErrorKind::BadValue => "bad_value",
        DecodeErrorKind::TooLong => "too_long",
        DecodeErrorKind::TooDeep => "too_deep",
        DecodeErrorKind::Unknown => "unknown_format",
        DecodeErrorKind::Abandoned => "abandoned",
        _ => "other",
    }
}
