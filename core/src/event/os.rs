//! The platforms.

use super::wire::enumeration;
use crate::names::NameKind;

enumeration! {
    /// The operating system an event comes from; decides which analytic may judge it.
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
    /// How file paths are compared.
    pub(crate) const fn path_kind(self) -> NameKind {
        match self {
            Self::Windows => NameKind::WindowsPath,
            Self::Linux => NameKind::PosixPath,
            Self::Macos => NameKind::MacPath,
        }
    }
}
