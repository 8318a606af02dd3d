//! Python objects as JSON, also those that Python's `json` refuses: times, scalars of numpy and pandas, bytes.

use std::io::Write;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDate, PyDateTime, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple,
};

/// Lists and dicts are followed this deep. A cycle is deeper.
const DEPTH: usize = 64;

/// A float that is a whole number below this is written as an integer.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// Appends a dict as JSON, without members whose value is missing: None, NaN, NaT and the like.
///
/// Raises TypeError for an object of a type that JSON cannot hold, and ValueError for a dict that is too deep or contains
/// itself.
pub(crate) fn record(dict: &Bound<'_, PyDict>, out: &mut Vec<u8>) -> PyResult<()> {
    object(dict, 0, out)
}

/// Appends a typed event, a dict or a dataclass, as JSON.
pub(crate) fn event(event: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> PyResult<()> {
    if let Ok(dict) = event.cast::<PyDict>() {
        return object(dict, 0, out);
    }
    if !event.hasattr("__dataclass_fields__")? {
        let kind = event.get_type().name()?;
        return Err(PyTypeError::new_err(format!("an event is a dict or a dataclass, not {kind}")));
    }
    let dict = event.py().import("dataclasses")?.getattr("asdict")?.call1((event,))?;
    object(dict.cast::<PyDict>()?, 0, out)
}

/// Appends text as a JSON string.
pub(crate) fn string(text: &str, out: &mut Vec<u8>) {
    // Writing into memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// Appends a number. Returns false if there is none: NaN, or infinite.
pub(crate) fn float(number: f64, out: &mut Vec<u8>) -> bool {
    if !number.is_finite() {
        return false;
    }
    // A column of integers with a missing one is a column of floats in pandas.
    let _ = if number.fract() == 0.0 && number.abs() < WHOLE {
        write!(out, "{}", number as i64)
    } else {
        write!(out, "{number:?}")
    };
    true
}

fn object(dict: &Bound<'_, PyDict>, depth: usize, out: &mut Vec<u8>) -> PyResult<()> {
    out.push(b'{');
    let begin = out.len();
    for (name, member) in dict {
        let undo = out.len();
        if undo > begin {
            out.push(b',');
        }
        match name.cast::<PyString>() {
            Ok(name) => string(&name.to_string_lossy(), out),
            Err(_) => string(&name.str()?.to_string_lossy(), out),
        }
        out.push(b':');
        if !value(&member, depth + 1, out)? {
            out.truncate(undo);
        }
    }
    out.push(b'}');
    Ok(())
}

fn list<'py>(items: impl Iterator<Item = Bound<'py, PyAny>>, depth: usize, out: &mut Vec<u8>) -> PyResult<()> {
    out.push(b'[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        if !value(&item, depth + 1, out)? {
            out.extend_from_slice(b"null");
        }
    }
    out.push(b']');
    Ok(())
}

/// Appends a value. Returns false if it is missing.
fn value(value: &Bound<'_, PyAny>, depth: usize, out: &mut Vec<u8>) -> PyResult<bool> {
    if depth > DEPTH {
        return Err(PyValueError::new_err(format!("a record is more than {DEPTH} levels deep, or contains itself")));
    }
    if let Ok(text) = value.cast::<PyString>() {
        // A lone surrogate is no character: it is replaced.
        string(&text.to_string_lossy(), out);
    } else if value.is_none() {
        return Ok(false);
    } else if let Ok(truth) = value.cast::<PyBool>() {
        out.extend_from_slice(if truth.is_true() { b"true" } else { b"false" });
    } else if value.is_exact_instance_of::<PyInt>() {
        match value.extract::<i64>() {
            Ok(number) => write!(out, "{number}")?,
            Err(_) => out.extend_from_slice(value.str()?.to_string_lossy().as_bytes()),
        }
    } else if let Ok(number) = value.cast::<PyFloat>() {
        return Ok(float(number.extract()?, out));
    } else if let Ok(dict) = value.cast::<PyDict>() {
        object(dict, depth, out)?;
    } else if let Ok(items) = value.cast::<PyList>() {
        list(items.iter(), depth, out)?;
    } else if let Ok(items) = value.cast::<PyTuple>() {
        list(items.iter(), depth, out)?;
    } else {
        return other(value, depth, out);
    }
    Ok(true)
}

/// Appends a value of a type that JSON does not have.
fn other(given: &Bound<'_, PyAny>, depth: usize, out: &mut Vec<u8>) -> PyResult<bool> {
    let py = given.py();
    if let Ok(bytes) = given.cast::<PyBytes>() {
        string(&String::from_utf8_lossy(bytes.as_bytes()), out);
        return Ok(true);
    }
    if let Ok(bytes) = given.cast::<PyByteArray>() {
        string(&String::from_utf8_lossy(&bytes.to_vec()), out);
        return Ok(true);
    }
    // Missing values differ from themselves (NaT), or do not say (pandas.NA).
    if !given.eq(given).unwrap_or(false) {
        return Ok(false);
    }
    if given.is_instance_of::<PyDateTime>() || given.is_instance_of::<PyDate>() {
        string(&time(given)?, out);
        return Ok(true);
    }
    if let Ok(number) = given.cast::<PyInt>() {
        out.extend_from_slice(number.call_method0("__index__")?.str()?.to_string_lossy().as_bytes());
        return Ok(true);
    }
    let kind = given.getattr("dtype").and_then(|kind| kind.getattr("kind")?.extract::<String>()).unwrap_or_default();
    if kind == "M" && !given.hasattr("__len__")? {
        let nanos = py.import("ipcsentry._times")?.getattr("nanos_of")?.call1((given,))?.extract::<i64>()?;
        if nanos == i64::MIN {
            return Ok(false); // numpy's NaT
        }
        string(&ipcsentry::Timestamp(nanos).to_string(), out);
        return Ok(true);
    }
    if !kind.is_empty() && given.hasattr("tolist")? {
        return value(&given.call_method0("tolist")?, depth + 1, out);
    }
    if ["Decimal", "UUID"].contains(&given.get_type().name()?.to_string_lossy().as_ref())
        || given.hasattr("__fspath__")?
    {
        string(&given.str()?.to_string_lossy(), out);
        return Ok(true);
    }
    if let Ok(mapping) = py.get_type::<PyDict>().call1((given,))
        && given.hasattr("keys")?
    {
        object(mapping.cast::<PyDict>()?, depth, out)?;
        return Ok(true);
    }
    Err(PyTypeError::new_err(format!("a record cannot hold {}", given.get_type().name()?)))
}

/// A datetime or a date in UTC; without a zone, it is in UTC.
fn time(given: &Bound<'_, PyAny>) -> PyResult<String> {
    let nanos = given.py().import("ipcsentry._times")?.getattr("nanos_of")?.call1((given,))?;
    Ok(match nanos.extract::<i64>() {
        Ok(nanos) => ipcsentry::Timestamp(nanos).to_string(),
        Err(_) => given.call_method0("isoformat")?.str()?.to_string_lossy().into_owned(),
    })
}
