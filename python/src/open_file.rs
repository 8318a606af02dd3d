//! Open files of Python, as Rust reads them.

use std::io::{self, Read};
use std::sync::{Arc, Mutex};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// Bytes asked for at least: each call attaches to the interpreter.
const CHUNK: usize = 1 << 18;

/// An object with `read`. An exception of it is kept for the caller of the reader.
pub(crate) struct OpenFile {
    file: Py<PyAny>,
    /// Bytes that did not fit the caller's buffer.
    rest: Vec<u8>,
    at: usize,
    raised: Arc<Mutex<Option<PyErr>>>,
}

impl OpenFile {
    pub(crate) fn new(file: Py<PyAny>, raised: Arc<Mutex<Option<PyErr>>>) -> Self {
        Self { file, rest: Vec::new(), at: 0, raised }
    }

    fn chunk(&self) -> PyResult<Vec<u8>> {
        Python::attach(|py| {
            let chunk = self.file.bind(py).call_method1("read", (CHUNK,))?;
            if let Ok(bytes) = chunk.cast::<PyBytes>() {
                return Ok(bytes.as_bytes().to_vec());
            }
            if let Ok(text) = chunk.cast::<PyString>() {
                return Ok(text.to_string_lossy().into_owned().into_bytes());
            }
            let kind = chunk.get_type().name()?;
            Err(PyTypeError::new_err(format!("read() of an open file must return bytes or str, not {kind}")))
        })
    }
}

impl Read for OpenFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.rest.len() {
            // If the file raises, nothing of the last chunk is left to be read again.
            (self.rest, self.at) = (Vec::new(), 0);
            self.rest = self.chunk().map_err(|error| {
                if let Ok(mut raised) = self.raised.lock() {
                    raised.get_or_insert(error);
                }
                io::Error::other("the open file raised an exception")
            })?;
        }
        let taken = (self.rest.len() - self.at).min(buffer.len());
        buffer[..taken].copy_from_slice(&self.rest[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}
