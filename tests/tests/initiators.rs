//! Who is named as the initiator, by one rule for all behaviors: who did it or asked a broker for it, never a process in
//! its role as a broker, never what was run. Where nobody better is known, nobody is named.
//!
//! `golden/initiators.tsv` has a row for every alert on an attack scenario and on a recording; `UPDATE_GOLDEN=1` writes
//! it, and its difference is to be reviewed.

use std::collections::BTreeSet;

use ipcsentry::event::Os;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Alert, Policy};
use ipcsentry_tests::attacks::raised;
use ipcsentry_tests::document::{file, keep_file, text, updates};
use ipcsentry_tests::profiles;
use ipcsentry_tests::recordings::{self, hunt};

const GOLDEN: &str = "tests/golden/initiators.tsv";

/// From this confidence on an alert claims to know who it was.
const SURE: f64 = 0.5;

/// Programs that run things for whoever asks, by file name.
const BROKERS: [(Os, &[&str]); 3] = [
    (
        Os::Windows,
        &[
            "services.exe",
            "svchost.exe",
            "wmiprvse.exe",
            "scrcons.exe",
            "dllhost.exe",
            "psexesvc.exe",
            "paexec.exe",
            "wsmprovhost.exe",
            "winrshost.exe",
            "taskeng.exe",
            "taskhostw.exe",
            "ieinstal.exe",
        ],
    ),
    (
        Os::Linux,
        &[
            "systemd",
            "init",
            "dbus-daemon",
            "dbus-broker",
            "dbus-broker-launch",
            "dockerd",
            "containerd",
            "containerd-shim",
            "containerd-shim-runc-v2",
            "runc",
            "crun",
            "conmon",
            "atd",
            "cron",
            "crond",
            "polkitd",
        ],
    ),
    (Os::Macos, &["launchd", "xpcproxy", "security_authtrampoline", "runningboardd"]),
];

/// Where only administrators write: what is called like a broker elsewhere is none.
const SYSTEM: [&str; 9] = [
    "C:\\Windows\\",
    "C:\\Program Files",
    "/usr/bin/",
    "/usr/sbin/",
    "/usr/lib",
    "/bin/",
    "/sbin/",
    "/lib",
    "/System/",
];

/// Objects that a process creates or opens itself.
const OBJECTS: [&str; 4] = ["named_pipe", "unix_path", "unix_abstract", "fifo"];

/// The file name of an image, in lower case.
fn name(image: Option<&str>) -> String {
    image.unwrap_or_default().rsplit(['\\', '/']).next().unwrap_or_default().to_lowercase()
}

/// What is wrong with the initiator of an alert.
fn fault(alert: &Alert) -> Option<String> {
    let who = &alert.initiator;
    let process = who.process.as_ref()?;
    if who.confidence < SURE {
        return None;
    }
    let os = match alert.analytic {
        "AN1357" => Os::Windows,
        "AN1358" => Os::Linux,
        _ => Os::Macos,
    };
    let image = name(process.image.as_deref());
    let is = |other: &Option<ipcsentry::report::ProcessInfo>| {
        other
            .as_ref()
            .is_some_and(|o| (o.pid, &o.unique_id, &o.image) == (process.pid, &process.unique_id, &process.image))
    };
    let brokers = BROKERS.iter().find(|(of, _)| *of == os).map_or(&[][..], |(_, names)| *names);
    let injects = alert.evidence.iter().any(|e| e.class == "injection" || e.also.contains(&"injection"));
    let said = || format!("{} {} names {image} ({})", alert.code, alert.severity, who.confidence);
    let is_systems = SYSTEM.iter().any(|folder| process.image.as_deref().unwrap_or_default().starts_with(folder));
    // Whoever created or opened the object itself is no broker there: it hosts what it never hosts.
    let owns = is(&alert.actor) && alert.ipc.as_ref().is_some_and(|ipc| OBJECTS.contains(&ipc.mechanism));
    if brokers.contains(&image.as_str()) && is_systems && !injects && !owns {
        return Some(format!("{}, a broker", said()));
    }
    (is(&alert.target) && !is(&alert.actor)).then(|| format!("{}, what was run", said()))
}

/// One row of the table.
fn row(of: &str, id: &str, alert: &Alert) -> String {
    let who = &alert.initiator;
    let whom = match who.process.as_ref().and_then(|p| p.image.as_deref()) {
        Some(image) => image.rsplit(['\\', '/']).next().unwrap_or(image),
        None => who.kind,
    };
    format!("{}\t{of}\t{id}\t{whom}\t{}\t{}", alert.code, who.confidence, who.reason.unwrap_or_default())
}

fn attacks() -> impl Iterator<Item = &'static Scenario> {
    scenario::all().iter().filter(|scenario| scenario.is_positive())
}

#[test]
fn every_initiator_is_the_reviewed_one() {
    let mut rows: BTreeSet<String> = BTreeSet::new();
    for scenario in attacks() {
        let alerts = raised(&scenario.variant(0), Policy::default());
        rows.extend(alerts.iter().map(|alert| row("scenario", scenario.id(), alert)));
    }
    let recordings = recordings::all();
    let is_recorded = |row: &str| row.split('\t').nth(1) == Some("recording");
    for recording in recordings.iter().flatten() {
        let Some(format) = recording.format else { continue };
        let alerts = hunt(format, &[&recording.bytes]).0;
        rows.extend(alerts.iter().map(|alert| row("recording", &recording.id, alert)));
    }
    if recordings.is_none() {
        assert!(!updates(), "the table is written where the recordings are");
        let golden = text(GOLDEN);
        rows.extend(golden.lines().filter(|row| is_recorded(row)).map(str::to_owned));
    }
    let head = "behavior\tfrom\tid\tinitiator\tconfidence\thow it is known\n";
    let table: String = rows.iter().map(|row| format!("{row}\n")).collect();
    if updates() && !file(GOLDEN).exists() {
        std::fs::write(file(GOLDEN), "").expect("a file");
    }
    keep_file(GOLDEN, &format!("{head}{table}"));
}

#[test]
fn no_alert_names_a_broker_or_what_was_run() {
    let mut wrong = BTreeSet::new();
    for scenario in attacks() {
        for seed in 0..4 {
            let alerts = raised(&scenario.variant(seed), Policy::default());
            wrong.extend(alerts.iter().filter_map(fault).map(|what| format!("{}: {what}", scenario.id())));
        }
    }
    for recording in recordings::all().iter().flatten() {
        let Some(format) = recording.format else { continue };
        let alerts = hunt(format, &[&recording.bytes]).0;
        wrong.extend(alerts.iter().filter_map(fault).map(|what| format!("{}: {what}", recording.id)));
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

/// A sensor that tells less may leave nobody to be named; it makes no broker and no payload the initiator.
#[test]
fn nor_where_a_sensor_tells_less() {
    let mut wrong = BTreeSet::new();
    for name in profiles::PROFILES {
        let profile = profiles::load(name);
        let os = profile.os().expect("a platform");
        for scenario in attacks().filter(|scenario| scenario.os() == os) {
            let alerts = profiles::hunt(&profile, &scenario.variant(0));
            wrong.extend(alerts.iter().filter_map(fault).map(|what| format!("{name}, {}: {what}", scenario.id())));
        }
        for recording in recordings::all().iter().flatten().filter(|r| r.platform == profile.platform) {
            let alerts = profiles::hunt_recording(&profile, recording).1;
            wrong.extend(alerts.iter().filter_map(fault).map(|what| format!("{name}, {}: {what}", recording.id)));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.into_iter().collect::<Vec<_>>().join("\n"));
}
