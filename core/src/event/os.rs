//! The platforms.

use super::wire::enumeration;
use crate::names::NameKind;

enumeration! {
    /// The operating system of an event. It decides which analytic judges the event.
    pub enum Os {
        /// Windows (AN1357).
        Windows = 0,
        /// Linux (AN1358).
        Linux = 1,
        /// macOS (AN1359).
        Macos = 2,
    }
}

impl Os {
    /// The id of the analytic that judges its events.
    pub(crate) const fn analytic(self) -> &'static str {
        match self {
            Self::Windows => "AN1357",
            Self::Linux => "AN1358",
            Self::Macos => "AN1359",
        }
    }

    /// The kind of name that file paths are.
    pub(crate) const fn path_kind(self) -> NameKind {
        match self {
            Self::Windows => NameKind::WindowsPath,
            Self::Linux => NameKind::PosixPath,
            Self::Macos => NameKind::MacPath,
        }
    }
}
