//! The chain of an alert: its initiator, IPC object, target and lineage, in the order in which they are drawn.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use crate::view::{base_name, list, object, text, word};

/// A process, a remote caller or an IPC object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The same for the same process or object of one alert.
    pub key: String,
    /// `process`, `remote`, `unknown` or `ipc`.
    pub kind: String,
    /// Name and pid; the mechanism.
    pub label: String,
    /// The command line or path; the user and address; the object's name.
    pub detail: String,
    /// The path of the image, of a process.
    pub image: String,
    /// How it is tied to the node before it in its row; empty for the first.
    pub edge: String,
}

/// The two rows of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Initiator, actor, IPC object and target, each once.
    pub drive: Vec<Node>,
    /// The ancestors of the target or actor, the farthest first, and itself.
    pub lineage: Vec<Node>,
}

impl Chain {
    /// The initiator, which a chain always has.
    #[must_use]
    pub fn initiator(&self) -> Option<&Node> {
        self.drive.first()
    }
}

/// The chain of an alert.
#[must_use]
pub fn chain(alert: &Value) -> Chain {
    let who = &alert["initiator"];
    let initiator = object(who, "process").map_or_else(|| nobody(who), process);
    let actor = object(alert, "actor").map(process);
    let target = object(alert, "target").map(process);
    let mut drive = Vec::from([initiator]);
    let mut add = |node: Option<Node>, edge: &str| {
        let node = node.filter(|node| drive.iter().all(|known| known.key != node.key));
        drive.extend(node.map(|node| Node { edge: edge.to_owned(), ..node }));
    };
    // An actor that is the target stands at the end, behind the object.
    let is_target = |actor: &Node| target.as_ref().is_some_and(|target| target.key == actor.key);
    add(actor.clone().filter(|actor| !is_target(actor)), "initiates");
    add(object(alert, "ipc").map(ipc), "acts on");
    add(target.clone(), "reaches");
    let mut lineage: Vec<Node> = target.or(actor).into_iter().collect();
    if !lineage.is_empty() {
        for step in list(alert, "lineage") {
            if let Some(below) = lineage.last_mut() {
                below.edge = word(step, "edge").to_owned();
            }
            lineage.push(process(&step["process"]));
        }
        lineage.reverse();
    }
    Chain { drive, lineage }
}

fn process(of: &Value) -> Node {
    let image = word(of, "image");
    let name = if image.is_empty() { "?" } else { base_name(image) };
    let pid = of["pid"].as_u64();
    Node {
        key: text(of, "unique_id").map_or_else(|| format!("{pid:?} {image}"), ToString::to_string),
        kind: "process".to_owned(),
        label: pid.map_or_else(|| name.to_owned(), |pid| format!("{name} [{pid}]")),
        detail: text(of, "command_line").unwrap_or(image).to_owned(),
        image: image.to_owned(),
        edge: String::new(),
    }
}

/// An initiator that is no process of the host.
fn nobody(who: &Value) -> Node {
    let kind = text(who, "kind").unwrap_or("unknown");
    let label = text(who, "user").or_else(|| text(who, "address")).unwrap_or(kind);
    Node {
        key: format!("{kind} {} {}", word(who, "user"), word(who, "address")),
        kind: kind.to_owned(),
        label: label.to_owned(),
        detail: text(who, "address").unwrap_or_else(|| word(who, "reason")).to_owned(),
        image: String::new(),
        edge: String::new(),
    }
}

fn ipc(of: &Value) -> Node {
    Node {
        key: format!("ipc {} {}", word(of, "mechanism"), word(of, "name")),
        kind: "ipc".to_owned(),
        label: word(of, "mechanism").replace('_', " "),
        detail: word(of, "name").to_owned(),
        image: String::new(),
        edge: String::new(),
    }
}
