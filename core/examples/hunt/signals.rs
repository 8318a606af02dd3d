//! Signals: SIGINT and SIGTERM end the run as the end of input would, SIGHUP reads policy and rules again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// What was asked of the program by signals.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    ends: Arc<AtomicBool>,
    reloads: Arc<AtomicBool>,
}

impl Signals {
    /// Takes the signals from now on. The second SIGINT or SIGTERM ends the program at once.
    pub(crate) fn take(&self) -> io::Result<()> {
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 2, Arc::clone(&self.ends))?;
            flag::register(signal, Arc::clone(&self.ends))?;
        }
        #[cfg(unix)]
        flag::register(signal_hook::consts::SIGHUP, Arc::clone(&self.reloads))?;
        Ok(())
    }

    /// Whether the run is to end.
    pub(crate) fn ends(&self) -> bool {
        self.ends.load(Ordering::Relaxed)
    }

    /// Whether policy and rules are to be read again; asked once for each signal.
    pub(crate) fn reloads(&self) -> bool {
        self.reloads.swap(false, Ordering::Relaxed)
    }
}
