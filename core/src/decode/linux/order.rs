//! Reads records whose fields have the order of every kernel since 2.6, without a search for keys.
//!
//! This is only an optimization: any other record is left to the reader that examines every key, because that reader
//! reports what is wrong with a record.

use super::details::{NameType, PathRecord, ProcessFields, Syscall, unless_unset};
use super::value::{Form, Quotes, RawField};
use crate::util::digits::{digits, hex_digits};

/// A SYSCALL record.
pub(super) struct CallInOrder<'a> {
    pub(super) call: Syscall,
    pub(super) terminal: RawField<'a>,
    pub(super) image: RawField<'a>,
    /// The rest of the record after the fields that are read.
    pub(super) rest: &'a [u8],
}

/// Reads the beginning of a SYSCALL record, the call with its arguments; returns the rest as well.
pub(super) fn call(body: &[u8], quotes: Quotes) -> Option<(Syscall, Cursor<'_>)> {
    let mut at = Cursor { rest: body, quotes };
    let mut call = Syscall { architecture: u32::try_from(at.after(b" arch=")?.hex()?).ok()?, ..Syscall::default() };
    call.number = at.after(b" syscall=")?.number()?;
    // A call that never returns has no result.
    if let Some(at) = at.after(b" success=") {
        call.success = Some(at.text()?.text == b"yes");
        let negative = at.after(b" exit=-").is_some();
        let exit = if negative { at.decimal()? } else { at.after(b" exit=")?.decimal()? };
        let exit = i64::try_from(exit).ok()?;
        call.exit = Some(if negative { -exit } else { exit });
    }
    call.args =
        [at.after(b" a0=")?.hex()?, at.after(b" a1=")?.hex()?, at.after(b" a2=")?.hex()?, at.after(b" a3=")?.hex()?];
    Some((call, at))
}

/// Reads the rest of the record, the caller.
pub(super) fn caller<'a>(mut call: Syscall, mut at: Cursor<'a>) -> Option<CallInOrder<'a>> {
    at.after(b" items=")?.decimal()?;
    let parent = at.after(b" ppid=")?.number()?;
    let pid = at.after(b" pid=")?.number()?;
    let login = at.after(b" auid=")?.number()?;
    let real = at.after(b" uid=")?.number()?;
    at.after(b" gid=")?.decimal()?;
    let effective = at.after(b" euid=")?.number()?;
    at.after(b" suid=")?.decimal()?;
    at.after(b" fsuid=")?.decimal()?;
    at.after(b" egid=")?.decimal()?;
    at.after(b" sgid=")?.decimal()?;
    at.after(b" fsgid=")?.decimal()?;
    let terminal = at.after(b" tty=")?.text()?;
    let session = at.after(b" ses=")?.decimal()?;
    at.after(b" comm=")?.text()?;
    let image = at.after(b" exe=")?.text()?;
    call.process = ProcessFields {
        pid: unless_unset(pid.into()).map(|_| pid),
        parent: unless_unset(parent.into()).map(|_| parent),
        login: unless_unset(login.into()).map(|_| login),
        real: Some(real),
        effective: Some(effective),
        session: unless_unset(session),
        ..ProcessFields::default()
    };
    Some(CallInOrder { call, terminal, image, rest: at.rest })
}

/// Reads a PATH record, its name, and the rest after the fields that every PATH record has.
pub(super) fn path(body: &[u8], quotes: Quotes) -> Option<(PathRecord, RawField<'_>, &[u8])> {
    let mut at = Cursor { rest: body, quotes };
    let item = at.after(b" item=")?.number()?;
    let name = at.after(b" name=")?.text()?;
    let inode = at.after(b" inode=")?.decimal()?;
    let device = at.after(b" dev=")?.hex()? << 20 | at.after(b":")?.hex()?;
    let mode = RawField::bare(at.after(b" mode=")?.word()).octal()?;
    let owner = at.after(b" ouid=")?.number()?;
    at.after(b" ogid=")?.decimal()?;
    at.after(b" rdev=")?.word();
    let name_type = NameType::named(at.after(b" nametype=")?.text()?.text);
    let _ = at.after(b" cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0");
    let (inode, device, mode, owner) = (Some(inode), Some(device), Some(mode), Some(owner));
    Some((PathRecord { item, name_type, inode, device, mode, owner, ..PathRecord::default() }, name, at.rest))
}

/// The rest of a record.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    quotes: Quotes,
}

impl<'a> Cursor<'a> {
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Consumes a text that must come next.
    #[inline(always)]
    fn after(&mut self, text: &[u8]) -> Option<&mut Self> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(self)
    }

    /// Consumes a decimal number up to its last digit.
    #[inline(always)]
    fn decimal(&mut self) -> Option<u64> {
        let (n, len) = digits(self.rest);
        self.rest = &self.rest[len..];
        // Nineteen digits always fit in 64 bits.
        (1..20).contains(&len).then_some(n)
    }

    #[inline(always)]
    fn number(&mut self) -> Option<u32> {
        self.decimal().and_then(|n| u32::try_from(n).ok())
    }

    #[inline(always)]
    fn hex(&mut self) -> Option<u64> {
        let (n, len) = hex_digits(self.rest);
        self.rest = &self.rest[len..];
        (1..=16).contains(&len).then_some(n)
    }

    /// Consumes the bytes up to the next space or control character.
    #[inline(always)]
    fn word(&mut self) -> &'a [u8] {
        let end = self.rest.iter().position(|&b| b <= b' ').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// Consumes a string, quoted or not, because some versions quote even plain words.
    #[inline(always)]
    fn text(&mut self) -> Option<RawField<'a>> {
        let Some(quoted) = self.quotes.open(self.rest) else { return Some(self.quotes.bare(self.word())) };
        let (text, rest) = self.quotes.close(quoted)?;
        self.rest = rest;
        Some(RawField { text, form: Form::Quoted })
    }
}
