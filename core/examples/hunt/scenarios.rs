//! `--scenarios`: puts every built-in scenario, as raw telemetry, through the rules and the policy of the options.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use ipcsentry::event::Os;
use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Expectation, Rendered, Scenario, Telemetry};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy, StreamOptions};
use serde_json::{Value, json};

use crate::ANY_LATENESS;
use crate::options::Output;
use crate::run::{Run, say};

/// Lists of a policy whose entries are tried one by one.
const LISTS: [&str; 4] = ["elements", "suppressions", "disabled", "sources"];
/// Members of a policy that are tried as a whole.
const MEMBERS: [&str; 2] = ["min_confidence", "min_severity"];
/// Members of a policy that say something of each of some behaviors.
const BY_BEHAVIOR: [&str; 2] = ["severities", "min_confidences"];

/// Tests of Atomic Red Team with their behaviors; its head names the columns.
const ATOMICS: &str = include_str!("atomics.tsv");

/// The result of one scenario in one kind of telemetry.
struct Case {
    scenario: &'static Scenario,
    telemetry: Telemetry,
    verdict: Verdict,
}

/// What became of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
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
    const NAMES: [&'static str; 4] = ["pass", "blind", "suppressed", "failed"];

    const fn number(&self) -> usize {
        match self {
            Self::Pass => 0,
            Self::Blind(_) => 1,
            Self::Suppressed(_) => 2,
            Self::Failed(_) => 3,
        }
    }

    const fn name(&self) -> &'static str {
        Self::NAMES[self.number()]
    }

    fn detail(&self) -> &str {
        match self {
            Self::Pass => "",
            Self::Blind(text) | Self::Suppressed(text) | Self::Failed(text) => text,
        }
    }
}

/// Tries every scenario in every telemetry of its platform and prints the verdicts. Returns the exit status: 1 if one
/// was suppressed or failed.
pub(crate) fn run(run: &mut Run, catalog: &Catalog, policy: &Policy) -> io::Result<u8> {
    let trial = Trial { catalog, policy, own: *policy != Policy::default() };
    let mut cases = Vec::new();
    for scenario in scenario::all() {
        for telemetry in Telemetry::ALL.iter().copied().filter(|telemetry| telemetry.os() == scenario.os()) {
            let rendered = scenario.render(telemetry);
            if let (Some(folder), Ok(files)) = (&run.options.export, &rendered) {
                export(Path::new(folder), scenario, telemetry, files)?;
            }
            let verdict = match rendered {
                Ok(files) => trial.verdict(scenario, telemetry, &files),
                Err(why) => Verdict::Blind(format!("not recorded: {why}")),
            };
            cases.push(Case { scenario, telemetry, verdict });
        }
    }
    let text = match run.options.output {
        // The options allow no other output.
        Output::Table | Output::Other(_) => table(&cases),
        Output::Ndjson => cases.iter().map(|case| format!("{}\n", case_json(case))).collect(),
        Output::Junit => junit(&cases),
    };
    run.out.text(&text)?;
    run.out.flush()?;
    let count = |number: usize| cases.iter().filter(|case| case.verdict.number() == number).count();
    let counts: Vec<String> = (0..4).map(|number| format!("{} {}", count(number), Verdict::NAMES[number])).collect();
    say(&format!("{} scenarios in {} renderings: {}", scenario::all().len(), cases.len(), counts.join(", ")));
    Ok(u8::from(count(2) + count(3) > 0))
}

struct Trial<'a> {
    catalog: &'a Catalog,
    policy: &'a Policy,
    /// Whether the policy differs from the default one.
    own: bool,
}

impl Trial<'_> {
    fn verdict(&self, scenario: &Scenario, telemetry: Telemetry, files: &[Rendered]) -> Verdict {
        let alerts = self.alerts(scenario, files, self.policy.clone());
        let Err(seen) = expected(scenario, &alerts) else { return Verdict::Pass };
        if !scenario.is_positive() {
            return Verdict::Failed(seen);
        }
        if let Expectation::Alert { codes, .. } = scenario.expect()
            && !self.catalog.rules().iter().any(|rule| codes.contains(&rule.code))
        {
            return Verdict::Blind(format!("the rules have no {}", codes.join(" or ")));
        }
        let finds = |policy: Policy| expected(scenario, &self.alerts(scenario, files, policy)).is_ok();
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

/// Whether the alerts are what the scenario should lead to; else what they are.
fn expected(scenario: &Scenario, alerts: &[Alert]) -> Result<(), String> {
    let one = |alert: &Alert| format!("{} {} by {}", alert.code, alert.severity, initiator(alert));
    let seen =
        || if alerts.is_empty() { "nothing".to_owned() } else { alerts.iter().map(one).collect::<Vec<_>>().join(", ") };
    match scenario.expect() {
        Expectation::Alert { codes, initiator: due, severity } => {
            let fits = |alert: &Alert| {
                codes.contains(&alert.code)
                    && alert.level >= *severity
                    && (alert.initiator.kind == due || initiator(alert) == due)
            };
            let due = || format!("{} {} by {due}", codes.join(" or "), severity.name());
            if alerts.iter().any(fits) { Ok(()) } else { Err(format!("{} is expected, {} was seen", due(), seen())) }
        }
        _ if alerts.iter().any(|alert| alert.level >= Severity::Medium) => {
            Err(format!("silence is expected, {} was seen", seen()))
        }
        _ => Ok(()),
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

/// Writes the files of a scenario to `FOLDER/TELEMETRY/SCENARIO.FORMAT`, to be replayed into another system.
fn export(folder: &Path, scenario: &Scenario, telemetry: Telemetry, files: &[Rendered]) -> io::Result<()> {
    let folder = folder.join(telemetry.name());
    fs::create_dir_all(&folder)?;
    for file in files {
        fs::write(folder.join(format!("{}.{}", scenario.id(), file.format.name())), &file.bytes)?;
    }
    Ok(())
}

/// A row a behavior, a column a verdict, then every case that was suppressed or failed, and what is blind.
fn table(cases: &[Case]) -> String {
    let mut text = String::new();
    for (os, platform) in [(Os::Windows, "Windows"), (Os::Linux, "Linux"), (Os::Macos, "macOS")] {
        let of_platform: Vec<&Case> = cases.iter().filter(|case| case.scenario.os() == os).collect();
        let columns: Vec<Telemetry> = Telemetry::ALL.iter().copied().filter(|telemetry| telemetry.os() == os).collect();
        let heading: String = columns.iter().map(|telemetry| format!(" {:<21}", telemetry.name())).collect();
        let _ = writeln!(text, "{}", format!("{platform:<8}{heading}").trim_end());
        let mut rows: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
        for case in of_platform {
            rows.entry(case.scenario.behavior()).or_default().push(case);
        }
        for (code, row) in rows {
            let cells: String = columns.iter().map(|column| format!(" {:<21}", cell(&row, *column))).collect();
            let _ = writeln!(text, "{}", format!("{code:<8}{cells}").trim_end());
        }
        text.push('\n');
    }
    text += "a cell: scenarios passed, of those that this telemetry records; then how many it is blind for (b), the policy\n";
    text += "suppresses (s), or failed (f)\n";
    for number in [2, 3] {
        for case in cases.iter().filter(|case| case.verdict.number() == number) {
            let (verdict, detail) = (case.verdict.name(), case.verdict.detail());
            let _ = writeln!(text, "{verdict} {} in {}: {detail}", case.scenario.id(), case.telemetry.name());
        }
    }
    text
}

fn cell(row: &[&Case], column: Telemetry) -> String {
    let count =
        |number: usize| row.iter().filter(|case| case.telemetry == column && case.verdict.number() == number).count();
    let [pass, blind, suppressed, failed] = [0, 1, 2, 3].map(count);
    let mut text = format!("{pass}/{}", pass + suppressed + failed);
    for (count, letter) in [(blind, 'b'), (suppressed, 's'), (failed, 'f')] {
        if count > 0 {
            let _ = write!(text, " {count}{letter}");
        }
    }
    text
}

fn case_json(case: &Case) -> Value {
    json!({
        "behavior": case.scenario.behavior(),
        "scenario": case.scenario.id(),
        "attack": case.scenario.is_positive(),
        "telemetry": case.telemetry.name(),
        "atomics": atomics(case.scenario),
        "verdict": case.verdict.name(),
        "detail": case.verdict.detail(),
    })
}

/// GUIDs of the Atomic Red Team tests that are instances of an attack's behavior.
fn atomics(scenario: &Scenario) -> Vec<&'static str> {
    let rows = ATOMICS.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect::<Vec<_>>());
    let own = rows.filter(|row| scenario.is_positive() && row.get(2) == Some(&scenario.behavior()));
    own.filter_map(|row| row.first().copied()).collect()
}

/// JUnit XML: a test suite a kind of telemetry, a test case a scenario; blind ones are skipped.
fn junit(cases: &[Case]) -> String {
    let mut text =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ipcsentry scenarios\">\n");
    for telemetry in Telemetry::ALL {
        let suite: Vec<&Case> = cases.iter().filter(|case| case.telemetry == *telemetry).collect();
        let count = |numbers: &[usize]| suite.iter().filter(|case| numbers.contains(&case.verdict.number())).count();
        let (failures, skipped) = (count(&[2, 3]), count(&[1]));
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\">",
            telemetry.name(),
            suite.len()
        );
        for case in suite {
            let (class, name) = (case.scenario.behavior(), case.scenario.id());
            let _ = write!(text, "    <testcase classname=\"{class}\" name=\"{name}\"");
            let detail = escaped(case.verdict.detail());
            let _ = match &case.verdict {
                Verdict::Pass => writeln!(text, "/>"),
                Verdict::Blind(_) => writeln!(text, "><skipped message=\"{detail}\"/></testcase>"),
                Verdict::Suppressed(_) | Verdict::Failed(_) => {
                    writeln!(text, "><failure type=\"{}\" message=\"{detail}\"/></testcase>", case.verdict.name())
                }
            };
        }
        text += "  </testsuite>\n";
    }
    text + "</testsuites>\n"
}

/// A text as the value of an attribute of XML.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            // XML has no way to write other control characters.
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
