//! From events to the bytes of sensors.

use alloc::vec::Vec;

use super::refusal::{CannotRender, WhyNot};
use super::{linux, linux_ecs, linux_sensors, macos, windows};
use crate::decode::Format;
use crate::event::{Event, Os};

/// A set of sensors whose files together record a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Telemetry {
    /// Sysmon, Security and System as evtx_dump writes them.
    Evtx,
    /// The same as NXLog writes them.
    Nxlog,
    /// auditd text.
    Auditd,
    /// laurel JSON.
    Laurel,
    /// auditbeat's auditd module.
    Auditbeat,
    /// tetragon, with a policy for the calls of sockets.
    Tetragon,
    /// Falco, with rules that print what is needed.
    Falco,
    /// eslogger; what Endpoint Security has no event for, from the unified log as text.
    EsloggerAndLogText,
    /// eslogger; what Endpoint Security has no event for, from the unified log as NDJSON.
    EsloggerAndLogJson,
    /// osquery's process events; everything else from the unified log as text.
    OsqueryAndLogText,
}

impl Telemetry {
    /// Every set.
    pub const ALL: &'static [Self] = &[
        Self::Evtx,
        Self::Nxlog,
        Self::Auditd,
        Self::Laurel,
        Self::Auditbeat,
        Self::Tetragon,
        Self::Falco,
        Self::EsloggerAndLogText,
        Self::EsloggerAndLogJson,
        Self::OsqueryAndLogText,
    ];

    /// The platform that has it.
    #[must_use]
    pub const fn os(self) -> Os {
        match self {
            Self::Evtx | Self::Nxlog => Os::Windows,
            Self::Auditd | Self::Laurel | Self::Auditbeat | Self::Tetragon | Self::Falco => Os::Linux,
            Self::EsloggerAndLogText | Self::EsloggerAndLogJson | Self::OsqueryAndLogText => Os::Macos,
        }
    }

    /// Its name in options and reports, `eslogger_and_log_text`.
    ///
    /// ```
    /// assert_eq!(ipcsentry::scenario::Telemetry::Laurel.name(), "laurel");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Evtx => "evtx",
            Self::Nxlog => "nxlog",
            Self::Auditd => "auditd",
            Self::Laurel => "laurel",
            Self::Auditbeat => "auditbeat",
            Self::Tetragon => "tetragon",
            Self::Falco => "falco",
            Self::EsloggerAndLogText => "eslogger_and_log_text",
            Self::EsloggerAndLogJson => "eslogger_and_log_json",
            Self::OsqueryAndLogText => "osquery_and_log_text",
        }
    }

    /// Whether its sensors record every fact about a process that behaviors need. Others may record each step of an
    /// attack without showing that it is one: they do not say whether a process has a terminal or a login user.
    #[must_use]
    pub const fn reports_processes_fully(self) -> bool {
        !matches!(self, Self::Tetragon | Self::Falco)
    }

    /// Its formats. A step is written in the first one that has a record for it.
    #[must_use]
    pub const fn formats(self) -> &'static [Format] {
        match self {
            Self::Evtx => &[Format::EvtxJson],
            Self::Nxlog => &[Format::WindowsFlatJson],
            Self::Auditd => &[Format::Auditd],
            Self::Laurel => &[Format::LaurelJson],
            Self::Auditbeat => &[Format::EcsJson],
            Self::Tetragon => &[Format::TetragonJson],
            Self::Falco => &[Format::FalcoJson],
            Self::EsloggerAndLogText => &[Format::EsloggerJson, Format::UnifiedLogText],
            Self::EsloggerAndLogJson => &[Format::EsloggerJson, Format::UnifiedLogJson],
            Self::OsqueryAndLogText => &[Format::OsqueryJson, Format::UnifiedLogText],
        }
    }
}

/// One file of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rendered {
    /// What it is written in.
    pub format: Format,
    /// The file.
    pub bytes: Vec<u8>,
    /// The steps it records, in its order.
    pub steps: Vec<usize>,
}

/// Writes one step in one format, appending to the file.
type Write = fn(&Event<'_>, usize, &mut Vec<u8>) -> Result<(), WhyNot>;

/// How a format is written, of which some belong to several platforms.
fn writer(os: Os, format: Format) -> Option<Write> {
    Some(match (os, format) {
        (Os::Windows, Format::EvtxJson) => windows::evtx,
        (Os::Windows, Format::WindowsFlatJson) => windows::flat,
        (Os::Linux, Format::Auditd) => linux::auditd,
        (Os::Linux, Format::LaurelJson) => linux::laurel,
        (Os::Linux, Format::EcsJson) => linux_ecs::auditbeat,
        (Os::Linux, Format::TetragonJson) => linux_sensors::tetragon,
        (Os::Linux, Format::KunaiJson) => linux_sensors::kunai,
        (Os::Linux, Format::FalcoJson) => linux_sensors::falco,
        (Os::Linux, Format::OsqueryJson) => linux_sensors::osquery,
        (Os::Linux, Format::WindowsXml) => linux_sensors::sysmon,
        (Os::Macos, Format::EsloggerJson) => macos::eslogger,
        (Os::Macos, Format::UnifiedLogText) => macos::log_text,
        (Os::Macos, Format::UnifiedLogJson) => macos::log_json,
        (Os::Macos, Format::OsqueryJson) => macos::osquery,
        _ => return None,
    })
}

/// One file for each format that records a step.
pub(super) fn render(os: Os, events: &[Event<'_>], telemetry: Telemetry) -> Result<Vec<Rendered>, CannotRender> {
    let formats = telemetry.formats().iter().filter_map(|f| Some((*f, writer(telemetry.os(), *f)?)));
    let mut files: Vec<(Rendered, Write)> =
        formats.map(|(format, write)| (Rendered { format, bytes: Vec::new(), steps: Vec::new() }, write)).collect();
    for (step, event) in events.iter().enumerate() {
        let mut told = Err(WhyNot::OtherPlatform);
        for (file, write) in files.iter_mut().filter(|_| telemetry.os() == os) {
            told = write(event, step, &mut file.bytes);
            if told.is_ok() {
                file.steps.push(step);
                break;
            }
        }
        told.map_err(|why| CannotRender { step, kind: event.kind.tag(), why })?;
    }
    Ok(files.into_iter().map(|(file, _)| file).filter(|file| !file.steps.is_empty()).collect())
}

/// One file with the steps that a format has a record for; it may be empty.
pub(super) fn partly(os: Os, events: &[Event<'_>], format: Format) -> Rendered {
    let mut file = Rendered { format, bytes: Vec::new(), steps: Vec::new() };
    let Some(write) = writer(os, format) else { return file };
    for (step, event) in events.iter().enumerate() {
        let told = file.bytes.len();
        match write(event, step, &mut file.bytes) {
            Ok(()) => file.steps.push(step),
            Err(_) => file.bytes.truncate(told),
        }
    }
    file
}
