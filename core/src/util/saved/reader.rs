//! Reads saved state, and says where it is at fault.

/// What cannot be, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Offset of the byte behind the fault.
    pub(crate) offset: u64,
    pub(crate) what: &'static str,
}

/// The bytes of saved state that are still to be read.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    /// Reads these bytes of a snapshot from one offset to another.
    pub(crate) fn new(bytes: &'a [u8], from: usize, to: usize) -> Self {
        let end = to.min(bytes.len());
        Self { bytes, at: from.min(end), end }
    }

    pub(crate) const fn fault(&self, what: &'static str) -> Fault {
        Fault { offset: self.at as u64, what }
    }

    /// A fault unless a condition holds.
    pub(crate) fn need(&self, holds: bool, what: &'static str) -> Result<(), Fault> {
        if holds { Ok(()) } else { Err(self.fault(what)) }
    }

    /// Bytes that are left.
    pub(crate) const fn left(&self) -> usize {
        self.end - self.at
    }

    /// The next bytes.
    #[inline]
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        if length > self.left() {
            return Err(self.fault("it ends too early"));
        }
        let taken = &self.bytes[self.at..self.at + length];
        self.at += length;
        Ok(taken)
    }

    /// The next bytes, as many as an array has.
    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// A number of items, each of which takes a byte at least.
    pub(crate) fn count(&mut self) -> Result<usize, Fault> {
        let count = u32::from_le_bytes(self.array()?) as usize;
        if count > self.left() {
            return Err(self.fault("it counts more than is there"));
        }
        Ok(count)
    }
}
