//! What folder and signature say together about a process's program.

use super::HostState;
use super::process::Process;
use crate::event::{Os, Signing};
use crate::names;

impl HostState {
    /// The trust in a process's image, as a position in `rules::field::TRUST`.
    pub(crate) fn trust(&self, os: Os, process: &Process) -> i64 {
        const UNTRUSTED: i64 = 0;
        const UNKNOWN: i64 = 1;
        const TRUSTED: i64 = 2;
        let Some(name) = self.name(process.image) else { return UNKNOWN };
        let in_memory = names::runs_from_memory(name.text());
        match process.signing {
            Some(Signing::Unsigned | Signing::AdHoc) => UNTRUSTED,
            Some(Signing::Platform) => TRUSTED,
            _ if in_memory => UNTRUSTED,
            Some(Signing::Signed) if !self.is_user_writable(os, &name.cached) => TRUSTED,
            Some(Signing::Signed) => UNKNOWN,
            None if self.is_user_writable(os, &name.cached) => UNTRUSTED,
            None if self.system.has(os, &name.cached) => TRUSTED,
            None => UNKNOWN,
        }
    }

    /// How much of a stranger a process's program is, as a position in `rules::field::STRANGER`. Without a program, or on
    /// a platform whose rules do not tell strangers apart, nobody knows.
    pub(crate) fn stranger(&self, os: Os, process: &Process) -> Option<i64> {
        const NO: i64 = 0;
        const HOME: i64 = 1;
        const SIGNED: i64 = 2;
        const DROPPED: i64 = 3;
        let image = &self.name(process.image).filter(|_| self.uninstalled.is_of(os))?.cached;
        let uninstalled = self.uninstalled.has(os, image);
        Some(match process.signing {
            Some(Signing::Platform) => NO,
            Some(Signing::Signed) if uninstalled => SIGNED,
            Some(Signing::Signed) => NO,
            _ if uninstalled => DROPPED,
            _ if self.is_user_writable(os, image) => HOME,
            _ => NO,
        })
    }
}
