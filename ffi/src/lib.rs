//! The C ABI of ipcsentry. What an embedder reads is `include/ipcsentry.h`, generated from these files; its conventions
//! stand in `cbindgen.toml`, which puts them at the header's top.
//!
//! One file a class of handles (`catalog`, `engine`, `stream`, `alert`, `error`), on top of four that keep the border:
//! `guard` (panics, exclusive use), `ptr` (everything unsafe), `status` and `text`. There is no global state, no
//! thread, no thread-local and no log.
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
