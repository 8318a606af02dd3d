//! The fields of Windows records that events are made of, independent of the envelope.

use super::super::json::{JsonError, MemberName, RawStr, Reader, Value};
use super::member_order::{MemberOrders, Part};

/// Defines [`FieldName`] and the spellings of each field.
macro_rules! fields {
    ($($field:ident = $($name:literal)|+,)*) => {
        /// A field of a record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum FieldName { $($field,)* }

        const COUNT: usize = [$(FieldName::$field),*].len();
        /// Each name of a field.
        pub(super) const SPELLINGS: &[(&[u8], FieldName)] = &[$($(($name, FieldName::$field),)+)*];
    };
}

fields! {
    // The envelope.
    Provider = b"SourceName" | b"source_name" | b"provider_name",
    EventId = b"EventID" | b"event_id",
    Channel = b"Channel" | b"channel" | b"log_name",
    Host = b"Hostname" | b"Computer" | b"computer_name" | b"computer",
    RecordId = b"RecordNumber" | b"EventRecordID" | b"record_number" | b"record_id",
    Keywords = b"Keywords",
    SystemTime = b"SystemTime" | b"system_time",
    LocalTime = b"EventTime" | b"TimeCreated",
    ShippedTime = b"@timestamp",
    AccountType = b"AccountType",
    // Sysmon.
    UtcTime = b"UtcTime",
    ProcessGuid = b"ProcessGuid",
    ProcessId = b"ProcessId",
    Image = b"Image",
    CommandLine = b"CommandLine",
    CurrentDirectory = b"CurrentDirectory",
    User = b"User",
    LogonId = b"LogonId",
    TerminalSessionId = b"TerminalSessionId",
    IntegrityLevel = b"IntegrityLevel",
    OriginalFileName = b"OriginalFileName",
    ParentProcessGuid = b"ParentProcessGuid",
    ParentProcessId = b"ParentProcessId",
    ParentImage = b"ParentImage",
    ParentCommandLine = b"ParentCommandLine",
    ParentUser = b"ParentUser",
    Initiated = b"Initiated",
    SourceIp = b"SourceIp",
    SourcePort = b"SourcePort",
    DestinationIp = b"DestinationIp",
    DestinationPort = b"DestinationPort",
    ImageLoaded = b"ImageLoaded",
    Signed = b"Signed",
    Signature = b"Signature",
    SignatureStatus = b"SignatureStatus",
    SourceProcessGuid = b"SourceProcessGuid" | b"SourceProcessGUID",
    SourceProcessId = b"SourceProcessId",
    SourceImage = b"SourceImage",
    SourceUser = b"SourceUser",
    TargetProcessGuid = b"TargetProcessGuid" | b"TargetProcessGUID",
    TargetProcessId = b"TargetProcessId",
    TargetImage = b"TargetImage",
    TargetUser = b"TargetUser",
    StartModule = b"StartModule",
    StartFunction = b"StartFunction",
    GrantedAccess = b"GrantedAccess",
    CallTrace = b"CallTrace",
    TargetFilename = b"TargetFilename",
    EventType = b"EventType",
    EventTypeOriginal = b"EventTypeOrignal" | b"EventTypeOriginal",
    TargetObject = b"TargetObject",
    Details = b"Details",
    NewName = b"NewName",
    PipeName = b"PipeName",
    Type = b"Type",
    State = b"State",
    Configuration = b"Configuration",
    Description = b"Description",
    // Security.
    SubjectUserName = b"SubjectUserName",
    SubjectDomainName = b"SubjectDomainName",
    SubjectLogonId = b"SubjectLogonId",
    TargetUserName = b"TargetUserName",
    TargetDomainName = b"TargetDomainName",
    TargetLogonId = b"TargetLogonId",
    NewProcessId = b"NewProcessId",
    NewProcessName = b"NewProcessName",
    ParentProcessName = b"ParentProcessName",
    MandatoryLabel = b"MandatoryLabel",
    ProcessName = b"ProcessName",
    Status = b"Status",
    ObjectType = b"ObjectType",
    ObjectName = b"ObjectName",
    ObjectValueName = b"ObjectValueName",
    NewValue = b"NewValue",
    OperationType = b"OperationType",
    AccessMask = b"AccessMask",
    ShareName = b"ShareName",
    RelativeTargetName = b"RelativeTargetName",
    IpAddress = b"IpAddress",
    IpPort = b"IpPort",
    LogonType = b"LogonType",
    TaskName = b"TaskName",
    TaskContent = b"TaskContent" | b"TaskContentNew",
    ClientProcessId = b"ClientProcessId" | b"Processid",
    // Service Control Manager, and Security 4697.
    ServiceName = b"ServiceName",
    ServiceCommand = b"ImagePath" | b"ServiceFileName",
    ServiceAccount = b"ServiceAccount",
    AccountName = b"AccountName",
    // DistributedCOM.
    Param1 = b"param1",
    Param2 = b"param2",
    Param3 = b"param3",
    Param4 = b"param4",
    Param5 = b"param5",
    Param6 = b"param6",
    Param7 = b"param7",
    Param9 = b"param9",
    // WMI-Activity, whose fields stand in UserData, and Sysmon's records of subscriptions.
    HostProcessId = b"UserData.ProcessID",
    ProviderPath = b"ProviderPath",
    ClientMachine = b"ClientMachine",
    Consumer = b"CONSUMER" | b"Consumer",
    PossibleCause = b"PossibleCause",
    Operation = b"Operation",
    ConsumerName = b"Name",
    Destination = b"Destination",
    // Elastic Common Schema; no record has fields of these names.
    Hashes = b"Hashes",
    CreatorProcessId = b"process.parent.Ext.real.pid",
    ActorSigned = b"process.code_signature.exists",
    ActorTrusted = b"process.code_signature.trusted",
    ActorSigner = b"process.code_signature.subject_name",
    UserDomain = b"user.domain",
    UserName = b"user.name",
    NetworkDirection = b"network.direction",
    Outcome = b"event.outcome",
    // The process that logged the record, from the envelope: for PowerShell, the process that runs the script.
    SensorProcess = b"ExecutionProcessID",
    // PowerShell.
    ScriptText = b"ScriptBlockText",
    ScriptPath = b"Path",
    ScriptOutput = b"Payload",
    // TaskScheduler.
    UserContext = b"UserContext",
    AccountOfTask = b"UserName",
    ActionName = b"ActionName",
    // Security 5712, and RPC Firewall.
    RpcInterface = b"InterfaceUuid",
    RpcOperation = b"OpNum",
    RpcProtocol = b"ProtocolSequence",
    RpcEndpoint = b"Endpoint",
    ClientAddress = b"RemoteIpAddress",
    ClientPort = b"RemotePort",
    // Tables of other products; no record of Windows has fields of these names.
    EventName = b"ActionType",
    System = b"device.os",
    ActorStart = b"process.created_time",
    ParentStart = b"parent_process.created_time",
    TargetStart = b"target_process.created_time",
    RegistryAct = b"registry.operation",
    FileAct = b"file.operation",
    FileKind = b"file.type_id",
    // What Sysmon and envelopes write and no event needs: it is passed over without a search where it is expected.
    Unread = b"RuleName" | b"Version" | b"Level" | b"Task" | b"Opcode" | b"SourceThreadId" | b"NewThreadId"
        | b"StartAddress" | b"FileVersion" | b"Product" | b"Company" | b"LogonGuid" | b"Protocol" | b"SourceIsIpv6"
        | b"SourceHostname" | b"SourcePortName" | b"DestinationIsIpv6" | b"DestinationHostname"
        | b"DestinationPortName" | b"CreationUtcTime",
}

/// Slots of the hash table of names: a power of two, at most a quarter full, so that most unknown names hit an empty
/// slot.
const SLOTS: usize = 1024;

/// For each slot the index into [`SPELLINGS`] plus one; 0 is empty. Colliding names use the next free slot.
const TABLE: [u8; SLOTS] = {
    assert!(SPELLINGS.len() * 4 <= SLOTS && SPELLINGS.len() < 255);
    let mut table = [0; SLOTS];
    let mut i = 0;
    while i < SPELLINGS.len() {
        let mut at = slot(SPELLINGS[i].0);
        while table[at] != 0 {
            at = (at + 1) % SLOTS;
        }
        table[at] = i as u8 + 1;
        i += 1;
    }
    table
};

/// The slot at which the search for a name begins.
const fn slot(name: &[u8]) -> usize {
    let n = name.len();
    if n == 0 {
        return 0;
    }
    (n * 37 + name[0] as usize * 5 + name[n / 2] as usize * 61 + name[n - 1] as usize * 131) % SLOTS
}

/// The spellings as records write them, with their fields.
static NAMES: [(MemberName, FieldName); SPELLINGS.len()] = {
    let mut names = [(MemberName::new(b""), FieldName::Unread); SPELLINGS.len()];
    let mut at = 0;
    while at < SPELLINGS.len() {
        names[at] = (MemberName::new(SPELLINGS[at].0), SPELLINGS[at].1);
        at += 1;
    }
    names
};

/// The field of a name.
pub(super) fn field_named(name: &[u8]) -> Option<FieldName> {
    spelled(name).map(|(_, field)| field).filter(|field| *field != FieldName::Unread)
}

/// The number of a spelling, with its field.
fn spelled(name: &[u8]) -> Option<(u8, FieldName)> {
    let mut at = slot(name);
    loop {
        let number = TABLE.get(at)?.checked_sub(1)?;
        let (spelling, field) = SPELLINGS.get(usize::from(number))?;
        if *spelling == name {
            return Some((number, *field));
        }
        at = (at + 1) % SLOTS;
    }
}

/// Most values without a name that are kept of a record: RPC Firewall writes this many.
const UNNAMED: usize = 12;

/// The values read so far, still escaped: only the values that an event needs are unescaped.
pub(super) struct Fields<'a> {
    values: [Option<RawStr<'a>>; COUNT],
    /// Values without a name, which the record's template names by their position.
    unnamed: [Option<RawStr<'a>>; UNNAMED],
    placed: usize,
    pub(super) orders: MemberOrders,
}

impl Default for Fields<'_> {
    fn default() -> Self {
        Self { values: [None; COUNT], unnamed: [None; UNNAMED], placed: 0, orders: MemberOrders::default() }
    }
}

impl<'a> Fields<'a> {
    /// The value of a field; `None` if it is absent or `null`.
    pub(super) fn get(&self, field: FieldName) -> Option<RawStr<'a>> {
        self.values.get(field as usize).copied().flatten()
    }

    /// The bytes of a field's value, for fields that need no unescaping (numbers, times, ids).
    pub(super) fn bytes(&self, field: FieldName) -> Option<&'a [u8]> {
        self.get(field).map(|raw| raw.bytes)
    }

    pub(super) fn set(&mut self, field: FieldName, value: RawStr<'a>) {
        if let Some(slot) = self.values.get_mut(field as usize) {
            *slot = Some(value);
        }
    }

    /// Sets the process that is called `ProcessID` in a record's data. In the envelope, `ProcessID` is the logging
    /// process.
    pub(super) fn set_process(&mut self, value: Option<RawStr<'a>>) {
        if let Some(value) = value {
            self.set(FieldName::HostProcessId, value);
        }
    }

    /// Removes a field's value.
    pub(super) fn clear(&mut self, field: FieldName) {
        if let Some(slot) = self.values.get_mut(field as usize) {
            *slot = None;
        }
    }

    /// Swaps the values of two fields.
    pub(super) fn swap(&mut self, one: FieldName, other: FieldName) {
        self.values.swap(one as usize, other as usize);
    }

    /// Adds a value without a name.
    pub(super) fn push_unnamed(&mut self, value: RawStr<'a>) {
        if let Some(slot) = self.unnamed.get_mut(self.placed) {
            *slot = Some(value);
            self.placed += 1;
        }
    }

    /// Assigns the values without a name to fields. `of` gives the fields in order for a number of values.
    pub(super) fn name_unnamed<F: Iterator<Item = Option<FieldName>>>(&mut self, of: impl FnOnce(usize) -> Option<F>) {
        let Some(fields) = Some(self.placed).filter(|&count| count > 0).and_then(of) else { return };
        for (field, value) in fields.zip(self.unnamed) {
            self.set_if_none(field, value);
        }
    }

    /// Sets a field that has no value yet.
    pub(super) fn set_if_none(&mut self, field: Option<FieldName>, value: Option<RawStr<'a>>) {
        if let (Some(field), Some(value)) = (field, value)
            && self.get(field).is_none()
        {
            self.set(field, value);
        }
    }

    /// Reads the next members of an object as long as they are the expected ones, to the first one for which `ends`
    /// holds. Returns whether it held.
    pub(super) fn read_expected(
        &mut self,
        part: Part,
        reader: &mut Reader<'a>,
        ends: impl Fn(FieldName) -> bool,
    ) -> Result<bool, JsonError> {
        loop {
            let expected = self.orders.expected(part);
            let Some((name, field)) = NAMES.get(usize::from(expected)) else { return Ok(false) };
            if !reader.takes_name(name) {
                return Ok(false);
            }
            self.orders.note(part, expected);
            if reader.is_string_next() && *field != FieldName::Unread {
                let value = reader.string()?;
                self.set(*field, value);
            } else {
                self.read_value(*field, reader)?;
            }
            if ends(*field) {
                return Ok(true);
            }
        }
    }

    /// Reads the value of the member `key`, or skips an unknown member. Returns the field that was set.
    pub(super) fn read_member(
        &mut self,
        key: RawStr<'a>,
        reader: &mut Reader<'a>,
    ) -> Result<Option<FieldName>, JsonError> {
        match field_named(key.bytes) {
            Some(field) => self.read_value(field, reader),
            None => reader.skip().map(|()| None),
        }
    }

    /// Likewise, and notes the member where it stands.
    pub(super) fn read_in_order(
        &mut self,
        part: Part,
        key: RawStr<'a>,
        reader: &mut Reader<'a>,
    ) -> Result<Option<FieldName>, JsonError> {
        match spelled(key.bytes) {
            Some((number, field)) => {
                self.orders.note(part, number);
                self.read_value(field, reader)
            }
            None => reader.skip().map(|()| None),
        }
    }

    fn read_value(&mut self, field: FieldName, reader: &mut Reader<'a>) -> Result<Option<FieldName>, JsonError> {
        if field == FieldName::Unread {
            return reader.skip().map(|()| None);
        }
        Ok(scalar(reader)?.map(|value| {
            self.set(field, value);
            field
        }))
    }

    /// Sets the field of a name, if the name is known and the field has no value yet.
    pub(super) fn set_named_if_none(&mut self, name: &[u8], value: RawStr<'a>) {
        self.set_if_none(field_named(name), Some(value));
    }

    /// Sets the field of a name, if the name is known.
    pub(super) fn set_named(&mut self, name: &[u8], value: RawStr<'a>) {
        if let Some(field) = field_named(name) {
            self.set(field, value);
        }
    }
}

/// A value without escapes.
pub(super) const fn plain(bytes: &[u8]) -> RawStr<'_> {
    RawStr { bytes, escaped: false }
}

/// Reads a value as text: a string, number or boolean, or the text or value in an object (`{"#attributes": {…},
/// "#text": 7045}`, `{"Value": 1}`). `None` for arrays and `null`.
pub(super) fn scalar<'a>(reader: &mut Reader<'a>) -> Result<Option<RawStr<'a>>, JsonError> {
    if reader.is_string_next() {
        return reader.string().map(Some);
    }
    Ok(match reader.value()? {
        Value::String(text) => Some(text),
        Value::Number(text) => Some(plain(text)),
        Value::Bool(true) => Some(plain(b"true")),
        Value::Bool(false) => Some(plain(b"false")),
        Value::Null => None,
        Value::Array => {
            reader.skip_container()?;
            None
        }
        Value::Object => {
            let mut text = None;
            while let Some(key) = reader.next_key()? {
                match key.bytes {
                    b"#text" | b"text" | b"Value" | b"value" => text = scalar(reader)?,
                    _ => reader.skip()?,
                }
            }
            text
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{FieldName, SPELLINGS, field_named, spelled};

    #[test]
    fn every_spelling_is_found_and_nothing_else() {
        let field_of = |name: &[u8]| SPELLINGS.iter().find(|(n, _)| *n == name).map(|(_, field)| *field);
        for (name, field) in SPELLINGS {
            assert_eq!(spelled(name).map(|(_, field)| field), Some(*field));
            assert_eq!(spelled(&name[1..]).map(|(_, field)| field), field_of(&name[1..]));
            assert_eq!(field_named(name).is_some(), *field != FieldName::Unread);
        }
        assert_eq!(field_named(b""), None);
        assert_eq!(field_named(b"ProcessID"), None, "the sensor's own pid must not be taken for the process's");
        assert_eq!(field_named(b"host"), None, "the collector must not be taken for the host");
    }
}
