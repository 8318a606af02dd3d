//! Wrappers that shippers and stores put around records, as their files have them. Each has a time of its own.

/// A wrapper: turns a record into the bytes of a record that holds it.
pub type Wrap = fn(&str) -> String;

/// Around any record, whose text is a string there.
pub const OF_TEXT: &[(&str, Wrap)] = &[
    ("_raw", |r| {
        format!(
            r#"{{"_time":"2026-02-17T13:05:20.{ms:03}+00:00","host":"wren","source":"s","_raw":{}}}"#,
            quoted(r),
            ms = millis(r)
        )
    }),
    ("result._raw", |r| {
        format!(
            r#"{{"preview":false,"offset":0,"result":{{"_raw":{},"_time":"2026-02-17 13:05:20.{ms:03}","host":"wren"}}}}"#,
            quoted(r),
            ms = millis(r)
        )
    }),
    ("message", |r| {
        format!(
            r#"{{"@timestamp":"2026-02-17T13:05:20.{ms:03}Z","@metadata":{{"beat":"filebeat","version":"8.1.0"}},"host":{{"name":"wren"}},"agent":{{"type":"filebeat","id":"7f2a"}},"message":{}}}"#,
            quoted(r),
            ms = millis(r)
        )
    }),
    ("event.original", |r| {
        format!(
            r#"{{"@timestamp":"2026-02-17T13:05:20.{ms:03}Z","host":{{"name":"wren"}},"event":{{"original":{}}}}}"#,
            quoted(r),
            ms = millis(r)
        )
    }),
    ("_source", |r| {
        format!(
            r#"{{"_index":"logs","_id":"Q1w2","_score":1,"_source":{{"@timestamp":"2026-02-17T13:05:20.{ms:03}Z","host":{{"name":"wren"}},"message":{}}}}}"#,
            quoted(r),
            ms = millis(r)
        )
    }),
    ("full_log", |r| {
        format!(
            r#"{{"timestamp":"2026-02-17T13:05:20.{ms:03}+0000","agent":{{"id":"007","name":"wren"}},"manager":{{"name":"m"}},"full_log":{},"location":"file"}}"#,
            quoted(r),
            ms = millis(r)
        )
    }),
    ("log", |r| {
        format!(
            r#"{{"log":{},"stream":"stdout","time":"2026-02-17T13:05:20.{ms:03}000000Z"}}"#,
            quoted(r),
            ms = millis(r)
        )
    }),
    ("OpenTelemetry body", |r| {
        format!(
            r#"{{"resourceLogs":[{{"resource":{{"attributes":[{{"key":"host.name","value":{{"stringValue":"wren"}}}}]}},"scopeLogs":[{{"scope":{{}},"logRecords":[{{"timeUnixNano":"1771335400{ms:03}200000","body":{{"stringValue":{}}},"attributes":[]}}]}}]}}]}}"#,
            quoted(r),
            ms = millis(r)
        )
    }),
    ("MESSAGE", |r| {
        format!(
            r#"{{"__CURSOR":"s=1;i=2","__REALTIME_TIMESTAMP":"1771335400{ms:03}200","_HOSTNAME":"wren","_TRANSPORT":"stdout","MESSAGE":{}}}"#,
            quoted(r),
            ms = millis(r)
        )
    }),
    ("GELF", |r| {
        format!(
            r#"{{"version":"1.1","host":"wren","short_message":{},"timestamp":1771335400.{ms:03},"level":6}}"#,
            quoted(r),
            ms = millis(r)
        )
    }),
    ("Fluent Bit", |r| {
        format!(r#"{{"date":1771335400.{ms:03}200,"log":{},"hostname":"wren"}}"#, quoted(r), ms = millis(r))
    }),
    ("Vector", |r| {
        format!(
            r#"{{"file":"/var/log/x","host":"wren","message":{},"source_type":"file","timestamp":"2026-02-17T13:05:20.{ms:03}Z"}}"#,
            quoted(r),
            ms = millis(r)
        )
    }),
    ("Cribl", |r| {
        format!(
            r#"{{"_raw":{},"_time":1771335400.{ms:03},"cribl_breaker":"ndjson","host":"wren","sourcetype":"x"}}"#,
            quoted(r),
            ms = millis(r)
        )
    }),
    ("syslog of RFC 3164", |r| format!("<14>Feb 17 13:05:20 wren app[2880]: {r}")),
    ("syslog of RFC 5424", |r| format!("<14>1 2026-02-17T13:05:20.{ms:03}Z wren app 2880 - - {r}", ms = millis(r))),
    ("syslog with its length", |r| {
        let message = format!("<14>1 2026-02-17T13:05:20.{ms:03}Z wren app 2880 - - {r}", ms = millis(r));
        format!("{} {message}", message.len())
    }),
    ("syslog with @cee", |r| format!("<14>Feb 17 13:05:20 wren app[2880]: @cee: {r}")),
];

/// Around JSON alone, which stands in them as an object.
pub const OF_OBJECTS: &[(&str, Wrap)] = &[
    ("_source, an object", |r| format!(r#"{{"_index":"logs","_id":"Q1w2","_score":1,"_source":{r}}}"#)),
    ("message, an object", |r| {
        format!(r#"{{"@timestamp":"2026-02-17T13:05:20.{ms:03}Z","host":"wren","message":{r}}}"#, ms = millis(r))
    }),
    ("event, an object", |r| format!(r#"{{"time":1771335400.{ms:03},"host":"wren","event":{r}}}"#, ms = millis(r))),
];

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON")
}

/// The milliseconds of a wrapper's time, another for nearly every record.
fn millis(record: &str) -> usize {
    record.bytes().map(usize::from).sum::<usize>() % 1000
}
