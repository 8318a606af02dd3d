//! Wrappers that shippers, relays and stores put around records, as data: where a wrapper holds the record, the host
//! and the time. Product names are examples: the wrapper's members identify it.

/// A wrapper.
pub(super) struct Envelope {
    /// The member that holds the record; if it is a list, each element is a record.
    pub(super) path: &'static [u8],
    pub(super) body: Body,
    /// Members that may name the host; the first with a text wins.
    pub(super) host: &'static [&'static [u8]],
    /// Further members that the wrapper must have.
    pub(super) with: &'static [&'static [u8]],
}

/// How a wrapper holds its record.
pub(super) enum Body {
    /// As a value: an object, or a string that holds the record's text.
    Value,
    /// As a value of which there is only one, although lists are on the way to it.
    Only,
    /// As the elements of a list.
    Each,
    /// As lists of values, the names of which are in the first further member.
    Rows,
    /// As the wrapper's own members, under other names.
    Members(&'static Names),
    /// As a list of key and value pairs in which each value names its type (OpenTelemetry's maps).
    Pairs,
    /// As a list of audit records without their headers; time and serial number are in the further members.
    Messages,
    /// In pieces that must be joined into a line.
    Pieces(&'static [Piece]),
}

/// How a wrapper renames the members of the record that it was made from.
pub(super) struct Names {
    /// The prefix of the record's members in the wrapper; members without it are not part of the record.
    pub(super) prefix: &'static [u8],
    /// Objects whose members belong directly to the record, and whether their values are escaped twice.
    pub(super) flat: &'static [(&'static [u8], bool)],
    /// The record's own member names begin with a capital letter.
    pub(super) capital: bool,
    /// Members that have another name in the record.
    pub(super) renamed: &'static [(&'static [u8], &'static [u8])],
}

/// A piece of a joined line.
pub(super) enum Piece {
    Text(&'static [u8]),
    /// The text of a member.
    Member(&'static [u8]),
    /// A member in microseconds, written as seconds with three decimals.
    Seconds(&'static [u8]),
    /// The text of a member without its first word.
    Tail(&'static [u8]),
}

const fn value(path: &'static [u8], host: &'static [&'static [u8]]) -> Envelope {
    Envelope { path, body: Body::Value, host, with: &[] }
}

const fn each(path: &'static [u8], host: &'static [&'static [u8]]) -> Envelope {
    Envelope { path, body: Body::Each, host, with: &[] }
}

const fn rows(path: &'static [u8], names: &'static [&'static [u8]]) -> Envelope {
    Envelope { path, body: Body::Rows, host: &[], with: names }
}

/// Members in which shippers name the host.
pub(super) const HOST: &[&[u8]] = &[
    b"host.name",
    b"host.hostname",
    b"host",
    b"hostname",
    b"_HOSTNAME",
    b"agent.hostname",
    b"kubernetes.host",
    b"resource.host.name",
    b"resource.attributes.host.name",
    b"attributes.host.name",
];

/// Members in which wrappers state a time, the one closest to the time of the event first.
pub(super) const TIME: &[&[u8]] = &[
    b"@timestamp",
    b"_time",
    b"result._time",
    b"timestamp",
    b"time",
    b"date",
    b"timeUnixNano",
    b"resourceLogs.scopeLogs.logRecords.timeUnixNano",
    b"__REALTIME_TIMESTAMP",
    b"recv_time",
];

/// All wrappers; the first one that holds a known record wins.
pub(super) const ENVELOPES: &[Envelope] = &[
    // Splunk: search exports, the HTTP event collector, and Cribl's output.
    value(b"result._raw", &[b"result.host"]),
    value(b"_raw", &[b"host"]),
    value(b"result", &[b"result.host"]),
    each(b"results", &[]),
    // Microsoft's APIs, such as Defender's.
    each(b"Results", &[]),
    each(b"value", &[]),
    value(b"event", &[b"host"]),
    // Elasticsearch: hits, search responses, Kibana's exports, and the original text that a pipeline kept.
    value(b"_source", &[]),
    each(b"hits.hits", &[]),
    Envelope { path: b"fields", body: Body::Value, host: &[], with: &[b"_index"] },
    value(b"event.original", HOST),
    // Wazuh: Windows events under Wazuh's own names, and the unchanged line.
    Envelope { path: b"data.win", body: Body::Members(&WAZUH), host: &[], with: &[] },
    value(b"full_log", &[b"predecoder.hostname", b"agent.name"]),
    // journald: audit records without their header.
    Envelope { path: b"MESSAGE", body: Body::Pieces(AUDIT), host: &[b"_HOSTNAME"], with: &[b"_AUDIT_TYPE_NAME"] },
    value(b"MESSAGE", &[b"_HOSTNAME"]),
    // go-audit: the records of one event.
    Envelope { path: b"messages", body: Body::Messages, host: HOST, with: &[b"timestamp", b"sequence"] },
    // GELF: the record's members, or its text.
    Envelope { path: b"short_message", body: Body::Members(&GELF), host: &[b"host"], with: &[] },
    value(b"full_message", &[b"host"]),
    value(b"short_message", &[b"host"]),
    // OpenTelemetry: a request with one record is read in one pass, one with several is opened level by level.
    Envelope {
        path: b"resourceLogs.scopeLogs.logRecords.body.stringValue",
        body: Body::Only,
        host: &[b"resourceLogs.resource.attributes", b"resourceLogs.scopeLogs.logRecords.attributes"],
        with: &[],
    },
    each(b"resourceLogs", &[]),
    each(b"scopeLogs.logRecords", &[b"resource.attributes"]),
    value(b"body.stringValue", &[b"attributes"]),
    Envelope { path: b"body.kvlistValue.values", body: Body::Pairs, host: &[b"attributes"], with: &[] },
    each(b"body.arrayValue.values", &[b"attributes"]),
    value(b"stringValue", &[]),
    Envelope { path: b"kvlistValue.values", body: Body::Pairs, host: &[], with: &[] },
    // Line shippers: Beats, Vector, Fluent Bit, containers, Loki; MaxPatrol's raw events; batches of cloud services.
    value(b"message", HOST),
    value(b"body", HOST),
    value(b"log", HOST),
    value(b"line", HOST),
    value(b"msg", HOST),
    value(b"@message", HOST),
    value(b"raw", HOST),
    each(b"logEvents", &[]),
    each(b"records", &[b"Hostname"]),
    each(b"Records", &[]),
    each(b"events", HOST),
    // Tables: Log Analytics and Kusto, searches in SQL, data frames.
    each(b"tables", &[]),
    each(b"Tables", &[]),
    rows(b"Rows", &[b"Columns"]),
    rows(b"rows", &[b"columns"]),
    rows(b"values", &[b"columns"]),
    rows(b"data", &[b"columns"]),
    rows(b"rows", &[b"fields"]),
    // Loki's push requests and query responses.
    each(b"streams", &[]),
    each(b"data.result", &[]),
    each(b"values", &[b"stream.host", b"stream.hostname", b"stream.instance"]),
];

/// GELF writes a field of the record as a member whose name begins with an underscore.
static GELF: Names = Names { prefix: b"_", flat: &[], capital: false, renamed: &[] };

static WAZUH: Names = Names {
    prefix: b"",
    flat: &[(b"system", false), (b"eventdata", true)],
    capital: true,
    renamed: &[(b"providerName", b"SourceName")],
};

const AUDIT: &[Piece] = &[
    Piece::Text(b"type="),
    Piece::Member(b"_AUDIT_TYPE_NAME"),
    Piece::Text(b" msg=audit("),
    Piece::Seconds(b"_SOURCE_REALTIME_TIMESTAMP"),
    Piece::Text(b":"),
    Piece::Member(b"_AUDIT_ID"),
    Piece::Text(b"): "),
    Piece::Tail(b"MESSAGE"),
];
