//! `{"Event": {"System": {…}, "EventData": {"Image": …}}}`: evtx_dump and pyevtx-rs.

use super::super::json::{JsonError, Reader};
use super::data;
use super::fields::{Fields, scalar};
use super::member_order::Part;
use super::system::{enter, read_event};

/// Reads the members of one record into the field table. Returns `false` if the record is of no interest.
pub(super) fn read<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<bool, JsonError> {
    read_event(reader, fields, read_data)
}

fn read_data<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<(), JsonError> {
    if enter(reader)? {
        fields.orders.begin(Part::Data);
        loop {
            fields.read_expected(Part::Data, reader, |_| false)?;
            let Some(key) = reader.next_key()? else { break };
            match key.bytes {
                b"ProcessID" => fields.set_process(scalar(reader)?),
                // Classic providers write values without names.
                b"Data" => data::list(reader, fields)?,
                _ => {
                    fields.read_in_order(Part::Data, key, reader)?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::super::super::json::{JsonError, RawStr, Reader, Value};
    use super::super::fields::{Fields, SPELLINGS};
    use super::super::member_order::MemberOrders;
    use super::read;

    type Values<'a> = Vec<Option<RawStr<'a>>>;

    /// Reads a record after others; gives what was read and the orders of members that were met so far.
    fn values(record: &str, orders: MemberOrders) -> (Result<bool, JsonError>, Values<'_>, MemberOrders) {
        let mut fields = Fields::default();
        fields.orders = orders;
        let mut reader = Reader::new(record.as_bytes());
        let outcome = match reader.value() {
            Ok(Value::Object) => read(&mut reader, &mut fields),
            other => other.map(|_| false),
        };
        let values = SPELLINGS.iter().map(|(_, field)| fields.get(*field)).collect();
        (outcome, values, fields.orders)
    }

    fn record(system: &str, data: &str) -> String {
        format!(r#"{{"Event":{{"System":{{{system}}},"EventData":{{{data}}}}}}}"#)
    }

    #[test]
    fn what_is_read_does_not_depend_on_the_records_before() {
        const PROVIDER: &str = r##""Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}}"##;
        const TIME: &str = r##""TimeCreated":{"#attributes":{"SystemTime":"2026-01-01T10:00:00Z"}}"##;
        let usual = &format!(r#"{PROVIDER},"EventID":10,"Version":5,{TIME},"Computer":"h""#);
        let bare = r#""EventID":1,"TimeCreated":"outside","Computer":"h""#;
        let flat = r##""Computer":"h","EventID":{"#text":1},"Provider_attributes":{"Name":"p"},"EventID":2"##;
        let cut = |record: String| String::from(record.trim_end_matches('}'));
        let records = [
            record(usual, r#""RuleName":"-","UtcTime":"t","ProcessId":7,"Image":"C:\\a \"b\".exe","User":"u""#),
            record(usual, r#""RuleName":null,"UtcTime":"t","ProcessID":8,"ProcessId":9,"Image":"i","User":"u""#),
            // Other orders, blanks, values that are objects, lists or nothing, and members that stand twice.
            record(usual, r#""User":"u","Image":"i","UtcTime":"t","RuleName":"x","ProcessId":1,"ProcessId":2"#),
            record(
                usual,
                r#" "UtcTime" : "t" , "ProcessId" : 7 ,"Image":{"Value":"i"},"User":[{"a":"}"}],"Hashes":"h""#,
            ),
            record(usual, r#""TimeCreated":"in the data","UtcTime":"t","ProcessIdx":3,"Imag":"i","Image":null"#),
            record(flat, r#""UtcTime":"t","Data":[],"Image":"i""#),
            record(bare, r#""Image":"i","CommandLine":"c""#),
            // Cut off, and with what is no JSON.
            cut(record(usual, r#""RuleName":"-","UtcTime":"t","ProcessId":7"#)),
            cut(record(usual, r#""RuleName":"-","UtcTime":"t","Image":"no end"#)),
            record(usual, r#""RuleName":"-","UtcTime":"t","ProcessId":,"Image":"i""#),
        ];
        let mut orders = MemberOrders::default();
        let mut read = 0;
        for record in records.iter().flat_map(|before| records.iter().flat_map(move |after| [before, after])) {
            let (alone, expected, _) = values(record, MemberOrders::default());
            let (outcome, found, learned) = values(record, orders);
            assert_eq!((outcome, &found), (alone, &expected), "{record}");
            read += found.iter().flatten().count();
            orders = learned;
        }
        assert!(read > 1_000, "only {read} values were read");
    }
}
