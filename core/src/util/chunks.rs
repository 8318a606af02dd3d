//! A list that grows by whole chunks: growth moves no item, so it never stalls.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

/// Items in chunks of `N`, by their numbers.
#[derive(Debug)]
pub(crate) struct Chunks<T, const N: usize> {
    chunks: Vec<Box<[T; N]>>,
    len: usize,
}

impl<T, const N: usize> Chunks<T, N> {
    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }

    /// Items in use.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Takes one more item into use and returns its number. Items of a new chunk are made by `vacant`.
    pub(crate) fn grow(&mut self, vacant: impl FnMut() -> T) -> usize {
        if self.len == self.chunks.len() * N {
            let items: Vec<T> = core::iter::repeat_with(vacant).take(N).collect();
            match items.try_into() {
                Ok(chunk) => self.chunks.push(chunk),
                Err(_) => unreachable!("as many items as the chunk has were made"),
            }
        }
        self.len += 1;
        self.len - 1
    }

    pub(crate) fn get(&self, number: usize) -> Option<&T> {
        self.chunks.get(number / N).map(|chunk| &chunk[number % N])
    }

    pub(crate) fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        self.chunks.get_mut(number / N).map(|chunk| &mut chunk[number % N])
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter()).take(self.len)
    }

    /// Bytes owned, what the items own on the heap excepted.
    pub(crate) const fn bytes(&self) -> usize {
        self.chunks.len() * N * size_of::<T>() + self.chunks.capacity() * size_of::<Box<[T; N]>>()
    }
}

impl<T, const N: usize> Index<usize> for Chunks<T, N> {
    type Output = T;

    fn index(&self, number: usize) -> &T {
        &self.chunks[number / N][number % N]
    }
}

impl<T, const N: usize> IndexMut<usize> for Chunks<T, N> {
    fn index_mut(&mut self, number: usize) -> &mut T {
        &mut self.chunks[number / N][number % N]
    }
}
