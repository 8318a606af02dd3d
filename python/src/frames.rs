//! Data frames: their rows are fed some at a time, as lines or as typed events.

use std::ops::Range;

use arrow_schema::Schema;
use ipcsentry::event::Columns;
use pyo3::prelude::*;

use crate::arrow_in;
use crate::arrow_out;
use crate::cells::{Cells, Leaves};
use crate::chunks::BATCH;
use crate::rows::{self, Rows};

/// Rows of typed events that are fed between two checks for signals.
const PART: usize = 1 << 14;

/// Turns the rows of a data frame into lines and feeds them.
pub(crate) fn each_row(
    data: &Bound<'_, PyAny>,
    mapping: Option<&Bound<'_, PyAny>>,
    mut feed: impl FnMut(&[u8]) -> PyResult<()>,
) -> PyResult<()> {
    let py = data.py();
    let (schema, mut batches) = arrow_in::batches(data)?;
    let rows = rows_of(&schema, mapping)?;
    let mut lines = Vec::new();
    while let Some(batch) = py.detach(|| batches.next()) {
        let batch = batch.map_err(arrow_out::invalid)?;
        let mut row = 0;
        while row < batch.num_rows() {
            py.detach(|| {
                while row < batch.num_rows() && lines.len() < BATCH {
                    rows.push(&batch, row, &mut lines);
                    row += 1;
                }
            });
            feed(&lines)?;
            lines.clear();
            py.check_signals()?;
        }
    }
    Ok(())
}

/// Feeds the rows of a data frame of typed events, some at a time.
pub(crate) fn each_part(
    data: &Bound<'_, PyAny>,
    mapping: Option<&Bound<'_, PyAny>>,
    mut feed: impl FnMut(&Columns, &Cells<'_>, Range<usize>) -> PyResult<()>,
) -> PyResult<()> {
    let py = data.py();
    let (schema, mut batches) = arrow_in::batches(data)?;
    let mut members = Vec::new();
    for (name, column) in members_of(&schema, mapping)? {
        members.push((name, rows::index(&schema, &column)?));
    }
    let leaves = Leaves::of(&schema, &members);
    let columns = Columns::new(&leaves.names());
    while let Some(batch) = py.detach(|| batches.next()) {
        let batch = batch.map_err(arrow_out::invalid)?;
        let arrays = leaves.arrays(&batch);
        let cells = Cells::new(&leaves, &arrays);
        for begin in (0..batch.num_rows()).step_by(PART) {
            feed(&columns, &cells, begin..batch.num_rows().min(begin + PART))?;
            py.check_signals()?;
        }
    }
    Ok(())
}

/// How a mapping says to read rows.
fn rows_of(schema: &Schema, mapping: Option<&Bound<'_, PyAny>>) -> PyResult<Rows> {
    if let Some(column) = mapping.and_then(|mapping| mapping.extract::<String>().ok()) {
        return Rows::raw(schema, &column);
    }
    Rows::members(schema, &members_of(schema, mapping)?)
}

/// The members that a mapping names, and their columns; without one, every column is a member.
fn members_of(schema: &Schema, mapping: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<(String, String)>> {
    let Some(mapping) = mapping else {
        return Ok(schema.fields().iter().map(|field| (field.name().clone(), field.name().clone())).collect());
    };
    mapping.call_method0("items")?.try_iter()?.map(|pair| pair?.extract()).collect()
}
