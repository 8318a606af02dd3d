//! Rows of CSV files that are no known table: records in a cell, or in all cells together.

use super::super::error::{DecodeError, DecodeErrorKind};
use super::super::record::{Record, Sink, Skip};
use super::super::rows::{self, Row, Rows};
use super::{Around, Dispatcher, unknown_record};

impl Dispatcher {
    /// Decodes a line of a CSV file with records in a cell; `false` when it holds none.
    pub(super) fn row(&mut self, record: Record<'_>, sink: &mut dyn Sink) -> bool {
        let Some(mut rows) = self.rows.take() else { return false };
        let taken = match rows.take(record.bytes, record.number, record.offset) {
            Row::Open => true,
            Row::Line => self.cells(&mut rows, record, sink),
            Row::Held(number, offset) => {
                let held = rows.held();
                let whole = Record { bytes: &held, number, offset };
                if !self.cells(&mut rows, whole, sink) {
                    sink.error(unknown_record(&whole));
                }
                true
            }
            Row::TooLong(record, offset) => {
                sink.error(DecodeError { kind: DecodeErrorKind::TooLong, record, offset, field: None });
                true
            }
        };
        if !taken && !rows.note_none() {
            rows.report_false_header(sink);
            return false;
        }
        self.rows = Some(rows);
        taken
    }

    /// Decodes the record in one of a row's cells; `false` when there is none.
    fn cells(&mut self, rows: &mut Rows, row: Record<'_>, sink: &mut dyn Sink) -> bool {
        let within = Around { depth: 1, host: rows.host(row.bytes), time: &[] };
        for (column, text, doubled) in rows.records(row.bytes) {
            let mut cell = core::mem::take(&mut self.cell);
            let bytes = if doubled {
                cell.clear();
                rows::halve(text, &mut cell);
                &cell
            } else {
                text
            };
            let taken = self.body(Record { bytes, ..row }, within, sink);
            self.cell = cell;
            if taken {
                if let Some(header) = rows.note(column) {
                    sink.skipped(header, Skip::Framing);
                }
                return true;
            }
        }
        self.row_as_object(rows, row, within, sink)
    }

    /// Decodes a row as an object with a member for each cell; `false` when it has no known format.
    fn row_as_object(&mut self, rows: &mut Rows, row: Record<'_>, within: Around<'_>, sink: &mut dyn Sink) -> bool {
        let mut object = core::mem::take(&mut self.cell);
        object.clear();
        let taken = rows.object(row.bytes, &mut object) && self.object(Record { bytes: &object, ..row }, within, sink);
        self.cell = object;
        if taken && let Some(header) = rows.note_objects() {
            sink.skipped(header, Skip::Framing);
        }
        taken
    }

    /// Whether an unknown line may be a CSV header. Only the lines that follow can confirm it.
    pub(super) fn is_header(&mut self, line: Record<'_>, sink: &mut dyn Sink) -> bool {
        let Some(rows) = Rows::below(line.bytes, line.number, line.offset) else { return false };
        if let Some(mut last) = self.rows.replace(rows) {
            last.report_false_header(sink);
        }
        true
    }
}
