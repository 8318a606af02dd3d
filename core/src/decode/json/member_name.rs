//! The name of a member that is expected next.

/// The bytes in which the name of a member is compared.
const NAME: usize = 32;

/// The name of a member as it is written, with quotes and colon, to be compared without a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemberName {
    words: [u64; NAME / 8],
    /// 0 for a name that is too long to be compared: it is never found.
    length: u8,
}

impl MemberName {
    /// A name without escapes.
    pub(crate) const fn new(name: &[u8]) -> Self {
        let length = name.len() + 3;
        if length > NAME {
            return Self { words: [0; NAME / 8], length: 0 };
        }
        let mut words = [0; NAME / 8];
        let mut at = 0;
        while at < length {
            let byte = match at {
                0 => b'"',
                _ if at == length - 1 => b':',
                _ if at == length - 2 => b'"',
                _ => name[at - 1],
            };
            words[at / 8] |= (byte as u64) << (8 * (at % 8));
            at += 1;
        }
        Self { words, length: length as u8 }
    }

    /// Its bytes as written.
    pub(super) const fn length(&self) -> usize {
        self.length as usize
    }

    /// Whether a text begins with it up to its end, without the closing quote and the colon.
    #[inline]
    pub(super) fn opens(&self, text: &[u8; NAME]) -> bool {
        let (words, _) = text.as_chunks::<8>();
        let &[a, b, c, d] = words else { return false };
        let [m, n, o, p] = MASKS[usize::from(self.length).saturating_sub(2) % MASKS.len()];
        let [e, f, g, h] = self.words;
        let differ = |text: [u8; 8], mask: u64, name: u64| (u64::from_le_bytes(text) ^ name) & mask;
        let all = differ(a, m, e) | differ(b, n, f) | differ(c, o, g) | differ(d, p, h);
        all == 0 && self.length > 0
    }

    /// Whether a text begins with it.
    #[inline]
    pub(super) fn begins(&self, text: &[u8; NAME]) -> bool {
        let (words, _) = text.as_chunks::<8>();
        let &[a, b, c, d] = words else { return false };
        let [m, n, o, p] = MASKS[usize::from(self.length) % MASKS.len()];
        let [e, f, g, h] = self.words;
        // Four at once: no loop over them is faster than a search of the name.
        let differ = |text: [u8; 8], mask: u64, name: u64| (u64::from_le_bytes(text) & mask) ^ name;
        let all = differ(a, m, e) | differ(b, n, f) | differ(c, o, g) | differ(d, p, h);
        all == 0 && self.length > 0
    }
}

/// By the length of a name, the bits of its bytes.
static MASKS: [[u64; NAME / 8]; NAME + 1] = {
    let mut masks = [[0; NAME / 8]; NAME + 1];
    let mut length = 1;
    while length <= NAME {
        masks[length] = masks[length - 1];
        masks[length][(length - 1) / 8] |= 0xff << (8 * ((length - 1) % 8));
        length += 1;
    }
    masks
};

#[cfg(test)]
mod tests {
    use super::{MemberName, NAME};

    #[test]
    fn a_name_is_compared_to_its_colon() {
        let text = |text: &str| {
            let mut bytes = [b'x'; NAME];
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            bytes
        };
        for length in 0..NAME - 3 {
            let name = "n".repeat(length);
            let known = MemberName::new(name.as_bytes());
            assert_eq!(known.length(), length + 3);
            assert!(known.begins(&text(&alloc::format!("\"{name}\":"))), "{length}");
            assert!(!known.begins(&text(&alloc::format!("\"{name}\" "))), "{length}");
            assert!(!known.begins(&text(&alloc::format!("'{name}\":"))), "{length}");
            assert!(known.opens(&text(&alloc::format!("\"{name}\\\":"))), "{length}");
            assert!(length == 0 || !known.opens(&text(&alloc::format!("\"{}m\\\":", &name[1..]))), "{length}");
            assert!(length == 0 || !known.begins(&text(&alloc::format!("\"{}m\":", &name[1..]))), "{length}");
        }
        assert!(!MemberName::new(&[b'n'; NAME - 2]).begins(&[b'n'; NAME]), "what is too long is never found");
    }
}
