//! From bytes to events: one file a telemetry format.
//!
//! A [`Decoder`] is fed physical records (lines, or documents for formats that are not line-based) and hands what it
//! reads to a [`Sink`]: zero, one or several events a record, because some formats put several details in one record
//! and others (auditd, TCC) spread one detail over several. A record that is no event of interest is
//! [`Skip`]ped, a broken one is a [`DecodeError`]; both are counted by the engine and the stream goes on.

mod ecs;
mod json;
mod linux;
mod macos;
mod members;
mod osquery;
mod windows;

use alloc::boxed::Box;
use core::fmt;

use crate::event::Event;

/// One physical record of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its bytes without the line terminator.
    pub bytes: &'a [u8],
    /// Its number: the zero-based physical line, or the number the container gives (EVTX record).
    pub number: u64,
    /// The offset of its first byte in the stream.
    pub offset: u64,
}

/// What a decoder hands its findings to.
pub trait Sink {
    /// One event; it borrows from the record or the decoder and is gone after the call.
    fn event(&mut self, event: &Event<'_>);
    /// A record (or one assembled from several) that is well formed but of no interest.
    fn skipped(&mut self, record: u64, why: Skip);
    /// A record that could not be read.
    fn error(&mut self, error: DecodeError);
}

/// Reads one telemetry format.
///
/// Contract: `record` and `finish` never panic, whatever the bytes; what a decoder holds between calls is bounded and
/// reported by `held_bytes`; every record ends in exactly one of event(s), skipped, error, or being part of an
/// assembly that does.
pub trait Decoder: Send {
    /// Takes one record.
    fn record(&mut self, record: Record<'_>, sink: &mut dyn Sink);
    /// The stream ended (or a live feed has gone quiet): hands over what was held back.
    fn finish(&mut self, sink: &mut dyn Sink);
    /// Hands over what had no further record since the last call.
    fn settle(&mut self, _sink: &mut dyn Sink) {}
    /// Bytes this decoder owns.
    fn held_bytes(&self) -> usize;
}

/// Why a well-formed record gave no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Skip {
    /// A blank line.
    Blank,
    /// A header, footer or comment of the format.
    Framing,
    /// A provider, channel or record type that no kind is read from.
    NotOfInterest,
    /// A kind that is read, in a record without the details that would make it one (no process at all …).
    Incomplete,
    /// A system call that failed and therefore did nothing.
    Failed,
}

/// Why a record could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes are not of the format (broken JSON, no `msg=audit(`).
    #[error("malformed record")]
    Malformed,
    /// A field that must be there is not.
    #[error("missing field")]
    Missing,
    /// A field's value cannot be what it must be (a number, a time, hex).
    #[error("bad value")]
    BadValue,
    /// The record is longer than `limits.max_record_bytes`.
    #[error("record too long")]
    TooLong,
    /// JSON nested deeper than the decoder follows.
    #[error("nested too deeply")]
    TooDeep,
    /// An assembly of several records was given up: too many open at once or too many records in one.
    #[error("assembly abandoned")]
    Abandoned,
}

/// A record that could not be read, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Why.
    pub kind: DecodeErrorKind,
    /// The record's number.
    pub record: u64,
    /// The byte offset in the stream, as near to the fault as the decoder knows.
    pub offset: u64,
    /// The field at fault.
    pub field: Option<&'static str>,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}, byte {}: {}", self.record, self.offset, self.kind)?;
        self.field.map_or(Ok(()), |field| write!(f, " ({field})"))
    }
}

impl core::error::Error for DecodeError {}

/// A telemetry format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// evtx_dump (and pyevtx-rs) JSON, one Windows event a line.
    EvtxJson,
    /// NXLog or Mordor flat JSON, one Windows event a line.
    WindowsFlatJson,
    /// MaxPatrol's Windows event JSON, one event a line.
    MaxPatrolJson,
    /// Events in Elastic Common Schema, one a line: winlogbeat 7 and later, Elastic Agent, Elastic Endpoint, and
    /// auditbeat's auditd module.
    EcsJson,
    /// Windows event XML as Event Viewer, wevtutil and Splunk have it; an event may take several lines. Sysmon for
    /// Linux writes the same to syslog.
    WindowsXml,
    /// auditd text, raw or enriched.
    Auditd,
    /// laurel JSON.
    LaurelJson,
    /// tetragon's events, one JSON object a line.
    TetragonJson,
    /// kunai's events, one JSON object a line.
    KunaiJson,
    /// Falco's alerts with their output fields, one JSON object a line.
    FalcoJson,
    /// eslogger JSON.
    EsloggerJson,
    /// `log show --style ndjson`.
    UnifiedLogJson,
    /// `log show` and `log stream` default text.
    UnifiedLogText,
    /// osquery result log.
    OsqueryJson,
    /// Jamf Protect telemetry and alerts, one JSON object a line.
    JamfJson,
}

impl Format {
    /// Every format with its name on command lines and in bindings.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("evtx_json", Self::EvtxJson),
        ("windows_flat_json", Self::WindowsFlatJson),
        ("maxpatrol_json", Self::MaxPatrolJson),
        ("ecs_json", Self::EcsJson),
        ("windows_xml", Self::WindowsXml),
        ("auditd", Self::Auditd),
        ("laurel_json", Self::LaurelJson),
        ("tetragon_json", Self::TetragonJson),
        ("kunai_json", Self::KunaiJson),
        ("falco_json", Self::FalcoJson),
        ("eslogger_json", Self::EsloggerJson),
        ("unified_log_json", Self::UnifiedLogJson),
        ("unified_log_text", Self::UnifiedLogText),
        ("osquery_json", Self::OsqueryJson),
        ("jamf_json", Self::JamfJson),
    ];

    /// Its name in [`Format::ALL`].
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// Recognizes the format of a stream by its first bytes (a few KiB are enough); `None` when it is none of ours.
    #[must_use]
    pub fn detect(head: &[u8]) -> Option<Self> {
        windows::detect(head).or_else(|| linux::detect(head)).or_else(|| macos::detect(head))
    }

    /// A fresh decoder for one stream of this format.
    #[must_use]
    pub fn decoder(self) -> Box<dyn Decoder> {
        match self {
            Self::EvtxJson | Self::WindowsFlatJson | Self::MaxPatrolJson | Self::WindowsXml => windows::decoder(self),
            Self::EcsJson => Box::new(ecs::Ecs::new(windows::decoder(self))),
            Self::Auditd | Self::LaurelJson | Self::TetragonJson | Self::KunaiJson | Self::FalcoJson => {
                linux::decoder(self)
            }
            Self::EsloggerJson | Self::UnifiedLogJson | Self::UnifiedLogText | Self::JamfJson => macos::decoder(self),
            Self::OsqueryJson => Box::<osquery::Osquery>::default(),
        }
    }
}
