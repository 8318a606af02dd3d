//! Puts scenarios, as raw telemetry, through rules and a policy: what passes, for what a sensor is blind, what an entry of
//! the policy hides, what fails.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::{Expectation, Rendered, Scenario, Telemetry, all};
use crate::engine::{Engine, StreamOptions};
use crate::limits::Limits;
use crate::policy::Policy;
use crate::report::Alert;
use crate::rules::{Catalog, Severity};

/// Lists of a policy whose entries are tried one by one.
const LISTS: [&str; 4] = ["elements", "suppressions", "disabled", "sources"];
/// Members of a policy that are tried as a whole.
const MEMBERS: [&str; 2] = ["min_confidence", "min_severity"];
/// Members of a policy that say something of each of some behaviors.
const BY_BEHAVIOR: [&str; 2] = ["severities", "min_confidences"];
/// The files of a scenario are read one after the other: all their events are put in order.
pub(super) const ANY_LATENESS: i64 = i64::MAX / 4;

/// Tests of Atomic Red Team with their behaviors; its head names the columns.
const ATOMICS: &str = include_str!("atomics.tsv");

/// What became of a scenario in one kind of telemetry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The attack raised its alert, or the benign variant raised nothing of medium severity or more.
    Pass,
    /// This telemetry does not record what the behavior needs; the text says what is missing.
    Blind(String),
    /// The rules find it, but the policy hides it; the text names the entry.
    Suppressed(String),
    /// The attack raised no such alert, or the benign variant raised one; the text says what was seen.
    Failed(String),
}

impl Verdict {
    /// `pass`, `blind`, `suppressed` or `failed`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Blind(_) => "blind",
            Self::Suppressed(_) => "suppressed",
            Self::Failed(_) => "failed",
        }
    }

    /// Its text; empty for a pass.
    #[must_use]
    pub fn detail(&self) -> &str {
        match self {
            Self::Pass => "",
            Self::Blind(text) | Self::Suppressed(text) | Self::Failed(text) => text,
        }
    }
}

/// The result of one scenario in one kind of telemetry.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Case {
    /// The scenario.
    pub scenario: &'static Scenario,
    /// The telemetry that it was rendered as.
    pub telemetry: Telemetry,
    /// What became of it.
    pub verdict: Verdict,
}

impl Case {
    /// An object with `behavior`, `scenario`, `attack`, `telemetry`, `atomics`, `verdict` and `detail`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "behavior": self.scenario.behavior(),
            "scenario": self.scenario.id(),
            "attack": self.scenario.is_positive(),
            "telemetry": self.telemetry.name(),
            "atomics": self.scenario.atomics().collect::<Vec<_>>(),
            "verdict": self.verdict.name(),
            "detail": self.verdict.detail(),
        })
    }
}

/// Rules and a policy that scenarios are put through.
///
/// ```
/// use ipcsentry::scenario::{self, Telemetry, Trial, Verdict};
/// use ipcsentry::{Catalog, Policy};
///
/// let catalog = Catalog::builtin();
/// let policy = Policy::for_catalog(br#"{"disabled": ["L02"]}"#, &catalog)?;
/// let attack = scenario::all().iter().find(|s| s.behavior() == "L02" && s.is_positive()).expect("there is one");
/// let verdict = Trial::new(&catalog, &policy).verdict(attack, Telemetry::Auditd);
/// assert!(matches!(verdict, Verdict::Suppressed(entry) if entry.starts_with("disabled[0]")));
/// # Ok::<(), ipcsentry::policy::PolicyError>(())
/// ```
#[derive(Debug)]
pub struct Trial<'a> {
    catalog: &'a Catalog,
    policy: &'a Policy,
    /// Whether the policy differs from the default one.
    own: bool,
}

impl<'a> Trial<'a> {
    /// With these.
    #[must_use]
    pub fn new(catalog: &'a Catalog, policy: &'a Policy) -> Self {
        Self { catalog, policy, own: *policy != Policy::default() }
    }

    /// Every scenario in every telemetry of its platform. All of them take seconds.
    pub fn cases(&self) -> impl Iterator<Item = Case> + '_ {
        let telemetry = |scenario: &Scenario| {
            let os = scenario.os();
            Telemetry::ALL.iter().copied().filter(move |telemetry| telemetry.os() == os)
        };
        all().iter().flat_map(move |scenario| {
            telemetry(scenario).map(move |telemetry| Case {
                scenario,
                telemetry,
                verdict: self.verdict(scenario, telemetry),
            })
        })
    }

    /// Puts one scenario through.
    #[must_use]
    pub fn verdict(&self, scenario: &Scenario, telemetry: Telemetry) -> Verdict {
        let files = match scenario.render(telemetry) {
            Ok(files) => files,
            Err(why) => return Verdict::Blind(format!("not recorded: {why}")),
        };
        let Err(seen) = scenario.is_met_by(&self.alerts(scenario, &files, self.policy.clone())) else {
            return Verdict::Pass;
        };
        if !scenario.is_positive() {
            return Verdict::Failed(seen);
        }
        if let Expectation::Alert { codes, .. } = scenario.expect()
            && !self.catalog.rules().iter().any(|rule| codes.contains(&rule.code))
        {
            return Verdict::Blind(format!("the rules have no {}", codes.join(" or ")));
        }
        let finds = |policy: Policy| scenario.is_met_by(&self.alerts(scenario, &files, policy)).is_ok();
        if self.own && finds(Policy::default()) {
            return Verdict::Suppressed(self.hiding_entry(finds));
        }
        if telemetry.reports_processes_fully() {
            Verdict::Failed(seen)
        } else {
            Verdict::Blind("the records lack facts about processes that the behavior needs".to_owned())
        }
    }

    /// The entry of the policy without which the scenario is found.
    fn hiding_entry(&self, finds: impl Fn(Policy) -> bool) -> String {
        let whole = self.policy.to_json();
        let found_without = |remove: &dyn Fn(&mut Value)| {
            let mut rest = whole.clone();
            remove(&mut rest);
            Policy::for_catalog(rest.to_string().as_bytes(), self.catalog).is_ok_and(&finds)
        };
        for list in LISTS {
            let count = whole[list].as_array().map_or(0, Vec::len);
            let found = (0..count).find(|&place| {
                found_without(&|rest| {
                    rest[list].as_array_mut().map(|entries| entries.remove(place));
                })
            });
            if let Some(place) = found {
                return format!("{list}[{place}]: {}", whole[list][place]);
            }
        }
        for member in BY_BEHAVIOR {
            let without = |name: &&String| {
                found_without(&|rest| {
                    rest[member].as_object_mut().map(|all| all.remove(*name));
                })
            };
            if let Some(name) = whole[member].as_object().and_then(|all| all.keys().find(without)) {
                return format!("{member}.{name}: {}", whole[member][name]);
            }
        }
        let without_member = |member: &&&str| {
            found_without(&|rest| {
                rest.as_object_mut().map(|all| all.remove(**member));
            })
        };
        match MEMBERS.iter().find(without_member) {
            Some(member) => format!("{member}: {}", whole[*member]),
            None => "several entries together".to_owned(),
        }
    }

    fn alerts(&self, scenario: &Scenario, files: &[Rendered], policy: Policy) -> Vec<Alert> {
        let mut limits = Limits::default();
        limits.lateness = ANY_LATENESS;
        let mut engine = Engine::new(self.catalog.clone(), policy, limits);
        for file in files {
            let mut options = StreamOptions::new(file.format);
            options.host = scenario.host().into();
            let stream = engine.open_stream(options);
            engine.feed_bytes(stream, &file.bytes);
            engine.close_stream(stream);
        }
        engine.flush();
        let mut last = BTreeMap::new();
        while let Some(alert) = engine.poll_alert() {
            last.insert(alert.id.clone(), alert);
        }
        last.into_values().collect()
    }
}

impl Scenario {
    /// GUIDs of the Atomic Red Team tests that are instances of an attack's behavior.
    pub fn atomics(&self) -> impl Iterator<Item = &'static str> + '_ {
        let rows = ATOMICS.lines().filter(|line| !line.starts_with('#'));
        rows.filter_map(|row| {
            let mut cells = row.split('\t');
            let (guid, behavior) = (cells.next()?, cells.nth(1)?);
            (self.is_positive() && behavior == self.behavior()).then_some(guid)
        })
    }

    /// Whether these alerts are what the scenario should lead to, through whatever pipeline it came: one of the codes, at
    /// least as severe as due, naming who began it; of a benign variant, none of medium severity or more.
    ///
    /// # Errors
    /// What was expected and what was seen, in one line.
    pub fn is_met_by(&self, alerts: &[Alert]) -> Result<(), String> {
        let one = |alert: &Alert| format!("{} {} by {}", alert.code, alert.severity, initiator(alert));
        let seen = || {
            if alerts.is_empty() { "nothing".to_owned() } else { alerts.iter().map(one).collect::<Vec<_>>().join(", ") }
        };
        match self.expect() {
            Expectation::Alert { codes, initiator: due, severity } => {
                let fits = |alert: &Alert| {
                    codes.contains(&alert.code)
                        && alert.level >= *severity
                        && (alert.initiator.kind == due || initiator(alert) == due)
                };
                let due = || format!("{} {} by {due}", codes.join(" or "), severity.name());
                if alerts.iter().any(fits) {
                    Ok(())
                } else {
                    Err(format!("{} is expected, {} was seen", due(), seen()))
                }
            }
            _ if alerts.iter().any(|alert| alert.level >= Severity::Medium) => {
                Err(format!("silence is expected, {} was seen", seen()))
            }
            _ => Ok(()),
        }
    }
}

/// The file name of the initiator's image, or the whole path of an image that runs from memory.
fn initiator(alert: &Alert) -> &str {
    let image = alert.initiator.process.as_ref().and_then(|process| process.image.as_deref());
    match image {
        Some(memory) if memory.starts_with("/memfd:") => memory,
        Some(path) => path.rsplit(['/', '\\']).next().unwrap_or_default(),
        None => alert.initiator.kind,
    }
}
