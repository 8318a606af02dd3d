//! The byte form in which state is saved and loaded: fixed widths, little-endian, the same on every platform.
//!
//! A [`Saved`] value is written whole and made anew from its bytes. A [`Restored`] container was made with its bounds
//! before, and takes its content from the bytes. The macros destructure a struct without `..`, so a new field that is
//! neither saved nor named as one that is made anew does not compile.
//!
//! Loading trusts nothing: every index, count and link is checked before it is used, and memory grows only with bytes
//! that are there.

mod forms;
mod macros;
mod reader;
mod schema;
mod values;
mod words;
mod writer;

pub(crate) use forms::{Restored, Saved, of_field, of_part};
pub(crate) use macros::{restored, saved, saved_enum, saved_enumeration};
pub(crate) use reader::{Fault, Reader};
pub(crate) use schema::Schema;
pub(crate) use values::small;
pub(crate) use writer::{Block, Writer};
