//! The process table's records: who a process is, where it came from, what it touched.

use alloc::boxed::Box;

use super::ids::{EndpointId, ProcessId};
use super::principal::Principal;
use crate::event::{Integrity, Mechanism, Signing, UniqueId, guid_text};
use crate::rules::{ListBits, ReferenceId, Tags};
use crate::time::{SECOND, Timestamp};
use crate::util::hash::{Digest, Keyed};
use crate::util::intern::Sym;

/// Endpoints remembered of each process.
pub(crate) const LAST_ENDPOINTS: usize = 4;
/// Siblings started within this of one another belong to one job.
pub(super) const JOB_GAP: i64 = 2 * SECOND;
/// Members remembered of each job.
pub(crate) const JOB_MEMBERS: usize = 8;
/// Bytes of a command line that are kept.
pub(crate) const KEPT_COMMAND: usize = 2048;
/// Ancestors that are looked at.
pub(crate) const MAX_DEPTH: usize = 8;

/// A unique id in the form in which it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Only the pid and the time are known.
    Pid,
    /// A GUID, or what stands for an opaque id, its upper half first.
    Unique(u64, u64),
    /// macOS pidversions this process has had: exec gives it a new one.
    Versions(u32, u32),
}

impl Identity {
    pub(crate) fn of(id: UniqueId<'_>) -> Self {
        let unique = |(high, low)| Self::Unique(high, low);
        match id {
            UniqueId::None => Self::Pid,
            UniqueId::Guid(bytes) => {
                let n = u128::from_be_bytes(bytes);
                unique(((n >> 64) as u64, n as u64))
            }
            UniqueId::PidVersion(v) => Self::Versions(v, v),
            // It is put out, so it must not depend on the seed. Sensors make these ids, and 128 bits of SipHash are more
            // than anybody can search who would choose them.
            UniqueId::Opaque(text) => unique(Keyed::new(0).bytes(text).finish_digest().halves()),
        }
    }

    pub(crate) const fn is_known(self) -> bool {
        !matches!(self, Self::Pid)
    }

    /// Whether a reference with identity `other` may mean this process (pids being equal).
    pub(crate) fn may_be(self, other: Self) -> bool {
        match (self, other) {
            (Self::Versions(low, high), Self::Versions(v, _)) => low <= v && v <= high,
            (Self::Pid, _) | (_, Self::Pid) => true,
            (a, b) => a == b,
        }
    }
}

/// Where a process's last job stands: siblings that its parent started close together (a pipeline).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub(crate) number: u32,
    pub(crate) newest: Timestamp,
    pub(crate) members: [Option<ProcessId>; JOB_MEMBERS],
    pub(crate) next: u8,
}

impl Job {
    pub(crate) const fn new(number: u32, time: Timestamp) -> Self {
        Self { number, newest: time, members: [None; JOB_MEMBERS], next: 0 }
    }
}

/// How a process came to be tied to another one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// The other process.
    pub(crate) process: ProcessId,
    /// When.
    pub(crate) time: Timestamp,
    /// How sure, in thousandths.
    pub(crate) confidence: u16,
}

/// Who asked a broker for something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    /// The requester.
    pub(crate) by: Principal,
    /// How sure, in thousandths.
    pub(crate) confidence: u16,
}

/// One process. In the order of how often details are asked for: what nearly every event asks for lies together.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Process {
    pub(crate) identity: Identity,
    pub(crate) host: Digest,
    pub(crate) image: Option<Sym>,
    pub(crate) parent: Option<ProcessId>,
    pub(crate) user: Option<Sym>,
    /// Who injected it last.
    pub(crate) injected_by: Option<Link>,
    pub(crate) integrity: Option<Integrity>,
    pub(crate) signing: Option<Signing>,
    next_endpoint: u8,
    /// Which of `endpoints` it created, one bit each.
    created: u8,
    /// It has made or accepted a connection to the network, which its children may have inherited.
    pub(crate) networked: bool,
    pub(crate) pid: Option<u32>,
    pub(crate) session: Option<u64>,
    /// When it was first heard of.
    pub(crate) first_seen: Timestamp,
    /// When it was last heard of.
    pub(crate) last_seen: Timestamp,
    /// When it started, once a record said so.
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
    pub(crate) original_file_name: Option<Sym>,
    pub(crate) signer: Option<Sym>,
    pub(crate) terminal: Option<Sym>,
    pub(crate) argument_count: Option<u32>,
    pub(crate) uid: Option<u32>,
    pub(crate) auid: Option<u32>,
    /// Fixed at birth: what descends from one start outside the brokers shares it.
    pub(crate) lineage: Digest,
    /// The job it belongs to: (parent, number).
    pub(crate) job: Option<(ProcessId, u32)>,
    /// The last job of its own children; boxed because most have none.
    pub(crate) children: Option<Box<Job>>,
    pub(crate) command_line: Option<Box<[u8]>>,
    /// The lists about texts that the command line is of.
    pub(crate) command_lists: ListBits,
    /// Endpoints it created or opened; a new one takes the place of the oldest.
    endpoints: [Option<EndpointId>; LAST_ENDPOINTS],
    /// Who asked the broker that started it.
    pub(crate) requester: Option<Request>,
    pub(crate) responsible: Option<ProcessId>,
    pub(crate) working_folder: Option<Sym>,
    pub(crate) hash: Option<Sym>,
    /// The process that had the pid before.
    pub(crate) predecessor: Option<ProcessId>,
}

impl Process {
    pub(crate) const fn new(host: Digest, pid: Option<u32>, identity: Identity, time: Timestamp) -> Self {
        Self {
            identity,
            host,
            first_seen: time,
            last_seen: time,
            image: None,
            parent: None,
            user: None,
            pid,
            start: None,
            end: None,
            session: None,
            integrity: None,
            signing: None,
            next_endpoint: 0,
            created: 0,
            networked: false,
            argument_count: None,
            uid: None,
            auid: None,
            original_file_name: None,
            terminal: None,
            signer: None,
            command_line: None,
            command_lists: ListBits::NONE,
            lineage: Digest::NONE,
            job: None,
            children: None,
            endpoints: [None; LAST_ENDPOINTS],
            injected_by: None,
            requester: None,
            responsible: None,
            working_folder: None,
            hash: None,
            predecessor: None,
        }
    }

    /// Bytes it owns on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.command_line.as_ref().map_or(0, |c| c.len()) + self.children.as_ref().map_or(0, |_| size_of::<Job>())
    }

    /// The unique id as it is printed.
    pub(crate) fn unique_id_text(&self) -> Option<alloc::string::String> {
        match self.identity {
            Identity::Pid => None,
            Identity::Unique(high, low) => {
                let n = u128::from(high) << 64 | u128::from(low);
                Some(guid_text(&n.to_be_bytes()))
            }
            Identity::Versions(_, version) => Some(alloc::format!("{version}")),
        }
    }

    /// Notes an endpoint. `true` when it is new to this process (or newly its own creation).
    pub(crate) fn note_endpoint(&mut self, endpoint: EndpointId, created: bool) -> bool {
        if let Some(at) = self.endpoints.iter().position(|e| *e == Some(endpoint)) {
            let news = created && self.created >> at & 1 == 0;
            self.created |= u8::from(created) << at;
            return news;
        }
        let at = usize::from(self.next_endpoint) % LAST_ENDPOINTS;
        self.endpoints[at] = Some(endpoint);
        self.created = self.created & !(1 << at) | u8::from(created) << at;
        self.next_endpoint = self.next_endpoint.wrapping_add(1);
        true
    }

    /// The last endpoints it created or opened, with whether it created them.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = (EndpointId, bool)> + '_ {
        let known = self.endpoints.iter().enumerate();
        known.filter_map(|(at, endpoint)| Some(((*endpoint)?, self.created >> at & 1 == 1)))
    }
}

/// One endpoint.
#[derive(Debug)]
pub(crate) struct EndpointRecord {
    pub(crate) host: Digest,
    pub(crate) mechanism: Mechanism,
    pub(crate) name: Sym,
    pub(crate) identity: Digest,
    /// The last process that created it.
    pub(crate) owner: Option<ProcessId>,
    /// The user id that owns the object on disk.
    pub(crate) owner_uid: Option<u32>,
    /// What its name alone says, once an analytic has worked it out.
    pub(crate) name_tags: Option<Tags>,
    /// Its reference name.
    pub(crate) reference: Option<ReferenceId>,
    /// The last processes that opened it, the owner excepted.
    pub(crate) clients: [Option<ProcessId>; LAST_ENDPOINTS],
    pub(crate) next_client: u8,
}
