//! A program without a standard library that links the whole engine.
//!
//! Were `std` anywhere below `ipcsentry`, its panic handler would meet the one here and the build would fail (E0152):
//! the library has no clock, no environment, no files and no threads to call.
#![no_std]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

use ipcsentry::decode::Format;
use ipcsentry::{Catalog, Engine, Limits, Policy, StreamOptions};

/// Never run, only linked.
#[unsafe(no_mangle)]
pub extern "C" fn hunt(bytes: &[u8; 64]) -> u64 {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    let stream = engine.open_stream(StreamOptions::new(Format::Auditd));
    engine.feed_bytes(stream, bytes);
    engine.flush();
    core::iter::from_fn(|| engine.poll_alert()).map(|alert| alert.to_json().len() as u64).sum()
}

struct Nothing;

// SAFETY: null is what an allocator returns that has nothing to give; nothing is ever handed out or taken back.
unsafe impl GlobalAlloc for Nothing {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static NOTHING: Nothing = Nothing;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}
