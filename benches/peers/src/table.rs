//! The least that anything with lineage does: a table of processes that is asked for three ancestors.

use std::collections::HashMap;

use ahash::RandomState;
use ipcsentry::event::{Event, Kind, UniqueId};

struct Process {
    parent: u128,
    flags: u64,
    last: i64,
}

/// Processes by GUID, and GUIDs by host and process id.
pub(crate) struct Table {
    processes: HashMap<u128, Process, RandomState>,
    by_pid: HashMap<u64, u128, RandomState>,
    hasher: RandomState,
}

impl Table {
    pub(crate) fn new() -> Self {
        let hasher = RandomState::with_seeds(1, 2, 3, 4);
        Self { processes: HashMap::with_hasher(hasher.clone()), by_pid: HashMap::with_hasher(hasher.clone()), hasher }
    }

    /// Learns from an event, and looks up who acts, three ancestors, and the target.
    pub(crate) fn feed(&mut self, event: &Event<'_>) -> u64 {
        let Some(key) = guid(event.actor.unique_id) else { return 0 };
        let parent = guid(event.parent.unique_id).unwrap_or_default();
        let process = self.processes.entry(key).or_insert(Process { parent, flags: 1, last: 0 });
        process.last = event.time.0;
        if parent != 0 {
            process.parent = parent;
        }
        let (mut found, mut ancestor) = (process.flags, process.parent);
        if let Some(pid) = event.actor.pid {
            let place = self.hasher.hash_one(event.host) ^ u64::from(pid);
            found ^= *self.by_pid.entry(place).or_insert(key) as u64;
        }
        for _ in 0..3 {
            let Some(process) = self.processes.get(&ancestor) else { break };
            found += process.flags;
            ancestor = process.parent;
        }
        if let Kind::ProcessAccess(access) = &event.kind
            && let Some(target) = guid(access.target.unique_id).and_then(|target| self.processes.get(&target))
        {
            found += target.flags;
        }
        found
    }
}

fn guid(id: UniqueId<'_>) -> Option<u128> {
    match id {
        UniqueId::Guid(guid) => Some(u128::from_ne_bytes(guid)),
        _ => None,
    }
}
