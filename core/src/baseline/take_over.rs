//! What is usual as entries of a policy, for somebody to take over.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::acts::REMOTE;
use super::model::{Baseline, Known, Standing};
use super::relation::{LONGEST_NAME, RelationKind};
use crate::policy::Policy;

/// The attributes of a suppression that the names of an alert are, in their order behind the behavior.
const ATTRIBUTES: [&str; 4] = ["initiator_image", "actor_image", "target_image", "ipc_name"];
/// A name of at least so many bytes may have been cut.
const CUT: usize = LONGEST_NAME - 20;

impl Baseline {
    /// A policy with one more suppression for each alert that is usual, written as JSON for somebody to read and take
    /// over, and the usual alerts that have no entry because fewer than two of their names tell them from others. An
    /// entry names the behavior, the group and the templates, and says in its `reason` on how many hosts and days it
    /// was seen. It covers no critical alert.
    ///
    /// An entry is wider than what was learned: it says nothing of commands. `scenario::losses` names the attacks that
    /// it would hide.
    ///
    /// ```
    /// use ipcsentry::{Policy, baseline::Baseline};
    /// let (policy, left_out) = Baseline::default().to_policy(&Policy::default());
    /// assert_eq!((policy, left_out.len()), (Policy::default().to_json(), 0));
    /// ```
    #[must_use]
    pub fn to_policy(&self, policy: &Policy) -> (Value, Vec<Known>) {
        let mut written = policy.to_json();
        let (mut entries, mut left_out) = (Vec::new(), Vec::new());
        let alerts = self.sorted().into_iter().filter(|entry| entry.relation.kind == RelationKind::Alert);
        for known in alerts.map(|entry| entry.known(policy)).filter(|known| known.standing == Standing::Usual) {
            match suppression(&known) {
                Some(entry) => entries.push(Value::Object(entry)),
                None => left_out.push(known),
            }
        }
        if let Some(list) = written["suppressions"].as_array_mut() {
            list.extend(entries);
        }
        (written, left_out)
    }
}

fn suppression(known: &Known) -> Option<Map<String, Value>> {
    let mut entry = Map::new();
    let (behavior, names) = known.names.split_first()?;
    let tells = |name: &&String| name.len() < CUT && *name != REMOTE && name.bytes().any(|b| b.is_ascii_alphanumeric());
    for (attribute, name) in ATTRIBUTES.iter().zip(names).filter(|(_, name)| tells(name)) {
        entry.insert((*attribute).into(), name.as_str().into());
    }
    if entry.len() < 2 {
        return None;
    }
    entry.insert("behavior".into(), behavior.as_str().into());
    if !known.group.is_empty() {
        entry.insert("group".into(), known.group.as_str().into());
    }
    let Known { hosts, days, first_day, last_day, .. } = known;
    entry.insert("owner".into(), "baseline".into());
    entry.insert("reason".into(), format!("seen on {hosts} hosts on {days} days, {first_day} to {last_day}").into());
    Some(entry)
}
