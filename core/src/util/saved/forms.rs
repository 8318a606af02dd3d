//! What can be saved: values, made anew from their bytes, and containers, which take their content from bytes.

use super::{Fault, Reader, Schema, Writer};

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

impl Schema {
    /// Adds the form of a type.
    pub(crate) fn of<T: Saved>(self) -> Self {
        T::schema(self)
    }
}

/// Adds the form of a field; the closure says which one.
pub(crate) fn of_field<S, T: Saved>(schema: Schema, _field: fn(&S) -> &T) -> Schema {
    T::schema(schema)
}

/// Adds the form of a field that is restored in place.
pub(crate) fn of_part<S, T: Restored>(schema: Schema, _field: fn(&S) -> &T) -> Schema {
    T::form(schema)
}
