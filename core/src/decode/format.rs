//! The telemetry formats and their names.

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
}
