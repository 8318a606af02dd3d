//! Windows event records, as evtx_dump and as NXLog write them.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::refusal::WhyNot;
use super::text::{json as text, line, object, string, time};
use crate::event::{
    Channel, Direction, Event, Integrity, Kind, Mechanism, NativeId, ProcessRef, SensorChange, Text, UniqueId,
    guid_text,
};

type Members = Vec<(&'static str, Value)>;

/// A record before it is put into an envelope.
struct Record {
    provider: &'static str,
    channel: &'static str,
    id: u32,
    data: Members,
}

/// The process in which a provider wrote a record: PowerShell's own is the one that runs the script.
fn writer(event: &Event<'_>) -> Option<u32> {
    event.actor.pid.filter(|_| event.source.channel == Channel::PowerShell)
}

/// One line of evtx_dump.
pub(super) fn evtx(event: &Event<'_>, step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    let Record { provider, channel, id, data } = record(event)?;
    let mut system = json!({
        "Provider": {"#attributes": {"Name": provider}},
        "EventID": id,
        "TimeCreated": {"#attributes": {"SystemTime": time(event.time, 'T', 6, "Z")}},
        "EventRecordID": number(event, step),
        "Channel": channel,
        "Computer": string(event.host),
    });
    if let Some(pid) = writer(event) {
        system["Execution"] = json!({"#attributes": {"ProcessID": pid, "ThreadID": 0}});
    }
    let body = json!({
        "#attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"},
        "System": system,
        "EventData": object(data),
    });
    line([("Event", body)], out);
    Ok(())
}

/// One line of NXLog. Its event time is local and says no zone: this collector stands in UTC.
pub(super) fn flat(event: &Event<'_>, step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    let Record { provider, channel, id, data } = record(event)?;
    let envelope = [
        ("EventTime", Value::String(time(event.time, ' ', 3, ""))),
        ("Hostname", Value::String(string(event.host))),
        ("EventID", id.into()),
        ("SourceName", provider.into()),
        ("Channel", channel.into()),
        ("RecordNumber", number(event, step)),
        ("@timestamp", Value::String(time(event.time + 400_000_000, 'T', 3, "Z"))),
    ];
    let writer = writer(event).map(|pid| ("ExecutionProcessID", pid.into()));
    line(envelope.into_iter().chain(writer).chain(data), out);
    Ok(())
}

fn number(event: &Event<'_>, step: usize) -> Value {
    match event.source.id {
        NativeId::Number(n) => n.into(),
        _ => step.into(),
    }
}

fn record(event: &Event<'_>) -> Result<Record, WhyNot> {
    match event.source.channel {
        Channel::Sysmon => {
            let (id, mut data) = sysmon(event)?;
            data.push(("UtcTime", Value::String(time(event.time, ' ', 3, ""))));
            Ok(Record {
                provider: "Microsoft-Windows-Sysmon",
                channel: "Microsoft-Windows-Sysmon/Operational",
                id,
                data,
            })
        }
        Channel::Security => {
            let (id, data) = security(event)?;
            Ok(Record { provider: "Microsoft-Windows-Security-Auditing", channel: "Security", id, data })
        }
        Channel::System => {
            let Kind::ServiceInstall(k) = &event.kind else { return Err(WhyNot::NoSuchRecord) };
            let data = Vec::from([
                ("ServiceName", text(k.name)),
                ("ImagePath", text(k.command)),
                ("ServiceType", "user mode service".into()),
                ("StartType", "demand start".into()),
                ("AccountName", text(k.account)),
            ]);
            Ok(Record { provider: "Service Control Manager", channel: "System", id: 7045, data })
        }
        Channel::PowerShell => {
            let Kind::ScriptRun(k) = &event.kind else { return Err(WhyNot::NoSuchRecord) };
            let data = Vec::from([
                ("MessageNumber", 1.into()),
                ("MessageTotal", 1.into()),
                ("ScriptBlockText", text(k.text)),
                ("ScriptBlockId", text(k.path)),
                ("Path", text(k.path)),
            ]);
            Ok(Record {
                provider: "Microsoft-Windows-PowerShell",
                channel: "Microsoft-Windows-PowerShell/Operational",
                id: 4104,
                data,
            })
        }
        _ => Err(WhyNot::NoSuchRecord),
    }
}

fn sysmon(event: &Event<'_>) -> Result<(u32, Members), WhyNot> {
    let mut data = participant(&event.actor, ["ProcessGuid", "ProcessId", "Image", "User"]);
    let id = match &event.kind {
        // Sysmon records the parent that was named, whoever started the process.
        Kind::ProcessStart(k) if !k.creator.is_unknown() => return Err(WhyNot::NoSuchVariant),
        Kind::ProcessStart(_) => {
            data.extend(start(event));
            1
        }
        Kind::ProcessEnd(_) => 5,
        Kind::NetworkConnect(k) => {
            let inbound = k.direction == Direction::Inbound;
            let (local, remote) = ((text(k.local_address), k.local_port), (text(k.remote_address), k.remote_port));
            let (source, destination) = if inbound { (remote, local) } else { (local, remote) };
            data.extend([
                ("Protocol", "tcp".into()),
                ("Initiated", (!inbound).into()),
                ("SourceIp", source.0),
                ("SourcePort", source.1.into()),
                ("DestinationIp", destination.0),
                ("DestinationPort", destination.1.into()),
            ]);
            3
        }
        Kind::ImageLoad(k) => {
            data.extend([
                ("ImageLoaded", text(k.image)),
                ("Signed", k.signed.map_or(Value::Null, |s| s.to_string().into())),
                ("Signature", text(k.signer)),
            ]);
            7
        }
        Kind::RemoteThread(k) => {
            data = two(&event.actor, &k.target, "Guid");
            data.extend([("StartModule", text(k.start_module)), ("StartFunction", text(k.start_function))]);
            8
        }
        Kind::ProcessAccess(k) => {
            data = two(&event.actor, &k.target, "GUID");
            let trace = if k.unbacked_caller { "UNKNOWN(0000021A)" } else { r"C:\Windows\SYSTEM32\ntdll.dll+9d2f4" };
            data.extend([("GrantedAccess", format!("{:#x}", k.access.mask).into()), ("CallTrace", trace.into())]);
            10
        }
        Kind::FileAccess(k) => {
            data.push(("TargetFilename", text(k.path)));
            match k.operation {
                crate::event::FileOperation::Create => 11,
                crate::event::FileOperation::Delete => 23,
                _ => return Err(WhyNot::NoSuchVariant),
            }
        }
        Kind::RegistrySet(k) => {
            data.extend([("EventType", text(k.operation)), ("TargetObject", text(k.path)), ("Details", text(k.data))]);
            if k.operation == Some(b"SetValue") { 13 } else { 12 }
        }
        Kind::EndpointCreate(k) => {
            data.extend([("EventType", "CreatePipe".into()), ("PipeName", pipe(&k.endpoint)?)]);
            17
        }
        Kind::EndpointConnect(k) => {
            data.extend([("EventType", "ConnectPipe".into()), ("PipeName", pipe(&k.endpoint)?)]);
            18
        }
        Kind::ImageTamper(k) => {
            data.push(("Type", text(k.what)));
            25
        }
        Kind::SensorState(k) => {
            let (id, name, value) = match k.change {
                SensorChange::Started => (4, "State", "Started"),
                SensorChange::Stopped => (4, "State", "Stopped"),
                SensorChange::Reconfigured => (16, "Configuration", "changed"),
                SensorChange::Lost => (255, "Description", "records lost"),
            };
            data = Vec::from([(name, value.into())]);
            id
        }
        Kind::TaskRegister(k) if k.subscription => {
            data = Vec::from([
                ("EventType", "WmiConsumerEvent".into()),
                ("Operation", if k.deleted { "Deleted" } else { "Created" }.into()),
                ("User", text(event.actor.user)),
                ("Name", text(k.name)),
                ("Type", "Command Line".into()),
                ("Destination", text(k.command)),
            ]);
            20
        }
        _ => return Err(WhyNot::NoSuchRecord),
    };
    Ok((id, data))
}

/// The members that only a process start has.
fn start(event: &Event<'_>) -> Members {
    let (actor, parent) = (&event.actor, &event.parent);
    let level = actor.integrity.map(|level| match level {
        Integrity::Untrusted => "Untrusted",
        Integrity::Low => "Low",
        Integrity::Medium => "Medium",
        Integrity::High => "High",
        Integrity::System => "System",
    });
    let mut data = Vec::from([
        ("CommandLine", text(actor.command_line)),
        ("CurrentDirectory", text(actor.working_folder)),
        ("LogonId", actor.session.map_or(Value::Null, |s| format!("{s:#x}").into())),
        ("TerminalSessionId", text(actor.terminal)),
        ("IntegrityLevel", level.into()),
        ("OriginalFileName", text(actor.original_file_name)),
        ("ParentCommandLine", text(parent.command_line)),
    ]);
    data.extend(participant(parent, ["ParentProcessGuid", "ParentProcessId", "ParentImage", "ParentUser"]));
    data
}

fn security(event: &Event<'_>) -> Result<(u32, Members), WhyNot> {
    let (domain, user) = account(event.actor.user);
    let mut data = Vec::from([
        ("SubjectDomainName", domain),
        ("SubjectUserName", user),
        ("SubjectLogonId", event.actor.session.map_or(Value::Null, |s| format!("{s:#x}").into())),
    ]);
    let id = match &event.kind {
        Kind::ShareAccess(k) => {
            data.extend([
                ("ObjectType", "File".into()),
                ("ShareName", text(k.share)),
                ("RelativeTargetName", text(k.name)),
                ("IpAddress", text(k.address)),
                ("IpPort", k.port.map_or(Value::Null, |p| p.to_string().into())),
                ("AccessMask", format!("{:#x}", k.mask).into()),
            ]);
            5145
        }
        Kind::RpcCall(k) => {
            data.extend([
                ("RemoteIpAddress", text(k.address)),
                ("RemotePort", k.port.map_or(Value::Null, |p| p.to_string().into())),
                ("InterfaceUuid", text(k.interface)),
                ("ProtocolSequence", text(k.protocol)),
            ]);
            5712
        }
        Kind::Logon(k) => {
            let (domain, user) = account(k.user);
            data.extend([
                ("TargetDomainName", domain),
                ("TargetUserName", user),
                ("TargetLogonId", k.session.map_or(Value::Null, |s| format!("{s:#x}").into())),
                ("LogonType", k.logon_type.into()),
                ("IpAddress", text(k.address)),
            ]);
            if k.explicit { 4648 } else { 4624 }
        }
        Kind::TaskRegister(k) => {
            data.extend([("TaskName", text(k.name)), ("TaskContent", text(k.command))]);
            if k.deleted { 4699 } else { 4698 }
        }
        _ => return Err(WhyNot::NoSuchRecord),
    };
    Ok((id, data))
}

fn pipe(endpoint: &crate::event::Endpoint<'_>) -> Result<Value, WhyNot> {
    match endpoint.mechanism {
        Mechanism::NamedPipe => endpoint.name.map(|n| string(n).into()).ok_or(WhyNot::Lacks("a name")),
        Mechanism::AnonymousPipe => Ok("<Anonymous Pipe>".into()),
        _ => Err(WhyNot::NoSuchVariant),
    }
}

/// One process under the names that the record uses for it.
fn participant(of: &ProcessRef<'_>, [guid, pid, image, user]: [&'static str; 4]) -> Members {
    let unique = match of.unique_id {
        UniqueId::Guid(bytes) => Value::String(guid_text(&bytes)),
        _ => Value::Null,
    };
    Vec::from([(guid, unique), (pid, of.pid.into()), (image, text(of.image)), (user, text(of.user))])
}

/// The two processes of an access or a thread. Sysmon writes the word GUID in two ways.
fn two(actor: &ProcessRef<'_>, target: &ProcessRef<'_>, guid: &str) -> Members {
    let [source, target_guid] = match guid {
        "GUID" => ["SourceProcessGUID", "TargetProcessGUID"],
        _ => ["SourceProcessGuid", "TargetProcessGuid"],
    };
    let mut data = participant(actor, [source, "SourceProcessId", "SourceImage", "SourceUser"]);
    data.extend(participant(target, [target_guid, "TargetProcessId", "TargetImage", "TargetUser"]));
    data
}

/// `DOMAIN\name` in its two parts.
fn account(user: Option<Text<'_>>) -> (Value, Value) {
    let Some(user) = user else { return (Value::Null, Value::Null) };
    match user.iter().position(|&b| b == b'\\') {
        Some(at) => (text(user.get(..at)), text(user.get(at + 1..))),
        None => (Value::Null, text(Some(user))),
    }
}
