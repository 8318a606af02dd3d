//! Digits: decimal, octal and hex, in upper or lower case.

/// The decimal number at the beginning of a text, and its length.
#[inline]
pub(crate) fn leading_decimal(text: &[u8]) -> Option<(u64, usize)> {
    let (n, len) = digits(text);
    match len {
        0 => None,
        // Nineteen digits always fit in 64 bits.
        1..20 => Some((n, len)),
        _ => {
            let mut digits = text[..len].iter().map(|b| u64::from(b - b'0'));
            let n = digits.try_fold(0_u64, |n, digit| n.checked_mul(10)?.checked_add(digit))?;
            Some((n, len))
        }
    }
}

/// The number that a text's first digits write, modulo 2^64, and how many digits there are.
#[inline(always)]
pub(crate) fn digits(text: &[u8]) -> (u64, usize) {
    let mut n = 0_u64;
    for (at, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return (n, at);
        }
        n = n.wrapping_mul(10).wrapping_add(digit.into());
    }
    (n, text.len())
}

/// The decimal digits of a number.
pub(crate) const fn decimal(buffer: &mut [u8; 20], mut n: u64) -> &[u8] {
    let mut begin = buffer.len();
    loop {
        begin -= 1;
        buffer[begin] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            return buffer.split_at(begin).1;
        }
    }
}

/// The number of a text that consists of digits of `BITS` bits each: 3 for octal, 4 for hex. `None` when it is empty, has
/// another byte, or exceeds 64 bits.
pub(crate) fn whole<const BITS: u32>(digits: &[u8]) -> Option<u64> {
    let mut n = 0_u64;
    for &byte in digits {
        let digit = NIBBLE[usize::from(byte)];
        if u32::from(digit) >= 1 << BITS || n >> (u64::BITS - BITS) != 0 {
            return None;
        }
        n = n << BITS | u64::from(digit);
    }
    (!digits.is_empty()).then_some(n)
}

/// The value of each hex digit; 255 for any other byte.
static NIBBLE: [u8; 256] = {
    let mut table = [255; 256];
    let mut n = 0;
    while n < 16 {
        table[b"0123456789abcdef"[n] as usize] = n as u8;
        table[b"0123456789ABCDEF"[n] as usize] = n as u8;
        n += 1;
    }
    table
};

/// The number that a text's first hex digits write, modulo 2^64, and how many digits there are.
#[inline(always)]
pub(crate) fn hex_digits(text: &[u8]) -> (u64, usize) {
    let mut n = 0_u64;
    for (at, byte) in text.iter().enumerate() {
        let digit = NIBBLE[usize::from(*byte)];
        if digit > 15 {
            return (n, at);
        }
        n = n << 4 | u64::from(digit);
    }
    (n, text.len())
}

/// The byte that two hex digits write.
pub(crate) fn byte(high: u8, low: u8) -> Option<u8> {
    let (byte, bits) = pair(high, low);
    (bits < 16).then_some(byte)
}

/// The byte that two hex digits write, and a number that is at least 16 unless both are digits.
#[inline(always)]
pub(crate) fn pair(high: u8, low: u8) -> (u8, u8) {
    let (high, low) = (NIBBLE[usize::from(high)], NIBBLE[usize::from(low)]);
    (high << 4 | low, high | low)
}
