//! The generated documents in `core/docs` match the catalog.

use std::collections::BTreeMap;

use ipcsentry::event::Os;
use ipcsentry::report::FleetCoverage;
use ipcsentry::rules::AttackVersion;
use ipcsentry::scenario::Profile;
use ipcsentry::{Catalog, Engine, Limits, Policy};
use ipcsentry_outputs::navigator;
use ipcsentry_tests::document::{keep_file, keep_part, text};
use ipcsentry_tests::navigator::{faults, layer};
use ipcsentry_tests::tables::{PLATFORMS, behavior_table, collect_list, read_records, record_table, reputation_table};
use serde_json::json;

#[test]
fn the_tables_of_behaviors_are_the_catalogs() {
    for (os, name, _) in PLATFORMS {
        let name = name.to_lowercase();
        keep_part("core/docs/behaviors.md", &name, &behavior_table(os));
        keep_part("core/docs/behaviors.md", &format!("{name}-records"), &record_table(os));
    }
    keep_part("core/docs/behaviors.md", "reputations", &reputation_table());
}

#[test]
fn what_hunt_says_to_collect_is_what_behaviors_read() {
    keep_file("core/examples/hunt/collect.tsv", &collect_list());
}

#[test]
fn every_record_of_windows_that_is_promised_is_read_or_said_not_to_be() {
    let promised: [(&str, &[u64]); 4] = [
        ("Sysmon", &[1, 3, 4, 5, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 25, 255]),
        ("Security", &[4624, 4648, 4656, 4657, 4663, 4670, 4688, 4689, 4697, 4698, 5145]),
        ("System", &[7045, 10016, 10028]),
        ("WmiActivity", &[5857, 5858, 5859, 5860, 5861]),
    ];
    let document = text("core/docs/behaviors.md");
    let (_, unread) = document.split_once("Read by nothing").expect("the report names what is not read");
    let unread = unread.split("\n\n").next().unwrap_or_default();
    let read = read_records(Os::Windows);
    for (channel, codes) in promised {
        for &code in codes {
            let name = channel.replace("WmiActivity", "WMI-Activity");
            let is_said = unread.contains(&format!("{name} {code} ("));
            let word = channel.replace("WmiActivity", "wmi_activity").to_lowercase();
            let is_read = read.contains(&(word, code));
            assert!(is_read != is_said, "{channel} {code}: read or said not to be");
        }
    }
}

#[test]
fn the_navigators_layers_are_the_catalogs() {
    for (version, file) in [(AttackVersion::V19, "navigator.json"), (AttackVersion::V18, "navigator_v18.json")] {
        let layer = layer(version);
        assert_eq!(faults(&layer), Vec::<String>::new());
        keep_file(&format!("core/docs/{file}"), &format!("{layer:#}\n"));
    }
}

#[test]
fn the_navigators_layer_of_a_fleet_says_what_its_hosts_show() {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    for (_, profile) in Profile::builtin() {
        profile.send_all(&mut engine);
    }
    let fleet = FleetCoverage::of(&engine.coverage());
    let layer = navigator(&fleet);
    assert_eq!(faults(&layer), Vec::<String>::new());
    let techniques = layer["techniques"].as_array().expect("a list");
    for (id, due) in scores(&fleet) {
        let technique = techniques.iter().find(|one| one["techniqueID"] == *id).unwrap_or_else(|| panic!("no {id}"));
        assert!((technique["score"].as_f64().expect("a score") - due).abs() < 1.0, "{id}: {technique}, due is {due}");
    }
    assert_eq!(techniques.len(), scores(&fleet).len());
}

/// The percentage of its behaviors that hosts show, of each technique.
fn scores(fleet: &FleetCoverage) -> BTreeMap<&str, f64> {
    let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for behavior in &fleet.behaviors {
        for id in &behavior.techniques {
            let (shown, hosts) = sums.entry(id).or_default();
            *shown += behavior.full as f64 + behavior.degraded as f64 / 2.0;
            *hosts += (behavior.full + behavior.degraded + behavior.blind) as f64;
        }
    }
    sums.into_iter().map(|(id, (shown, hosts))| (id, 100.0 * shown / hosts)).collect()
}

#[test]
fn a_broken_layer_is_refused() {
    for (member, broken, fault) in [
        ("domain", json!("enterprise"), "domain"),
        ("versions", json!({"layer": "4.4", "navigator": "5.2.0"}), "versions.layer"),
        ("versions", json!({"layer": "4.5", "navigator": "4.8.9"}), "versions.navigator"),
        ("gradient", json!({"colors": ["#fff"], "minValue": 0, "maxValue": 1}), "gradient.colors"),
        ("techniques", json!([{"techniqueID": "T159", "score": 1, "comment": ""}]), "`T159` is no technique"),
    ] {
        let mut layer = layer(AttackVersion::default());
        layer[member] = broken;
        assert_eq!(faults(&layer), [fault]);
    }
}
