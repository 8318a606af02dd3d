//! Classes of telemetry: what a sensor sends or does not.

use super::{Kind, KindTag, Mechanism};
use crate::util::saved::saved;

/// A class of telemetry: a kind of event or, for created and opened endpoints, a kind and a mechanism. A clause is
/// blind on hosts that do not send its classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Class(u8);

const KINDS: usize = KindTag::ALL.len();

impl Class {
    /// How many there are.
    pub(crate) const COUNT: usize = KINDS + 2 * Mechanism::ALL.len() + 1;

    /// Starts of processes that name who started the process beside the parent that was claimed: few sensors do.
    pub(crate) const CREATOR: Self = Self(Self::COUNT as u8 - 1);

    /// The class of an event.
    pub(crate) const fn of(kind: &Kind<'_>) -> Self {
        match kind {
            Kind::EndpointCreate(act) => Self::endpoint(KindTag::EndpointCreate, act.endpoint.mechanism),
            Kind::EndpointConnect(act) => Self::endpoint(KindTag::EndpointConnect, act.endpoint.mechanism),
            other => Self(other.tag() as u8),
        }
    }

    /// Whether it is of endpoints with the mechanism that are created or opened.
    pub(crate) const fn is_of(self, mechanism: Mechanism) -> bool {
        self.0 as usize >= KINDS
            && self.0 != Self::CREATOR.0
            && (self.0 as usize - KINDS) % Mechanism::ALL.len() == mechanism as usize
    }

    /// The kind of its events.
    pub(crate) fn kind_of(self) -> KindTag {
        let place = usize::from(self.0);
        if self == Self::CREATOR {
            return KindTag::ProcessStart;
        }
        match place.checked_sub(KINDS) {
            None => KindTag::ALL.get(place).copied().unwrap_or(KindTag::ProcessSeen),
            Some(n) if n < Mechanism::ALL.len() => KindTag::EndpointCreate,
            Some(_) => KindTag::EndpointConnect,
        }
    }

    /// The class of a kind. The mechanism counts only for created and opened endpoints.
    pub(crate) const fn endpoint(kind: KindTag, mechanism: Mechanism) -> Self {
        let base = match kind {
            KindTag::EndpointCreate => KINDS,
            KindTag::EndpointConnect => KINDS + Mechanism::ALL.len(),
            other => return Self(other as u8),
        };
        Self((base + mechanism as usize) as u8)
    }

    /// The class of a kind that has no mechanism.
    pub(crate) const fn kind(kind: KindTag) -> Self {
        Self(kind as u8)
    }

    /// A number below [`Self::COUNT`] that no other class has.
    pub(crate) const fn number(self) -> u8 {
        self.0
    }
}

/// A set of classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Classes(u128);

// Every class has a bit.
const _: () = assert!(Class::COUNT <= u128::BITS as usize);

impl Classes {
    /// None.
    pub(crate) const NONE: Self = Self(0);

    /// Adds a class.
    pub(crate) const fn add(&mut self, class: Class) {
        self.0 |= 1 << class.0;
    }

    /// Whether a class is one of them.
    pub(crate) const fn contains(self, class: Class) -> bool {
        self.0 >> class.0 & 1 == 1
    }

    /// Its classes.
    pub(crate) fn iter(self) -> impl Iterator<Item = Class> {
        (0..Class::COUNT as u8).filter(move |n| self.0 >> n & 1 == 1).map(Class)
    }

    /// Whether there is none.
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

saved!(Classes { 0 });
