//! What a sensor sends, as a profile file says it, and which alerts are left of the scenarios then.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use ipcsentry::event::Os;
use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Expectation, Profile, Scenario};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy};

use crate::document;
use crate::recordings::{self, Recording};
use crate::score::{self, Score, Scores};

/// The profiles of the document, in its order.
pub const PROFILES: [&str; 15] = [
    "windows_default",
    "windows_security",
    "windows_sysmon_default",
    "windows_sysmon_without_pipes",
    "windows_full",
    "example_windows_feed",
    "windows_attack_listed",
    "linux_auditd_full",
    "linux_auditd_execve",
    "linux_osquery",
    "linux_attack_listed",
    "example_unix_feed",
    "macos_endpoint_security",
    "macos_unified_log",
    "macos_attack_listed",
];

/// The alerts on a scenario as a sensor sends it.
#[must_use]
pub fn hunt(profile: &Profile, scenario: &Scenario) -> Vec<Alert> {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    for event in scenario.events() {
        if let Some(event) = profile.strip(&event) {
            engine.feed(&event);
        }
    }
    recordings::finish(&mut engine)
}

/// The engine after a recording as a sensor sends it, and the alerts.
#[must_use]
pub fn hunt_recording(profile: &Profile, recording: &Recording) -> (Engine, Vec<Alert>) {
    let mut engine = recordings::engine(Catalog::builtin(), Policy::default());
    recordings::each_event(recording, |event| {
        if let Some(event) = profile.strip(event) {
            engine.feed(&event);
        }
    });
    let alerts = recordings::finish(&mut engine);
    (engine, alerts)
}

/// The score on recordings of the profile's platform as its sensor sends them, of all alerts.
#[must_use]
pub fn score(profile: &Profile, recordings: &[Recording]) -> Score {
    let mut scores = Scores::new();
    for recording in recordings.iter().filter(|r| r.platform == profile.platform) {
        score::add(&mut scores, recording, &hunt_recording(profile, recording).1, Severity::Low);
    }
    scores.remove(&profile.platform).unwrap_or_default()
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
        let alerts = hunt(profile, &scenario);
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
    match due.as_str() {
        kind @ ("remote" | "unknown") => alert.initiator.kind == kind,
        image => name == image,
    }
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
        let score = score(&profile, recordings);
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
