//! The fields of a Windows record that mean something to us, whatever envelope they came in.

use super::super::json::{JsonError, RawStr, Reader, Value};

/// Defines [`FieldName`] and the spellings each is known by.
macro_rules! fields {
    ($($field:ident = $($name:literal)|+,)*) => {
        /// A field of a record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum FieldName { $($field,)* }

        const COUNT: usize = [$(FieldName::$field),*].len();
        const SPELLINGS: &[(&[u8], FieldName)] = &[$($(($name, FieldName::$field),)+)*];
    };
}

fields! {
    // The envelope.
    Provider = b"SourceName" | b"source_name" | b"provider_name",
    EventId = b"EventID" | b"event_id",
    Channel = b"Channel" | b"channel" | b"log_name",
    Host = b"Hostname" | b"Computer" | b"computer_name",
    RecordId = b"RecordNumber" | b"EventRecordID" | b"record_number" | b"record_id",
    Keywords = b"Keywords",
    SystemTime = b"SystemTime",
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
    ActorSigned = b"process.code_signature.exists",
    ActorTrusted = b"process.code_signature.trusted",
    ActorSigner = b"process.code_signature.subject_name",
    UserDomain = b"user.domain",
    UserName = b"user.name",
    NetworkDirection = b"network.direction",
    Outcome = b"event.outcome",
    // The provider's own process, as the envelope has it: PowerShell's is the process that runs the script.
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
}

/// Slots of the name table: a power of two, at most a quarter full, so that a foreign name mostly meets an empty slot.
const SLOTS: usize = 1024;

/// Index into [`SPELLINGS`] plus one by [`slot`] of the name, colliding names in the slots after it; 0 is empty.
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

/// Where to look for a name first.
const fn slot(name: &[u8]) -> usize {
    let n = name.len();
    if n == 0 {
        return 0;
    }
    (n * 37 + name[0] as usize * 5 + name[n / 2] as usize * 61 + name[n - 1] as usize * 131) % SLOTS
}

/// The field a name stands for.
pub(super) fn field_named(name: &[u8]) -> Option<FieldName> {
    let mut at = slot(name);
    loop {
        let index = usize::from(*TABLE.get(at)?).checked_sub(1)?;
        let (spelling, field) = SPELLINGS.get(index)?;
        if *spelling == name {
            return Some(*field);
        }
        at = (at + 1) % SLOTS;
    }
}

/// Values without a name that are kept of a record: as many as RPC Firewall writes.
const UNNAMED: usize = 12;

/// The values met so far, still escaped: what a record is not asked for is never unescaped.
pub(super) struct Fields<'a> {
    values: [Option<RawStr<'a>>; COUNT],
    /// Values that have a place in the record instead of a name.
    unnamed: [Option<RawStr<'a>>; UNNAMED],
    placed: usize,
}

impl Default for Fields<'_> {
    fn default() -> Self {
        Self { values: [None; COUNT], unnamed: [None; UNNAMED], placed: 0 }
    }
}

impl<'a> Fields<'a> {
    /// The value of a field; absent and `null` are the same.
    pub(super) fn get(&self, field: FieldName) -> Option<RawStr<'a>> {
        self.values.get(field as usize).copied().flatten()
    }

    /// The value's bytes; for fields whose values need no unescaping (numbers, times, ids).
    pub(super) fn bytes(&self, field: FieldName) -> Option<&'a [u8]> {
        self.get(field).map(|raw| raw.bytes)
    }

    pub(super) fn set(&mut self, field: FieldName, value: RawStr<'a>) {
        if let Some(slot) = self.values.get_mut(field as usize) {
            *slot = Some(value);
        }
    }

    /// Sets the process that the data of a record name `ProcessID`; elsewhere that is the provider's own.
    pub(super) fn set_process(&mut self, value: Option<RawStr<'a>>) {
        if let Some(value) = value {
            self.set(FieldName::HostProcessId, value);
        }
    }

    /// Takes a field's value away.
    pub(super) fn clear(&mut self, field: FieldName) {
        if let Some(slot) = self.values.get_mut(field as usize) {
            *slot = None;
        }
    }

    /// Gives each of two fields the value of the other.
    pub(super) fn swap(&mut self, one: FieldName, other: FieldName) {
        self.values.swap(one as usize, other as usize);
    }

    /// Notes the next value without a name.
    pub(super) fn push_unnamed(&mut self, value: RawStr<'a>) {
        if let Some(slot) = self.unnamed.get_mut(self.placed) {
            *slot = Some(value);
            self.placed += 1;
        }
    }

    /// Gives the values without a name, if there are any, the fields that `of` has for so many.
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

    /// Reads the value of the member `key`; unknown members are skipped. Returns the field that was set.
    pub(super) fn read_member(
        &mut self,
        key: RawStr<'a>,
        reader: &mut Reader<'a>,
    ) -> Result<Option<FieldName>, JsonError> {
        let Some(field) = field_named(key.bytes) else {
            reader.skip()?;
            return Ok(None);
        };
        let value = scalar(reader)?;
        Ok(value.map(|value| {
            self.set(field, value);
            field
        }))
    }

    /// Sets the field of that name, if it is one of ours and has no value yet.
    pub(super) fn set_named_if_none(&mut self, name: &[u8], value: RawStr<'a>) {
        self.set_if_none(field_named(name), Some(value));
    }

    /// Sets the field of that name, if it is one of ours.
    pub(super) fn set_named(&mut self, name: &[u8], value: RawStr<'a>) {
        if let Some(field) = field_named(name) {
            self.set(field, value);
        }
    }
}

/// Reads a value as text: strings, numbers and booleans as they stand. Of an object, its text (`{"#attributes": {…},
/// "#text": 7045}`) or its value (`{"Value": 1}`); arrays and `null` have none.
pub(super) fn scalar<'a>(reader: &mut Reader<'a>) -> Result<Option<RawStr<'a>>, JsonError> {
    let plain = |bytes| Some(RawStr { bytes, escaped: false });
    Ok(match reader.value()? {
        Value::String(text) => Some(text),
        Value::Number(text) => plain(text),
        Value::Bool(true) => plain(b"true"),
        Value::Bool(false) => plain(b"false"),
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
    use super::{SPELLINGS, field_named};

    #[test]
    fn every_spelling_is_found_and_nothing_else() {
        for (name, field) in SPELLINGS {
            assert_eq!(field_named(name), Some(*field));
            assert_eq!(field_named(&name[1..]), SPELLINGS.iter().find(|(n, _)| *n == &name[1..]).map(|(_, f)| *f));
        }
        assert_eq!(field_named(b""), None);
        assert_eq!(field_named(b"ProcessID"), None, "the sensor's own pid must not be taken for the process's");
        assert_eq!(field_named(b"host"), None, "the collector must not be taken for the host");
    }
}
