//! The functions that the WebAssembly module exports. JavaScript calls them through `js/ipcsentry.js`, which owns every
//! address; nothing else is meant to.
//!
//! A session is an engine with two buffers: `input`, into which JavaScript writes what a call reads, and `answer`, from
//! which it reads what the call returned, as JSON unless it is a snapshot. A call returns a number that is not negative,
//! or -1, and then the answer is the error. The module imports nothing: it has no clock, no file and no network.
#![no_std]

extern crate alloc;

mod answer;
mod session;

use alloc::boxed::Box;

use session::{Outcome, Session};

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// A panic is a bug of the library. It traps: JavaScript sees a `WebAssembly.RuntimeError` and gives the module up.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Makes a session without an engine.
#[unsafe(no_mangle)]
pub extern "C" fn session_new() -> *mut Session {
    Box::into_raw(Box::default())
}

/// Frees a session.
///
/// # Safety
/// It came from `session_new` and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_free(session: *mut Session) {
    // SAFETY: by this function's contract.
    drop(unsafe { Box::from_raw(session) });
}

/// Makes room for `len` bytes of input and returns its address, which is good until the next call.
///
/// # Safety
/// It came from `session_new` and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_input(session: *mut Session, len: usize) -> *mut u8 {
    // SAFETY: by this function's contract.
    unsafe { &mut *session }.room(len).as_mut_ptr()
}

/// The address of the answer, which is good until the next call.
///
/// # Safety
/// It came from `session_new` and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_answer(session: *const Session) -> *const u8 {
    // SAFETY: by this function's contract.
    unsafe { &*session }.answer().as_ptr()
}

/// The length of the answer in bytes.
///
/// # Safety
/// It came from `session_new` and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_answer_len(session: *const Session) -> usize {
    // SAFETY: by this function's contract.
    unsafe { &*session }.answer().len()
}

/// Exports methods of [`Session`] under names of their own.
macro_rules! export {
    ($($(#[doc = $doc:literal])+ $name:ident = $method:ident($($argument:ident: $type:ty),*);)+) => {$(
        $(#[doc = $doc])+
        ///
        /// # Safety
        /// The session came from `session_new` and was not freed.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(session: *mut Session $(, $argument: $type)*) -> i32 {
            // SAFETY: by this function's contract.
            let session = unsafe { &mut *session };
            let outcome: Outcome = session.$method($($argument),*);
            session.conclude(outcome)
        }
    )+};
}

export! {
    /// Makes the session's engine from options in the input.
    session_start = start();
    /// Makes the session's engine from `options` bytes of options in the input and a snapshot behind them.
    session_restore = restore(options: usize);
    /// Gives the engine another policy and other rules, from options in the input.
    session_replace = replace();
    /// Answers with a snapshot.
    session_snapshot = snapshot();
    /// Opens a stream with options in the input; returns its number.
    session_open_stream = open_stream();
    /// Reads a chunk of a stream from the input; answers with a report.
    session_feed = feed(stream: u32);
    /// Has a stream hand over what it holds back and got no record for since the last call; answers with a report.
    session_settle_quiet = settle_quiet(stream: u32);
    /// Closes a stream; answers with a report on all of it.
    session_close_stream = close_stream(stream: u32);
    /// Says that nanoseconds have passed.
    session_elapse = elapse(nanos: i64);
    /// Judges all that waits.
    session_flush = flush();
    /// Sorts the waiting alerts by time and keeps the last revision of each.
    session_sort_alerts = sort_alerts();
    /// Answers with the next alert and returns 1; returns 0 if there is none.
    session_poll_alert = poll_alert();
    /// Answers with the counters.
    session_stats = stats();
    /// Answers with what each host shows.
    session_coverage = coverage();
    /// Answers with the version and the names of the formats.
    session_about = about();
}
