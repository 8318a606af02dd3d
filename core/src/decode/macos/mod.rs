//! macOS: eslogger, Elastic Endpoint, Santa, unified log and Jamf Protect.

mod aemonitor;
mod appleevents;
mod console;
pub(super) mod elastic;
pub(super) mod environment;
mod es_process;
mod eslogger;
pub(super) mod fields;
mod jamf;
mod jamf_alert;
mod launchd;
pub(super) mod log_entry;
pub(super) mod message;
mod santa;
mod santa_log;
mod tcc;
mod unified_json;
mod unified_text;

use alloc::boxed::Box;

use super::Format;
use super::resume::Resumable;

/// Whether a line is text of the unified log.
pub(super) fn is_unified(line: &[u8]) -> bool {
    unified_text::detect(line)
}

/// Whether a line is from Santa's log.
pub(super) fn is_santa(line: &[u8]) -> bool {
    santa_log::is_line(line)
}

/// Whether a value is the `event` object of an Endpoint Security message.
pub(super) fn is_endpoint_event(value: &[u8]) -> bool {
    eslogger::is_event(value, 0)
}

/// Creates a decoder for one of this platform's formats.
pub(super) fn decoder(format: Format) -> Box<dyn Resumable> {
    match format {
        Format::UnifiedLogJson => Box::<unified_json::UnifiedJson>::default(),
        Format::UnifiedLogText => Box::<unified_text::UnifiedText>::default(),
        Format::SantaJson => Box::<santa::SantaJson>::default(),
        Format::SantaLog => Box::<santa_log::SantaLog>::default(),
        Format::JamfJson => Box::<jamf::Jamf>::default(),
        _ => Box::<eslogger::Eslogger>::default(),
    }
}
