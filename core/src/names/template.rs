//! Templates of endpoint names: `mojo.<pid>.<digits>.<digits>`, `/tmp/ssh-*/agent.<digits>`.
//!
//! | piece | stands for |
//! |---|---|
//! | `*` | any run of bytes |
//! | `<pid>`, `<hexpid>` | the creator's process id in decimal, in hex |
//! | `<digits>`, `<hex>`, `<letters>` | such characters; `<digits:4>` exactly 4, `<hex:2-4>` 2 to 4 |
//! | `<part>` | a run without a dot |
//! | `<guid>` | 36 characters of a GUID, without braces |
//! | `<image>` | the rest: the creator's image without its extension |
//!
//! A run of characters ends where the next piece begins, so the run must not contain the first byte of that piece.
//! Matching needs no backtracking then, and its time is linear in the length of the name.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use memchr::memmem;

/// Characters a run consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    Digits,
    Hex,
    Letters,
    Part,
    Guid,
    Any,
}

impl Set {
    const fn has(self, byte: u8) -> bool {
        match self {
            Self::Digits => byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Letters => byte.is_ascii_alphabetic(),
            Self::Part => byte != b'.',
            Self::Guid => byte.is_ascii_hexdigit() || byte == b'-',
            Self::Any => true,
        }
    }
}

/// What a run states about the creator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Nothing,
    Pid(u32),
    Image,
}

#[derive(Clone, Debug)]
enum Piece {
    Literal(Box<[u8]>),
    Run { set: Set, least: usize, most: usize, says: Says },
}

/// What a matching name states about its creator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stated<'a> {
    pub(crate) pid: Option<u32>,
    pub(crate) image: Option<&'a [u8]>,
}

/// A compiled template of names; the pieces are listed in the schema of the catalog.
#[derive(Clone, Debug)]
pub struct Template {
    head: Vec<Piece>,
    middle: Vec<memmem::Finder<'static>>,
    /// `None` if the template has no star: then `head` is the whole template.
    tail: Option<Vec<Piece>>,
    literal_length: usize,
}

impl Template {
    /// Whether a name matches the template, letter case included.
    #[must_use]
    pub fn fits(&self, name: &[u8]) -> bool {
        self.matches(name).is_some()
    }

    /// Compiles a template whose text is folded already.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let mut parts = text.split('*').map(pieces).collect::<Result<Vec<_>, _>>()?;
        let tail = if parts.len() > 1 { parts.pop() } else { None };
        let mut parts = parts.into_iter();
        let head = parts.next().unwrap_or_default();
        let mut middle = Vec::new();
        for mut part in parts.filter(|p| !p.is_empty()) {
            match (part.pop(), part.is_empty()) {
                (Some(Piece::Literal(literal)), true) => middle.push(memmem::Finder::new(&*literal).into_owned()),
                _ => return Err("a run between two stars".into()),
            }
        }
        check_ends(head.iter().map(Piece::first), &head, tail.is_none())?;
        if let Some(tail) = &tail {
            let backward: Vec<Piece> = tail.iter().rev().cloned().collect();
            check_ends(backward.iter().map(Piece::last), &backward, false)?;
        }
        let all = head.iter().chain(tail.iter().flatten());
        let literals = all.map(|p| if let Piece::Literal(l) = p { l.len() } else { 0 });
        let literal_length = literals.sum::<usize>() + middle.iter().map(|l| l.needle().len()).sum::<usize>();
        Ok(Self { head, middle, tail, literal_length })
    }

    /// The whole name if the template has no pieces.
    pub(crate) fn literal(&self) -> Option<&[u8]> {
        match (&self.head[..], &self.tail) {
            ([Piece::Literal(name)], None) => Some(name),
            _ => None,
        }
    }

    /// Whether matching names state something about their creators.
    pub(crate) fn is_self_describing(&self) -> bool {
        let mut pieces = self.head.iter().chain(self.tail.iter().flatten());
        pieces.any(|p| matches!(p, Piece::Run { says, .. } if *says != Says::Nothing))
    }

    /// The byte that all matching names begin with, if there is one.
    pub(crate) fn first_byte(&self) -> Option<u8> {
        self.head.first()?.first()
    }

    /// The number of fixed bytes: the more, the more specific the template.
    pub(crate) const fn literal_length(&self) -> usize {
        self.literal_length
    }

    /// Matches a whole, folded name.
    pub(crate) fn matches<'a>(&self, name: &'a [u8]) -> Option<Stated<'a>> {
        let mut stated = Stated::default();
        let mut rest = name;
        for piece in &self.head {
            let taken = piece.length_at_start(rest)?;
            let (run, after) = rest.split_at_checked(taken)?;
            piece.state(run, &mut stated)?;
            rest = after;
        }
        let Some(tail) = &self.tail else { return rest.is_empty().then_some(stated) };
        for piece in tail.iter().rev() {
            let taken = piece.length_at_end(rest)?;
            let (before, run) = rest.split_at_checked(rest.len().checked_sub(taken)?)?;
            piece.state(run, &mut stated)?;
            rest = before;
        }
        for literal in &self.middle {
            rest = &rest[literal.find(rest)? + literal.needle().len()..];
        }
        Some(stated)
    }
}

/// Checks that a byte outside the run ends every run of variable length.
fn check_ends(edges: impl Iterator<Item = Option<u8>>, pieces: &[Piece], open: bool) -> Result<(), String> {
    let edges: Vec<Option<u8>> = edges.collect();
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Run { set, least, most, .. } = piece else { continue };
        let last = at + 1 == pieces.len();
        let delimited = match edges.get(at + 1) {
            _ if least == most => true,
            Some(Some(byte)) => !set.has(*byte),
            Some(None) => false,
            None => last && (open || *set != Set::Any),
        };
        if !delimited {
            return Err("a run that does not end where the next piece begins".into());
        }
    }
    Ok(())
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        match rest.split_once('<') {
            None => {
                pieces.push(Piece::Literal(rest.as_bytes().into()));
                break;
            }
            Some((literal, after)) => {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(literal.as_bytes().into()));
                }
                let (name, after) = after.split_once('>').ok_or("`<` without `>`")?;
                pieces.push(run(name)?);
                rest = after;
            }
        }
    }
    Ok(pieces)
}

fn run(text: &str) -> Result<Piece, String> {
    let (name, bounds) = text.split_once(':').unwrap_or((text, ""));
    let (set, most, says) = match name {
        "pid" => (Set::Digits, 10, Says::Pid(10)),
        "hexpid" => (Set::Hex, 8, Says::Pid(16)),
        "digits" => (Set::Digits, usize::MAX, Says::Nothing),
        "hex" => (Set::Hex, usize::MAX, Says::Nothing),
        "letters" => (Set::Letters, usize::MAX, Says::Nothing),
        "part" => (Set::Part, usize::MAX, Says::Nothing),
        "guid" => (Set::Guid, 36, Says::Nothing),
        "image" => (Set::Any, usize::MAX, Says::Image),
        _ => return Err(alloc::format!("`<{text}>` is no piece of a template")),
    };
    let number = |text: &str| text.parse().map_err(|_| alloc::format!("`{text}` is no length"));
    let (least, most) = match bounds.split_once('-') {
        _ if bounds.is_empty() => (if set == Set::Guid { 36 } else { 1 }, most),
        Some((least, most)) => (number(least)?, number(most)?),
        None => (number(bounds)?, number(bounds)?),
    };
    Ok(Piece::Run { set, least, most, says })
}

impl Piece {
    fn first(&self) -> Option<u8> {
        if let Self::Literal(text) = self { text.first().copied() } else { None }
    }

    fn last(&self) -> Option<u8> {
        if let Self::Literal(text) = self { text.last().copied() } else { None }
    }

    fn length_at_start(&self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Literal(literal) => text.starts_with(literal).then_some(literal.len()),
            Self::Run { set, least, most, .. } => {
                let length = text.iter().take(*most).take_while(|b| set.has(**b)).count();
                (length >= *least).then_some(length)
            }
        }
    }

    fn length_at_end(&self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Literal(literal) => text.ends_with(literal).then_some(literal.len()),
            Self::Run { set, least, most, .. } => {
                let length = text.iter().rev().take(*most).take_while(|b| set.has(**b)).count();
                (length >= *least).then_some(length)
            }
        }
    }

    /// Adds what a run states; `None` if it states an impossible pid.
    fn state<'a>(&self, run: &'a [u8], stated: &mut Stated<'a>) -> Option<()> {
        match self {
            Self::Run { says: Says::Pid(base), .. } => {
                stated.pid = Some(u32::from_str_radix(str::from_utf8(run).ok()?, *base).ok()?);
            }
            Self::Run { says: Says::Image, .. } => stated.image = Some(run),
            _ => {}
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::Template;

    #[test]
    fn templates_match_whole_names_and_read_what_they_state() {
        let cases: &[(&str, &str, Option<Option<u32>>)] = &[
            ("mojo.<pid>.<digits>.<digits>", "mojo.5688.8052.123", Some(Some(5688))),
            ("mojo.<pid>.<digits>.<digits>", "mojo.5688.8052.123x", None),
            ("mojo.<pid>.<digits>.<digits>", "mojo.5688.8052", None),
            ("mojo.<pid>.<digits>.<digits>", "mojo.99999999999.1.1", None),
            (r"w\c-<hexpid>-<digits>", r"w\c-2a4-0", Some(Some(0x2a4))),
            (r"w\c-<hexpid>-<digits>", r"w\c-2a4-0,", None),
            ("f4c3<hex:2>", "f4c3ab", Some(None)),
            ("f4c3<hex:2>", "f4c3abc", None),
            ("x<hex:2-4>", "xabcde", None),
            ("/tmp/d-<pid>-*-socket", "/tmp/d-12-99-socket", Some(Some(12))),
            ("/tmp/d-<pid>-*-socket", "/tmp/d-12-socket", None),
            ("*-<digits>-stdin", "svchost-HOST-812-stdin", Some(None)),
            ("*-<digits>-stdin", "svchost-HOST--stdin", None),
            ("t-<guid>", "t-00000000-0000-0000-0000-000000000000", Some(None)),
            ("a*b*c", "aXbXc", Some(None)),
            ("a*b*c", "abXcX", None),
        ];
        for (template, name, expected) in cases {
            let template = Template::new(template).unwrap_or_else(|e| panic!("{template}: {e}"));
            assert_eq!(template.matches(name.as_bytes()).map(|s| s.pid), *expected, "{name}");
        }
    }

    #[test]
    fn the_rest_may_be_an_image() {
        let template = Template::new("pshost.<digits>.<pid>.<part>.<image>").expect("a template");
        let stated = template.matches(b"pshost.132.47.defaultappdomain.my.tool").expect("a match");
        assert_eq!((stated.pid, stated.image), (Some(47), Some(&b"my.tool"[..])));
    }

    #[test]
    fn ambiguous_templates_are_refused() {
        for template in ["<hex>a", "<digits><digits>", "<image>x", "a*<digits>*b", "*f<hex>", "<what>", "<pid"] {
            assert!(Template::new(template).is_err(), "{template}");
        }
    }
}
