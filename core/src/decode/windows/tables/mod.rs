//! Tables: exports of SIEMs and the output of forensic tools.
//!
//! Each source describes its columns as data, in a file of its own. One mechanism reads them all: the reader of JSON
//! ([`json`]) or CSV ([`csv`]) passes the cells of a row by name to [`row::Row`], which notes them and unpacks cells
//! that hold several fields (event data as XML or JSON, a rendered message). Then the source's `place` decides which
//! record of Windows the row is, and the row is read like that record.

mod csv;
mod defender;
mod json;
mod list;
mod ocsf;
mod records;
mod row;
mod sentinel;
mod tools;

use alloc::boxed::Box;

use crate::decode::Format;
use crate::decode::resume::Resumable;

/// A decoder of rows of that format; `None` if it is not a format of rows.
pub(super) fn decoder(format: Format) -> Option<Box<dyn Resumable>> {
    match format {
        Format::Csv => Some(csv::decoder()),
        other => json::decoder(other),
    }
}

/// Whether a line is the CSV header of a known table.
pub(super) fn is_header(line: &[u8]) -> bool {
    csv::is_header_like(line) && csv::header_of(line).is_some()
}
