//! The rules and scenarios that ship with the library; `build.rs` finds their files and compresses them.

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

/// Where the text of a file lies among those of all rules, or of all scenarios.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    begin: usize,
    end: usize,
}

/// The texts of all rules, or of all scenarios.
pub(crate) struct Texts(String);

impl Texts {
    /// Those of all rules.
    pub(crate) fn of_rules() -> Result<Self, Fault> {
        Self::unpack(RULES, "rules")
    }

    /// Those of all scenarios.
    #[cfg(feature = "scenarios")]
    pub(crate) fn of_scenarios() -> Result<Self, Fault> {
        Self::unpack(SCENARIO_TEXTS, "scenarios")
    }

    /// Decompresses them, where they are compressed.
    fn unpack(packed: &[u8], what: &'static str) -> Result<Self, Fault> {
        let fault = |error: &dyn core::fmt::Display| Fault::of(what, format_args!("{error}"));
        let bytes = match IS_COMPRESSED {
            true => lz4_flex::block::decompress_size_prepended(packed).map_err(|e| fault(&e))?,
            false => packed.to_vec(),
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
#[cfg(feature = "scenarios")]
const SCENARIO_TEXTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/scenarios"));

include!(concat!(env!("OUT_DIR"), "/rules.rs"));
