//! Times in the spellings of exporters and tools that [`Timestamp::parse`] does not read.

use crate::time::{HOUR, MILLISECOND, MINUTE, SECOND, Timestamp};

/// Reads a time in any spelling of exported Windows records.
pub(super) fn parse(text: &[u8]) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| parse_other(text.trim_ascii()))
}

fn parse_other(text: &[u8]) -> Option<Timestamp> {
    spaced_zone(text).or_else(|| since_epoch(text)).or_else(|| json_date(text)).or_else(|| of_a_locale(text))
}

/// `2026-02-17 13:05:20.004 +01:00`: a blank before the zone.
fn spaced_zone(text: &[u8]) -> Option<Timestamp> {
    let blank = text.iter().rposition(|&b| b == b' ').filter(|&at| at >= 19)?;
    let (local, zone) = (text.get(..blank)?, text.get(blank + 1..)?);
    let mut joined = [0; 48];
    let end = local.len() + zone.len();
    joined.get_mut(..local.len())?.copy_from_slice(local);
    joined.get_mut(local.len()..end)?.copy_from_slice(zone);
    Timestamp::parse(joined.get(..end)?)
}

/// Seconds since 1970 with any fraction, or whole milliseconds (thirteen digits).
fn since_epoch(text: &[u8]) -> Option<Timestamp> {
    const LEAST_SECONDS: usize = 9;
    let whole = text.iter().position(|&b| b == b'.').unwrap_or(text.len());
    match whole {
        LEAST_SECONDS..=11 => Timestamp::parse_unix(text),
        12..=14 if whole == text.len() => milliseconds(text),
        _ => None,
    }
}

fn milliseconds(digits: &[u8]) -> Option<Timestamp> {
    number(digits).and_then(|n| n.checked_mul(MILLISECOND)).map(Timestamp)
}

/// `/Date(1771333520004)/`, with or without escaped slashes: times in JSON of Windows PowerShell and older .NET.
fn json_date(text: &[u8]) -> Option<Timestamp> {
    const DATE: &[u8] = b"Date(";
    let at = text.windows(DATE.len()).position(|part| part == DATE)? + DATE.len();
    let rest = text.get(at..)?;
    let end = rest.iter().position(|b| !b.is_ascii_digit())?;
    milliseconds(rest.get(..end)?)
}

/// `2/17/2026 1:05:20 PM`, `17.02.2026 13:05:20`, `17/02/2026 13:05:20`, each with any fraction and perhaps a comma
/// after the date.
///
/// The month comes first on a 12-hour clock; the day comes first with dots or on a 24-hour clock, unless the numbers
/// rule that out.
fn of_a_locale(text: &[u8]) -> Option<Timestamp> {
    let mut rest = text;
    let first = take_number(&mut rest)?;
    let separator = take_byte(&mut rest).filter(|b| matches!(b, b'/' | b'.' | b'-'))?;
    let second = take_number(&mut rest)?;
    take_byte(&mut rest).filter(|&b| b == separator)?;
    let year = take_number(&mut rest).filter(|year| (1970..2262).contains(year))?;
    if rest.first() == Some(&b',') {
        take_byte(&mut rest);
    }
    rest = rest.trim_ascii_start();
    let hour = take_number(&mut rest)?;
    take_byte(&mut rest).filter(|&b| b == b':')?;
    let minute = take_number(&mut rest)?;
    let mut nanos = 0;
    if rest.first() == Some(&b':') {
        take_byte(&mut rest);
        nanos = take_number(&mut rest).filter(|&s| s <= 60)? * SECOND;
        if rest.first() == Some(&b'.') {
            take_byte(&mut rest);
            nanos += fraction(&mut rest)?;
        }
    }
    let half = half_of_day(rest)?;
    let month_first = match half {
        _ if first > 12 => false,
        _ if second > 12 => true,
        half => half.is_some(),
    };
    let (month, day) = if month_first { (first, second) } else { (second, first) };
    let hour = match half {
        None => hour,
        Some(_) if hour > 12 => return None,
        Some(afternoon) => hour % 12 + if afternoon { 12 } else { 0 },
    };
    if hour > 23 || minute > 59 || month > 12 || day > 31 {
        return None;
    }
    let mut date = *b"0000-00-00T00:00:00";
    for (at, len, value) in [(0, 4, year), (5, 2, month), (8, 2, day)] {
        let mut value = value;
        for slot in date.get_mut(at..at + len)?.iter_mut().rev() {
            *slot = b'0' + u8::try_from(value % 10).ok()?;
            value /= 10;
        }
    }
    Timestamp::parse(&date).map(|midnight| midnight + (hour * HOUR + minute * MINUTE + nanos))
}

/// Whether the time ends with `PM` (true), `AM` (false) or neither; `None` for any other ending.
fn half_of_day(text: &[u8]) -> Option<Option<bool>> {
    // .NET writes a narrow no-break space before it.
    let text = text.strip_prefix(b"\xE2\x80\xAF").unwrap_or(text).trim_ascii();
    if text.is_empty() {
        Some(None)
    } else if text.eq_ignore_ascii_case(b"AM") {
        Some(Some(false))
    } else if text.eq_ignore_ascii_case(b"PM") {
        Some(Some(true))
    } else {
        None
    }
}

fn take_byte(rest: &mut &[u8]) -> Option<u8> {
    let (&byte, tail) = rest.split_first()?;
    *rest = tail;
    Some(byte)
}

fn take_number(rest: &mut &[u8]) -> Option<i64> {
    let end = rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, tail) = rest.split_at_checked(end)?;
    *rest = tail;
    number(digits).filter(|_| digits.len() <= 4)
}

fn fraction(rest: &mut &[u8]) -> Option<i64> {
    let end = rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, tail) = rest.split_at_checked(end)?;
    *rest = tail;
    let used = digits.get(..digits.len().min(9))?;
    Some(number(used)? * 10_i64.pow(9 - used.len() as u32))
}

fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0_i64, |n, &b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::string::ToString;

    #[test]
    fn exporters_spell_one_instant_in_many_ways() {
        for text in [
            "2026-02-17T13:05:20.004Z",
            "2026-02-17 14:05:20.004 +01:00",
            "1771333520.004",
            "1771333520004",
            "/Date(1771333520004)/",
            r"\/Date(1771333520004)\/",
            "2/17/2026, 1:05:20.004 PM",
            "2/17/2026 1:05:20.004\u{202f}PM",
            "02/17/2026 13:05:20.004",
            "17.02.2026 13:05:20.004",
            "17/02/2026 13:05:20.004",
        ] {
            let time = parse(text.as_bytes()).map(|time| time.to_string());
            assert_eq!(time.as_deref(), Some("2026-02-17T13:05:20.004000000Z"), "{text}");
        }
        let first_of_march = parse(b"1/3/2026 0:05:20").map(|time| time.to_string());
        assert_eq!(first_of_march.as_deref(), Some("2026-03-01T00:05:20.000000000Z"));
        let midnight = parse(b"3/1/2026 12:00:00 AM").map(|time| time.to_string());
        assert_eq!(midnight.as_deref(), Some("2026-03-01T00:00:00.000000000Z"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "17",
            "12345678",
            "2/30/2026 1:00:00 AM",
            "13/13/2026 1:00:00",
            "1/2/2026 13:00 PM",
            "/Date()/",
            "1/2/2026 1:00 XM",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
