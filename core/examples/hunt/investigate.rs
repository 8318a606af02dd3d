//! `--near-misses`, `--exposure`, `--timeline`, `--process`: what an analyst asks when the alerts are there.

use std::collections::BTreeSet;

use ipcsentry::Engine;
use ipcsentry::report::{Exposed, MissingClause, NearMiss, ProcessStory, Timeline};
use ipcsentry::time::MINUTE;

use crate::options::Options;
use crate::table::{Look, Rows, process};

/// Near misses that are printed at most.
const MOST: usize = 50;
/// How far a timeline reaches beyond the records of its alerts.
const AROUND: i64 = 10 * MINUTE;

/// The answers that the options ask for, each as text or as a line of JSON. `ids` are those of alerts and incidents.
pub(crate) fn answers(options: &Options, engines: &[Engine], ids: &BTreeSet<String>, look: Look) -> Vec<String> {
    let mut texts = Vec::new();
    let is_json = options.is_ndjson();
    if options.near_misses {
        let mut near: Vec<NearMiss> = engines.iter().flat_map(|engine| engine.near_misses(MOST)).collect();
        let rest = |a: &NearMiss, b: &NearMiss| (&a.time, &a.code).cmp(&(&b.time, &b.code));
        near.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then_with(|| rest(a, b)));
        near.truncate(MOST);
        if near.is_empty() {
            crate::run::say("--near-misses: nothing almost alerted");
        }
        let one = |near: &NearMiss| match is_json {
            true => format!("{{\"near_miss\":{}}}", near.to_json()),
            false => near_miss(near, look),
        };
        texts.extend(near.iter().map(one));
    }
    if options.exposure {
        let mut all: Vec<Exposed> = engines.iter().flat_map(Engine::exposure).collect();
        all.sort_by(|a, b| (&a.host, &a.id, &a.object, &a.program).cmp(&(&b.host, &b.id, &b.object, &b.program)));
        if all.is_empty() {
            crate::run::say("--exposure: no event showed any");
        }
        let one = |of: &Exposed| match is_json {
            true => format!("{{\"exposure\":{}}}", of.to_json()),
            false => exposure(of, look),
        };
        texts.extend(all.iter().map(one));
    }
    if let Some(begin) = &options.timeline {
        let id = ids.iter().find(|id| id.starts_with(begin));
        let found = id.and_then(|id| engines.iter().find_map(|engine| engine.timeline(id, AROUND, AROUND)));
        match found {
            Some(found) if is_json => texts.push(format!("{{\"timeline\":{}}}", found.to_json())),
            Some(found) => texts.push(timeline(&found, look)),
            None => crate::run::say(&format!("--timeline {begin}: no alert or incident has an id that begins so")),
        }
    }
    if let Some(pid) = options.process {
        let stories: Vec<ProcessStory> = engines.iter().flat_map(|engine| engine.explain("", pid)).collect();
        if stories.is_empty() {
            crate::run::say(&format!("--process {pid}: nothing is known of it"));
        }
        let one = |of: &ProcessStory| match is_json {
            true => format!("{{\"process\":{}}}", of.to_json()),
            false => story(of, look),
        };
        texts.extend(stories.iter().map(one));
    }
    texts
}

fn near_miss(near: &NearMiss, look: Look) -> String {
    let mut rows = Rows::new(look, &[("1;36", "NEAR MISS"), ("1", &near.code), ("1", &near.title)]);
    rows.add("when", &format!("{} to {}  on {}", near.first_time, near.time, near.host));
    rows.add("so far", &format!("{:.2}, which is what the clauses that are met add up to", near.confidence));
    rows.add("what", &near.explanation);
    rows.add("met", &near.met.join(", "));
    let missing = |of: &MissingClause| {
        let blind = if of.blind { ", which this host does not send" } else { "" };
        format!("{} ({}: {}{blind})", of.clause, of.role, of.kinds.join(" or "))
    };
    match near.why {
        "clause" => rows.add("one missing", &near.missing.iter().map(missing).collect::<Vec<_>>().join("; ")),
        "confidence" => rows.add("missing", "no clause: all that is met adds up to less than the policy's minimum"),
        _ => rows.add("missing", "the order, the window, or how the processes stand to each other"),
    }
    rows.end()
}

fn exposure(of: &Exposed, look: Look) -> String {
    let mut rows = Rows::new(look, &[("1;36", "EXPOSURE"), ("1", &of.id), ("1", &of.title)]);
    rows.add("seen", &format!("{} times from {} to {}  on {}", of.count, of.first, of.last, of.host));
    rows.add("object", of.object.as_deref().unwrap_or_default());
    rows.add("program", of.program.as_deref().unwrap_or_default());
    rows.add("mend", &format!("{} ({})", of.advice, of.mitigations.join(", ")));
    rows.end()
}

fn timeline(of: &Timeline, look: Look) -> String {
    let span = format!("{} to {}  on {}", of.from, of.to, of.host);
    let mut rows = Rows::new(look, &[("1;36", "TIMELINE"), ("1", &of.id), ("", &span)]);
    for moment in &of.entries {
        let id = moment.source_id.as_ref().map_or_else(String::new, |id| format!(" [id {id}]"));
        rows.add(&moment.cited_by.join(" "), &format!("{}{id} {}", moment.time, moment.summary));
    }
    if of.cut {
        rows.add("cut", "it has as many entries as it may have");
    }
    rows.end()
}

fn story(of: &ProcessStory, look: Look) -> String {
    let heading = [("1;36", "PROCESS"), ("1", &*process(&of.process)), ("", &*format!("on {}", of.host))];
    let mut rows = Rows::new(look, &heading);
    rows.add("seen", &format!("{} to {}", of.first_seen, of.last_seen));
    rows.add("started", of.start.as_deref().unwrap_or_default());
    rows.add("ended", of.end.as_deref().unwrap_or_default());
    rows.list(
        "came from",
        of.lineage.iter().map(|step| format!("{} ({:.2})  {}", step.edge, step.confidence, process(&step.process))),
    );
    rows.add("asked from", of.requested_from.as_deref().unwrap_or_default());
    rows.add("children", &of.children.join(", "));
    rows.list(
        "used",
        of.endpoints.iter().map(|used| {
            let verb = if used.created { "created" } else { "opened" };
            let others = match used.others.as_slice() {
                [] => String::new(),
                others => format!(", as did {}", others.join(", ")),
            };
            format!("{verb} {}{others}", used.endpoint)
        }),
    );
    rows.add("network", if of.networked { "it made or accepted a connection" } else { "" });
    rows.add("alerts", &of.alerts.join(" "));
    rows.end()
}
