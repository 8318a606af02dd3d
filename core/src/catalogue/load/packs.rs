//! Baselines from JSON: packs of endpoint names, facts and lineages.

use super::super::{Knowledge, Terms};
use super::terms::TermTable;
use crate::document::{Fault, Node};

/// Packs as they are read.
#[derive(Default)]
pub(super) struct PackReader {}

impl PackReader {
    pub(super) fn read(&mut self, pack: Node<'_>, _terms: &mut TermTable) -> Result<(), Fault> {
        Err(pack.fault("unknown"))
    }

    pub(super) fn compile(self, _terms: &Terms) -> Result<Knowledge, Fault> {
        Ok(Knowledge::default())
    }
}
