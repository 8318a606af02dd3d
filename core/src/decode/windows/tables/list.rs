//! The list of all tables.

use super::row::Table;
use super::{defender, ocsf, records, sentinel, tools};
use crate::decode::Format;

/// Every table. The first that fits a row counts.
pub(super) const TABLES: &[&Table] = &[
    &ocsf::TABLE,
    &defender::TABLE,
    &records::GET_WINEVENT,
    &sentinel::TABLE,
    &tools::EVTXECMD,
    &tools::HAYABUSA,
    &tools::CHAINSAW,
    &tools::VELOCIRAPTOR,
    &records::EVENT_VIEWER,
    &records::FLAT,
];

/// The table of rows of that format.
pub(super) fn of(format: Format) -> Option<&'static Table> {
    TABLES.iter().copied().find(|table| table.format == format)
}

#[cfg(test)]
mod tests {
    use super::super::row::{Holds, MOST};
    use super::TABLES;

    #[test]
    fn no_table_has_more_columns_than_a_row_keeps_or_one_twice() {
        for table in TABLES {
            assert!(table.columns.len() <= MOST);
            for (at, column) in table.columns.iter().enumerate() {
                assert!(table.columns[..at].iter().all(|other| other.name != column.name), "{:?}", column.name);
                if let Some(dot) = column.name.iter().rposition(|&b| b == b'.') {
                    let above = table.columns.iter().find(|other| other.name == &column.name[..dot]);
                    assert!(above.is_none_or(|above| matches!(
                        above.holds,
                        Holds::Columns | Holds::Pairs | Holds::FieldName(_)
                    )));
                }
            }
        }
    }
}
