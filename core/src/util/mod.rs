//! Containers, hashes, readers and writers that know nothing of events or rules.

pub(crate) mod chunks;
pub(crate) mod digits;
pub(crate) mod document;
pub(crate) mod hash;
pub(crate) mod heap;
pub(crate) mod heaviest;
pub(crate) mod intern;
pub(crate) mod json;
pub(crate) mod jsonc;
pub(crate) mod printable;
pub(crate) mod recent;
pub(crate) mod saved;
pub(crate) mod sort;
pub(crate) mod spelling;
pub(crate) mod table;
