//! Rows of Arrow data as lines of telemetry: a column of raw records, or a JSON object of the columns of each row.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Schema, TimeUnit};
use ipcsentry::Timestamp;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::arrow_in::is_text;
use crate::dump;

/// Structures are followed this deep.
const DEPTH: usize = 32;

/// How to read the rows of a schema.
pub(crate) enum Rows {
    /// A column holds the raw records.
    Raw(usize),
    /// The columns are the members of a record.
    Members(Vec<(String, Node)>),
}

/// A member of a record.
pub(crate) enum Node {
    /// The value of a column.
    Column(usize),
    /// An object: of columns named `process.pid` and `process.name`, the object `process`.
    Object(Vec<(String, Self)>),
}

impl Rows {
    /// The column of that name holds the raw records.
    pub(crate) fn raw(schema: &Schema, column: &str) -> PyResult<Self> {
        let index = index(schema, column)?;
        let field = schema.field(index);
        if !is_text(field.data_type()) {
            let what = format!("column {column:?} holds {}, not the text of records", field.data_type());
            return Err(PyTypeError::new_err(what));
        }
        Ok(Self::Raw(index))
    }

    /// The columns are the members of a record; `names` are the members' names and their columns.
    pub(crate) fn members(schema: &Schema, names: &[(String, String)]) -> PyResult<Self> {
        let mut members = Vec::new();
        for (name, column) in names {
            let index = index(schema, column)?;
            let field = schema.field(index);
            if !is_supported(field.data_type(), 0) {
                let what = format!("column {column:?} has the type {}, which no record has", field.data_type());
                return Err(PyTypeError::new_err(what));
            }
            insert(&mut members, name, name, index);
        }
        Ok(Self::Members(members))
    }

    /// Appends a row as a line; a null record as an empty line, so that a record has the number of its row.
    pub(crate) fn push(&self, batch: &RecordBatch, row: usize, out: &mut Vec<u8>) {
        match self {
            Self::Raw(column) => {
                let text = text(batch.column(*column), row).unwrap_or_default();
                out.extend_from_slice(text.strip_suffix(b"\n").unwrap_or(text));
            }
            Self::Members(members) => {
                object(members, batch, row, out);
            }
        }
        out.push(b'\n');
    }
}

pub(crate) fn index(schema: &Schema, column: &str) -> PyResult<usize> {
    schema.index_of(column).map_err(|_| {
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).take(40).collect();
        PyValueError::new_err(format!("no column {column:?}; there are {}", names.join(", ")))
    })
}

/// Adds a column as a member, in objects by the dots of its name.
fn insert(members: &mut Vec<(String, Node)>, full: &str, name: &str, column: usize) {
    if let Some((outer, inner)) = name.split_once('.').filter(|(outer, inner)| !outer.is_empty() && !inner.is_empty()) {
        match members.iter_mut().find(|(known, _)| known == outer) {
            Some((_, Node::Object(below))) => return insert(below, full, inner, column),
            // A column has the object's name already: this one keeps its dots.
            Some(_) => {}
            None => {
                let mut below = Vec::new();
                insert(&mut below, full, inner, column);
                members.push((outer.to_owned(), Node::Object(below)));
                return;
            }
        }
    }
    let is_taken = members.iter().any(|(known, _)| known == name);
    members.push((if is_taken { full } else { name }.to_owned(), Node::Column(column)));
}

/// Appends an object of the members that are not null. Returns whether there is any.
fn object(members: &[(String, Node)], batch: &RecordBatch, row: usize, out: &mut Vec<u8>) -> bool {
    out.push(b'{');
    let begin = out.len();
    for (name, node) in members {
        let undo = out.len();
        if undo > begin {
            out.push(b',');
        }
        dump::string(name, out);
        out.push(b':');
        let is_there = match node {
            Node::Column(column) => value(batch.column(*column), row, 0, out),
            Node::Object(below) => object(below, batch, row, out),
        };
        if !is_there {
            out.truncate(undo);
        }
    }
    let is_any = out.len() > begin;
    out.push(b'}');
    is_any
}

fn is_supported(kind: &DataType, depth: usize) -> bool {
    use DataType as D;
    depth < DEPTH
        && match kind {
            D::Null | D::Boolean | D::Float32 | D::Float64 | D::Date32 | D::Date64 | D::Timestamp(..) => true,
            D::Decimal128(..) => true,
            D::List(item) | D::LargeList(item) | D::FixedSizeList(item, _) => is_supported(item.data_type(), depth + 1),
            D::Struct(fields) => fields.iter().all(|field| is_supported(field.data_type(), depth + 1)),
            D::Map(entries, _) => is_supported(entries.data_type(), depth + 1),
            D::Dictionary(_, inner) => is_supported(inner, depth + 1),
            other => other.is_integer() || (is_text(other) && !matches!(other, D::RunEndEncoded(..))),
        }
}

/// The text of a row of a column of text; `None` if it is null.
fn text(array: &dyn Array, row: usize) -> Option<&[u8]> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).as_bytes(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).as_bytes(),
        DataType::Utf8View => array.as_string_view().value(row).as_bytes(),
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::LargeBinary => array.as_binary::<i64>().value(row),
        DataType::BinaryView => array.as_binary_view().value(row),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            return text(dictionary.values(), key(array, row));
        }
        _ => return None,
    })
}

/// Appends a value. Returns false, and may leave a part of it behind, if it is null.
fn value(array: &dyn Array, row: usize, depth: usize, out: &mut Vec<u8>) -> bool {
    use DataType as D;
    if array.is_null(row) || depth >= DEPTH {
        return false;
    }
    match array.data_type() {
        D::Boolean => out.extend_from_slice(if array.as_boolean().value(row) { b"true" } else { b"false" }),
        D::Int8 => integer::<Int8Type>(array, row, out),
        D::Int16 => integer::<Int16Type>(array, row, out),
        D::Int32 => integer::<Int32Type>(array, row, out),
        D::Int64 => integer::<Int64Type>(array, row, out),
        D::UInt8 => integer::<UInt8Type>(array, row, out),
        D::UInt16 => integer::<UInt16Type>(array, row, out),
        D::UInt32 => integer::<UInt32Type>(array, row, out),
        D::UInt64 => integer::<UInt64Type>(array, row, out),
        D::Float32 => return dump::float(f64::from(array.as_primitive::<Float32Type>().value(row)), out),
        D::Float64 => return dump::float(array.as_primitive::<Float64Type>().value(row), out),
        D::Decimal128(..) => dump::string(&array.as_primitive::<Decimal128Type>().value_as_string(row), out),
        D::Date32 => return time(i64::from(array.as_primitive::<Date32Type>().value(row)), 86_400_000_000_000, out),
        D::Date64 => return time(array.as_primitive::<Date64Type>().value(row), 1_000_000, out),
        D::Timestamp(TimeUnit::Second, _) => {
            return time(array.as_primitive::<TimestampSecondType>().value(row), 1_000_000_000, out);
        }
        D::Timestamp(TimeUnit::Millisecond, _) => {
            return time(array.as_primitive::<TimestampMillisecondType>().value(row), 1_000_000, out);
        }
        D::Timestamp(TimeUnit::Microsecond, _) => {
            return time(array.as_primitive::<TimestampMicrosecondType>().value(row), 1000, out);
        }
        D::Timestamp(TimeUnit::Nanosecond, _) => {
            return time(array.as_primitive::<TimestampNanosecondType>().value(row), 1, out);
        }
        D::List(_) => list(&*array.as_list::<i32>().value(row), depth, out),
        D::LargeList(_) => list(&*array.as_list::<i64>().value(row), depth, out),
        D::FixedSizeList(..) => list(&*array.as_fixed_size_list().value(row), depth, out),
        D::Struct(_) => {
            let array = array.as_struct();
            let members = array.fields().iter().map(|field| field.name().as_str()).zip(array.columns());
            entries(members.map(|(name, column)| (name.as_bytes(), column.as_ref(), row)), depth, out);
        }
        D::Map(..) => {
            let pairs = array.as_map().value(row);
            let (keys, values) = (pairs.column(0), pairs.column(1));
            let members = (0..pairs.len()).filter_map(|at| Some((text(keys, at)?, values.as_ref(), at)));
            entries(members, depth, out);
        }
        D::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            return value(dictionary.values(), key(array, row), depth + 1, out);
        }
        _ => match text(array, row) {
            Some(text) => dump::string(&String::from_utf8_lossy(text), out),
            None => return false,
        },
    }
    true
}

/// The index of a row's value in the dictionary of its column.
pub(crate) fn key(array: &dyn Array, row: usize) -> usize {
    use DataType as D;
    let keys = array.as_any_dictionary().keys();
    match keys.data_type() {
        D::Int8 => keys.as_primitive::<Int8Type>().value(row) as usize,
        D::Int16 => keys.as_primitive::<Int16Type>().value(row) as usize,
        D::Int32 => keys.as_primitive::<Int32Type>().value(row) as usize,
        D::Int64 => keys.as_primitive::<Int64Type>().value(row) as usize,
        D::UInt8 => usize::from(keys.as_primitive::<UInt8Type>().value(row)),
        D::UInt16 => usize::from(keys.as_primitive::<UInt16Type>().value(row)),
        D::UInt32 => keys.as_primitive::<UInt32Type>().value(row) as usize,
        _ => keys.as_primitive::<UInt64Type>().value(row) as usize,
    }
}

fn integer<T: ArrowPrimitiveType<Native: std::fmt::Display>>(array: &dyn Array, row: usize, out: &mut Vec<u8>) {
    use std::io::Write;
    // Writing into memory cannot fail.
    let _ = write!(out, "{}", array.as_primitive::<T>().value(row));
}

/// A time as text; false if it is beyond what nanoseconds can count.
fn time(value: i64, nanos: i64, out: &mut Vec<u8>) -> bool {
    let Some(time) = value.checked_mul(nanos) else { return false };
    dump::string(&Timestamp(time).to_string(), out);
    true
}

fn list(items: &dyn Array, depth: usize, out: &mut Vec<u8>) {
    out.push(b'[');
    for at in 0..items.len() {
        if at > 0 {
            out.push(b',');
        }
        let undo = out.len();
        if !value(items, at, depth + 1, out) {
            out.truncate(undo);
            out.extend_from_slice(b"null");
        }
    }
    out.push(b']');
}

fn entries<'a>(members: impl Iterator<Item = (&'a [u8], &'a dyn Array, usize)>, depth: usize, out: &mut Vec<u8>) {
    out.push(b'{');
    let begin = out.len();
    for (name, column, row) in members {
        let undo = out.len();
        if undo > begin {
            out.push(b',');
        }
        dump::string(&String::from_utf8_lossy(name), out);
        out.push(b':');
        if !value(column, row, depth + 1, out) {
            out.truncate(undo);
        }
    }
    out.push(b'}');
}
