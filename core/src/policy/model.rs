//! What a policy holds, and what it decides.

use alloc::string::String;
use alloc::vec::Vec;

use super::attribute::Case;
use super::entry::{Answer, ElementEntry, Entry};
use super::pattern::Pattern;
use super::usage::{Answers, EntryId, EntryUse, PolicyUse};
use crate::event::{Channel, Os};
use crate::rules::{AttackVersion, Behavior, Catalog, DEFAULT_MIN_CONFIDENCE, Severity};
use crate::time::{MINUTE, Timestamp};

/// What is wrong with a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {}{what}", prefix(.path))]
#[non_exhaustive]
pub struct PolicyError {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// The JSON path, for example `elements[2].expires`.
    pub path: String,
    /// What is wrong there.
    pub what: String,
}

/// What stands before what is wrong: the path, where there is one.
fn prefix(path: &str) -> String {
    if path.is_empty() { String::new() } else { alloc::format!("{path}: ") }
}

/// Something that is allowed but probably a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyWarning {
    /// The JSON path.
    pub path: String,
    /// What is odd there.
    pub what: String,
}

/// A policy. [`Policy::default`] reports everything from a confidence of 0.3 and exempts nothing.
///
/// ```
/// use ipcsentry::Policy;
/// let policy = Policy::from_json(br#"{"min_confidence": 500, "disabled": ["W18"]}"#)?;
/// assert_eq!(policy.min_confidence(), 500);
/// assert!(!policy.is_enabled("win.pipe.anonymous_loop", "W18"));
/// assert_eq!(Policy::from_json(policy.to_json().to_string().as_bytes())?, policy);
///
/// let error = Policy::from_json(br#"{"min_confidense": 500}"#).unwrap_err();
/// assert_eq!(error.path, "min_confidense");
/// # Ok::<(), ipcsentry::policy::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub(super) min_confidence: u16,
    pub(super) min_severity: Severity,
    pub(super) redact_command_lines: bool,
    pub(super) redact_secrets: bool,
    pub(super) redact_users: bool,
    pub(super) redact_paths: bool,
    pub(super) attack_version: AttackVersion,
    pub(super) risk: Option<Risk>,
    pub(super) baseline: BaselineUse,
    /// Critical behaviors that the policy may silence as a whole.
    pub(super) allow_critical: Vec<String>,
    pub(super) disabled: Vec<String>,
    pub(super) severities: Vec<(String, Severity)>,
    pub(super) min_confidences: Vec<(String, u16)>,
    /// Minutes by which the time of day in entries is ahead of UTC.
    pub(super) utc_offset: i16,
    pub(super) groups: Vec<(String, Vec<Pattern>)>,
    pub(super) elements: Vec<ElementEntry>,
    pub(super) suppressions: Vec<Entry>,
    pub(super) sources: Vec<(Pattern, Vec<Channel>)>,
    pub(super) warnings: Vec<PolicyWarning>,
}

/// From when on weak evidence of one lineage or requester is an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Risk {
    /// The confidences that have to add up, in thousandths.
    pub(crate) cap: u32,
    /// Nanoseconds after which evidence counts half.
    pub(crate) half_life: i64,
}

/// How a baseline is learned, and from when on it calls something usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BaselineUse {
    /// Hosts, and days, on which it must have been seen away from alerts; near alerts on twice as many.
    pub(crate) hosts: u32,
    pub(crate) days: u32,
    /// Nanoseconds around an alert that count as near it.
    pub(crate) quarantine: i64,
}

impl Default for BaselineUse {
    fn default() -> Self {
        Self { hosts: 5, days: 5, quarantine: 30 * MINUTE }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_confidence: DEFAULT_MIN_CONFIDENCE,
            min_severity: Severity::Low,
            redact_command_lines: false,
            redact_secrets: false,
            redact_users: false,
            redact_paths: false,
            attack_version: AttackVersion::default(),
            risk: None,
            baseline: BaselineUse::default(),
            allow_critical: Vec::new(),
            disabled: Vec::new(),
            severities: Vec::new(),
            min_confidences: Vec::new(),
            utc_offset: 0,
            groups: Vec::new(),
            elements: Vec::new(),
            suppressions: Vec::new(),
            sources: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

impl Policy {
    /// The confidence in thousandths from which alerts are emitted.
    #[must_use]
    pub const fn min_confidence(&self) -> u16 {
        self.min_confidence
    }

    /// The severity from which alerts are emitted.
    #[must_use]
    pub const fn min_severity(&self) -> Severity {
        self.min_severity
    }

    /// Whether alerts leave out command lines.
    #[must_use]
    pub const fn redacts_command_lines(&self) -> bool {
        self.redact_command_lines
    }

    /// Whether alerts leave out secrets on command lines, names of users, and folders.
    pub(crate) const fn redacts(&self) -> (bool, bool, bool) {
        (self.redact_secrets, self.redact_users, self.redact_paths)
    }

    /// The version of ATT&CK whose technique ids alerts have.
    ///
    /// ```
    /// use ipcsentry::{Policy, rules::AttackVersion};
    /// assert_eq!(Policy::default().attack_version(), AttackVersion::V19);
    /// assert_eq!(Policy::from_json(br#"{"attack_version": 18}"#)?.attack_version(), AttackVersion::V18);
    /// # Ok::<(), ipcsentry::policy::PolicyError>(())
    /// ```
    #[must_use]
    pub const fn attack_version(&self) -> AttackVersion {
        self.attack_version
    }

    /// When weak evidence adds up to an alert; `None`: never.
    pub(crate) const fn risk(&self) -> Option<Risk> {
        self.risk
    }

    /// How a baseline is learned and used.
    pub(crate) const fn baseline(&self) -> BaselineUse {
        self.baseline
    }

    /// The first of the policy's groups that a host is in; empty if it is in none.
    pub(crate) fn group_of(&self, host: &[u8]) -> &str {
        let has = |(_, hosts): &&(String, Vec<Pattern>)| hosts.iter().any(|pattern| pattern.matches(host, Os::Windows));
        self.groups.iter().find(has).map_or("", |(name, _)| name)
    }

    /// Whether a behavior may alert.
    #[must_use]
    pub fn is_enabled(&self, id: &str, code: &str) -> bool {
        !self.disabled.iter().any(|name| name == id || name == code)
    }

    /// The severity a behavior is given here in place of its own.
    #[must_use]
    pub fn severity(&self, id: &str, code: &str) -> Option<Severity> {
        self.severities.iter().find(|(name, _)| name == id || name == code).map(|(_, severity)| *severity)
    }

    /// The confidence in thousandths from which alerts of a behavior are emitted.
    #[must_use]
    pub fn min_confidence_of(&self, id: &str, code: &str) -> u16 {
        self.own_min_confidence(id, code).unwrap_or(self.min_confidence)
    }

    /// The confidence in thousandths that the policy sets for a behavior alone.
    pub(crate) fn own_min_confidence(&self, id: &str, code: &str) -> Option<u16> {
        let own = self.min_confidences.iter().find(|(name, _)| name == id || name == code);
        own.map(|(_, least)| *least)
    }

    /// The sources a host is declared to have; `None` where nothing is declared: then the events seen so far decide.
    /// Fallback forms and absences depend on it: a clause that no declared source can report is blind.
    ///
    /// ```
    /// use ipcsentry::{Policy, event::Channel};
    /// let policy = Policy::from_json(br#"{"sources": [{"host": "web-*", "channels": ["audit"]}]}"#)?;
    /// assert_eq!(policy.declared_sources(b"web-1"), Some(&[Channel::Audit][..]));
    /// assert_eq!(policy.declared_sources(b"db-1"), None);
    /// # Ok::<(), ipcsentry::policy::PolicyError>(())
    /// ```
    #[must_use]
    pub fn declared_sources(&self, host: &[u8]) -> Option<&[Channel]> {
        self.sources
            .iter()
            .find(|(pattern, _)| pattern.matches(host, Os::Windows))
            .map(|(_, channels)| channels.as_slice())
    }

    /// Entries that exempt more or less than they seem to. An attacker who knows the only attribute can imitate it.
    ///
    /// ```
    /// use ipcsentry::Policy;
    /// let policy = Policy::from_json(br#"{"elements": [{"element": "PipeNamePattern", "name": "status_*"}]}"#)?;
    /// assert_eq!(policy.warnings()[0].path, "elements[0]");
    /// # Ok::<(), ipcsentry::policy::PolicyError>(())
    /// ```
    #[must_use]
    pub fn warnings(&self) -> Vec<PolicyWarning> {
        self.warnings.clone()
    }

    /// Counts for each of its entries.
    pub(crate) fn begin_use(&self) -> PolicyUse {
        PolicyUse::of(self.elements.len(), self.suppressions.len())
    }

    /// What its entries did by `now`.
    pub(crate) fn report_use(&self, counts: &PolicyUse, now: Timestamp) -> Vec<EntryUse> {
        counts.report(&self.elements, &self.suppressions, now)
    }

    /// The catalog with the windows that the policy sets.
    pub(crate) fn with_windows(&self, catalog: &Catalog) -> Catalog {
        let set = self.elements.iter().filter_map(|of| Some((of, of.window?)));
        catalog.with_windows(set.flat_map(|(of, window)| of.entry.behaviors.iter().map(move |n| (n.as_str(), window))))
    }

    /// What every entry says of an alert of a behavior that would also have had the retired names `was`. `party` gives
    /// what an entry of an element is held against, `initiator` what a suppression is.
    pub(crate) fn answers(
        &self,
        rule: &Behavior,
        was: &[&str],
        is_critical: bool,
        mut covers: impl FnMut(&ElementEntry) -> Answer,
        initiator: &Case<'_>,
    ) -> Answers {
        let mut answers = Answers::default();
        let asks = |entry: &Entry| entry.names(rule, was) && (entry.allow_critical || !is_critical);
        let elements = (0..).zip(&self.elements).filter(|(_, of)| of.window.is_none() && rule.fits(of.element));
        for (at, of) in elements.filter(|(_, of)| asks(&of.entry)) {
            answers.0.push((EntryId::Element(at), covers(of)));
        }
        for (at, entry) in (0..).zip(&self.suppressions).filter(|(_, entry)| asks(entry)) {
            answers.0.push((EntryId::Suppression(at), entry.covers(initiator)));
        }
        answers
    }
}
