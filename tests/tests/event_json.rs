//! An event survives the way through JSON with every detail, and what is no event is refused with its place.

use ipcsentry::_internal_test_exports as internal;
use ipcsentry::event::{Cell, Columns, Event, KindTag, UniqueId};
use ipcsentry::scenario;
use serde_json::{Value, json};

#[test]
fn every_kind_with_every_detail_is_read_back() {
    for kind in KindTag::ALL {
        for number in 0..8 {
            let mut event = internal::sample_event(*kind, number * 1000);
            // JSON does not say what kind of id a text is: one that looks like a GUID is one.
            if let UniqueId::Opaque(_) = event.actor.unique_id {
                event.actor.unique_id = UniqueId::None;
            }
            let json = event.to_json();
            assert_eq!(Event::from_json(&json).map(|read| read.to_json()), Ok(json.clone()), "{kind:?}");
            assert_eq!(Event::from_json(&json), Ok(event), "{json}");
        }
    }
}

/// Adds the paths and values of an object's members, as the columns of a row have them.
fn flatten<'v>(json: &'v Value, path: &str, out: &mut Vec<(String, Cell<'v>)>) {
    for (name, value) in json.as_object().expect("an object") {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let cell = match value {
            Value::Object(_) => {
                flatten(value, &path, out);
                continue;
            }
            Value::Null => Cell::Null,
            Value::Bool(truth) => Cell::Bool(*truth),
            Value::String(text) => Cell::Text(text.as_bytes()),
            Value::Number(number) => match number.as_i64() {
                Some(number) => Cell::Int(number),
                None => Cell::Uint(number.as_u64().expect("a whole number")),
            },
            Value::Array(_) => Cell::Other,
        };
        out.push((path, cell));
    }
}

/// The event of a row with the members of an object, among columns of other members that are null.
fn by_row(json: &Value, others: &[&str]) -> Result<Value, String> {
    let mut cells = Vec::new();
    flatten(json, "", &mut cells);
    let names = others.iter().copied().chain(cells.iter().map(|(name, _)| name.as_str()));
    let columns = Columns::new(&names.collect::<Vec<_>>());
    let cell = |column: usize| column.checked_sub(others.len()).map_or(Cell::Null, |column| cells[column].1);
    Event::from_row(&columns, cell).map(|event| event.to_json()).map_err(|error| error.to_string())
}

#[test]
fn a_row_with_the_same_members_gives_the_same_event() {
    let others =
        ["parent.pid", "actor.image", "kind.file_access.path", "kind.endpoint_create.peer.user", "x.y", "tag.z"];
    for kind in KindTag::ALL {
        for number in 0..8 {
            let json = internal::sample_event(*kind, number * 1000).to_json();
            let expected = Event::from_json(&json).map(|event| event.to_json()).map_err(|error| error.to_string());
            assert_eq!(by_row(&json, &[]), expected, "{kind:?}");
            let others: Vec<&str> = others
                .into_iter()
                .filter(|name| json.pointer(&format!("/{}", name.replace('.', "/"))).is_none())
                .collect();
            assert_eq!(by_row(&json, &others), expected, "{kind:?}");
        }
    }
    let json = internal::sample_event(KindTag::ProcessAccess, 3).to_json();
    let mut all = Vec::new();
    misspelled(&json, "", &mut all, &|whole| whole);
    for (path, wrong) in all {
        let expected = Event::from_json(&wrong).map(|event| event.to_json()).map_err(|error| error.to_string());
        assert_eq!(by_row(&wrong, &[]), expected, "{path}");
    }
}

#[test]
fn the_events_of_every_scenario_are_read_back() {
    for scenario in scenario::all() {
        for event in scenario.events() {
            let json = event.to_json();
            assert_eq!(Event::from_json(&json).map(|read| read.to_json()), Ok(json.clone()), "{}", scenario.id());
        }
    }
}

/// Renames each member of an object, one at a time.
fn misspelled(json: &Value, path: &str, out: &mut Vec<(String, Value)>, whole: &dyn Fn(Value) -> Value) {
    let Some(members) = json.as_object() else { return };
    for (name, member) in members {
        let own = if path.is_empty() { format!("{name}_") } else { format!("{path}.{name}_") };
        let mut other = members.clone();
        other.remove(name);
        other.insert(format!("{name}_"), member.clone());
        out.push((own, whole(other.into())));
        let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        misspelled(member, &below, out, &|inner| {
            let mut outer = members.clone();
            outer.insert(name.clone(), inner);
            whole(outer.into())
        });
    }
}

#[test]
fn a_misspelled_member_is_refused_at_its_place() {
    let json = internal::sample_event(KindTag::ProcessAccess, 3).to_json();
    let mut all = Vec::new();
    misspelled(&json, "", &mut all, &|whole| whole);
    assert!(all.len() > 50);
    for (path, wrong) in all {
        let error = Event::from_json(&wrong).expect_err(&path);
        // A kind of another name is an unknown kind, whose place is `kind`.
        assert!(error.path == path || (error.path == "kind" && path.starts_with("kind.")), "{path}: {error}");
    }
}

#[test]
fn values_of_wrong_types_are_refused() {
    let good = json!({"time": 1, "os": "linux", "tag": "process_end"});
    assert!(Event::from_json(&good).is_ok());
    for (name, value, what) in [
        ("time", json!("noon"), "time: not a time (RFC 3339, or nanoseconds since 1970)"),
        ("os", json!("beos"), "os: must be one of windows, linux, macos"),
        ("host", json!(1), "host: not a string"),
        ("actor", json!([]), "actor: not an object"),
        ("record", json!(-1), "record: the number is out of range"),
        ("time_is_envelope", json!("yes"), "time_is_envelope: not true or false"),
    ] {
        let mut wrong = good.clone();
        wrong[name] = value;
        assert_eq!(Event::from_json(&wrong).map_err(|error| error.to_string()), Err(what.into()));
    }
}
