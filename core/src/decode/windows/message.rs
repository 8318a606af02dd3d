//! The rendered message of a record in English: lines with a label and a value, in the Security log under headings.
//!
//! Sysmon's labels are the names of its fields. The labels of other providers are in [`LABELS`].

use memchr::memmem;

use super::super::json::RawStr;
use super::fields::FieldName::{self, *};
use super::fields::Fields;

/// Heading, label and field. With an empty heading, the label means the field under any heading.
const LABELS: &[(&[u8], &[u8], FieldName)] = &[
    (b"Subject", b"Account Name", SubjectUserName),
    (b"Subject", b"Account Domain", SubjectDomainName),
    (b"Subject", b"Logon ID", SubjectLogonId),
    (b"Creator Subject", b"Account Name", SubjectUserName),
    (b"Creator Subject", b"Account Domain", SubjectDomainName),
    (b"Creator Subject", b"Logon ID", SubjectLogonId),
    (b"Target Subject", b"Account Name", TargetUserName),
    (b"Target Subject", b"Account Domain", TargetDomainName),
    (b"Target Subject", b"Logon ID", TargetLogonId),
    (b"New Logon", b"Account Name", TargetUserName),
    (b"New Logon", b"Account Domain", TargetDomainName),
    (b"New Logon", b"Logon ID", TargetLogonId),
    (b"Account Whose Credentials Were Used", b"Account Name", TargetUserName),
    (b"Account Whose Credentials Were Used", b"Account Domain", TargetDomainName),
    (b"Process Information", b"Process ID", ProcessId),
    (b"Process Information", b"Process Name", ProcessName),
    (b"Process Information", b"Image Path", ProcessName),
    (b"", b"New Process ID", NewProcessId),
    (b"", b"New Process Name", NewProcessName),
    (b"", b"Creator Process ID", ProcessId),
    (b"", b"Creator Process Name", ParentProcessName),
    (b"", b"Process Command Line", CommandLine),
    (b"", b"Mandatory Label", MandatoryLabel),
    (b"", b"Exit Status", Status),
    (b"", b"Logon Type", LogonType),
    (b"", b"Object Type", ObjectType),
    (b"", b"Object Name", ObjectName),
    (b"", b"Object Value Name", ObjectValueName),
    (b"", b"Operation Type", OperationType),
    (b"", b"New Value", NewValue),
    (b"", b"Access Mask", AccessMask),
    (b"", b"Share Name", ShareName),
    (b"", b"Relative Target Name", RelativeTargetName),
    (b"", b"Source Address", IpAddress),
    (b"", b"Source Network Address", IpAddress),
    (b"", b"Source Port", IpPort),
    (b"", b"Service Name", ServiceName),
    (b"", b"Service File Name", ServiceCommand),
    (b"", b"Service Account", ServiceAccount),
    (b"", b"Task Name", TaskName),
    (b"", b"Interface UUID", RpcInterface),
    (b"", b"Protocol", RpcProtocol),
    (b"", b"Protocol Sequence", RpcProtocol),
    (b"", b"Remote IP Address", ClientAddress),
    (b"", b"Remote Port", ClientPort),
];

/// Reads a message into the field table. A field keeps its first value, so that a value with line breaks in it cannot
/// forge the fields before it.
pub(super) fn read<'a>(message: &'a [u8], fields: &mut Fields<'a>) {
    if script(message, fields).is_some() {
        return;
    }
    task_content(message, fields);
    let mut heading: &[u8] = b"";
    for line in message.split(|&b| b == b'\n') {
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let (label, value) = line.split_at(colon);
        let (indented, label) = (label.first().is_some_and(u8::is_ascii_whitespace), label.trim_ascii());
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if value.is_empty() {
            if !indented {
                heading = label;
            }
            continue;
        }
        let value = RawStr { bytes: value, escaped: false };
        let under = if indented { heading } else { b"" };
        let known = LABELS.iter().find(|(of, name, _)| *name == label && (of.is_empty() || *of == under));
        match known {
            Some((.., field)) => fields.set_if_none(Some(*field), Some(value)),
            None => fields.set_named_if_none(label, value),
        }
    }
}

/// PowerShell 4104: the text of the script, its id and its path.
fn script<'a>(message: &'a [u8], fields: &mut Fields<'a>) -> Option<()> {
    let rest = message.trim_ascii_start().strip_prefix(b"Creating Scriptblock text (")?;
    let begin = memchr::memchr(b'\n', rest)?;
    let body = rest.get(begin + 1..)?;
    let end = memmem::rfind(body, b"\nScriptBlock ID:").unwrap_or(body.len());
    let (text, after) = body.split_at(end);
    fields.set_if_none(Some(ScriptText), Some(RawStr { bytes: text.trim_ascii(), escaped: false }));
    for line in after.split(|&b| b == b'\n') {
        if let Some(path) = line.strip_prefix(b"Path:").map(<[u8]>::trim_ascii).filter(|path| !path.is_empty()) {
            fields.set_if_none(Some(ScriptPath), Some(RawStr { bytes: path, escaped: false }));
        }
    }
    Some(())
}

/// Security 4698 and 4702: the definition of a task, an XML document of many lines.
fn task_content<'a>(message: &'a [u8], fields: &mut Fields<'a>) {
    const END: &[u8] = b"</Task>";
    let label = [&b"Task Content:"[..], b"Task New Content:"];
    let Some(rest) =
        label.iter().find_map(|label| memmem::find(message, label).and_then(|at| message.get(at + label.len()..)))
    else {
        return;
    };
    let end = memmem::find(rest, END).map_or(rest.len(), |at| at + END.len());
    let text = rest.get(..end).unwrap_or_default().trim_ascii();
    if !text.is_empty() {
        fields.set_if_none(Some(TaskContent), Some(RawStr { bytes: text, escaped: false }));
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::{FieldName, Fields};
    use super::read;

    fn value(message: &'static str, field: FieldName) -> Option<&'static str> {
        let mut fields = Fields::default();
        read(message.as_bytes(), &mut fields);
        fields.bytes(field).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    #[test]
    fn headings_distinguish_accounts() {
        let message = "A new process has been created.\r\n\r\nCreator Subject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\tAccount Name:\t\tPC$\r\n\tLogon ID:\t\t0x3E7\r\n\r\nTarget Subject:\r\n\tAccount Name:\t\tann\r\n\tLogon ID:\t\t0x5B2C1\r\n\r\nProcess Information:\r\n\tNew Process ID:\t\t0x9d4\r\n\tProcess Command Line:\tcmd.exe /c dir C:\\a: b\r\n";
        assert_eq!(value(message, FieldName::SubjectUserName), Some("PC$"));
        assert_eq!(value(message, FieldName::TargetUserName), Some("ann"));
        assert_eq!(value(message, FieldName::TargetLogonId), Some("0x5B2C1"));
        assert_eq!(value(message, FieldName::CommandLine), Some("cmd.exe /c dir C:\\a: b"));
    }

    #[test]
    fn a_value_with_line_breaks_replaces_no_earlier_one() {
        let message = "Process Create:\nImage: C:\\a.exe\nCommandLine: a\nImage: C:\\b.exe\nTask Content: x";
        assert_eq!(value(message, FieldName::Image), Some("C:\\a.exe"));
        assert_eq!(value(message, FieldName::TaskContent), Some("x"));
    }

    #[test]
    fn a_script_is_taken_whole() {
        let message =
            "Creating Scriptblock text (1 of 1):\r\n$x = 1\r\nImage: no\r\n\r\nScriptBlock ID: 6f1\r\nPath: C:\\s.ps1";
        assert_eq!(value(message, FieldName::ScriptText), Some("$x = 1\r\nImage: no"));
        assert_eq!(value(message, FieldName::ScriptPath), Some("C:\\s.ps1"));
        assert_eq!(value(message, FieldName::Image), None);
    }
}
