//! The native half of the Python package `ipcsentry`, whose public half is in `python/ipcsentry`.
//!
//! Every class is frozen and may be used from any thread. Mutable state is behind a lock, which is taken only while the
//! interpreter is released.

mod alert;
mod arrow_in;
mod arrow_out;
mod baseline;
mod catalog;
mod cells;
mod chunks;
mod dump;
mod engine;
mod errors;
mod frames;
mod input;
mod open_file;
mod outputs;
mod places;
mod policy;
mod raw;
mod report;
mod rows;
mod scenarios;
mod shards;
mod text;
mod tuning;
mod typed;
mod validation;

use pyo3::prelude::*;

/// The native half of the package.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::arrow_out::arrow_stream;
    #[pymodule_export]
    use super::baseline::Baseline;
    #[pymodule_export]
    use super::catalog::Catalog;
    #[pymodule_export]
    use super::detect_format;
    #[pymodule_export]
    use super::engine::{Engine, Stream};
    #[pymodule_export]
    use super::main;
    #[pymodule_export]
    use super::outputs::{chain_picture, changes, html_page, written_as};
    #[pymodule_export]
    use super::places::places;
    #[pymodule_export]
    use super::policy::Policy;
    #[pymodule_export]
    use super::printable;
    #[pymodule_export]
    use super::raw::raw_records;
    #[pymodule_export]
    use super::report::{FeedReport, InputReport, Restored, StreamReport};
    #[pymodule_export]
    use super::scenarios::{Scenario, scenarios};
    #[pymodule_export]
    use super::shards::Shards;
    #[pymodule_export]
    use super::tuning::{losses, suggestions};
    #[pymodule_export]
    use super::validation::{navigator, profiles, remedy, sensor, try_scenarios};

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "the name Python expects")]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "the name Python expects")]
    const STYLE: &str = ipcsentry_outputs::STYLE;

    #[pymodule_init]
    fn init(module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        use pyo3::types::PyModuleMethods;
        let names = ipcsentry::decode::Format::ALL.iter().map(|(name, _)| *name);
        module.add("FORMATS", pyo3::types::PyTuple::new(module.py(), names)?)
    }
}

/// The name of the format that a stream begins with (a few KiB are enough), or None if it is not supported.
#[pyfunction]
#[pyo3(signature = (head, /))]
fn detect_format(head: &[u8]) -> Option<&'static str> {
    ipcsentry::decode::Format::detect(head).map(ipcsentry::decode::Format::name)
}

/// The text with every control and formatting character escaped that a terminal would execute instead of showing it.
#[pyfunction]
#[pyo3(signature = (text, /))]
fn printable(text: &str) -> std::borrow::Cow<'_, str> {
    ipcsentry::printable(text)
}

/// Runs the command `ipcsentry`, which is the program `hunt` of the Rust library, with these arguments. Returns its exit
/// status.
#[pyfunction]
#[pyo3(signature = (arguments, /))]
fn main(py: Python<'_>, arguments: Vec<std::ffi::OsString>) -> u8 {
    py.detach(|| ipcsentry_hunt::run("ipcsentry", arguments.into_iter()))
}
