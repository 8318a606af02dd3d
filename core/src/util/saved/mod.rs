//! The byte form in which state is saved and loaded: fixed widths, little-endian, the same on every platform.
//!
//! A [`Saved`] value is written whole and made anew from its bytes. A [`Restored`] container was made with its bounds
//! before, and takes its content from the bytes. The macros destructure a struct without `..`, so a new field that is
//! neither saved nor named as one that is made anew does not compile.
//!
//! Loading trusts nothing: every index, count and link is checked before it is used, and memory grows only with bytes
//! that are there.

mod macros;
mod reader;
mod schema;
mod values;
mod words;
mod writer;

pub(crate) use macros::{restored, saved, saved_enum, saved_enumeration};
pub(crate) use reader::{Fault, Reader};
pub(crate) use schema::{Schema, of_field, of_part};
pub(crate) use values::small;
pub(crate) use writer::{Block, Writer};

/// A value that is saved whole.
pub(crate) trait Saved: Sized {
    /// Adds the form of its bytes to a schema.
    fn schema(schema: Schema) -> Schema;
    /// Writes its bytes.
    fn save(&self, out: &mut Writer<'_>);
    /// Makes it anew from its bytes.
    fn load(from: &mut Reader<'_>) -> Result<Self, Fault>;

    /// Writes several of them.
    fn save_all(list: &[Self], out: &mut Writer<'_>) {
        list.iter().for_each(|item| item.save(out));
    }

    /// Makes as many anew; the list grows as they come.
    fn load_all(count: usize, from: &mut Reader<'_>) -> Result<alloc::vec::Vec<Self>, Fault> {
        (0..count).map(|_| Self::load(from)).collect()
    }
}

/// A container that was made with its bounds, and takes its content from bytes. After an error it holds anything, and is
/// to be dropped.
pub(crate) trait Restored {
    /// Adds the form of its bytes to a schema.
    fn form(schema: Schema) -> Schema;
    /// Writes the content.
    fn store(&self, out: &mut Writer<'_>);
    /// Takes the content from the bytes.
    fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), Fault>;
}

impl<T: Saved> Restored for T {
    fn form(schema: Schema) -> Schema {
        T::schema(schema)
    }

    fn store(&self, out: &mut Writer<'_>) {
        self.save(out);
    }

    fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), Fault> {
        *self = T::load(from)?;
        Ok(())
    }
}
