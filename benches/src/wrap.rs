//! Wrappers that shippers and stores put around records, as their files have them.

/// A wrapper: turns a record into the bytes of a record that holds it.
pub type Wrap = fn(&str) -> String;

/// Around any record, whose text is a string there.
pub const OF_TEXT: &[(&str, Wrap)] = &[
    ("_raw", |r| {
        format!(r#"{{"_time":"2026-02-17T13:05:20.000+00:00","host":"wren","source":"s","_raw":{}}}"#, quoted(r))
    }),
    ("result._raw", |r| {
        format!(
            r#"{{"preview":false,"offset":0,"result":{{"_raw":{},"_time":"2026-02-17 13:05:20","host":"wren"}}}}"#,
            quoted(r)
        )
    }),
    ("message", |r| {
        format!(
            r#"{{"@timestamp":"2026-02-17T13:05:20.000Z","@metadata":{{"beat":"filebeat","version":"8.1.0"}},"host":{{"name":"wren"}},"agent":{{"type":"filebeat","id":"7f2a"}},"message":{}}}"#,
            quoted(r)
        )
    }),
    ("event.original", |r| {
        format!(
            r#"{{"@timestamp":"2026-02-17T13:05:20.000Z","host":{{"name":"wren"}},"event":{{"original":{}}}}}"#,
            quoted(r)
        )
    }),
    ("_source", |r| {
        format!(
            r#"{{"_index":"logs","_id":"Q1w2","_score":1,"_source":{{"@timestamp":"2026-02-17T13:05:20.000Z","host":{{"name":"wren"}},"message":{}}}}}"#,
            quoted(r)
        )
    }),
    ("full_log", |r| {
        format!(
            r#"{{"timestamp":"2026-02-17T13:05:20.000+0000","agent":{{"id":"007","name":"wren"}},"manager":{{"name":"m"}},"full_log":{},"location":"file"}}"#,
            quoted(r)
        )
    }),
    ("log", |r| format!(r#"{{"log":{},"stream":"stdout","time":"2026-02-17T13:05:20.000000000Z"}}"#, quoted(r))),
    ("OpenTelemetry body", |r| {
        format!(
            r#"{{"resourceLogs":[{{"resource":{{"attributes":[{{"key":"host.name","value":{{"stringValue":"wren"}}}}]}},"scopeLogs":[{{"scope":{{}},"logRecords":[{{"timeUnixNano":"1771335400001200000","body":{{"stringValue":{}}},"attributes":[]}}]}}]}}]}}"#,
            quoted(r)
        )
    }),
    ("MESSAGE", |r| {
        format!(
            r#"{{"__CURSOR":"s=1;i=2","__REALTIME_TIMESTAMP":"1771335400001200","_HOSTNAME":"wren","_TRANSPORT":"stdout","MESSAGE":{}}}"#,
            quoted(r)
        )
    }),
    ("GELF", |r| {
        format!(
            r#"{{"version":"1.1","host":"wren","short_message":{},"timestamp":1771335400.001,"level":6}}"#,
            quoted(r)
        )
    }),
    ("Fluent Bit", |r| format!(r#"{{"date":1771335400.001200,"log":{},"hostname":"wren"}}"#, quoted(r))),
    ("Vector", |r| {
        format!(
            r#"{{"file":"/var/log/x","host":"wren","message":{},"source_type":"file","timestamp":"2026-02-17T13:05:20Z"}}"#,
            quoted(r)
        )
    }),
    ("Cribl", |r| {
        format!(
            r#"{{"_raw":{},"_time":1771335400.001,"cribl_breaker":"ndjson","host":"wren","sourcetype":"x"}}"#,
            quoted(r)
        )
    }),
    ("syslog of RFC 3164", |r| format!("<14>Feb 17 13:05:20 wren app[2880]: {r}")),
    ("syslog of RFC 5424", |r| format!("<14>1 2026-02-17T13:05:20.000Z wren app 2880 - - {r}")),
    ("syslog with its length", |r| {
        let message = format!("<14>1 2026-02-17T13:05:20.000Z wren app 2880 - - {r}");
        format!("{} {message}", message.len())
    }),
    ("syslog with @cee", |r| format!("<14>Feb 17 13:05:20 wren app[2880]: @cee: {r}")),
];

/// Around JSON alone, which stands in them as an object.
pub const OF_OBJECTS: &[(&str, Wrap)] = &[
    ("_source, an object", |r| format!(r#"{{"_index":"logs","_id":"Q1w2","_score":1,"_source":{r}}}"#)),
    ("message, an object", |r| format!(r#"{{"@timestamp":"2026-02-17T13:05:20.000Z","host":"wren","message":{r}}}"#)),
    ("event, an object", |r| format!(r#"{{"time":1771335400.001,"host":"wren","event":{r}}}"#)),
];

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON")
}
