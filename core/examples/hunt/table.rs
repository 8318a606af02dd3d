//! Alerts for people. Every row goes through [`Rows::add`], which lets nothing pass that a terminal would obey, and wraps
//! what is wider than the terminal; nothing is cut.

use std::fmt::Write;

use ipcsentry::report::{Candidate, FleetCoverage, FleetVisibility, MissingKind, ProcessInfo, SeenChannel, Visibility};
use ipcsentry::{Alert, Coverage, printable, printable_json};

/// Columns before a value.
const INDENT: usize = 13;
/// Columns that a value has at least, however narrow the terminal.
const NARROWEST: usize = 40;
/// Seconds of silence of a channel that are worth a word.
const NOTABLE_GAP: u64 = 3_600;

/// How text is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Look {
    pub(crate) colors: bool,
    /// Columns of the terminal; `None` where rows may be of any length.
    pub(crate) width: Option<usize>,
}

/// A heading over the alerts of one incident: who began it, what is in it, how bad it is at most.
pub(crate) fn incident(alerts: &[&Alert], look: Look) -> String {
    let (Some(first), Some(worst)) =
        (alerts.iter().min_by_key(|a| (&a.first_time, &a.id)), alerts.iter().max_by_key(|a| a.level))
    else {
        return String::new();
    };
    let severity = format!("{:<8}", worst.severity.to_uppercase());
    let count = match alerts.len() {
        1 => String::from("1 alert"),
        n => format!("{n} alerts"),
    };
    let heading =
        [("1;7", "INCIDENT"), ("1", first.incident.as_str()), (color(worst.severity), &severity), ("", &count)];
    let mut rows = Rows::new(look, &heading);
    let last = alerts.iter().map(|a| &a.last_time).max().unwrap_or(&first.last_time);
    rows.add("when", &format!("{} to {last}  on {}", first.first_time, host(&first.host)));
    rows.add("first", &format!("{} {}", first.code, first.explanation));
    rows.add("who", &initiator(first));
    let behaviors = alerts.iter().map(|a| format!("{} {} {}", a.code, a.severity, a.title));
    rows.list("behaviors", behaviors);
    rows.end()
}

/// One alert as a block of text that ends in a blank line. `file` gives the name of an input by its index, and what its
/// first record is counted as.
pub(crate) fn block<'n>(alert: &Alert, look: Look, file: &dyn Fn(u32) -> (&'n str, u64)) -> String {
    let severity = format!("{:<8}", alert.severity.to_uppercase());
    let heading = [(color(alert.severity), &*severity), ("1", &format!("{:<4}", alert.code)), ("1", &alert.title)];
    let mut rows = Rows::new(look, &heading);
    rows.add("when", &when(alert));
    rows.add("analytic", &format!("{}  {}  {}", alert.analytic, alert.behavior, alert.techniques.join(" ")));
    let revision = if alert.revision > 1 { format!("  revision {}", alert.revision) } else { String::new() };
    let ids = format!("id {}{revision}  incident {}", alert.id, alert.incident);
    rows.add("confidence", &format!("{:.2}  {ids}", alert.confidence));
    rows.add("what", &alert.explanation);
    rows.add("order", order(alert));
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
    match alert.not_suppressible {
        Some(reason) => rows.add("suppress", &format!("no entry: {reason}")),
        // To be copied into a policy: it stays JSON, on one line.
        None => rows.whole("suppress", &printable_json(&alert.suppress.to_string())),
    }
    rows.end()
}

/// Everything an alert holds: its block, the processes of its lineage, and which clause each record meets.
pub(crate) fn explained<'n>(alert: &Alert, look: Look, file: &dyn Fn(u32) -> (&'n str, u64)) -> String {
    let block = block(alert, look, file);
    let mut rows = Rows { text: block.trim_end().to_owned() + "\n", look };
    let steps =
        alert.lineage.iter().map(|step| format!("{} ({:.2})  {}", step.edge, step.confidence, process(&step.process)));
    rows.list("came from", steps);
    let parts = alert.confidence_parts.iter().map(|part| format!("{:+.3}  {}", part.adds, part.what));
    rows.list("confidence", parts);
    rows.list(
        "questions",
        alert.triage.iter().map(|of| {
            let lacks = of.lacks.as_ref().map_or_else(String::new, |lacks| format!("  (not known: {lacks})"));
            format!("{}: {}{lacks}", of.question.replace('_', " "), of.answer.as_deref().unwrap_or("unanswerable"))
        }),
    );
    let clauses = alert.evidence.iter().map(|evidence| {
        let record = evidence.record.saturating_add(file(evidence.file).1);
        let classes: Vec<&str> = std::iter::once(evidence.class).chain(evidence.also.iter().copied()).collect();
        let (clause, component) = (&evidence.clause, evidence.data_component);
        format!("record {record} ({component}) meets `{clause}` of {}: {}", alert.code, classes.join(", "))
    });
    rows.list("clauses", clauses);
    rows.end()
}

const fn color(severity: &str) -> &'static str {
    match severity.as_bytes() {
        b"critical" => "1;97;41",
        b"high" => "1;31",
        b"medium" => "1;33",
        _ => "1;36",
    }
}

fn when(alert: &Alert) -> String {
    let times = match alert.count {
        1 => format!("{} to {}", alert.first_time, alert.time),
        n => format!("{} to {}, {n} times until {}", alert.first_time, alert.time, alert.last_time),
    };
    format!("{times}  on {}", host(&alert.host))
}

fn order(alert: &Alert) -> &'static str {
    match alert.ipc_preceded_execution {
        "yes" => "the IPC came before what was executed or injected",
        "no" => "the IPC came after what was executed or injected",
        _ => "",
    }
}

/// What one host's telemetry lets be seen, as a block of text that ends in a blank line.
pub(crate) fn coverage(of: &Coverage, look: Look) -> String {
    let span = format!("{} to {}", of.first, of.last);
    let mut rows = Rows::new(look, &[("1;36", "COVERAGE"), ("1", host(&of.host)), ("", &span)]);
    rows.add("sends", &of.kinds.iter().map(|k| k.kind).collect::<Vec<_>>().join(" "));
    rows.list("channels", of.channels.iter().map(channel));
    let missed = of.data_components.iter().filter(|sent| sent.status != "seen").map(|sent| {
        let of = &sent.component;
        let part = match sent.status {
            "partly" => format!(" ({})", kinds(&sent.never)),
            "filtered" => " (only pipes whose names are known to be bad)".into(),
            _ => String::new(),
        };
        format!("{} {}{part}", of.id, of.name)
    });
    rows.list("never seen", missed);
    if let Some(flood) = &of.flood {
        let by = flood.image.as_deref().unwrap_or("several processes");
        let pid = flood.pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
        let what = format!("{} entries of state were evicted for what {by}{pid} did", flood.evicted);
        rows.add("flood", &format!("{what}, {} to {}", flood.first, flood.last));
    }
    let seen: Vec<&str> = of.behaviors.iter().filter(|b| b.visibility == "full").map(|b| &*b.code).collect();
    rows.add("full", &seen.join(" "));
    for visibility in ["degraded", "blind"] {
        rows.list(
            visibility,
            of.behaviors.iter().filter(|b| b.visibility == visibility).map(|behavior| {
                let most = behavior.severity.map_or_else(String::new, |s| format!("{s} at most; "));
                format!("{:<4} {most}lacks {}", behavior.code, lacks(behavior))
            }),
        );
    }
    rows.end()
}

fn channel(sent: &SeenChannel) -> String {
    let span = format!("{} {} to {}, {} events", sent.channel, sent.first, sent.last, sent.events);
    let gap = sent.gap.as_ref().filter(|gap| gap.seconds >= NOTABLE_GAP);
    let silent = gap.map_or_else(String::new, |gap| format!(", silent for {} s until {}", gap.seconds, gap.end));
    let back = sent.back.as_ref();
    let back =
        back.map_or_else(String::new, |back| format!(", its time went back by {} s to {}", back.seconds, back.to));
    format!("{span}{silent}{back}")
}

/// How many hosts of a fleet show each behavior and send each data component, as a block of text that ends in a blank line.
pub(crate) fn fleet(of: &FleetCoverage, look: Look) -> String {
    let mut rows = Rows::new(look, &[("1;36", "FLEET"), ("1", &format!("{} hosts", of.hosts))]);
    let all = |behavior: &&FleetVisibility| behavior.degraded + behavior.blind == 0;
    rows.add("full", &of.behaviors.iter().filter(all).map(|b| &*b.code).collect::<Vec<_>>().join(" "));
    let others = of.behaviors.iter().filter(|behavior| !all(behavior));
    rows.list(
        "less",
        others.map(|b| format!("{:<4} {} full, {} degraded, {} blind", b.code, b.full, b.degraded, b.blind)),
    );
    let sent = of.data_components.iter().map(|sent| {
        let of = &sent.component;
        let (seen, partly, filtered) = (sent.seen, sent.partly, sent.filtered);
        format!("{} {}: {seen} seen, {partly} partly, {filtered} filtered, {} never", of.id, of.name, sent.never)
    });
    rows.list("components", sent);
    rows.end()
}

/// The telemetry that a behavior lacks, each kind once.
fn lacks(behavior: &Visibility) -> String {
    kinds(&behavior.missing_kinds)
}

fn kinds(missing: &[MissingKind]) -> String {
    let one = |missing: &MissingKind| match &missing.mechanisms[..] {
        [] => missing.kind.to_owned(),
        mechanisms => format!("{} of {}", missing.kind, mechanisms.join(" or ")),
    };
    missing.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A heading and rows with a name and a value each.
pub(crate) struct Rows {
    text: String,
    look: Look,
}

impl Rows {
    /// A heading of words, each with the codes of its color.
    pub(crate) fn new(look: Look, heading: &[(&str, &str)]) -> Self {
        let mut rows = Self { text: String::new(), look };
        for (i, (color, word)) in heading.iter().enumerate() {
            rows.text.push_str(if i == 0 { "" } else { " " });
            rows.paint(color, word);
        }
        rows.text.push('\n');
        rows
    }

    /// A row, unless there is nothing in it, wrapped to the terminal.
    pub(crate) fn add(&mut self, name: &str, value: &str) {
        let value = printable(value);
        let columns = self.look.width.map_or(usize::MAX, |width| width.saturating_sub(INDENT).max(NARROWEST));
        for (at, line) in wrapped(&value, columns).iter().enumerate() {
            self.whole(if at == 0 { name } else { "" }, line);
        }
    }

    /// A row on one line.
    fn whole(&mut self, name: &str, value: &str) {
        if value.trim().is_empty() {
            return;
        }
        self.text.push_str("  ");
        self.paint("2", &format!("{name:<width$}", width = INDENT - 3));
        // Writing into a string cannot fail.
        let _ = writeln!(self.text, " {}", printable(value));
    }

    /// A row each; only the first has the name.
    pub(crate) fn list(&mut self, name: &str, values: impl Iterator<Item = String>) {
        for (i, value) in values.enumerate() {
            self.add(if i == 0 { name } else { "" }, &value);
        }
    }

    fn paint(&mut self, color: &str, text: &str) {
        let text = printable(text);
        // Writing into a string cannot fail.
        let _ = match self.look.colors && !color.is_empty() {
            true => write!(self.text, "\x1b[{color}m{text}\x1b[0m"),
            false => write!(self.text, "{text}"),
        };
    }

    pub(crate) fn end(mut self) -> String {
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
        (None, None) => format!("unknown: {}", who.reason.unwrap_or_default()),
    };
    if !who.candidates.is_empty() {
        let candidates: Vec<String> = who.candidates.iter().map(candidate).collect();
        let _ = write!(text, "; perhaps {}", candidates.join(", "));
    }
    if let (None, Some(user)) = (&who.process, &who.user) {
        let _ = write!(text, " as {user}");
    }
    let _ = write!(text, "  ({:.2})", who.confidence);
    text
}

fn candidate(who: &Candidate) -> String {
    match (&who.process, &who.address) {
        (Some(process), _) => name(process),
        (None, Some(address)) => format!("a client at {address}"),
        (None, None) => who.user.clone().unwrap_or_default(),
    }
}

/// A process with everything known of it, its command line whole.
pub(crate) fn process(process: &ProcessInfo) -> String {
    let mut text = process.image.as_deref().unwrap_or("an unnamed process").to_owned();
    if let Some(pid) = process.pid {
        let _ = write!(text, " [{pid}]");
    }
    let number = |n: Option<u32>| n.map(|n| n.to_string());
    let details = [
        ("user", process.user.clone()),
        ("uid", number(process.uid).filter(|uid| process.user.as_ref() != Some(&format!("uid={uid}")))),
        ("auid", number(process.auid)),
        ("session", process.session.clone()),
        ("integrity", process.integrity.map(str::to_owned)),
        ("signer", process.signer.clone()),
        ("hash", process.hash.clone()),
        ("folder", process.working_folder.clone()),
    ];
    for (name, value) in details {
        match (name, value) {
            ("user", Some(user)) => drop(write!(text, " {user}")),
            (name, Some(value)) => drop(write!(text, " {name}={value}")),
            _ => {}
        }
    }
    if let Some(line) = &process.command_line {
        let _ = write!(text, "  {line}");
    }
    text
}

/// Lines of at most so many characters, broken at blanks where there are any.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    loop {
        let Some((end, _)) = rest.char_indices().nth(columns) else {
            lines.push(rest.to_owned());
            return lines;
        };
        // A blank right behind the last column is as good as one before it.
        let blank = rest[..end].rfind(' ').filter(|at| *at > 0 && !rest[end..].starts_with(' '));
        let at = blank.unwrap_or(end);
        lines.push(rest[..at].to_owned());
        rest = rest[at..].trim_start();
    }
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
