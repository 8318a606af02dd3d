//! The positions of values without names agree with recorded logs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ipcsentry::decode::Format;
use ipcsentry_tests::layouts::templates;
use ipcsentry_tests::recordings;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

#[test]
fn recorded_logs_have_their_data_in_the_order_of_the_templates() {
    let Some(recordings) = recordings::all() else { return };
    let mut known: BTreeMap<(String, u64), BTreeSet<Vec<String>>> = BTreeMap::new();
    for (provider, id, names) in templates() {
        let names = names.into_iter().map(|name| name.trim_start_matches("UserData.").to_owned()).collect();
        known.entry((provider.to_owned(), id)).or_default().insert(names);
    }
    let (mut compared, mut wrong) = (BTreeSet::new(), BTreeSet::new());
    for recording in recordings.iter().filter(|recording| recording.format == Some(Format::EvtxJson)) {
        for line in recording.bytes.split(|&byte| byte == b'\n') {
            let Ok(Record { event: Event { system, data: Some(Names(names)) } }) = serde_json::from_slice(line) else {
                continue;
            };
            let provider = &system["Provider"];
            let provider = provider["#attributes"]["Name"].as_str().or(provider["Name"].as_str());
            let Some(key) = provider.map(str::to_owned).zip(system["EventID"].as_u64()) else { continue };
            // Records of other versions have more values or fewer.
            let mut templates = known.get(&key).into_iter().flatten();
            let Some(template) = templates.find(|template| template.len() == names.len()) else { continue };
            if *template != names {
                wrong.insert(format!("{key:?}: {names:?}"));
            }
            compared.insert((key, names.len()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(compared.len() > 25, "{compared:#?}");
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "Event")]
    event: Event,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "System")]
    system: Value,
    #[serde(rename = "EventData")]
    data: Option<Names>,
}

/// The names of an object's members, in their order.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Names;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
                    names.push(name);
                }
                names.retain(|name| name != "#attributes");
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
