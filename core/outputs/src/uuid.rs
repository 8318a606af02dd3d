//! UUIDs (RFC 4122) that are the same everywhere for the same name.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The UUID of version 5 of a name in a namespace, in lower-case hex with hyphens.
pub(crate) fn uuid(namespace: u128, name: &str) -> String {
    of_version(5, namespace, name)
}

/// A UUID of version 4 whose bits come from a digest instead of a random source, where a format asks for that version.
pub(crate) fn uuid4(namespace: u128, name: &str) -> String {
    of_version(4, namespace, name)
}

fn of_version(version: u128, namespace: u128, name: &str) -> String {
    let mut message = Vec::from(namespace.to_be_bytes());
    message.extend_from_slice(name.as_bytes());
    let digest = sha1(message);
    let number = digest[..16].iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    // The version, and the variant of the RFC.
    let number = number & !(0xf << 76) & !(0x3 << 62) | version << 76 | 2 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        number >> 96,
        number >> 80 & 0xffff,
        number >> 64 & 0xffff,
        number >> 48 & 0xffff,
        number & 0xffff_ffff_ffff
    )
}

/// SHA-1 (FIPS 180-4), which UUIDs of version 5 ask for. It protects nothing here.
fn sha1(mut message: Vec<u8>) -> [u8; 20] {
    let bits = message.len() as u64 * 8;
    message.push(0x80);
    message.resize(message.len().next_multiple_of(64), 0);
    if message.len() * 8 < bits as usize + 72 {
        message.resize(message.len() + 64, 0);
    }
    let end = message.len() - 8;
    message[end..].copy_from_slice(&bits.to_be_bytes());
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in message.chunks_exact(64) {
        let mut words = [0_u32; 80];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        for at in 16..80 {
            words[at] = (words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (round, word) in words.iter().enumerate() {
            let (mixed, constant) = match round / 20 {
                0 => (b & c | !b & d, 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e).wrapping_add(constant).wrapping_add(*word);
            (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
        }
        for (sum, part) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(part);
        }
    }
    let mut digest = [0; 20];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn digests_are_those_of_the_standard() {
        assert_eq!(hex(&sha1(b"abc".to_vec())), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hex(&sha1(Vec::new())), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        let two_blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(hex(&sha1(two_blocks.to_vec())), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
        // Lengths around the end of a block, where the padding takes another one.
        assert_eq!(hex(&sha1(alloc::vec![b'a'; 55])), "c1c8bbdc22796e28c0e15163d20899b65621d65a");
        assert_eq!(hex(&sha1(alloc::vec![b'a'; 64])), "0098ba824b5c16427bd7a1122a5a442a25ec644d");
    }

    #[test]
    fn a_name_gives_the_uuid_that_others_give() {
        // Python: uuid.uuid5(uuid.NAMESPACE_DNS, "python.org")
        let dns = 0x6ba7_b810_9dad_11d1_80b4_00c0_4fd4_30c8;
        assert_eq!(uuid(dns, "python.org"), "886313e1-3b8a-5372-9b90-0c9aee199e5d");
    }
}
