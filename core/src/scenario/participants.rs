//! The processes of a scenario.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use super::values::{named, number};
use super::vary::Dice;
use crate::event::{Integrity, Os, ProcessRef, Signing, UniqueId};

/// One process.
#[derive(Clone, Debug)]
pub(super) struct Participant {
    pub(super) letter: String,
    pub(super) parent: Option<String>,
    pub(super) responsible: Option<String>,
    os: Os,
    pid: u32,
    guid: [u8; 16],
    version: u32,
    image: Option<String>,
    command_line: Option<String>,
    argument_count: Option<u32>,
    folder: Option<String>,
    user: Option<String>,
    uid: Option<u32>,
    auid: Option<u32>,
    session: Option<u64>,
    terminal: Option<String>,
    integrity: Option<Integrity>,
    signing: Option<Signing>,
    signer: Option<String>,
    original_file_name: Option<String>,
}

impl Participant {
    /// Everything known of it.
    pub(super) fn reference(&self) -> ProcessRef<'_> {
        ProcessRef {
            pid: Some(self.pid),
            unique_id: match self.os {
                Os::Windows => UniqueId::Guid(self.guid),
                Os::Linux => UniqueId::None,
                Os::Macos => UniqueId::PidVersion(self.version),
            },
            start: None,
            image: self.image.as_deref().map(str::as_bytes),
            command_line: self.command_line.as_deref().map(str::as_bytes),
            argument_count: self.argument_count,
            working_folder: self.folder.as_deref().map(str::as_bytes),
            user: self.user.as_deref().map(str::as_bytes),
            uid: self.uid,
            auid: self.auid,
            session: self.session,
            terminal: self.terminal.as_deref().map(str::as_bytes),
            integrity: self.integrity,
            signing: self.signing,
            signer: self.signer.as_deref().map(str::as_bytes),
            original_file_name: self.original_file_name.as_deref().map(str::as_bytes),
            hash: None,
        }
    }
}

/// A pid for each participant: the one given, one that no other has, or another's (the same process, before it became
/// another program or got another parent).
pub(super) fn pids(participants: &Value, letters: &[&str], os: Os, dice: &mut Dice) -> Result<Vec<u32>, String> {
    // Windows pids are multiples of four.
    let stride = if os == Os::Windows { 4 } else { 1 };
    let base = 1200 + dice.below(4000) * stride;
    let mut pids = Vec::new();
    for (i, letter) in letters.iter().enumerate() {
        pids.push(match participants[*letter]["pid"].as_u64() {
            Some(pid) => u32::try_from(pid).map_err(|e| e.to_string())?,
            None => base + (i as u32 * 16 + dice.below(16)) * stride,
        });
    }
    for (i, letter) in letters.iter().enumerate() {
        if let Some(same) = participants[*letter]["pid"].as_str() {
            let other = letters.iter().position(|l| *l == same);
            pids[i] = pids[other.ok_or_else(|| alloc::format!("{letter} has the pid of `{same}`, who is nobody"))?];
        }
    }
    Ok(pids)
}

/// The participants, its texts filled in.
pub(super) fn read(
    participants: &Value,
    letters: &[&str],
    pids: &[u32],
    os: Os,
    dice: &mut Dice,
) -> Result<Vec<Participant>, String> {
    letters.iter().zip(pids).map(|(letter, pid)| participant(letter, &participants[*letter], *pid, os, dice)).collect()
}

const KNOWN: [&str; 16] = [
    "image",
    "command_line",
    "parent",
    "pid",
    "folder",
    "user",
    "uid",
    "auid",
    "session",
    "terminal",
    "integrity",
    "signing",
    "signer",
    "original_file_name",
    "responsible",
    "note",
];

fn participant(letter: &str, source: &Value, pid: u32, os: Os, dice: &mut Dice) -> Result<Participant, String> {
    if let Some(unknown) = source.as_object().and_then(|o| o.keys().find(|k| !KNOWN.contains(&k.as_str()))) {
        return Err(alloc::format!("{letter} has an unknown `{unknown}`"));
    }
    let text = |key: &str| source[key].as_str().map(String::from);
    let small = |key: &str| number(&source[key]).and_then(|n| u32::try_from(n).ok());
    let (command_line, argument_count) = match &source["command_line"] {
        Value::Array(list) => {
            let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            (Some(words.join(" ")), u32::try_from(words.len()).ok())
        }
        other => (other.as_str().map(String::from), None),
    };
    Ok(Participant {
        letter: letter.into(),
        parent: text("parent"),
        responsible: text("responsible"),
        os,
        pid,
        guid: dice.guid(),
        version: 2000 + dice.below(60_000),
        image: text("image"),
        command_line,
        argument_count,
        folder: text("folder"),
        user: text("user"),
        uid: small("uid"),
        auid: small("auid"),
        session: number(&source["session"]),
        terminal: text("terminal"),
        integrity: named(&source["integrity"], Integrity::ALL, Integrity::name)?,
        signing: named(&source["signing"], Signing::ALL, Signing::name)?,
        signer: text("signer"),
        original_file_name: text("original_file_name"),
    })
}
