//! `hunt` without a file: hunts through the built-in scenarios and prints the result as one page.

use std::collections::BTreeMap;
use std::io;

use ipcsentry::Alert;
use ipcsentry::event::Os;
use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Expectation, Scenario};

use crate::run::{Run, say};

const PLATFORMS: [(Os, &str); 3] = [(Os::Windows, "Windows"), (Os::Linux, "Linux"), (Os::Macos, "macOS")];

/// Hunts through every scenario, attacks and benign variants, each on a host of its own, and prints the page; with
/// `--output ndjson`, every alert.
pub(crate) fn hunt(run: &mut Run) -> io::Result<()> {
    for (index, scenario) in (0..).zip(scenario::all()) {
        for (number, mut event) in (0..).zip(scenario.events()) {
            event.host = scenario.id().as_bytes();
            (event.file, event.record) = (index, number);
            run.engine.feed(&event);
        }
    }
    run.engine.flush();
    let alerts = run.final_alerts();
    if !run.options.is_table() || run.options.all {
        for alert in &alerts {
            run.print(alert)?;
        }
    } else {
        for (_, example) in PLATFORMS.iter().filter_map(|(os, _)| Some((os, example(*os, &alerts)?))) {
            run.print(example)?;
        }
        for alert in &alerts {
            run.count(alert);
        }
    }
    if run.options.is_table() {
        run.out.text(&page(&alerts))?;
    }
    run.out.flush()
}

/// The alert that the page shows for a platform: a severe one with a short explanation.
fn example(os: Os, alerts: &[Alert]) -> Option<&Alert> {
    let of_attack = |alert: &&Alert| scenario_of(alert).is_some_and(|s| s.os() == os && s.is_positive());
    let of_platform = alerts.iter().filter(of_attack);
    of_platform.min_by_key(|a| (core::cmp::Reverse(a.level), a.missing.len(), a.evidence.len(), &a.code, &a.id))
}

fn scenario_of(alert: &Alert) -> Option<&'static Scenario> {
    scenario::all().iter().find(|scenario| scenario.id() == alert.host)
}

/// The result of one behavior's scenarios.
#[derive(Default)]
struct Tally {
    id: String,
    attacks: usize,
    found: usize,
    due: Option<Severity>,
    seen: Option<Severity>,
    variants: usize,
    silent: usize,
}

fn page(alerts: &[Alert]) -> String {
    let mut by_host: BTreeMap<&str, Vec<&Alert>> = BTreeMap::new();
    for alert in alerts {
        by_host.entry(&alert.host).or_default().push(alert);
    }
    let mut text = String::new();
    let mut deviations = Vec::new();
    for (os, platform) in PLATFORMS {
        let mut rows: BTreeMap<&str, Tally> = BTreeMap::new();
        for scenario in scenario::all().iter().filter(|scenario| scenario.os() == os) {
            let own = by_host.get(scenario.id()).map_or(&[][..], Vec::as_slice);
            let row = rows.entry(scenario.behavior()).or_default();
            note(row, scenario, own, &mut deviations);
        }
        text += &format!("{platform:<41} {:<9} {:<8} {:<8} silent\n", "attacks", "expected", "seen");
        for (code, row) in &rows {
            let word = |severity: Option<Severity>| severity.map_or("–", Severity::name);
            let attacks = format!("{}/{}", row.found, row.attacks);
            let (due, seen) = (word(row.due), word(row.seen));
            text +=
                &format!("{code:<4} {:<36} {attacks:<9} {due:<8} {seen:<8} {}/{}\n", row.id, row.silent, row.variants);
        }
        text.push('\n');
    }
    text += "attacks   attack scenarios that raised what is expected of them\n";
    text += "expected  the severity that their loudest must reach; seen: what it reached\n";
    text += "silent    benign variants that raised nothing of medium severity or more\n\n";
    text += &match deviations.len() {
        0 => "no deviations: every scenario came to what is expected of it\n".to_owned(),
        n => format!("{n} deviations:\n{}", deviations.concat()),
    };
    text
}

fn note(row: &mut Tally, scenario: &Scenario, alerts: &[&Alert], deviations: &mut Vec<String>) {
    let catalog = ipcsentry::Catalog::builtin();
    let behavior = catalog.rules().iter().find(|b| b.code == scenario.behavior());
    row.id = behavior.map_or_else(String::new, |b| b.id.clone());
    let loudest = alerts.iter().map(|alert| alert.level).max();
    let raised = || match alerts {
        [] => "nothing".to_owned(),
        some => some.iter().map(|a| format!("{} {}", a.code, a.severity)).collect::<Vec<_>>().join(", "),
    };
    match scenario.expect() {
        Expectation::Alert { codes, severity, .. } => {
            let own = alerts.iter().filter(|alert| codes.contains(&alert.code)).map(|alert| alert.level).max();
            row.attacks += 1;
            row.due = row.due.max(Some(*severity));
            row.seen = row.seen.max(own);
            if own.is_some_and(|seen| seen >= *severity) {
                row.found += 1;
            } else {
                let due = format!("{} {} or more", codes.join(" or "), severity.name());
                deviations.push(format!("  {}: {due} is expected, {} was seen\n", scenario.id(), raised()));
            }
        }
        _ => {
            row.variants += 1;
            if loudest.is_none_or(|seen| seen < Severity::Medium) {
                row.silent += 1;
            } else {
                deviations.push(format!("  {}: silence is expected, {} was seen\n", scenario.id(), raised()));
            }
        }
    }
}

/// Says that the built-in scenarios are hunted, and how to hunt through files instead.
pub(crate) fn announce() {
    say("no FILE: hunting the built-in scenarios (--all prints every alert, --help explains the options)");
}
