//! The report: one page of HTML that needs no script and no other file.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use crate::html::{badge, escaped, page, shortened, table};
use crate::picture::picture;
use crate::view::{list, object, text, texts, word};

/// Most incidents that have a line.
const INCIDENTS: usize = 1000;
/// Most incidents that are shown with all details, and most alerts of one incident.
const DETAILED: usize = 200;
/// Most rows of a timeline.
const ROWS: usize = 1000;
/// Most hosts of the heat map.
const HOSTS: usize = 1000;

/// What a report shows.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Report<'a> {
    /// Alerts as parsed JSON, each in its last revision.
    pub alerts: &'a [Value],
    /// The coverage of each host, as [`ipcsentry::Coverage::to_json`] writes it, parsed.
    pub coverage: &'a [Value],
    /// The inputs, by the number that evidence has as `file`.
    pub inputs: &'a [Input],
    /// What was judged: a line of text each. A report without alerts means nothing without them.
    pub judged: &'a [String],
}

/// An input of the telemetry.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Input {
    /// Its name.
    pub name: String,
    /// What its first record is counted as: 1 for lines, 0 where the container numbers the records.
    pub first: u64,
}

impl Input {
    /// An input of a name whose first record is counted so.
    #[must_use]
    pub fn new(name: &str, first: u64) -> Self {
        Self { name: name.to_string(), first }
    }
}

impl<'a> Report<'a> {
    /// A report on alerts alone.
    #[must_use]
    pub const fn of(alerts: &'a [Value]) -> Self {
        Self { alerts, coverage: &[], inputs: &[], judged: &[] }
    }
}

/// The page: incidents, the most severe first, each with its chains, timeline and evidence; the coverage of each host; and
/// what was judged. What is too much to show is counted.
#[must_use]
pub fn html(of: &Report<'_>) -> String {
    let mut groups: BTreeMap<(&str, &str), Vec<&Value>> = BTreeMap::new();
    for alert in of.alerts {
        groups.entry((word(alert, "host"), word(alert, "incident"))).or_default().push(alert);
    }
    let mut incidents: Vec<Vec<&Value>> = groups.into_values().collect();
    incidents.sort_by_cached_key(|incident| order(incident));
    let count = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    let mut body = format!(
        "<h1>ipcsentry</h1><p>{}, {}. Abuse of inter-process communication: MITRE ATT&amp;CK DET0493, T1559.</p>",
        count(of.alerts.len(), "alert"),
        count(incidents.len(), "incident")
    );
    body += "<h2>Incidents</h2>";
    match incidents.is_empty() {
        true => body += "<p class=\"ips-none\">no alerts</p>",
        false => body += &self::incidents(of, &incidents),
    }
    if !of.coverage.is_empty() {
        body += &format!("<h2>Coverage</h2>{}", coverage(of.coverage));
    }
    body += "<h2>What was judged</h2>";
    if of.judged.is_empty() {
        body += "<p class=\"ips-none\">not recorded: the absence of alerts says nothing</p>";
    }
    let lines: String = of.judged.iter().map(|line| format!("<li>{}</li>", escaped(line))).collect();
    page(&format!("{body}<ul class=\"ips-judged\">{lines}</ul>"))
}

fn rank(severity: &str) -> usize {
    ["critical", "high", "medium", "low"].iter().position(|known| *known == severity).unwrap_or(4)
}

/// The alert that stands for an incident: the most severe, of these the surest, of these the earliest.
fn lead<'a>(incident: &[&'a Value]) -> Option<&'a Value> {
    let key = |alert: &Value| {
        (rank(word(alert, "severity")), 100 - crate::view::percent(alert).min(100), word(alert, "time").to_string())
    };
    incident.iter().copied().min_by_key(|alert| key(alert))
}

fn order(incident: &[&Value]) -> (usize, String, String) {
    let severity = lead(incident).map_or(4, |lead| rank(word(lead, "severity")));
    let first = incident.iter().map(|alert| word(alert, "first_time")).min().unwrap_or_default();
    (severity, first.to_string(), incident.first().map_or("", |alert| word(alert, "id")).to_string())
}

fn incidents(of: &Report<'_>, incidents: &[Vec<&Value>]) -> String {
    let heads = ["", "severity", "when (UTC)", "host", "incident", "initiator", "through", "alerts"];
    let mut body = String::from("<div class=\"ips-head\">");
    for head in heads {
        body += &format!("<span>{head}</span>");
    }
    body += "</div>";
    for (at, incident) in incidents.iter().take(INCIDENTS).enumerate() {
        let line = line(incident);
        if at >= DETAILED {
            body += &format!("<div class=\"ips-line\">{line}</div>");
            continue;
        }
        // The first is open, so that the page shows at once what it has.
        let open = if at == 0 { " open" } else { "" };
        body += &format!("<details class=\"ips-incident\"{open}><summary class=\"ips-line\">{line}</summary>");
        for alert in incident.iter().take(DETAILED) {
            body += &self::alert(of, alert);
        }
        body += &more(incident.len(), DETAILED, "alerts of this incident");
        if incident.len() > 1 {
            body += &timeline(of, incident);
        }
        body += "</details>";
    }
    if incidents.len() > DETAILED {
        body += &format!("<p class=\"ips-more\">details are shown of the first {DETAILED} incidents</p>");
    }
    body + &more(incidents.len(), INCIDENTS, "incidents, which are not shown")
}

fn more(count: usize, shown: usize, what: &str) -> String {
    if count > shown { format!("<p class=\"ips-more\">and {} more {what}</p>", count - shown) } else { String::new() }
}

/// A moment to the millisecond.
fn moment(time: &str) -> String {
    time.get(..23).unwrap_or(time).replace('T', " ")
}

fn line(incident: &[&Value]) -> String {
    let Some(lead) = lead(incident) else { return String::new() };
    let first = incident.iter().map(|alert| word(alert, "first_time")).min().unwrap_or_default();
    let others: BTreeSet<&str> =
        incident.iter().map(|alert| word(alert, "code")).filter(|code| *code != word(lead, "code")).collect();
    let others = others.into_iter().collect::<Vec<_>>().join(" ");
    let also = if others.is_empty() { others } else { format!(" <small>+ {}</small>", shortened(&others, 80)) };
    let ipc = object(lead, "ipc").map_or_else(|| "–".to_string(), |ipc| shortened(&self::ipc(ipc), 60));
    let host = text(lead, "host").map_or_else(|| "–".to_string(), |host| shortened(host, 60));
    let cells = [
        "<i class=\"ips-turn\"></i>".to_string(),
        badge(word(lead, "severity")),
        format!("<time>{}</time>", escaped(&moment(first))),
        host,
        format!("<b>{}</b> {}{also}", escaped(word(lead, "code")), shortened(word(lead, "title"), 160)),
        shortened(&crate::chain::chain(lead).initiator().map_or_else(String::new, |node| node.label.clone()), 60),
        ipc,
        incident.len().to_string(),
    ];
    cells.iter().map(|cell| format!("<span>{cell}</span>")).collect()
}

fn ipc(of: &Value) -> String {
    format!("{} {}", word(of, "mechanism").replace('_', " "), word(of, "name")).trim_end().to_string()
}

fn alert(of: &Report<'_>, alert: &Value) -> String {
    let words = |name: &str, between: &str| texts(alert, name).collect::<Vec<_>>().join(between);
    let order =
        if alert["ipc_preceded_execution"] == "yes" { "the IPC came before what was executed or injected" } else { "" };
    let truncated = if alert["truncated"] == true { "details were lost to the memory limit" } else { "" };
    let facts = [
        ("host", word(alert, "host").to_string()),
        ("initiator", initiator(alert)),
        ("through", object(alert, "ipc").map(ipc).unwrap_or_default()),
        ("techniques", words("techniques", " ")),
        ("missing", words("missing", "; ")),
        ("order", order.to_string()),
        ("truncated", truncated.to_string()),
        ("suppressed by", words("suppressed_by", " ")),
    ];
    let facts = facts.iter().filter(|(_, value)| !value.is_empty());
    let facts: String = facts.map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escaped(value))).collect();
    let rows = list(alert, "evidence").iter().map(|one| {
        let roles: Vec<&str> = text(one, "role").into_iter().chain(texts(one, "also")).collect();
        Vec::from([moment(word(one, "time")), roles.join(" "), word(one, "summary").to_string(), place(of, one)])
    });
    format!(
        "<section class=\"ips-alert\" data-code=\"{code}\"><h4>{} {code} {} <small>confidence {:.2} · {}</small></h4>\
         <p>{}</p>{}<dl>{facts}</dl>{}{}</section>",
        badge(word(alert, "severity")),
        escaped(word(alert, "title")),
        alert["confidence"].as_f64().unwrap_or_default(),
        escaped(word(alert, "id")),
        escaped(word(alert, "explanation")),
        picture(alert),
        table(&["time (UTC)", "role", "evidence", "input:record"], rows),
        suppress(alert),
        code = escaped(word(alert, "code")),
    )
}

fn initiator(alert: &Value) -> String {
    let who = &alert["initiator"];
    let node = crate::chain::chain(alert).initiator().map_or_else(String::new, |node| node.label.clone());
    let mut text = node;
    if let (Some(user), Some(_)) = (self::text(who, "user"), object(who, "process")) {
        text += &format!(", {user}");
    }
    for (name, label) in [("session", "session"), ("address", "from")] {
        if let Some(value) = self::text(who, name) {
            text += &format!(", {label} {value}");
        }
    }
    if let Some(reason) = self::text(who, "reason") {
        text += &format!(" ({reason})");
    }
    if let Some(line) = self::text(&who["process"], "command_line") {
        text += &format!("  {line}");
    }
    format!("{text} ({:.2})", who["confidence"].as_f64().unwrap_or_default())
}

/// Where a record is.
fn place(of: &Report<'_>, evidence: &Value) -> String {
    let file = evidence["file"].as_u64().unwrap_or_default();
    let input = usize::try_from(file).ok().and_then(|file| of.inputs.get(file)).filter(|input| !input.name.is_empty());
    let record = evidence["record"].as_u64().unwrap_or_default().saturating_add(input.map_or(0, |input| input.first));
    let name = input.map_or_else(|| file.to_string(), |input| crate::view::base_name(&input.name).to_string());
    let id = text(evidence, "source_id").map_or_else(String::new, |id| format!(" id {id}"));
    format!("{name}:{record}{id}")
}

fn suppress(alert: &Value) -> String {
    if let Some(reason) = text(alert, "not_suppressible") {
        return format!("<p class=\"ips-more\">{}</p>", escaped(reason));
    }
    let policy = &alert["suppress"];
    if policy.is_null() {
        return String::new();
    }
    // Line breaks of the layout stay; JSON has none in its texts.
    let text = serde_json::to_string_pretty(policy).unwrap_or_default();
    let text = text.lines().map(escaped).collect::<Vec<String>>().join("\n");
    format!("<details class=\"ips-raw\"><summary>policy that suppresses it</summary><pre>{text}</pre></details>")
}

fn timeline(of: &Report<'_>, incident: &[&Value]) -> String {
    let evidence = incident.iter().flat_map(|alert| list(alert, "evidence").iter().map(move |one| (*alert, one)));
    let mut rows: Vec<(&Value, &Value)> = evidence.collect();
    rows.sort_by_key(|(alert, one)| (word(one, "time"), one["record"].as_u64(), word(alert, "code")));
    let shown = rows.iter().take(ROWS).map(|(alert, one)| {
        let cells = [word(alert, "code"), word(one, "role"), word(one, "summary")].map(ToString::to_string);
        let mut row = Vec::from([moment(word(one, "time"))]);
        row.extend(cells);
        row.push(place(of, one));
        row
    });
    format!(
        "<section class=\"ips-alert\"><h4>timeline of the incident</h4>{}{}</section>",
        table(&["time (UTC)", "alert", "role", "record", "input:record"], shown),
        more(rows.len(), ROWS, "records")
    )
}

/// A heat map: a row a host, a column a behavior.
fn coverage(hosts: &[Value]) -> String {
    let behaviors =
        |host: &'_ Value| list(host, "behaviors").iter().map(|one| word(one, "code").to_string()).collect::<Vec<_>>();
    let codes: BTreeSet<String> = hosts.iter().flat_map(behaviors).collect();
    let head: String = codes.iter().map(|code| format!("<th>{}</th>", escaped(code))).collect();
    let mut rows = String::new();
    for host in hosts.iter().take(HOSTS) {
        let by_code: BTreeMap<&str, &Value> =
            list(host, "behaviors").iter().map(|one| (word(one, "code"), one)).collect();
        let cells: String = codes.iter().map(|code| cell(by_code.get(code.as_str()).copied())).collect();
        rows += &format!(
            "<tr><td>{}</td>{cells}</tr>",
            text(host, "host").map_or_else(|| "–".to_string(), |host| shortened(host, 40))
        );
    }
    let legend =
        ["full", "degraded", "blind"].map(|word| format!("<span class=\"ips-cell ips-{word}\">{word}</span> "));
    format!(
        "<div class=\"ips-heat\"><table><tr><th>host</th>{head}</tr>{rows}</table></div>{}<p>{} A letter is the severity that \
         the behavior can reach.</p>",
        more(hosts.len(), HOSTS, "hosts"),
        legend.concat()
    )
}

fn cell(behavior: Option<&Value>) -> String {
    let Some(behavior) = behavior else { return "<td></td>".to_string() };
    let visibility = word(behavior, "visibility");
    let severity = text(behavior, "severity");
    let missing = texts(behavior, "missing").collect::<Vec<_>>().join(", ");
    let missing = if missing.is_empty() { missing } else { format!(": {missing}") };
    let title = format!(
        "{} {}: {visibility}, {}{missing}",
        word(behavior, "code"),
        word(behavior, "behavior"),
        severity.unwrap_or("none")
    );
    let letter = severity.and_then(|severity| severity.get(..1)).unwrap_or("–");
    format!("<td class=\"ips-{}\" title=\"{}\">{}</td>", escaped(visibility), escaped(&title), escaped(letter))
}
