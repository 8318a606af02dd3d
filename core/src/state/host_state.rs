//! All tables of an engine: hosts, processes, endpoints, remote principals, names.

use alloc::vec::Vec;

use super::frequencies::Frequencies;
use super::host::{Host, KEPT_HOST};
use super::ids::{EndpointId, HostId, ProcessId, RemoteId};
use super::platform_list::PlatformList;
use super::principal::{Principal, Remote};
use super::process::{EndpointRecord, JOB_MEMBERS, Process, Request, Tie};
use crate::event::{Mechanism, Os};
use crate::limits::part;
use crate::names::NameKind;
use crate::rules::{Catalog, ListBits, ListId};
use crate::time::Timestamp;
use crate::util::hash::{Digest, Hasher, Keyed};
use crate::util::intern::{Interner, Name, Sym};
use crate::util::recent::Recent;
use crate::util::saved::{restored, saved};
use crate::util::table::{QuotaGroup, Table};

/// Places for hosts whose names need not be hashed again.
const LAST_HOSTS: usize = 64;

/// Places for processes that need not be looked up again.
pub(super) const LAST_PROCESSES: usize = 256;

/// All tables of one engine.
#[derive(Debug)]
pub(crate) struct HostState {
    pub(crate) catalog: Catalog,
    pub(super) hasher: Keyed,
    /// Chooses places in `last_hosts`.
    places: Hasher,
    /// The hosts of the last events, and which of them the last one is.
    last_hosts: [LastHost; LAST_HOSTS],
    last_host: usize,
    /// Their records.
    last_records: Recent<HostId>,
    pub(crate) names: Interner<ListBits>,
    pub(super) hosts: Table<Host>,
    pub(super) processes: Table<Process>,
    /// Some of the processes with unique ids that were found last, by these ids.
    pub(super) last_processes: [Option<ProcessId>; LAST_PROCESSES],
    pub(super) pids: Table<Pid>,
    pub(super) endpoints: Table<EndpointRecord>,
    remotes: Table<Remote>,
    pub(super) frequencies: Frequencies,
    /// Images at which a lineage ends: brokers, session leaders, desktop shells.
    lineage_roots: PlatformList,
    /// Folders where any user may write, and the operating system's own.
    user_writable: PlatformList,
    pub(super) system: PlatformList,
    /// Folders where no software is installed.
    pub(super) uninstalled: PlatformList,
    /// Programs that only run another program, and shells, which do so with `-c`.
    pub(super) launchers: Option<ListId>,
    pub(super) shells: Option<ListId>,
    /// Programs that run others on request.
    brokers: PlatformList,
    /// When the host of the present event last booted.
    pub(super) booted: Timestamp,
    /// Bytes that process records own on the heap: command lines and jobs.
    pub(super) process_heap: usize,
    pub(super) process_heap_budget: usize,
    /// Bytes of the hosts' names.
    host_names: usize,
    pub(crate) evicted_processes: u64,
    pub(crate) evicted_endpoints: u64,
    pub(crate) evicted_hosts: u64,
    pub(crate) evicted_remotes: u64,
}

/// The host of one of the last events, with its record once it was looked for.
#[derive(Debug)]
struct LastHost {
    name: Vec<u8>,
    id: Digest,
    record: Option<HostId>,
}

/// The process that has a pid now.
#[derive(Debug)]
pub(super) struct Pid {
    pub(super) host: Digest,
    pub(super) pid: u32,
    pub(super) process: ProcessId,
}

impl HostState {
    /// Tables that own at most `bytes` together.
    pub(crate) fn new(catalog: Catalog, bytes: usize, seed: u64) -> Self {
        let nameless = Keyed::new(seed).folded(b"").finish_digest();
        let part = |thousandths| part(bytes, thousandths, 1000);
        let lists = catalog.lists();
        Self {
            lineage_roots: PlatformList::new(lists, "lineage_roots"),
            user_writable: PlatformList::new(lists, "path.user_writable"),
            system: PlatformList::new(lists, "path.system"),
            uninstalled: PlatformList::new(lists, "path.uninstalled"),
            launchers: lists.id("unix.launchers"),
            shells: lists.id("unix.shells"),
            brokers: PlatformList::new(lists, "brokers"),
            catalog,
            hasher: Keyed::new(seed),
            places: Hasher::new(seed),
            last_hosts: core::array::from_fn(|_| LastHost { name: Vec::new(), id: nameless, record: None }),
            last_host: 0,
            last_records: Recent::new(),
            names: Interner::new(part(200), seed),
            hosts: Table::with_bytes(part(50)),
            processes: Table::with_bytes(part(380)),
            last_processes: [None; LAST_PROCESSES],
            pids: Table::with_bytes(part(50)),
            endpoints: Table::with_bytes(part(90)),
            remotes: Table::with_bytes(part(10)),
            frequencies: Frequencies::new(part(10).min(64 << 10)),
            booted: Timestamp::MIN,
            process_heap: 0,
            host_names: 0,
            process_heap_budget: part(210),
            evicted_processes: 0,
            evicted_endpoints: 0,
            evicted_hosts: 0,
            evicted_remotes: 0,
        }
    }

    /// Interns a name as logged.
    pub(crate) fn intern(&mut self, name_kind: NameKind, raw: &[u8], host: Digest, actor: u64) -> Sym {
        let Self { names, catalog, hasher, .. } = self;
        intern(names, catalog, *hasher, name_kind, raw, QuotaGroup::new(host.low(), actor))
    }

    /// The identity of a normalized name of this kind.
    pub(crate) fn identity(&self, name_kind: NameKind, normal: &[u8]) -> Digest {
        identity(self.hasher, name_kind, normal)
    }

    pub(crate) const fn hash(&self) -> Keyed {
        self.hasher
    }

    pub(crate) fn name(&self, sym: Option<Sym>) -> Option<&Name<ListBits>> {
        self.names.get(sym?)
    }

    /// The normalized text of a name; `None` when it is unknown or was evicted.
    pub(crate) fn text(&self, sym: Option<Sym>) -> Option<&[u8]> {
        self.name(sym).map(Name::text)
    }

    pub(crate) fn process(&self, id: Option<ProcessId>) -> Option<&Process> {
        self.processes.get(id?)
    }

    /// All processes, in an order without meaning.
    pub(crate) fn all_processes(&self) -> impl Iterator<Item = (ProcessId, &Process)> {
        self.processes.entries()
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

    /// The remote principal with these details; a new one is added.
    pub(super) fn remote_of(&mut self, remote: Remote) -> RemoteId {
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

    /// Whether the parent of this process may have been known once: no record says who it is, and processes of the host
    /// were evicted before the first record about this one.
    pub(crate) fn may_have_lost_parent(&self, process: &Process) -> bool {
        let host = || self.hosts.peek(process.host.low(), |host| host.id == process.host);
        let lost = || host().filter(|host| host.loses_much())?.lost_process;
        let is_first = process.pid.is_some_and(|pid| pid <= 4);
        process.parent.is_none() && !is_first && lost().is_some_and(|first| first <= process.first_seen)
    }

    pub(crate) fn host(&self, id: HostId) -> Option<&Host> {
        self.hosts.get(id)
    }

    /// The name of a process's user, as a record of its own or of another process with its user id gave it.
    pub(crate) fn user(&self, process: &Process) -> Option<&[u8]> {
        let named = || {
            let host = self.hosts.peek(process.host.low(), |host| host.id == process.host)?;
            host.user_names.last(|(uid, _)| Some(*uid) == process.uid).map(|(_, name)| name)
        };
        self.text(process.user.or_else(named))
    }

    /// All hosts, in an order without meaning.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = HostId> + '_ {
        self.hosts.handles()
    }

    /// The identity and the latest event time of every host.
    pub(crate) fn watermarks(&self) -> Vec<(Digest, Timestamp)> {
        self.hosts.handles().filter_map(|h| self.hosts.get(h)).map(|h| (h.id, h.newest)).collect()
    }

    pub(crate) fn host_mut(&mut self, id: HostId) -> Option<&mut Host> {
        self.hosts.get_mut(id)
    }

    /// The digest of a host's name. The empty name is a host of its own.
    pub(crate) fn host_id(&mut self, name: &[u8]) -> Digest {
        // Names of one estate often share their last characters, and seldom differ in none of their first and last ones.
        let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => (name.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0),
        };
        let middle = name.get(name.len() / 2).copied().unwrap_or_default();
        let place = self.places.u64(first).u64(last ^ u64::from(middle) << 8 ^ name.len() as u64).finish();
        let place = place as usize % LAST_HOSTS;
        // Two places: one for each of two names that would otherwise displace each other again and again.
        for at in [place, place ^ 1] {
            let known = &self.last_hosts[at];
            if known.name == name {
                self.last_host = at;
                return known.id;
            }
        }
        let digest = self.hasher.folded(name).finish_digest();
        if name.len() <= KEPT_HOST {
            self.last_hosts.swap(place, place ^ 1);
            self.last_host = place;
            let known = &mut self.last_hosts[place];
            known.name.clear();
            known.name.extend_from_slice(name);
            (known.id, known.record) = (digest, None);
        }
        digest
    }

    /// The host with this digest; a new one is added.
    #[inline]
    pub(crate) fn host_of(&mut self, id: Digest, name: &[u8]) -> HostId {
        let last = &self.last_hosts[self.last_host];
        if let Some(record) = last.record.filter(|&record| last.id == id && self.hosts.touch(record)) {
            return record;
        }
        self.find_or_add_host_of_last(id, name)
    }

    #[inline(never)]
    fn find_or_add_host_of_last(&mut self, id: Digest, name: &[u8]) -> HostId {
        let record = self.find_or_add_host(id, name);
        let last = &mut self.last_hosts[self.last_host];
        if last.id == id {
            last.record = Some(record);
        }
        record
    }

    fn find_or_add_host(&mut self, id: Digest, name: &[u8]) -> HostId {
        if let Some(handle) = self.known_host(id) {
            return handle;
        }
        let host = Host::new(id, name);
        self.host_names += host.name.len();
        let (handle, gone) = self.hosts.insert(id.low(), QuotaGroup::COMMON, host);
        self.evicted_hosts += u64::from(gone.is_some());
        self.host_names -= gone.map_or(0, |gone| gone.name.len());
        // The next event finds it here, after a snapshot, too.
        self.last_records.put(id, handle);
        handle
    }

    /// The host with this digest, if known.
    pub(super) fn known_host(&mut self, id: Digest) -> Option<HostId> {
        let last = self.last_records.get_mut(id).copied();
        if let Some(handle) = last.filter(|&last| self.hosts.touch(last)) {
            return Some(handle);
        }
        let handle = self.hosts.find(id.low(), |h| h.id == id)?;
        self.last_records.put(id, handle);
        Some(handle)
    }

    /// The image's lists.
    pub(crate) fn image_lists(&self, id: Option<ProcessId>) -> Option<&ListBits> {
        self.name(self.process(id)?.image).map(|n| &n.cached)
    }

    /// Whether a process's program runs things for whoever asks: who asked did it. Init does on every platform; what lies
    /// where users may write does not, whatever it is called.
    pub(crate) fn is_broker(&self, os: Os, id: Option<ProcessId>) -> bool {
        let is_init = os != Os::Windows && self.process(id).is_some_and(|process| process.pid == Some(1));
        let image = self.image_lists(id);
        is_init || image.is_some_and(|image| self.brokers.has(os, image) && !self.is_user_writable(os, image))
    }

    /// Whether a name lies where only the operating system's own files do.
    pub(crate) fn is_system(&self, os: Os, name: Option<Sym>) -> bool {
        self.name(name).is_some_and(|name| self.system.has(os, &name.cached))
    }

    /// Whether an image of these lists lies where any user may write.
    pub(crate) const fn is_user_writable(&self, os: Os, image: &ListBits) -> bool {
        self.user_writable.has(os, image)
    }

    /// Whether a process's image is in a list.
    pub(crate) fn image_is(&self, id: Option<ProcessId>, list: Option<ListId>) -> bool {
        self.image_lists(id).zip(list).is_some_and(|(image, list)| image.has(list))
    }

    /// Whether an image is one that only runs another program. What lies where users may write is not, whatever it is
    /// called.
    pub(crate) fn is_launcher(&self, os: Os, image: Option<Sym>) -> bool {
        self.is_installed(os, image, self.launchers)
    }

    /// Whether an image is in a list and lies where not every user may write.
    pub(super) fn is_installed(&self, os: Os, image: Option<Sym>, list: Option<ListId>) -> bool {
        let image = self.name(image).map(|name| &name.cached);
        image.zip(list).is_some_and(|(image, list)| image.has(list) && !self.is_user_writable(os, image))
    }

    /// Whether lineages end at this image on this platform: not where users may write, whatever it is called.
    pub(crate) fn is_lineage_root(&self, os: Os, id: Option<ProcessId>) -> bool {
        self.image_lists(id).is_some_and(|image| self.lineage_roots.has(os, image) && !self.is_user_writable(os, image))
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

    /// Links a process to whoever asked its broker to start it, and who has the same image now as then. A link of lower
    /// confidence changes nothing.
    pub(crate) fn link_requester(&mut self, process: ProcessId, by: Principal, (tie, confidence): (Tie, u16)) {
        let image = match by {
            Principal::Process(by) => self.process(Some(by)).and_then(|by| by.image),
            Principal::Remote(_) => None,
        };
        self.link_request(process, Request { by, tie, confidence, image });
    }

    /// Links a process to the request by which its broker started it, unless it has a link of no lower confidence.
    pub(crate) fn link_request(&mut self, process: ProcessId, request: Request) {
        if request.by == Principal::Process(process) {
            return;
        }
        if let Some(p) = self.processes.get_mut(process)
            && p.requester.is_none_or(|known| known.confidence < request.confidence)
        {
            p.requester = Some(request);
        }
    }

    /// Records a process as the owner of an endpoint that existed before telemetry began.
    pub(crate) fn presume_owner(&mut self, process: ProcessId, endpoint: EndpointId) {
        if let Some(record) = self.endpoints.get_mut(endpoint).filter(|e| e.owner.is_none()) {
            record.owner = Some(process);
            self.note_endpoint(process, endpoint, true);
        }
    }

    /// Links a process to an endpoint. Returns `true` if that is new.
    pub(super) fn note_endpoint(&mut self, process: ProcessId, endpoint: EndpointId, created: bool) -> bool {
        let Self { processes, endpoints, .. } = self;
        let is_shared = |id| endpoints.get(id).is_some_and(|endpoint| endpoint.is_shared(process));
        processes.get_mut(process).is_some_and(|process| process.note_endpoint(endpoint, created, is_shared))
    }

    /// An endpoint by name, if known.
    pub(crate) fn endpoint_named(&mut self, host: Digest, mechanism: Mechanism, name: Sym) -> Option<EndpointId> {
        let identity = self.names.get(name)?.identity;
        let key = Self::endpoint_key(host, mechanism, identity);
        self.endpoints.find(key, |e| e.host == host && e.mechanism == mechanism && e.identity == identity)
    }

    pub(super) const fn endpoint_key(host: Digest, mechanism: Mechanism, identity: Digest) -> u64 {
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
            + self.frequencies.bytes()
            + self.process_heap
            + self.host_names
            + self.last_hosts.iter().map(|host| host.name.capacity()).sum::<usize>()
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

/// Interns a name as logged.
pub(super) fn intern(
    names: &mut Interner<ListBits>,
    catalog: &Catalog,
    hasher: Keyed,
    name_kind: NameKind,
    raw: &[u8],
    quota_group: QuotaGroup,
) -> Sym {
    names.intern(name_kind as u8, raw, quota_group, |raw, text| {
        name_kind.normalize(raw, text);
        (identity(hasher, name_kind, text), lists_of(catalog, name_kind as u8, text))
    })
}

/// Interns a name that is most likely spelled as `known` is: then its bytes are compared and nothing is hashed.
#[inline(never)]
pub(super) fn intern_again(
    names: &mut Interner<ListBits>,
    catalog: &Catalog,
    hasher: Keyed,
    known: Option<Sym>,
    name_kind: NameKind,
    raw: &[u8],
    quota_group: QuotaGroup,
) -> Sym {
    match known.filter(|&sym| names.is_spelled(sym, name_kind as u8, raw)) {
        Some(sym) => sym,
        None => intern(names, catalog, hasher, name_kind, raw, quota_group),
    }
}

/// The lists that a normalized name is of, by the number of its kind.
fn lists_of(catalog: &Catalog, name_kind: u8, text: &[u8]) -> ListBits {
    let lists = catalog.lists();
    match name_kind {
        NameKind::PRINTED => ListBits::NONE,
        NameKind::REGISTRY => lists.of_text(text),
        _ => lists.of_name(text),
    }
}

fn identity(hasher: Keyed, name_kind: NameKind, normal: &[u8]) -> Digest {
    let hasher = hasher.u64(name_kind as u64);
    if name_kind.case_matters() { hasher.bytes(normal) } else { hasher.folded(normal) }.finish_digest()
}

saved!(Pid { host, pid, process });
saved!(LastHost { name, id, record });
restored!(HostState {
    last_hosts, last_host, last_records, names, hosts, processes, last_processes, pids, endpoints, remotes, frequencies, evicted_processes,
    evicted_endpoints, evicted_hosts, evicted_remotes,
} else {
    catalog, hasher, places, lineage_roots, user_writable, system, uninstalled, launchers,
    shells, brokers, booted, process_heap, process_heap_budget, host_names,
} then count_again);

impl HostState {
    /// Counts what the processes own on the heap.
    fn count_again(&mut self) -> Result<(), &'static str> {
        if self.last_host >= LAST_HOSTS {
            return Err("there are fewer last hosts");
        }
        self.process_heap = self.processes.values().map(Process::heap_bytes).sum();
        self.host_names = self.hosts.values().map(|host| host.name.len()).sum();
        Ok(())
    }

    /// Takes another catalog: what was computed of names and command lines by the lists of the old one is computed
    /// anew. Of a command line the part that is kept counts.
    pub(crate) fn replace_catalog(&mut self, catalog: Catalog) {
        let lists = catalog.lists();
        self.names.each_mut(|name| name.cached = lists_of(&catalog, name.name_kind(), name.text()));
        for id in self.processes.handles().collect::<Vec<_>>() {
            if let Some(process) = self.processes.get_mut(id)
                && let Some(line) = &process.command_line
            {
                process.command_lists = lists.of_text(line);
            }
        }
        for id in self.endpoints.handles().collect::<Vec<_>>() {
            if let Some(endpoint) = self.endpoints.get_mut(id) {
                let name = self.names.get(endpoint.name);
                endpoint.reference =
                    name.and_then(|name| catalog.reference_names().find(endpoint.mechanism, name.text()));
            }
        }
        self.lineage_roots = PlatformList::new(lists, "lineage_roots");
        self.user_writable = PlatformList::new(lists, "path.user_writable");
        self.system = PlatformList::new(lists, "path.system");
        self.uninstalled = PlatformList::new(lists, "path.uninstalled");
        self.launchers = lists.id("unix.launchers");
        self.shells = lists.id("unix.shells");
        self.brokers = PlatformList::new(lists, "brokers");
        self.catalog = catalog;
    }

    /// Asks again which kinds of events the sources of each host report.
    pub(crate) fn declare_again(&mut self, declared: impl Fn(&[u8]) -> Option<u64>) {
        for id in self.hosts.handles().collect::<Vec<_>>() {
            // Of a longer name only a part is kept: what its whole said stays.
            if let Some(host) =
                self.hosts.get_mut(id).filter(|host| host.newest != Timestamp::MIN && host.name.len() < KEPT_HOST)
            {
                host.declared = declared(&host.name);
            }
        }
    }
}
