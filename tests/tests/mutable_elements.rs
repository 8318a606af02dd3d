//! Every mutable element does what it is for: of each behavior that it fits, an attack is silenced by an entry of it, and
//! nothing else is; and the same attack, where it differs in what the entry names, stays loud.
//!
//! The entries are made of what the attack itself shows: for each process of it, one that names its image. Some process
//! has to be whom the entry is about.

use std::collections::{BTreeMap, BTreeSet};

use ipcsentry::event::Kind;
use ipcsentry::rules::{Element, Party};
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Alert, Catalog, Policy};
use ipcsentry_tests::attacks::raised;
use serde_json::{Value, json};

/// Attacks of a behavior that are tried.
const TRIED: usize = 12;

fn policy(entry: &Value) -> Policy {
    let text = json!({ "elements": [entry] }).to_string();
    Policy::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {entry}"))
}

/// The ids of alerts, with those of the behavior apart.
fn ids<'a>(alerts: &'a [Alert], code: &str) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
    let of = |own: bool| alerts.iter().filter(|a| (a.code == code) == own).map(|a| a.id.as_str()).collect();
    (of(true), of(false))
}

/// Whether an entry silences all alerts of the behavior in an attack, and no other.
fn silences(entry: &Value, attack: &Scenario, code: &str, before: &[Alert]) -> bool {
    let after = raised(attack, policy(entry));
    let ((_, others), (left, others_left)) = (ids(before, code), ids(&after, code));
    left.is_empty() && others == others_left
}

/// Whether an entry leaves all alerts of the behavior in an attack.
fn leaves(entry: &Value, attack: &Scenario, code: &str, before: &[Alert]) -> bool {
    ids(&raised(attack, policy(entry)), code).0 == ids(before, code).0
}

/// The images of all processes of an attack, as they are written.
fn images(attack: &Scenario) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |image: Option<ipcsentry::event::Text<'_>>| {
        found.extend(image.map(|text| String::from_utf8_lossy(text).into_owned()));
    };
    for event in attack.events() {
        add(event.actor.image);
        add(event.parent.image);
        match &event.kind {
            Kind::ProcessAccess(k) => add(k.target.image),
            Kind::RemoteThread(k) => add(k.target.image),
            Kind::MemoryWrite(k) => add(k.target.image),
            Kind::FdDup(k) => add(k.target.image),
            _ => {}
        }
    }
    found
}

/// The users of all processes of an attack.
fn users(attack: &Scenario) -> BTreeSet<String> {
    let events = attack.events();
    let users = events.iter().filter_map(|event| event.actor.user);
    users.map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

/// An attack with what it raises.
struct Attack {
    scenario: Scenario,
    alerts: Vec<Alert>,
}

/// Attacks by the code of a behavior that they raise.
fn attacks() -> BTreeMap<String, Vec<Attack>> {
    let mut found: BTreeMap<String, Vec<Attack>> = BTreeMap::new();
    for scenario in scenario::all().iter().filter(|scenario| scenario.is_positive()) {
        let scenario = scenario.run(0, 1);
        let alerts = raised(&scenario, Policy::default());
        let code = scenario.behavior().to_owned();
        if alerts.iter().any(|alert| alert.code == code) {
            found.entry(code).or_default().push(Attack { scenario, alerts });
        }
    }
    found
}

/// An entry of an element for one behavior on one host, and whom it is about.
fn entry(element: Element, code: &str, party: Option<Party>, host: &str) -> Value {
    let mut entry = json!({"element": element.name(), "behavior": code, "host": host, "allow_critical": true});
    if let Some(party) = party {
        entry["subject"] = party.name().into();
    }
    entry
}

/// An entry of the element and party that silences the attack by naming one of its images, if there is one; the same
/// entry for another image and for another host leaves it.
fn proven(attack: &Attack, code: &str, element: Element, party: Option<Party>) -> bool {
    let Attack { scenario, alerts } = attack;
    let host = alerts.iter().find(|alert| alert.code == code).map_or("", |alert| alert.host.as_str());
    let images = images(scenario).into_iter().map(|image| ("image", image));
    // Who comes from another host has a name and no program.
    for (attribute, text) in images.chain(users(scenario).into_iter().map(|user| ("user", user))) {
        let mut own = entry(element, code, party, host);
        own[attribute] = json!({ "exact": text });
        if !silences(&own, scenario, code, alerts) {
            continue;
        }
        let mut other = own.clone();
        other[attribute] = json!({"exact": format!("{text}z")});
        assert!(leaves(&other, scenario, code, alerts), "{}: {other} covers another {attribute}", scenario.id());
        let mut elsewhere = own.clone();
        elsewhere["host"] = format!("{host}z").into();
        assert!(leaves(&elsewhere, scenario, code, alerts), "{}: {elsewhere} covers another host", scenario.id());
        return true;
    }
    false
}

#[test]
fn every_element_silences_an_attack_of_each_behavior_that_it_fits_and_nothing_else() {
    let (catalog, attacks) = (Catalog::builtin(), attacks());
    let (mut wrong, mut pairs) = (Vec::new(), 0);
    for rule in catalog.rules().iter().filter(|rule| rule.alerts) {
        let elements = catalog.elements(&rule.code);
        let by_image = elements.iter().filter(|e| !matches!(e, Element::AccessMask | Element::TimeWindow));
        assert!(by_image.clone().next().is_some(), "{} has no element", rule.code);
        for element in by_image {
            pairs += 1;
            let of = attacks.get(&rule.code).map_or(&[][..], Vec::as_slice);
            let every = std::iter::once(None).chain(catalog.parties(&rule.code).into_iter().map(Some));
            let is_proven =
                { every }.any(|party| of.iter().take(TRIED).any(|attack| proven(attack, &rule.code, *element, party)));
            if !is_proven {
                wrong.push(format!("{} {}", rule.code, element.name()));
            }
        }
    }
    assert!(pairs > 150, "{pairs}");
    assert!(wrong.is_empty(), "no attack is silenced by: {}", wrong.join(", "));
}

#[test]
fn every_subject_is_somebody_in_some_attack_of_each_behavior() {
    let (catalog, attacks) = (Catalog::builtin(), attacks());
    let (mut missing, mut count) = (Vec::new(), 0);
    for rule in catalog.rules().iter().filter(|rule| rule.alerts) {
        let element = *catalog.elements(&rule.code).first().expect("each has one");
        for party in catalog.parties(&rule.code) {
            count += 1;
            let of = attacks.get(&rule.code).map_or(&[][..], Vec::as_slice);
            if !of.iter().any(|attack| proven(attack, &rule.code, element, Some(party))) {
                missing.push(format!("{} {}", rule.code, party.name()));
            }
        }
    }
    // Who made an object or asked for a service is not always a process of the host, or is not recorded.
    assert!(missing.len() * 10 < count, "{} of {count}: {}", missing.len(), missing.join(", "));
}

#[test]
fn a_window_that_is_shorter_than_an_attack_silences_it() {
    let (catalog, attacks) = (Catalog::builtin(), attacks());
    let (mut left, mut silenced) = (Vec::new(), 0);
    for rule in catalog.rules().iter().filter(|rule| rule.alerts) {
        if !catalog.elements(&rule.code).contains(&Element::TimeWindow) {
            continue;
        }
        let window = |seconds: f64| json!({"element": "TimeWindow", "behavior": rule.code, "window": seconds, "allow_critical": true});
        let of = attacks.get(&rule.code).map_or(&[][..], Vec::as_slice);
        // The longest window still sees it.
        let is_silenced = of.iter().any(|Attack { scenario, alerts }| {
            let short = [1.0, 0.1, 0.001].iter().any(|s| silences(&window(*s), scenario, &rule.code, alerts));
            short && leaves(&window(604_800.0), scenario, &rule.code, alerts)
        });
        match is_silenced {
            true => silenced += 1,
            // A weaker form of one record is left, or all happens at once.
            false => left.push(rule.code.as_str()),
        }
    }
    println!("left by the shortest window: {}", left.join(", "));
    assert!(silenced > 40, "{silenced} are silenced; left: {}", left.join(", "));
}

#[test]
fn rights_that_prove_nothing_silence_what_depends_on_them() {
    let (catalog, attacks) = (Catalog::builtin(), attacks());
    let (mut wrong, mut count) = (Vec::new(), 0);
    for rule in catalog.rules().iter().filter(|rule| rule.alerts) {
        if !catalog.elements(&rule.code).contains(&Element::AccessMask) {
            continue;
        }
        count += 1;
        let of = attacks.get(&rule.code).map_or(&[][..], Vec::as_slice);
        let is_proven = of.iter().any(|Attack { scenario, alerts }| {
            let host = &alerts[0].host;
            let with = |rights: &str| {
                let mut entry = entry(Element::AccessMask, &rule.code, None, host);
                entry["access"] = rights.into();
                entry
            };
            silences(&with("0x1fffff"), scenario, &rule.code, alerts)
                && leaves(&with("0x1000"), scenario, &rule.code, alerts)
        });
        if !is_proven {
            wrong.push(rule.code.as_str());
        }
    }
    assert!(count > 0 && wrong.is_empty(), "{count}; no attack is silenced by rights of {}", wrong.join(", "));
}
