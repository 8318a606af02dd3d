//! Wrappers that shippers, relays and stores put around records, as data: where the record stands in them, and where
//! they say the host and the time. Product names are examples: a wrapper is told by what is inside it.

/// A wrapper.
pub(super) struct Envelope {
    /// The member that holds the record; of a list each element is one.
    pub(super) path: &'static [u8],
    pub(super) body: Body,
    /// Members of which the first that has a text names the host.
    pub(super) host: &'static [&'static [u8]],
    /// Members that must be there, too.
    pub(super) with: &'static [&'static [u8]],
}

/// How a wrapper holds its record.
pub(super) enum Body {
    /// As a value: an object, or its text in a string.
    Value,
    /// As the elements of a list.
    Each,
    /// As its own members, by other names.
    Members(&'static Names),
    /// As a list of its members, each an object of a key and a value that says its own type (OpenTelemetry's maps).
    Pairs,
    /// In pieces that are put together.
    Pieces(&'static [Piece]),
}

/// How members are named in the record that a wrapper was made of.
pub(super) struct Names {
    /// What their names begin with here; others are left out.
    pub(super) prefix: &'static [u8],
    /// Objects whose members stand in the record itself, and whether the values of one are escaped twice.
    pub(super) flat: &'static [(&'static [u8], bool)],
    /// They begin with a capital letter there.
    pub(super) capital: bool,
    /// Members that have another name there.
    pub(super) renamed: &'static [(&'static [u8], &'static [u8])],
}

/// A piece of a line that is put together.
pub(super) enum Piece {
    Text(&'static [u8]),
    /// A member's text.
    Member(&'static [u8]),
    /// A member's microseconds as seconds with three decimals.
    Seconds(&'static [u8]),
    /// A member's text without its first word.
    Tail(&'static [u8]),
}

const fn value(path: &'static [u8], host: &'static [&'static [u8]]) -> Envelope {
    Envelope { path, body: Body::Value, host, with: &[] }
}

const fn each(path: &'static [u8], host: &'static [&'static [u8]]) -> Envelope {
    Envelope { path, body: Body::Each, host, with: &[] }
}

/// Where shippers put the name of the host.
pub(super) const HOST: &[&[u8]] =
    &[b"host.name", b"host.hostname", b"host", b"hostname", b"_HOSTNAME", b"agent.hostname", b"kubernetes.host"];

/// Where wrappers say the time, in the order of what is nearest to when it happened.
pub(super) const TIME: &[&[u8]] = &[
    b"@timestamp",
    b"_time",
    b"result._time",
    b"timestamp",
    b"time",
    b"date",
    b"timeUnixNano",
    b"__REALTIME_TIMESTAMP",
    b"recv_time",
];

/// The wrappers; the first in which a known record stands counts.
pub(super) const ENVELOPES: &[Envelope] = &[
    // Splunk: search exports, the collector, and what Cribl passes on.
    value(b"result._raw", &[b"result.host"]),
    value(b"_raw", &[b"host"]),
    value(b"result", &[b"result.host"]),
    each(b"results", &[]),
    // Defender's API, and others of Microsoft's.
    each(b"Results", &[]),
    each(b"value", &[]),
    value(b"event", &[b"host"]),
    // Elasticsearch: hits, search answers, Kibana's exports, and what a pipeline kept of the original.
    value(b"_source", &[]),
    each(b"hits.hits", &[]),
    Envelope { path: b"fields", body: Body::Value, host: &[], with: &[b"_index"] },
    value(b"event.original", HOST),
    // Wazuh: Windows events with names of its own, and the line as it came.
    Envelope { path: b"data.win", body: Body::Members(&WAZUH), host: &[], with: &[] },
    value(b"full_log", &[b"predecoder.hostname", b"agent.name"]),
    // journald: audit records without their head.
    Envelope { path: b"MESSAGE", body: Body::Pieces(AUDIT), host: &[b"_HOSTNAME"], with: &[b"_AUDIT_TYPE_NAME"] },
    value(b"MESSAGE", &[b"_HOSTNAME"]),
    // GELF: the record's members, or its text.
    Envelope { path: b"short_message", body: Body::Members(&GELF), host: &[b"host"], with: &[] },
    value(b"full_message", &[b"host"]),
    value(b"short_message", &[b"host"]),
    // OpenTelemetry.
    each(b"resourceLogs", &[]),
    each(b"scopeLogs.logRecords", &[b"resource.attributes"]),
    value(b"body.stringValue", &[]),
    Envelope { path: b"body.kvlistValue.values", body: Body::Pairs, host: &[], with: &[] },
    // Shippers of lines: Beats, Vector, Fluent Bit, containers, Loki; MaxPatrol's raw events; batches of the clouds.
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
    // Loki, as its clients push lines and as it answers.
    each(b"streams", &[]),
    each(b"data.result", &[]),
    each(b"values", &[b"stream.host", b"stream.hostname", b"stream.instance"]),
];

/// A field of the record is a member with a line before its name.
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
