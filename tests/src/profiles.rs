//! What a sensor sends, as a profile file says it, and which alerts are left of the scenarios then.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use ipcsentry::event::{Channel, Event, Kind, KindTag, Mechanism, Os, ProcessRef};
use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Expectation, Scenario};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy};
use serde::Deserialize;

use crate::document;
use crate::recordings::{self, Recording};
use crate::score::{self, Score, Scores};

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

/// The profiles of the document, in its order.
pub const PROFILES: [&str; 12] = [
    "windows_default",
    "windows_security",
    "windows_sysmon_default",
    "windows_sysmon_without_pipes",
    "windows_full",
    "example_windows_feed",
    "linux_auditd_full",
    "linux_auditd_execve",
    "linux_osquery",
    "example_unix_feed",
    "macos_endpoint_security",
    "macos_unified_log",
];

/// What a sensor sends: a file below `core/docs/profiles`.
#[derive(Clone, Debug, Deserialize)]
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
    /// Mechanisms of the endpoints; without it all.
    pub mechanisms: Option<Vec<String>>,
}

impl Profile {
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
            known("channel", std::slice::from_ref(name), &|n| Channel::ALL.iter().any(|c| c.name() == n))?;
        }
        profile.os().map(|_| profile.clone())
    }

    /// Its platform.
    ///
    /// # Errors
    /// When it is none.
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
        if let Some(name) = &self.channel {
            event.source.channel = *Channel::ALL.iter().find(|c| c.name() == name)?;
        }
        Some(event)
    }

    /// The alerts on a scenario as this sensor sends it.
    #[must_use]
    pub fn hunt(&self, scenario: &Scenario) -> Vec<Alert> {
        let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
        for event in scenario.events() {
            if let Some(event) = self.strip(&event) {
                engine.feed(&event);
            }
        }
        recordings::finish(&mut engine)
    }

    /// The engine after a recording as this sensor sends it, and the alerts.
    #[must_use]
    pub fn hunt_recording(&self, recording: &Recording) -> (Engine, Vec<Alert>) {
        let mut engine = recordings::engine(Catalog::builtin(), Policy::default());
        recordings::each_event(recording, |event| {
            if let Some(event) = self.strip(event) {
                engine.feed(&event);
            }
        });
        let alerts = recordings::finish(&mut engine);
        (engine, alerts)
    }

    /// The score on recordings of the profile's platform as this sensor sends them, of all alerts.
    #[must_use]
    pub fn score(&self, recordings: &[Recording]) -> Score {
        let mut scores = Scores::new();
        for recording in recordings.iter().filter(|r| r.platform == self.platform) {
            score::add(&mut scores, recording, &self.hunt_recording(recording).1, Severity::Low);
        }
        scores.remove(&self.platform).unwrap_or_default()
    }
}

/// A profile of the document.
///
/// # Panics
/// When there is none of that name, or it is wrong.
#[must_use]
pub fn load(name: &str) -> Profile {
    let path = format!("core/docs/profiles/{name}.json");
    Profile::read(&document::text(&path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Names of all profile files.
///
/// # Panics
/// When the folder cannot be read.
#[must_use]
pub fn files() -> Vec<String> {
    let folder = fs::read_dir(document::file("core/docs/profiles")).expect("the folder of profiles");
    let names = folder.map(|entry| entry.expect("readable").path());
    let mut names: Vec<String> =
        names.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    names
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

/// What is left of one behavior.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Its scenarios.
    pub scenarios: usize,
    /// Those that raise an alert of it.
    pub found: usize,
    /// Those whose alert names the initiator that the scenario names.
    pub initiator: usize,
    /// The most severe alert.
    pub most: Option<Severity>,
}

/// What a profile leaves of every behavior of its platform, over its scenarios.
///
/// # Panics
/// When the profile has no platform.
#[must_use]
pub fn left(profile: &Profile) -> BTreeMap<String, Left> {
    let os = profile.os().unwrap_or_else(|e| panic!("{e}"));
    let mut table: BTreeMap<String, Left> = BTreeMap::new();
    for scenario in scenario::all().iter().filter(|s| s.os() == os && s.is_positive()) {
        let scenario = scenario.variant(0);
        let alerts = profile.hunt(&scenario);
        let row = table.entry(scenario.behavior().to_owned()).or_default();
        row.scenarios += 1;
        let own = alerts.iter().filter(|a| a.code == scenario.behavior());
        let Some((severity, alert)) = own.map(|a| (severity(a), a)).max_by_key(|(s, _)| *s) else { continue };
        row.found += 1;
        row.initiator += usize::from(names_initiator(&scenario, alert));
        row.most = row.most.max(severity);
    }
    table
}

fn severity(alert: &Alert) -> Option<Severity> {
    Severity::ALL.iter().find(|(name, _)| *name == alert.severity).map(|(_, severity)| *severity)
}

fn names_initiator(scenario: &Scenario, alert: &Alert) -> bool {
    let Expectation::Alert { initiator: due, .. } = scenario.expect() else { return false };
    let image = alert.initiator.process.as_ref().and_then(|p| p.image.as_deref()).unwrap_or_default();
    let name = image.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_remote = alert.initiator.kind == "remote";
    if due == "remote" { is_remote } else { name == due }
}

/// The table of a platform: a row a behavior, a column a profile.
#[must_use]
pub fn table(os: Os) -> String {
    let profiles: Vec<Profile> = PROFILES.iter().map(|n| load(n)).filter(|p| p.os() == Ok(os)).collect();
    let columns: Vec<BTreeMap<String, Left>> = profiles.iter().map(left).collect();
    let mut text = String::from("| behavior |");
    for profile in &profiles {
        let _ = write!(text, " {} |", profile.name);
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(profiles.len()));
    text.push('\n');
    for code in columns.first().into_iter().flat_map(BTreeMap::keys) {
        let _ = write!(text, "| {code} |");
        for column in &columns {
            let cell = column.get(code).copied().unwrap_or_default();
            match cell.most {
                Some(most) => {
                    let _ = write!(text, " {} {}/{} |", most.name(), cell.found, cell.scenarios);
                }
                None => text.push_str(" blind |"),
            }
        }
        text.push('\n');
    }
    text.push_str("| **found** |");
    for column in &columns {
        let sum = |of: fn(&Left) -> usize| column.values().map(of).sum::<usize>();
        let _ = write!(text, " {} of {} |", sum(|l| l.found), sum(|l| l.scenarios));
    }
    text.push_str("\n| **initiator right** |");
    for column in &columns {
        let sum = |of: fn(&Left) -> usize| column.values().map(of).sum::<usize>();
        let _ = write!(text, " {} of {} |", sum(|l| l.initiator), sum(|l| l.found));
    }
    text.push('\n');
    text
}

/// What each profile finds, in recordings and scenarios: a row a profile.
#[must_use]
pub fn recall(recordings: &[Recording]) -> String {
    let mut text = String::from(
        "| sensor | due recordings found | initiator right | false alerts | scenarios found | initiator right |\n|---|---|---|---|---|---|\n",
    );
    for profile in PROFILES.iter().map(|name| load(name)) {
        let score = profile.score(recordings);
        let left = left(&profile);
        let sum = |of: fn(&Left) -> usize| left.values().map(of).sum::<usize>();
        let _ = writeln!(
            text,
            "| {} | {} of {} | {} of {} | {} | {} of {} | {} of {} |",
            profile.name,
            score.found,
            score.due,
            score.initiator,
            score.found,
            score.false_alerts,
            sum(|l| l.found),
            sum(|l| l.scenarios),
            sum(|l| l.initiator),
            sum(|l| l.found),
        );
    }
    text
}
