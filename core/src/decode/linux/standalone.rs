//! Records that are events by themselves: logons and the state of the audit system.

use super::audit_event::AuditEvent;
use super::details::StandaloneRecord;
use super::kinds::Standalone;
use super::syscall::process_ref;
use super::tables::is_ignored;
use crate::Timestamp;
use crate::decode::Skip;
use crate::event::{Event, Kind, Logon, Os, SensorChange, SensorState};

/// Interprets a standalone record.
pub(super) fn event(audit: &AuditEvent, time: Timestamp) -> Result<Event<'_>, Skip> {
    let standalone = audit.standalone.as_ref().ok_or(Skip::NotOfInterest)?;
    if !standalone.success {
        return Err(Skip::Failed);
    }
    let (name, change) = match standalone.what {
        Standalone::Login => ("LOGIN", None),
        Standalone::UserLogin => ("USER_LOGIN", None),
        Standalone::UserStart => ("USER_START", None),
        Standalone::DaemonStart => ("DAEMON_START", Some(SensorChange::Started)),
        Standalone::DaemonEnd => ("DAEMON_END", Some(SensorChange::Stopped)),
        Standalone::DaemonAbort => ("DAEMON_ABORT", Some(SensorChange::Stopped)),
        Standalone::DaemonConfig => ("DAEMON_CONFIG", Some(SensorChange::Reconfigured)),
        Standalone::DaemonError => ("DAEMON_ERR", Some(SensorChange::Lost)),
        Standalone::ConfigChange => ("CONFIG_CHANGE", Some(SensorChange::Reconfigured)),
    };
    let kind = change.map_or_else(|| logon(audit, standalone), |change| sensor_state(audit, standalone, change));
    let mut event = Event::new(Os::Linux, time, kind);
    event.source.name = Some(name.as_bytes());
    // The system call that caused the record, if it is supported, has more details of the process.
    let call = audit.syscall.as_ref().filter(|call| !is_ignored(call));
    let process = call.map_or(&standalone.process, |call| &call.process);
    event.actor = process_ref(audit, process);
    event.parent.pid = process.parent;
    Ok(event)
}

fn logon<'a>(audit: &'a AuditEvent, standalone: &StandaloneRecord) -> Kind<'a> {
    Kind::Logon(Logon {
        user: audit.text(standalone.account),
        session: standalone.process.session,
        address: audit.text(standalone.address),
        ..Logon::default()
    })
}

fn sensor_state<'a>(audit: &'a AuditEvent, standalone: &StandaloneRecord, change: SensorChange) -> Kind<'a> {
    Kind::SensorState(SensorState { change, detail: audit.text(standalone.operation), ..SensorState::default() })
}
