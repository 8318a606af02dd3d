//! Which decoder reads which format, and which format a text is of.

use alloc::boxed::Box;

use super::encoding::Transcoder;
use super::format::Format;
use super::framing::Framer;
use super::record::{Decoder, Framed, Taker};
use super::{ecs, lines, linux, macos, osquery, shapes, windows};

impl Format {
    /// The format of a stream that begins with these bytes (a few KiB are enough): of the first record that is of a
    /// known one. `None` when there is none, or when the records stand in wrappers, which only a stream that
    /// recognizes peels.
    #[must_use]
    pub fn detect(head: &[u8]) -> Option<Self> {
        let mut framer = Framer::new(true, 0, head.len());
        let mut probe = Probe(None);
        let mut text = Transcoder::default();
        text.feed(head, |_, piece| framer.feed(piece, &mut probe));
        text.finish(|_, piece| framer.feed(piece, &mut probe));
        // The last record may be cut.
        probe.0.or_else(|| of_record(framer.rest()))
    }

    /// A fresh decoder for one stream of this format.
    #[must_use]
    pub fn decoder(self) -> Box<dyn Decoder> {
        match self {
            Self::EvtxJson
            | Self::WindowsFlatJson
            | Self::MaxPatrolJson
            | Self::WindowsXml
            | Self::WindowsText
            | Self::SentinelJson
            | Self::DefenderJson
            | Self::VelociraptorJson
            | Self::EvtxEcmdJson
            | Self::GetWinEventJson
            | Self::ChainsawJson
            | Self::HayabusaJson
            | Self::OcsfJson
            | Self::Csv => windows::decoder(self),
            Self::EcsJson => Box::new(ecs::Ecs::new(windows::decoder(self))),
            Self::Auditd | Self::LaurelJson | Self::TetragonJson | Self::KunaiJson | Self::FalcoJson => {
                linux::decoder(self)
            }
            Self::EsloggerJson
            | Self::UnifiedLogJson
            | Self::UnifiedLogText
            | Self::JamfJson
            | Self::SantaJson
            | Self::SantaLog => macos::decoder(self),
            Self::OsqueryJson => Box::<osquery::Osquery>::default(),
        }
    }
}

/// Notes the first format that is met.
struct Probe(Option<Format>);

impl Taker for Probe {
    fn take(&mut self, record: Framed<'_>) {
        if let (None, Ok(record)) = (self.0, record) {
            self.0 = of_record(record.bytes);
        }
    }

    fn goes_on(&self, _line: &[u8]) -> bool {
        self.0.is_some()
    }
}

fn of_record(record: &[u8]) -> Option<Format> {
    if record.trim_ascii_start().starts_with(b"{") {
        shapes::recognize(record, false).or_else(|| shapes::recognize(record, true))
    } else {
        lines::recognize(record)
    }
}
