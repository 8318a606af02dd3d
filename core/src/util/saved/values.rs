//! The byte forms of plain values and lists.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::num::NonZeroU32;
use core::ops::Range;

use smallvec::SmallVec;

use super::{Fault, Reader, Saved, Schema, Writer, words};
use crate::time::Timestamp;

/// Whether a counter is small enough that counting on never overflows.
pub(crate) const fn small(counter: u64) -> bool {
    counter < 1 << 62
}

macro_rules! integers {
    ($($type:ident),*) => {$(
        impl Saved for $type {
            fn schema(schema: Schema) -> Schema {
                schema.word(stringify!($type))
            }
            #[inline]
            fn save(&self, out: &mut Writer<'_>) {
                out.put(&self.to_le_bytes());
            }
            #[inline]
            fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
                from.array().map(Self::from_le_bytes)
            }
        }
    )*};
}
integers!(u16, u32, u64, u128, i32, i64);

impl Saved for u8 {
    fn schema(schema: Schema) -> Schema {
        schema.word("u8")
    }
    #[inline]
    fn save(&self, out: &mut Writer<'_>) {
        out.put(&[*self]);
    }
    #[inline]
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        from.array::<1>().map(|[byte]| byte)
    }
    fn save_all(list: &[Self], out: &mut Writer<'_>) {
        out.put(list);
    }
    fn load_all(count: usize, from: &mut Reader<'_>) -> Result<Vec<Self>, Fault> {
        from.take(count).map(Vec::from)
    }
}

/// 64 bits on every platform.
impl Saved for usize {
    fn schema(schema: Schema) -> Schema {
        schema.word("u64")
    }
    fn save(&self, out: &mut Writer<'_>) {
        (*self as u64).save(out);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        let number = u64::load(from)?;
        Self::try_from(number).map_err(|_| from.fault("the number is too large for this platform"))
    }
}

impl Saved for bool {
    fn schema(schema: Schema) -> Schema {
        schema.word("bool")
    }
    #[inline]
    fn save(&self, out: &mut Writer<'_>) {
        out.put(&[u8::from(*self)]);
    }
    #[inline]
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        match from.array::<1>()?[0] {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(from.fault("it is neither true nor false")),
        }
    }
}

impl Saved for f64 {
    fn schema(schema: Schema) -> Schema {
        schema.word("f64")
    }
    fn save(&self, out: &mut Writer<'_>) {
        self.to_bits().save(out);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        u64::load(from).map(Self::from_bits)
    }
}

impl Saved for NonZeroU32 {
    fn schema(schema: Schema) -> Schema {
        schema.word("u32>0")
    }
    #[inline]
    fn save(&self, out: &mut Writer<'_>) {
        self.get().save(out);
    }
    #[inline]
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        Self::new(u32::load(from)?).ok_or_else(|| from.fault("a generation is zero"))
    }
}

impl Saved for Timestamp {
    fn schema(schema: Schema) -> Schema {
        schema.word("nanoseconds")
    }
    #[inline]
    fn save(&self, out: &mut Writer<'_>) {
        self.0.save(out);
    }
    #[inline]
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        i64::load(from).map(Self)
    }
}

impl<T: Saved> Saved for Option<T> {
    fn schema(schema: Schema) -> Schema {
        schema.word("option").of::<T>()
    }
    #[inline]
    fn save(&self, out: &mut Writer<'_>) {
        match self {
            None => out.put(&[0]),
            Some(value) => {
                out.put(&[1]);
                value.save(out);
            }
        }
    }
    #[inline]
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        Ok(if bool::load(from)? { Some(T::load(from)?) } else { None })
    }
}

impl<T: Saved> Saved for Box<T> {
    fn schema(schema: Schema) -> Schema {
        schema.of::<T>()
    }
    fn save(&self, out: &mut Writer<'_>) {
        T::save(self, out);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        T::load(from).map(Self::new)
    }
}

macro_rules! tuples {
    ($(($($type:ident . $at:tt),*)),*) => {$(
        impl<$($type: Saved),*> Saved for ($($type,)*) {
            fn schema(schema: Schema) -> Schema {
                schema.word("tuple")$(.of::<$type>())*
            }
            fn save(&self, out: &mut Writer<'_>) {
                $(self.$at.save(out);)*
            }
            fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
                Ok(($($type::load(from)?,)*))
            }
        }
    )*};
}
tuples!((A.0, B.1), (A.0, B.1, C.2));

impl<T: Saved, const N: usize> Saved for [T; N] {
    fn schema(schema: Schema) -> Schema {
        schema.word("array").number(N as u64).of::<T>()
    }
    fn save(&self, out: &mut Writer<'_>) {
        T::save_all(self, out);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        let mut fault = None;
        let items = core::array::from_fn(|_| match T::load(from) {
            Ok(item) => Some(item),
            Err(first) => {
                fault.get_or_insert(first);
                None
            }
        });
        match fault {
            Some(fault) => Err(fault),
            None => Ok(items.map(|item: Option<T>| match item {
                Some(item) => item,
                None => unreachable!("without a fault every item was loaded"),
            })),
        }
    }
}

impl<T: Saved> Saved for Vec<T> {
    fn schema(schema: Schema) -> Schema {
        schema.word("list").of::<T>()
    }
    fn save(&self, out: &mut Writer<'_>) {
        out.count(self.len());
        T::save_all(self, out);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        let count = from.count()?;
        T::load_all(count, from)
    }
}

impl<T: Saved> Saved for Box<[T]> {
    fn schema(schema: Schema) -> Schema {
        Vec::<T>::schema(schema)
    }
    fn save(&self, out: &mut Writer<'_>) {
        out.count(self.len());
        T::save_all(self, out);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        Vec::load(from).map(Vec::into_boxed_slice)
    }
}

impl<T: Saved> Saved for VecDeque<T> {
    fn schema(schema: Schema) -> Schema {
        Vec::<T>::schema(schema)
    }
    fn save(&self, out: &mut Writer<'_>) {
        out.count(self.len());
        self.iter().for_each(|item| item.save(out));
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        Vec::load(from).map(Self::from)
    }
}

impl<T: Saved, const N: usize> Saved for SmallVec<[T; N]>
where
    [T; N]: smallvec::Array<Item = T>,
{
    fn schema(schema: Schema) -> Schema {
        Vec::<T>::schema(schema)
    }
    fn save(&self, out: &mut Writer<'_>) {
        out.count(self.len());
        T::save_all(self, out);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        (0..from.count()?).map(|_| T::load(from)).collect()
    }
}

impl Saved for String {
    fn schema(schema: Schema) -> Schema {
        schema.word("text")
    }
    fn save(&self, out: &mut Writer<'_>) {
        out.count(self.len());
        out.put(self.as_bytes());
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        Self::from_utf8(Vec::load(from)?).map_err(|_| from.fault("a text is not UTF-8"))
    }
}

/// A text of the library's own, saved as it reads.
impl Saved for &'static str {
    fn schema(schema: Schema) -> Schema {
        schema.word("word")
    }
    fn save(&self, out: &mut Writer<'_>) {
        debug_assert!(words::find(self.as_bytes()).is_some(), "`{self}` is missing in words.in");
        out.count(self.len());
        out.put(self.as_bytes());
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        let count = from.count()?;
        let text = from.take(count)?;
        words::find(text).ok_or_else(|| from.fault("it is none of the library's own words"))
    }
}

impl Saved for serde_json::Value {
    fn schema(schema: Schema) -> Schema {
        schema.word("json")
    }
    fn save(&self, out: &mut Writer<'_>) {
        // Serializing a value whose keys are texts cannot fail.
        serde_json::to_string(self).unwrap_or_default().save(out);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        let count = from.count()?;
        let text = from.take(count)?;
        serde_json::from_slice(text).map_err(|_| from.fault("it is no JSON"))
    }
}

impl Saved for Range<usize> {
    fn schema(schema: Schema) -> Schema {
        schema.word("range")
    }
    fn save(&self, out: &mut Writer<'_>) {
        self.start.save(out);
        self.end.save(out);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        Ok(usize::load(from)?..usize::load(from)?)
    }
}

impl Saved for IpAddr {
    fn schema(schema: Schema) -> Schema {
        schema.word("address")
    }
    fn save(&self, out: &mut Writer<'_>) {
        match self {
            Self::V4(address) => (4_u8, address.octets()).save(out),
            Self::V6(address) => (6_u8, address.octets()).save(out),
        }
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault> {
        match u8::load(from)? {
            4 => <[u8; 4]>::load(from).map(Self::from),
            6 => <[u8; 16]>::load(from).map(Self::from),
            _ => Err(from.fault("an address has neither 4 nor 16 bytes")),
        }
    }
}
