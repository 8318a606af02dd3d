//! Reports of the library as JSON.

use alloc::string::ToString;
use alloc::vec::Vec;

use ipcsentry::decode::{DecodeError, DecodeErrorKind, Skip};
use ipcsentry::{Dropped, FeedReport, Judged, StreamReport};
use serde_json::{Value, json};

/// A call's report; with the report on the whole stream if the call closed it.
pub(crate) fn report(report: &FeedReport) -> Value {
    json!({
        "records": report.records,
        "events": report.events,
        "skipped": report.skipped,
        "error_count": report.error_count,
        "errors": errors(&report.errors),
        "stream": report.closed.as_deref().map(stream),
    })
}

/// Behaviors whose state was dropped.
pub(crate) fn dropped(dropped: &[Dropped]) -> Vec<Value> {
    dropped.iter().map(|one| json!({"behavior": one.behavior, "count": one.count})).collect()
}

fn stream(report: &StreamReport) -> Value {
    let formats = report.formats.iter().map(|one| json!({"format": one.format.name(), "records": one.records}));
    let skipped = report.skipped.iter().map(|one| json!({"why": skip(one.why), "records": one.records}));
    let kinds = report
        .errors
        .iter()
        .map(|one| json!({"kind": error_kind(one.kind), "count": one.count, "first": errors(&one.first)}));
    let ignored = report.ignored.iter().map(|one| json!({"what": one.what, "records": one.records}));
    json!({
        "judged": judged(report.judged()),
        "records": report.records,
        "events": report.events,
        "formats": formats.collect::<Vec<_>>(),
        "skipped": skipped.collect::<Vec<_>>(),
        "errors": kinds.collect::<Vec<_>>(),
        "ignored": ignored.collect::<Vec<_>>(),
        "ignored_others": report.ignored_others,
    })
}

fn errors(errors: &[DecodeError]) -> Vec<Value> {
    let one = |error: &DecodeError| {
        json!({
            "kind": error_kind(error.kind),
            "record": error.record,
            "offset": error.offset,
            "field": error.field,
            "message": error.to_string(),
        })
    };
    errors.iter().map(one).collect()
}

const fn judged(judged: Judged) -> &'static str {
    match judged {
        Judged::Yes => "yes",
        Judged::NothingOfInterest => "nothing_of_interest",
        Judged::NothingDecoded => "nothing_decoded",
        Judged::UnknownFormat => "unknown_format",
        _ => "empty",
    }
}

const fn skip(why: Skip) -> &'static str {
    match why {
        Skip::Blank => "blank",
        Skip::Framing => "framing",
        Skip::NotOfInterest => "not_of_interest",
        Skip::Incomplete => "incomplete",
        Skip::Failed => "failed",
        _ => "other",
    }
}

const fn error_kind(kind: DecodeErrorKind) -> &'static str {
    match kind {
        DecodeErrorKind::Malformed => "malformed",
        DecodeErrorKind::Missing => "missing",
        DecodeErrorKind::BadValue => "bad_value",
        DecodeErrorKind::TooLong => "too_long",
        DecodeErrorKind::TooDeep => "too_deep",
        DecodeErrorKind::Unknown => "unknown",
        DecodeErrorKind::Abandoned => "abandoned",
        _ => "other",
    }
}
