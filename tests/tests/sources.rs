//! The severities that each source of a platform allows by itself. The table of macOS in `core/docs/sources.md` is
//! generated from the catalog, and scenarios in one source alone confirm it. The table of Linux, where a source may
//! have more of one scenario than of another, is measured with the scenarios; the catalog confirms that no more is
//! possible.

use std::collections::BTreeMap;

use ipcsentry::decode::Format;
use ipcsentry::event::{Channel, Os};
use ipcsentry::rules::Severity;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};
use ipcsentry_tests::document::keep_part;
use ipcsentry_tests::tables::behaviors;

/// A platform with the mark of its table.
struct Platform {
    os: Os,
    mark: &'static str,
    /// Whether the table is generated from the catalog instead of being measured with scenarios.
    by_catalog: bool,
    sources: &'static [Source],
}

/// The name of a source, its channels, and one of its formats.
type Source = (&'static str, &'static [Channel], Format);

const PLATFORMS: [Platform; 2] = [
    Platform {
        os: Os::Macos,
        mark: "macos-sources",
        by_catalog: true,
        sources: &[
            ("Endpoint Security", &[Channel::EndpointSecurity], Format::EsloggerJson),
            ("unified log", &[Channel::AppleEvents, Channel::Tcc, Channel::UnifiedLog], Format::UnifiedLogJson),
            ("osquery", &[Channel::Osquery], Format::OsqueryJson),
        ],
    },
    Platform {
        os: Os::Linux,
        mark: "linux-sources",
        by_catalog: false,
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

fn table(platform: &Platform) -> String {
    let names: Vec<&str> = platform.sources.iter().map(|(name, ..)| *name).collect();
    let mut table = format!("| code | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for behavior in behaviors(platform.os) {
        let cells = platform.sources.iter().map(|(_, channels, format)| {
            let shown = if platform.by_catalog {
                Catalog::builtin().detectable_severity(&behavior.code, channels)
            } else {
                shown(&behavior.code, *format)
            };
            shown.map_or("–", Severity::name)
        });
        let cells: Vec<&str> = cells.collect();
        table += &format!("| {} | {} |\n", behavior.code, cells.join(" | "));
    }
    table
}

#[test]
fn the_tables_of_sources_are_up_to_date() {
    for platform in &PLATFORMS {
        keep_part("core/docs/sources.md", platform.mark, &table(platform));
    }
}

#[test]
fn scenarios_fed_through_one_source_bear_it_out() {
    let mut wrong = Vec::new();
    for platform in &PLATFORMS {
        for behavior in behaviors(platform.os) {
            for (name, channels, format) in platform.sources {
                let (shown, detectable) =
                    (shown(&behavior.code, *format), Catalog::builtin().detectable_severity(&behavior.code, channels));
                let borne_out = if platform.by_catalog { shown == detectable } else { shown <= detectable };
                if !borne_out {
                    let code = &behavior.code;
                    wrong.push(format!("{code} by {name}: {detectable:?} by the catalog, {shown:?} in the scenarios"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The highest severity of alerts of that code in all scenarios, if there is only this format.
fn shown(code: &str, format: Format) -> Option<Severity> {
    let scenarios = scenario::all().iter().filter(|s| s.behavior() == code && s.is_positive());
    scenarios.filter_map(|scenario| loudest(scenario, format, code)).max()
}

/// The highest severity of alerts of that code in a scenario, if there is only this format.
fn loudest(scenario: &Scenario, format: Format, code: &str) -> Option<Severity> {
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), limits);
    let stream = engine.open_stream(StreamOptions::new(format));
    engine.feed_bytes(stream, &scenario.render_partly(format).bytes);
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
