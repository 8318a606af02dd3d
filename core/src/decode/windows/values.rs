//! Numbers, ids and levels as Windows writes them.

use crate::event::{Integrity, UniqueId, guid_bytes};
use crate::util::digits::{leading_decimal, whole};

/// A number: decimal, `0x` hex, or (DistributedCOM's pids) hex without a prefix when `bare_hex` is set.
fn number_of(text: &[u8], bare_hex: bool) -> Option<u64> {
    let text = text.trim_ascii();
    // Data frames convert a column of integers with gaps to floating point.
    let text = text.strip_suffix(b".0").unwrap_or(text);
    match text.strip_prefix(b"0x").or_else(|| text.strip_prefix(b"0X")) {
        Some(hex) => whole::<4>(hex),
        None if bare_hex => whole::<4>(text),
        None => leading_decimal(text).filter(|(_, len)| *len == text.len()).map(|(n, _)| n),
    }
}

/// A decimal or `0x` hex number.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    number_of(text, false)
}

/// A number of 32 bits.
pub(super) fn number32(text: &[u8]) -> Option<u32> {
    number(text).and_then(|n| u32::try_from(n).ok())
}

/// A process id; `None` for 0, which stands for an unknown one.
pub(super) fn pid(text: &[u8]) -> Option<u32> {
    number32(text).filter(|&n| n != 0)
}

/// A process id in hex without a prefix.
pub(super) fn bare_hex_pid(text: &[u8]) -> Option<u32> {
    number_of(text, true).and_then(|n| u32::try_from(n).ok()).filter(|&n| n != 0)
}

/// A logon session; `None` for 0, which stands for an unknown one.
pub(super) fn session(text: &[u8]) -> Option<u64> {
    number(text).filter(|&n| n != 0)
}

/// A GUID with or without braces, in upper or lower case; all zeros stand for an unknown one. An id of another form is
/// kept as it is, if it is long enough: Elastic Endpoint's 64 characters of Base64, or Defender's `ProcessUniqueId`.
pub(super) fn guid(text: &[u8]) -> UniqueId<'_> {
    const LEAST: usize = 40;
    const LEAST_DIGITS: usize = 12;
    match guid_bytes(text) {
        Some(bytes) if bytes != [0; 16] => UniqueId::Guid(bytes),
        None if text.len() >= LEAST => UniqueId::Opaque(text),
        None if text.len() >= LEAST_DIGITS && text.iter().all(u8::is_ascii_digit) => UniqueId::Opaque(text),
        _ => UniqueId::None,
    }
}

/// Sysmon's `IntegrityLevel`, or the SID of Security's `MandatoryLabel`.
pub(super) fn integrity(text: &[u8]) -> Option<Integrity> {
    if let Some(level) = text.strip_prefix(b"S-1-16-") {
        return Some(match number(level)? {
            0..4096 => Integrity::Untrusted,
            4096..8192 => Integrity::Low,
            8192..12288 => Integrity::Medium,
            12288..16384 => Integrity::High,
            _ => Integrity::System,
        });
    }
    const LEVELS: [(&[u8], Integrity); 8] = [
        (b"Untrusted", Integrity::Untrusted),
        (b"Low", Integrity::Low),
        (b"AppContainer", Integrity::Low),
        (b"Medium", Integrity::Medium),
        (b"MediumPlus", Integrity::Medium),
        (b"High", Integrity::High),
        (b"System", Integrity::System),
        (b"Protected", Integrity::System),
    ];
    // Rendered messages have it as `Mandatory Label\High Mandatory Level`.
    let text = text.strip_prefix(br"Mandatory Label\").unwrap_or(text);
    let text = text.strip_suffix(b" Mandatory Level").unwrap_or(text);
    LEVELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|&(_, level)| level)
}

/// A logon type, by its number or its documented name.
pub(super) fn logon_type(text: &[u8]) -> Option<u32> {
    const NAMES: [(&[u8], u32); 11] = [
        (b"Interactive", 2),
        (b"Network", 3),
        (b"Batch", 4),
        (b"Service", 5),
        (b"Unlock", 7),
        (b"NetworkCleartext", 8),
        (b"NewCredentials", 9),
        (b"RemoteInteractive", 10),
        (b"CachedInteractive", 11),
        (b"CachedRemoteInteractive", 12),
        (b"CachedUnlock", 13),
    ];
    number32(text).or_else(|| NAMES.iter().find(|(name, _)| *name == text).map(|&(_, number)| number))
}

/// `true` and `false`, in any case.
pub(super) fn boolean(text: &[u8]) -> Option<bool> {
    if text.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if text.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}

/// The direction of a connection in Elastic Common Schema: true if the actor opened it.
pub(super) fn egress(text: &[u8]) -> Option<bool> {
    match text {
        b"egress" | b"outbound" => Some(true),
        b"ingress" | b"inbound" => Some(false),
        _ => None,
    }
}

/// Whether the `Keywords` of a Security record say "Audit Failure" (bit 52). Exporters write them as hex, as a signed
/// decimal or in words.
pub(super) fn is_audit_failure(keywords: &[u8]) -> bool {
    const AUDIT_FAILURE: u64 = 1 << 52;
    if keywords.eq_ignore_ascii_case(b"Audit Failure") {
        return true;
    }
    let bits = match keywords.strip_prefix(b"-") {
        Some(digits) => number(digits).map(u64::wrapping_neg),
        None => number(keywords),
    };
    bits.is_some_and(|bits| bits & AUDIT_FAILURE != 0)
}

#[cfg(test)]
mod tests {
    use super::{bare_hex_pid, guid, integrity, is_audit_failure, number, pid};
    use crate::event::{Integrity, UniqueId};

    #[test]
    fn numbers_in_every_spelling() {
        assert_eq!(number(b"0x15d4"), Some(0x15d4));
        assert_eq!(number(b" 42 "), Some(42));
        assert_eq!(number(b"0x"), None);
        assert_eq!(number(b"99999999999999999999"), None);
        assert_eq!(pid(b"0x0"), None);
        assert_eq!(bare_hex_pid(b"    1ce8"), Some(0x1ce8));
    }

    #[test]
    fn a_guid_is_the_same_with_and_without_braces() {
        let one = guid(b"{747f3d96-b592-5ead-0000-0010eccbc200}");
        assert_eq!(one, guid(b"747F3D96-B592-5EAD-0000-0010ECCBC200"));
        assert!(matches!(one, UniqueId::Guid(_)));
        for none in [&b"{00000000-0000-0000-0000-000000000000}"[..], b"", b"-", b"{747f3d96}"] {
            assert_eq!(guid(none), UniqueId::None);
        }
    }

    #[test]
    fn levels_and_refusals() {
        assert_eq!(integrity(b"AppContainer"), Some(Integrity::Low));
        assert_eq!(integrity(b"S-1-16-12288"), Some(Integrity::High));
        assert_eq!(integrity(b"?"), None);
        assert!(is_audit_failure(b"0x8010000000000000") && is_audit_failure(b"-9218868437227405312"));
        assert!(!is_audit_failure(b"0x8020000000000000") && !is_audit_failure(b"-9214364837600034816"));
    }
}
