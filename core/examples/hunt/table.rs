//! Alerts for people.

use std::fmt::{self, Display, Write};

use ipcsentry::report::ProcessInfo;
use ipcsentry::{Alert, Coverage};

/// Columns before a value.
const INDENT: usize = 12;
/// Characters of a command line worth reading at a glance.
const GLANCE: usize = 160;

/// One alert as a block of text that ends in a blank line.
pub(crate) fn block(alert: &Alert, colors: bool) -> String {
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _ = write_block(&mut text, alert, colors);
    text
}

fn write_block(out: &mut String, alert: &Alert, colors: bool) -> fmt::Result {
    let paint = |code: &'static str| Paint { code, colors };
    let color = match alert.severity {
        "critical" => "1;97;41",
        "high" => "1;31",
        "medium" => "1;33",
        _ => "1;36",
    };
    let severity = alert.severity.to_uppercase();
    writeln!(
        out,
        "{} {} {}",
        paint(color).on(&format!("{severity:<8}")),
        paint("1").on(&format!("{:<4}", alert.code)),
        paint("1").on(&alert.title)
    )?;
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "  {} {value}", paint("2").on(&format!("{name:<width$}", width = INDENT - 3)));
        }
    };
    let host = if alert.host.is_empty() { "(host not named)" } else { &alert.host };
    row("when", &format!("{}  on {}", alert.time, clean(host)));
    row("analytic", &format!("{}  {}  {}", alert.analytic, alert.behavior, alert.techniques.join(" ")));
    let revision = if alert.revision > 1 { format!("  revision {}", alert.revision) } else { String::new() };
    row("confidence", &format!("{:.2}  id {}{revision}", alert.confidence, alert.id));
    row("what", &clean(&alert.explanation));
    row("initiator", &initiator(alert));
    if let Some(actor) = &alert.actor {
        row("actor", &process(actor));
    }
    if let Some(ipc) = &alert.ipc {
        row("ipc", &clean(&format!("{} {}", ipc.mechanism, ipc.name.as_deref().unwrap_or_default())));
    }
    if let Some(target) = &alert.target {
        row("target", &process(target));
    }
    row("lineage", &lineage(alert));
    for (i, evidence) in alert.evidence.iter().enumerate() {
        let place = evidence.source_id.as_ref().map_or_else(
            || format!("{}:{}", evidence.file, evidence.record),
            |id| format!("{}:{} id {id}", evidence.file, evidence.record),
        );
        let name = if i == 0 { "evidence" } else { "" };
        row(name, &clean(&format!("{} {:<9} [{place}] {}", evidence.time, evidence.class, evidence.summary)));
    }
    for (i, missing) in alert.missing.iter().enumerate() {
        row(if i == 0 { "missing" } else { "" }, missing);
    }
    if alert.truncated {
        row("truncated", "details of it were lost to the memory limit");
    }
    row("suppress with", &alert.suppress.to_string());
    writeln!(out)
}

/// What one host's telemetry lets be seen, as a block of text that ends in a blank line.
pub(crate) fn coverage(host: &Coverage, colors: bool) -> String {
    let paint = |code: &'static str| Paint { code, colors };
    let mut text = String::new();
    let name = if host.host.is_empty() { "(host not named)" } else { &host.host };
    let span = format!("{} to {}", host.first, host.last);
    let _ = writeln!(text, "{} {} {span}", paint("1;36").on("COVERAGE"), paint("1").on(&clean(name)));
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "  {} {value}", paint("2").on(&format!("{name:<width$}", width = INDENT - 3)));
    };
    row("sends", &host.kinds.iter().map(|k| k.kind).collect::<Vec<_>>().join(" "));
    let seen: Vec<&str> = host.behaviors.iter().filter(|b| b.visibility == "full").map(|b| &*b.code).collect();
    row("full", &seen.join(" "));
    for visibility in ["degraded", "blind"] {
        for (i, behavior) in host.behaviors.iter().filter(|b| b.visibility == visibility).enumerate() {
            let most = behavior.severity.map_or_else(String::new, |s| format!("{s} at most; "));
            let line = format!("{:<4} {most}{}", behavior.code, behavior.missing.join("; "));
            row(if i == 0 { visibility } else { "" }, &line);
        }
    }
    text.push('\n');
    text
}

fn initiator(alert: &Alert) -> String {
    let who = &alert.initiator;
    let mut text = match (&who.process, &who.address) {
        (Some(p), _) => process(p),
        (None, Some(address)) => format!("a client at {}", clean(address)),
        (None, None) => format!("{} client", who.kind),
    };
    if let (None, Some(user)) = (&who.process, &who.user) {
        let _ = write!(text, " as {}", clean(user));
    }
    let _ = write!(text, "  ({:.2})", who.confidence);
    text
}

fn process(process: &ProcessInfo) -> String {
    let mut text = clean(process.image.as_deref().unwrap_or("an unnamed process"));
    if let Some(pid) = process.pid {
        let _ = write!(text, " [{pid}]");
    }
    if let Some(user) = &process.user {
        let _ = write!(text, " {}", clean(user));
    }
    if let Some(line) = &process.command_line {
        let mut line = clean(line);
        if let Some((end, _)) = line.char_indices().nth(GLANCE) {
            line.truncate(end);
            line.push('…');
        }
        let _ = write!(text, "  {line}");
    }
    text
}

/// From the eldest known ancestor to the process itself.
fn lineage(alert: &Alert) -> String {
    let own = alert.target.as_ref().or(alert.actor.as_ref());
    let mut text = String::new();
    for step in alert.lineage.iter().rev() {
        let _ = write!(text, "{} -{}-> ", name(&step.process), step.edge);
    }
    match own {
        Some(own) if !text.is_empty() => text + &name(own),
        _ => String::new(),
    }
}

fn name(process: &ProcessInfo) -> String {
    let image = process.image.as_deref().unwrap_or("?");
    let file = image.rsplit(['\\', '/']).next().unwrap_or(image);
    clean(&process.pid.map_or_else(|| file.to_owned(), |pid| format!("{file}[{pid}]")))
}

/// Telemetry is not to drive the terminal: control and direction characters are shown, not obeyed.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let steers =
            c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if steers { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

struct Paint {
    code: &'static str,
    colors: bool,
}

impl Paint {
    fn on(&self, text: &str) -> impl Display {
        if self.colors { format!("\x1b[{}m{text}\x1b[0m", self.code) } else { text.to_owned() }
    }
}
