//! Makes the structures of an event of the library, as an agent would fill them in; for tests.

use core::any::Any;
use core::marker::PhantomData;
use core::ptr::null;

use ipcsentry::Timestamp;
use ipcsentry::event::{Channel, EndpointAct, Event, Kind, NativeId, ProcessAccess, ProcessRef, UniqueId};

use super::details::{ipcsentry_endpoint_act, ipcsentry_process_access};
use super::model::{blank, ipcsentry_details, ipcsentry_event};
use super::process::ipcsentry_process;
use super::reading::Reading;
use super::value::{
    IPCSENTRY_ENCODING_BYTES, IPCSENTRY_ENCODING_UTF16LE, IPCSENTRY_NATIVE_ID_AUDIT, IPCSENTRY_NATIVE_ID_NUMBER,
    IPCSENTRY_NO, IPCSENTRY_UNIQUE_ID_GUID, IPCSENTRY_UNIQUE_ID_OPAQUE, IPCSENTRY_UNIQUE_ID_PID_VERSION, IPCSENTRY_YES,
    ipcsentry_event_text, ipcsentry_flag, ipcsentry_i32, ipcsentry_native_id, ipcsentry_time, ipcsentry_u32,
    ipcsentry_u64, ipcsentry_unique_id,
};
use super::words::Word;
use crate::ptr;

/// Keeps what the structures point to, but for text that stays as it is: they point to that of the event.
#[derive(Debug, Default)]
pub struct Keep<'m> {
    /// Whether text that is UTF-8 becomes UTF-16.
    utf16: bool,
    kept: Vec<Box<dyn Any>>,
    texts: PhantomData<&'m [u8]>,
}

/// A structure made from a part of the event model.
pub(crate) trait Kept<'m, M> {
    fn of(model: &M, keep: &mut Keep<'m>) -> Self;
}

impl<'m> Keep<'m> {
    /// Keeps nothing yet; text that is UTF-8 becomes UTF-16 if asked for.
    #[must_use]
    pub fn new(utf16: bool) -> Self {
        Self { utf16, kept: Vec::new(), texts: PhantomData }
    }

    fn hold<T: 'static>(&mut self, value: T) -> *const T {
        let value = Box::new(value);
        let pointer: *const T = &raw const *value;
        self.kept.push(value);
        pointer
    }

    pub(crate) fn text(&mut self, text: Option<&'m [u8]>) -> ipcsentry_event_text {
        let Some(text) = text else { return ipcsentry_event_text { data: null(), len: 0, encoding: 0 } };
        match core::str::from_utf8(text) {
            Ok(text) if self.utf16 => {
                let units: Box<[u8]> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                // An empty box still has an address that is not NULL.
                let (data, len) = (units.as_ptr().cast(), units.len());
                self.kept.push(Box::new(units));
                ipcsentry_event_text { data, len, encoding: IPCSENTRY_ENCODING_UTF16LE }
            }
            _ => {
                ipcsentry_event_text { data: text.as_ptr().cast(), len: text.len(), encoding: IPCSENTRY_ENCODING_BYTES }
            }
        }
    }

    pub(crate) fn number(&self, number: Option<u32>) -> ipcsentry_u32 {
        ipcsentry_u32 { is_set: number.is_some().into(), value: number.unwrap_or_default() }
    }

    pub(crate) fn signed(&self, number: Option<i32>) -> ipcsentry_i32 {
        ipcsentry_i32 { is_set: number.is_some().into(), value: number.unwrap_or_default() }
    }

    pub(crate) fn long(&self, number: Option<u64>) -> ipcsentry_u64 {
        ipcsentry_u64 { is_set: number.is_some().into(), value: number.unwrap_or_default() }
    }

    pub(crate) fn time(&self, time: Option<Timestamp>) -> ipcsentry_time {
        ipcsentry_time { is_set: time.is_some().into(), value: time.unwrap_or_default().0 }
    }

    pub(crate) const fn plain(&self, number: u32) -> u32 {
        number
    }

    pub(crate) fn maybe(&self, answer: Option<bool>) -> ipcsentry_flag {
        answer.map_or(ipcsentry_flag(0), |yes| if yes { IPCSENTRY_YES } else { IPCSENTRY_NO })
    }

    pub(crate) fn flag(&self, answer: bool) -> ipcsentry_flag {
        self.maybe(Some(answer))
    }

    pub(crate) fn choice<W: Word<Model: PartialEq>>(&self, value: Option<W::Model>) -> W {
        let place = W::ALL.iter().position(|known| Some(*known) == value);
        W::from_number(place.map_or(0, |place| place as u32 + 1))
    }

    pub(crate) fn word<W: Word<Model: PartialEq>>(&self, value: W::Model) -> W {
        self.choice(Some(value))
    }

    pub(crate) fn process(&mut self, process: ProcessRef<'m>) -> *const ipcsentry_process {
        if process == ProcessRef::default() {
            return null();
        }
        let mut kept = ptr::zeroed::<ipcsentry_process>();
        kept.type_size = size_of::<ipcsentry_process>() as u64;
        kept.pid = self.number(process.pid);
        kept.unique_id = self.unique_id(process.unique_id);
        kept.start = self.time(process.start);
        kept.image = self.text(process.image);
        kept.command_line = self.text(process.command_line);
        kept.argument_count = self.number(process.argument_count);
        kept.working_folder = self.text(process.working_folder);
        kept.user = self.text(process.user);
        kept.uid = self.number(process.uid);
        kept.auid = self.number(process.auid);
        kept.session = self.long(process.session);
        kept.terminal = self.text(process.terminal);
        kept.integrity = self.choice(process.integrity);
        kept.signing = self.choice(process.signing);
        kept.signer = self.text(process.signer);
        kept.original_file_name = self.text(process.original_file_name);
        kept.hash = self.text(process.hash);
        self.hold(kept)
    }

    fn unique_id(&mut self, id: UniqueId<'m>) -> ipcsentry_unique_id {
        let none = ipcsentry_unique_id { kind: 0, pid_version: 0, guid: [0; 16], opaque: self.text(None) };
        match id {
            UniqueId::Guid(guid) => ipcsentry_unique_id { kind: IPCSENTRY_UNIQUE_ID_GUID, guid, ..none },
            UniqueId::PidVersion(pid_version) => {
                ipcsentry_unique_id { kind: IPCSENTRY_UNIQUE_ID_PID_VERSION, pid_version, ..none }
            }
            UniqueId::Opaque(text) => {
                ipcsentry_unique_id { kind: IPCSENTRY_UNIQUE_ID_OPAQUE, opaque: self.text(Some(text)), ..none }
            }
            _ => none,
        }
    }

    fn details<M, C: Kept<'m, M> + 'static>(&mut self, model: &M) -> *const C {
        let kept = C::of(model, self);
        self.hold(kept)
    }

    /// The event as an agent would fill it in. It is good for as long as `self` and the event's texts are.
    ///
    /// # Panics
    /// If the event's kind has no structure.
    pub fn event(&mut self, event: &Event<'m>) -> ipcsentry_event {
        let mut kept = ptr::zeroed::<ipcsentry_event>();
        kept.type_size = size_of::<ipcsentry_event>() as u64;
        kept.time = event.time.0;
        kept.envelope_time = self.time(event.envelope_time);
        kept.time_is_envelope = self.flag(event.time_is_envelope);
        kept.host = self.text(Some(event.host));
        kept.record = event.record;
        kept.part = event.part;
        kept.file = event.file;
        kept.channel = self.word(event.source.channel);
        if event.source.channel == Channel::Embedder {
            kept.channel = self.choice(None);
        }
        kept.code = event.source.code;
        kept.source_name = self.text(event.source.name);
        kept.native_id = native_id(event.source.id);
        kept.actor = self.process(event.actor);
        kept.parent = self.process(event.parent);
        let mut responsible = ProcessRef::default();
        responsible.pid = event.responsible.pid;
        responsible.unique_id = event.responsible.unique_id;
        responsible.image = event.responsible.image;
        kept.responsible = self.process(responsible);
        kept.os = self.word(event.os);
        kept.kind = self.word(event.kind.tag());
        kept.details = self.kind(&event.kind);
        kept
    }

    fn kind(&mut self, kind: &Kind<'m>) -> ipcsentry_details {
        match kind {
            Kind::ProcessStart(k) => ipcsentry_details { process_start: self.details(k) },
            Kind::ProcessEnd(k) => ipcsentry_details { process_end: self.details(k) },
            Kind::ProcessSeen(_) | Kind::CodeSignInvalid(_) => ipcsentry_details { process_start: null() },
            Kind::ProcessAccess(k) => ipcsentry_details { process_access: self.details(k) },
            Kind::RemoteThread(k) => ipcsentry_details { remote_thread: self.details(k) },
            Kind::MemoryWrite(k) => ipcsentry_details { memory_write: self.details(k) },
            Kind::ImageTamper(k) => ipcsentry_details { image_tamper: self.details(k) },
            Kind::ImageLoad(k) => ipcsentry_details { image_load: self.details(k) },
            Kind::EndpointCreate(k) | Kind::EndpointConnect(k) | Kind::EndpointRemove(k) => {
                ipcsentry_details { endpoint_act: self.details(k) }
            }
            Kind::FdDup(k) => ipcsentry_details { fd_dup: self.details(k) },
            Kind::ShareAccess(k) => ipcsentry_details { share_access: self.details(k) },
            Kind::ComActivation(k) => ipcsentry_details { com_activation: self.details(k) },
            Kind::RegistrySet(k) | Kind::RegistryQuery(k) => ipcsentry_details { registry_act: self.details(k) },
            Kind::DdeRequest(k) => ipcsentry_details { dde_request: self.details(k) },
            Kind::AppleEvent(k) => ipcsentry_details { apple_event: self.details(k) },
            Kind::ScriptRun(k) => ipcsentry_details { script_run: self.details(k) },
            Kind::PrivacyDecision(k) => ipcsentry_details { privacy_decision: self.details(k) },
            Kind::ServiceInstall(k) => ipcsentry_details { service_install: self.details(k) },
            Kind::TaskRegister(k) => ipcsentry_details { task_register: self.details(k) },
            Kind::LaunchItemAdd(k) => ipcsentry_details { launch_item_add: self.details(k) },
            Kind::Logon(k) => ipcsentry_details { logon: self.details(k) },
            Kind::SessionChange(k) => ipcsentry_details { session_change: self.details(k) },
            Kind::NetworkConnect(k) => ipcsentry_details { network_connect: self.details(k) },
            Kind::FileAccess(k) => ipcsentry_details { file_access: self.details(k) },
            Kind::SensorState(k) => ipcsentry_details { sensor_state: self.details(k) },
            Kind::TaskRun(k) => ipcsentry_details { task_run: self.details(k) },
            Kind::ServiceChange(k) => ipcsentry_details { service_change: self.details(k) },
            Kind::RpcCall(k) => ipcsentry_details { rpc_call: self.details(k) },
            other => panic!("{:?} has no structure", other.tag()),
        }
    }
}

fn native_id(id: NativeId) -> ipcsentry_native_id {
    let none = ipcsentry_native_id { kind: 0, millis: 0, seconds: 0, number: 0 };
    match id {
        NativeId::Number(number) => ipcsentry_native_id { kind: IPCSENTRY_NATIVE_ID_NUMBER, number, ..none },
        NativeId::Audit { seconds, millis, serial } => {
            let millis = millis.into();
            ipcsentry_native_id { kind: IPCSENTRY_NATIVE_ID_AUDIT, millis, seconds, number: serial }
        }
        _ => none,
    }
}

impl<'m> Kept<'m, EndpointAct<'m>> for ipcsentry_endpoint_act {
    fn of(act: &EndpointAct<'m>, keep: &mut Keep<'m>) -> Self {
        let mut kept = ptr::zeroed::<Self>();
        kept.type_size = size_of::<Self>() as u64;
        kept.mechanism = keep.word(act.endpoint.mechanism);
        kept.name = keep.text(act.endpoint.name);
        kept.inode = keep.long(act.endpoint.inode);
        kept.device = keep.long(act.endpoint.device);
        kept.owner_uid = keep.number(act.endpoint.owner_uid);
        kept.mode = keep.number(act.endpoint.mode);
        kept.peer = keep.process(act.peer);
        kept.succeeded = keep.flag(act.succeeded);
        kept.accepted = keep.flag(act.accepted);
        kept.writes = keep.maybe(act.writes);
        kept
    }
}

impl<'m> Kept<'m, ProcessAccess<'m>> for ipcsentry_process_access {
    fn of(access: &ProcessAccess<'m>, keep: &mut Keep<'m>) -> Self {
        let mut kept = ptr::zeroed::<Self>();
        kept.type_size = size_of::<Self>() as u64;
        kept.target = keep.process(access.target);
        kept.access_method = keep.word(access.access.method);
        kept.access_mask = access.access.mask;
        kept.unbacked_caller = keep.flag(access.unbacked_caller);
        kept
    }
}

/// Reads an event as `ipcsentry_engine_feed` does.
///
/// # Errors
/// The place of what is wrong.
///
/// # Safety
/// Every pointer in `event` is NULL or good.
pub unsafe fn read(event: &ipcsentry_event, take: impl FnOnce(&Event<'_>)) -> Result<(), String> {
    let mut scratch = vec![0; 1 << 16];
    // SAFETY: by this function's contract.
    let mut reading = unsafe { Reading::new(&mut scratch, usize::MAX) };
    let mut read = blank();
    event.read(&mut reading, &mut read);
    assert_eq!(reading.end().map_err(|fault| fault.place)?, 0, "an event of a test is small");
    take(&read);
    Ok(())
}
