//! Rows of Python objects as an Arrow stream, for whoever takes the PyCapsule interface.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, ListArray, RecordBatch, RecordBatchIterator, RecordBatchOptions,
    StructArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, TimeUnit};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList, PyString};

/// The type of a column.
enum Kind {
    Str,
    Int,
    Float,
    Bool,
    /// Nanoseconds since 1970, UTC.
    Time,
    List(Box<Self>),
    Struct(Vec<(String, Self)>),
}

/// A table as an Arrow stream in a capsule. `columns` are names with types; `values` the values of each column.
#[pyfunction]
#[pyo3(signature = (columns, values, /))]
pub(crate) fn arrow_stream<'py>(
    py: Python<'py>,
    columns: Vec<(String, Bound<'py, PyAny>)>,
    values: Vec<Vec<Bound<'py, PyAny>>>,
) -> PyResult<Bound<'py, PyCapsule>> {
    if columns.len() != values.len() {
        return Err(PyValueError::new_err("as many lists of values as columns"));
    }
    let rows = values.first().map_or(0, Vec::len);
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    for ((name, kind), values) in columns.into_iter().zip(&values) {
        let kind = kind_of(&kind)?;
        fields.push(Field::new(name, data_type(&kind), true));
        arrays.push(array(&kind, values)?);
    }
    let schema = Arc::new(Schema::new(fields));
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options).map_err(invalid)?;
    let stream = FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new([Ok(batch)], schema)));
    PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
}

pub(crate) fn invalid(error: ArrowError) -> PyErr {
    PyValueError::new_err(format!("Arrow: {error}"))
}

fn kind_of(kind: &Bound<'_, PyAny>) -> PyResult<Kind> {
    if let Ok(name) = kind.cast::<PyString>() {
        return Ok(match &*name.to_string_lossy() {
            "str" => Kind::Str,
            "int" => Kind::Int,
            "float" => Kind::Float,
            "bool" => Kind::Bool,
            "time" => Kind::Time,
            other => return Err(PyTypeError::new_err(format!("no column type {other:?}"))),
        });
    }
    let (outer, inner) = kind.extract::<(String, Bound<'_, PyAny>)>()?;
    if outer == "list" {
        return Ok(Kind::List(Box::new(kind_of(&inner)?)));
    }
    let members = inner.extract::<Vec<(String, Bound<'_, PyAny>)>>()?;
    Ok(Kind::Struct(members.iter().map(|(name, kind)| Ok((name.clone(), kind_of(kind)?))).collect::<PyResult<_>>()?))
}

fn data_type(kind: &Kind) -> DataType {
    match kind {
        Kind::Str => DataType::Utf8,
        Kind::Int => DataType::UInt64,
        Kind::Float => DataType::Float64,
        Kind::Bool => DataType::Boolean,
        Kind::Time => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        Kind::List(inner) => DataType::List(item(inner)),
        Kind::Struct(members) => DataType::Struct(fields(members)),
    }
}

fn item(inner: &Kind) -> Arc<Field> {
    Arc::new(Field::new_list_field(data_type(inner), true))
}

fn fields(members: &[(String, Kind)]) -> Fields {
    members.iter().map(|(name, kind)| Field::new(name, data_type(kind), true)).collect()
}

fn array(kind: &Kind, values: &[Bound<'_, PyAny>]) -> PyResult<ArrayRef> {
    Ok(match kind {
        Kind::Str => {
            let mut built = StringBuilder::new();
            for value in values {
                built.append_option(value.extract::<Option<String>>()?);
            }
            Arc::new(built.finish())
        }
        Kind::Int => Arc::new(UInt64Array::from(each(values)?)),
        Kind::Float => Arc::new(Float64Array::from(each(values)?)),
        Kind::Bool => Arc::new(BooleanArray::from(each(values)?)),
        Kind::Time => Arc::new(TimestampNanosecondArray::from(each(values)?).with_timezone("UTC")),
        Kind::List(inner) => {
            let mut flat = Vec::new();
            let mut lengths = Vec::with_capacity(values.len());
            for value in values {
                let list = value.cast::<PyList>()?;
                lengths.push(list.len());
                flat.extend(list.iter());
            }
            let offsets = OffsetBuffer::from_lengths(lengths);
            Arc::new(ListArray::try_new(item(inner), offsets, array(inner, &flat)?, None).map_err(invalid)?)
        }
        Kind::Struct(members) => {
            let mut arrays: Vec<Arc<dyn Array>> = Vec::new();
            for (name, kind) in members {
                let column = values.iter().map(|value| value.get_item(name)).collect::<PyResult<Vec<_>>>()?;
                arrays.push(array(kind, &column)?);
            }
            Arc::new(StructArray::try_new(fields(members), arrays, None).map_err(invalid)?)
        }
    })
}

fn each<'py, T: FromPyObjectOwned<'py>>(values: &[Bound<'py, PyAny>]) -> PyResult<Vec<Option<T>>> {
    values.iter().map(|value| value.extract::<Option<T>>().map_err(Into::into)).collect()
}
