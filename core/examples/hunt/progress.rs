//! The progress line on a terminal: percent, bytes, time left and the present file.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ipcsentry::printable;

/// Width of the line. A line that wraps could not be cleared.
const COLUMNS: usize = 79;
const BETWEEN: Duration = Duration::from_millis(100);

/// The progress line on standard error. Clones show it in turn.
#[derive(Clone)]
pub(crate) struct Progress {
    /// Bytes read of all files.
    pub(crate) read: Arc<AtomicU64>,
    total: u64,
    begun: Instant,
    shown: Arc<Mutex<Option<Instant>>>,
    is_watched: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let begun = Instant::now();
        Self { read: Arc::default(), total: 0, begun, shown: Arc::default(), is_watched: io::stderr().is_terminal() }
    }

    /// Whether standard error is a terminal.
    pub(crate) const fn is_watched(&self) -> bool {
        self.is_watched
    }

    /// Begins to measure; `total` is the size of all files.
    pub(crate) fn begin(&mut self, total: u64) {
        (self.total, self.begun) = (total, Instant::now());
    }

    /// Shows the progress, with the file that is read now.
    pub(crate) fn note(&self, name: &str) {
        if !self.is_watched {
            return;
        }
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.is_some_and(|last| last.elapsed() < BETWEEN) {
            return;
        }
        let line = line(self.read.load(Ordering::Relaxed), self.total, self.begun.elapsed(), name);
        let _ = write!(io::stderr(), "\r\x1b[K{line}");
        *shown = Some(Instant::now());
    }

    /// Clears the line.
    pub(crate) fn clear(&self) {
        if self.shown.lock().unwrap_or_else(PoisonError::into_inner).take().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

fn line(read: u64, total: u64, elapsed: Duration, name: &str) -> String {
    // A file may have grown since its size was added to the total.
    let thousandths = (read.min(total) * 1000).checked_div(total).map_or(0, |part| part.min(999));
    let mut line = format!("{:>2} %, {} MiB", thousandths / 10, read >> 20);
    if thousandths >= 10 && elapsed >= Duration::from_secs(1) {
        let left = elapsed.as_secs() * (1000 - thousandths) / thousandths;
        line += &format!(", {}:{:02}:{:02} left", left / 3600, left / 60 % 60, left % 60);
    }
    line += ": ";
    let name = printable(name);
    let room = COLUMNS - line.len();
    let length = name.chars().count();
    if length > room {
        line.push('…');
    }
    // The end of a path says more than its beginning.
    line.extend(name.chars().skip((length + 1).saturating_sub(room.max(1)) * usize::from(length > room)));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_and_how_long_and_fits() {
        let half = line(512 << 20, 1 << 30, Duration::from_secs(30), "a.log");
        assert_eq!(half, "50 %, 512 MiB, 0:00:30 left: a.log");
        let long = line(0, 1 << 30, Duration::ZERO, &"folder/".repeat(30));
        assert_eq!(long.chars().count(), COLUMNS);
        assert!(long.ends_with("folder/") && long.contains('…'));
        assert!(!line(1, 1, Duration::ZERO, "a\u{1b}[2Jb\rc").contains(char::is_control));
    }
}
