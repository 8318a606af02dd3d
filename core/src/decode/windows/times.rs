//! Times in the spellings of exporters and tools that [`Timestamp::parse`] does not read.

use alloc::string::String;
use core::fmt::Write;

use crate::time::{HOUR, MILLISECOND, MINUTE, SECOND, Timestamp};

/// Reads a time in any spelling of exported Windows records.
pub(super) fn parse(text: &[u8]) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| parse_other(text.trim_ascii()))
}

fn parse_other(text: &[u8]) -> Option<Timestamp> {
    spaced_zone(text)
        .or_else(|| since_epoch(text))
        .or_else(|| json_date(text))
        .or_else(|| of_a_locale(text))
        .or_else(|| compact(text))
        .or_else(|| with_month_name(text))
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

/// Seconds since 1970 with any fraction, or whole milliseconds (13 digits), microseconds (16) or nanoseconds (19); or
/// intervals of 100 ns since 1601 (18), as Windows counts.
fn since_epoch(text: &[u8]) -> Option<Timestamp> {
    const LEAST_SECONDS: usize = 9;
    let whole = text.iter().position(|&b| b == b'.').unwrap_or(text.len());
    match whole {
        LEAST_SECONDS..=11 => Timestamp::parse_unix(text),
        12..=14 if whole == text.len() => milliseconds(text),
        15..=17 if whole == text.len() => number(text)?.checked_mul(1_000).map(Timestamp),
        18 if whole == text.len() => number(text)?.checked_sub(UNIX_EPOCH)?.checked_mul(100).map(Timestamp),
        19 if whole == text.len() => number(text).map(Timestamp),
        _ => None,
    }
}

/// 1970-01-01 in intervals of 100 ns since 1601-01-01.
const UNIX_EPOCH: i64 = 116_444_736_000_000_000;

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

/// `20260217T130520Z`, with any fraction and zone.
fn compact(text: &[u8]) -> Option<Timestamp> {
    let (date, time) = text.split_at_checked(8)?;
    let (clock, rest) = time.strip_prefix(b"T")?.split_at_checked(6)?;
    let mut full = [0; 48];
    let parts: [&[u8]; 11] =
        [&date[..4], b"-", &date[4..6], b"-", &date[6..], b"T", &clock[..2], b":", &clock[2..4], b":", &clock[4..]];
    let mut end = 0;
    for part in parts.into_iter().chain([rest]) {
        full.get_mut(end..end + part.len())?.copy_from_slice(part);
        end += part.len();
    }
    Timestamp::parse(full.get(..end)?)
}

/// `Feb 17, 2026 1:05:20 PM`, `Feb 17, 2026 @ 13:05:20` (Kibana), `Tue, 17 Feb 2026 13:05:20 GMT`, `Tue Feb 17 13:05:20 2026`, with any fraction.
fn with_month_name(text: &[u8]) -> Option<Timestamp> {
    const MONTHS: [&[u8]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let (mut day, mut month, mut year, mut clock) = (None, None, None, None);
    // The rest of the text after the time of day is a zone or a half of the day.
    let (mut half, mut zone) = (&b""[..], &b""[..]);
    let is_between = |b: &u8| b.is_ascii_whitespace() || matches!(b, b',' | b'@');
    for word in text.split(is_between).filter(|word| !word.is_empty()) {
        if word.contains(&b':') && !matches!(word.first(), Some(b'+' | b'-')) {
            clock = Some(word);
        } else if let Some(value) = number(word) {
            let slot = if word.len() == 4 { &mut year } else { &mut day };
            *slot = slot.or(Some(value));
        } else if word.eq_ignore_ascii_case(b"AM") || word.eq_ignore_ascii_case(b"PM") {
            half = word;
        } else if matches!(word.first(), Some(b'+' | b'-')) {
            zone = word;
        } else if let Some(found) = MONTHS
            .iter()
            .position(|name| month.is_none() && word.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case(name)))
        {
            month = Some(found as i64 + 1);
        } else if !word.iter().all(u8::is_ascii_alphabetic) {
            return None;
        }
    }
    let mut line = String::new();
    let clock = core::str::from_utf8(clock?).ok()?;
    let (half, zone) = (core::str::from_utf8(half).ok()?, core::str::from_utf8(zone).ok()?);
    write!(line, "{:02}/{:02}/{:04} {clock} {half}", month?, day?, year?).ok()?;
    let local = if half.is_empty() { of_numbers(line.as_bytes(), true) } else { of_a_locale(line.as_bytes()) }?;
    if zone.is_empty() {
        return Some(local);
    }
    let zone = Timestamp::parse(alloc::format!("1970-01-01T00:00:00{zone}").as_bytes())?;
    Some(local + zone.nanos())
}

/// `2/17/2026 1:05:20 PM`, `17.02.2026 13:05:20`, `17/02/2026 13:05:20`, `2026/02/17 13:05:20`, each with any fraction and
/// perhaps a comma after the date.
///
/// The month comes first on a 12-hour clock; the day comes first with dots or on a 24-hour clock, unless the numbers
/// rule that out.
fn of_a_locale(text: &[u8]) -> Option<Timestamp> {
    of_numbers(text, false)
}

/// Reads a date in numbers; `month_first` states that the month comes first, whatever the clock.
fn of_numbers(text: &[u8], month_first: bool) -> Option<Timestamp> {
    let mut rest = text;
    let mut first = take_number(&mut rest)?;
    let separator = take_byte(&mut rest).filter(|b| matches!(b, b'/' | b'.' | b'-'))?;
    let second = take_number(&mut rest)?;
    take_byte(&mut rest).filter(|&b| b == separator)?;
    let mut year = take_number(&mut rest)?;
    let year_first = first > 31;
    if year_first {
        core::mem::swap(&mut first, &mut year);
    }
    if !(1970..2262).contains(&year) {
        return None;
    }
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
        _ if month_first => true,
        // Then `first` is the day after the swap.
        _ if year_first || first > 12 => false,
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
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    digits.iter().try_fold(0_i64, |n, &b| {
        b.is_ascii_digit().then(|| i64::from(b - b'0')).and_then(|d| n.checked_mul(10)?.checked_add(d))
    })
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
            "2026/02/17 13:05:20.004",
            "1771333520004000",
            "1771333520004000000",
            "134158071200040000",
            "20260217T130520.004Z",
            "Feb 17, 2026 1:05:20.004 PM",
            "Feb 17, 2026 @ 13:05:20.004",
            "17 February 2026 13:05:20.004",
            "Tue, 17 Feb 2026 13:05:20.004 GMT",
            "Tue, 17 Feb 2026 14:05:20.004 +0100",
            "Tue Feb 17 13:05:20.004 2026",
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
