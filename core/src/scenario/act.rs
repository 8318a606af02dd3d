//! From a step's details to the kind of an event.

use serde_json::Value;

use super::participants::Participant;
use super::values::{named, number};
use crate::event::{
    Access, AccessMethod, AppleEvent, Channel, Direction, Endpoint, EndpointAct, FdDup, FileAccess, FileOperation,
    ImageLoad, ImageTamper, Kind, KindTag, LaunchItemAdd, Logon, Mechanism, MemoryWrite, NetworkConnect, Os,
    PrivacyDecision, ProcessAccess, ProcessEnd, ProcessRef, ProcessStart, RegistryAct, RemoteThread, RpcCall,
    ScriptRun, SensorChange, SensorState, ServiceInstall, ShareAccess, StartMethod, TaskRegister, Text,
};

/// Finds a process by its letter.
type Find<'f, 'a> = dyn Fn(&Value) -> Option<&'a Participant> + 'f;

/// What the step does; `None` when a detail is missing or none of its kind.
pub(super) fn kind<'a>(step: &'a Value, os: Os, participant: &Find<'_, 'a>) -> Option<Kind<'a>> {
    let tag = named(&step["do"], KindTag::ALL, KindTag::name).ok()??;
    let target = || participant(&step["target"]).map(Participant::reference);
    let t = |key| text(step, key);
    Some(match tag {
        KindTag::ProcessStart => Kind::ProcessStart(ProcessStart {
            method: if os == Os::Windows { StartMethod::Create } else { StartMethod::Exec },
            previous_image: t("previous_image"),
            script: t("script"),
            job: t("job"),
            creator: participant(&step["creator"]).map(Participant::reference).unwrap_or_default(),
            ..ProcessStart::default()
        }),
        KindTag::ProcessEnd => Kind::ProcessEnd(ProcessEnd { exit_code: Some(0), ..ProcessEnd::default() }),
        KindTag::ProcessAccess => Kind::ProcessAccess(ProcessAccess {
            target: known(target()?, os),
            access: Access {
                method: named(&step["method"], AccessMethod::ALL, AccessMethod::name)
                    .ok()?
                    .unwrap_or(AccessMethod::Handle),
                mask: mask(&step["mask"])?,
            },
            ..ProcessAccess::default()
        }),
        KindTag::RemoteThread => Kind::RemoteThread(RemoteThread {
            target: target()?,
            start_module: t("start_module"),
            start_function: t("start_function"),
            ..RemoteThread::default()
        }),
        KindTag::MemoryWrite => {
            Kind::MemoryWrite(MemoryWrite { target: known(target()?, os), ..MemoryWrite::default() })
        }
        KindTag::ImageTamper => Kind::ImageTamper(ImageTamper { what: t("what"), ..ImageTamper::default() }),
        KindTag::CodeSignInvalid => Kind::CodeSignInvalid(Default::default()),
        KindTag::ImageLoad => Kind::ImageLoad(ImageLoad {
            image: Some(t("image")?),
            signed: step["signed"].as_bool(),
            signer: t("signer"),
            ..ImageLoad::default()
        }),
        KindTag::EndpointCreate => Kind::EndpointCreate(endpoint(step)?),
        KindTag::EndpointConnect => Kind::EndpointConnect(endpoint(step)?),
        KindTag::EndpointRemove => Kind::EndpointRemove(endpoint(step)?),
        KindTag::FdDup => Kind::FdDup(FdDup {
            from: Some(i32::try_from(step["from"].as_i64()?).ok()?),
            to: Some(i32::try_from(step["to"].as_i64()?).ok()?),
            ..FdDup::default()
        }),
        KindTag::ShareAccess => Kind::ShareAccess(ShareAccess {
            share: t("share").or(Some(br"\\*\IPC$")),
            name: Some(t("name")?),
            address: Some(t("address")?),
            port: Some(49_700),
            mask: 0x12_019f,
            ..ShareAccess::default()
        }),
        KindTag::RegistrySet => Kind::RegistrySet(RegistryAct {
            path: Some(t("path")?),
            data: t("data"),
            operation: t("operation").or(Some(b"SetValue")),
            ..RegistryAct::default()
        }),
        KindTag::AppleEvent => Kind::AppleEvent(AppleEvent {
            code: t("code"),
            target: t("target"),
            hidden_answer: step["hidden_answer"].as_bool(),
            mute: step["mute"].as_bool(),
            text: t("text"),
            ..AppleEvent::default()
        }),
        KindTag::ScriptRun => {
            Kind::ScriptRun(ScriptRun { path: t("path"), text: Some(t("text")?), ..ScriptRun::default() })
        }
        KindTag::PrivacyDecision => Kind::PrivacyDecision(PrivacyDecision {
            service: Some(t("service")?),
            target: t("target"),
            allowed: step["allowed"].as_bool(),
            ..PrivacyDecision::default()
        }),
        KindTag::ServiceInstall => Kind::ServiceInstall(ServiceInstall {
            name: Some(t("name")?),
            command: Some(t("command")?),
            account: t("account").or(Some(b"LocalSystem")),
            ..ServiceInstall::default()
        }),
        KindTag::TaskRegister => Kind::TaskRegister(TaskRegister {
            name: Some(t("name")?),
            command: t("command"),
            subscription: step["subscription"].as_bool().unwrap_or(false),
            ..TaskRegister::default()
        }),
        KindTag::RpcCall => Kind::RpcCall(RpcCall {
            interface: Some(t("interface")?),
            protocol: t("protocol"),
            address: Some(t("address")?),
            port: Some(49_701),
            ..RpcCall::default()
        }),
        KindTag::LaunchItemAdd => {
            Kind::LaunchItemAdd(LaunchItemAdd { label: t("label"), program: t("program"), ..LaunchItemAdd::default() })
        }
        KindTag::Logon => Kind::Logon(Logon {
            logon_type: Some(u32::try_from(step["logon_type"].as_u64()?).ok()?),
            user: t("user"),
            session: step["session"].as_u64(),
            address: t("address"),
            ..Logon::default()
        }),
        KindTag::NetworkConnect => Kind::NetworkConnect(NetworkConnect {
            direction: named(&step["direction"], Direction::ALL, Direction::name).ok()?.unwrap_or(Direction::Outbound),
            local_address: t("local_address"),
            local_port: port(&step["local_port"]),
            remote_address: Some(t("remote_address")?),
            remote_port: port(&step["remote_port"]),
            ..NetworkConnect::default()
        }),
        KindTag::SensorState => Kind::SensorState(SensorState {
            change: named(&step["change"], SensorChange::ALL, SensorChange::name).ok()??,
            ..SensorState::default()
        }),
        KindTag::FileAccess => Kind::FileAccess(FileAccess {
            path: t("path"),
            operation: named(&step["operation"], FileOperation::ALL, FileOperation::name).ok()??,
            ..FileAccess::default()
        }),
        _ => return None,
    })
}

/// A text detail.
pub(super) fn text<'a>(step: &'a Value, key: &str) -> Option<Text<'a>> {
    step[key].as_str().map(str::as_bytes)
}

/// The log that records a step.
pub(super) fn channel(step: &Value, os: Os) -> Channel {
    match (os, step["do"].as_str().unwrap_or_default()) {
        (Os::Windows, "task_register") if step["subscription"] == true => Channel::Sysmon,
        (Os::Windows, "share_access" | "rpc_call" | "logon" | "task_register") => Channel::Security,
        (Os::Windows, "service_install") => Channel::System,
        (Os::Windows, "script_run") => Channel::PowerShell,
        (Os::Windows, _) => Channel::Sysmon,
        (Os::Linux, _) => Channel::Audit,
        (Os::Macos, "apple_event") => Channel::AppleEvents,
        (Os::Macos, "privacy_decision") => Channel::Tcc,
        (Os::Macos, _) => Channel::EndpointSecurity,
    }
}

/// Linux names the process acted upon by its pid and owner only.
fn known(target: ProcessRef<'_>, os: Os) -> ProcessRef<'_> {
    if os != Os::Linux {
        return target;
    }
    let ProcessRef { pid, uid, auid, session, .. } = target;
    ProcessRef { pid, uid, auid, session, ..ProcessRef::default() }
}

/// A number, or hex in a text; none is 0.
fn mask(value: &Value) -> Option<u32> {
    match value {
        Value::Null => Some(0),
        Value::String(text) => u32::from_str_radix(text.trim_start_matches("0x"), 16).ok(),
        other => other.as_u64().and_then(|n| u32::try_from(n).ok()),
    }
}

fn port(value: &Value) -> Option<u32> {
    number(value).and_then(|n| u32::try_from(n).ok())
}

fn endpoint(step: &Value) -> Option<EndpointAct<'_>> {
    let mechanism = named(&step["mechanism"], Mechanism::ALL, Mechanism::name).ok()??;
    let mut endpoint = Endpoint::new(mechanism, text(step, "name"));
    endpoint.owner_uid = number(&step["owner_uid"]).and_then(|n| u32::try_from(n).ok());
    let mut act = EndpointAct::new(endpoint);
    act.writes = step["writes"].as_bool();
    act.accepted = step["accepted"].as_bool().unwrap_or(false);
    Some(act)
}
