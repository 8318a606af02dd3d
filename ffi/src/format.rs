//! Telemetry formats by number.

use ipcsentry::decode::Format;

use crate::guard::guard;
use crate::ptr::Out;
use crate::status::{IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_NONE, IPCSENTRY_OK, ipcsentry_status};
use crate::text::ipcsentry_bytes;

/// A telemetry format, one of the `IPCSENTRY_FORMAT_` numbers. Later versions may add numbers.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_format(pub u32);

/// Recognize the format of each record, also inside wrappers. A stream may mix formats.
pub const IPCSENTRY_FORMAT_RECOGNIZE: ipcsentry_format = ipcsentry_format(0);
/// evtx_dump (and pyevtx-rs) JSON, one Windows event a line.
pub const IPCSENTRY_FORMAT_EVTX_JSON: ipcsentry_format = ipcsentry_format(1);
/// NXLog or Mordor flat JSON, one Windows event a line.
pub const IPCSENTRY_FORMAT_WINDOWS_FLAT_JSON: ipcsentry_format = ipcsentry_format(2);
/// MaxPatrol's Windows event JSON, one event a line.
pub const IPCSENTRY_FORMAT_MAXPATROL_JSON: ipcsentry_format = ipcsentry_format(3);
/// auditd text, raw or enriched.
pub const IPCSENTRY_FORMAT_AUDITD: ipcsentry_format = ipcsentry_format(4);
/// laurel JSON.
pub const IPCSENTRY_FORMAT_LAUREL_JSON: ipcsentry_format = ipcsentry_format(5);
/// eslogger JSON.
pub const IPCSENTRY_FORMAT_ESLOGGER_JSON: ipcsentry_format = ipcsentry_format(6);
/// `log show --style ndjson`.
pub const IPCSENTRY_FORMAT_UNIFIED_LOG_JSON: ipcsentry_format = ipcsentry_format(7);
/// `log show` and `log stream` default text.
pub const IPCSENTRY_FORMAT_UNIFIED_LOG_TEXT: ipcsentry_format = ipcsentry_format(8);
/// osquery result log.
pub const IPCSENTRY_FORMAT_OSQUERY_JSON: ipcsentry_format = ipcsentry_format(9);
/// Events in Elastic Common Schema, one a line: winlogbeat 7 and later, Elastic Agent, Elastic Endpoint, and
/// auditbeat's auditd module.
pub const IPCSENTRY_FORMAT_ECS_JSON: ipcsentry_format = ipcsentry_format(10);
/// Windows event XML as Event Viewer, wevtutil and Splunk have it; an event may take several lines. Sysmon for Linux
/// writes the same to syslog.
pub const IPCSENTRY_FORMAT_WINDOWS_XML: ipcsentry_format = ipcsentry_format(11);
/// Jamf Protect telemetry and alerts, one JSON object a line.
pub const IPCSENTRY_FORMAT_JAMF_JSON: ipcsentry_format = ipcsentry_format(12);
/// tetragon's events, one JSON object a line.
pub const IPCSENTRY_FORMAT_TETRAGON_JSON: ipcsentry_format = ipcsentry_format(13);
/// kunai's events, one JSON object a line.
pub const IPCSENTRY_FORMAT_KUNAI_JSON: ipcsentry_format = ipcsentry_format(14);
/// Falco's alerts with their output fields, one JSON object a line.
pub const IPCSENTRY_FORMAT_FALCO_JSON: ipcsentry_format = ipcsentry_format(15);
/// Records of Windows as text: `wevtutil qe /f:text`, what Event Viewer copies, Splunk's `WinEventLog`.
pub const IPCSENTRY_FORMAT_WINDOWS_TEXT: ipcsentry_format = ipcsentry_format(20);
/// Rows of the tables `SecurityEvent`, `Event` and `WindowsEvent` of Microsoft Sentinel and Log Analytics.
pub const IPCSENTRY_FORMAT_SENTINEL_JSON: ipcsentry_format = ipcsentry_format(21);
/// Rows of Microsoft Defender's hunting tables.
pub const IPCSENTRY_FORMAT_DEFENDER_JSON: ipcsentry_format = ipcsentry_format(22);
/// Rows of Velociraptor's `parse_evtx` and of its artifacts of event logs.
pub const IPCSENTRY_FORMAT_VELOCIRAPTOR_JSON: ipcsentry_format = ipcsentry_format(23);
/// EvtxECmd's JSON.
pub const IPCSENTRY_FORMAT_EVTXECMD_JSON: ipcsentry_format = ipcsentry_format(24);
/// `Get-WinEvent` or `Get-EventLog` with `ConvertTo-Json`, and Fluent Bit's `winevtlog`.
pub const IPCSENTRY_FORMAT_GET_WINEVENT_JSON: ipcsentry_format = ipcsentry_format(25);
/// Chainsaw's findings with their records.
pub const IPCSENTRY_FORMAT_CHAINSAW_JSON: ipcsentry_format = ipcsentry_format(26);
/// Hayabusa's timeline.
pub const IPCSENTRY_FORMAT_HAYABUSA_JSON: ipcsentry_format = ipcsentry_format(27);
/// Events of the Open Cybersecurity Schema Framework, of any product and system.
pub const IPCSENTRY_FORMAT_OCSF_JSON: ipcsentry_format = ipcsentry_format(28);
/// CSV with a header, of any table above: the header identifies the table.
pub const IPCSENTRY_FORMAT_CSV: ipcsentry_format = ipcsentry_format(29);
/// Events of AUOMS, Microsoft's audit plugin, or rows that hold them.
pub const IPCSENTRY_FORMAT_AUOMS_JSON: ipcsentry_format = ipcsentry_format(30);

/// Santa's telemetry as JSON, one message an object.
pub const IPCSENTRY_FORMAT_SANTA_JSON: ipcsentry_format = ipcsentry_format(32);
/// Santa's log, one entry a line.
pub const IPCSENTRY_FORMAT_SANTA_LOG: ipcsentry_format = ipcsentry_format(33);

const FORMATS: [(ipcsentry_format, Format); 28] = [
    (IPCSENTRY_FORMAT_EVTX_JSON, Format::EvtxJson),
    (IPCSENTRY_FORMAT_WINDOWS_FLAT_JSON, Format::WindowsFlatJson),
    (IPCSENTRY_FORMAT_MAXPATROL_JSON, Format::MaxPatrolJson),
    (IPCSENTRY_FORMAT_AUDITD, Format::Auditd),
    (IPCSENTRY_FORMAT_LAUREL_JSON, Format::LaurelJson),
    (IPCSENTRY_FORMAT_ESLOGGER_JSON, Format::EsloggerJson),
    (IPCSENTRY_FORMAT_UNIFIED_LOG_JSON, Format::UnifiedLogJson),
    (IPCSENTRY_FORMAT_UNIFIED_LOG_TEXT, Format::UnifiedLogText),
    (IPCSENTRY_FORMAT_OSQUERY_JSON, Format::OsqueryJson),
    (IPCSENTRY_FORMAT_ECS_JSON, Format::EcsJson),
    (IPCSENTRY_FORMAT_WINDOWS_XML, Format::WindowsXml),
    (IPCSENTRY_FORMAT_JAMF_JSON, Format::JamfJson),
    (IPCSENTRY_FORMAT_TETRAGON_JSON, Format::TetragonJson),
    (IPCSENTRY_FORMAT_KUNAI_JSON, Format::KunaiJson),
    (IPCSENTRY_FORMAT_FALCO_JSON, Format::FalcoJson),
    (IPCSENTRY_FORMAT_SANTA_JSON, Format::SantaJson),
    (IPCSENTRY_FORMAT_SANTA_LOG, Format::SantaLog),
    (IPCSENTRY_FORMAT_WINDOWS_TEXT, Format::WindowsText),
    (IPCSENTRY_FORMAT_SENTINEL_JSON, Format::SentinelJson),
    (IPCSENTRY_FORMAT_DEFENDER_JSON, Format::DefenderJson),
    (IPCSENTRY_FORMAT_VELOCIRAPTOR_JSON, Format::VelociraptorJson),
    (IPCSENTRY_FORMAT_EVTXECMD_JSON, Format::EvtxEcmdJson),
    (IPCSENTRY_FORMAT_GET_WINEVENT_JSON, Format::GetWinEventJson),
    (IPCSENTRY_FORMAT_CHAINSAW_JSON, Format::ChainsawJson),
    (IPCSENTRY_FORMAT_HAYABUSA_JSON, Format::HayabusaJson),
    (IPCSENTRY_FORMAT_OCSF_JSON, Format::OcsfJson),
    (IPCSENTRY_FORMAT_CSV, Format::Csv),
    (IPCSENTRY_FORMAT_AUOMS_JSON, Format::AuomsJson),
];

impl ipcsentry_format {
    /// The format; `None` if it is to be recognized.
    pub(crate) fn known(self) -> Result<Option<Format>, ipcsentry_status> {
        if self == IPCSENTRY_FORMAT_RECOGNIZE {
            return Ok(None);
        }
        FORMATS.iter().find(|(number, _)| *number == self).map(|(_, f)| Some(*f)).ok_or(IPCSENTRY_ERR_ARGUMENT)
    }
}

/// Recognizes the format of a stream by its first bytes (64 KiB are enough). `IPCSENTRY_NONE` if it is not supported,
/// or if the records stand in wrappers, which only a stream of `IPCSENTRY_FORMAT_RECOGNIZE` removes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ipcsentry_format_detect(
    head: ipcsentry_bytes,
    format: *mut ipcsentry_format,
) -> ipcsentry_status {
    guard(|| {
        // SAFETY: by the header's contract.
        let (head, format) = unsafe { (head.bytes()?, Out::new(format)?) };
        let detected = Format::detect(head).and_then(|d| FORMATS.iter().find(|(_, f)| *f == d));
        Ok(detected.map_or(IPCSENTRY_NONE, |(number, _)| {
            format.set(*number);
            IPCSENTRY_OK
        }))
    })
}
