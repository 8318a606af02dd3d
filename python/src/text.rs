//! Conversion of Python objects to bytes.

use std::borrow::Cow;
use std::path::PathBuf;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyMemoryView, PyString};

use crate::dump;

/// The bytes of `bytes`, `bytearray` and `memoryview`.
pub(crate) fn raw<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<Option<Cow<'a, [u8]>>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Some(bytes.as_bytes().into()));
    }
    if value.is_instance_of::<PyByteArray>() || value.is_instance_of::<PyMemoryView>() {
        let copy = value.py().get_type::<PyBytes>().call1((value,))?;
        return Ok(Some(copy.cast::<PyBytes>()?.as_bytes().to_vec().into()));
    }
    Ok(None)
}

/// A host's name: `str` or `bytes`.
pub(crate) fn words(value: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<u8>> {
    let Some(value) = value else { return Ok(Vec::new()) };
    if let Some(bytes) = raw(value)? {
        return Ok(bytes.into_owned());
    }
    Ok(value.extract::<String>()?.into_bytes())
}

/// Appends whole lines: `str`, `bytes`, or a dict as JSON. `None` for any other type.
pub(crate) fn push_lines(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> PyResult<Option<()>> {
    if let Ok(text) = value.cast::<PyString>() {
        out.extend_from_slice(text.to_string_lossy().as_bytes());
    } else if let Some(bytes) = raw(value)? {
        out.extend_from_slice(&bytes);
    } else if let Ok(dict) = value.cast::<PyDict>() {
        dump::record(dict, out)?;
    } else {
        return Ok(None);
    }
    if out.last() != Some(&b'\n') {
        out.push(b'\n');
    }
    Ok(Some(()))
}

/// The document of a policy as JSON: as [`document`], and a file may also be YAML or TOML.
pub(crate) fn policy(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let json = document(value)?;
    if !value.hasattr("__fspath__")? {
        return Ok(json);
    }
    let path = value.extract::<PathBuf>()?;
    let read = ipcsentry_inputs::document(&path, &json);
    read.map(|read| read.json).map_err(|what| PyValueError::new_err(format!("{}: {what}", path.display())))
}

/// A JSON document: a dict or list, its text, or a path to it.
pub(crate) fn document(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if value.is_instance_of::<PyString>() {
        return Ok(value.extract::<String>()?.into_bytes());
    }
    if let Some(bytes) = raw(value)? {
        return Ok(bytes.into_owned());
    }
    if value.hasattr("__fspath__")? {
        return Ok(std::fs::read(value.extract::<PathBuf>()?)?);
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        let mut json = Vec::new();
        dump::record(dict, &mut json)?;
        return Ok(json);
    }
    Err(PyTypeError::new_err("expected a dict, JSON text, or a path"))
}
