//! Maps formats to decoders and detects the format of a text.

use alloc::boxed::Box;

use super::encoding::Transcoder;
use super::format::Format;
use super::framing::Framer;
use super::record::{Decoder, Framed, Taker};
use super::resume::Resumable;
use super::{ecs, lines, linux, macos, osquery, shapes, windows};

impl Format {
    /// Detects the format of a stream from its first bytes (a few KiB are enough).
    ///
    /// Returns the format of the first record that has a known one. Returns `None` if no record does, or if the records
    /// are inside wrappers, because only the decoders of a stream without a fixed format open wrappers.
    #[must_use]
    pub fn detect(head: &[u8]) -> Option<Self> {
        let mut framer = Framer::new(true, 0, head.len());
        let mut probe = Probe(None);
        let mut text = Transcoder::default();
        text.feed(head, |_, piece| framer.feed(piece, &mut probe));
        text.finish(|_, piece| framer.feed(piece, &mut probe));
        // The bytes may end in the middle of the last record.
        probe.0.or_else(|| of_record(framer.rest()))
    }

    /// Creates a decoder for one stream of this format. Its records must arrive in the order of the stream.
    #[must_use]
    pub fn decoder(self) -> Box<dyn Decoder> {
        self.resumable().into_decoder()
    }

    /// Creates a decoder whose state can be saved.
    pub(super) fn resumable(self) -> Box<dyn Resumable> {
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
            Self::Auditd
            | Self::LaurelJson
            | Self::AuomsJson
            | Self::TetragonJson
            | Self::KunaiJson
            | Self::FalcoJson => linux::decoder(self),
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

/// Stores the format of the first record that has a known one.
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
