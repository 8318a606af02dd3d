//! The telemetry formats and their names.

use crate::util::saved::{Fault, Reader, Saved, Schema, Writer};

/// A telemetry format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// evtx_dump (and pyevtx-rs) JSON, one Windows event per line.
    EvtxJson,
    /// NXLog or Mordor flat JSON, one Windows event per line.
    WindowsFlatJson,
    /// MaxPatrol's Windows event JSON, one event per line.
    MaxPatrolJson,
    /// Events in Elastic Common Schema, one per line: winlogbeat 7 and later, Elastic Agent, Elastic Endpoint, and
    /// auditbeat's auditd module.
    EcsJson,
    /// Windows event XML as Event Viewer, wevtutil and Splunk write it; an event may span several lines. Sysmon for
    /// Linux writes the same XML to syslog.
    WindowsXml,
    /// Windows events as text: `wevtutil qe /f:text`, text copied from Event Viewer, Splunk's `WinEventLog`.
    WindowsText,
    /// Rows of the tables `SecurityEvent`, `Event` and `WindowsEvent` of Microsoft Sentinel and Log Analytics.
    SentinelJson,
    /// Rows of Microsoft Defender's hunting tables, from its portal, its API, Sentinel or the streaming API.
    DefenderJson,
    /// Rows of Velociraptor's `parse_evtx` and of its event log artifacts.
    VelociraptorJson,
    /// EvtxECmd's JSON.
    EvtxEcmdJson,
    /// `Get-WinEvent | ConvertTo-Json`, and Fluent Bit's `winevtlog`.
    GetWinEventJson,
    /// Chainsaw's findings with the event records they refer to.
    ChainsawJson,
    /// Hayabusa's timeline.
    HayabusaJson,
    /// Events in the Open Cybersecurity Schema Framework, from any product and operating system.
    OcsfJson,
    /// CSV with a header, of any table above: the header identifies the table.
    Csv,
    /// auditd text, raw or enriched.
    Auditd,
    /// laurel JSON.
    LaurelJson,
    /// Events of AUOMS, Microsoft's audit plugin, one JSON object each, or rows that hold them.
    AuomsJson,
    /// tetragon's events, one JSON object per line.
    TetragonJson,
    /// kunai's events, one JSON object per line.
    KunaiJson,
    /// Falco's alerts with their output fields, one JSON object per line.
    FalcoJson,
    /// eslogger JSON.
    EsloggerJson,
    /// `log show --style ndjson`.
    UnifiedLogJson,
    /// `log show` and `log stream` default text.
    UnifiedLogText,
    /// osquery result log.
    OsqueryJson,
    /// Jamf Protect telemetry and alerts, one JSON object per line.
    JamfJson,
    /// Santa's telemetry as JSON, one message per object.
    SantaJson,
    /// Santa's log, one entry per line.
    SantaLog,
}

impl Format {
    /// Every format with its name on command lines and in bindings.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("evtx_json", Self::EvtxJson),
        ("windows_flat_json", Self::WindowsFlatJson),
        ("maxpatrol_json", Self::MaxPatrolJson),
        ("ecs_json", Self::EcsJson),
        ("windows_xml", Self::WindowsXml),
        ("windows_text", Self::WindowsText),
        ("sentinel_json", Self::SentinelJson),
        ("defender_json", Self::DefenderJson),
        ("velociraptor_json", Self::VelociraptorJson),
        ("evtxecmd_json", Self::EvtxEcmdJson),
        ("get_winevent_json", Self::GetWinEventJson),
        ("chainsaw_json", Self::ChainsawJson),
        ("hayabusa_json", Self::HayabusaJson),
        ("ocsf_json", Self::OcsfJson),
        ("csv", Self::Csv),
        ("auditd", Self::Auditd),
        ("laurel_json", Self::LaurelJson),
        ("auoms_json", Self::AuomsJson),
        ("tetragon_json", Self::TetragonJson),
        ("kunai_json", Self::KunaiJson),
        ("falco_json", Self::FalcoJson),
        ("eslogger_json", Self::EsloggerJson),
        ("unified_log_json", Self::UnifiedLogJson),
        ("unified_log_text", Self::UnifiedLogText),
        ("osquery_json", Self::OsqueryJson),
        ("jamf_json", Self::JamfJson),
        ("santa_json", Self::SantaJson),
        ("santa_log", Self::SantaLog),
    ];

    /// The format's name in [`Format::ALL`].
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }
}

/// By its name.
impl Saved for Format {
    fn schema(schema: Schema) -> Schema {
        schema.word("format")
    }
    fn save(&self, out: &mut Writer<'_>) {
        out.count(self.name().len());
        out.put(self.name().as_bytes());
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        let count = from.count()?;
        let name = from.take(count)?;
        let known = Self::ALL.iter().find(|(known, _)| known.as_bytes() == name);
        known.map(|(_, format)| *format).ok_or_else(|| from.fault("it is the name of no format"))
    }
}
