//! Time that a thread spent on a processor: other work on the machine does not add to it.

use std::time::Duration;

/// The time that this thread spent on a processor so far.
///
/// # Panics
///
/// Where the system is not Linux.
pub fn spent() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(text.split(' ').next().and_then(|n| n.parse().ok()).expect("nanoseconds"))
}
