//! The details of single audit records.

use alloc::vec::Vec;

use super::kinds::Standalone;
use super::value::{Form, RawField};
use crate::util::saved::{saved, saved_enum};

/// The maximum number of argument bytes kept per event; a longer command line is cut.
pub(super) const MAX_ARGUMENT_BYTES: usize = 32 << 10;
/// The maximum number of text bytes kept per event besides its arguments.
const MAX_OTHER_BYTES: usize = 64 << 10;

/// The value of unset ids in `auid`, `ses` and process ids.
const UNSET: u64 = u32::MAX as u64;

/// The range of a text in [`Texts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    len: u32,
    present: bool,
}

impl Span {
    /// The part of this text in a range relative to its beginning.
    pub(super) fn part(self, range: core::ops::Range<usize>) -> Self {
        Self { start: self.start + range.start as u32, len: range.len() as u32, present: true }
    }
}

/// The texts of one event.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) bytes: Vec<u8>,
    pub(super) argument_bytes: usize,
}

impl Texts {
    pub(super) fn keep(&mut self, field: RawField<'_>) -> Result<Span, Fault> {
        if field.is_absent() || self.bytes.len() - self.argument_bytes > MAX_OTHER_BYTES {
            return Ok(Span::default());
        }
        let start = self.bytes.len();
        field.decode(&mut self.bytes).ok_or(Fault)?;
        Ok(self.since(start))
    }

    /// Stores an untrusted string from a user-space program. Some programs omit the quotes, so a bare value that is not
    /// hex counts as a plain word.
    pub(super) fn keep_loosely(&mut self, field: RawField<'_>) -> Result<Span, Fault> {
        self.keep(field).or_else(|_| self.keep_word(field))
    }

    /// Stores a word that is never hex-encoded.
    pub(super) fn keep_word(&mut self, field: RawField<'_>) -> Result<Span, Fault> {
        if field.form == Form::Escaped && field.text.contains(&b'\\') {
            let text: Vec<u8> = field.text.iter().copied().filter(|&b| b != b'\\').collect();
            return self.keep(RawField { text: &text, form: Form::Quoted });
        }
        let is_word = matches!(field.form, Form::Bare | Form::Escaped) && !field.is_absent();
        self.keep(RawField { form: if is_word { Form::Quoted } else { field.form }, ..field })
    }

    /// Stores an argument, or the remaining part of one that was cut.
    pub(super) fn keep_argument(&mut self, field: RawField<'_>) -> (Span, Result<(), Fault>) {
        let start = self.bytes.len();
        let whole = field.decode(&mut self.bytes);
        if whole.is_none() {
            field.decode_beginning(&mut self.bytes);
        }
        self.bytes.truncate(start + (MAX_ARGUMENT_BYTES - self.argument_bytes).min(self.bytes.len() - start));
        self.argument_bytes += self.bytes.len() - start;
        (self.since(start), whole.ok_or(Fault))
    }

    pub(super) fn since(&self, start: usize) -> Span {
        Span { start: start as u32, len: (self.bytes.len() - start) as u32, present: true }
    }

    pub(super) fn get(&self, span: Span) -> Option<&[u8]> {
        let start = span.start as usize;
        if span.present { self.bytes.get(start..start + span.len as usize) } else { None }
    }
}

/// A field's value has the wrong form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault;

/// The fields that describe a process.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProcessFields {
    pub(super) pid: Option<u32>,
    pub(super) parent: Option<u32>,
    pub(super) login: Option<u32>,
    pub(super) real: Option<u32>,
    pub(super) effective: Option<u32>,
    pub(super) session: Option<u64>,
    pub(super) terminal: Span,
    pub(super) image: Span,
    pub(super) real_name: Span,
    pub(super) effective_name: Span,
}

/// The SYSCALL record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Syscall {
    pub(super) architecture: u32,
    pub(super) number: u32,
    pub(super) name: Span,
    /// `None` for a call that never returns.
    pub(super) success: Option<bool>,
    pub(super) exit: Option<i64>,
    pub(super) args: [u64; 4],
    pub(super) process: ProcessFields,
}

/// A PATH record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PathRecord {
    pub(super) item: u32,
    pub(super) name: Span,
    pub(super) name_type: NameType,
    pub(super) inode: Option<u64>,
    pub(super) device: Option<u64>,
    pub(super) mode: Option<u32>,
    pub(super) owner: Option<u32>,
}

/// The role of a path in its call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum NameType {
    Normal,
    Create,
    Delete,
    Parent,
    #[default]
    Unknown,
}

impl NameType {
    /// Parses the name type at the beginning of a text; auditd's enrichment may follow it directly.
    pub(super) fn named(text: &[u8]) -> Self {
        match text.first_chunk() {
            Some(b"NORMAL") => Self::Normal,
            Some(b"CREATE") => Self::Create,
            Some(b"DELETE") => Self::Delete,
            Some(b"PARENT") => Self::Parent,
            _ => Self::Unknown,
        }
    }
}

/// A record that is an event by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct StandaloneRecord {
    pub(super) what: Standalone,
    pub(super) process: ProcessFields,
    pub(super) account: Span,
    pub(super) address: Span,
    pub(super) operation: Span,
    pub(super) success: bool,
}

/// The target process of a call (OBJ_PID).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Object {
    pub(super) pid: Option<u32>,
    pub(super) login: Option<u32>,
    pub(super) uid: Option<u32>,
    pub(super) session: Option<u64>,
}

/// The owner and mode of a System V object (IPC).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IpcObject {
    pub(super) owner: Option<u32>,
    pub(super) mode: Option<u32>,
}

/// One argument of an exec, or a part of a long one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Argument {
    pub(super) index: u32,
    pub(super) part: u32,
    pub(super) text: Span,
}

pub(super) fn unless_unset(id: u64) -> Option<u64> {
    Some(id).filter(|&id| id != UNSET)
}

saved!(Span { start, len, present } where |span| span.start < 1 << 30 && span.len < 1 << 30);
saved!(Texts { bytes, argument_bytes }
    where |texts| texts.argument_bytes <= MAX_ARGUMENT_BYTES.min(texts.bytes.len()));
saved!(ProcessFields { pid, parent, login, real, effective, session, terminal, image, real_name, effective_name });
saved!(Syscall { architecture, number, name, success, exit, args, process });
saved!(PathRecord { item, name, name_type, inode, device, mode, owner });
saved_enum!(NameType { 0 => Normal, 1 => Create, 2 => Delete, 3 => Parent, 4 => Unknown });
saved!(StandaloneRecord { what, process, account, address, operation, success });
saved!(Object { pid, login, uid, session });
saved!(IpcObject { owner, mode });
saved!(Argument { index, part, text });
