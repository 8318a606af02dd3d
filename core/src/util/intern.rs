//! The bounded interner: it keeps every distinct name, normalized and matched against the lists once.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::limits::part;
use crate::util::hash::{Digest, Hasher};
use crate::util::saved::{Saved, restored, saved};
use crate::util::table::{Handle, QuotaGroup, Table, weight};

/// Refers to an interned name; to nothing once the name was evicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Sym(Handle);

saved!(Sym { 0 });

impl Sym {
    /// A number that no other name has.
    pub(crate) const fn number(self) -> u64 {
        self.0.number()
    }
}

/// Bytes of a name that are kept.
pub(crate) const MAX_NAME: usize = 4096;
/// Bytes that no normalized name exceeds.
const LONGEST: usize = 8 * MAX_NAME;

/// An interned name.
#[derive(Debug)]
pub(crate) struct Name<M> {
    /// The normalized text, followed by the name as logged if that differs.
    bytes: Box<[u8]>,
    text_len: u32,
    name_kind: u8,
    /// Digest of the normalized text, letter case ignored where it does not matter: names are equal if these are.
    pub(crate) identity: Digest,
    /// What was computed from it.
    pub(crate) cached: M,
}

saved!([M: Saved] Name<M> { bytes, text_len, name_kind, identity, cached }
    where |name| name.text_len as usize <= name.bytes.len());

impl<M> Name<M> {
    fn new(name_kind: u8, raw: &[u8], text: &[u8], identity: Digest, cached: M) -> Self {
        let bytes = if raw == text { text.into() } else { [text, raw].concat().into() };
        Self { bytes, text_len: text.len() as u32, name_kind, identity, cached }
    }

    /// The kind of name.
    pub(crate) const fn name_kind(&self) -> u8 {
        self.name_kind
    }

    /// The normalized text.
    pub(crate) fn text(&self) -> &[u8] {
        &self.bytes[..self.text_len as usize]
    }

    /// Whether it was interned from these bytes.
    fn is_spelled(&self, name_kind: u8, raw: &[u8]) -> bool {
        let (text, behind) = self.bytes.split_at(self.text_len as usize);
        self.name_kind == name_kind && raw == if behind.is_empty() { text } else { behind }
    }
}

/// All names of an engine. `M` is computed once a name.
#[derive(Debug)]
pub(crate) struct Interner<M> {
    names: Table<Name<M>>,
    hasher: Hasher,
    text_bytes: usize,
    text_budget: usize,
    evicted: u64,
    /// Reused space for normalized texts.
    buffer: Vec<u8>,
}

restored!([M: Saved] Interner<M> { names, evicted } else { hasher, text_bytes, text_budget, buffer } then count_again);

impl<M> Interner<M> {
    /// An interner that owns at most `bytes`.
    pub(crate) fn new(bytes: usize, seed: u64) -> Self {
        let per_name = size_of::<Name<M>>() + 48;
        // A typical name has 64 bytes: both halves fill up together.
        let table = part(bytes, per_name, per_name + 64);
        Self {
            names: Table::with_bytes(table),
            hasher: Hasher::new(seed),
            text_bytes: 0,
            text_budget: bytes - table,
            evicted: 0,
            buffer: Vec::new(),
        }
    }

    /// Interns a name as logged. Names of one `name_kind` are normalized alike. For a new name `make` writes the
    /// normalized text into the buffer and returns its identity and what is cached.
    pub(crate) fn intern(
        &mut self,
        name_kind: u8,
        raw: &[u8],
        quota_group: QuotaGroup,
        make: impl FnOnce(&[u8], &mut Vec<u8>) -> (Digest, M),
    ) -> Sym {
        let raw = cut(raw);
        let hash = self.hasher.u64(u64::from(name_kind)).bytes(raw).finish();
        if let Some(handle) = self.names.find(hash, |n| n.is_spelled(name_kind, raw)) {
            return Sym(handle);
        }
        let (identity, cached) = make(raw, &mut self.buffer);
        let name = Name::new(name_kind, raw, &self.buffer, identity, cached);
        let length = name.bytes.len();
        self.text_bytes += length;
        let (handle, gone) = self.names.insert(hash, quota_group, name);
        self.names.weigh(handle, weight(length));
        self.forget(gone);
        // A long name evicts several short ones; at most eight, so that the work of one event stays bounded.
        for _ in 0..8 {
            if self.text_bytes <= self.text_budget {
                break;
            }
            let gone = self.names.evict();
            self.forget(gone);
        }
        Sym(handle)
    }

    /// Whether a name was interned from these bytes; marks it as used.
    pub(crate) fn is_spelled(&mut self, sym: Sym, name_kind: u8, raw: &[u8]) -> bool {
        self.names.get(sym.0).is_some_and(|n| n.is_spelled(name_kind, cut(raw))) && self.names.touch(sym.0)
    }

    /// Marks a name as used; `false` if it was evicted.
    pub(crate) fn renew(&mut self, sym: Sym) -> bool {
        self.names.touch(sym.0)
    }

    /// Prefers a name to others of its quota group.
    pub(crate) fn prefer(&mut self, sym: Sym) {
        self.names.prefer(sym.0);
    }

    fn forget(&mut self, gone: Option<Name<M>>) {
        if let Some(name) = gone {
            self.text_bytes -= name.bytes.len();
            self.evicted += 1;
        }
    }

    pub(crate) fn get(&self, sym: Sym) -> Option<&Name<M>> {
        self.names.get(sym.0)
    }

    /// All names, for a change of what is computed from them.
    pub(crate) fn each_mut(&mut self, mut change: impl FnMut(&mut Name<M>)) {
        let handles: Vec<Handle> = self.names.handles().collect();
        for handle in handles {
            if let Some(name) = self.names.get_mut(handle) {
                change(name);
            }
        }
    }

    /// Counts the texts of all names.
    fn count_again(&mut self) -> Result<(), &'static str> {
        self.text_bytes = self.names.values().map(|name| name.bytes.len()).sum();
        if self.names.values().any(|name| name.bytes.len() > 2 * LONGEST) {
            return Err("a name is too long");
        }
        Ok(())
    }

    /// Names evicted so far.
    pub(crate) const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Bytes owned.
    pub(crate) fn bytes(&self) -> usize {
        self.names.bytes() + self.text_bytes + self.buffer.capacity()
    }

    /// Table steps since the last call.
    pub(crate) const fn take_steps(&mut self) -> u64 {
        self.names.take_steps()
    }
}

/// The part of a name that is kept.
fn cut(raw: &[u8]) -> &[u8] {
    &raw[..raw.len().min(MAX_NAME)]
}
