//! What a policy holds, and what it decides.

use alloc::string::String;
use alloc::vec::Vec;

use super::entry_match::{Case, ElementCase, Pattern, Rule};
use crate::event::{Channel, Os};
use crate::rules::{AttackVersion, DEFAULT_MIN_CONFIDENCE, Element, Severity};

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
    pub(super) attack_version: AttackVersion,
    pub(super) disabled: Vec<String>,
    pub(super) severities: Vec<(String, Severity)>,
    pub(super) elements: Vec<(Element, Rule)>,
    pub(super) suppressions: Vec<Suppression>,
    pub(super) sources: Vec<(Pattern, Vec<Channel>)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Suppression {
    /// Code or id, also a retired one; any behavior where it is missing.
    pub(super) behavior: Option<String>,
    pub(super) allow_critical: bool,
    pub(super) rule: Rule,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_confidence: DEFAULT_MIN_CONFIDENCE,
            min_severity: Severity::Low,
            redact_command_lines: false,
            attack_version: AttackVersion::default(),
            disabled: Vec::new(),
            severities: Vec::new(),
            elements: Vec::new(),
            suppressions: Vec::new(),
            sources: Vec::new(),
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

    /// Whether an entry of this mutable element covers the case.
    ///
    /// ```
    /// use ipcsentry::{Policy, event::Os, rules::Element, policy::{ElementCase, ProcessAttributes}};
    /// let policy = Policy::from_json(br#"{"elements": [
    ///     {"element": "FIFOAccessPatterns", "image": "/usr/bin/make", "name": "/tmp/GMfifo*"}
    /// ]}"#)?;
    /// let process = ProcessAttributes { image: Some(b"/usr/bin/make"), ..ProcessAttributes::default() };
    /// let case = ElementCase { process, name: Some(b"/tmp/GMfifo12"), ..ElementCase::new(Os::Linux) };
    /// assert!(policy.exempts(Element::FIFOAccessPatterns, &case));
    /// assert!(!policy.exempts(Element::SocketPathBaseline, &case));
    /// # Ok::<(), ipcsentry::policy::PolicyError>(())
    /// ```
    #[must_use]
    pub fn exempts(&self, element: Element, case: &ElementCase<'_>) -> bool {
        let covers = |rule: &Rule| rule.covers(case.time, case.os, case.process.uid, |attribute| case.get(attribute));
        self.elements.iter().any(|(of, rule)| *of == element && covers(rule))
    }

    /// The suppression that covers an alert: its place in `suppressions`.
    ///
    /// Critical alerts are covered only where the suppression says `allow_critical`.
    #[must_use]
    pub fn suppressed_by(&self, case: &Case<'_>) -> Option<usize> {
        let covers = |s: &Suppression| {
            s.behavior
                .as_ref()
                .is_none_or(|name| name == case.id || name == case.code || case.was.contains(&name.as_str()))
                && (s.allow_critical || case.severity != Severity::Critical)
                && s.rule.covers(case.time, case.os, case.initiator.uid, |attribute| case.get(attribute))
        };
        self.suppressions.iter().position(covers)
    }

    /// Entries that exempt more than they seem to: an attacker who knows the only attribute can imitate it.
    ///
    /// ```
    /// use ipcsentry::Policy;
    /// let policy = Policy::from_json(br#"{"elements": [{"element": "PipeNamePattern", "name": "status_*"}]}"#)?;
    /// assert_eq!(policy.warnings()[0].path, "elements[0]");
    /// # Ok::<(), ipcsentry::policy::PolicyError>(())
    /// ```
    #[must_use]
    pub fn warnings(&self) -> Vec<PolicyWarning> {
        let elements = self.elements.iter().map(|(_, rule)| rule.attributes.len());
        let suppressions = self.suppressions.iter();
        let suppressions = suppressions.map(|s| s.rule.attributes.len() + usize::from(s.behavior.is_some()));
        let narrow = |list: &'static str| {
            move |(at, count): (usize, usize)| {
                let what = "one attribute only: whoever knows it is covered".into();
                (count == 1).then(|| PolicyWarning { path: alloc::format!("{list}[{at}]"), what })
            }
        };
        let elements = elements.enumerate().filter_map(narrow("elements"));
        elements.chain(suppressions.enumerate().filter_map(narrow("suppressions"))).collect()
    }
}
