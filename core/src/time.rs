//! [`Timestamp`], and parsers of the time formats in telemetry.
//!
//! The library never asks a clock. All times come from events or from the embedder, in nanoseconds since the Unix
//! epoch, UTC.

use core::fmt;
use core::ops::{Add, Sub};

/// Nanoseconds in one second.
pub const SECOND: i64 = 1_000_000_000;
/// Nanoseconds in one millisecond.
pub const MILLISECOND: i64 = 1_000_000;
/// Nanoseconds in one minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Nanoseconds in one hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Nanoseconds in one day.
pub const DAY: i64 = 24 * HOUR;

/// An instant: nanoseconds since 1970-01-01T00:00:00 UTC. Covers the years 1677 to 2262; arithmetic saturates.
///
/// ```
/// use ipcsentry::Timestamp;
/// let t = Timestamp::parse(b"2020-05-02T18:01:54.8639890Z").unwrap();
/// assert_eq!(t.to_string(), "2020-05-02T18:01:54.863989000Z");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The earliest instant that can be expressed.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant that can be expressed.
    pub const MAX: Self = Self(i64::MAX);

    /// From whole seconds and nanoseconds since the epoch; saturates.
    #[must_use]
    pub const fn from_unix(seconds: i64, nanos: i64) -> Self {
        Self(seconds.saturating_mul(SECOND).saturating_add(nanos))
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The distance to another instant in nanoseconds, never negative; saturates.
    #[must_use]
    pub const fn distance(self, other: Self) -> i64 {
        let d = self.0.saturating_sub(other.0);
        if d == i64::MIN { i64::MAX } else { d.abs() }
    }

    /// Parses `YYYY-MM-DD`, a space or `T`, `HH:MM:SS`, an optional fraction after `.` or `,`, and an optional
    /// zone: `Z`, `+HHMM`, `+HH:MM` or `+HH` (none means UTC). Fractions beyond nanoseconds are cut.
    ///
    /// It reads the times of Sysmon (`UtcTime`), EVTX (`SystemTime`), NXLog, eslogger and the unified log. Returns
    /// `None` for any other text, impossible dates, and instants outside the range of [`Timestamp`].
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (local, zone) = split_zone(text)?;
        if local.len() < 19 || !matches!(local[10], b' ' | b'T' | b't') {
            return None;
        }
        let (y, mo, d) = (digits(&local[0..4])?, digits(&local[5..7])?, digits(&local[8..10])?);
        let (h, mi, s) = (digits(&local[11..13])?, digits(&local[14..16])?, digits(&local[17..19])?);
        if local[4] != b'-' || local[7] != b'-' || local[13] != b':' || local[16] != b':' {
            return None;
        }
        if !(1..=12).contains(&mo) || d < 1 || d > days_in_month(y, mo) || h > 23 || mi > 59 || s > 60 {
            return None;
        }
        let nanos = match local.get(19) {
            None => 0,
            Some(b'.' | b',') => fraction(&local[20..])?,
            Some(_) => return None,
        };
        let seconds = days_from_civil(y, mo, d) * 86_400 + h * 3_600 + mi * 60 + s - zone;
        seconds.checked_mul(SECOND)?.checked_add(nanos).map(Self)
    }

    /// Parses `SECONDS.MILLIS` (auditd) or seconds with any fraction, since the epoch. `None` if it is neither.
    #[must_use]
    pub fn parse_unix(text: &[u8]) -> Option<Self> {
        let dot = text.iter().position(|&b| b == b'.').unwrap_or(text.len());
        let (negative, whole) = match text[..dot].strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, &text[..dot]),
        };
        if whole.is_empty() || whole.len() > 11 {
            return None;
        }
        let nanos = if dot < text.len() { fraction(&text[dot + 1..])? } else { 0 };
        let value = digits(whole)?.checked_mul(SECOND)?.checked_add(nanos)?;
        Some(Self(if negative { -value } else { value }))
    }
}

impl Add<i64> for Timestamp {
    type Output = Self;
    fn add(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }
}

impl Sub<i64> for Timestamp {
    type Output = Self;
    fn sub(self, nanos: i64) -> Self {
        Self(self.0.saturating_sub(nanos))
    }
}

/// RFC 3339 with nine decimals, UTC.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(SECOND);
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (y, m, d) = civil_from_days(days);
        // An alert prints dozens of times, and nested formatting takes ten times as long.
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        let fields = [
            (0..4, y),
            (5..7, m),
            (8..10, d),
            (11..13, of_day / 3_600),
            (14..16, of_day / 60 % 60),
            (17..19, of_day % 60),
            (20..29, self.0.rem_euclid(SECOND)),
        ];
        for (place, mut number) in fields {
            for digit in text[place].iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
        f.write_str(core::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// Splits a trailing zone off and returns its offset in seconds east of UTC.
fn split_zone(text: &[u8]) -> Option<(&[u8], i64)> {
    if let Some(rest) = text.strip_suffix(b"Z").or_else(|| text.strip_suffix(b"z")) {
        return Some((rest, 0));
    }
    let Some(at) = text.iter().skip(19).position(|&b| matches!(b, b'+' | b'-')).map(|p| p + 19) else {
        return Some((text, 0));
    };
    let (local, zone) = text.split_at(at);
    let sign = if zone[0] == b'-' { -1 } else { 1 };
    let (h, m) = match zone[1..] {
        [a, b] => (digits(&[a, b])?, 0),
        [a, b, b':', c, d] | [a, b, c, d] => (digits(&[a, b])?, digits(&[c, d])?),
        _ => return None,
    };
    if h > 18 || m > 59 {
        return None;
    }
    Some((local, sign * (h * 3_600 + m * 60)))
}

fn fraction(text: &[u8]) -> Option<i64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let used = &text[..text.len().min(9)];
    Some(digits(used)? * 10_i64.pow(9 - used.len() as u32))
}

fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    text.iter().try_fold(0_i64, |n, &b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

const fn is_leap(y: i64) -> bool {
    (y % 4 == 0 && y % 100 != 0) || y % 400 == 0
}

const fn days_in_month(y: i64, m: i64) -> i64 {
    match m {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(y) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since the epoch of a proleptic Gregorian date.
const fn days_from_civil(y: i64, m: i64, d: i64) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    let y = yoe + era * 400 + if m <= 2 { 1 } else { 0 };
    (y, m, doy - (153 * mp + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn every_spelling_of_one_instant_is_the_same() {
        let t = Timestamp::from_unix(1_588_442_514, 863_989_000);
        for text in [
            "2020-05-02T18:01:54.8639890Z",
            "2020-05-02T18:01:54.863989Z",
            "2020-05-02 18:01:54.863989",
            "2020-05-02 14:01:54.863989-0400",
            "2020-05-02 20:01:54,863989+02:00",
        ] {
            assert_eq!(Timestamp::parse(text.as_bytes()), Some(t), "{text}");
        }
        assert_eq!(Timestamp::parse_unix(b"1588442514.863989"), Some(t));
    }

    #[test]
    fn impossible_texts_are_refused() {
        for text in [
            "",
            "2020-13-01T00:00:00Z",
            "2021-02-29 00:00:00",
            "2020-05-02",
            "2020-05-02T18:01",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(Timestamp::parse(text.as_bytes()), None, "{text}");
        }
    }
}
