//! Rules of the kind that is published for pipes and process starts, written for each peer from one table.
//!
//! A catalog larger than the table repeats it with other literals, which is what a larger catalog looks like to an
//! engine that tests every rule of an event's id.

use std::fmt::Write;

/// How a field is compared.
#[derive(Clone, Copy)]
enum Compare {
    StartsWith,
    EndsWith,
    Contains,
}
use Compare::{Contains, EndsWith, StartsWith};

/// One rule: all conditions hold, and none of the exceptions.
struct Rule {
    event_ids: &'static [u32],
    conditions: &'static [(&'static str, Compare, &'static [&'static str])],
    exceptions: &'static [(&'static str, Compare, &'static [&'static str])],
}

const SHELLS: &[&str] =
    &[r"\cmd.exe", r"\powershell.exe", r"\pwsh.exe", r"\wscript.exe", r"\mshta.exe", r"\rundll32.exe"];
const OFFICE: &[&str] = &[r"\winword.exe", r"\excel.exe", r"\powerpnt.exe", r"\outlook.exe"];

const RULES: [Rule; 10] = [
    Rule {
        event_ids: &[1],
        conditions: &[("ParentImage", EndsWith, OFFICE), ("Image", EndsWith, SHELLS)],
        exceptions: &[],
    },
    Rule {
        event_ids: &[17, 18],
        conditions: &[("PipeName", StartsWith, &[r"\MSSE-", r"\postex_", r"\msagent_", r"\status_", r"\DserNamePipe"])],
        exceptions: &[],
    },
    Rule {
        event_ids: &[17, 18],
        conditions: &[("PipeName", Contains, &["PSEXESVC", "paexec", "remcom", "csexec"])],
        exceptions: &[("Image", StartsWith, &[r"C:\Windows\System32\"])],
    },
    Rule {
        event_ids: &[1],
        conditions: &[("ParentImage", EndsWith, &[r"\mmc.exe"]), ("Image", EndsWith, SHELLS)],
        exceptions: &[],
    },
    Rule {
        event_ids: &[1],
        conditions: &[("CommandLine", Contains, &["DDEAUTO", "ddeexec", "/dde"])],
        exceptions: &[("ParentImage", EndsWith, &[r"\svchost.exe"])],
    },
    Rule {
        event_ids: &[1],
        conditions: &[("ParentImage", EndsWith, &[r"\wmiprvse.exe"]), ("Image", EndsWith, SHELLS)],
        exceptions: &[("CommandLine", Contains, &["ccmexec", "-NonInteractive -File C:\\Program Files"])],
    },
    Rule {
        event_ids: &[1],
        conditions: &[("CommandLine", Contains, &[r"\\.\pipe\", r"\pipe\"]), ("Image", EndsWith, SHELLS)],
        exceptions: &[],
    },
    Rule {
        event_ids: &[1],
        conditions: &[("ParentImage", EndsWith, &[r"\services.exe"]), ("Image", EndsWith, SHELLS)],
        exceptions: &[],
    },
    Rule {
        event_ids: &[10],
        conditions: &[
            ("TargetImage", EndsWith, &[r"\lsass.exe", r"\winlogon.exe"]),
            ("GrantedAccess", Contains, &["0x1410", "0x1fffff", "0x1010"]),
        ],
        exceptions: &[("SourceImage", StartsWith, &[r"C:\Windows\System32\", r"C:\Program Files\"])],
    },
    Rule {
        event_ids: &[17],
        conditions: &[("PipeName", Contains, &["mojo", "LOCAL", "dotnet", "crashpad"])],
        exceptions: &[("Image", StartsWith, &[r"C:\Program Files\", r"C:\Windows\"])],
    },
];

/// The literal of a rule in the given repetition of the table.
fn literal(text: &str, repetition: usize) -> String {
    match (repetition, text.strip_suffix(".exe")) {
        (0, _) => text.to_owned(),
        (n, Some(stem)) => format!("{stem}{n}.exe"),
        (n, None) => format!("{text}{n}"),
    }
}

/// The name of a rule.
fn name(number: usize) -> String {
    format!("r{:02}", number + 1)
}

fn rules(count: usize) -> impl Iterator<Item = (usize, usize, &'static Rule)> {
    (0..count).map(|number| (number, number / RULES.len(), &RULES[number % RULES.len()]))
}

/// The rules in Sigma.
pub(crate) fn sigma(count: usize) -> String {
    let mut out = String::new();
    for (number, repetition, rule) in rules(count) {
        let name = name(number);
        let ids: Vec<String> = rule.event_ids.iter().map(ToString::to_string).collect();
        let ids = ids.join(", ");
        write!(out, "title: {name}\nname: {name}\nlogsource: {{product: windows}}\ndetection:\n").expect("a string");
        for (label, tests) in [("a", rule.conditions), ("f", rule.exceptions)] {
            if tests.is_empty() {
                continue;
            }
            writeln!(out, "  {label}:").expect("a string");
            if label == "a" {
                writeln!(out, "    EventID: [{ids}]").expect("a string");
            }
            for (field, compare, values) in tests {
                let modifier = match compare {
                    StartsWith => "startswith",
                    EndsWith => "endswith",
                    Contains => "contains",
                };
                // A backslash before a wildcard or at the end would be an escape.
                let values = values.iter().map(|v| format!("'{}'", literal(v, repetition).replace('\\', r"\\")));
                writeln!(out, "    {field}|{modifier}: [{}]", values.collect::<Vec<_>>().join(", ")).expect("a string");
            }
        }
        let condition = if rule.exceptions.is_empty() { "a" } else { "a and not f" };
        writeln!(out, "  condition: {condition}\n---").expect("a string");
    }
    out.truncate(out.trim_end().len() - "---".len());
    out
}

/// Two correlations over the rules of the table: a pipe and a sensitive process opened by one process, and a pipe and a
/// service's shell on one computer.
pub(crate) const CORRELATIONS: &str = "
title: pipe, then a sensitive process
correlation:
  type: temporal_ordered
  rules: [r10, r09]
  group-by: [ProcessGuid]
  timespan: 5m
---
title: pipe and a shell of the service manager
correlation:
  type: temporal
  rules: [r10, r08]
  group-by: [Computer]
  timespan: 5m
";

/// The rules for gene.
pub(crate) fn gene(count: usize) -> String {
    let mut out = String::new();
    for (number, repetition, rule) in rules(count) {
        let ids: Vec<String> = rule.event_ids.iter().map(ToString::to_string).collect();
        write!(out, "name: {}\nmatch-on: {{events: {{sysmon: [{}]}}}}\nmatches:\n", name(number), ids.join(", "))
            .expect("a string");
        let mut condition = Vec::new();
        for (is_exception, tests) in [(false, rule.conditions), (true, rule.exceptions)] {
            for (at, (field, compare, values)) in tests.iter().enumerate() {
                let operand = format!("${}{at}", if is_exception { 'f' } else { 'a' });
                let values: Vec<String> = values.iter().map(|v| escape(&literal(v, repetition))).collect();
                let (before, after) = match compare {
                    StartsWith => ("^", ""),
                    EndsWith => ("", "$"),
                    Contains => ("", ""),
                };
                writeln!(out, "  {operand}: .{field} ~= '(?i:{before}({}){after})'", values.join("|"))
                    .expect("a string");
                condition.push(format!("{}{operand}", if is_exception { "not " } else { "" }));
            }
        }
        writeln!(out, "condition: {}\n---", condition.join(" and ")).expect("a string");
    }
    out.truncate(out.trim_end().len() - "---".len());
    out
}

/// A text as a regular expression.
fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if !c.is_alphanumeric() && !c.is_whitespace() {
            out.push('\\');
        }
        out.push(c);
        out
    })
}
