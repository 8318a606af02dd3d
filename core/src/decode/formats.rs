//! Which decoder reads which format.

use alloc::boxed::Box;

use super::format::Format;
use super::record::Decoder;
use super::{ecs, linux, macos, osquery, windows};

impl Format {
    /// Recognizes the format of a stream by its first bytes (a few KiB are enough); `None` when it is none of ours.
    #[must_use]
    pub fn detect(head: &[u8]) -> Option<Self> {
        windows::detect(head).or_else(|| linux::detect(head)).or_else(|| macos::detect(head))
    }

    /// A fresh decoder for one stream of this format.
    #[must_use]
    pub fn decoder(self) -> Box<dyn Decoder> {
        match self {
            Self::EvtxJson | Self::WindowsFlatJson | Self::MaxPatrolJson | Self::WindowsXml => windows::decoder(self),
            Self::EcsJson => Box::new(ecs::Ecs::new(windows::decoder(self))),
            Self::Auditd | Self::LaurelJson | Self::TetragonJson | Self::KunaiJson | Self::FalcoJson => {
                linux::decoder(self)
            }
            Self::EsloggerJson | Self::UnifiedLogJson | Self::UnifiedLogText | Self::JamfJson => macos::decoder(self),
            Self::OsqueryJson => Box::<osquery::Osquery>::default(),
        }
    }
}
