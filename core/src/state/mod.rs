//! Who is who and what came from what: hosts, processes, endpoints and the edges between them.
//!
//! [`HostState::observe`] turns an event into a [`ResolvedEvent`]: handles to the records of every process and endpoint the event
//! speaks of, brought up to date with what it says. Edges: `parent`, `peer` (both ends of one endpoint), `injected`,
//! and `broker` (set by an analytic). `job` groups siblings of one pipeline, `lineage` everything that descends from
//! one start outside the brokers; both are fixed at birth.

mod host;
mod observe;
mod parent;
mod process;
mod resolve;

use alloc::vec::Vec;

use crate::event::{Mechanism, Os, Signing};
use crate::limits::part;
use crate::rules::{Catalog, ListBits, ListId};
use crate::time::Timestamp;
use crate::util::hash::{Digest, Hasher, Keyed};
use crate::util::intern::{Interner, Name, Sym};
use crate::util::table::{Handle, QuotaGroup, Table};

use crate::names;
pub(crate) use crate::names::{NameKind, basename};
use host::KEPT_HOST;
pub(crate) use host::{Broker, Class, Host, Order, RemoteSession};
pub(crate) use observe::may_write;
pub(crate) use process::{EndpointId, EndpointRecord, JOB_MEMBERS, Link, MAX_DEPTH, Process, ProcessId, Request};

/// Hosts whose names need not be hashed again.
const LAST_HOSTS: usize = 16;

/// Refers to a host.
pub(crate) type HostId = Handle;

/// What is worked out of each distinct name: the lists it is of.
pub(crate) type CachedLists = ListBits;

/// Refers to a remote principal.
pub(crate) type RemoteId = Handle;

/// A remote principal: who acts on a host from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    pub(crate) host: Digest,
    pub(crate) address: Option<Sym>,
    pub(crate) user: Option<Sym>,
    pub(crate) session: Option<u64>,
}

/// Who acts: a process of this host, or somebody on another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    Process(ProcessId),
    Remote(RemoteId),
}

/// An event's participants: handles to the records it speaks of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResolvedEvent {
    pub(crate) host: HostId,
    pub(crate) host_hash: Digest,
    pub(crate) actor: Option<ProcessId>,
    pub(crate) target: Option<ProcessId>,
    pub(crate) peer: Option<ProcessId>,
    pub(crate) responsible: Option<ProcessId>,
    pub(crate) endpoint: Option<EndpointId>,
    /// The loaded library, the accessed file or another name the event is about.
    pub(crate) object: Option<Sym>,
    /// The remote principal the event names, or shows without naming.
    pub(crate) remote: Option<RemoteId>,
    /// The actor and the endpoint were not tied before this event.
    pub(crate) new_link: bool,
    /// The actor is the creator of the endpoint by this event.
    pub(crate) created: bool,
}

/// All tables of one engine.
#[derive(Debug)]
pub(crate) struct HostState {
    pub(crate) catalog: Catalog,
    hasher: Keyed,
    /// Names of hosts and what they are known by, of the last events.
    last_hosts: [(Vec<u8>, Digest); LAST_HOSTS],
    pub(crate) names: Interner<CachedLists>,
    hosts: Table<Host>,
    processes: Table<Process>,
    pids: Table<Pid>,
    endpoints: Table<EndpointRecord>,
    remotes: Table<Remote>,
    /// Images at which a lineage ends: brokers, session leaders, desktop shells.
    lineage_roots: [Option<ListId>; 3],
    /// Folders where any user may write, and the operating system's own.
    user_writable: [Option<ListId>; 3],
    system: [Option<ListId>; 3],
    /// Programs that only run what they are told to, and shells, which do so with `-c`.
    launchers: Option<ListId>,
    shells: Option<ListId>,
    /// Bytes that processes own on the heap: command lines, jobs.
    process_heap: usize,
    process_heap_budget: usize,
    pub(crate) evicted_processes: u64,
    pub(crate) evicted_endpoints: u64,
    pub(crate) evicted_hosts: u64,
    pub(crate) evicted_remotes: u64,
}

/// The process that has a pid now.
#[derive(Debug)]
struct Pid {
    host: Digest,
    pid: u32,
    process: ProcessId,
}

impl HostState {
    /// Tables that own at most `bytes` together.
    pub(crate) fn new(catalog: Catalog, bytes: usize, seed: u64) -> Self {
        let nameless = Keyed::new(seed).folded(b"").finish_digest();
        let part = |thousandths| part(bytes, thousandths, 1000);
        let by_platform =
            |name: &str| ["win", "linux", "mac"].map(|os| catalog.lists().id(&alloc::format!("{os}.{name}")));
        let lineage_roots = by_platform("lineage_roots");
        let (user_writable, system) = (by_platform("path.user_writable"), by_platform("path.system"));
        let (launchers, shells) = (catalog.lists().id("unix.launchers"), catalog.lists().id("unix.shells"));
        Self {
            catalog,
            hasher: Keyed::new(seed),
            last_hosts: core::array::from_fn(|_| (Vec::new(), nameless)),
            names: Interner::new(part(200), seed),
            hosts: Table::with_bytes(part(50)),
            processes: Table::with_bytes(part(380)),
            pids: Table::with_bytes(part(50)),
            endpoints: Table::with_bytes(part(90)),
            remotes: Table::with_bytes(part(10)),
            lineage_roots,
            user_writable,
            system,
            launchers,
            shells,
            process_heap: 0,
            process_heap_budget: part(220),
            evicted_processes: 0,
            evicted_endpoints: 0,
            evicted_hosts: 0,
            evicted_remotes: 0,
        }
    }

    /// Interns a name as logged.
    pub(crate) fn intern(&mut self, name_kind: NameKind, raw: &[u8], host: Digest, actor: u64) -> Sym {
        let Self { names, catalog, hasher, .. } = self;
        names.intern(name_kind as u8, raw, QuotaGroup::new(host.low(), actor), |raw, text| {
            name_kind.normalize(raw, text);
            let lists = catalog.lists();
            let cached = if name_kind.is_text() { lists.of_text(text) } else { lists.of_name(text) };
            (identity(*hasher, name_kind, text), cached)
        })
    }

    /// Interns a name that is most likely the one known already.
    pub(crate) fn intern_again(
        &mut self,
        known: Option<Sym>,
        name_kind: NameKind,
        raw: &[u8],
        host: Digest,
        actor: u64,
    ) -> Sym {
        match known.filter(|&sym| self.names.is_spelled(sym, name_kind as u8, raw)) {
            Some(sym) => sym,
            None => self.intern(name_kind, raw, host, actor),
        }
    }

    /// The identity a normalized name has in its kind.
    pub(crate) fn identity(&self, name_kind: NameKind, normal: &[u8]) -> Digest {
        identity(self.hasher, name_kind, normal)
    }

    pub(crate) const fn hash(&self) -> Keyed {
        self.hasher
    }

    pub(crate) fn name(&self, sym: Option<Sym>) -> Option<&Name<CachedLists>> {
        self.names.get(sym?)
    }

    /// The normalized text of a name; `None` when it is unknown or was evicted.
    pub(crate) fn text(&self, sym: Option<Sym>) -> Option<&[u8]> {
        self.name(sym).map(Name::text)
    }

    pub(crate) fn process(&self, id: Option<ProcessId>) -> Option<&Process> {
        self.processes.get(id?)
    }

    pub(crate) fn process_mut(&mut self, id: Option<ProcessId>) -> Option<&mut Process> {
        self.processes.get_mut(id?)
    }

    pub(crate) fn endpoint(&self, id: Option<EndpointId>) -> Option<&EndpointRecord> {
        self.endpoints.get(id?)
    }

    pub(crate) fn endpoint_mut(&mut self, id: Option<EndpointId>) -> Option<&mut EndpointRecord> {
        self.endpoints.get_mut(id?)
    }

    pub(crate) fn remote(&self, id: RemoteId) -> Option<&Remote> {
        self.remotes.get(id)
    }

    /// The remote principal of these details, made when new.
    fn remote_of(&mut self, remote: Remote) -> RemoteId {
        let number = |sym: Option<Sym>| sym.map_or(0, Sym::number);
        let session = remote.session.map_or(0, |s| s.wrapping_add(1));
        let key = Hasher::of(remote.host).u64(number(remote.address)).u64(number(remote.user)).u64(session);
        let key = key.finish();
        if let Some(known) = self.remotes.find(key, |known| *known == remote) {
            return known;
        }
        let (id, gone) = self.remotes.insert(key, QuotaGroup::new(remote.host.low(), key >> 7), remote);
        self.evicted_remotes += u64::from(gone.is_some());
        id
    }

    pub(crate) fn host(&self, id: HostId) -> Option<&Host> {
        self.hosts.get(id)
    }

    /// Every host, in no order that says anything.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = HostId> + '_ {
        self.hosts.handles()
    }

    /// Every host's identity and how far its time has come.
    pub(crate) fn watermarks(&self) -> Vec<(Digest, Timestamp)> {
        self.hosts.handles().filter_map(|h| self.hosts.get(h)).map(|h| (h.id, h.newest)).collect()
    }

    pub(crate) fn host_mut(&mut self, id: HostId) -> Option<&mut Host> {
        self.hosts.get_mut(id)
    }

    /// What a host of that name is known by. An empty name is a host of its own.
    pub(crate) fn host_id(&mut self, name: &[u8]) -> Digest {
        let (known, id) = &mut self.last_hosts[(name.len() ^ usize::from(*name.last().unwrap_or(&0))) % LAST_HOSTS];
        if known == name {
            return *id;
        }
        let digest = self.hasher.folded(name).finish_digest();
        if name.len() <= KEPT_HOST {
            known.clear();
            known.extend_from_slice(name);
            *id = digest;
        }
        digest
    }

    /// The host known by `id`, made when new.
    pub(crate) fn host_of(&mut self, id: Digest, name: &[u8]) -> HostId {
        if let Some(handle) = self.hosts.find(id.low(), |h| h.id == id) {
            return handle;
        }
        let (handle, gone) = self.hosts.insert(id.low(), QuotaGroup::new(id.low(), 0), Host::new(id, name));
        self.evicted_hosts += u64::from(gone.is_some());
        handle
    }

    /// The image's lists.
    pub(crate) fn image_lists(&self, id: Option<ProcessId>) -> Option<&ListBits> {
        self.name(self.process(id)?.image).map(|n| &n.cached)
    }

    /// How far an image is trusted, as a position in `rules::field::TRUST`.
    pub(crate) fn trust(&self, os: Os, process: &Process) -> i64 {
        const UNTRUSTED: i64 = 0;
        const UNKNOWN: i64 = 1;
        const TRUSTED: i64 = 2;
        let Some(name) = self.name(process.image) else { return UNKNOWN };
        let of = |lists| of_platform(lists, os, &name.cached);
        let in_memory = names::runs_from_memory(name.text());
        match process.signing {
            Some(Signing::Unsigned | Signing::AdHoc) => UNTRUSTED,
            Some(Signing::Platform) => TRUSTED,
            _ if in_memory => UNTRUSTED,
            Some(Signing::Signed) if !of(&self.user_writable) => TRUSTED,
            Some(Signing::Signed) => UNKNOWN,
            None if of(&self.user_writable) => UNTRUSTED,
            None if of(&self.system) => TRUSTED,
            None => UNKNOWN,
        }
    }

    /// Whether a process's image lies where any user may write.
    pub(crate) fn is_user_writable(&self, os: Os, id: Option<ProcessId>) -> bool {
        let image = self.process(id).and_then(|process| self.name(process.image));
        image.is_some_and(|name| of_platform(&self.user_writable, os, &name.cached))
    }

    /// Whether lineages end at this image on this platform: not where users may write, whatever it is called.
    pub(crate) fn is_lineage_root(&self, os: Os, id: Option<ProcessId>) -> bool {
        let Some(list) = self.lineage_roots[os as usize % 3] else { return false };
        self.image_lists(id).is_some_and(|bits| bits.has(list) && !of_platform(&self.user_writable, os, bits))
    }

    /// The members of the job a process belongs to, itself included.
    pub(crate) fn job_members(&self, id: ProcessId) -> impl Iterator<Item = ProcessId> + '_ {
        let job = self.process(Some(id)).and_then(|p| p.job);
        let members = job.and_then(|(parent, number)| {
            let children = self.process(Some(parent))?.children.as_ref()?;
            (children.number == number).then_some(children.members)
        });
        let alone = [Some(id), None, None, None, None, None, None, None];
        const { assert!(JOB_MEMBERS == 8) };
        members.unwrap_or(alone).into_iter().flatten()
    }

    /// Notes that somebody asked the broker that started `process`.
    pub(crate) fn link_requester(&mut self, process: ProcessId, by: Principal, confidence: u16) {
        if by == Principal::Process(process) {
            return;
        }
        if let Some(p) = self.processes.get_mut(process)
            && p.requester.is_none_or(|known| known.confidence < confidence)
        {
            p.requester = Some(Request { by, confidence });
        }
    }

    /// Takes a process for the creator of an endpoint that was there before telemetry began.
    pub(crate) fn presume_owner(&mut self, process: ProcessId, endpoint: EndpointId) {
        if let Some(record) = self.endpoints.get_mut(endpoint).filter(|e| e.owner.is_none()) {
            record.owner = Some(process);
            if let Some(owner) = self.processes.get_mut(process) {
                owner.note_endpoint(endpoint, true);
            }
        }
    }

    /// An endpoint by name, if known.
    pub(crate) fn endpoint_named(&mut self, host: Digest, mechanism: Mechanism, name: Sym) -> Option<EndpointId> {
        let identity = self.names.get(name)?.identity;
        let key = Self::endpoint_key(host, mechanism, identity);
        self.endpoints.find(key, |e| e.host == host && e.mechanism == mechanism && e.identity == identity)
    }

    const fn endpoint_key(host: Digest, mechanism: Mechanism, identity: Digest) -> u64 {
        Hasher::of(host.and(mechanism as u64, identity)).finish()
    }

    /// Bytes owned.
    pub(crate) fn bytes(&self) -> usize {
        self.names.bytes()
            + self.hosts.bytes()
            + self.processes.bytes()
            + self.pids.bytes()
            + self.endpoints.bytes()
            + self.remotes.bytes()
            + self.process_heap
            + (self.hosts.len() + LAST_HOSTS) * KEPT_HOST
    }

    /// Table steps since the last call.
    pub(crate) const fn take_steps(&mut self) -> u64 {
        self.names.take_steps()
            + self.hosts.take_steps()
            + self.processes.take_steps()
            + self.pids.take_steps()
            + self.endpoints.take_steps()
            + self.remotes.take_steps()
    }
}

fn identity(hasher: Keyed, name_kind: NameKind, normal: &[u8]) -> Digest {
    let hasher = hasher.u64(name_kind as u64);
    if name_kind.case_matters() { hasher.bytes(normal) } else { hasher.folded(normal) }.finish_digest()
}

/// Whether a name is of the platform's own list.
fn of_platform(lists: &[Option<ListId>; 3], os: Os, name: &ListBits) -> bool {
    lists[os as usize % 3].is_some_and(|list| name.has(list))
}
