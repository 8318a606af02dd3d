//! Which of a record's times to use.
//!
//! Sysmon writes `UtcTime` itself. The time in the envelope of an evtx record is UTC, too, but exporters of flat JSON
//! write local time, sometimes on a 12-hour clock, sometimes with a wrong `Z`. The time of shipping (`@timestamp`)
//! shows the zone of the local time, unless it is a copy of it.

use super::super::DecodeErrorKind;
use super::fault::Fault;
use super::fields::{FieldName, Fields};
use super::times;
use crate::time::{HOUR, MINUTE, SECOND, Timestamp};
use crate::util::saved::saved;

/// The times of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    /// The best time of the record.
    pub(super) time: Timestamp,
    /// The envelope's time, if its zone is unknown and `time` comes from elsewhere.
    pub(super) envelope: Option<Timestamp>,
    /// `time` is an envelope's time of unknown zone.
    pub(super) is_envelope: bool,
}

/// The last difference between `UtcTime` and the envelope's time in a stream.
#[derive(Debug, Default)]
pub(super) struct Drift(Option<i64>);

/// Time zones differ by multiples of this.
const QUARTER: i64 = 15 * MINUTE;
/// The largest difference between two times that time zones explain.
const FARTHEST_ZONE: i64 = 26 * HOUR;
/// Longest delay of shipping with which the time of shipping still shows the zone.
const SHIPPING: i64 = 2 * MINUTE;
/// Largest difference between `UtcTime` of a network connection and the envelope, as Sysmon writes these records late.
const NETWORK_DELAY: i64 = 10 * MINUTE;

impl Clock {
    /// The times of a record whose data have no time.
    pub(super) fn of_envelope(fields: &Fields<'_>) -> Result<Self, Fault> {
        let Some((time, known)) = envelope(fields)? else {
            return Err(Fault { kind: DecodeErrorKind::Missing, field: "TimeCreated" });
        };
        Ok(Self { time, envelope: None, is_envelope: !known })
    }

    /// The times of a Sysmon record. `UtcTime` of a network connection (`delayed`) can be wrong by days; it is used
    /// only if it agrees with the records around it.
    pub(super) fn of_sysmon(fields: &Fields<'_>, delayed: bool, drift: &mut Drift) -> Result<Self, Fault> {
        let Some(text) = fields.bytes(FieldName::UtcTime).filter(|text| !text.is_empty()) else {
            return Self::of_envelope(fields);
        };
        let time = parse(text, "UtcTime")?;
        // The envelope's time is not needed here, so a malformed one is no error.
        let local = fields.bytes(FieldName::LocalTime).and_then(times::parse);
        if delayed {
            if let Ok(Some((other, known))) = envelope(fields) {
                let expected = if known { Some(0) } else { drift.0 };
                if !agree(time.0.saturating_sub(other.0), expected) {
                    return Ok(Self { time: other, envelope: None, is_envelope: !known });
                }
            }
        } else if let Some(local) = local {
            drift.0 = Some(time.0.saturating_sub(local.0));
        }
        Ok(Self { time, envelope: local, is_envelope: false })
    }
}

/// Whether time zones explain this difference between two times.
fn agree(apart: i64, expected: Option<i64>) -> bool {
    match expected {
        Some(expected) => apart.saturating_sub(expected).saturating_abs() <= NETWORK_DELAY,
        None => {
            let rest = apart.saturating_sub(nearest_zone(apart)).saturating_abs();
            apart.saturating_abs() <= FARTHEST_ZONE && rest <= SHIPPING
        }
    }
}

/// The envelope's time, and whether it is known to be UTC.
fn envelope(fields: &Fields<'_>) -> Result<Option<(Timestamp, bool)>, Fault> {
    if let Some(text) = fields.bytes(FieldName::SystemTime) {
        return parse(text, "TimeCreated").map(|time| Some((time, true)));
    }
    let local = fields.bytes(FieldName::LocalTime);
    let shipped = fields.bytes(FieldName::ShippedTime).and_then(times::parse);
    Ok(match (local, shipped) {
        (None, shipped) => shipped.map(|time| (time, true)),
        (Some(text), shipped) => {
            let local = parse(text, "TimeCreated")?;
            Some(match shipped {
                _ if has_offset(text) => (local, true),
                None => (local, false),
                // A copy of the local time does not show the zone.
                Some(shipped) if shipped == local => (local, false),
                Some(shipped) => (in_zone(local, shipped), true),
            })
        }
    })
}

/// The local time in UTC, by the zone that the time of shipping shows. If shipping took too long to show it, the time
/// of shipping.
fn in_zone(local: Timestamp, shipped: Timestamp) -> Timestamp {
    let apart = shipped.0.saturating_sub(local.0);
    let zone = nearest_zone(apart);
    let late = apart.saturating_sub(zone);
    if zone.saturating_abs() <= FARTHEST_ZONE && (-2 * SECOND..=SHIPPING).contains(&late) {
        local + zone
    } else {
        shipped
    }
}

fn nearest_zone(apart: i64) -> i64 {
    let half = if apart < 0 { -QUARTER / 2 } else { QUARTER / 2 };
    apart.saturating_add(half) / QUARTER * QUARTER
}

/// Whether a time ends with an offset such as `+HH:MM`. A `Z` does not count, because some exporters add it to local
/// times.
fn has_offset(text: &[u8]) -> bool {
    text.get(19..).is_some_and(|zone| zone.iter().any(|b| matches!(b, b'+' | b'-')))
}

fn parse(text: &[u8], field: &'static str) -> Result<Timestamp, Fault> {
    times::parse(text).ok_or(Fault { kind: DecodeErrorKind::BadValue, field })
}

saved!(Drift { 0 });
