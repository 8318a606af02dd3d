//! One event: when, where, by whom, and what.

use super::kind::Kind;
use super::os::Os;
use super::process::{ProcessKey, ProcessRef};
use super::source::Source;
use super::text::Text;
use super::wire::Wire;
use crate::time::Timestamp;

/// One normalized event. Everything in it is borrowed from the record or from the decoder's scratch space.
///
/// ```
/// use ipcsentry::event::{Event, Kind, Os, ProcessStart};
/// use ipcsentry::Timestamp;
/// let mut event = Event::new(Os::Linux, Timestamp::from_unix(1, 0), Kind::ProcessStart(ProcessStart::default()));
/// event.host = b"web-1";
/// event.actor.pid = Some(4711);
/// event.actor.image = Some(b"/usr/bin/dash");
/// event.parent.pid = Some(4700);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event<'a> {
    /// When it happened, by the best clock the record has.
    pub time: Timestamp,
    /// The envelope's clock where it is another one than `time`'s (NXLog `EventTime` beside Sysmon `UtcTime`): the
    /// engine learns a host's offset from records that carry both.
    pub envelope_time: Option<Timestamp>,
    /// `time` itself was read off an envelope whose zone is not known; the engine applies the learned offset.
    pub time_is_envelope: bool,
    /// The host's name; empty when the source carries none (the stream's hint is used then).
    pub host: Text<'a>,
    /// The operating system.
    pub os: Os,
    /// The embedder's reference of the record: line number, EVTX record number or what it chose.
    pub record: u64,
    /// Which of the events it is whose records begin in the same line; 0 for the first.
    pub part: u32,
    /// The index of the input (file, stream) that `record` counts in.
    pub file: u32,
    /// The channel and native id.
    pub source: Source<'a>,
    /// The process that acted (started, connected, opened, wrote …).
    pub actor: ProcessRef<'a>,
    /// Its parent, as far as the record tells.
    pub parent: ProcessRef<'a>,
    /// The process macOS holds responsible for the actor; empty elsewhere.
    pub responsible: ProcessKey<'a>,
    /// What happened.
    pub kind: Kind<'a>,
}

impl<'a> Event<'a> {
    /// An event with everything but its kind unknown.
    #[must_use]
    pub fn new(os: Os, time: Timestamp, kind: Kind<'a>) -> Self {
        Self {
            time,
            envelope_time: None,
            time_is_envelope: false,
            host: b"",
            os,
            record: 0,
            part: 0,
            file: 0,
            source: Source::default(),
            actor: ProcessRef::default(),
            parent: ProcessRef::default(),
            responsible: ProcessKey::default(),
            kind,
        }
    }

    /// The event as JSON, absent details left out: for people, logs and tests. A kind without details of its own is left
    /// out too; its tag is always there.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let mut json = Wire::json(self);
        if let Some(members) = json.as_object_mut() {
            members.insert("tag".into(), self.kind.tag().name().into());
        }
        json
    }
}
