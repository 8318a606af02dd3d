//! What one cited record says, in words: the phrase of its clause, else that of its kind of event. A phrase names only
//! what the record itself shows; where a slot stays empty, the plainer phrase takes its place.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::event::{Channel, KindTag, Mechanism};
use crate::matching::{Bound, Hit};
use crate::names::basename;
use crate::rules::{Behavior, PhrasePart, Slot};
use crate::state::{HostState, Process, ProcessId};
use crate::util::intern::Sym;

/// Characters of a command, of data or of a text that are quoted.
const QUOTED: usize = 200;

/// Puts records into words.
#[derive(Clone, Copy)]
pub(super) struct Wording<'a> {
    pub(super) state: &'a HostState,
    pub(super) rule: &'a Behavior,
    /// The records that the alert cites.
    pub(super) cited: &'a [&'a Hit],
    /// Command lines are left out.
    pub(super) redact: bool,
}

impl Wording<'_> {
    /// The phrase of the hit's clause, where each of its slots is filled.
    pub(super) fn of_clause(&self, hit: &Hit) -> Option<String> {
        let phrase = self.rule.clauses.get(usize::from(hit.clause))?.says.as_ref()?;
        let mut text = String::new();
        for part in &phrase.0 {
            match part {
                PhrasePart::Text(plain) => text.push_str(plain),
                PhrasePart::Slot(slot) => text.push_str(&self.slot(hit, *slot)?),
            }
        }
        Some(text)
    }

    /// The phrase of the hit's kind of event.
    pub(super) fn of_kind(&self, hit: &Hit) -> String {
        use KindTag as K;
        let actor = self.slot(hit, Slot::Actor);
        let object = self.slot(hit, Slot::Object);
        let detail = self.slot(hit, Slot::Detail);
        let target = self.slot(hit, Slot::Target);
        // `active` where somebody is known to have acted, else `passive`.
        let acts = |active: &str, passive: &str, object: &str| match &actor {
            Some(actor) => format!("{actor} {active} {object}"),
            None => format!("{object} {passive}"),
        };
        let with = |text: String, word: &str| match &detail {
            Some(detail) => format!("{text}{word}{detail}"),
            None => text,
        };
        let (object, target) = (object.as_deref(), target.as_deref());
        match hit.source.kind {
            K::ProcessStart => self.start(hit),
            K::ProcessEnd => acts("ended", "ended", "").trim().to_string(),
            K::ProcessSeen => format!("{} was running", actor.as_deref().unwrap_or("a process")),
            K::ProcessAccess => acts("opened", "was opened", target.unwrap_or("a process")),
            K::RemoteThread => acts("started a thread in", "got a thread from outside", target.unwrap_or("a process")),
            K::MemoryWrite => acts("wrote into the memory of", "had its memory written", target.unwrap_or("a process")),
            K::ImageTamper => {
                format!("the image of {} was replaced in memory", actor.as_deref().unwrap_or("a process"))
            }
            K::CodeSignInvalid => {
                format!("the code signature of {} became invalid", actor.as_deref().unwrap_or("a process"))
            }
            K::ImageLoad => acts("loaded", "was loaded", object.unwrap_or("a library")),
            K::EndpointCreate => acts("created", "was created", object.unwrap_or("an endpoint that has no name")),
            K::EndpointConnect => {
                let active = if self.is_socket(hit) { "connected to" } else { "opened" };
                acts(active, "was opened", object.unwrap_or("an endpoint that has no name"))
            }
            K::EndpointRemove => acts("removed", "was removed", object.unwrap_or("an endpoint that has no name")),
            K::FdDup => match target {
                Some(target) => acts("took a descriptor of", "lost a descriptor", target),
                None => acts("redirected", "was redirected", "a descriptor"),
            },
            K::ShareAccess => {
                let from = detail.as_ref().map_or_else(String::new, |address| format!(" by {address}"));
                format!("{} was opened over the network{from}", object.unwrap_or("a share"))
            }
            K::ComActivation => with(format!("{} was activated", object.unwrap_or("a COM class")), " from "),
            K::RegistrySet => with(acts("set", "was set", object.unwrap_or("a registry value")), " to "),
            K::RegistryQuery => acts("read", "was read", object.unwrap_or("a registry value")),
            K::DdeRequest => {
                with(acts("asked for", "was asked for", object.unwrap_or("a DDE service")), " with topic ")
            }
            K::AppleEvent => with(acts("sent", "was sent", object.unwrap_or("an Apple Event")), ": "),
            K::ScriptRun => acts("ran", "was run", object.unwrap_or("a script")),
            K::PrivacyDecision => {
                acts("asked for access to", "was asked for", object.unwrap_or("what the privacy database guards"))
            }
            K::ServiceInstall => {
                with(acts("installed", "was installed", object.unwrap_or("a service")), ", which runs ")
            }
            K::ServiceChange => with(object.unwrap_or("a service").to_string(), ": "),
            K::TaskRegister => with(acts("registered", "was registered", object.unwrap_or("a task")), ", which runs "),
            K::TaskRun => with(format!("{} was started", object.unwrap_or("a task")), ": "),
            K::LaunchItemAdd => with(acts("added", "was added", object.unwrap_or("a launch item")), ", which runs "),
            K::Logon => with(format!("{} logged on", object.unwrap_or("a user")), " from "),
            K::SessionChange => String::from("a session changed"),
            K::NetworkConnect if hit.detail.is_some() => {
                acts("accepted a connection from", "connected to this host", object.unwrap_or("another host"))
            }
            K::NetworkConnect => acts("connected to", "was connected to", object.unwrap_or("another host")),
            K::FileAccess => acts("accessed", "was accessed", object.unwrap_or("a file")),
            K::SensorState => with(String::from("the sensor said of itself"), ": "),
            K::RpcCall => {
                let function = detail.as_ref().map_or_else(String::new, |number| format!("function {number} of "));
                format!("{function}{} was called", object.unwrap_or("an RPC interface"))
            }
        }
    }

    /// Who started the process, or what it was before.
    fn start(&self, hit: &Hit) -> String {
        let actor = self.slot(hit, Slot::Actor).unwrap_or_else(|| String::from("a process"));
        let before =
            |other: &&&Hit| other.actor == hit.actor && other.order() < hit.order() && other.image != hit.image;
        if let Some(before) = self.cited.iter().rev().find(before).and_then(|before| self.slot(before, Slot::Actor)) {
            return format!("{before} became {actor}");
        }
        let parent = || self.state.process(self.state.birth_parent(hit.actor))?.pid.filter(|pid| *pid != 0);
        match self.slot(hit, Slot::Parent).or_else(|| parent().map(|pid| format!("process {pid}"))) {
            Some(parent) => format!("{parent} started {actor}"),
            None => format!("{actor} started"),
        }
    }

    fn slot(&self, hit: &Hit, slot: Slot) -> Option<String> {
        match slot {
            Slot::Role(role) => match hit.role(role)? {
                Bound::Process(id) => self.shown(id).then(|| self.process(hit, id))?,
                Bound::Remote(id) => {
                    let address = self.state.text(self.state.remote(id)?.address)?;
                    Some(format!("a client at {}", lossy(address)))
                }
            },
            Slot::Actor => self.process(hit, hit.actor?),
            Slot::Parent => {
                let parent = self.state.birth_parent(hit.actor)?;
                self.shown(parent).then(|| self.process(hit, parent))?
            }
            Slot::Target => self.process(hit, hit.target?),
            Slot::Object => self.object(hit),
            Slot::Detail => {
                let is_command = matches!(
                    hit.source.kind,
                    KindTag::ServiceInstall | KindTag::TaskRegister | KindTag::TaskRun | KindTag::LaunchItemAdd
                );
                let detail = self.state.text(hit.detail).filter(|_| !(self.redact && is_command))?;
                Some(quoted(&order_of(detail)))
            }
        }
    }

    /// Whether a cited record names the process.
    fn shown(&self, id: ProcessId) -> bool {
        self.cited.iter().any(|hit| {
            let names_parent = hit.source.kind == KindTag::ProcessStart && names_parents(hit.source.channel);
            hit.actor == Some(id)
                || hit.target == Some(id)
                || names_parent && self.state.birth_parent(hit.actor) == Some(id)
        })
    }

    /// `image (pid)`, as it was when the record was written.
    fn process(&self, hit: &Hit, id: ProcessId) -> Option<String> {
        let process = self.state.process(Some(id))?;
        let at_act = |hit: &Hit| image_at_act(self.state, hit, id);
        let image = at_act(hit).or_else(|| self.cited.iter().find_map(|hit| at_act(hit))).or(process.image);
        named(self.state, process, image)
    }

    fn is_socket(&self, hit: &Hit) -> bool {
        let mechanism = self.state.endpoint(hit.endpoint).map(|endpoint| endpoint.mechanism);
        mechanism.is_some_and(|m| {
            !matches!(m, Mechanism::NamedPipe | Mechanism::AnonymousPipe | Mechanism::Fifo | Mechanism::Pipe)
        })
    }

    /// The object with its kind.
    fn object(&self, hit: &Hit) -> Option<String> {
        if let Some(endpoint) = self.state.endpoint(hit.endpoint) {
            let name = self.state.text(Some(endpoint.name)).filter(|name| !name.is_empty())?;
            return Some(format!("{} {}", in_words(endpoint.mechanism), lossy(name)));
        }
        let name = self.state.text(hit.object)?;
        let kind = match hit.source.kind {
            KindTag::AppleEvent => return Some(apple_event(&lossy(name))),
            KindTag::ServiceInstall | KindTag::ServiceChange => "service ",
            KindTag::TaskRegister | KindTag::TaskRun => "task ",
            KindTag::RegistrySet | KindTag::RegistryQuery => "registry value ",
            KindTag::ComActivation => "COM class ",
            KindTag::DdeRequest => "DDE service ",
            KindTag::LaunchItemAdd => "launch item ",
            KindTag::RpcCall => "RPC interface ",
            KindTag::ScriptRun => "script ",
            KindTag::FileAccess => "file ",
            KindTag::ShareAccess => "shared file ",
            _ => "",
        };
        Some(format!("{kind}{}", quoted(name)))
    }
}

/// The image of a process when a record was written that it takes part in.
pub(super) fn image_at_act(state: &HostState, hit: &Hit, id: ProcessId) -> Option<Sym> {
    let is_other = || if hit.target.is_some() { hit.target == Some(id) } else { state.parent(hit.actor) == Some(id) };
    if hit.actor == Some(id) { hit.image } else { hit.other_image.filter(|_| is_other()) }
}

/// `image (pid)` of what is known of a process.
pub(super) fn named(state: &HostState, process: &Process, image: Option<Sym>) -> Option<String> {
    let image = state.text(image).map(|image| lossy(basename(image)).trim_end_matches(" (deleted)").to_string());
    match (image, process.pid) {
        (Some(image), Some(pid)) => Some(format!("{image} ({pid})")),
        (Some(image), None) => Some(image),
        (None, Some(pid)) => Some(format!("process {pid}")),
        (None, None) => None,
    }
}

/// Whether the channel's records of process starts name the parent's image.
const fn names_parents(channel: Channel) -> bool {
    !matches!(channel, Channel::Audit | Channel::Osquery | Channel::OsqueryLinux)
}

pub(super) const fn in_words(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::NamedPipe => "named pipe",
        Mechanism::AnonymousPipe | Mechanism::Pipe => "anonymous pipe",
        Mechanism::UnixPath => "socket",
        Mechanism::UnixAbstract => "abstract socket",
        Mechanism::UnixUnnamed => "unnamed socket",
        Mechanism::Fifo => "FIFO",
        Mechanism::PosixQueue | Mechanism::SysvQueue => "message queue",
        Mechanism::Semaphore => "semaphore",
        Mechanism::SharedMemory => "shared memory",
        Mechanism::MachService => "Mach service",
        Mechanism::XpcService => "XPC service",
        Mechanism::DbusName => "D-Bus name",
    }
}

/// `com.apple.finder core,clon` as words.
fn apple_event(name: &str) -> String {
    let is_code = |word: &str| word.len() == 9 && word.as_bytes()[4] == b',';
    match name.rsplit_once(' ') {
        Some((target, code)) if is_code(code) => format!("Apple Event {code} to {target}"),
        _ if is_code(name) => format!("Apple Event {name}"),
        _ => format!("an Apple Event to {name}"),
    }
}

/// What a task runs: of its definition in XML, the command and its arguments.
fn order_of(detail: &[u8]) -> Vec<u8> {
    let between = |open: &[u8], close: &[u8]| {
        let start = memchr::memmem::find(detail, open)? + open.len();
        let length = memchr::memmem::find(&detail[start..], close)?;
        Some(&detail[start..start + length])
    };
    match between(b"<Command>", b"</Command>") {
        Some(command) => match between(b"<Arguments>", b"</Arguments>") {
            Some(arguments) => without_entities([command, b" ", arguments].concat()),
            None => without_entities(command.to_vec()),
        },
        None => detail.to_vec(),
    }
}

/// The text that XML stands for. Some exporters have resolved its entities already: those have none.
fn without_entities(xml: Vec<u8>) -> Vec<u8> {
    const ENTITIES: [(&str, &str); 5] =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    if !xml.contains(&b'&') {
        return xml;
    }
    ENTITIES.iter().fold(lossy(&xml), |text, (entity, plain)| text.replace(entity, plain)).into_bytes()
}

/// The beginning of a text, on one line.
fn quoted(text: &[u8]) -> String {
    let text = lossy(text);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

pub(super) fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
