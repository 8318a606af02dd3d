//! Records of the process and endpoint tables.

use alloc::boxed::Box;

use super::ids::{EndpointId, ProcessId};
use super::principal::Principal;
use crate::event::{Integrity, Mechanism, Signing, UniqueId, guid_text};
use crate::rules::{ListBits, ReferenceId, Tags};
use crate::time::{SECOND, Timestamp};
use crate::util::hash::{Digest, Keyed};
use crate::util::intern::Sym;
use crate::util::saved::{saved, saved_enum};

/// Endpoints that a process record keeps; likewise clients that an endpoint record keeps.
pub(crate) const LAST_ENDPOINTS: usize = 4;
/// A sibling that starts within this time after the last one belongs to the same job.
pub(super) const JOB_GAP: i64 = 2 * SECOND;
/// Members that a job keeps.
pub(crate) const JOB_MEMBERS: usize = 8;
/// Bytes of a command line that are kept.
pub(crate) const KEPT_COMMAND: usize = 2048;
/// Ancestors that a walk visits at most.
pub(crate) const MAX_DEPTH: usize = 8;

/// The identity of a process, as processes are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Only the pid and the time are known.
    Pid,
    /// A GUID or the digest of an opaque id, upper half first.
    Unique(u64, u64),
    /// The first and last macOS pidversion of this process: each exec gives it a new one.
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
            // Alerts print this digest, so it must not depend on the seed. Without a secret seed an attacker could
            // search for collisions, but sensors choose these ids, and the digest has 128 bits.
            UniqueId::Opaque(text) => unique(Keyed::new(0).bytes(text).finish_digest().halves()),
        }
    }

    pub(crate) const fn is_known(self) -> bool {
        !matches!(self, Self::Pid)
    }

    /// Whether a reference with the same pid and the identity `other` may mean this process.
    pub(crate) fn may_be(self, other: Self) -> bool {
        match (self, other) {
            (Self::Versions(low, high), Self::Versions(v, _)) => low <= v && v <= high,
            (Self::Pid, _) | (_, Self::Pid) => true,
            (a, b) => a == b,
        }
    }
}

/// The last job of a parent: children that it started in quick succession (a pipeline).
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

/// A link from one process to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// The other process.
    pub(crate) process: ProcessId,
    /// When.
    pub(crate) time: Timestamp,
    /// Confidence in thousandths.
    pub(crate) confidence: u16,
}

/// A link from a process to whoever asked its broker to start it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    /// The requester.
    pub(crate) by: Principal,
    /// How that is known.
    pub(crate) tie: Tie,
    /// Confidence in thousandths.
    pub(crate) confidence: u16,
    /// The requester's image when it asked, where it is a process.
    pub(crate) image: Option<Sym>,
}

/// How it is known who asked a broker to start a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tie {
    /// The process runs in a logon session that was opened from another host.
    RemoteSession,
    /// The requester configured the service or task whose command the process carries out.
    Order,
    /// The requester's command line holds that of the process.
    CommandLine,
    /// The requester opened the service manager's pipe just before.
    ServicePipe,
    /// The requester started in the same session just before.
    SameSession,
    /// The requester called from another host just before.
    Call,
    /// The requester used the container runtime's socket just before.
    Container,
    /// The requester made a request to the service manager or the message bus just before.
    Services,
    /// The requester submitted a job just before.
    Job,
    /// The requester started the process itself and named another one as its parent.
    Creator,
}

/// One process. Fields are ordered by how often they are read, so that most events touch few cache lines.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Process {
    pub(crate) identity: Identity,
    pub(crate) host: Digest,
    pub(crate) image: Option<Sym>,
    pub(crate) parent: Option<ProcessId>,
    /// Who stands behind a parent that only passes it on, fixed when the parent is first known.
    pub(crate) run_by: Option<ProcessId>,
    pub(crate) user: Option<Sym>,
    /// The last process that injected code into it.
    pub(crate) injected_by: Option<Link>,
    pub(crate) integrity: Option<Integrity>,
    pub(crate) signing: Option<Signing>,
    /// The entries of `endpoints` that it created, one bit each.
    created: u8,
    /// It has made or accepted a network connection. Its children may have inherited the socket.
    pub(crate) networked: bool,
    pub(crate) pid: Option<u32>,
    pub(crate) session: Option<u64>,
    /// Time of the earliest record about it.
    pub(crate) first_seen: Timestamp,
    /// Time of the latest record of its own or of a child.
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
    /// Somebody else has opened an endpoint of its own.
    pub(crate) asked: bool,
    /// Programs that started below it before that, one bit a program.
    pub(crate) habits: u32,
    /// Endpoints it created or opened, in order of the first link.
    endpoints: [Option<EndpointId>; LAST_ENDPOINTS],
    /// Who asked the broker that started it.
    pub(crate) requester: Option<Request>,
    pub(crate) responsible: Option<ProcessId>,
    pub(crate) working_folder: Option<Sym>,
    pub(crate) hash: Option<Sym>,
    /// The process that had the pid before.
    pub(crate) predecessor: Option<ProcessId>,
    /// What is known of it is what was known of its predecessor, which was silent for long before this time: the pid may
    /// have a new owner.
    pub(crate) presumed: Option<Timestamp>,
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
            run_by: None,
            user: None,
            pid,
            start: None,
            end: None,
            session: None,
            integrity: None,
            signing: None,
            created: 0,
            networked: false,
            asked: false,
            habits: 0,
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
            presumed: None,
        }
    }

    /// Bytes it owns on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.command_line.as_ref().map_or(0, |c| c.len()) + self.children.as_ref().map_or(0, |_| size_of::<Job>())
    }

    /// The unique id as alerts print it.
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

    /// Adds an endpoint. Returns `true` if the process had no link to it, or had not created it and now has.
    pub(crate) fn note_endpoint(
        &mut self,
        endpoint: EndpointId,
        created: bool,
        is_shared: impl Fn(EndpointId) -> bool,
    ) -> bool {
        if let Some(at) = self.endpoints.iter().position(|e| *e == Some(endpoint)) {
            let news = created && self.created >> at & 1 == 0;
            self.created |= u8::from(created) << at;
            return news;
        }
        let at = self.endpoints.iter().position(Option::is_none).unwrap_or_else(|| self.place_to_give(is_shared));
        self.endpoints[at..].rotate_left(1);
        let (before, behind) = (self.created & ((1 << at) - 1), self.created >> (at + 1) << at);
        const LAST: usize = LAST_ENDPOINTS - 1;
        self.endpoints[LAST] = Some(endpoint);
        self.created = before | behind | u8::from(created) << LAST;
        true
    }

    /// Which endpoint gives way to a new one: the oldest, but of two that no other process ever used the older. So a
    /// process that makes many endpoints of its own does not lose the link to one that it shares.
    fn place_to_give(&self, is_shared: impl Fn(EndpointId) -> bool) -> usize {
        let own = |&at: &usize| self.endpoints[at].is_some_and(|endpoint| !is_shared(endpoint));
        let mut own = (0..LAST_ENDPOINTS).filter(own);
        own.next().filter(|_| own.next().is_some()).unwrap_or(0)
    }

    /// The last endpoints it created or opened; `true` for those it created.
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
    /// The tags that follow from its name alone; computed once.
    pub(crate) name_tags: Option<Tags>,
    /// Its reference name.
    pub(crate) reference: Option<ReferenceId>,
    /// The last processes that opened it, its owner excepted.
    pub(crate) clients: [Option<ProcessId>; LAST_ENDPOINTS],
    pub(crate) next_client: u8,
}

impl EndpointRecord {
    /// Whether a process other than this one created or opened it.
    pub(super) fn is_shared(&self, process: ProcessId) -> bool {
        [self.owner].iter().chain(&self.clients).flatten().any(|&other| other != process)
    }
}

saved_enum!(Identity { 0 => Pid, 1 => Unique(high: u64, low: u64), 2 => Versions(low: u32, high: u32) });
saved!(Job { number, newest, members, next });
saved!(Link { process, time, confidence });
saved!(Request { by, tie, confidence, image });
saved_enum!(Tie {
    0 => RemoteSession,
    1 => Order,
    2 => CommandLine,
    3 => ServicePipe,
    4 => SameSession,
    5 => Call,
    6 => Container,
    7 => Services,
    8 => Job,
    9 => Creator,
});
saved!(Process {
    identity, host, image, parent, run_by, user, injected_by, integrity, signing, created, networked, pid,
    session, first_seen, last_seen, start, end, original_file_name, signer, terminal, argument_count, uid, auid,
    lineage, job, children, command_line, command_lists, asked, habits, endpoints, requester, responsible,
    working_folder, hash, predecessor, presumed,
} where |process| process.command_line.as_ref().is_none_or(|line| line.len() <= KEPT_COMMAND));
saved!(EndpointRecord {
    host,
    mechanism,
    name,
    identity,
    owner,
    owner_uid,
    name_tags,
    reference,
    clients,
    next_client,
});
