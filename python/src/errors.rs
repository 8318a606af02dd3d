//! Errors as exceptions. Their classes are written in Python (`ipcsentry._errors`), because the stable ABI cannot
//! derive from Python's exceptions.

use std::any::Any;

use ipcsentry::baseline::BaselineError;
use ipcsentry::decode::DecodeError;
use ipcsentry::event::EventError;
use ipcsentry::policy::PolicyError;
use ipcsentry::rules::CatalogError;
use pyo3::call::PyCallArgs;
use pyo3::prelude::*;

fn raise<'py>(py: Python<'py>, class: &str, arguments: impl PyCallArgs<'py>) -> PyErr {
    let made = py.import("ipcsentry._errors").and_then(|module| module.getattr(class)?.call1(arguments));
    made.map_or_else(|error| error, PyErr::from_value)
}

pub(crate) fn policy(py: Python<'_>, error: PolicyError) -> PyErr {
    raise(py, "PolicyError", (error.to_string(), error.path))
}

pub(crate) fn baseline(py: Python<'_>, error: BaselineError) -> PyErr {
    raise(py, "BaselineError", (error.to_string(), error.path))
}

pub(crate) fn catalog(py: Python<'_>, error: CatalogError) -> PyErr {
    raise(py, "CatalogError", (error.to_string(), error.path))
}

pub(crate) fn decode(py: Python<'_>, error: &DecodeError) -> PyErr {
    raise(py, "DecodeError", (error.to_string(), error.record, error.offset, error.field))
}

/// The exception for an object that is no event.
pub(crate) fn event(py: Python<'_>, number: u64, error: &EventError) -> PyErr {
    let path = Some(&error.path).filter(|path| !path.is_empty());
    raise(py, "DecodeError", (format!("event {number}: {error}"), number, None::<u64>, path))
}

pub(crate) fn restore(py: Python<'_>, error: &ipcsentry::RestoreError) -> PyErr {
    raise(py, "RestoreError", (error.to_string(),))
}

/// The exception for a pickled engine of which a part cannot be read.
pub(crate) fn incomplete(py: Python<'_>) -> PyErr {
    let text = "another version of the library wrote this: Engine.restore(snapshot) reads what this one can";
    raise(py, "RestoreError", (text,))
}

/// The exception for a panic that was caught.
pub(crate) fn bug(py: Python<'_>, payload: &(dyn Any + Send)) -> PyErr {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    raise(py, "InternalError", (format!("a bug of the library was caught: {text}"),))
}

/// The exception for a call on an object in which a panic was caught before.
pub(crate) fn poisoned(py: Python<'_>) -> PyErr {
    raise(py, "InternalError", ("an earlier call met a bug: this object cannot be used any more",))
}
