//! What a member of an event may hold: text, numbers and answers that may be absent, and ids.

use core::ffi::c_void;

/// Text of an event; absent if `data` is NULL, which is not the same as empty. Text may be of any length up to
/// `max_record_bytes` of the engine's limits.
///
/// Lifetime and threads: a view into memory of the caller's, read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_event_text {
    /// The first byte. UTF-16 need not be aligned.
    pub data: *const c_void,
    /// How many bytes, a terminator not counted.
    pub len: usize,
    /// The encoding, one of the `IPCSENTRY_ENCODING_` numbers.
    pub encoding: u64,
}

/// UTF-8, or whatever bytes the system has: names of Linux need not be UTF-8.
pub const IPCSENTRY_ENCODING_BYTES: u64 = 0;
/// UTF-16, little-endian, as Windows has it. A lone surrogate is read as U+FFFD.
pub const IPCSENTRY_ENCODING_UTF16LE: u64 = 1;

/// A number of 32 bits that may be absent: `{1, 4711}` is 4711, all zero is none.
///
/// Lifetime and threads: plain numbers, read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_u32 {
    /// 1 if there is a value, otherwise 0.
    pub is_set: u32,
    /// The value; 0 if there is none.
    pub value: u32,
}

/// A signed number of 32 bits that may be absent: `{1, -1}` is -1, all zero is none.
///
/// Lifetime and threads: plain numbers, read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_i32 {
    /// 1 if there is a value, otherwise 0.
    pub is_set: u32,
    /// The value; 0 if there is none.
    pub value: i32,
}

/// A number of 64 bits that may be absent: `{1, 999}` is 999, all zero is none.
///
/// Lifetime and threads: plain numbers, read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_u64 {
    /// 1 if there is a value, otherwise 0.
    pub is_set: u64,
    /// The value; 0 if there is none.
    pub value: u64,
}

/// A time that may be absent, in nanoseconds since 1970, UTC: `{1, 0}` is the beginning of 1970, all zero is none.
///
/// Lifetime and threads: plain numbers, read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_time {
    /// 1 if there is a value, otherwise 0.
    pub is_set: u64,
    /// The value; 0 if there is none.
    pub value: i64,
}

/// An answer: `IPCSENTRY_YES`, `IPCSENTRY_NO`, or 0, not given. What it means not to be given stands with the member;
/// without a word it is `IPCSENTRY_NO`, or unknown where the event model distinguishes that.
///
/// Lifetime and threads: a plain number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_flag(pub u32);

/// It is so.
pub const IPCSENTRY_YES: ipcsentry_flag = ipcsentry_flag(1);
/// It is not so.
pub const IPCSENTRY_NO: ipcsentry_flag = ipcsentry_flag(2);

/// An id that no two processes of one host share, unlike a pid. All zero is none.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_unique_id {
    /// Which of the members is the id: one of the `IPCSENTRY_UNIQUE_ID_` numbers, or 0 for none.
    pub kind: u32,
    /// macOS: the pidversion of the audit token.
    pub pid_version: u32,
    /// The 16 bytes of a GUID in the order in which its text has them. In memory Windows has the first four, the next
    /// two and the next two bytes reversed.
    pub guid: [u8; 16],
    /// The sensor's own id.
    pub opaque: ipcsentry_event_text,
}

/// `guid`.
pub const IPCSENTRY_UNIQUE_ID_GUID: u32 = 1;
/// `pid_version`; unique together with the pid.
pub const IPCSENTRY_UNIQUE_ID_PID_VERSION: u32 = 2;
/// `opaque`.
pub const IPCSENTRY_UNIQUE_ID_OPAQUE: u32 = 3;

/// The id that a record has in its log; alerts print it as `source_id`. All zero is none.
///
/// Lifetime and threads: plain numbers, read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ipcsentry_native_id {
    /// One of the `IPCSENTRY_NATIVE_ID_` numbers, or 0 for none.
    pub kind: u32,
    /// auditd: milliseconds, less than 1000.
    pub millis: u32,
    /// auditd: seconds since 1970.
    pub seconds: u64,
    /// The number, or auditd's serial.
    pub number: u64,
}

/// `number`: EventRecordID (Windows), global_seq_num (macOS), or any number of your own.
pub const IPCSENTRY_NATIVE_ID_NUMBER: u32 = 1;
/// `seconds`, `millis` and `number`: auditd's `SECONDS.MILLIS:SERIAL`.
pub const IPCSENTRY_NATIVE_ID_AUDIT: u32 = 2;
