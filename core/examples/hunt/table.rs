//! Alerts for people. Every row goes through [`Rows::add`], which lets nothing pass that a terminal would obey.

use std::fmt::Write;

use ipcsentry::report::ProcessInfo;
use ipcsentry::{Alert, Coverage, printable, printable_json};

/// Columns before a value.
const INDENT: usize = 13;
/// Characters of a command line worth reading at a glance.
const GLANCE: usize = 160;

/// One alert as a block of text that ends in a blank line. `file` gives the name of an input by its index, and what its
/// first record is counted as.
pub(crate) fn block<'n>(alert: &Alert, colors: bool, file: impl Fn(u32) -> (&'n str, u64)) -> String {
    let color = match alert.severity {
        "critical" => "1;97;41",
        "high" => "1;31",
        "medium" => "1;33",
        _ => "1;36",
    };
    let severity = format!("{:<8}", alert.severity.to_uppercase());
    let mut rows = Rows::new(colors, &[(color, &severity), ("1", &format!("{:<4}", alert.code)), ("1", &alert.title)]);
    rows.add("when", &format!("{}  on {}", alert.time, host(&alert.host)));
    rows.add("analytic", &format!("{}  {}  {}", alert.analytic, alert.behavior, alert.techniques.join(" ")));
    let revision = if alert.revision > 1 { format!("  revision {}", alert.revision) } else { String::new() };
    rows.add("confidence", &format!("{:.2}  id {}{revision}", alert.confidence, alert.id));
    rows.add("what", &alert.explanation);
    rows.add("initiator", &initiator(alert));
    if let Some(actor) = &alert.actor {
        rows.add("actor", &process(actor));
    }
    if let Some(ipc) = &alert.ipc {
        rows.add("ipc", &format!("{} {}", ipc.mechanism, ipc.name.as_deref().unwrap_or_default()));
    }
    if let Some(target) = &alert.target {
        rows.add("target", &process(target));
    }
    rows.add("lineage", &lineage(alert));
    rows.list(
        "evidence",
        alert.evidence.iter().map(|evidence| {
            let (name, first) = file(evidence.file);
            let record = evidence.record.saturating_add(first);
            let file = if name.is_empty() { evidence.file.to_string() } else { base_name(name).to_owned() };
            let id = evidence.source_id.as_ref().map_or_else(String::new, |id| format!(" id {id}"));
            format!("{} {:<9} [{file}:{record}{id}] {}", evidence.time, evidence.class, evidence.summary)
        }),
    );
    rows.list("missing", alert.missing.iter().cloned());
    if alert.truncated {
        rows.add("truncated", "details of it were lost to the memory limit");
    }
    // To be copied into a policy: it stays JSON.
    rows.add("suppress", &printable_json(&alert.suppress.to_string()));
    rows.end()
}

/// What one host's telemetry lets be seen, as a block of text that ends in a blank line.
pub(crate) fn coverage(of: &Coverage, colors: bool) -> String {
    let span = format!("{} to {}", of.first, of.last);
    let mut rows = Rows::new(colors, &[("1;36", "COVERAGE"), ("1", host(&of.host)), ("", &span)]);
    rows.add("sends", &of.kinds.iter().map(|k| k.kind).collect::<Vec<_>>().join(" "));
    let seen: Vec<&str> = of.behaviors.iter().filter(|b| b.visibility == "full").map(|b| &*b.code).collect();
    rows.add("full", &seen.join(" "));
    for visibility in ["degraded", "blind"] {
        rows.list(
            visibility,
            of.behaviors.iter().filter(|b| b.visibility == visibility).map(|behavior| {
                let most = behavior.severity.map_or_else(String::new, |s| format!("{s} at most; "));
                format!("{:<4} {most}{}", behavior.code, behavior.missing.join("; "))
            }),
        );
    }
    rows.end()
}

/// A heading and rows with a name and a value each.
struct Rows {
    text: String,
    colors: bool,
}

impl Rows {
    /// A heading of words, each with the codes of its color.
    fn new(colors: bool, heading: &[(&str, &str)]) -> Self {
        let mut rows = Self { text: String::new(), colors };
        for (i, (color, word)) in heading.iter().enumerate() {
            rows.text.push_str(if i == 0 { "" } else { " " });
            rows.paint(color, word);
        }
        rows.text.push('\n');
        rows
    }

    /// A row, unless there is nothing in it.
    fn add(&mut self, name: &str, value: &str) {
        if value.trim().is_empty() {
            return;
        }
        self.text.push_str("  ");
        self.paint("2", &format!("{name:<width$}", width = INDENT - 3));
        let _ = writeln!(self.text, " {}", printable(value));
    }

    /// A row each; only the first has the name.
    fn list(&mut self, name: &str, values: impl Iterator<Item = String>) {
        for (i, value) in values.enumerate() {
            self.add(if i == 0 { name } else { "" }, &value);
        }
    }

    fn paint(&mut self, color: &str, text: &str) {
        let text = printable(text);
        // Writing into a string cannot fail.
        let _ = match self.colors && !color.is_empty() {
            true => write!(self.text, "\x1b[{color}m{text}\x1b[0m"),
            false => write!(self.text, "{text}"),
        };
    }

    fn end(mut self) -> String {
        self.text.push('\n');
        self.text
    }
}

fn host(name: &str) -> &str {
    if name.is_empty() { "(host not named)" } else { name }
}

fn base_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

fn initiator(alert: &Alert) -> String {
    let who = &alert.initiator;
    let mut text = match (&who.process, &who.address) {
        (Some(p), _) => process(p),
        (None, Some(address)) => format!("a client at {address}"),
        (None, None) => format!("{} client", who.kind),
    };
    if let (None, Some(user)) = (&who.process, &who.user) {
        let _ = write!(text, " as {user}");
    }
    let _ = write!(text, "  ({:.2})", who.confidence);
    text
}

fn process(process: &ProcessInfo) -> String {
    let mut text = process.image.as_deref().unwrap_or("an unnamed process").to_owned();
    if let Some(pid) = process.pid {
        let _ = write!(text, " [{pid}]");
    }
    if let Some(user) = &process.user {
        let _ = write!(text, " {user}");
    }
    if let Some(line) = &process.command_line {
        // Escaped first: what is cut is never half an escape.
        let mut line = printable(line).into_owned();
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
    let file = base_name(image);
    process.pid.map_or_else(|| file.to_owned(), |pid| format!("{file}[{pid}]"))
}
