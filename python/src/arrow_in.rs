//! Arrow data of other libraries, taken through the PyCapsule interface without a copy.

use std::ffi::CStr;
use std::ptr::NonNull;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchReader, StructArray, make_array};
use arrow_schema::{ArrowError, DataType, SchemaRef};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::arrow_out::invalid;

const STREAM: &CStr = c"arrow_array_stream";
const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

/// Batches of rows.
pub(crate) type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// The batches of an object with `__arrow_c_stream__` or `__arrow_c_array__`, and their schema.
pub(crate) fn batches(data: &Bound<'_, PyAny>) -> PyResult<(SchemaRef, Batches)> {
    if data.hasattr("__arrow_c_stream__")? {
        let capsule = data.call_method0("__arrow_c_stream__")?;
        let place = pointer::<FFI_ArrowArrayStream>(&capsule, STREAM)?;
        // SAFETY: the capsule's name says that the pointer is to an ArrowArrayStream, which the capsule owns and which
        // `from_raw` moves out, leaving a released one.
        let reader = unsafe { RecordBatchStreamReader::from_raw(place.as_ptr()) }.map_err(invalid)?;
        return Ok((reader.schema(), Box::new(reader)));
    }
    let (schema, array) = data
        .call_method0("__arrow_c_array__")?
        .extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()
        .map_err(|_| PyTypeError::new_err("__arrow_c_array__ must return two capsules"))?;
    let schema = pointer::<FFI_ArrowSchema>(&schema, SCHEMA)?;
    let array = pointer::<FFI_ArrowArray>(&array, ARRAY)?;
    // SAFETY: the capsules' names say what the pointers are to. The array is moved out, as the interface prescribes; the
    // schema is only read while its capsule lives.
    let data = unsafe { from_ffi(FFI_ArrowArray::from_raw(array.as_ptr()), schema.as_ref()) }.map_err(invalid)?;
    let rows: ArrayRef = make_array(data);
    let rows = rows.as_any().downcast_ref::<StructArray>().ok_or_else(no_columns)?;
    let batch = RecordBatch::from(rows.clone());
    Ok((batch.schema(), Box::new(std::iter::once(Ok(batch)))))
}

fn no_columns() -> PyErr {
    PyTypeError::new_err("an Arrow array of records must be a struct array: its members are the columns")
}

fn pointer<T>(object: &Bound<'_, PyAny>, name: &'static CStr) -> PyResult<NonNull<T>> {
    let capsule = object.cast::<PyCapsule>().map_err(|_| PyTypeError::new_err("not an Arrow capsule"))?;
    Ok(capsule.pointer_checked(Some(name))?.cast())
}

/// Whether a column holds text or bytes.
pub(crate) fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, inner) => is_text(inner),
        DataType::RunEndEncoded(_, inner) => is_text(inner.data_type()),
        _ => matches!(
            kind,
            DataType::Utf8
                | DataType::LargeUtf8
                | DataType::Utf8View
                | DataType::Binary
                | DataType::LargeBinary
                | DataType::BinaryView
        ),
    }
}
