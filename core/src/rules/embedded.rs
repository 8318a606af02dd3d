//! The rules that ship with the library, as texts; `build.rs` finds their files.

/// One file of `core/rules`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    /// Its path below `rules`.
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

impl File {
    /// The folder it lies in.
    pub(crate) fn folder(&self) -> &'static str {
        self.name.split_once('/').map_or("", |(folder, _)| folder)
    }
}

include!(concat!(env!("OUT_DIR"), "/rules.rs"));
