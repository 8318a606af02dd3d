//! What a sensor sends, as a file says it: what would be seen with it, before anything is collected.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Deserialize;

use crate::event::{Channel, Event, Kind, KindTag, Mechanism, Os, ProcessRef};

/// The profiles that ship with the library, by the names of their files in `core/docs/profiles`.
const BUILTIN: [(&str, &str); 15] = [
    ("windows_default", include_str!("../../docs/profiles/windows_default.json")),
    ("windows_security", include_str!("../../docs/profiles/windows_security.json")),
    ("windows_sysmon_default", include_str!("../../docs/profiles/windows_sysmon_default.json")),
    ("windows_sysmon_without_pipes", include_str!("../../docs/profiles/windows_sysmon_without_pipes.json")),
    ("windows_full", include_str!("../../docs/profiles/windows_full.json")),
    ("example_windows_feed", include_str!("../../docs/profiles/example_windows_feed.json")),
    ("windows_attack_listed", include_str!("../../docs/profiles/windows_attack_listed.json")),
    ("linux_auditd_full", include_str!("../../docs/profiles/linux_auditd_full.json")),
    ("linux_auditd_execve", include_str!("../../docs/profiles/linux_auditd_execve.json")),
    ("linux_osquery", include_str!("../../docs/profiles/linux_osquery.json")),
    ("linux_attack_listed", include_str!("../../docs/profiles/linux_attack_listed.json")),
    ("example_unix_feed", include_str!("../../docs/profiles/example_unix_feed.json")),
    ("macos_endpoint_security", include_str!("../../docs/profiles/macos_endpoint_security.json")),
    ("macos_unified_log", include_str!("../../docs/profiles/macos_unified_log.json")),
    ("macos_attack_listed", include_str!("../../docs/profiles/macos_attack_listed.json")),
];

/// Members of a process that a profile may name.
const MEMBERS: [&str; 16] = [
    "pid",
    "unique_id",
    "start",
    "image",
    "command_line",
    "argument_count",
    "working_folder",
    "user",
    "uid",
    "auid",
    "session",
    "terminal",
    "integrity",
    "signing",
    "signer",
    "original_file_name",
];

/// What a sensor sends; `core/docs/profiles.md` describes the files.
///
/// ```
/// use ipcsentry::scenario::{self, Profile};
/// let (_, profile) = Profile::builtin().find(|(name, _)| *name == "linux_auditd_execve").expect("it ships");
/// let attack = scenario::all().iter().find(|s| s.behavior() == "L05" && s.is_positive()).expect("there is one");
/// let events = attack.events();
/// let sent: Vec<_> = events.iter().filter_map(|event| profile.strip(event)).collect();
/// assert!(!sent.is_empty() && sent.len() < events.len(), "the starts of programs, but no FIFO");
/// ```
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What a table calls it.
    pub name: String,
    /// `windows`, `linux` or `macos`.
    pub platform: String,
    /// What it is, in a sentence.
    pub about: String,
    /// The channel that all its events carry; without it each event keeps its own.
    pub channel: Option<String>,
    /// Kinds of events; `*` is all.
    pub kinds: Vec<String>,
    /// Members of the acting process; without it all.
    pub process: Option<Vec<String>>,
    /// Members of its parent; without it all.
    pub parent: Option<Vec<String>>,
    /// Whether it names who started a process beside the parent that was claimed.
    #[serde(default)]
    pub creator: bool,
    /// Mechanisms of the endpoints; without it all.
    pub mechanisms: Option<Vec<String>>,
}

impl Profile {
    /// The profiles that ship with the library, with the names of their files.
    pub fn builtin() -> impl Iterator<Item = (&'static str, Self)> {
        BUILTIN.iter().filter_map(|(name, text)| Some((*name, Self::read(text).ok()?)))
    }

    /// Reads a profile and refuses names that mean nothing.
    ///
    /// # Errors
    /// What is wrong.
    pub fn read(text: &str) -> Result<Self, String> {
        let profile: Self = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let known = |what: &str, names: &[String], all: &dyn Fn(&str) -> bool| match names.iter().find(|n| !all(n)) {
            Some(name) => Err(format!("{what}: `{name}` is none")),
            None => Ok(()),
        };
        let kind = |n: &str| n == "*" || KindTag::ALL.iter().any(|k| k.name() == n);
        let mechanism = |n: &str| Mechanism::ALL.iter().any(|m| m.name() == n);
        let member = |n: &str| MEMBERS.contains(&n);
        known("kinds", &profile.kinds, &kind)?;
        known("mechanisms", profile.mechanisms.as_deref().unwrap_or_default(), &mechanism)?;
        for (what, members) in [("process", &profile.process), ("parent", &profile.parent)] {
            known(what, members.as_deref().unwrap_or_default(), &member)?;
        }
        if let Some(name) = &profile.channel {
            known("channel", core::slice::from_ref(name), &|n| Channel::ALL.iter().any(|c| c.name() == n))?;
        }
        profile.os().map(|_| profile.clone())
    }

    /// Its platform.
    ///
    /// # Errors
    /// When it is none. A profile that was read has one.
    pub fn os(&self) -> Result<Os, String> {
        match self.platform.as_str() {
            "windows" => Ok(Os::Windows),
            "linux" => Ok(Os::Linux),
            "macos" => Ok(Os::Macos),
            other => Err(format!("platform: `{other}` is none")),
        }
    }

    /// The event as this sensor sends it; `None` when it does not.
    #[must_use]
    pub fn strip<'a>(&self, event: &Event<'a>) -> Option<Event<'a>> {
        let kind = event.kind.tag().name();
        if !self.kinds.iter().any(|k| k == "*" || k == kind) {
            return None;
        }
        if let (Some(allowed), Kind::EndpointCreate(k) | Kind::EndpointConnect(k) | Kind::EndpointRemove(k)) =
            (&self.mechanisms, &event.kind)
            && !allowed.iter().any(|m| m == k.endpoint.mechanism.name())
        {
            return None;
        }
        let mut event = event.clone();
        keep(&mut event.actor, self.process.as_deref());
        keep(&mut event.parent, self.parent.as_deref());
        if let (false, Kind::ProcessStart(start)) = (self.creator, &mut event.kind) {
            start.creator = ProcessRef::default();
        }
        if let Some(name) = &self.channel {
            event.source.channel = *Channel::ALL.iter().find(|c| c.name() == name)?;
        }
        Some(event)
    }
}

/// Leaves out of a process what the sensor does not send.
fn keep(process: &mut ProcessRef<'_>, members: Option<&[String]>) {
    let Some(members) = members else { return };
    let has = |name: &str| members.iter().any(|m| m == name);
    let all = *process;
    *process = ProcessRef::default();
    macro_rules! keep {
        ($($member:ident),*) => {
            $(if has(stringify!($member)) { process.$member = all.$member; })*
        };
    }
    keep!(pid, unique_id, start, image, command_line, argument_count, working_folder, user, uid, auid, session);
    keep!(terminal, integrity, signing, signer, original_file_name);
}
