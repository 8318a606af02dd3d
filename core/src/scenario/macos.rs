//! macOS: eslogger, osquery, and the unified log in both its styles.
//!
//! Seen in recordings are eslogger's exec and exit, the Apple Events of osascript, and tccd's requests up to macOS 14.
//! All else has its shape from documentation: Apple's EndpointSecurity reference (`es_events_t` and its members) for the
//! other messages, osquery's schema for `es_process_events`, published log excerpts for com.apple.xpc.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::refusal::WhyNot;
use super::text::{base, json as text, line, object, string, time, unix};
use crate::event::{
    AccessMethod, AppleEvent, Event, FileOperation, Kind, Mechanism, NativeId, PrivacyDecision, ProcessKey, ProcessRef,
    Signing, StartMethod, Text, UniqueId,
};

/// One line of eslogger, message version 9.
pub(super) fn eslogger(event: &Event<'_>, step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    let mut process = full(event);
    let (name, body) = match &event.kind {
        Kind::ProcessStart(k) if k.method == StartMethod::Exec => {
            // The message is sent by the image that was there before.
            let mut before = event.actor;
            before.image = k.previous_image.or(event.parent.image);
            before.unique_id = previous(event.actor.unique_id);
            let line = event.actor.command_line.ok_or(WhyNot::Lacks("a command line"))?;
            let count = event.actor.argument_count.map_or(usize::MAX, |n| n as usize);
            let words: Vec<String> = line.splitn(count, |&b| b == b' ').map(string).collect();
            let body = object([
                ("target", process),
                ("args", words.into()),
                ("cwd", file(event.actor.working_folder.unwrap_or(b"/"))),
                ("script", k.script.map_or(Value::Null, file)),
                ("env", k.job.map_or(Value::Null, |job| json!([format!("XPC_SERVICE_NAME={}", string(job))]))),
            ]);
            process = described(&before, &event.parent, &event.responsible);
            ("exec", body)
        }
        Kind::ProcessEnd(_) => ("exit", json!({"stat": 0})),
        Kind::ProcessAccess(k) => {
            let name = match k.access.method {
                AccessMethod::TaskPort => "get_task",
                AccessMethod::TaskRead => "get_task_read",
                AccessMethod::PtraceAttach => "trace",
                _ => return Err(WhyNot::NoSuchVariant),
            };
            (name, json!({"target": alone(&k.target), "type": 0}))
        }
        Kind::RemoteThread(k) => ("remote_thread_create", json!({"target": alone(&k.target), "thread_state": []})),
        Kind::CodeSignInvalid(_) => ("cs_invalidated", json!({})),
        Kind::EndpointCreate(k) if k.endpoint.mechanism == Mechanism::UnixPath => {
            let name = k.endpoint.name.ok_or(WhyNot::Lacks("a name"))?;
            let folder = name.strip_suffix(base(name)).filter(|f| f.len() > 1).unwrap_or(b"//");
            let folder = folder.strip_suffix(b"/").unwrap_or(folder);
            ("uipc_bind", json!({"dir": file(folder), "filename": string(base(name)), "mode": 448}))
        }
        Kind::EndpointConnect(k) => {
            let name = k.endpoint.name.ok_or(WhyNot::Lacks("a name"))?;
            match k.endpoint.mechanism {
                Mechanism::UnixPath => {
                    let mut socket = file(name);
                    if let Some(owner) = k.endpoint.owner_uid {
                        socket["stat"] = json!({"st_uid": owner});
                    }
                    ("uipc_connect", json!({"file": socket, "domain": 1, "type": 1, "protocol": 0}))
                }
                Mechanism::XpcService => {
                    ("xpc_connect", json!({"service_name": string(name), "service_domain_type": 1}))
                }
                _ => return Err(WhyNot::NoSuchVariant),
            }
        }
        Kind::ImageLoad(k) => {
            let image = k.image.ok_or(WhyNot::Lacks("a path"))?;
            ("mmap", json!({"source": file(image), "protection": 5, "max_protection": 5, "flags": 2, "file_pos": 0}))
        }
        Kind::LaunchItemAdd(k) => {
            let item = object([("item_url", text(k.label)), ("item_type", 3.into())]);
            let body = object([("instigator", process.clone()), ("item", item), ("executable_path", text(k.program))]);
            ("btm_launch_item_add", body)
        }
        // The message names no target application.
        Kind::PrivacyDecision(k) if k.target.is_none() => {
            let right = match k.allowed {
                Some(true) => 2,
                Some(false) => 0,
                None => 1,
            };
            let body = object([
                ("service", text(k.service)),
                ("identity", text(event.actor.image)),
                ("identity_type", 1.into()),
                ("update_type", 1.into()),
                ("instigator", process.clone()),
                ("right", right.into()),
                ("reason", 2.into()),
            ]);
            ("tcc_modify", body)
        }
        Kind::FileAccess(k) => {
            let path = k.path.ok_or(WhyNot::Lacks("a path"))?;
            match k.operation {
                FileOperation::Create => {
                    ("create", json!({"destination_type": 0, "destination": {"existing_file": file(path)}}))
                }
                FileOperation::Delete => ("unlink", json!({"target": file(path)})),
                _ => return Err(WhyNot::NoSuchVariant),
            }
        }
        _ => return Err(WhyNot::NoSuchRecord),
    };
    line(
        [
            ("schema_version", 1.into()),
            ("version", 9.into()),
            ("time", time(event.time, 'T', 9, "Z").into()),
            ("global_seq_num", number(event, step).into()),
            ("action_type", 1.into()),
            ("event", json!({name: body})),
            ("process", process),
        ],
        out,
    );
    Ok(())
}

/// The number Endpoint Security gave the message.
fn number(event: &Event<'_>, step: usize) -> u64 {
    match event.source.id {
        NativeId::Number(n) => n,
        _ => step as u64,
    }
}

/// One line of osquery's result log for es_process_events. Its clock counts whole seconds.
pub(super) fn osquery(event: &Event<'_>, step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    let actor = &event.actor;
    let (kind, job) = match &event.kind {
        Kind::ProcessStart(k) if k.method == StartMethod::Exec => ("exec", k.job),
        Kind::ProcessEnd(_) => ("exit", None),
        _ => return Err(WhyNot::NoSuchRecord),
    };
    let (seconds, _) = unix(event.time);
    let (platform, team, identifier) = signature(actor);
    let column = |value: Option<u32>| value.map_or(Value::Null, |n| n.to_string().into());
    let columns = object([
        ("event_type", kind.into()),
        ("time", seconds.to_string().into()),
        ("global_seq_num", number(event, step).to_string().into()),
        ("pid", column(actor.pid)),
        ("parent", column(event.parent.pid)),
        ("path", text(actor.image)),
        ("cmdline", text(actor.command_line)),
        ("cmdline_count", column(actor.argument_count)),
        ("cwd", text(actor.working_folder)),
        ("username", text(actor.user)),
        ("uid", column(actor.uid)),
        ("euid", column(actor.uid)),
        ("platform_binary", u32::from(platform).to_string().into()),
        ("team_id", team),
        ("signing_id", identifier),
        ("env", job.map_or(Value::Null, |job| format!("XPC_SERVICE_NAME={}", string(job)).into())),
    ]);
    line(
        [
            ("name", "es_process_events".into()),
            ("hostIdentifier", string(event.host).into()),
            ("unixTime", seconds.into()),
            ("columns", columns),
            ("action", "added".into()),
        ],
        out,
    );
    Ok(())
}

/// The lines of `log stream`, default style.
pub(super) fn log_text(event: &Event<'_>, step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    for entry in entries(event, step)? {
        let LogLine { pid, process, sender, subsystem, message } = entry;
        let stamp = time(event.time, ' ', 6, "+0000");
        let name = string(base(process.as_bytes()));
        let head = format!("{stamp} 0x{:<9x} Debug       0x0                  {pid:<6} 0    {name}: ", 0xa200 + step);
        out.extend_from_slice(format!("{head}({sender}) [{subsystem}] {message}\n").as_bytes());
    }
    Ok(())
}

/// The lines of `log stream --style ndjson`.
pub(super) fn log_json(event: &Event<'_>, step: usize, out: &mut Vec<u8>) -> Result<(), WhyNot> {
    for entry in entries(event, step)? {
        let LogLine { pid, process, subsystem, message, .. } = entry;
        let (subsystem, category) = subsystem.split_once(':').unwrap_or((subsystem, ""));
        line(
            [
                ("timestamp", time(event.time, ' ', 6, "+0000").into()),
                ("messageType", "Debug".into()),
                ("eventType", "logEvent".into()),
                ("subsystem", subsystem.into()),
                ("category", category.into()),
                ("processImagePath", process.into()),
                ("processID", pid.into()),
                ("eventMessage", message.into()),
            ],
            out,
        );
    }
    Ok(())
}

/// One entry of the unified log.
struct LogLine {
    pid: u32,
    process: String,
    sender: &'static str,
    subsystem: &'static str,
    message: String,
}

fn entries(event: &Event<'_>, step: usize) -> Result<Vec<LogLine>, WhyNot> {
    let own = |sender, subsystem, message| -> Result<Vec<LogLine>, WhyNot> {
        let pid = event.actor.pid.ok_or(WhyNot::Lacks("a pid"))?;
        let process = string(event.actor.image.ok_or(WhyNot::Lacks("an image"))?);
        Ok(Vec::from([LogLine { pid, process, sender, subsystem, message }]))
    };
    match &event.kind {
        Kind::AppleEvent(k) => own("AE", "com.apple.appleevents:main", apple_event(k, step)),
        Kind::PrivacyDecision(k) => Ok(privacy(event, k, step)),
        Kind::EndpointConnect(k) if k.endpoint.mechanism == Mechanism::MachService => {
            own("libxpc.dylib", "com.apple.xpc:connection", connection(k.endpoint.name, false)?)
        }
        Kind::EndpointCreate(k) if k.endpoint.mechanism == Mechanism::MachService => {
            own("libxpc.dylib", "com.apple.xpc:connection", connection(k.endpoint.name, true)?)
        }
        _ => Err(WhyNot::NoSuchRecord),
    }
}

fn connection(name: Option<Text<'_>>, listener: bool) -> Result<String, WhyNot> {
    let name = string(name.ok_or(WhyNot::Lacks("a name"))?);
    Ok(format!("[0x600] activating connection: mach=true listener={listener} peer=false name={name}"))
}

/// A send, as the framework prints it. Without a code its content is private.
fn apple_event(sent: &AppleEvent<'_>, step: usize) -> String {
    let way = if sent.target.is_some() { "sendToModernProcess(mach_port=0)" } else { "sendToSelf()" };
    let Some(code) = sent.code else { return format!("{way}, event=<private> reply=0xNULL-impl sendMode=1043") };
    let target = sent.target.map_or_else(|| "osascript".into(), string);
    let mut parameters = Vec::new();
    let truth = |t| if t { "true(0/$)" } else { "fals(0/$)" };
    if let Some(hidden) = sent.hidden_answer {
        parameters.push(format!("htxt={}", truth(hidden)));
    }
    if let Some(mute) = sent.mute {
        parameters.push(format!("mute={}", truth(mute)));
    }
    if let Some(direct) = sent.text {
        let units: String =
            string(direct).encode_utf16().flat_map(u16::to_le_bytes).map(|b| format!("{b:02x}")).collect();
        parameters.push(format!("----=utxt({}/${units})", units.len() / 2));
    }
    format!(
        "{way}, event={{{} target='psn '[{target}] {{{}}} attr:{{subj=NULL-impl,csig=65536}} returnID={}}} \
         reply=0xNULL-impl sendMode=1043 timeout=7200",
        string(code),
        parameters.join(","),
        step + 700,
    )
}

/// A request to tccd from its context to its result.
fn privacy(event: &Event<'_>, asked: &PrivacyDecision<'_>, step: usize) -> Vec<LogLine> {
    let id = format!("msgID={}.{}", 310, step + 1);
    let party = |part: &str, pid: Option<u32>, name: Option<Text<'_>>, image: Option<Text<'_>>| {
        let pid = pid.map_or(String::new(), |p| format!(", pid={p}"));
        let image = image.map_or(String::new(), |i| format!(", binary_path={}", string(i)));
        format!(
            "{part}={{TCCDProcess: identifier={}{pid}, auid=501, euid=501{image}}}",
            name.map_or_else(String::new, string)
        )
    };
    let (actor, responsible) = (&event.actor, &event.responsible);
    let mut parties = Vec::new();
    if let Some(pid) = responsible.pid {
        parties.push(party("responsible", Some(pid), responsible.image.map(base), responsible.image));
    }
    parties.push(party("accessing", actor.pid, actor.signer.or(actor.image.map(base)), actor.image));
    if let Some(target) = asked.target {
        parties.push(party("requesting", Some(400), Some(target), None));
    }
    let answer = match asked.allowed {
        Some(true) => 2,
        Some(false) => 0,
        None => 1,
    };
    let service = asked.service.map_or_else(String::new, string);
    [
        format!("AUTHREQ_CTX: {id}, function=<private>, service={service}, preflight=no, query=1"),
        format!("AUTHREQ_ATTRIBUTION: {id}, attribution={{{}}}", parties.join(", ")),
        format!("AUTHREQ_RESULT: {id}, authValue={answer}, authReason=2, authVersion=1, error=(null)"),
    ]
    .into_iter()
    .map(|message| LogLine {
        pid: 310,
        process: "/System/Library/PrivateFrameworks/TCC.framework/Support/tccd".into(),
        sender: "TCC",
        subsystem: "com.apple.TCC:access",
        message,
    })
    .collect()
}

fn file(path: Text<'_>) -> Value {
    json!({"path": string(path), "path_truncated": false})
}

/// The actor with its parent and who is responsible for it.
fn full(event: &Event<'_>) -> Value {
    described(&event.actor, &event.parent, &event.responsible)
}

fn alone(process: &ProcessRef<'_>) -> Value {
    described(process, &ProcessRef::default(), &ProcessKey::default())
}

fn described(process: &ProcessRef<'_>, parent: &ProcessRef<'_>, responsible: &ProcessKey<'_>) -> Value {
    let (platform, team, identifier) = signature(process);
    object([
        ("audit_token", token(process.pid, process.unique_id, process)),
        ("parent_audit_token", parent.pid.map_or(Value::Null, |pid| token(Some(pid), parent.unique_id, parent))),
        (
            "responsible_audit_token",
            responsible.pid.map_or(Value::Null, |pid| token(Some(pid), responsible.unique_id, &ProcessRef::default())),
        ),
        ("ppid", parent.pid.into()),
        ("executable", process.image.map_or(Value::Null, file)),
        ("tty", process.terminal.map_or(Value::Null, file)),
        ("is_platform_binary", platform.into()),
        ("team_id", team),
        ("signing_id", identifier),
    ])
}

/// Whether it is Apple's, the team, and the identifier, as far as the signature has them.
fn signature(process: &ProcessRef<'_>) -> (bool, Value, Value) {
    let signer = || text(process.signer);
    match process.signing {
        Some(Signing::Platform) => (true, Value::Null, signer()),
        Some(Signing::Signed) => (false, signer(), Value::Null),
        Some(Signing::AdHoc) => {
            (false, Value::Null, process.signer.map_or_else(|| "a.out".into(), |s| string(s).into()))
        }
        _ => (false, Value::Null, Value::Null),
    }
}

fn token(pid: Option<u32>, unique: UniqueId<'_>, process: &ProcessRef<'_>) -> Value {
    let version = match unique {
        UniqueId::PidVersion(v) => v.into(),
        _ => Value::Null,
    };
    object([
        ("pid", pid.into()),
        ("pidversion", version),
        ("euid", process.uid.unwrap_or(501).into()),
        ("auid", process.auid.or(process.uid).unwrap_or(501).into()),
        ("asid", process.session.unwrap_or(100_007).into()),
    ])
}

/// Exec gives a process a new version.
fn previous(unique: UniqueId<'_>) -> UniqueId<'_> {
    match unique {
        UniqueId::PidVersion(v) => UniqueId::PidVersion(v.wrapping_sub(1)),
        other => other,
    }
}
