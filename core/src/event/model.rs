//! One event: time, host, actor and what happened.

use super::error::EventError;
use super::kind::Kind;
use super::os::Os;
use super::process::{ProcessKey, ProcessRef};
use super::source::Source;
use super::text::Text;
use super::wire::Wire;
use crate::time::Timestamp;

/// One normalized event. It borrows its texts from the record or from the decoder's scratch space.
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
    /// When it happened, by the best clock of the record.
    pub time: Timestamp,
    /// The time by the envelope's clock, if `time` is by another one (NXLog `EventTime` beside Sysmon `UtcTime`). The
    /// engine learns the offset of a host from records with both.
    pub envelope_time: Option<Timestamp>,
    /// `time` is by an envelope's clock in an unknown zone. The engine adds the offset that it learned.
    pub time_is_envelope: bool,
    /// The host's name; empty if the source has none. The engine then uses the host of the stream.
    pub host: Text<'a>,
    /// The operating system.
    pub os: Os,
    /// The record's number: a line number, an EVTX record number, or any number of the embedder's choice.
    pub record: u64,
    /// The number of the event among those whose records begin on the same line; 0 for the first.
    pub part: u32,
    /// The index of the input (file or stream) that `record` refers to.
    pub file: u32,
    /// The channel and native id.
    pub source: Source<'a>,
    /// The process that acted (started, connected, opened, wrote …).
    pub actor: ProcessRef<'a>,
    /// Its parent, as far as the record names it.
    pub parent: ProcessRef<'a>,
    /// The process macOS holds responsible for the actor; empty elsewhere.
    pub responsible: ProcessKey<'a>,
    /// What happened.
    pub kind: Kind<'a>,
}

impl<'a> Event<'a> {
    /// An event without details other than these.
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

    /// The event as JSON without absent details, for people, logs and tests. `tag` is always there; `kind` is left out
    /// if it has no details.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let mut json = Wire::json(self);
        if let Some(members) = json.as_object_mut() {
            members.insert("tag".into(), self.kind.tag().name().into());
        }
        json
    }

    /// An event from JSON as [`Event::to_json`] writes it. `time`, `os` and `kind` (or, for a kind without details, `tag`)
    /// are required; what else is absent is `None`, zero or false, but an act on an endpoint succeeded.
    ///
    /// # Errors
    /// The path of the first member that is missing, unknown or of a wrong type, and what is wrong with it.
    ///
    /// ```
    /// use ipcsentry::event::Event;
    /// let mut json = serde_json::json!({
    ///     "time": "2026-03-02T08:15:00Z", "host": "pc-7", "os": "windows",
    ///     "actor": {"pid": 4711, "image": "C:\\Temp\\update.exe"},
    ///     "kind": {"endpoint_create": {"endpoint": {"mechanism": "named_pipe", "name": "\\lsass"}}},
    /// });
    /// let event = Event::from_json(&json)?;
    /// assert_eq!(Event::from_json(&event.to_json())?, event);
    ///
    /// json["actor"]["pid"] = "4711".into();
    /// assert_eq!(Event::from_json(&json).unwrap_err().to_string(), "actor.pid: not a whole number");
    /// # Ok::<(), ipcsentry::event::EventError>(())
    /// ```
    pub fn from_json(json: &'a serde_json::Value) -> Result<Self, EventError> {
        Self::parse(json)
    }
}
