//! What events expose: noted as they are judged, and listed when somebody asks.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::instance::Engine;
use crate::event::{Channel, Event, NativeId};
use crate::matching::View;
use crate::report::{Exposed, redact_exposed, source_id};
use crate::rules::Tags;
use crate::state::ResolvedEvent;
use crate::time::Timestamp;
use crate::util::intern::Sym;
use crate::util::sort::sort_by;

impl Engine {
    /// Notes what an event exposes.
    pub(super) fn note_exposures(&mut self, event: &Event<'_>, resolved: &ResolvedEvent, tags: Tags) {
        let Self { state, exposures, .. } = self;
        for index in state.catalog.exposure_indexes(event.os, event.kind.tag()) {
            View::new(state, event, resolved, tags).meets(index, |met| {
                if let Some(exposure) = state.catalog.exposures().get(usize::from(met.behavior)) {
                    exposures.note(exposure, state, event, resolved);
                }
            });
        }
    }

    /// What events showed that makes attacks easier: features that are on, permissions that are wide, clients that have
    /// more rights than they need. They are no alerts: nothing was abused. In order of host, id, object and program.
    ///
    /// ```
    /// use ipcsentry::event::{Event, Kind, Os, RegistryAct};
    /// use ipcsentry::{Catalog, Engine, Limits, Policy, Timestamp};
    /// let mut set = RegistryAct::default();
    /// set.path = Some(br"HKLM\System\CurrentControlSet\Services\LanmanServer\Parameters\NullSessionPipes");
    /// set.data = Some(b"spoolss");
    /// let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    /// engine.feed(&Event::new(Os::Windows, Timestamp::from_unix(1, 0), Kind::RegistrySet(set)));
    /// let exposure = &engine.exposure()[0];
    /// assert_eq!((exposure.id.as_str(), exposure.count), ("win.pipe.null_session", 1));
    /// assert!(exposure.mitigations.contains(&"M1035".to_owned()) && engine.poll_alert().is_none());
    /// ```
    #[must_use]
    pub fn exposure(&self) -> Vec<Exposed> {
        let state = &self.state;
        let catalog = &state.catalog;
        let text = |sym: Option<Sym>| state.text(sym).map(|text| String::from_utf8_lossy(text).into_owned());
        let mut all: Vec<(Exposed, Place)> = Vec::new();
        for seen in self.exposures.all() {
            let Some(of) = catalog.exposures().iter().find(|of| of.digest == seen.exposure) else { continue };
            let host = state.hosts().filter_map(|id| state.host(id)).find(|host| host.id == seen.host);
            let last = &seen.last;
            let exposed = Exposed {
                id: of.id.clone(),
                title: of.title.clone(),
                advice: of.advice.clone(),
                mitigations: of.mitigations.clone(),
                host: host.map_or_else(String::new, |host| String::from_utf8_lossy(&host.name).into_owned()),
                object: text(seen.object),
                program: text(seen.program),
                count: seen.count,
                first: seen.first.to_string(),
                last: last.time.to_string(),
                record: last.record,
                file: last.file,
                source_id: source_id(last),
            };
            all.push((exposed, (last.time, last.channel, last.id)));
        }
        sort_by(&mut all, |(a, at), (b, bt)| {
            (&a.host, &a.id, &a.object, &a.program, at).cmp(&(&b.host, &b.id, &b.object, &b.program, bt))
        });
        let mut all: Vec<Exposed> = all.into_iter().map(|(exposed, _)| exposed).collect();
        redact_exposed(state, &self.policy, &mut all);
        all
    }
}

type Place = (Timestamp, Channel, NativeId);
