//! The bounded interner: every distinct name is kept, normalized and matched against the lists once.

use alloc::boxed::Box;

use crate::util::hash::Hasher;
use crate::util::table::{Handle, QuotaGroup, Table};

/// A name that was interned. Resolves to nothing once the name had to be evicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Sym(Handle);

impl Sym {
    /// A number that no other name has.
    pub(crate) const fn number(self) -> u64 {
        self.0.number()
    }
}

/// Longest text kept; the rest is cut, and the name says so.
pub(crate) const MAX_NAME: usize = 4096;

/// What is kept of a name.
#[derive(Debug)]
pub(crate) struct Name<M> {
    /// The normalized text.
    pub(crate) text: Box<[u8]>,
    /// Hash of the normalized text without regard to case where the platform has none: equal names have equal ones.
    pub(crate) identity: u64,
    /// What was worked out of it.
    pub(crate) cached: M,
    raw_hash: u64,
    raw_check: u64,
}

/// All names of an engine. `M` is worked out once a name.
#[derive(Debug)]
pub(crate) struct Interner<M> {
    names: Table<Name<M>>,
    seed: u64,
    text_bytes: usize,
    text_budget: usize,
    evicted: u64,
}

impl<M> Interner<M> {
    /// An interner that owns at most `bytes`.
    pub(crate) fn new(bytes: usize, seed: u64) -> Self {
        let per_name = size_of::<Name<M>>() + 48;
        // A typical name has 64 bytes: both halves fill up together.
        let table = bytes * per_name / (per_name + 64);
        Self { names: Table::with_bytes(table), seed, text_bytes: 0, text_budget: bytes - table, evicted: 0 }
    }

    /// The name as logged, in a `name_kind` of names that are normalized alike. `make` gives the normalized text, its
    /// identity and what is cached when the name is new.
    pub(crate) fn intern(
        &mut self,
        name_kind: u8,
        raw: &[u8],
        quota_group: QuotaGroup,
        make: impl FnOnce(&[u8]) -> (Box<[u8]>, u64, M),
    ) -> Sym {
        let (hash, check) = self.hashes(name_kind, raw);
        if let Some(handle) = self.names.find(hash, |n| n.raw_hash == hash && n.raw_check == check) {
            return Sym(handle);
        }
        let (text, identity, cached) = make(&raw[..raw.len().min(MAX_NAME)]);
        self.text_bytes += text.len();
        let (handle, gone) =
            self.names.insert(hash, quota_group, Name { text, identity, cached, raw_hash: hash, raw_check: check });
        self.forget(gone);
        // Long names push out several short ones; a bounded number, so that one event's work stays bounded.
        for _ in 0..8 {
            if self.text_bytes <= self.text_budget {
                break;
            }
            let gone = self.names.evict();
            self.forget(gone);
        }
        Sym(handle)
    }

    /// Whether this name was interned from these very bytes; marks it as used.
    pub(crate) fn is_spelled(&mut self, sym: Sym, name_kind: u8, raw: &[u8]) -> bool {
        let (hash, check) = self.hashes(name_kind, raw);
        let is = self.names.get(sym.0).is_some_and(|n| n.raw_hash == hash && n.raw_check == check);
        if is {
            self.names.touch(sym.0);
        }
        is
    }

    /// Marks a name as used; `false` when it is gone.
    pub(crate) fn renew(&mut self, sym: Sym) -> bool {
        self.names.touch(sym.0)
    }

    fn hashes(&self, name_kind: u8, raw: &[u8]) -> (u64, u64) {
        let hasher = Hasher::new(self.seed).u64(u64::from(name_kind)).bytes(raw);
        (hasher.finish(), hasher.u64(1).finish())
    }

    fn forget(&mut self, gone: Option<Name<M>>) {
        if let Some(name) = gone {
            self.text_bytes -= name.text.len();
            self.evicted += 1;
        }
    }

    pub(crate) fn get(&self, sym: Sym) -> Option<&Name<M>> {
        self.names.get(sym.0)
    }

    /// Names evicted so far.
    pub(crate) const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Bytes owned.
    pub(crate) fn bytes(&self) -> usize {
        self.names.bytes() + self.text_bytes
    }

    /// Table steps since the last call.
    pub(crate) const fn take_steps(&mut self) -> u64 {
        self.names.take_steps()
    }
}
