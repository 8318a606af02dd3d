//! Telling the Windows formats from each other, and from what is not Windows, by the first record.

use super::super::Format;
use super::super::json::{JsonError, Reader, Value};
use super::without_mark;

/// Recognizes this platform's formats. The first record may be cut short.
pub(in super::super) fn detect(head: &[u8]) -> Option<Format> {
    let line = without_mark(head).split(|&b| b == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty())?;
    if line.starts_with(b"<") {
        // The first event may stand behind a declaration and a root of its own.
        let is_xml = super::xml::event_begin(head).is_some() || line.starts_with(b"<Events");
        return is_xml.then_some(Format::WindowsXml);
    }
    if !line.starts_with(b"{") && memchr::memmem::find(head, SYSMON_LINUX).is_some() {
        return Some(Format::WindowsXml);
    }
    let mut seen = Seen::default();
    // What was seen before the cut or the fault counts.
    let _ = seen.record(&mut Reader::new(line));
    seen.verdict()
}

/// How Sysmon for Linux begins what it logs, wherever syslog puts it in a line.
const SYSMON_LINUX: &[u8] = b"<Event><System><Provider Name=\"Linux-Sysmon\"";

/// Keys at the top of a flat record. No other JSON telemetry that we know has two of them.
const FLAT: [&[u8]; 17] = [
    b"EventID",
    b"SourceName",
    b"ProviderGuid",
    b"Channel",
    b"Hostname",
    b"EventTime",
    b"EventReceivedTime",
    b"TimeCreated",
    b"RecordNumber",
    b"Keywords",
    b"SeverityValue",
    b"OpcodeValue",
    b"SourceModuleName",
    b"SourceModuleType",
    b"ThreadID",
    b"event_id",
    b"computer_name",
];

/// What the first record shows.
#[derive(Default)]
struct Seen {
    /// Keys of [`FLAT`].
    flat: u32,
    /// A nested record with XML attributes on a level of their own.
    evtx: bool,
    /// A nested record with XML attributes among the members.
    max_patrol: bool,
    /// A record of winlogbeat 7 and later, or parts of the schema of Elastic that eslogger has not.
    ecs: bool,
}

impl Seen {
    fn record(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        if reader.value()? != Value::Object {
            return Ok(());
        }
        while let Some(key) = reader.next_key()? {
            match key.bytes {
                b"Event" => self.event(reader)?,
                b"_source" => self.record(reader)?,
                name => {
                    self.ecs |= matches!(name, b"winlog" | b"ecs" | b"data_stream") || name.starts_with(b"winlog.");
                    self.flat += u32::from(FLAT.contains(&name));
                    reader.skip()?;
                }
            }
        }
        Ok(())
    }

    /// Looks for attributes in `Event` and one and two levels below it.
    fn event(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        if reader.value()? != Value::Object {
            return Ok(());
        }
        while let Some(key) = reader.next_key()? {
            match key.bytes {
                b"#attributes" => self.evtx = true,
                b"xmlns" => self.max_patrol = true,
                b"System" | b"Provider" => {
                    self.event(reader)?;
                    continue;
                }
                b"Name" => self.max_patrol = true,
                _ => {}
            }
            reader.skip()?;
        }
        Ok(())
    }

    fn verdict(&self) -> Option<Format> {
        if self.evtx {
            Some(Format::EvtxJson)
        } else if self.max_patrol {
            Some(Format::MaxPatrolJson)
        } else if self.ecs {
            Some(Format::EcsJson)
        } else {
            (self.flat >= 2).then_some(Format::WindowsFlatJson)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::detect;
    use crate::decode::Format;

    #[test]
    fn each_schema_is_recognized_even_when_cut() {
        let cases: [(&[u8], Option<Format>); 14] = [
            (br##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"Prov"##, Some(Format::EvtxJson)),
            (
                br##"{"Event":{"System":{"EventID":1,"Provider":{"#attributes":{"Name":"x"}}}}}"##,
                Some(Format::EvtxJson),
            ),
            (br#"{"Event":{"EventData":{"Data":[]},"System":{"Provider":{"Name":"x"}}}}"#, Some(Format::MaxPatrolJson)),
            (b"\xEF\xBB\xBF\n\r\n{\"Hostname\":\"h\",\"EventID\":1,\"Message\":\"cut", Some(Format::WindowsFlatJson)),
            (br#"{"winlog":{"event_id":1}}"#, Some(Format::EcsJson)),
            (br#"{"_index":"x","_source":{"@timestamp":"t","ecs":{"version":"1.12"},"#, Some(Format::EcsJson)),
            (br#"{"@timestamp":"t","event_id":1,"event_data":{},"computer_name":"h"}"#, Some(Format::WindowsFlatJson)),
            (br#"{"hostIdentifier":"h","columns":{}}"#, None),
            (br#"{"event":{"exec":{}},"process":{}}"#, None),
            (b"type=SYSCALL msg=audit(1.2:3): arch=c000003e", None),
            (b"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><Sys", Some(Format::WindowsXml)),
            (b"<?xml version=\"1.0\"?>\n<Events>\n<Event xmlns=\"x\">", Some(Format::WindowsXml)),
            (b"<html><body>", None),
            (b"", None),
        ];
        for (head, format) in cases {
            assert_eq!(detect(head), format, "{}", std::string::String::from_utf8_lossy(head));
        }
    }
}
