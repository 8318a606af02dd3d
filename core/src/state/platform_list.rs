//! Lists that each platform has one of.

use crate::event::Os;
use crate::rules::{ListBits, ListId, Lists};

/// The lists of all platforms that have one name behind the platform's: `win.path.system`, `linux.path.system`,
/// `mac.path.system`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlatformList {
    windows: Option<ListId>,
    linux: Option<ListId>,
    macos: Option<ListId>,
}

impl PlatformList {
    pub(crate) fn new(lists: &Lists, name: &str) -> Self {
        let id = |platform: &str| lists.id(&alloc::format!("{platform}.{name}"));
        Self { windows: id("win"), linux: id("linux"), macos: id("mac") }
    }

    /// Whether a name is in the platform's list.
    pub(crate) const fn has(&self, os: Os, name: &ListBits) -> bool {
        match self.on(os) {
            Some(list) => name.has(list),
            None => false,
        }
    }

    /// Whether the platform has such a list.
    pub(crate) const fn is_of(&self, os: Os) -> bool {
        self.on(os).is_some()
    }

    const fn on(&self, os: Os) -> Option<ListId> {
        match os {
            Os::Windows => self.windows,
            Os::Linux => self.linux,
            Os::Macos => self.macos,
        }
    }
}
