//! Tuning with proof: which attacks the entries of a policy would hide, and the narrowest entries that silence given alerts.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::{Expectation, Scenario, all};
use crate::baseline::Baseline;
use crate::engine::Engine;
use crate::limits::Limits;
use crate::names::stable_pattern;
use crate::policy::Policy;
use crate::report::Alert;
use crate::rules::Catalog;

/// Lists of a policy whose entries cover alerts.
const LISTS: [&str; 2] = ["elements", "suppressions"];
/// What an entry says of where, when and as whom: an attack may happen there, then, and as that user, and what runs in a
/// signed program has its signer.
const SCOPES: [&str; 6] = ["host", "group", "user", "signer", "hours", "expires"];
/// What makes an entry of an alert narrower.
const ATTRIBUTES: [&str; 6] = ["host", "initiator_image", "actor_image", "target_image", "ipc_name", "user"];
/// Every attack is tried as it is written and in this many variants.
const VARIANTS: u64 = 3;
/// Attacks that are tried in one engine, each on a host of its own.
const TOGETHER: usize = 64;

/// An attack that an entry of a policy would hide.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Loss {
    /// The entry's JSON path, `suppressions[2]`.
    pub entry: String,
    /// The id of the scenario.
    pub scenario: String,
    /// The code of the behavior that it is about.
    pub behavior: String,
}

/// What was found for some alerts that are benign.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Suggestion {
    /// The ids of the alerts.
    pub alerts: Vec<String>,
    /// The entry of `suppressions` that covers them and those equal to them; `None` where none is specific enough.
    pub entry: Option<Value>,
    /// Why there is no entry.
    pub why_not: Option<String>,
    /// The ids of the attacks that the entry would hide, in order: take it over only where these cannot happen.
    pub hides: Vec<String>,
}

impl Suggestion {
    /// Whether the entry hides no attack that is known here.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.entry.is_some() && self.hides.is_empty()
    }
}

/// The attacks that each entry of a policy would hide, if they happened on its hosts, at its times and as its users: every
/// built-in attack is tried as it is written and in variants. The scope of an entry does not count, because nothing keeps an
/// attacker out of it. An attack counts where the alert that is due is not raised; several entries that hide it together are
/// all named. Exact in what it names as hidden only for these attacks: silence about an entry is no proof for any other.
///
/// ```
/// use ipcsentry::{Catalog, Policy, scenario};
/// let policy = Policy::from_json(br#"{"suppressions": [
///     {"behavior": "L02", "host": "web-1", "user": "deploy"},
///     {"behavior": "L02", "host": "web-1", "initiator_image": "/opt/deploy/agent"}
/// ]}"#)?;
/// let losses = scenario::losses(&policy, &Catalog::builtin());
/// assert!(losses.iter().any(|loss| loss.entry == "suppressions[0]" && loss.behavior == "L02"));
/// assert!(losses.iter().all(|loss| loss.entry != "suppressions[1]"));
/// # Ok::<(), ipcsentry::policy::PolicyError>(())
/// ```
#[must_use]
pub fn losses(policy: &Policy, catalog: &Catalog) -> Vec<Loss> {
    let Some(unscoped) = unscoped(policy, catalog) else { return Vec::new() };
    let attacks: Vec<&Scenario> = all().iter().filter(|scenario| scenario.is_positive()).collect();
    let mut found = BTreeSet::new();
    for seed in 0..=VARIANTS {
        for group in attacks.chunks(TOGETHER) {
            let variants: Vec<Scenario> = group.iter().map(|scenario| scenario.variant(seed)).collect();
            hidden(&variants, &unscoped, catalog, &mut found);
        }
    }
    found.into_iter().collect()
}

/// The attacks that a baseline would lower or hide, if they happened on hosts of its groups: as [`losses`], with every
/// built-in attack and its variants, judged by the policy with the baseline and without it. An attack counts where the
/// alert that is due has less than its severity with the baseline alone. `entry` is the group; empty for hosts of none.
///
/// ```
/// use ipcsentry::{Catalog, Policy, baseline::Baseline, scenario};
/// assert!(scenario::lowered(&Baseline::default(), &Policy::default(), &Catalog::builtin()).is_empty());
/// ```
#[must_use]
pub fn lowered(baseline: &Baseline, policy: &Policy, catalog: &Catalog) -> Vec<Loss> {
    let attacks: Vec<&Scenario> = all().iter().filter(|scenario| scenario.is_positive()).collect();
    let baseline = Arc::new(baseline.clone());
    let mut found = BTreeSet::new();
    for group in baseline.groups() {
        let Some(policy) = in_group(policy, group, catalog) else { continue };
        for seed in 0..=VARIANTS {
            for attacks in attacks.chunks(TOGETHER) {
                let variants: Vec<Scenario> = attacks.iter().map(|scenario| scenario.variant(seed)).collect();
                let with = alerts(&variants, &policy, catalog, Some(Arc::clone(&baseline))).raised;
                let without = alerts(&variants, &policy, catalog, None).raised;
                for (number, attack) in variants.iter().enumerate() {
                    let host = host(number);
                    let is_found = |alerts: &[Alert]| alerts.iter().any(|a| a.host == host && is_due(attack, a));
                    if is_found(&without) && !is_found(&with) {
                        let (scenario, behavior) = (attack.id().to_string(), attack.behavior().to_string());
                        found.insert(Loss { entry: group.to_string(), scenario, behavior });
                    }
                }
            }
        }
    }
    found.into_iter().collect()
}

/// A policy by which the hosts where attacks are tried are in a group, or in none if it has no name.
fn in_group(policy: &Policy, group: &str, catalog: &Catalog) -> Option<Policy> {
    let mut written = policy.to_json();
    let mut groups = Map::new();
    if !group.is_empty() {
        groups.insert(group.to_string(), "attack-*".into());
    }
    // Entries of other groups cover nothing here.
    for list in LISTS {
        if let Some(entries) = written[list].as_array_mut() {
            entries.retain(|entry| entry["group"].is_null() || entry["group"] == group);
        }
    }
    written["groups"] = groups.into();
    Policy::for_catalog(written.to_string().as_bytes(), catalog).ok()
}

/// The narrowest entries that cover alerts which are benign, given as parsed JSON, and the attacks that each would hide. An
/// entry names the behavior and all of host, user, initiator, actor, target and IPC object that stay the same from run to
/// run, at least two of them; alerts that differ in the host alone share one. What is no alert is refused in its own words.
///
/// ```
/// use ipcsentry::{Catalog, scenario};
/// let alert = serde_json::json!({"id": "a1", "suppress": null, "not_suppressible": "too little is known"});
/// let suggestions = scenario::suggest(&[alert], &Catalog::builtin());
/// assert_eq!(suggestions[0].why_not.as_deref(), Some("too little is known"));
/// ```
#[must_use]
pub fn suggest(benign: &[Value], catalog: &Catalog) -> Vec<Suggestion> {
    let mut suggestions: Vec<Suggestion> = Vec::new();
    for alert in benign {
        let id = alert["id"].as_str().unwrap_or_default().to_string();
        let (entry, why_not) = match entry(alert) {
            Ok(entry) => (Some(entry), None),
            Err(why) => (None, Some(why)),
        };
        let same = |known: &&mut Suggestion| match (&known.entry, &entry) {
            (Some(one), Some(other)) => without_host(one) == without_host(other),
            (None, None) => known.why_not == why_not,
            _ => false,
        };
        match suggestions.iter_mut().find(same) {
            Some(known) => {
                known.alerts.push(id);
                if let (Some(one), Some(other)) = (&mut known.entry, &entry) {
                    add_host(one, &other["host"]);
                }
            }
            None => suggestions.push(Suggestion { alerts: [id].into(), entry, why_not, hides: Vec::new() }),
        }
    }
    prove(&mut suggestions, catalog);
    suggestions
}

/// Fills in what each entry hides. An entry that the catalog does not take is refused.
fn prove(suggestions: &mut [Suggestion], catalog: &Catalog) {
    for suggestion in suggestions.iter_mut() {
        let Some(entry) = &suggestion.entry else { continue };
        if let Err(error) = read(&[entry], catalog) {
            (suggestion.entry, suggestion.why_not) = (None, Some(error));
        }
    }
    let entries: Vec<&Value> = suggestions.iter().filter_map(|suggestion| suggestion.entry.as_ref()).collect();
    let Ok(policy) = read(&entries, catalog) else { return };
    let losses = losses(&policy, catalog);
    for (at, suggestion) in suggestions.iter_mut().filter(|suggestion| suggestion.entry.is_some()).enumerate() {
        let path = format!("suppressions[{at}]");
        let own = losses.iter().filter(|loss| loss.entry == path);
        suggestion.hides = own.map(|loss| loss.scenario.clone()).collect();
    }
}

fn read(entries: &[&Value], catalog: &Catalog) -> Result<Policy, String> {
    let text = json!({ "suppressions": entries }).to_string();
    Policy::for_catalog(text.as_bytes(), catalog).map_err(|error| error.to_string())
}

/// The entry of one alert: the one that it names, and the images of actor and target where they stay the same.
fn entry(alert: &Value) -> Result<Value, String> {
    let Some(own) = alert["suppress"]["suppressions"][0].as_object() else {
        return Err(alert["not_suppressible"]
            .as_str()
            .unwrap_or("it is no alert of `hunt --output ndjson`")
            .to_string());
    };
    let mut entry: Map<String, Value> = own.clone();
    let initiator = &alert["initiator"]["process"]["image"];
    for (attribute, party) in [("actor_image", "actor"), ("target_image", "target")] {
        let image = alert[party]["image"].as_str().filter(|image| Some(*image) != initiator.as_str());
        let pattern = image.and_then(|image| stable_pattern(image, true));
        entry.extend(pattern.map(|pattern| (attribute.to_string(), pattern.into())));
    }
    match ATTRIBUTES.iter().filter(|name| entry.contains_key(**name)).count() {
        0 | 1 => Err("fewer than two of its attributes stay the same from run to run".to_string()),
        _ => Ok(entry.into()),
    }
}

fn without_host(entry: &Value) -> Map<String, Value> {
    let mut rest = entry.as_object().cloned().unwrap_or_default();
    // An entry without a host holds on all, and is no entry of one host.
    let has_host = rest.remove("host").is_some();
    rest.insert("has_host".to_string(), has_host.into());
    rest
}

/// Adds a host to the hosts of an entry, each once.
fn add_host(entry: &mut Value, host: &Value) {
    let known = &entry["host"];
    if host.is_null() || known == host || known.as_array().is_some_and(|hosts| hosts.contains(host)) {
        return;
    }
    let mut hosts = known.as_array().cloned().unwrap_or_else(|| [known.clone()].into());
    hosts.push(host.clone());
    entry["host"] = hosts.into();
}

/// The host of an attack that is tried.
fn host(number: usize) -> String {
    format!("attack-{number}")
}

/// A policy of the same entries, in the same places, on the hosts where attacks are tried. `None` without entries.
fn unscoped(policy: &Policy, catalog: &Catalog) -> Option<Policy> {
    let written = policy.to_json();
    let mut lists: Map<String, Value> = Map::new();
    for list in LISTS {
        let entries = written[list].as_array().into_iter().flatten().map(|entry| {
            let mut entry = entry.as_object().cloned().unwrap_or_default();
            // A window holds for whole behaviors and takes no scope.
            if !entry.contains_key("window") {
                SCOPES.iter().for_each(|scope| drop(entry.remove(*scope)));
                entry.insert("host".to_string(), "attack-*".into());
            }
            Value::Object(entry)
        });
        lists.insert(list.to_string(), entries.collect::<Vec<Value>>().into());
    }
    let is_empty = LISTS.iter().all(|list| lists[*list].as_array().is_none_or(Vec::is_empty));
    let text = Value::Object(lists).to_string();
    // A policy that was read is read again: its entries are the same but for their scope.
    Policy::for_catalog(text.as_bytes(), catalog).ok().filter(|_| !is_empty)
}

/// Adds the attacks whose alert is not raised, with the entries that cover their alerts. Where one engine cannot keep all
/// that is covered, the attacks are tried by halves: an alert that was dropped would leave its entry unnamed.
fn hidden(attacks: &[Scenario], policy: &Policy, catalog: &Catalog, found: &mut BTreeSet<Loss>) {
    let Tried { raised, covered, is_whole } = alerts(attacks, policy, catalog, None);
    if !is_whole && attacks.len() > 1 {
        let (one, other) = attacks.split_at(attacks.len() / 2);
        hidden(one, policy, catalog, found);
        return hidden(other, policy, catalog, found);
    }
    for (number, attack) in attacks.iter().enumerate() {
        let host = host(number);
        if raised.iter().any(|alert| alert.host == host && is_due(attack, alert)) {
            continue;
        }
        for path in covered.iter().filter(|alert| alert.host == host).flat_map(|alert| &alert.suppressed_by) {
            let (scenario, behavior) = (attack.id().to_string(), attack.behavior().to_string());
            found.insert(Loss { entry: path.clone(), scenario, behavior });
        }
    }
}

/// What came of attacks, each on a host of its own.
struct Tried {
    raised: Vec<Alert>,
    /// Alerts that entries of the policy cover.
    covered: Vec<Alert>,
    /// Whether all of those could be kept.
    is_whole: bool,
}

fn alerts(attacks: &[Scenario], policy: &Policy, catalog: &Catalog, baseline: Option<Arc<Baseline>>) -> Tried {
    let mut limits = Limits::default();
    (limits.lateness, limits.max_alerts) = (i64::MAX / 4, 1 << 14);
    let mut engine = Engine::new(catalog.clone(), policy.clone(), limits);
    engine.set_baseline(baseline);
    for (number, attack) in attacks.iter().enumerate() {
        let host = host(number);
        for mut event in attack.events() {
            event.host = host.as_bytes();
            engine.feed(&event);
        }
    }
    engine.flush();
    let is_whole = engine.stats().suppressed_dropped == 0;
    let raised = core::iter::from_fn(|| engine.poll_alert()).collect();
    let covered = core::iter::from_fn(|| engine.poll_suppressed()).collect();
    Tried { raised, covered, is_whole }
}

/// Whether an alert is one that the attack should lead to, whoever it names.
fn is_due(attack: &Scenario, alert: &Alert) -> bool {
    match attack.expect() {
        Expectation::Alert { codes, severity, .. } => codes.contains(&alert.code) && alert.level >= *severity,
        Expectation::Quiet => false,
    }
}
