//! Columns of Arrow data as cells of typed events.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, LargeBinaryArray, LargeStringArray, PrimitiveArray,
    RecordBatch, StringArray, StringViewArray,
};
use arrow_schema::{DataType, Schema, TimeUnit};
use ipcsentry::event::Cell;

/// Structures are followed this deep.
const DEPTH: usize = 32;

/// Which leaves of which columns are read: a column of structures has several.
#[derive(Debug)]
pub(crate) struct Leaves {
    /// The path of each leaf: the column, then the members in it.
    paths: Vec<Vec<usize>>,
    /// Their names as members of events.
    names: Vec<String>,
}

impl Leaves {
    /// The leaves of columns, which stand for members of events: `names` are the members and their columns.
    pub(crate) fn of(schema: &Schema, names: &[(String, usize)]) -> Self {
        let mut this = Self { paths: Vec::new(), names: Vec::new() };
        for (name, column) in names {
            this.add(name.clone(), vec![*column], schema.field(*column).data_type());
        }
        this
    }

    fn add(&mut self, name: String, path: Vec<usize>, kind: &DataType) {
        if let DataType::Struct(fields) = kind
            && path.len() < DEPTH
        {
            for (at, field) in fields.iter().enumerate() {
                let path = path.iter().copied().chain([at]).collect();
                self.add(format!("{name}.{}", field.name()), path, field.data_type());
            }
        } else {
            self.paths.push(path);
            self.names.push(name);
        }
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    /// The leaves of a batch, as arrays: what is null in a structure is null in its members.
    pub(crate) fn arrays(&self, batch: &RecordBatch) -> Vec<ArrayRef> {
        let array = |path: &Vec<usize>| {
            let mut array = ArrayRef::clone(batch.column(path[0]));
            for member in &path[1..] {
                // The columns of `flatten` have the nulls of the structure, too.
                array = ArrayRef::clone(&array.as_struct().flatten().1[*member]);
            }
            array
        };
        self.paths.iter().map(array).collect()
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }
}

/// The cells of a batch.
pub(crate) struct Cells<'b> {
    leaves: Vec<Leaf<'b>>,
    record: Option<usize>,
    file: Option<usize>,
}

impl<'b> Cells<'b> {
    pub(crate) fn new(leaves: &Leaves, arrays: &'b [ArrayRef]) -> Self {
        Self {
            leaves: arrays.iter().map(|array| Leaf::of(array.as_ref())).collect(),
            record: leaves.find("record"),
            file: leaves.find("file"),
        }
    }

    #[inline]
    pub(crate) fn cell(&self, column: usize, row: usize) -> Cell<'b> {
        self.leaves[column].cell(row)
    }

    pub(crate) fn has_record(&self, row: usize) -> bool {
        self.record.is_some_and(|column| self.cell(column, row) != Cell::Null)
    }

    pub(crate) fn has_file(&self, row: usize) -> bool {
        self.file.is_some_and(|column| self.cell(column, row) != Cell::Null)
    }
}

/// A column of one type.
enum Leaf<'b> {
    Null,
    Bool(&'b BooleanArray),
    Text(&'b StringArray),
    LargeText(&'b LargeStringArray),
    TextView(&'b StringViewArray),
    Bytes(&'b BinaryArray),
    LargeBytes(&'b LargeBinaryArray),
    BytesView(&'b BinaryViewArray),
    Int8(&'b PrimitiveArray<Int8Type>),
    Int16(&'b PrimitiveArray<Int16Type>),
    Int32(&'b PrimitiveArray<Int32Type>),
    Int64(&'b PrimitiveArray<Int64Type>),
    UInt8(&'b PrimitiveArray<UInt8Type>),
    UInt16(&'b PrimitiveArray<UInt16Type>),
    UInt32(&'b PrimitiveArray<UInt32Type>),
    UInt64(&'b PrimitiveArray<UInt64Type>),
    Float32(&'b PrimitiveArray<Float32Type>),
    Float64(&'b PrimitiveArray<Float64Type>),
    /// Times, by their unit.
    Days(&'b PrimitiveArray<Date32Type>),
    Date64(&'b PrimitiveArray<Date64Type>),
    Seconds(&'b PrimitiveArray<TimestampSecondType>),
    Millis(&'b PrimitiveArray<TimestampMillisecondType>),
    Micros(&'b PrimitiveArray<TimestampMicrosecondType>),
    Nanos(&'b PrimitiveArray<TimestampNanosecondType>),
    /// Keys, and the value of each.
    Dictionary(&'b dyn Array, Box<Self>),
    /// Of another type, which no member has.
    Other(&'b dyn Array),
}

impl<'b> Leaf<'b> {
    fn of(array: &'b dyn Array) -> Self {
        use DataType as D;
        match array.data_type() {
            D::Null => Self::Null,
            D::Boolean => Self::Bool(array.as_boolean()),
            D::Utf8 => Self::Text(array.as_string()),
            D::LargeUtf8 => Self::LargeText(array.as_string()),
            D::Utf8View => Self::TextView(array.as_string_view()),
            D::Binary => Self::Bytes(array.as_binary()),
            D::LargeBinary => Self::LargeBytes(array.as_binary()),
            D::BinaryView => Self::BytesView(array.as_binary_view()),
            D::Int8 => Self::Int8(array.as_primitive()),
            D::Int16 => Self::Int16(array.as_primitive()),
            D::Int32 => Self::Int32(array.as_primitive()),
            D::Int64 => Self::Int64(array.as_primitive()),
            D::UInt8 => Self::UInt8(array.as_primitive()),
            D::UInt16 => Self::UInt16(array.as_primitive()),
            D::UInt32 => Self::UInt32(array.as_primitive()),
            D::UInt64 => Self::UInt64(array.as_primitive()),
            D::Float32 => Self::Float32(array.as_primitive()),
            D::Float64 => Self::Float64(array.as_primitive()),
            D::Date32 => Self::Days(array.as_primitive()),
            D::Date64 => Self::Date64(array.as_primitive()),
            D::Timestamp(TimeUnit::Second, _) => Self::Seconds(array.as_primitive()),
            D::Timestamp(TimeUnit::Millisecond, _) => Self::Millis(array.as_primitive()),
            D::Timestamp(TimeUnit::Microsecond, _) => Self::Micros(array.as_primitive()),
            D::Timestamp(TimeUnit::Nanosecond, _) => Self::Nanos(array.as_primitive()),
            D::Dictionary(..) => {
                Self::Dictionary(array, Box::new(Self::of(array.as_any_dictionary().values().as_ref())))
            }
            _ => Self::Other(array),
        }
    }

    fn cell(&self, row: usize) -> Cell<'b> {
        /// What is made of the value of a row, if it is not null.
        macro_rules! value {
            ($array:expr, $value:ident => $cell:expr) => {
                if $array.is_null(row) {
                    Cell::Null
                } else {
                    let $value = $array.value(row);
                    $cell
                }
            };
        }
        match self {
            Self::Null => Cell::Null,
            Self::Bool(array) => value!(array, truth => Cell::Bool(truth)),
            Self::Text(array) => value!(array, text => Cell::Text(text.as_bytes())),
            Self::LargeText(array) => value!(array, text => Cell::Text(text.as_bytes())),
            Self::TextView(array) => value!(array, text => Cell::Text(text.as_bytes())),
            Self::Bytes(array) => value!(array, bytes => Cell::Text(bytes)),
            Self::LargeBytes(array) => value!(array, bytes => Cell::Text(bytes)),
            Self::BytesView(array) => value!(array, bytes => Cell::Text(bytes)),
            Self::Int8(array) => value!(array, n => Cell::Int(i64::from(n))),
            Self::Int16(array) => value!(array, n => Cell::Int(i64::from(n))),
            Self::Int32(array) => value!(array, n => Cell::Int(i64::from(n))),
            Self::Int64(array) => value!(array, n => Cell::Int(n)),
            Self::UInt8(array) => value!(array, n => Cell::Int(i64::from(n))),
            Self::UInt16(array) => value!(array, n => Cell::Int(i64::from(n))),
            Self::UInt32(array) => value!(array, n => Cell::Int(i64::from(n))),
            Self::UInt64(array) => value!(array, n => i64::try_from(n).map_or(Cell::Uint(n), Cell::Int)),
            Self::Float32(array) => value!(array, n => whole(f64::from(n))),
            Self::Float64(array) => value!(array, n => whole(n)),
            Self::Days(array) => value!(array, n => time(i64::from(n), 86_400_000_000_000)),
            Self::Date64(array) => value!(array, n => time(n, 1_000_000)),
            Self::Seconds(array) => value!(array, n => time(n, 1_000_000_000)),
            Self::Millis(array) => value!(array, n => time(n, 1_000_000)),
            Self::Micros(array) => value!(array, n => time(n, 1000)),
            Self::Nanos(array) => value!(array, n => time(n, 1)),
            Self::Dictionary(array, values) if !array.is_null(row) => values.cell(crate::rows::key(*array, row)),
            Self::Dictionary(..) => Cell::Null,
            Self::Other(array) if !array.is_null(row) => Cell::Other,
            Self::Other(_) => Cell::Null,
        }
    }
}

/// A number of a column of integers with gaps, which pandas makes one of floating point; NaN is a gap.
fn whole(number: f64) -> Cell<'static> {
    if number.is_nan() {
        Cell::Null
    } else if number.fract() == 0.0 && number.abs() < 9e15 {
        Cell::Int(number as i64)
    } else {
        Cell::Other
    }
}

/// A time in nanoseconds; nothing if it is beyond what they can count.
fn time(value: i64, nanos: i64) -> Cell<'static> {
    value.checked_mul(nanos).map_or(Cell::Null, Cell::Int)
}
