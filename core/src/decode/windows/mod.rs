//! Windows: evtx_dump, NXLog/Mordor flat and MaxPatrol JSON, Elastic Common Schema, event XML and text, and the tables
//! of SIEMs and tools in JSON and CSV.
//!
//! The reader of an envelope (`evtx`, `maxpatrol`, `flat`, `ecs`, `xml`, `text`, `tables`) fills the field table in one
//! pass over the record. `record` then makes an event of provider, id and fields with the parsers of `sysmon`,
//! `security`, `classic`, `operational`, `products` (endpoint products with tables of their own) and `sysmon_linux`.
//!
//! Files import one way: decoders and readers of envelopes import `record`, `record` imports the parsers, and the parsers
//! import `builder`. This file only chooses the decoder of a format.

mod builder;
mod classic;
mod clock;
mod data;
mod ecs;
mod evtx;
mod fault;
mod fields;
mod finish;
mod flat;
mod maxpatrol;
mod member_order;
mod message;
mod objects;
mod operational;
mod origin;
mod positions;
mod products;
mod record;
mod security;
mod sysmon;
mod sysmon_linux;
mod system;
mod tables;
mod text;
mod texts;
mod times;
mod values;
mod xml;

use alloc::boxed::Box;

use super::Format;
use super::resume::Resumable;

/// Where an event begins in a line of text.
pub(super) fn xml_begin(line: &[u8]) -> Option<usize> {
    xml::event_begin(line)
}

/// Whether an event in XML begins in a line.
pub(super) fn is_xml(line: &[u8]) -> bool {
    xml::event_begin(line).is_some()
}

/// Whether a record in text form begins in a line.
pub(super) fn is_text(line: &[u8]) -> bool {
    text::is_begin(line)
}

/// Whether a line is the CSV header of a known table.
pub(super) fn is_csv_header(line: &[u8]) -> bool {
    tables::is_header(line)
}

/// A decoder for one of the formats of Windows records.
pub(super) fn decoder(format: Format) -> Box<dyn Resumable> {
    let read = match format {
        Format::WindowsXml => return xml::decoder(),
        Format::WindowsText => return text::decoder(),
        Format::EcsJson => ecs::read,
        Format::EvtxJson => evtx::read,
        Format::MaxPatrolJson => maxpatrol::read,
        other => match tables::decoder(other) {
            Some(decoder) => return decoder,
            None => flat::read,
        },
    };
    objects::decoder(read)
}
