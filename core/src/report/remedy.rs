//! Settings with which hosts would send what behaviors lack, by the coverage of these hosts.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Write as _;

use serde_json::{Value, json};

use super::coverage::{Coverage, MissingKind, Visibility};

/// Settings by platform, kind of event and mechanism; its head explains the columns.
const REMEDIES: &str = include_str!("remedies.tsv");
/// The audit rules of which those needed are printed.
const AUDIT_RULES: &str = include_str!("../../examples/hunt/auditd.rules");

/// What can be done about the behaviors that hosts cannot show in full: a Sysmon configuration, audit rules, audit policy,
/// events of Endpoint Security and other settings, and which lack nothing mends.
///
/// ```
/// use ipcsentry::report::Remedy;
/// use ipcsentry::scenario::Profile;
/// use ipcsentry::{Catalog, Engine, Limits, Policy};
///
/// let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
/// let (_, starts_only) = Profile::builtin().find(|(name, _)| *name == "linux_auditd_execve").expect("it ships");
/// starts_only.send_all(&mut engine);
/// let remedy = Remedy::of(&engine.coverage());
/// assert!(remedy.text().contains("-S mknod"), "FIFOs are recorded when they are made");
/// ```
#[derive(Clone, Debug)]
pub struct Remedy {
    /// Behaviors by the telemetry they lack on some host.
    lacking: BTreeMap<(&'static str, MissingKind), BTreeSet<String>>,
}

impl Remedy {
    /// For these hosts.
    #[must_use]
    pub fn of(hosts: &[Coverage]) -> Self {
        let behaviors = hosts.iter().flat_map(|host| &host.behaviors).filter(|b| b.visibility != "full");
        let lacks = |b: &Visibility| b.missing_kinds.iter().map(|missing| (b.code.clone(), missing.clone())).collect();
        Self::of_lacks(behaviors.flat_map::<Vec<_>, _>(lacks))
    }

    /// For behaviors, each given by its code with telemetry that it lacks.
    #[must_use]
    pub fn of_lacks(lacks: impl IntoIterator<Item = (String, MissingKind)>) -> Self {
        let mut lacking: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for (code, missing) in lacks {
            lacking.entry((platform(&code), missing)).or_default().insert(code);
        }
        Self { lacking }
    }

    /// Whether every behavior of these hosts' platforms can be shown in full.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lacking.is_empty()
    }

    /// What is missing, then a Sysmon configuration, audit rules and commands to be copied.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("REMEDY  telemetry that behaviors lack, and the settings that send it\n");
        for ((platform, missing), codes) in &self.lacking {
            let of = if missing.mechanisms.is_empty() {
                String::new()
            } else {
                format!(" of {}", missing.mechanisms.join(" or "))
            };
            let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
            let _ = writeln!(text, "  {platform:<8} {}{of}: {}", missing.kind, codes.join(" "));
        }
        for (title, lines) in self.fragments() {
            let _ = write!(text, "\n{title}\n");
            lines.iter().for_each(|line| {
                let _ = writeln!(text, "{line}");
            });
        }
        text + "\n"
    }

    /// The same for programs: what is `missing`, and the `settings`, each with a title and its lines.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let missing = self.lacking.iter().map(|((platform, missing), codes)| {
            json!({"platform": platform, "kind": missing.kind, "mechanisms": missing.mechanisms, "behaviors": codes})
        });
        let settings = self.fragments().into_iter().map(|(title, lines)| json!({"title": title, "lines": lines}));
        json!({"missing": missing.collect::<Vec<_>>(), "settings": settings.collect::<Vec<_>>()})
    }

    /// The settings by where they are made, each with a title.
    fn fragments(&self) -> Vec<(&'static str, Vec<String>)> {
        let needed = |channel: &str| -> BTreeSet<&'static str> {
            rows().filter(|row| row.channel == channel && self.lacks(row)).map(|row| row.setting).collect()
        };
        let lines = |settings: BTreeSet<&str>| settings.into_iter().map(String::from).collect::<Vec<_>>();
        let auditpol = needed("auditpol").into_iter();
        let auditpol = auditpol.map(|name| format!("auditpol /set /subcategory:\"{name}\" /success:enable")).collect();
        let all: [(&str, Vec<String>); 7] = [
            ("Sysmon configuration:", sysmon(&needed("sysmon"))),
            ("Windows audit policy:", auditpol),
            ("Windows settings:", lines(needed("windows"))),
            (
                "Linux audit rules (core/examples/hunt/auditd.rules has all, with reasons):",
                audit_rules(&needed("audit")),
            ),
            ("Endpoint Security:", eslogger(&needed("eslogger"))),
            ("macOS settings:", lines(needed("macos"))),
            ("No setting mends:", lines(needed("note"))),
        ];
        all.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
    }

    /// Whether a row serves something that is missing. A row for every mechanism serves those that have no row of their
    /// own.
    fn lacks(&self, row: &Row) -> bool {
        self.lacking.keys().any(|(platform, missing)| {
            let own = |mechanism: &str| {
                rows().any(|other| other.is_for(platform, missing.kind) && other.mechanism == mechanism)
            };
            row.is_for(platform, missing.kind)
                && match row.mechanism {
                    "*" => missing.mechanisms.is_empty() || missing.mechanisms.iter().any(|mechanism| !own(mechanism)),
                    mechanism => missing.mechanisms.contains(&mechanism),
                }
        })
    }
}

/// A row of the table.
struct Row {
    platform: &'static str,
    kind: &'static str,
    mechanism: &'static str,
    channel: &'static str,
    setting: &'static str,
}

impl Row {
    fn is_for(&self, platform: &str, kind: &str) -> bool {
        self.platform == platform && self.kind == kind
    }
}

fn rows() -> impl Iterator<Item = Row> {
    REMEDIES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let [platform, kind, mechanism, channel, setting] = line.split('\t').collect::<Vec<_>>()[..] else {
            return None;
        };
        Some(Row { platform, kind, mechanism, channel, setting })
    })
}

fn platform(code: &str) -> &'static str {
    match code.as_bytes().first() {
        Some(b'W') => "windows",
        Some(b'L') => "linux",
        _ => "macos",
    }
}

/// A configuration with these elements of `EventFiltering`.
fn sysmon(elements: &BTreeSet<&str>) -> Vec<String> {
    if elements.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["<Sysmon schemaversion=\"4.50\">".to_owned(), "  <EventFiltering>".to_owned()];
    lines.extend(elements.iter().map(|element| format!("    {element}")));
    lines.extend(["  </EventFiltering>".to_owned(), "</Sysmon>".to_owned()]);
    lines
}

/// The lines of the documented rules that record one of these system calls, given as lists.
fn audit_rules(lists: &BTreeSet<&str>) -> Vec<String> {
    let calls: BTreeSet<&str> = lists.iter().flat_map(|list| list.split(',')).collect();
    let records = |line: &&str| {
        let logged = line.split(" -S ").skip(1).filter_map(|rest| rest.split(' ').next());
        line.starts_with("-a ") && logged.flat_map(|list| list.split(',')).any(|call| calls.contains(call))
    };
    AUDIT_RULES.lines().filter(records).map(String::from).collect()
}

/// The command that logs these events.
fn eslogger(lists: &BTreeSet<&str>) -> Vec<String> {
    let events: BTreeSet<&str> = lists.iter().flat_map(|list| list.split(',')).collect();
    if events.is_empty() {
        return Vec::new();
    }
    vec![format!("sudo eslogger {}", events.into_iter().collect::<Vec<_>>().join(" "))]
}
