//! What each source of a platform tells by itself: the tables in the README are made from the catalogue, and stories
//! fed through one source alone bear them out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ipcsentry::catalogue::{Behaviour, Severity};
use ipcsentry::decode::Format;
use ipcsentry::event::{Channel, Os};
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Catalogue, Engine, Limits, Policy, StreamOptions};

/// A platform with the mark of its table.
struct Platform {
    os: Os,
    mark: &'static str,
    sources: &'static [Source],
}

/// A source by name, the channels that are read from it, and a format of it.
type Source = (&'static str, &'static [Channel], Format);

const PLATFORMS: [Platform; 2] = [
    Platform {
        os: Os::MacOs,
        mark: "macos-sources",
        sources: &[
            ("Endpoint Security", &[Channel::EndpointSecurity], Format::EsloggerJson),
            ("unified log", &[Channel::AppleEvents, Channel::Tcc, Channel::UnifiedLog], Format::UnifiedLogJson),
            ("osquery", &[Channel::Osquery], Format::OsqueryJson),
        ],
    },
    Platform {
        os: Os::Linux,
        mark: "linux-sources",
        sources: &[
            ("audit", &[Channel::Audit], Format::Auditd),
            ("tetragon", &[Channel::Tetragon], Format::TetragonJson),
            ("Falco", &[Channel::Falco], Format::FalcoJson),
            ("osquery", &[Channel::OsqueryLinux], Format::OsqueryJson),
            ("kunai", &[Channel::Kunai], Format::KunaiJson),
            ("Sysmon", &[Channel::SysmonLinux], Format::WindowsXml),
        ],
    },
];

fn behaviours(os: Os) -> Vec<Behaviour> {
    let builtin = Catalogue::builtin();
    let mut list: Vec<Behaviour> = builtin.behaviours().iter().filter(|b| b.os == os).cloned().collect();
    list.sort_by(|a, b| a.code.cmp(&b.code));
    list
}

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")
}

fn table(platform: &Platform) -> String {
    let names: Vec<&str> = platform.sources.iter().map(|(name, ..)| *name).collect();
    let mut table = format!("| code | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for behaviour in behaviours(platform.os) {
        let cell = |channels: &[Channel]| behaviour.reach(channels).map_or("–", Severity::name);
        let cells: Vec<&str> = platform.sources.iter().map(|(_, channels, _)| cell(channels)).collect();
        table += &format!("| {} | {} |\n", behaviour.code, cells.join(" | "));
    }
    table
}

#[test]
fn the_tables_of_sources_are_the_catalogues() {
    let mut text = fs::read_to_string(readme()).expect("the README is part of the repository");
    for platform in &PLATFORMS {
        let (begin, end) = (format!("<!-- {} -->\n", platform.mark), format!("<!-- /{} -->", platform.mark));
        let (head, rest) = text.split_once(&begin).expect("the mark");
        let (shown, tail) = rest.split_once(&end).expect("the mark");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            text = [head, &begin, &table(platform), &end, tail].concat();
            fs::write(readme(), &text).expect("a file");
        } else {
            assert_eq!(shown, table(platform), "UPDATE_GOLDEN=1 writes it anew");
        }
    }
}

#[test]
fn stories_fed_through_one_source_bear_it_out() {
    let mut wrong = Vec::new();
    for platform in &PLATFORMS {
        for behaviour in behaviours(platform.os) {
            for (name, channels, format) in platform.sources {
                let stories = scenario::all().iter().filter(|s| s.behavior() == behaviour.code && s.is_positive());
                let loudest = stories.filter_map(|story| loudest(story, *format, &behaviour.code)).max();
                let reach = behaviour.reach(channels);
                if loudest != reach {
                    let code = &behaviour.code;
                    wrong.push(format!("{code} by {name}: {reach:?} in the table, {loudest:?} in the stories"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The severity of the loudest alert of that code when only this format tells the story.
fn loudest(story: &Scenario, format: Format, code: &str) -> Option<Severity> {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalogue::builtin(), Policy::default(), limits);
    let stream = engine.open_stream(StreamOptions::new(format));
    engine.feed_bytes(stream, &story.render_partly(format).bytes);
    engine.close_stream(stream);
    engine.flush();
    let mut alerts = BTreeMap::new();
    while let Some(alert) = engine.poll_alert() {
        if alert.code == code {
            alerts.insert(alert.id.clone(), alert.level);
        }
    }
    alerts.into_values().max()
}
