//! The C ABI of ipcsentry. Embedders read `include/ipcsentry.h`, which is generated from these files; the conventions
//! at its top are in `cbindgen.toml`.
//!
//! Each kind of handle has a file (`catalog`, `engine`, `stream`, `alert`, `error`). Four files are shared by them:
//! `guard` (panics, exclusive use), `ptr` (all unsafe code), `status` and `text`. The library has no global state,
//! threads, thread-local variables or log.
#![allow(non_camel_case_types, reason = "these are the names C sees")]
#![allow(clippy::missing_safety_doc, reason = "one contract for all, at the top of the header")]

#[cfg(all(panic = "abort", not(feature = "panic-abort")))]
compile_error!("with panic=abort a bug of the library ends the host's process: enable feature `panic-abort` to accept");

pub mod alert;
pub mod catalog;
pub mod engine;
pub mod error;
pub mod format;
mod guard;
mod ptr;
pub mod status;
pub mod stream;
pub mod text;
pub mod version;
