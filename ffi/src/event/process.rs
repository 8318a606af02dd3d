//! A process of an event.

use ipcsentry::event::{ProcessRef, UniqueId};

use super::reading::{Details, Reading, sized};
use super::value::{
    IPCSENTRY_UNIQUE_ID_GUID, IPCSENTRY_UNIQUE_ID_OPAQUE, IPCSENTRY_UNIQUE_ID_PID_VERSION, ipcsentry_event_text,
    ipcsentry_time, ipcsentry_u32, ipcsentry_u64, ipcsentry_unique_id,
};
use super::words::{ipcsentry_integrity, ipcsentry_signing};
use crate::status::IPCSENTRY_ERR_MISSING;

/// All details of one process that a record has. A pid or a unique id identifies the process; the library remembers
/// what earlier events said of it, so a structure for each process may be kept and lent to every event.
///
/// Lifetime and threads: read during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ipcsentry_process {
    /// `sizeof(ipcsentry_process)`.
    pub type_size: u64,
    /// The unique id.
    pub unique_id: ipcsentry_unique_id,
    /// The full path of the image, as logged.
    pub image: ipcsentry_event_text,
    /// The command line. Of an argument vector, the elements joined by one space.
    pub command_line: ipcsentry_event_text,
    /// The working folder.
    pub working_folder: ipcsentry_event_text,
    /// The user's name.
    pub user: ipcsentry_event_text,
    /// The terminal: TerminalSessionId as text (Windows) or the tty's name (POSIX); absent without one.
    pub terminal: ipcsentry_event_text,
    /// Who signed: subject, team id or signing id.
    pub signer: ipcsentry_event_text,
    /// The name the vendor compiled into the image (PE OriginalFileName).
    pub original_file_name: ipcsentry_event_text,
    /// Hashes of the image: `MD5=…,SHA256=…`.
    pub hash: ipcsentry_event_text,
    /// The logon session: LogonId (Windows), ses (Linux, unset is absent), asid (macOS).
    pub session: ipcsentry_u64,
    /// When it started.
    pub start: ipcsentry_time,
    /// The process id.
    pub pid: ipcsentry_u32,
    /// The length of the argument vector.
    pub argument_count: ipcsentry_u32,
    /// The effective user id (POSIX).
    pub uid: ipcsentry_u32,
    /// The login user id that survives su and sudo (Linux auid); unset (4294967295) is absent.
    pub auid: ipcsentry_u32,
    /// The integrity level (Windows).
    pub integrity: ipcsentry_integrity,
    /// What is known of the signature.
    pub signing: ipcsentry_signing,
    /// Zero.
    pub reserved: [u64; 6],
}

sized!(ipcsentry_process);

impl<'a> Details<'a> for ipcsentry_process {
    type Model = ProcessRef<'a>;

    fn read(&self, from: &mut Reading<'a>, process: &mut ProcessRef<'a>) {
        process.pid = from.number("pid", &self.pid);
        process.unique_id = unique_id(from, &self.unique_id);
        process.start = from.time("start", &self.start);
        process.image = from.text("image", &self.image);
        process.command_line = from.text("command_line", &self.command_line);
        process.user = from.text("user", &self.user);
        process.session = from.long("session", &self.session);
        process.integrity = from.choice("integrity", &self.integrity);
        process.signing = from.choice("signing", &self.signing);
        // Most processes have none of these: one look at all of them costs less than one at each.
        if self.has_unix_members() {
            process.argument_count = from.number("argument_count", &self.argument_count);
            process.uid = from.number("uid", &self.uid);
            process.auid = from.number("auid", &self.auid);
        }
        if self.has_file_members() {
            process.working_folder = from.text("working_folder", &self.working_folder);
            process.terminal = from.text("terminal", &self.terminal);
            process.signer = from.text("signer", &self.signer);
            process.original_file_name = from.text("original_file_name", &self.original_file_name);
            process.hash = from.text("hash", &self.hash);
        }
    }
}

impl ipcsentry_process {
    const fn has_unix_members(&self) -> bool {
        let Self { argument_count, uid, auid, .. } = self;
        argument_count.is_set | argument_count.value | uid.is_set | uid.value | auid.is_set | auid.value != 0
    }

    fn has_file_members(&self) -> bool {
        let Self { working_folder, terminal, signer, original_file_name, hash, .. } = self;
        let any = |text: &ipcsentry_event_text| text.data.addr() | text.len;
        any(working_folder) | any(terminal) | any(signer) | any(original_file_name) | any(hash) != 0
    }
}

fn unique_id<'a>(from: &mut Reading<'a>, id: &ipcsentry_unique_id) -> UniqueId<'a> {
    let (has_guid, has_version) = (u128::from_ne_bytes(id.guid) != 0, id.pid_version != 0);
    let text = from.text("unique_id.opaque", &id.opaque);
    // Members of the other kinds are zero.
    match (id.kind, text) {
        (0, None) if !has_guid && !has_version => {}
        (IPCSENTRY_UNIQUE_ID_GUID, None) if !has_version => return UniqueId::Guid(id.guid),
        (IPCSENTRY_UNIQUE_ID_PID_VERSION, None) if !has_guid => return UniqueId::PidVersion(id.pid_version),
        (IPCSENTRY_UNIQUE_ID_OPAQUE, Some(text)) if !has_guid && !has_version => return UniqueId::Opaque(text),
        (IPCSENTRY_UNIQUE_ID_OPAQUE, None) => from.wrong("unique_id.opaque", IPCSENTRY_ERR_MISSING),
        _ => from.bad_value("unique_id.kind"),
    }
    UniqueId::None
}
