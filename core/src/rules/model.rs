//! Behaviors as the correlator runs them: names resolved, paths parsed, windows in nanoseconds.
//!
//! `load` makes these from JSON; nothing here knows any behavior. `core/docs/rules.md` describes the language.

use alloc::string::String;
use alloc::vec::Vec;

use smallvec::SmallVec;

use super::anchor::{AnchorKind, AnchorPath};
use super::field::{Field, Subject};
use super::phrase::Phrase;
use super::predicate::Predicate;
use crate::event::{Classes, KindTag, Mechanism, Os};
use crate::util::saved::saved_enum;

/// Index of a behavior in [`super::Catalog::behaviors`].
pub type BehaviorId = u16;
/// Index of a clause in its behavior.
pub type ClauseId = u8;
/// Index of a role in its behavior.
pub type RoleId = u8;

/// Most clauses a behavior may have: a state is one bit a clause.
pub const MAX_CLAUSES: usize = 16;
/// The confidence, in thousandths, below which a policy that says nothing of it reports no alert.
pub const DEFAULT_MIN_CONFIDENCE: u16 = 300;
/// Most roles a behavior may bind.
pub const MAX_ROLES: usize = 8;

/// One behavior.
#[derive(Clone, Debug)]
pub struct Behavior {
    /// `win|linux|mac.mechanism.slug`.
    pub id: String,
    /// Digest of the behavior as it is written, comments and spaces excepted: equal digests of equal ids mean that state
    /// of one is state of the other.
    pub digest: u64,
    /// `W07`.
    pub code: String,
    /// Behaviors that were merged into this one.
    pub was: Vec<Retired>,
    /// The platform; its analytic is AN1357, AN1358 or AN1359.
    pub os: Os,
    /// ATT&CK techniques.
    pub techniques: Vec<Technique>,
    /// How bad it is when every leg is seen.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// What the clauses join on.
    pub anchor: AnchorKind,
    /// How long hits are remembered.
    pub memory: Memory,
    /// All hits of one alert lie within this many nanoseconds (process-lifetime and long-term memory hits excepted).
    pub window: i64,
    /// The clauses, at most 16.
    pub clauses: Vec<Clause>,
    /// What must be met.
    pub require: Require,
    /// How bound roles must relate.
    pub relate: Vec<Relation>,
    /// Clauses that add weight and evidence but are not required, as a bit set.
    pub corroborate: u16,
    /// Weaker forms for hosts where a leg cannot be seen.
    pub fallback: Vec<Fallback>,
    /// Which policy elements may exempt it.
    pub exempt: Vec<Exemption>,
    /// Role names.
    pub roles: Vec<String>,
    /// Who is named as the initiator: the first of these that is known.
    pub initiator: Vec<Named>,
    /// Who is named as the actor: the first of these that is bound (default: first role bound by an ipc clause).
    pub actor: Vec<RoleId>,
    /// Who is named as the target: the first of these that is bound (default: role bound by an execution or injection clause).
    pub target: Vec<RoleId>,
    /// An integrity violation: ipc evidence alone may reach medium.
    pub integrity: bool,
    /// Whether an alert may be raised at all; a behavior may exist only to feed others.
    pub alerts: bool,
    /// The tag under which other behaviors may use its completion (`evidence(tag)`).
    pub provides: Option<EvidenceTag>,
    /// Where it is described in public.
    pub sources: Vec<String>,
}

impl Behavior {
    /// Whether this is its code or id, or a retired one of it.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.code == name || self.id == name || self.was.iter().any(|was| was.code == name || was.id == name)
    }
}

/// A behavior that is part of another one now: its names stay valid for the alerts that it would have raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// Its code.
    pub code: String,
    /// Its id.
    pub id: String,
    /// What the alert's clauses must have met.
    pub when: Require,
}

/// Who may be named as the initiator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The role.
    pub role: RoleId,
    /// Only whoever asked for it to be started: it is a broker or what was run.
    pub behind: bool,
}

/// A technique, and which clauses must be met for an alert to claim it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Technique {
    /// Its ATT&CK id.
    pub id: String,
    /// What must be met; `None` where the behavior's own requirements do.
    pub when: Option<Require>,
}

/// Number of a name used in `evidence(name)`.
pub type EvidenceTag = u8;

/// Alert severities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Worth keeping.
    Low,
    /// Worth a look.
    Medium,
    /// Worth waking somebody.
    High,
    /// Execution or injection by abuse, beyond reasonable doubt.
    Critical,
}

saved_enum!(Severity { 0 => Low, 1 => Medium, 2 => High, 3 => Critical });

impl Severity {
    /// Every severity with its name in data and policy.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("low", Self::Low), ("medium", Self::Medium), ("high", Self::High), ("critical", Self::Critical)];

    /// Lower-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What a clause's evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceClass {
    /// Use of the IPC object.
    Ipc,
    /// Something was executed.
    Execution,
    /// Something was injected.
    Injection,
    /// A second, independent class of evidence.
    Effect,
    /// Circumstance only.
    Context,
}

impl EvidenceClass {
    /// Lower-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ipc => "ipc",
            Self::Execution => "execution",
            Self::Injection => "injection",
            Self::Effect => "effect",
            Self::Context => "context",
        }
    }
}

/// How long hits are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// The window.
    Window,
    /// As long as the anchor process lives.
    ProcessLifetime,
    /// Compact, for days.
    LongTerm,
}

/// One clause.
#[derive(Clone, Debug)]
pub struct Clause {
    /// Its name.
    pub name: String,
    /// What its evidence is.
    pub class: EvidenceClass,
    /// The kinds it looks at, one bit a [`KindTag`].
    pub on: u64,
    /// The classes of telemetry whose events can meet it: its kinds, narrowed by the mechanisms it asks for.
    pub(crate) classes: Classes,
    /// It looks at another behavior's completion instead.
    pub on_evidence: Option<EvidenceTag>,
    /// Everything that must hold, cheapest first.
    pub predicates: Vec<Predicate>,
    /// Where its hits are kept.
    pub at: Vec<AnchorPath>,
    /// Roles it binds.
    pub bind: Vec<(RoleId, BindFrom)>,
    /// Hits needed.
    pub count: Option<Count>,
    /// Its hits count only after a hit of one of these clauses (a bit set; 0: at any time).
    pub after: u16,
    /// Contribution to confidence in thousandths.
    pub weight: u16,
    /// Its hits outlive the window, as long as the process that made them.
    pub process_lifetime: bool,
    /// What an alert that cites it says of it; `None`: what its kind of event says.
    pub says: Option<Phrase>,
}

impl Clause {
    /// Whether it looks at events of this kind.
    #[must_use]
    pub const fn looks_at(&self, kind: KindTag) -> bool {
        self.on >> kind as u8 & 1 == 1
    }

    /// Whether it has a condition on a field.
    pub(crate) fn asks_for(&self, field: Field) -> bool {
        let mut asks = false;
        Predicate::each_test(&self.predicates, &mut |asked, _| asks |= asked == field);
        asks
    }

    /// The mechanisms it asks for; none when any will do.
    pub fn mechanisms(&self) -> impl Iterator<Item = Mechanism> + '_ {
        let numbers = Predicate::mechanisms(&self.predicates).unwrap_or_default();
        numbers.into_iter().filter_map(|n| Mechanism::ALL.get(usize::try_from(n).ok()?).copied())
    }
}

/// What is known of the initiator, whatever it did: it raises or lowers an alert's confidence.
#[derive(Clone, Debug)]
pub struct Reputation {
    /// The platform.
    pub os: Os,
    /// What it means.
    pub about: String,
    /// Where the details are from.
    #[cfg_attr(
        not(feature = "_internal_test_exports"),
        expect(dead_code, reason = "read by tables of the repository")
    )]
    pub source: String,
    /// What must hold of the initiator, as `actor`.
    pub predicates: Vec<Predicate>,
    /// Contribution to confidence in thousandths, either way.
    pub confidence: i16,
}

/// What makes an attack easier, seen by one event: apart from alerts.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// Its id, `win.dde.enabled`.
    pub id: String,
    /// A fixed hash of the id.
    pub digest: u64,
    /// The platform.
    pub os: Os,
    /// The kinds of events that show it, one bit a [`KindTag`].
    pub on: u64,
    /// What must hold of the event.
    pub predicates: Vec<Predicate>,
    /// One line.
    pub title: String,
    /// What mends it.
    pub advice: String,
    /// The ids of ATT&CK mitigations.
    pub mitigations: Vec<String>,
}

/// A number of hits that differ in something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// In what.
    pub distinct: Distinct,
    /// How many, at most 4.
    pub min: u8,
}

/// In what counted hits must differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distinct {
    /// The acting process.
    Actor,
    /// The endpoint.
    Endpoint,
    /// The record.
    Record,
}

/// What a role is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindFrom {
    /// A process of the event.
    Process(Subject),
    /// The remote principal the event names: address, user, session.
    Remote,
}

/// What must be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Require {
    /// One clause.
    Clause(ClauseId),
    /// All of these.
    All(Vec<Self>),
    /// At least one.
    Any(Vec<Self>),
    /// At least so many.
    AtLeast(u8, Vec<Self>),
    /// Not seen within the window, though its class of telemetry is seen on the host; decided at the watermark.
    Absent(ClauseId),
}

impl Require {
    /// Whether it holds, given the clauses met. An absence holds only with `assume_absent`: whether a clause stays absent
    /// is known when the window has passed.
    pub(crate) fn holds(&self, met: u16, assume_absent: bool) -> bool {
        match self {
            Self::Clause(clause) => met >> clause & 1 == 1,
            Self::All(list) => list.iter().all(|r| r.holds(met, assume_absent)),
            Self::Any(list) => list.iter().any(|r| r.holds(met, assume_absent)),
            Self::AtLeast(k, list) => list.iter().filter(|r| r.holds(met, assume_absent)).count() >= usize::from(*k),
            Self::Absent(clause) => assume_absent && met >> clause & 1 == 0,
        }
    }

    /// Whether some clause must be absent.
    pub(crate) fn asks_for_absence(&self) -> bool {
        match self {
            Self::Absent(_) => true,
            Self::Clause(_) => false,
            Self::All(list) | Self::Any(list) | Self::AtLeast(_, list) => list.iter().any(Self::asks_for_absence),
        }
    }

    /// The clauses that must be absent.
    pub(crate) fn absent_clauses(&self) -> SmallVec<[ClauseId; 4]> {
        match self {
            Self::Absent(clause) => core::iter::once(*clause).collect(),
            Self::Clause(_) => SmallVec::new(),
            Self::All(list) | Self::Any(list) | Self::AtLeast(_, list) => {
                list.iter().flat_map(Self::absent_clauses).collect()
            }
        }
    }
}

/// How two bound roles must relate. Unbound roles relate to everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The first role.
    pub left: RoleId,
    /// How.
    pub how: Relate,
    /// The second role.
    pub right: RoleId,
}

/// Relations between bound processes. A detail that is unknown on either side does not contradict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relate {
    /// The same process.
    Same,
    /// Two processes.
    NotSame,
    /// Neither is an ancestor of the other and they share no lineage.
    OtherLineage,
    /// They share a lineage.
    SameLineage,
    /// Different logon sessions.
    OtherSession,
    /// Different users, also at login: sudo and su do not change who logged in.
    OtherUser,
    /// The left runs at a higher integrity (or as another, privileged user) than the right.
    HigherIntegrity,
    /// Different programs: what one image does in two roles (a service and its agent) is its own business.
    OtherImage,
    /// The left descends from the right.
    DescendsFrom,
    /// The left does not descend from the right.
    NotDescendsFrom,
}

/// A weaker form that fires where the missing leg is blind on the host.
#[derive(Clone, Debug)]
pub struct Fallback {
    /// Clauses that must be met, as a bit set.
    pub have: u16,
    /// Conditions on the last hit of the first of them, checked when it is made.
    pub predicates: Vec<Predicate>,
    /// Clauses of which all classes of telemetry must be blind on the host; empty: fires anyway.
    pub when_blind: u16,
    /// Confidence in thousandths.
    pub confidence: u16,
    /// Highest severity.
    pub cap: Severity,
}

/// Which mutable element of the policy may exempt which role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// The element.
    pub element: Element,
    /// The role that the element may exempt.
    pub subject: RoleId,
}

/// The mutable elements of AN1357, AN1358, AN1359 and their neighbor strategies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Element {
    /// AN1357.
    PipeNamePattern,
    /// AN1357.
    AllowedParentChildPairs,
    /// AN1358.
    SocketPathBaseline,
    /// AN1358.
    FIFOAccessPatterns,
    /// AN1359.
    AllowedAppleEventTargets,
    /// AN1359.
    MachPortBaseline,
    /// DET0224.
    COMObjectAllowList,
    /// DET0335.
    AllowedXPCClients,
    /// DET0335: unsigned programs that are to raise nothing.
    UnsignedBinaryAlertLevel,
    /// DET0508.
    InjectedProcessList,
    /// DET0508: rights over another process that prove nothing (Windows).
    AccessMask,
    /// DET0224, DET0504, DET0335: within which time the acts of one alert lie.
    TimeWindow,
}

impl Element {
    /// Every element with its name in data and policy.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("PipeNamePattern", Self::PipeNamePattern),
        ("AllowedParentChildPairs", Self::AllowedParentChildPairs),
        ("SocketPathBaseline", Self::SocketPathBaseline),
        ("FIFOAccessPatterns", Self::FIFOAccessPatterns),
        ("AllowedAppleEventTargets", Self::AllowedAppleEventTargets),
        ("MachPortBaseline", Self::MachPortBaseline),
        ("COMObjectAllowList", Self::COMObjectAllowList),
        ("AllowedXPCClients", Self::AllowedXPCClients),
        ("UnsignedBinaryAlertLevel", Self::UnsignedBinaryAlertLevel),
        ("InjectedProcessList", Self::InjectedProcessList),
        ("AccessMask", Self::AccessMask),
        ("TimeWindow", Self::TimeWindow),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, e)| *e == self).map_or("", |(n, _)| n)
    }
}
