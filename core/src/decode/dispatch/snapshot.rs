//! Saves the decoders of a stream with what they have half read. What only spares work, the openers' memory above all,
//! begins anew.

use alloc::vec::Vec;

use super::wrapped::HOLDERS;
use super::{DEEPEST, Dispatcher, HOSTS, Known, Route};
use crate::decode::Format;
use crate::util::saved::{Fault, Reader, Restored, Saved, Schema, Writer, saved_enum, small};

saved_enum!(Route { 0 => Decoder(number: usize), 1 => Envelope(number: usize) });

impl Restored for Dispatcher {
    fn form(schema: Schema) -> Schema {
        let schema =
            schema.word("streams 1").number(DEEPEST as u64).of::<Route>().of::<super::Rows>().of::<super::Holder>();
        Format::ALL.iter().fold(schema, |schema, (name, format)| format.resumable().form(schema.word(name)))
    }

    fn store(&self, out: &mut Writer<'_>) {
        let Self { known, is_fixed, routes, text, header, openers: _, rows, cell: _, nest: _, .. } = self;
        let Self { holders, finds_holders: _, fruitless, line, part, seams, .. } = self;
        is_fixed.save(out);
        out.count(known.len());
        for Known { format, host, decoder, records, lead } in known {
            format.save(out);
            host.save(out);
            records.save(out);
            lead.save(out);
            decoder.store(out);
        }
        routes.save(out);
        (*text, *header).save(out);
        rows.save(out);
        holders.save(out);
        (*fruitless, *line, *part).save(out);
        seams.store(out);
    }

    fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), Fault> {
        self.is_fixed = bool::load(from)?;
        let count = from.count()?;
        from.need(count <= HOSTS * Format::ALL.len(), "a stream has too many decoders")?;
        from.need(count > 0 || !self.is_fixed, "a stream of a fixed format has no decoder")?;
        self.known = Vec::new();
        for _ in 0..count {
            let format = Format::load(from)?;
            let host = Vec::load(from)?;
            let records = u64::load(from)?;
            from.need(small(records), "a counter is too large")?;
            let lead = Vec::load(from)?;
            let mut decoder = format.resumable();
            decoder.restore(from)?;
            self.known.push(Known { format, host, decoder, records, lead });
        }
        self.routes = Saved::load(from)?;
        (self.text, self.header) = Saved::load(from)?;
        let decoders = self.routes.iter().flatten().filter_map(|route| match route {
            Route::Decoder(at) => Some(*at),
            Route::Envelope(_) => None,
        });
        from.need(
            decoders.chain(self.text.map(|(at, _)| at)).all(|at| at < count),
            "a stream routes records to no decoder",
        )?;
        self.rows = Saved::load(from)?;
        self.holders = Saved::load(from)?;
        from.need(self.holders.len() <= HOLDERS, "a stream has too many holders of records")?;
        (self.fruitless, self.line, self.part) = Saved::load(from)?;
        from.need(self.part < 1 << 30, "a line holds too many records")?;
        self.seams.restore(from)
    }
}
