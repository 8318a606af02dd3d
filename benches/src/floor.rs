//! Baselines: the cost of parsing the same bytes without doing anything with them.

use std::borrow::Cow;

use serde::Deserialize;

/// A line of evtx_dump as a type. Texts without escapes are borrowed; unknown members are skipped.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "named after the record's fields")]
pub struct Line<'a> {
    #[serde(rename = "Event", borrow)]
    pub event: Inner<'a>,
}

/// The record's two parts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "named after the record's fields")]
pub struct Inner<'a> {
    #[serde(borrow)]
    pub system: Head<'a>,
    #[serde(borrow)]
    pub event_data: Data<'a>,
}

/// `System`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "named after the record's fields")]
pub struct Head<'a> {
    #[serde(rename = "EventID")]
    pub event_id: u32,
    #[serde(rename = "EventRecordID")]
    pub record: u64,
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
    #[serde(borrow)]
    pub computer: Cow<'a, str>,
}

macro_rules! data {
    ($($field:ident = $name:literal),* $(,)?) => {
        /// `EventData`.
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        #[expect(missing_docs, reason = "named after the record's fields")]
        pub struct Data<'a> {
            $(#[serde(rename = $name, borrow)] pub $field: Cow<'a, str>,)*
            #[serde(rename = "ProcessId")]
            pub process_id: u32,
            #[serde(rename = "ParentProcessId")]
            pub parent_process_id: u32,
        }
    };
}

data! {
    utc_time = "UtcTime",
    process_guid = "ProcessGuid",
    image = "Image",
    command_line = "CommandLine",
    user = "User",
    logon_id = "LogonId",
    integrity_level = "IntegrityLevel",
    original_file_name = "OriginalFileName",
    parent_process_guid = "ParentProcessGuid",
    parent_image = "ParentImage",
    parent_command_line = "ParentCommandLine",
    pipe_name = "PipeName",
    source_process_guid = "SourceProcessGUID",
    source_image = "SourceImage",
    target_process_guid = "TargetProcessGUID",
    target_image = "TargetImage",
    granted_access = "GrantedAccess",
    call_trace = "CallTrace",
    image_loaded = "ImageLoaded",
    signature = "Signature",
    target_object = "TargetObject",
    details = "Details",
    target_filename = "TargetFilename",
    destination_ip = "DestinationIp",
    relative_target_name = "RelativeTargetName",
}

/// Parses every line. Returns the number of lines, and a value computed from each so that no work is optimized away.
#[must_use]
pub fn parse_json(lines: &[u8]) -> (usize, usize) {
    let mut read = (0, 0);
    for line in lines.split(|&b| b == b'\n').filter(|l| !l.is_empty()) {
        if let Ok(line) = serde_json::from_slice::<Line<'_>>(line) {
            read.0 += 1;
            read.1 += line.event.event_data.image.len() + line.event.system.computer.len();
        }
    }
    read
}

/// Splits every line of audit text into pairs. Returns the number of lines, and a value computed from each pair.
/// `memchr` finds lines, words and keys; loops over bytes that we tried were slower.
#[must_use]
pub fn split_audit(lines: &[u8]) -> (usize, usize) {
    let mut read = (0, 0);
    let mut rest = lines;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        read.0 += 1;
        let mut start = 0;
        for space in memchr::memchr_iter(b' ', line).chain([line.len()]) {
            let pair = &line[start..space];
            if let Some(at) = memchr::memchr(b'=', pair) {
                read.1 += at ^ (pair.len() - at);
            }
            start = space + 1;
        }
    }
    read
}
