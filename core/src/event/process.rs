//! References to processes, as records give them.

use super::error::EventError;
use super::node::{Cell, Node};
use super::text::{Text, guid_bytes};
#[cfg(feature = "_internal_test_exports")]
use super::wire::Numbers;
use super::wire::{Reader, Wire, enumeration, wire_struct};
use crate::time::Timestamp;
use crate::util::saved::Schema;
use alloc::vec::Vec;

/// An id that no two processes of one host share, unlike a pid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UniqueId<'a> {
    /// None given.
    #[default]
    None,
    /// Sysmon ProcessGuid: the 16 bytes in the order in which the text has them, so that all renderings are equal.
    Guid([u8; 16]),
    /// macOS audit token pidversion; unique together with the pid.
    PidVersion(u32),
    /// The sensor's own id (kunai guuid).
    Opaque(Text<'a>),
}

impl UniqueId<'_> {
    /// Whether there is none.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl<'a> Wire<'a> for UniqueId<'a> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::None => out.push(0),
            Self::Guid(bytes) => {
                out.push(1);
                bytes.write(out);
            }
            Self::PidVersion(n) => {
                out.push(2);
                n.write(out);
            }
            Self::Opaque(text) => {
                out.push(3);
                text.write(out);
            }
        }
    }
    fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(match u8::read(from)? {
            0 => Self::None,
            1 => Self::Guid(<[u8; 16]>::read(from)?),
            2 => Self::PidVersion(u32::read(from)?),
            3 => Self::Opaque(Text::read(from)?),
            _ => return None,
        })
    }
    fn json(&self) -> serde_json::Value {
        match self {
            Self::None => serde_json::Value::Null,
            Self::Guid(bytes) => bytes.json(),
            Self::PidVersion(n) => (*n).into(),
            Self::Opaque(text) => text.json(),
        }
    }
    fn form(schema: Schema) -> Schema {
        schema.word("none, guid, version, opaque")
    }
    fn parse<N: Node<'a>>(node: N) -> Result<Self, EventError> {
        Ok(match node.cell() {
            Cell::Null => Self::None,
            Cell::Text(text) => match guid_bytes(text) {
                Some(guid) => Self::Guid(guid),
                None => Self::Opaque(text),
            },
            _ => Self::PidVersion(u32::parse(node)?),
        })
    }
    #[cfg(feature = "_internal_test_exports")]
    fn sample(numbers: &mut Numbers) -> Self {
        match numbers.next() % 3 {
            0 => Self::Guid(Wire::sample(numbers)),
            1 => Self::PidVersion(Wire::sample(numbers)),
            _ => Self::Opaque(Wire::sample(numbers)),
        }
    }
}

enumeration! {
    /// Mandatory integrity level (Windows). Ordered: a later value is more trusted.
    pub enum Integrity {
        /// S-1-16-0.
        Untrusted = 0,
        /// S-1-16-4096, AppContainer included.
        Low = 1,
        /// S-1-16-8192.
        Medium = 2,
        /// S-1-16-12288.
        High = 3,
        /// S-1-16-16384 and above.
        System = 4,
    }
}

enumeration! {
    /// What is known of an image's code signature. Ordered: a later value is more trusted.
    pub enum Signing {
        /// Not signed, or the signature does not hold.
        Unsigned = 0,
        /// Signed ad hoc: no identity behind it (macOS).
        AdHoc = 1,
        /// Signed by somebody.
        Signed = 2,
        /// Part of the operating system (Apple platform binary, Microsoft Windows).
        Platform = 3,
    }
}

/// The details that identify a process, and its image.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ProcessKey<'a> {
    /// The process id.
    pub pid: Option<u32>,
    /// The unique id.
    pub unique_id: UniqueId<'a>,
    /// The full path of the image.
    pub image: Option<Text<'a>>,
}

wire_struct!(ProcessKey, pid, unique_id, image);

/// All details of one process in one record. A pid or a unique id identifies the process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ProcessRef<'a> {
    /// The process id.
    pub pid: Option<u32>,
    /// The unique id.
    pub unique_id: UniqueId<'a>,
    /// When it started, if the record has it.
    pub start: Option<Timestamp>,
    /// The full path of the image, as logged.
    pub image: Option<Text<'a>>,
    /// The command line. If the source has an argument vector, its elements are joined by one space.
    pub command_line: Option<Text<'a>>,
    /// The length of the argument vector, if the source has one.
    pub argument_count: Option<u32>,
    /// The working folder.
    pub working_folder: Option<Text<'a>>,
    /// The user's name.
    pub user: Option<Text<'a>>,
    /// The effective user id (POSIX).
    pub uid: Option<u32>,
    /// The login user id that survives su and sudo (Linux auid); unset (4294967295) is `None`.
    pub auid: Option<u32>,
    /// The logon session: LogonId (Windows), ses (Linux, unset is `None`), asid (macOS).
    pub session: Option<u64>,
    /// The terminal: TerminalSessionId as text (Windows) or the tty's name (POSIX); `None` without one.
    pub terminal: Option<Text<'a>>,
    /// The integrity level.
    pub integrity: Option<Integrity>,
    /// What is known of the signature.
    pub signing: Option<Signing>,
    /// Who signed: subject, team id or signing id.
    pub signer: Option<Text<'a>>,
    /// The name the vendor compiled into the image (PE OriginalFileName).
    pub original_file_name: Option<Text<'a>>,
    /// Hashes of the image, as the sensor writes them: `MD5=…,SHA256=…`.
    pub hash: Option<Text<'a>>,
}

wire_struct!(
    ProcessRef or BLANK,
    pid,
    unique_id,
    start,
    image,
    command_line,
    argument_count,
    working_folder,
    user,
    uid,
    auid,
    session,
    terminal,
    integrity,
    signing,
    signer,
    original_file_name,
    hash,
);

impl<'a> ProcessRef<'a> {
    /// Whether it has neither pid nor unique id, so that it identifies no process.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        self.pid.is_none() && self.unique_id.is_none()
    }

    /// The details that identify the process.
    #[must_use]
    pub const fn key(&self) -> ProcessKey<'a> {
        ProcessKey { pid: self.pid, unique_id: self.unique_id, image: self.image }
    }
}
