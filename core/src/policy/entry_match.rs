//! One entry of a policy: attributes that must all match, until it expires.

use alloc::string::String;
use alloc::vec::Vec;

use crate::event::Os;
use crate::names::{Fold, Glob, ImagePattern, NameKind};
use crate::rules::Severity;
use crate::time::Timestamp;

/// The attributes that an entry may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    Image,
    Parent,
    User,
    Signer,
    Name,
    Target,
    Host,
    CommandLine,
    ActorImage,
}

impl Attribute {
    /// Those of element entries, with their names in JSON.
    pub(super) const OF_ELEMENTS: &'static [(&'static str, Self)] = &[
        ("image", Self::Image),
        ("parent", Self::Parent),
        ("user", Self::User),
        ("signer", Self::Signer),
        ("name", Self::Name),
        ("target", Self::Target),
        ("host", Self::Host),
        ("command_line", Self::CommandLine),
    ];

    /// Those of suppressions, with their names in JSON.
    pub(super) const OF_SUPPRESSIONS: &'static [(&'static str, Self)] = &[
        ("initiator_image", Self::Image),
        ("actor_image", Self::ActorImage),
        ("target_image", Self::Target),
        ("ipc_name", Self::Name),
        ("user", Self::User),
        ("host", Self::Host),
        ("command_line", Self::CommandLine),
    ];
}

/// A pattern and the text it was made of, ready for each platform: names are compared as the engine compares them.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    /// By the number of the platform.
    matchers: [Matcher; 3],
}

#[derive(Clone, Debug)]
enum Matcher {
    Text(Glob),
    Image(ImagePattern),
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Pattern {
    /// A pattern of plain text, in any case.
    pub(super) fn text(text: &str) -> Self {
        let matcher = || Matcher::Text(Glob::new(text, Fold::Windows));
        Self { text: text.into(), matchers: [matcher(), matcher(), matcher()] }
    }

    /// The pattern for an attribute.
    pub(super) fn of(attribute: Attribute, text: &str) -> Self {
        let make: fn(&str, Os) -> Matcher = match attribute {
            Attribute::Image | Attribute::Parent | Attribute::Target | Attribute::ActorImage => {
                |text, os| Matcher::Image(ImagePattern::new(&path(text, os), fold(os)))
            }
            Attribute::Name => |text, os| Matcher::Text(Glob::new(&name(text, os), fold(os))),
            _ => return Self::text(text),
        };
        Self { text: text.into(), matchers: [Os::Windows, Os::Linux, Os::Macos].map(|os| make(text, os)) }
    }

    /// Whether the pattern is this user id.
    fn is_uid(&self, uid: Option<u32>) -> bool {
        let number = self.text.strip_prefix("uid=").unwrap_or(&self.text);
        uid.is_some() && number.parse().ok() == uid
    }

    /// Whether a text matches, on a platform.
    pub(super) fn matches(&self, text: &[u8], os: Os) -> bool {
        match &self.matchers[os as usize % 3] {
            Matcher::Text(glob) => glob.matches(text),
            Matcher::Image(pattern) => pattern.matches(text),
        }
    }
}

/// How names of paths and of IPC objects are compared on a platform.
const fn fold(os: Os) -> Fold {
    match os {
        Os::Windows => Fold::Windows,
        Os::Linux => Fold::Exact,
        Os::Macos => Fold::Case,
    }
}

/// A path as the engine writes it. A pattern that begins within a path stays as it is.
fn path(text: &str, os: Os) -> String {
    let is_whole = match os {
        Os::Windows => text.starts_with('%') || text.starts_with('\\') || text.as_bytes().get(1) == Some(&b':'),
        Os::Linux | Os::Macos => text.starts_with('/'),
    };
    if is_whole { normalized(text, os.path_kind()) } else { text.into() }
}

/// The name of an IPC object as the engine writes it.
fn name(text: &str, os: Os) -> String {
    match os {
        Os::Windows if text.starts_with('\\') => normalized(text, NameKind::Pipe),
        Os::Linux | Os::Macos if text.starts_with('/') => normalized(text, os.path_kind()),
        _ => text.into(),
    }
}

fn normalized(text: &str, kind: NameKind) -> String {
    let mut out = Vec::new();
    kind.normalize(text.as_bytes(), &mut out);
    String::from_utf8(out).unwrap_or_else(|_| text.into())
}

/// Attributes that must all match.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) attributes: Vec<(Attribute, Pattern)>,
    pub(super) expires: Option<Timestamp>,
    pub(super) owner: Option<String>,
    pub(super) reason: Option<String>,
}

impl Rule {
    /// Whether all attributes match. A user is named, or given by number as alerts print it: `uid=1000`, `1000`.
    pub(super) fn covers<'a>(
        &self,
        time: Timestamp,
        os: Os,
        uid: Option<u32>,
        value: impl Fn(Attribute) -> Option<&'a [u8]>,
    ) -> bool {
        let is = |of: Attribute, pattern: &Pattern| {
            value(of).is_some_and(|text| pattern.matches(text, os)) || of == Attribute::User && pattern.is_uid(uid)
        };
        self.expires.is_none_or(|end| time < end) && self.attributes.iter().all(|(of, pattern)| is(*of, pattern))
    }
}

/// What is known of one process of an alert.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessAttributes<'a> {
    /// Its image.
    pub image: Option<&'a [u8]>,
    /// Its parent's image.
    pub parent_image: Option<&'a [u8]>,
    /// Its user.
    pub user: Option<&'a [u8]>,
    /// Its user id.
    pub uid: Option<u32>,
    /// Who signed its image.
    pub signer: Option<&'a [u8]>,
    /// Its command line.
    pub command_line: Option<&'a [u8]>,
}

/// The case that an entry of a mutable element is compared with.
#[derive(Clone, Copy, Debug)]
pub struct ElementCase<'a> {
    /// The platform: it decides how names are compared.
    pub os: Os,
    /// The process in the role that the behavior exempts.
    pub process: ProcessAttributes<'a>,
    /// The name of the IPC object; of an Apple Event target and code (`com.apple.finder core,clon`), as far as known.
    pub name: Option<&'a [u8]>,
    /// The image or name of what was acted upon.
    pub target: Option<&'a [u8]>,
    /// The host.
    pub host: &'a [u8],
    /// When it happened: entries may have expired.
    pub time: Timestamp,
}

impl<'a> ElementCase<'a> {
    /// A case of a platform about which nothing else is known.
    #[must_use]
    pub const fn new(os: Os) -> Self {
        let process = ProcessAttributes {
            image: None,
            parent_image: None,
            user: None,
            uid: None,
            signer: None,
            command_line: None,
        };
        Self { os, process, name: None, target: None, host: b"", time: Timestamp(0) }
    }

    pub(super) const fn get(&self, attribute: Attribute) -> Option<&'a [u8]> {
        match attribute {
            Attribute::Image | Attribute::ActorImage => self.process.image,
            Attribute::Parent => self.process.parent_image,
            Attribute::User => self.process.user,
            Attribute::Signer => self.process.signer,
            Attribute::CommandLine => self.process.command_line,
            Attribute::Name => self.name,
            Attribute::Target => self.target,
            Attribute::Host => Some(self.host),
        }
    }
}

/// The alert that a suppression is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The platform: it decides how names are compared.
    pub os: Os,
    /// The host.
    pub host: &'a [u8],
    /// When it happened.
    pub time: Timestamp,
    /// The behavior's id.
    pub id: &'a str,
    /// The behavior's code.
    pub code: &'a str,
    /// Retired codes and ids of the alert: names of behaviors that were merged into this one.
    pub was: &'a [&'a str],
    /// The alert's severity.
    pub severity: Severity,
    /// The name of the IPC object.
    pub ipc_name: Option<&'a [u8]>,
    /// Who initiated it; `user` and `command_line` of a suppression are about it.
    pub initiator: ProcessAttributes<'a>,
    /// Who acted.
    pub actor: ProcessAttributes<'a>,
    /// What was executed or injected.
    pub target: ProcessAttributes<'a>,
}

impl<'a> Case<'a> {
    pub(super) const fn get(&self, attribute: Attribute) -> Option<&'a [u8]> {
        match attribute {
            Attribute::Image => self.initiator.image,
            Attribute::Parent => self.initiator.parent_image,
            Attribute::User => self.initiator.user,
            Attribute::Signer => self.initiator.signer,
            Attribute::CommandLine => self.initiator.command_line,
            Attribute::Name => self.ipc_name,
            Attribute::Target => self.target.image,
            Attribute::Host => Some(self.host),
            Attribute::ActorImage => self.actor.image,
        }
    }
}
