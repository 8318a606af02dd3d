//! Processes, files and audit tokens in Endpoint Security messages.

use super::fields::{assigned, members, number, parse, process_id, scalar, text};
use crate::decode::json::{JsonError, Reader, Scratch, Span, Value};
use crate::decode::members::code_directory_hash;
use crate::event::{ProcessKey, ProcessRef, Signing, Text, UniqueId};
use crate::time::Timestamp;

/// Resolves the spans of one record.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) record: &'a [u8],
    pub(super) scratch: &'a Scratch,
}

impl<'a> Texts<'a> {
    pub(super) fn get(self, span: Span) -> Option<Text<'a>> {
        self.scratch.get(self.record, span)
    }
}

/// An audit token.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Token {
    pub(super) pid: Option<u32>,
    pub(super) version: Option<u32>,
    pub(super) euid: Option<u32>,
    pub(super) auid: Option<u32>,
    pub(super) session: Option<u32>,
}

impl Token {
    /// Reads the object of message versions up to 9 or the array of version 10: auid, euid, egid, ruid, rgid, pid,
    /// asid, pidversion.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        const ORDER: [&[u8]; 8] = [b"auid", b"euid", b"egid", b"ruid", b"rgid", b"pid", b"asid", b"pidversion"];
        let mut token = Self::default();
        match reader.value()? {
            Value::Object => {
                while let Some(key) = reader.next_key()? {
                    token.set(key.bytes, number(reader)?);
                }
            }
            Value::Array => {
                let mut names = ORDER.iter();
                while let Some(element) = reader.next_element()? {
                    match (element, names.next()) {
                        (Value::Number(value), Some(name)) => token.set(name, parse(value)),
                        (Value::Object | Value::Array, _) => reader.skip_container()?,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(token)
    }

    pub(super) fn set(&mut self, name: &[u8], value: Option<u32>) {
        match name {
            b"auid" => self.auid = assigned(value),
            b"euid" => self.euid = value,
            b"pid" => self.pid = assigned(value),
            b"asid" => self.session = assigned(value),
            b"pidversion" => self.version = value,
            _ => {}
        }
    }

    pub(super) fn unique_id<'a>(self) -> UniqueId<'a> {
        self.version.map_or(UniqueId::None, UniqueId::PidVersion)
    }

    pub(super) fn key<'a>(self) -> ProcessKey<'a> {
        ProcessKey { pid: self.pid, unique_id: self.unique_id(), image: None }
    }
}

/// A process as a message describes it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EsProcess {
    pub(super) token: Token,
    pub(super) parent: Token,
    pub(super) responsible: Token,
    pub(super) ppid: Option<u32>,
    pub(super) original_ppid: Option<u32>,
    pub(super) start: Option<Timestamp>,
    pub(super) image: Span,
    pub(super) terminal: Span,
    pub(super) team_id: Span,
    pub(super) signing_id: Span,
    pub(super) hash: Span,
    pub(super) is_platform: bool,
    pub(super) flags: u32,
}

/// The code-signing flag of an ad-hoc signature.
const CS_ADHOC: u32 = 0x2;

impl EsProcess {
    pub(super) fn read(reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut process = Self::default();
        members(reader, |reader, key| {
            match key {
                b"audit_token" => process.token = Token::read(reader)?,
                b"parent_audit_token" => process.parent = Token::read(reader)?,
                b"responsible_audit_token" => process.responsible = Token::read(reader)?,
                b"ppid" => process.ppid = process_id(reader)?,
                b"original_ppid" => process.original_ppid = process_id(reader)?,
                b"start_time" => {
                    process.start = match scalar(reader)? {
                        Value::String(time) => Timestamp::parse(time.bytes),
                        _ => None,
                    }
                }
                b"executable" => process.image = File::read(reader, scratch)?.path,
                b"tty" => process.terminal = File::read(reader, scratch)?.path,
                b"team_id" => process.team_id = text(reader, scratch)?,
                b"signing_id" => process.signing_id = text(reader, scratch)?,
                b"cdhash" => process.hash = code_directory_hash(reader, scratch)?,
                b"is_platform_binary" => {
                    process.is_platform = scalar(reader)? == Value::Bool(true);
                }
                b"codesigning_flags" => process.flags = number(reader)?.unwrap_or(0),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(process)
    }

    pub(super) fn reference<'a>(&self, texts: Texts<'a>) -> ProcessRef<'a> {
        let named = |span| texts.get(span).filter(|name| !name.is_empty());
        let (team, signing_id) = (named(self.team_id), named(self.signing_id));
        ProcessRef {
            pid: self.token.pid,
            unique_id: self.token.unique_id(),
            start: self.start,
            image: texts.get(self.image),
            uid: self.token.euid,
            auid: self.token.auid,
            session: self.token.session.map(u64::from),
            terminal: texts.get(self.terminal),
            // A process named only by a token or an identity has an unknown signature, which differs from "unsigned".
            signing: self.token.pid.filter(|_| self.image.is_some()).map(|_| {
                if self.is_platform {
                    Signing::Platform
                } else if team.is_some() {
                    Signing::Signed
                } else if signing_id.is_some() || self.flags & CS_ADHOC != 0 {
                    Signing::AdHoc
                } else {
                    Signing::Unsigned
                }
            }),
            signer: team.or(signing_id),
            hash: texts.get(self.hash),
            ..ProcessRef::default()
        }
    }

    pub(super) fn known<'a>(&self, texts: Texts<'a>) -> Option<ProcessRef<'a>> {
        Some(self.reference(texts)).filter(|process| !process.is_unknown())
    }
}

/// A file as a message describes it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct File {
    pub(super) path: Span,
    pub(super) inode: Option<u64>,
    pub(super) device: Option<u64>,
    pub(super) owner: Option<u32>,
    pub(super) mode: Option<u32>,
    /// Santa's digest of it.
    pub(super) hash: Span,
}

impl File {
    pub(super) fn read(reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut file = Self::default();
        members(reader, |reader, key| match key {
            b"path" => text(reader, scratch).map(|path| file.path = path),
            b"stat" => members(reader, |reader, key| {
                match key {
                    b"st_ino" => file.inode = number(reader)?,
                    b"st_dev" => file.device = number(reader)?,
                    b"st_uid" => file.owner = number(reader)?,
                    b"st_mode" => file.mode = number(reader)?,
                    _ => reader.skip()?,
                }
                Ok(())
            })
            .map(|_| ()),
            b"hash" => members(reader, |reader, key| match key {
                b"hash" => text(reader, scratch).map(|hash| file.hash = hash),
                _ => reader.skip(),
            })
            .map(|_| ()),
            _ => reader.skip(),
        })?;
        Ok(file)
    }
}
