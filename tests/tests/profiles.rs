//! What is seen with the telemetry of a profile is what its document says.

use ipcsentry::event::Os;
use ipcsentry::scenario::{self, Profile};
use ipcsentry::{Alert, Catalog, Engine, Limits, Policy};
use ipcsentry_tests::document::keep_part;
use ipcsentry_tests::profiles::{PROFILES, files, hunt_recording, load, recall, table};
use ipcsentry_tests::recordings;

#[test]
fn the_document_has_every_profile_once() {
    let mut listed: Vec<&str> = PROFILES.to_vec();
    listed.sort_unstable();
    assert_eq!(files(), listed);
}

#[test]
fn the_tables_are_measured() {
    for (os, name) in [(Os::Windows, "windows"), (Os::Linux, "linux"), (Os::Macos, "macos")] {
        keep_part("core/docs/profiles.md", name, &table(os));
    }
}

#[test]
fn the_readme_says_what_each_sensor_finds() {
    let Some(recordings) = recordings::all() else { return };
    keep_part("README.md", "profiles", &recall(&recordings));
}

/// Coverage is what an engine says of a host; alerts are what it does. A behavior that coverage calls blind raises none,
/// and none is more severe than coverage says.
#[test]
fn coverage_never_says_less_than_what_happens() {
    let mut wrong = Vec::new();
    for name in PROFILES {
        let profile = load(name);
        let os = profile.os().expect("a platform");
        for scenario in scenario::all().iter().filter(|s| s.os() == os && s.is_positive()) {
            let scenario = scenario.variant(0);
            let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
            for event in scenario.events() {
                if let Some(event) = profile.strip(&event) {
                    engine.feed(&event);
                }
            }
            let alerts = recordings::finish(&mut engine);
            wrong.extend(understated(&engine, &alerts).into_iter().map(|w| format!("{name}, {}: {w}", scenario.id())));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn coverage_never_says_less_than_what_recordings_raise() {
    let Some(recordings) = recordings::all() else { return };
    let mut wrong = Vec::new();
    for name in PROFILES {
        let profile = load(name);
        for recording in recordings.iter().filter(|r| r.platform == profile.platform) {
            let (engine, alerts) = hunt_recording(&profile, recording);
            wrong.extend(understated(&engine, &alerts).into_iter().map(|w| format!("{name}, {}: {w}", recording.id)));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The alerts that are more severe than the coverage of their host says.
fn understated(engine: &Engine, alerts: &[Alert]) -> Vec<String> {
    let coverage = engine.coverage();
    let rank = |name: &str| ["low", "medium", "high", "critical"].iter().position(|s| *s == name);
    let said = |alert: &Alert| {
        let host = coverage.iter().find(|c| c.host == alert.host);
        host.and_then(|c| c.behaviors.iter().find(|b| b.code == alert.code)).and_then(|b| b.severity)
    };
    let wrong = alerts.iter().filter(|alert| said(alert).and_then(rank) < rank(alert.severity));
    wrong.map(|alert| format!("{} is {}, coverage says {:?}", alert.code, alert.severity, said(alert))).collect()
}

#[test]
fn a_profile_that_names_what_is_not_is_refused() {
    for (text, fault) in [
        (r#"{"name": "x", "platform": "beos", "about": "", "kinds": []}"#, "platform: `beos` is none"),
        (r#"{"name": "x", "platform": "linux", "about": "", "kinds": ["exec"]}"#, "kinds: `exec` is none"),
        (
            r#"{"name": "x", "platform": "linux", "about": "", "kinds": ["*"], "process": ["path"]}"#,
            "process: `path` is none",
        ),
        (
            r#"{"name": "x", "platform": "linux", "about": "", "kinds": ["*"], "channel": "mail"}"#,
            "channel: `mail` is none",
        ),
    ] {
        assert_eq!(Profile::read(text).map(|p| p.name), Err(fault.to_owned()));
    }
}
