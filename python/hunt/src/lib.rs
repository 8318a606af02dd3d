//! The program `hunt` as a library: there is one source, the example of the core.
//!
//! It has a package of its own, with this file in it, because a source distribution keeps no target outside its package.

use std::ffi::OsString;

#[allow(dead_code, reason = "a library has no `main`")]
#[path = "../../../core/examples/hunt/main.rs"]
mod main;

// The files of the program name each other from the root of the crate.
#[allow(unused_imports, reason = "which of them do is theirs")]
use main::*;

/// Runs the program with these arguments, and returns its exit status. `program` is its name in `--help` and `--version`.
pub fn run(program: &str, arguments: impl Iterator<Item = OsString>) -> u8 {
    main::run(program, arguments)
}
