//! The rules that ship with the library; `build.rs` finds their files and compresses them.

use alloc::string::String;

use crate::util::document::Fault;

/// One file of `core/rules`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File<'a> {
    /// Its path below `rules`.
    pub(crate) name: &'static str,
    pub(crate) text: &'a str,
}

impl File<'_> {
    /// The folder it lies in.
    pub(crate) fn folder(&self) -> &'static str {
        self.name.split_once('/').map_or("", |(folder, _)| folder)
    }
}

/// Where the text of a file lies among the texts of all rules.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    begin: usize,
    end: usize,
}

/// The texts of all rules.
pub(crate) struct Texts(String);

impl Texts {
    /// Decompresses them, where they are compressed.
    pub(crate) fn read() -> Result<Self, Fault> {
        let fault = |what: &dyn core::fmt::Display| Fault::of("rules", format_args!("{what}"));
        let bytes = match IS_COMPRESSED {
            true => lz4_flex::block::decompress_size_prepended(RULES).map_err(|e| fault(&e))?,
            false => RULES.to_vec(),
        };
        String::from_utf8(bytes).map(Self).map_err(|e| fault(&e))
    }

    /// The files of a table.
    pub(crate) fn files(&self, table: &[Place]) -> impl Iterator<Item = File<'_>> {
        table
            .iter()
            .map(|place| File { name: place.name, text: self.0.get(place.begin..place.end).unwrap_or_default() })
    }
}

const RULES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules"));

include!(concat!(env!("OUT_DIR"), "/rules.rs"));
