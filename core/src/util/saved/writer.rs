//! Writes saved state in blocks, each with a checksum.

use alloc::vec::Vec;

use crate::util::hash::Keyed;

/// Bytes after which a block ends.
const BLOCK: usize = 64 << 10;

/// A block that was written: its length and its checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) length: u32,
    pub(crate) checksum: u64,
}

impl Block {
    /// The block of these bytes, which begin at this offset. The checksum is SipHash-1-3 of the offset and the bytes.
    pub(crate) fn of(offset: u64, bytes: &[u8]) -> Self {
        Self { length: bytes.len() as u32, checksum: Keyed::new(0).u64(offset).bytes(bytes).finish_digest().low() }
    }
}

/// Takes the bytes of a snapshot.
type Sink<'s> = &'s mut dyn FnMut(&[u8]);

/// Collects the bytes of a block, then passes them on.
pub(crate) struct Writer<'s> {
    sink: &'s mut dyn FnMut(&[u8]),
    block: Vec<u8>,
    blocks: Vec<Block>,
    /// The offset at which the block begins.
    offset: u64,
}

impl<'s> Writer<'s> {
    pub(crate) fn new(sink: &'s mut dyn FnMut(&[u8])) -> Self {
        Self { sink, block: Vec::with_capacity(BLOCK + 4096), blocks: Vec::new(), offset: 0 }
    }

    /// The offset of the next byte.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset + self.block.len() as u64
    }

    /// Writes bytes as they are.
    #[inline]
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK {
            self.end_block();
        }
    }

    /// Writes a number of items. More than fit 32 bits cannot be kept: tables and texts are far smaller.
    pub(crate) fn count(&mut self, count: usize) {
        self.put(&(count as u32).to_le_bytes());
    }

    /// Ends the last block and returns all blocks with the sink, for what follows them.
    pub(crate) fn finish(mut self) -> (Sink<'s>, Vec<Block>) {
        if !self.block.is_empty() {
            self.end_block();
        }
        (self.sink, self.blocks)
    }

    fn end_block(&mut self) {
        self.blocks.push(Block::of(self.offset, &self.block));
        self.offset += self.block.len() as u64;
        (self.sink)(&self.block);
        self.block.clear();
    }
}
