//! The documents below `core/docs` say what the catalogue says.

use ipcsentry_tests::document::{keep_file, keep_part};
use ipcsentry_tests::navigator::{faults, layer};
use ipcsentry_tests::tables::{PLATFORMS, behaviour_table, record_table};
use serde_json::json;

#[test]
fn the_tables_of_behaviours_are_the_catalogues() {
    for (os, name, _) in PLATFORMS {
        let name = name.to_lowercase();
        keep_part("core/docs/behaviours.md", &name, &behaviour_table(os));
        keep_part("core/docs/behaviours.md", &format!("{name}-records"), &record_table(os));
    }
}

#[test]
fn the_navigators_layer_is_the_catalogues() {
    let layer = layer();
    assert_eq!(faults(&layer), Vec::<String>::new());
    keep_file("core/docs/navigator.json", &format!("{layer:#}\n"));
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
        let mut layer = layer();
        layer[member] = broken;
        assert_eq!(faults(&layer), [fault]);
    }
}
