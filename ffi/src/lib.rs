//! The C ABI of ipcsentry. Embedders read `include/ipcsentry.h`, which is generated from these files; the conventions
//! at its top are in `cbindgen.toml`.
//!
//! Each kind of handle has a file (`catalog`, `engine`, `stream`, `alert`, `error`), and what there is to ask of it in
//! others (`rule`, `stats`, `alert_fields`, `investigate`, `tuning`, `sensor`, `scenarios`). `output` writes alerts for other tools.
//! `event` has the events of agents. Four files are shared by all: `guard`
//! (panics, exclusive use), `ptr` (what is unsafe of pointers), `status` and `text`. The library has no global state,
//! threads, thread-local variables or log.
#![allow(non_camel_case_types, reason = "these are the names C sees")]
#![allow(clippy::missing_safety_doc, reason = "one contract for all, at the top of the header")]

#[cfg(all(panic = "abort", not(feature = "panic-abort")))]
compile_error!("with panic=abort a bug of the library ends the host's process: enable feature `panic-abort` to accept");

pub mod alert;
pub mod alert_fields;
pub mod baseline;
pub mod catalog;
pub mod engine;
pub mod error;
pub mod event;
pub mod format;
mod guard;
pub mod investigate;
pub mod output;
mod ptr;
pub mod rule;
#[cfg(feature = "validation")]
pub mod scenarios;
pub mod sensor;
pub mod snapshot;
pub mod stats;
pub mod status;
pub mod stream;
pub mod text;
pub mod tuning;
pub mod version;
pub mod wants;
