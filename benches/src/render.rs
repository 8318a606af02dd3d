//! Renders a step of a workload as a typed event and as a line of evtx_dump.

use std::fmt::Write;

use ipcsentry::Timestamp;
use ipcsentry::event::{
    Access, AccessMethod, Channel, Endpoint, EndpointAct, Event, FileAccess, FileOperation, ImageLoad, Integrity, Kind,
    Mechanism, NativeId, NetworkConnect, Os, ProcessAccess, ProcessEnd, ProcessRef, ProcessStart, RegistryAct,
    RemoteThread, ShareAccess, UniqueId,
};

use crate::generate::{Step, What, Workload, WorkloadProcess};

/// The number of a pass over a workload. Each pass has later times and other record numbers, so that its records are no
/// duplicates.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pass(pub u32);

impl Pass {
    const DISTANCE: i64 = 3_600 * 1_000_000_000;

    fn time(self, step: &Step) -> i64 {
        step.time + i64::from(self.0) * Self::DISTANCE
    }

    fn record(self, step: &Step) -> u64 {
        u64::from(self.0) << 32 | u64::from(step.record)
    }
}

impl Workload {
    /// The typed event of a step, borrowed from the workload.
    #[must_use]
    pub fn event(&self, number: usize, pass: Pass) -> Event<'_> {
        let step = &self.steps[number];
        let actor = &self.processes[step.actor];
        let time = Timestamp(pass.time(step));
        let target = |id: usize| brief(&self.processes[id]);
        let kind = match &step.what {
            What::Start => Kind::ProcessStart(ProcessStart::default()),
            What::End => Kind::ProcessEnd(ProcessEnd::default()),
            What::PipeCreate { name } => Kind::EndpointCreate(pipe(name)),
            What::PipeConnect { name } => Kind::EndpointConnect(pipe(name)),
            What::Access { target: id, mask, .. } => {
                let mut details = ProcessAccess::default();
                details.target = target(*id);
                details.access = Access { method: AccessMethod::Handle, mask: *mask };
                Kind::ProcessAccess(details)
            }
            What::RemoteThread { target: id } => {
                let mut details = RemoteThread::default();
                details.target = target(*id);
                details.start_module = Some(br"C:\Windows\System32\ntdll.dll");
                Kind::RemoteThread(details)
            }
            What::ImageLoad { image } => {
                let mut details = ImageLoad::default();
                details.image = Some(image.as_bytes());
                details.signed = Some(true);
                details.signer = Some(b"Microsoft Windows");
                Kind::ImageLoad(details)
            }
            What::Registry { path, data } => {
                let mut details = RegistryAct::default();
                details.path = Some(path.as_bytes());
                details.data = Some(data.as_bytes());
                details.operation = Some(b"SetValue");
                Kind::RegistrySet(details)
            }
            What::Network { address, port } => {
                let mut details = NetworkConnect::default();
                details.remote_address = Some(address.as_bytes());
                details.remote_port = Some(*port);
                Kind::NetworkConnect(details)
            }
            What::File { path } => {
                let mut details = FileAccess::default();
                details.path = Some(path.as_bytes());
                details.operation = FileOperation::Create;
                Kind::FileAccess(details)
            }
            What::Share { name, address } => {
                let mut details = ShareAccess::default();
                details.share = Some(br"\\*\IPC$");
                details.name = Some(name.as_bytes());
                details.address = Some(address.as_bytes());
                Kind::ShareAccess(details)
            }
        };
        let mut event = Event::new(Os::Windows, time, kind);
        event.host = Self::host(actor.host).as_bytes();
        event.record = pass.record(step);
        event.source.id = NativeId::Number(event.record);
        (event.source.channel, event.source.code) = (Channel::Sysmon, u32::from(event_id(&step.what)));
        event.actor = brief(actor);
        match &step.what {
            What::Start => {
                event.actor.start = Some(time);
                event.actor.command_line = Some(actor.command_line.as_bytes());
                event.actor.working_folder = Some(br"C:\Windows\system32\");
                event.actor.session = Some(actor.session);
                event.actor.terminal = Some(b"1");
                event.actor.integrity = level(actor.integrity);
                event.actor.original_file_name = Some(actor.image.rsplit('\\').next().unwrap_or_default().as_bytes());
                let parent = &self.processes[actor.parent];
                event.parent = brief(parent);
                event.parent.command_line = Some(parent.command_line.as_bytes());
            }
            // The client of a share is on another host.
            What::Share { .. } => {
                event.source.channel = Channel::Security;
                event.actor = ProcessRef::default();
                event.actor.user = Some(br"CORP\user07");
                event.actor.session = Some(0x9_1337);
            }
            _ => {}
        }
        event
    }

    /// The lines of some steps as evtx_dump writes them.
    #[must_use]
    pub fn lines(&self, steps: std::ops::Range<usize>, pass: Pass) -> String {
        let mut out = String::new();
        for number in steps {
            self.line(number, pass, &mut out).expect("a string takes everything");
            out.push('\n');
        }
        out
    }

    fn line(&self, number: usize, pass: Pass, out: &mut String) -> std::fmt::Result {
        let step = &self.steps[number];
        let actor = &self.processes[step.actor];
        let security = matches!(step.what, What::Share { .. });
        let (provider, channel) = if security {
            ("Microsoft-Windows-Security-Auditing", "Security")
        } else {
            ("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational")
        };
        let time = clock(pass.time(step));
        write!(
            out,
            r##"{{"Event":{{"System":{{"Provider":{{"#attributes":{{"Name":"{provider}"}}}},"EventID":{},"Version":5,"Level":4,"Keywords":"0x8000000000000000","TimeCreated":{{"#attributes":{{"SystemTime":"{}Z"}}}},"EventRecordID":{},"Channel":"{channel}","Computer":"{}"}},"EventData":{{"##,
            event_id(&step.what),
            time.replace(' ', "T"),
            pass.record(step),
            Self::host(actor.host),
        )?;
        if let What::Share { name, address } = &step.what {
            return write!(
                out,
                r#""SubjectUserSid":"S-1-5-21-1004336348-1177238915-682003330-1007","SubjectUserName":"user07","SubjectDomainName":"CORP","SubjectLogonId":"0x91337","ObjectType":"File","IpAddress":"{address}","IpPort":"50211","ShareName":"\\\\*\\IPC$","ShareLocalPath":"","RelativeTargetName":"{name}","AccessMask":"0x12019f"}}}}}}"#
            );
        }
        write!(out, r#""RuleName":"-","UtcTime":"{time}","#)?;
        if let What::Access { target, .. } | What::RemoteThread { target } = &step.what {
            let target = &self.processes[*target];
            write!(
                out,
                r#""SourceProcessGUID":"{}","SourceProcessId":{},"SourceThreadId":{},"SourceImage":"{}","TargetProcessGUID":"{}","TargetProcessId":{},"TargetImage":"{}","#,
                guid(&actor.guid),
                actor.pid,
                actor.pid + 8,
                escaped(actor.image),
                guid(&target.guid),
                target.pid,
                escaped(target.image)
            )?;
            match &step.what {
                What::Access { mask, trace, .. } => {
                    write!(out, r#""GrantedAccess":"0x{mask:x}","CallTrace":"{}","#, escaped(trace))?;
                }
                _ => write!(
                    out,
                    r#""NewThreadId":4242,"StartAddress":"0x00007FFB3D0A1230","StartModule":"C:\\Windows\\System32\\ntdll.dll","StartFunction":"-","#
                )?,
            }
            return write!(
                out,
                r#""SourceUser":"{}","TargetUser":"{}"}}}}}}"#,
                escaped(&actor.user),
                escaped(&target.user)
            );
        }
        write!(
            out,
            r#""ProcessGuid":"{}","ProcessId":{},"Image":"{}","#,
            guid(&actor.guid),
            actor.pid,
            escaped(actor.image)
        )?;
        match &step.what {
            What::Start => {
                let parent = &self.processes[actor.parent];
                write!(
                    out,
                    r#""OriginalFileName":"{}","CommandLine":"{}","CurrentDirectory":"C:\\Windows\\system32\\","LogonId":"0x{:x}","TerminalSessionId":1,"IntegrityLevel":"{}","Hashes":"SHA256=3F8A1C5B2D9E4F7061728394A5B6C7D8E9F00112233445566778899AABBCCDDE","ParentProcessGuid":"{}","ParentProcessId":{},"ParentImage":"{}","ParentCommandLine":"{}","ParentUser":"{}","#,
                    actor.image.rsplit('\\').next().unwrap_or_default(),
                    escaped(&actor.command_line),
                    actor.session,
                    actor.integrity,
                    guid(&parent.guid),
                    parent.pid,
                    escaped(parent.image),
                    escaped(&parent.command_line),
                    escaped(&parent.user)
                )?;
            }
            What::PipeCreate { name } => write!(out, r#""EventType":"CreatePipe","PipeName":"{}","#, escaped(name))?,
            What::PipeConnect { name } => write!(out, r#""EventType":"ConnectPipe","PipeName":"{}","#, escaped(name))?,
            What::ImageLoad { image } => write!(
                out,
                r#""ImageLoaded":"{}","Signed":"true","Signature":"Microsoft Windows","SignatureStatus":"Valid","#,
                escaped(image)
            )?,
            What::Registry { path, data } => {
                write!(out, r#""EventType":"SetValue","TargetObject":"{}","Details":"{data}","#, escaped(path))?
            }
            What::Network { address, port } => write!(
                out,
                r#""Protocol":"tcp","Initiated":"true","SourceIsIpv6":"false","SourceIp":"10.0.0.9","SourcePort":50123,"DestinationIsIpv6":"false","DestinationIp":"{address}","DestinationPort":{port},"#
            )?,
            What::File { path } => write!(out, r#""TargetFilename":"{}","CreationUtcTime":"{time}","#, escaped(path))?,
            _ => {}
        }
        write!(out, r#""User":"{}"}}}}}}"#, escaped(&actor.user))
    }
}

/// The event id of an act: Sysmon's, or 5145 of the Security log for a share.
#[must_use]
pub const fn event_id(what: &What) -> u16 {
    match what {
        What::Start => 1,
        What::Network { .. } => 3,
        What::End => 5,
        What::ImageLoad { .. } => 7,
        What::RemoteThread { .. } => 8,
        What::Access { .. } => 10,
        What::File { .. } => 11,
        What::Registry { .. } => 13,
        What::PipeCreate { .. } => 17,
        What::PipeConnect { .. } => 18,
        What::Share { .. } => 5145,
    }
}

fn brief(process: &WorkloadProcess) -> ProcessRef<'_> {
    let mut brief = ProcessRef::default();
    brief.pid = Some(process.pid);
    brief.unique_id = UniqueId::Guid(process.guid);
    brief.image = Some(process.image.as_bytes());
    brief.user = Some(process.user.as_bytes());
    brief
}

fn pipe(name: &str) -> EndpointAct<'_> {
    EndpointAct::new(Endpoint::new(Mechanism::NamedPipe, Some(name.as_bytes())))
}

fn level(name: &str) -> Option<Integrity> {
    Some(match name {
        "System" => Integrity::System,
        "High" => Integrity::High,
        "Medium" => Integrity::Medium,
        _ => return None,
    })
}

fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"")
}

fn guid(bytes: &[u8; 16]) -> String {
    let n = u128::from_be_bytes(*bytes);
    format!(
        "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
        (n >> 96) as u32,
        (n >> 80) as u16,
        (n >> 64) as u16,
        (n >> 48) as u16,
        n & 0xffff_ffff_ffff
    )
}

/// `YYYY-MM-DD hh:mm:ss.mmm`.
fn clock(nanos: i64) -> String {
    let (seconds, millis) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000) / 1_000_000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Civil date of a day count, years beginning in March.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    let (h, m, s) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {h:02}:{m:02}:{s:02}.{millis:03}")
}
