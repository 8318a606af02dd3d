//! Which of a record's clocks to believe.
//!
//! Sysmon writes `UtcTime` itself. The envelope of an evtx record is UTC too, but exporters of flat JSON write local
//! time, sometimes on a 12-hour clock, sometimes with a `Z` that is not true. A second, shipping-time stamp
//! (`@timestamp`) tells the zone only where it was not copied from the first.

use super::super::DecodeErrorKind;
use super::fault::Fault;
use super::fields::{FieldName, Fields};
use super::times;
use crate::time::{HOUR, MINUTE, SECOND, Timestamp};

/// The times of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    /// The best clock of the record.
    pub(super) time: Timestamp,
    /// The envelope's clock where its zone is not known and `time` is another.
    pub(super) envelope: Option<Timestamp>,
    /// `time` was read off an envelope of unknown zone.
    pub(super) is_envelope: bool,
}

/// What a decoder remembers of a stream's clocks: how far the envelope was behind `UtcTime` last time.
#[derive(Debug, Default)]
pub(super) struct Drift(Option<i64>);

/// Zones are whole quarters of an hour.
const QUARTER: i64 = 15 * MINUTE;
/// The farthest that two clocks are apart only by their zones.
const FARTHEST_ZONE: i64 = 26 * HOUR;
/// How late a shipper may stamp a record for its stamp to tell the zone.
const SHIPPING: i64 = 2 * MINUTE;
/// How far `UtcTime` of a network connection may be off the envelope; the sensor writes them late.
const NETWORK_DELAY: i64 = 10 * MINUTE;

impl Clock {
    /// The clock of a record without a time of its own.
    pub(super) fn of_envelope(fields: &Fields<'_>) -> Result<Self, Fault> {
        let Some((time, known)) = envelope(fields)? else {
            return Err(Fault { kind: DecodeErrorKind::Missing, field: "TimeCreated" });
        };
        Ok(Self { time, envelope: None, is_envelope: !known })
    }

    /// The clock of a Sysmon record. The sensor's time of network connections (`delayed`) can be days off; it is
    /// believed only where it agrees with the records around it.
    pub(super) fn of_sysmon(fields: &Fields<'_>, delayed: bool, drift: &mut Drift) -> Result<Self, Fault> {
        let Some(text) = fields.bytes(FieldName::UtcTime).filter(|text| !text.is_empty()) else {
            return Self::of_envelope(fields);
        };
        let time = parse(text, "UtcTime")?;
        // The envelope is not needed, so one that cannot be read is no fault.
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

/// Whether two clocks that far apart differ by no more than their zones.
fn agree(apart: i64, expected: Option<i64>) -> bool {
    match expected {
        Some(expected) => apart.saturating_sub(expected).saturating_abs() <= NETWORK_DELAY,
        None => {
            let rest = apart.saturating_sub(nearest_zone(apart)).saturating_abs();
            apart.saturating_abs() <= FARTHEST_ZONE && rest <= SHIPPING
        }
    }
}

/// The envelope's time and whether it is known to be UTC.
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
                // A copy of the first tells nothing.
                Some(shipped) if shipped == local => (local, false),
                Some(shipped) => (in_zone(local, shipped), true),
            })
        }
    })
}

/// The local time moved to the zone that the shipping time shows, or the shipping time itself when it was too late to
/// show one.
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

/// Whether a time text ends in `+HH:MM` or the like. A `Z` is not believed.
fn has_offset(text: &[u8]) -> bool {
    text.get(19..).is_some_and(|zone| zone.iter().any(|b| matches!(b, b'+' | b'-')))
}

fn parse(text: &[u8], field: &'static str) -> Result<Timestamp, Fault> {
    times::parse(text).ok_or(Fault { kind: DecodeErrorKind::BadValue, field })
}
