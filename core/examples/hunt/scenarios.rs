//! `--scenarios`: puts every built-in scenario, as raw telemetry, through the rules and the policy of the options.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use ipcsentry::event::Os;
use ipcsentry::scenario::{self, Case, Telemetry, Trial, Verdict};
use ipcsentry::{Catalog, Policy};

use crate::options::Output;
use crate::run::{Run, say};

/// The names of the verdicts, in the order of a cell.
const VERDICTS: [&str; 4] = ["pass", "blind", "suppressed", "failed"];

/// Tries every scenario in every telemetry of its platform and prints the verdicts. Returns the exit status: 1 if one
/// was suppressed or failed.
pub(crate) fn run(run: &mut Run, catalog: &Catalog, policy: &Policy) -> io::Result<u8> {
    let cases: Vec<Case> = Trial::new(catalog, policy).cases().collect();
    if let Some(folder) = &run.options.export {
        cases.iter().try_for_each(|case| export(Path::new(folder), case))?;
    }
    let text = match run.options.output {
        // The options allow no other output.
        Output::Table | Output::Navigator | Output::Other(_) => table(&cases),
        Output::Ndjson => cases.iter().map(|case| format!("{}\n", case.to_json())).collect(),
        Output::Junit => junit(&cases),
    };
    run.out.text(&text)?;
    run.out.flush()?;
    let count = |name: &str| cases.iter().filter(|case| case.verdict.name() == name).count();
    let counts = VERDICTS.map(|name| format!("{} {name}", count(name)));
    say(&format!("{} scenarios in {} renderings: {}", scenario::all().len(), cases.len(), counts.join(", ")));
    Ok(u8::from(count("suppressed") + count("failed") > 0))
}

/// Writes the files of a scenario to `FOLDER/TELEMETRY/SCENARIO.FORMAT`, to be replayed into another system.
fn export(folder: &Path, case: &Case) -> io::Result<()> {
    let Ok(files) = case.scenario.render(case.telemetry) else { return Ok(()) };
    let folder = folder.join(case.telemetry.name());
    fs::create_dir_all(&folder)?;
    for file in &files {
        fs::write(folder.join(format!("{}.{}", case.scenario.id(), file.format.name())), &file.bytes)?;
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
    for name in ["suppressed", "failed"] {
        for case in cases.iter().filter(|case| case.verdict.name() == name) {
            let (verdict, detail) = (case.verdict.name(), case.verdict.detail());
            let _ = writeln!(text, "{verdict} {} in {}: {detail}", case.scenario.id(), case.telemetry.name());
        }
    }
    text
}

fn cell(row: &[&Case], column: Telemetry) -> String {
    let count = |name| row.iter().filter(|case| case.telemetry == column && case.verdict.name() == name).count();
    let [pass, blind, suppressed, failed] = VERDICTS.map(count);
    let mut text = format!("{pass}/{}", pass + suppressed + failed);
    for (count, letter) in [(blind, 'b'), (suppressed, 's'), (failed, 'f')] {
        if count > 0 {
            let _ = write!(text, " {count}{letter}");
        }
    }
    text
}

/// JUnit XML: a test suite a kind of telemetry, a test case a scenario; blind ones are skipped.
fn junit(cases: &[Case]) -> String {
    let mut text =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ipcsentry scenarios\">\n");
    for telemetry in Telemetry::ALL {
        let suite: Vec<&Case> = cases.iter().filter(|case| case.telemetry == *telemetry).collect();
        let count = |name: &str| suite.iter().filter(|case| case.verdict.name() == name).count();
        let (failures, skipped) = (count("suppressed") + count("failed"), count("blind"));
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
