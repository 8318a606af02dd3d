//! Policies from JSON. What may be written is described in the parent module; what cannot be meant is an error that says
//! what could.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::attribute::Attribute;
use super::entry::{ElementEntry, Entry, Hours};
use super::fitting;
use super::model::{BaselineUse, Policy, PolicyError, Risk};
use super::pattern::{Pattern, Written};
use crate::event::Channel;
use crate::rules::{AttackVersion, Catalog, Element, Party, Severity};
use crate::time::{MINUTE, SECOND, Timestamp};
use crate::util::document::{Document, Fault, Node};
use crate::util::spelling::unknown;

const MEMBERS: &[&str] = &[
    "min_confidence",
    "min_severity",
    "redact_command_lines",
    "redact_secrets",
    "redact_users",
    "redact_paths",
    "attack_version",
    "risk",
    "baseline",
    "allow_critical",
    "disabled",
    "severities",
    "min_confidences",
    "utc_offset",
    "groups",
    "elements",
    "suppressions",
    "sources",
];
/// What every entry may have besides its attributes.
const OF_ENTRIES: [&str; 7] = ["behavior", "group", "hours", "expires", "allow_critical", "owner", "reason"];
/// What every element's entry may have besides.
const OF_ELEMENTS: [&str; 4] = ["element", "subject", "access", "window"];
/// The longest window that may be set, in seconds.
const LONGEST_WINDOW: i64 = 7 * 86_400;
/// The least and the most that weak evidence may have to add up to.
const LEAST_RISK: f64 = 0.5;
const MOST_RISK: f64 = 8.0;
/// Fewest and most hosts and days that a baseline may ask for: what one host does is usual nowhere.
const LEAST_QUORUM: u16 = 2;
const MOST_QUORUM: u16 = 10_000;
/// Most of what a policy lists: an alert is held against all of it.
const MOST: usize = 10_000;

impl From<Fault> for PolicyError {
    fn from(Fault { line, column, path, what, .. }: Fault) -> Self {
        Self { line, column, path, what }
    }
}

impl Policy {
    /// Reads a policy for the builtin catalog.
    ///
    /// # Errors
    /// Anything that is not JSON, unknown, of the wrong type, or cannot be meant: with its place, and what is allowed
    /// there.
    pub fn from_json(text: &[u8]) -> Result<Self, PolicyError> {
        Self::for_catalog(text, &Catalog::builtin())
    }

    /// Reads a policy for a catalog: it may name the behaviors of that one.
    ///
    /// ```
    /// use ipcsentry::{Catalog, Policy};
    /// let catalog = Catalog::builtin().without(&["W18"])?;
    /// let error = Policy::for_catalog(br#"{"disabled": ["W18"]}"#, &catalog).unwrap_err();
    /// assert_eq!(error.path, "disabled[0]");
    /// # Ok::<(), ipcsentry::rules::CatalogError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Policy::from_json`].
    pub fn for_catalog(text: &[u8], catalog: &Catalog) -> Result<Self, PolicyError> {
        let document = Document::parse(text, "")?;
        let root = document.root().only(MEMBERS)?;
        let mut policy = read(root, catalog)?;
        fitting::check(&policy, root, catalog)?;
        policy.warnings = fitting::warnings(&policy, root, catalog);
        Ok(policy)
    }
}

fn read(root: Node<'_>, catalog: &Catalog) -> Result<Policy, Fault> {
    let mut policy = Policy::default();
    if let Some(n) = root.get("min_confidence") {
        policy.min_confidence = share(n)?;
    }
    if let Some(n) = root.get("min_severity") {
        policy.min_severity = n.named("severity", Severity::ALL)?;
    }
    let flag = |name: &str| root.get(name).map_or(Ok(false), Node::flag);
    policy.redact_command_lines = flag("redact_command_lines")?;
    policy.redact_secrets = flag("redact_secrets")?;
    policy.redact_users = flag("redact_users")?;
    policy.redact_paths = flag("redact_paths")?;
    if let Some(n) = root.get("attack_version") {
        let version = u32::try_from(n.integer()?).ok().and_then(AttackVersion::of_number);
        policy.attack_version = version.ok_or_else(|| n.fault("is no version of ATT&CK known here: 18 or 19"))?;
    }
    policy.risk = root.get("risk").map(risk).transpose()?;
    if let Some(node) = root.get("baseline") {
        policy.baseline = baseline(node)?;
    }
    policy.allow_critical = behaviors(root, "allow_critical", catalog)?;
    policy.disabled = behaviors(root, "disabled", catalog)?;
    policy.severities = by_behavior(root, "severities", catalog, |n| n.named("severity", Severity::ALL))?;
    policy.min_confidences = by_behavior(root, "min_confidences", catalog, share)?;
    policy.utc_offset = root.get("utc_offset").map_or(Ok(0), utc_offset)?;
    for (name, hosts) in root.get("groups").map_or(Ok(Vec::new()), Node::members)? {
        policy.groups.push((name.to_owned(), patterns(hosts, Attribute::Host)?));
    }
    let list = |name: &str| {
        let Some(node) = root.get(name) else { return Ok(Vec::new()) };
        let items = node.items()?;
        let few = items.len() <= MOST;
        if few { Ok(items) } else { Err(node.fault(format_args!("has more than {MOST} entries"))) }
    };
    policy.sources = list("sources")?.into_iter().map(source).collect::<Result<_, _>>()?;
    for node in list("elements")? {
        let entry = element(node, &policy, catalog)?;
        policy.elements.push(entry);
    }
    for node in list("suppressions")? {
        let (_, entry) = entry(node, Attribute::OF_SUPPRESSIONS, &[], &policy, catalog)?;
        if entry.width() == 0 && entry.behaviors.is_empty() {
            return Err(node.fault(covers_all(Attribute::OF_SUPPRESSIONS)));
        }
        policy.suppressions.push(entry);
    }
    Ok(policy)
}

/// When weak evidence adds up to an alert.
fn risk(node: Node<'_>) -> Result<Risk, Fault> {
    let node = node.only(&["cap", "half_life"])?;
    let number = |name: &str, least: f64, most: f64| {
        let of = node.need(name)?;
        let value = of.decimal().map_or_else(|| of.integer().map(|whole| whole as f64), Ok)?;
        let is_within = (least..=most).contains(&value);
        if is_within { Ok(value) } else { Err(of.fault(format_args!("should be {least} to {most}, is {value}"))) }
    };
    let cap = (number("cap", LEAST_RISK, MOST_RISK)? * 1000.0 + 0.5) as u32;
    Ok(Risk { cap, half_life: (number("half_life", 1.0, LONGEST_WINDOW as f64)? * SECOND as f64) as i64 })
}

/// How a baseline is learned, and what it calls usual.
fn baseline(node: Node<'_>) -> Result<BaselineUse, Fault> {
    let node = node.only(&["hosts", "days", "quarantine_minutes"])?;
    let number = |name: &str, least, most| node.get(name).map(|of| of.within(least, most)).transpose();
    let own = BaselineUse::default();
    Ok(BaselineUse {
        hosts: number("hosts", LEAST_QUORUM, MOST_QUORUM)?.map_or(own.hosts, u32::from),
        days: number("days", LEAST_QUORUM, MOST_QUORUM)?.map_or(own.days, u32::from),
        quarantine: number("quarantine_minutes", 1, 24 * 60)?.map_or(own.quarantine, |n| i64::from(n) * MINUTE),
    })
}

/// A confidence in thousandths: a fraction, or a whole number of thousandths.
fn share(node: Node<'_>) -> Result<u16, Fault> {
    match node.decimal() {
        Some(share) if (0.0..=1.0).contains(&share) => Ok((share * 1000.0 + 0.5) as u16),
        Some(share) => Err(node.fault(format_args!("{share} is not within 0.0 and 1.0"))),
        None => match node.within(0, 1000)? {
            1 => Err(node.fault("may mean all or a thousandth: write 1.0 or 0.001")),
            thousandths => Ok(thousandths),
        },
    }
}

/// `+02:00`, `-05:30`, `Z`: minutes ahead of UTC.
fn utc_offset(node: Node<'_>) -> Result<i16, Fault> {
    let text = node.text()?;
    let parse = || {
        if text == "Z" {
            return Some(0);
        }
        let (sign, rest) = text.split_at_checked(1)?;
        let minutes = i16::try_from(clock(rest).filter(|minutes| *minutes <= 14 * 60)?).ok()?;
        match sign {
            "+" => Some(minutes),
            "-" => Some(-minutes),
            _ => None,
        }
    };
    parse().ok_or_else(|| node.fault("should be an offset from UTC such as +02:00, -05:30 or Z"))
}

/// `HH:MM` in minutes.
fn clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |digits: &str| {
        let is_number = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| is_number)
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60 || (hours, minutes) == (24, 0)).then_some(hours * 60 + minutes)
}

/// `08:00-18:00`; where the end is earlier, it is that of the next day.
fn hours(node: Node<'_>, offset: i16) -> Result<Hours, Fault> {
    let text = node.text()?;
    let both = text.split_once('-').and_then(|(from, to)| Some((clock(from)?, clock(to)?)));
    match both {
        Some((from, to)) if from == to || from == 24 * 60 => Err(node.fault("covers no time of the day")),
        Some((from, to)) => Ok(Hours { from, to, offset }),
        None => Err(node.fault("should be a part of the day such as 08:00-18:00 or 22:00-06:00")),
    }
}

/// A name of a behavior, by code or id, also a retired one.
fn behavior(node: Node<'_>, catalog: &Catalog) -> Result<String, Fault> {
    let name = node.words()?;
    known(name, catalog).map_err(|what| node.fault(what))?;
    Ok(name.to_owned())
}

/// Whether there is a behavior of a name; else what there is.
fn known(name: &str, catalog: &Catalog) -> Result<(), String> {
    if catalog.behavior(name).is_some() {
        return Ok(());
    }
    let is_id = name.contains('.');
    let names = catalog.rules().iter().map(|rule| if is_id { rule.id.as_str() } else { rule.code.as_str() });
    let what = unknown("behavior", name, names);
    let codes = || catalog.rules().iter().map(|rule| rule.code.as_str()).collect::<Vec<_>>().join(", ");
    Err(if what.contains("; ") { what } else { format!("{what}; known: {}", codes()) })
}

/// A list of behaviors, each once.
fn behaviors(root: Node<'_>, member: &str, catalog: &Catalog) -> Result<Vec<String>, Fault> {
    let mut all: Vec<String> = Vec::new();
    for node in root.get(member).map_or(Vec::new(), Node::one_or_more) {
        let name = behavior(node, catalog)?;
        if let Some(again) = all.iter().find(|other| is_same(&name, other, catalog)) {
            return Err(node.fault(format_args!("is `{again}` again")));
        }
        all.push(name);
    }
    Ok(all)
}

/// Something for each of some behaviors.
fn by_behavior<T>(
    root: Node<'_>,
    member: &str,
    catalog: &Catalog,
    read: impl Fn(Node<'_>) -> Result<T, Fault>,
) -> Result<Vec<(String, T)>, Fault> {
    let mut all: Vec<(String, T)> = Vec::new();
    for (name, node) in root.get(member).map_or(Ok(Vec::new()), Node::members)? {
        known(name, catalog).map_err(|what| node.fault(what))?;
        if let Some((again, _)) = all.iter().find(|(other, _)| is_same(name, other, catalog)) {
            return Err(node.fault(format_args!("is `{again}` again")));
        }
        all.push((name.to_owned(), read(node)?));
    }
    Ok(all)
}

/// Whether two names are of one behavior as it is now. A retired name stands for part of one.
fn is_same(one: &str, other: &str, catalog: &Catalog) -> bool {
    let of = |name| catalog.behavior(name).filter(|b| b.id == name || b.code == name).map(|b| &b.id);
    one == other || of(one).is_some() && of(one) == of(other)
}

fn covers_all(attributes: &[(&str, Attribute)]) -> String {
    let names: Vec<&str> = attributes.iter().map(|(name, _)| *name).collect();
    format!("has no attribute: it would cover everything; attributes: {}, group", names.join(", "))
}

fn element(node: Node<'_>, policy: &Policy, catalog: &Catalog) -> Result<ElementEntry, Fault> {
    let (node, entry) = entry(node, Attribute::OF_ELEMENTS, &OF_ELEMENTS, policy, catalog)?;
    let element = node.need("element")?.named("mutable element", Element::ALL)?;
    let party = node.get("subject").map(|n| n.named("subject", Party::ALL)).transpose()?;
    let only_of = |member: &str, of: Element| match node.get(member) {
        Some(n) if element != of => Err(n.fault(format_args!("belongs to {} only", of.name()))),
        None if element == of => Err(node.fault(format_args!("`{member}` is missing: {} needs it", of.name()))),
        given => Ok(given),
    };
    let access = only_of("access", Element::AccessMask)?.map(access).transpose()?;
    let window = only_of("window", Element::TimeWindow)?.map(window).transpose()?;
    if element == Element::TimeWindow {
        window_alone(node, &entry)?;
    } else if entry.width() == 0 {
        return Err(node.fault(covers_all(Attribute::OF_ELEMENTS)));
    }
    Ok(ElementEntry { element, party, access, window, entry })
}

/// A window holds for whole behaviors, on all hosts, at all times.
fn window_alone(node: Node<'_>, entry: &Entry) -> Result<(), Fault> {
    if entry.behaviors.is_empty() {
        return Err(node.fault("`behavior` is missing: TimeWindow needs it"));
    }
    let attributes = Attribute::OF_ELEMENTS.iter().map(|(name, _)| *name);
    match attributes.chain(["subject", "group", "hours", "expires"]).find_map(|name| node.get(name)) {
        Some(scope) => Err(scope.fault("a TimeWindow holds for all alerts of its behaviors: it takes no scope")),
        None => Ok(()),
    }
}

/// Rights as sensors write them, `"0x1410"`, or as a number.
fn access(node: Node<'_>) -> Result<u32, Fault> {
    let number = match node.text() {
        Ok(text) => text.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok()),
        Err(_) => node.integer().ok().and_then(|number| u32::try_from(number).ok()),
    };
    match number {
        Some(0) | None => Err(node.fault("should be rights over a process such as \"0x1410\"")),
        Some(rights) => Ok(rights),
    }
}

/// Seconds, as nanoseconds.
fn window(node: Node<'_>) -> Result<i64, Fault> {
    let seconds = match node.decimal() {
        Some(seconds) if seconds > 0.0 && seconds <= LONGEST_WINDOW as f64 => (seconds * SECOND as f64) as i64,
        Some(_) => 0,
        None => node.integer()?.clamp(0, LONGEST_WINDOW + 1) * SECOND,
    };
    let is_within = (1..=LONGEST_WINDOW * SECOND).contains(&seconds);
    let what = || node.fault(format_args!("should be seconds, more than 0 and at most {LONGEST_WINDOW}"));
    if is_within { Ok(seconds) } else { Err(what()) }
}

/// Reads what every entry has, and refuses any other member but `others`.
fn entry<'a>(
    node: Node<'a>,
    names: &[(&str, Attribute)],
    others: &[&str],
    policy: &Policy,
    catalog: &Catalog,
) -> Result<(Node<'a>, Entry), Fault> {
    let mut allowed: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    allowed.extend(OF_ENTRIES);
    allowed.extend(others);
    let node = node.only(&allowed)?;
    let mut attributes = Vec::new();
    for (name, attribute) in names {
        if let Some(values) = node.get(name) {
            let patterns = patterns(values, *attribute)?;
            // What matches everything asks for nothing.
            if !patterns.iter().any(Pattern::matches_all) {
                attributes.push((*attribute, patterns));
            }
        }
    }
    let expires = node.get("expires").map(|n| {
        let time = Timestamp::parse(n.text()?.as_bytes());
        time.ok_or_else(|| n.fault("should be a time such as 2030-01-31T00:00:00Z"))
    });
    let text = |name: &str| node.get(name).map(|n| n.words().map(str::to_owned)).transpose();
    let entry = Entry {
        behaviors: behaviors(node, "behavior", catalog)?,
        attributes,
        groups: node.get("group").map_or(Ok(Vec::new()), |n| groups(n, policy))?,
        hours: node.get("hours").map(|n| hours(n, policy.utc_offset)).transpose()?,
        expires: expires.transpose()?,
        allow_critical: node.get("allow_critical").map_or(Ok(false), Node::flag)?,
        owner: text("owner")?,
        reason: text("reason")?,
    };
    Ok((node, entry))
}

fn groups(node: Node<'_>, policy: &Policy) -> Result<Vec<(String, Vec<Pattern>)>, Fault> {
    let group = |node: Node<'_>| {
        let name = node.words()?;
        let found = policy.groups.iter().find(|(known, _)| known == name).cloned();
        found.ok_or_else(|| match policy.groups.is_empty() {
            true => node.fault(format_args!("`{name}` is no group: the policy has no `groups`")),
            false => node.fault(unknown("group", name, policy.groups.iter().map(|(name, _)| name.as_str()))),
        })
    };
    node.one_or_more().into_iter().map(group).collect()
}

/// One value or a list: texts, `{"exact": …}`, `{"regex": …}`.
fn patterns(node: Node<'_>, attribute: Attribute) -> Result<Vec<Pattern>, Fault> {
    let values = node.one_or_more();
    if values.is_empty() {
        return Err(node.fault("is empty"));
    }
    let pattern = |node: Node<'_>| {
        let (node, written) = if node.is_object() {
            let node = node.only(&["exact", "regex"])?;
            match (node.get("exact"), node.get("regex")) {
                (Some(exact), None) => (exact, Written::Exact(exact.words()?.to_owned())),
                (None, Some(regex)) => (regex, Written::Regex(regex.words()?.to_owned())),
                _ => return Err(node.fault("should have one of `exact` and `regex`")),
            }
        } else {
            (node, Written::Glob(node.words()?.to_owned()))
        };
        Pattern::of(attribute, written).map_err(|what| node.fault(what))
    };
    values.into_iter().map(pattern).collect()
}

fn source(node: Node<'_>) -> Result<(Pattern, Vec<Channel>), Fault> {
    let node = node.only(&["host", "channels"])?;
    let names: Vec<(&str, Channel)> = Channel::ALL.iter().map(|c| (c.name(), *c)).collect();
    let channels = node.need("channels")?.items()?;
    let channels = channels.iter().map(|n| n.named("channel", &names)).collect::<Result<_, _>>()?;
    Ok((Pattern::text(node.need("host")?.words()?), channels))
}
