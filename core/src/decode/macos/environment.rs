//! Environment variables that change or explain what an exec runs: an inserted library, Node.js mode, in which an
//! application runs a script of another program, and the label of the job that launchd runs.

use super::fields::until;
use crate::decode::Sink;
use crate::decode::json::{RawStr, Scratch, Span};
use crate::event::{Event, ImageLoad, Kind, ScriptRun, Text};

/// The variable by which launchd tells a program its job's label.
const JOB: &[u8] = b"XPC_SERVICE_NAME=";
/// Its value outside of jobs.
const NO_JOB: &[u8] = b"0";
const LAUNCHD: u32 = 1;
/// Variables that insert a library into a program, or make an Electron application run as Node.js.
const INSERTED: &[u8] = b"DYLD_INSERT_LIBRARIES=";
const AS_NODE: &[u8] = b"ELECTRON_RUN_AS_NODE=";

/// The variables that are read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Environment {
    library: Span,
    job: Span,
    as_node: bool,
}

impl Environment {
    /// Reads one `NAME=value`.
    pub(crate) fn note(&mut self, variable: RawStr<'_>, scratch: &mut Scratch) {
        if let Some(value) = variable.bytes.strip_prefix(INSERTED) {
            self.library = scratch.keep(RawStr { bytes: until(value, b":"), ..variable });
        }
        if let Some(value) = variable.bytes.strip_prefix(JOB) {
            self.job = scratch.keep(RawStr { bytes: value, ..variable });
        }
        self.as_node |= variable.bytes.starts_with(AS_NODE);
    }

    /// Reads one `NAME=value` that was decoded and stored in this span.
    pub(crate) fn note_kept(&mut self, variable: &[u8], span: Span) {
        if let Some(value) = variable.strip_prefix(INSERTED) {
            self.library = span.part(INSERTED.len(), until(value, b":").len());
        }
        if let Some(value) = variable.strip_prefix(JOB) {
            self.job = span.part(JOB.len(), value.len());
        }
        self.as_node |= variable.starts_with(AS_NODE);
    }

    /// Emits an event and, if it is an exec, what follows from its variables; `text` resolves spans.
    pub(crate) fn report<'a>(
        self,
        event: &mut Event<'a>,
        text: impl Fn(Span) -> Option<Text<'a>>,
        sink: &mut dyn Sink,
    ) {
        // Children inherit the label: it is that of a job's program only where launchd is the parent.
        let is_of_launchd = event.parent.pid == Some(LAUNCHD);
        if let Kind::ProcessStart(start) = &mut event.kind {
            start.job = text(self.job).filter(|label| is_of_launchd && !label.is_empty() && *label != NO_JOB);
        }
        sink.event(event);
        if !matches!(event.kind, Kind::ProcessStart(_)) {
            return;
        }
        let library = text(self.library).filter(|image| !image.is_empty());
        let library = library.map(|image| Kind::ImageLoad(ImageLoad { image: Some(image), ..ImageLoad::default() }));
        let script = self.as_node.then(|| Kind::ScriptRun(ScriptRun::default()));
        for kind in library.into_iter().chain(script) {
            event.kind = kind;
            sink.event(event);
        }
    }
}
