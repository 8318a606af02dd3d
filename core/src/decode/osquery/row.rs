//! The columns of a row of any table.

use crate::decode::json::{JsonError, RawStr, Reader, Scratch, Span, Value};
use crate::decode::macos::environment::Environment;
use crate::decode::members::{assigned, code_directory_hash, number, process_id, scalar, text};
use crate::time::Timestamp;

/// Columns of the `processes` table that no event table has: a row with one of them is an inventory, not an event.
const INVENTORY: &[&[u8]] = &[b"name", b"state", b"start_time", b"resident_size", b"on_disk"];

/// Columns that exist only in Linux tables.
const OF_LINUX: &[&[u8]] = &[b"fsuid", b"fsgid", b"ntime", b"probe_error", b"cid"];

/// Seconds since the epoch, as a number or quoted.
pub(super) fn seconds(reader: &mut Reader<'_>) -> Result<Option<Timestamp>, JsonError> {
    Ok(number::<i64>(reader)?.map(|seconds| Timestamp::from_unix(seconds, 0)))
}

/// The columns of one row.
#[derive(Default)]
pub(super) struct Row {
    pub(super) event_type: Span,
    pub(super) time: Option<Timestamp>,
    pub(super) pid: Option<u32>,
    pub(super) child_pid: Option<u32>,
    pub(super) parent: Option<u32>,
    pub(super) original_parent: Option<u32>,
    pub(super) path: Span,
    pub(super) command_line: Span,
    pub(super) argument_count: Option<u32>,
    pub(super) folder: Span,
    pub(super) user: Span,
    pub(super) uid: Option<u32>,
    pub(super) euid: Option<u32>,
    pub(super) auid: Option<u32>,
    pub(super) team_id: Span,
    pub(super) signing_id: Span,
    pub(super) hash: Span,
    pub(super) platform: Option<u32>,
    pub(super) flags: Span,
    pub(super) file: Span,
    pub(super) new_file: Span,
    pub(super) label: Span,
    pub(super) program: Span,
    pub(super) arguments: Span,
    pub(super) message: Span,
    pub(super) process: Span,
    pub(super) subsystem: Span,
    /// The exit code of a process or a system call, unsigned in some versions.
    pub(super) exit_code: Option<i128>,
    pub(super) number: Option<u64>,
    pub(super) is_inventory: bool,
    pub(super) environment: Environment,
    pub(super) syscall: Span,
    pub(super) action: Span,
    pub(super) status: Span,
    pub(super) success: Option<u32>,
    pub(super) family: Option<i32>,
    pub(super) local: (Span, Option<u32>),
    pub(super) remote: (Span, Option<u32>),
    pub(super) socket: Span,
    /// The row has a column that exists only in Linux tables.
    pub(super) is_of_linux: bool,
}

impl Row {
    /// Reads the members of an object whose opening brace was read.
    pub(super) fn read(reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<Self, JsonError> {
        let mut row = Self::default();
        while let Some(key) = reader.next_key()? {
            match key.bytes {
                b"event_type" => row.event_type = text(reader, scratch)?,
                b"time" | b"timestamp" => row.time = seconds(reader)?,
                b"pid" => row.pid = process_id(reader)?,
                b"child_pid" => row.child_pid = process_id(reader)?,
                b"parent" => row.parent = process_id(reader)?,
                b"original_parent" => row.original_parent = process_id(reader)?,
                b"path" => row.path = text(reader, scratch)?,
                b"cmdline" => row.command_line = text(reader, scratch)?,
                b"cmdline_count" => row.argument_count = number(reader)?,
                b"env" => row.read_environment(reader, scratch)?,
                b"cwd" => row.folder = text(reader, scratch)?,
                b"username" => row.user = text(reader, scratch)?,
                b"uid" => row.uid = number(reader)?,
                b"euid" => row.euid = number(reader)?,
                b"auid" => row.auid = assigned(number(reader)?),
                b"team_id" => row.team_id = text(reader, scratch)?,
                b"signing_id" => row.signing_id = text(reader, scratch)?,
                b"cdhash" => row.hash = code_directory_hash(reader, scratch)?,
                b"platform_binary" => row.platform = number(reader)?,
                b"codesigning_flags" => row.flags = text(reader, scratch)?,
                b"filename" => row.file = text(reader, scratch)?,
                b"dest_filename" => row.new_file = text(reader, scratch)?,
                b"label" => row.label = text(reader, scratch)?,
                b"program" => row.program = text(reader, scratch)?,
                b"program_arguments" => row.arguments = text(reader, scratch)?,
                b"message" => row.message = text(reader, scratch)?,
                b"process" => row.process = text(reader, scratch)?,
                b"subsystem" => row.subsystem = text(reader, scratch)?,
                b"exit_code" => row.exit_code = number(reader)?,
                b"global_seq_num" => row.number = number(reader)?,
                b"syscall" => {
                    row.syscall = text(reader, scratch)?;
                    row.is_of_linux = true;
                }
                b"action" => row.action = text(reader, scratch)?,
                b"status" => row.status = text(reader, scratch)?,
                b"success" => row.success = number(reader)?,
                b"family" => row.family = number(reader)?,
                b"local_address" => row.local.0 = text(reader, scratch)?,
                b"local_port" => row.local.1 = number(reader)?,
                b"remote_address" => row.remote.0 = text(reader, scratch)?,
                b"remote_port" => row.remote.1 = number(reader)?,
                b"socket" => row.socket = text(reader, scratch)?,
                column => {
                    row.is_of_linux |= OF_LINUX.contains(&column);
                    row.is_inventory |= INVENTORY.contains(&column);
                    reader.skip()?;
                }
            }
        }
        Ok(row)
    }

    /// Reads `NAME=value NAME=value`.
    fn read_environment(&mut self, reader: &mut Reader<'_>, scratch: &mut Scratch) -> Result<(), JsonError> {
        if let Value::String(variables) = scalar(reader)? {
            for bytes in variables.bytes.split(|&b| b == b' ') {
                self.environment.note(RawStr { bytes, ..variables }, scratch);
            }
        }
        Ok(())
    }
}
