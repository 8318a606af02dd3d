//! Records that are events by themselves: logons and the state of the audit system.

use super::facts::{Facts, Noticed};
use super::kinds::Notice;
use super::syscall::{is_foregone, process_ref};
use crate::Timestamp;
use crate::decode::Skip;
use crate::event::{Event, Kind, Logon, Os, SensorChange, SensorState};

/// What a notice means.
pub(super) fn event(facts: &Facts, time: Timestamp) -> Result<Event<'_>, Skip> {
    let notice = facts.notice.as_ref().ok_or(Skip::NotOfInterest)?;
    if !notice.success {
        return Err(Skip::Failed);
    }
    let (name, change) = match notice.what {
        Notice::Login => ("LOGIN", None),
        Notice::UserLogin => ("USER_LOGIN", None),
        Notice::UserStart => ("USER_START", None),
        Notice::DaemonStart => ("DAEMON_START", Some(SensorChange::Started)),
        Notice::DaemonEnd => ("DAEMON_END", Some(SensorChange::Stopped)),
        Notice::DaemonAbort => ("DAEMON_ABORT", Some(SensorChange::Stopped)),
        Notice::DaemonConfig => ("DAEMON_CONFIG", Some(SensorChange::Reconfigured)),
        Notice::DaemonError => ("DAEMON_ERR", Some(SensorChange::Lost)),
        Notice::ConfigChange => ("CONFIG_CHANGE", Some(SensorChange::Reconfigured)),
    };
    let kind = change.map_or_else(|| logon(facts, notice), |change| sensor_state(facts, notice, change));
    let mut event = Event::new(Os::Linux, time, kind);
    event.source.name = Some(name.as_bytes());
    // The system call that caused the record, where it is read, knows more of the process.
    let call = facts.syscall.as_ref().filter(|call| !is_foregone(call));
    let process = call.map_or(&notice.process, |call| &call.process);
    event.actor = process_ref(facts, process);
    event.parent.pid = process.parent;
    Ok(event)
}

fn logon<'a>(facts: &'a Facts, notice: &Noticed) -> Kind<'a> {
    Kind::Logon(Logon {
        user: facts.text(notice.account),
        session: notice.process.session,
        address: facts.text(notice.address),
        ..Logon::default()
    })
}

fn sensor_state<'a>(facts: &'a Facts, notice: &Noticed, change: SensorChange) -> Kind<'a> {
    Kind::SensorState(SensorState { change, detail: facts.text(notice.operation), ..SensorState::default() })
}
