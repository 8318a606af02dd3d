//! Rows of tables: what SIEMs export and forensic tools print.
//!
//! A source is data: the names of its columns and what each holds, one file a source. Reading is one mechanism for all of
//! them: a row of JSON ([`json`]) or of CSV ([`csv`]) hands its cells over by name, [`row::Row`] notes them and reads what is
//! packed into one cell (event data as XML or JSON, a rendered message), and the source's `place` says which kind of
//! record it is. From there on a row is a record like any other.

mod csv;
pub(super) mod data;
mod defender;
mod json;
mod list;
mod ocsf;
mod records;
mod row;
mod sentinel;
mod tools;

pub(super) use self::csv::decoder as csv_decoder;
pub(super) use self::json::decoder as json_decoder;

/// Whether a line is the header of a CSV file of some table.
pub(super) fn is_header(line: &[u8]) -> bool {
    csv::is_header_like(line) && csv::header_of(line).is_some()
}
