//! The policy entry that silences an alert and every repetition of it.

use alloc::format;
use alloc::string::String;

use serde_json::{Map, Value, json};

use super::alert::Alert;
use crate::derive::remote_exec;
use crate::names::stable_pattern;

/// Why an alert has no such entry.
const TOO_FEW: &str = "fewer than two of host, initiator, user and IPC object stay the same from run to run: an entry would silence others, too";

/// What an entry names besides the behavior.
const STABLE: [&str; 4] = ["host", "initiator_image", "ipc_name", "user"];

/// The entry as a policy, or why there is none. It names the behavior, the host, the initiator's image and user and the
/// IPC object, each without what changes with every run. `is_known`: the object is a reference
/// name or lies where only administrators write.
pub(super) fn suppress(alert: &Alert, is_known: bool) -> Result<Value, &'static str> {
    let text = |value: &str| (!value.is_empty()).then(|| String::from(value));
    let image = alert.initiator.process.as_ref().and_then(|p| p.image.as_deref());
    let object = alert.ipc.as_ref().and_then(|ipc| Some((ipc.mechanism, ipc.name.as_deref()?)));
    let object = object.and_then(|(mechanism, name)| match mechanism {
        // A class keeps its id.
        "com" => text(name),
        _ => stable_pattern(name, is_known).map(|pattern| match pattern.rsplit_once('-') {
            // Which stream of a remote command an alert names is chance.
            Some((instance, _)) if remote_exec::is_stream(name.as_bytes()) => format!("{instance}-std*"),
            _ => pattern,
        }),
    });
    let image = image.and_then(|image| stable_pattern(image, true));
    let stable = [text(&alert.host), image, object, alert.initiator.user.as_deref().and_then(text)];
    if stable.iter().flatten().count() < 2 {
        return Err(TOO_FEW);
    }
    let mut entry: Map<String, Value> = Map::new();
    if alert.severity == "critical" {
        entry.insert("allow_critical".into(), Value::Bool(true));
    }
    entry.insert("behavior".into(), alert.behavior.clone().into());
    entry.extend(STABLE.into_iter().zip(stable).filter_map(|(name, value)| Some((String::from(name), value?.into()))));
    Ok(json!({ "suppressions": [entry] }))
}

/// Narrows the entry of an alert's new revision to what it has in common with the last one, so that it covers every
/// form in which the alert was raised.
pub(crate) fn cover_both(earlier: &Alert, later: &mut Alert) {
    let entry = |alert: &Alert| alert.suppress["suppressions"][0].as_object().cloned();
    let (Some(before), Some(now)) = (entry(earlier), entry(later)) else {
        later.suppress = Value::Null;
        later.not_suppressible = later.not_suppressible.or(earlier.not_suppressible);
        return;
    };
    let mut both: Map<String, Value> = Map::new();
    for (name, value) in now.iter().chain(&before) {
        if before.get(name) == now.get(name) || name == "allow_critical" {
            both.insert(name.clone(), value.clone());
        }
    }
    let stable = both.keys().filter(|name| STABLE.contains(&name.as_str())).count();
    if stable < 2 {
        (later.suppress, later.not_suppressible) = (Value::Null, Some(TOO_FEW));
    } else {
        later.suppress = json!({ "suppressions": [both] });
    }
}
