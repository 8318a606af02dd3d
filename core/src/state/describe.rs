//! The names of an event's object that no rule asks for and an alert prints: a service and its command, a task, a peer
//! and its port. They are interned only for events that some clause is met by.

use core::ops::Deref;

use smallvec::SmallVec;

use super::{HostState, ResolvedEvent};
use crate::event::{Direction, Event, Kind};
use crate::names::NameKind;
use crate::util::digits::decimal;
use crate::util::hash::Digest;
use crate::util::intern::Sym;

/// Bytes of a name or detail that are kept.
const KEPT: usize = 2048;

type Name<'e> = Option<(NameKind, Text<'e>)>;

/// A text of an event, or one that is made of several parts of it; one of usual length takes no allocation.
enum Text<'e> {
    Logged(&'e [u8]),
    Made(SmallVec<[u8; 64]>),
}

impl<'e> Text<'e> {
    fn of(parts: &[&[u8]]) -> Self {
        let mut text = SmallVec::new();
        parts.iter().for_each(|part| text.extend_from_slice(part));
        Self::Made(text)
    }

    const fn logged(text: Option<&'e [u8]>) -> Option<Self> {
        match text {
            Some(text) => Some(Self::Logged(text)),
            None => None,
        }
    }
}

impl Deref for Text<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Logged(text) => text,
            Self::Made(text) => text,
        }
    }
}

impl HostState {
    /// Adds the object's name and its detail to what an event was resolved to.
    pub(crate) fn describe(&mut self, event: &Event<'_>, resolved: &mut ResolvedEvent) {
        let (object, detail) = names(&event.kind);
        let actor = resolved.actor.map_or(0, |a| a.number());
        if resolved.object.is_none() {
            resolved.object = self.kept(object, resolved.host_hash, actor);
        }
        let detail = detail.or_else(|| rights(&event.kind)).map(|text| (NameKind::Printed, text));
        resolved.detail = self.kept(detail, resolved.host_hash, actor);
    }

    fn kept(&mut self, name: Name<'_>, host: Digest, actor: u64) -> Option<Sym> {
        let (kind, text) = name.filter(|(_, text)| !text.is_empty())?;
        Some(self.intern(kind, &text[..text.len().min(KEPT)], host, actor))
    }
}

/// The rights that an access to a process has, as sensors write them: what a policy's AccessMask is held against.
fn rights(kind: &Kind<'_>) -> Option<Text<'static>> {
    let Kind::ProcessAccess(k) = kind else { return None };
    let mask = Some(k.access.mask).filter(|mask| *mask != 0)?;
    let digits: [u8; 8] = core::array::from_fn(|at| b"0123456789abcdef"[(mask >> (4 * (7 - at)) & 0xf) as usize]);
    Some(Text::of(&[b"0x", &digits]))
}

/// The object of an event, where it has one besides an endpoint, and a detail of it.
fn names<'e>(kind: &'e Kind<'_>) -> (Name<'e>, Option<Text<'e>>) {
    let name = |text: Option<&'e [u8]>| text.map(|text| (NameKind::Folded, Text::Logged(text)));
    let text = Text::logged;
    match kind {
        Kind::ServiceInstall(k) => (name(k.name), text(k.command)),
        Kind::ServiceChange(k) => (name(k.name), text(k.detail)),
        Kind::TaskRegister(k) => (name(k.name), text(k.command)),
        Kind::TaskRun(k) => (name(k.name), text(k.command)),
        Kind::RegistrySet(k) | Kind::RegistryQuery(k) => (None, text(k.data)),
        Kind::AppleEvent(k) => (None, text(k.text)),
        Kind::PrivacyDecision(k) => (None, text(k.service)),
        Kind::ComActivation(k) => (name(k.clsid.or(k.app_id)), text(k.address)),
        Kind::DdeRequest(k) => (name(k.service), text(k.topic)),
        Kind::LaunchItemAdd(k) => (name(k.label), text(k.program)),
        Kind::Logon(k) => (name(k.user), text(k.address)),
        Kind::ScriptRun(k) => (name(k.path), None),
        Kind::FileAccess(k) => (name(k.path), None),
        Kind::ShareAccess(k) => (name(k.name), text(k.address)),
        Kind::NetworkConnect(k) => {
            let peer = k.remote_address.map(|address| match k.remote_port {
                Some(port) => Text::of(&[address, b" port ", decimal(&mut [0; 20], port.into())]),
                None => Text::Logged(address),
            });
            let inbound = (k.direction == Direction::Inbound).then_some(Text::Logged(b"inbound"));
            (peer.map(|peer| (NameKind::Printed, peer)), inbound)
        }
        Kind::SensorState(k) => (None, Some(Text::Logged(k.change.name().as_bytes()))),
        Kind::RpcCall(k) => {
            let operation = k.operation.map(|number| Text::of(&[decimal(&mut [0; 20], number.into())]));
            (name(k.interface), operation)
        }
        _ => (None, None),
    }
}
