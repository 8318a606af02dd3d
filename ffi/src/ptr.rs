//! Pointers from and to C. All unsafe code of this crate is here; other files only call it.

use core::mem::MaybeUninit;

use crate::guard::guard;
use crate::status::{IPCSENTRY_ERR_ARGUMENT, IPCSENTRY_ERR_NULL, IPCSENTRY_ERR_STRUCT, IPCSENTRY_OK, ipcsentry_status};

/// A type that C holds by an opaque pointer. C owns every handle that it was given, until it frees it.
pub(crate) trait Handle: Sized + 'static {}

/// Hands a handle over to C.
pub(crate) fn give<T: Handle>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Borrows a handle for the length of a call.
///
/// # Safety
/// `pointer` is NULL or came from [`give`] and was not freed.
pub(crate) unsafe fn borrow<'a, T: Handle>(pointer: *const T) -> Result<&'a T, ipcsentry_status> {
    // SAFETY: by this function's contract. No exclusive reference exists: handles change behind `Exclusive` only.
    unsafe { pointer.as_ref() }.ok_or(IPCSENTRY_ERR_NULL)
}

/// Takes a handle back and drops it. NULL is allowed.
///
/// # Safety
/// `pointer` is NULL or came from [`give`], was not freed, and no call is using it.
pub(crate) unsafe fn free<T: Handle>(pointer: *mut T) {
    if !pointer.is_null() {
        guard(|| {
            // SAFETY: by this function's contract it is a box that nobody else has.
            drop(unsafe { Box::from_raw(pointer) });
            Ok(IPCSENTRY_OK)
        });
    }
}

/// An output pointer: checked before the work, written after it.
pub(crate) struct Out<'a, T>(&'a mut MaybeUninit<T>);

impl<'a, T> Out<'a, T> {
    /// An output that must not be NULL.
    ///
    /// # Safety
    /// `pointer` is NULL or may be written to.
    pub(crate) unsafe fn new(pointer: *mut T) -> Result<Self, ipcsentry_status> {
        // SAFETY: by this function's contract.
        unsafe { Self::optional(pointer) }.ok_or(IPCSENTRY_ERR_NULL)
    }

    /// An output that may be NULL.
    ///
    /// # Safety
    /// As for [`Out::new`].
    pub(crate) unsafe fn optional(pointer: *mut T) -> Option<Self> {
        // SAFETY: by this function's contract; `MaybeUninit` asks nothing of the bytes.
        unsafe { pointer.cast::<MaybeUninit<T>>().as_mut::<'a>() }.map(Self)
    }

    pub(crate) fn set(self, value: T) {
        self.0.write(value);
    }
}

/// A structure that the library fills in, as far as the caller knows it. It starts with `type_size`, which the caller
/// sets.
///
/// # Safety
/// `repr(C)`, and its first member is a `u64` that holds its size.
pub(crate) unsafe trait Output: Copy {
    /// Its size in the first release, the smallest that a caller may pass.
    const FIRST_SIZE: usize;
}

/// The output of an [`Output`], checked before the work, written after it.
pub(crate) struct SizedOut<T> {
    pointer: *mut T,
    size: usize,
}

impl<T: Output> SizedOut<T> {
    /// # Safety
    /// `pointer` is NULL, or points to a structure of the caller with as many writable bytes as its `type_size` says.
    pub(crate) unsafe fn new(pointer: *mut T) -> Result<Self, ipcsentry_status> {
        if pointer.is_null() {
            return Err(IPCSENTRY_ERR_NULL);
        }
        // SAFETY: by this function's contract; `Output` has it begin with a `u64`.
        let size = claimed_size(unsafe { pointer.cast::<u64>().read_unaligned() }, T::FIRST_SIZE)?;
        Ok(Self { pointer, size })
    }

    /// Writes what both sides know of the structure, and zero into what only the caller knows.
    pub(crate) fn set(self, value: T) {
        let known = self.size.min(size_of::<T>());
        let head = size_of::<u64>();
        let to = self.pointer.cast::<u8>();
        // SAFETY: `size` bytes are writable by the contract of `new`, `known` is not more, and the caller's structure
        // is none of the library's.
        unsafe {
            let from = (&raw const value).cast::<u8>();
            core::ptr::copy_nonoverlapping(from.add(head), to.add(head), known - head);
            core::ptr::write_bytes(to.add(known), 0, self.size - known);
        }
    }
}

/// Bytes that the caller lends for the length of a call.
///
/// # Safety
/// `data` is NULL or points to `len` bytes that do not change during `'a`.
pub(crate) unsafe fn bytes<'a>(data: *const u8, len: usize) -> Result<&'a [u8], ipcsentry_status> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(IPCSENTRY_ERR_NULL);
    }
    if isize::try_from(len).is_err() {
        return Err(IPCSENTRY_ERR_ARGUMENT);
    }
    // SAFETY: not NULL, not too long, and readable by this function's contract.
    Ok(unsafe { core::slice::from_raw_parts(data, len) })
}

/// The handles that an array of pointers names.
///
/// # Safety
/// `first` points to `count` pointers, each as [`borrow`] asks; or `count` is 0.
pub(crate) unsafe fn handles<'a, T: Handle>(
    first: *const *const T,
    count: usize,
) -> Result<Vec<&'a T>, ipcsentry_status> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if first.is_null() {
        return Err(IPCSENTRY_ERR_NULL);
    }
    if count.checked_mul(size_of::<*const T>()).is_none_or(|bytes| isize::try_from(bytes).is_err()) {
        return Err(IPCSENTRY_ERR_ARGUMENT);
    }
    // SAFETY: not NULL, not too long, and readable by this function's contract.
    let pointers = unsafe { core::slice::from_raw_parts(first, count) };
    // SAFETY: by this function's contract.
    pointers.iter().map(|pointer| unsafe { borrow(*pointer) }).collect()
}

/// A structure that the embedder fills in. It starts with `type_size` and ends with `reserved`.
///
/// # Safety
/// `repr(C)`, without padding, its first member a `u64` that holds its size, and valid when all its bytes are zero.
pub(crate) unsafe trait Input: Copy {
    /// Its size in the first release, the smallest that a caller may pass.
    const FIRST_SIZE: usize;

    /// Whether the reserved members are zero.
    fn is_reserved_zero(&self) -> bool;
}

/// A structure of zeros.
#[cfg(feature = "_internal_test_exports")]
pub(crate) fn zeroed<T: Input>() -> T {
    // SAFETY: all zero is valid by the contract of `Input`.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// The addresses of structures that stand one behind the other, as far apart as the first one says it is long.
///
/// # Safety
/// `first` points to `count` structures of the caller, each as long as the first says; or `count` is 0.
pub(crate) unsafe fn structures<T: Input>(
    first: *const T,
    count: usize,
) -> Result<impl Iterator<Item = *const T>, ipcsentry_status> {
    let mut size = 0;
    if count > 0 {
        // SAFETY: by this function's contract; `Input` has it begin with a `u64`.
        size = claimed_size(unsafe { first.cast::<u64>().read_unaligned() }, T::FIRST_SIZE)?;
        if size.checked_mul(count).is_none_or(|bytes| isize::try_from(bytes).is_err()) {
            return Err(IPCSENTRY_ERR_ARGUMENT);
        }
    }
    Ok((0..count).map(move |number| first.wrapping_byte_add(number * size)))
}

/// The size that a structure claims to have, if that may be.
fn claimed_size(claimed: u64, first_size: usize) -> Result<usize, ipcsentry_status> {
    let size = usize::try_from(claimed).ok().filter(|s| (first_size..=MAX_STRUCT as usize).contains(s));
    size.ok_or(IPCSENTRY_ERR_STRUCT)
}

/// A structure that claims to be longer is refused.
const MAX_STRUCT: u64 = 4096;

/// Reads a structure of a caller that was built with an older, the same or a newer header. Members that an older one
/// lacks are zero; bytes that only a newer one has must be zero. `None` for NULL.
///
/// # Safety
/// `pointer` is NULL, or points to a structure of as many readable bytes as its `type_size` says.
pub(crate) unsafe fn input<T: Input>(pointer: *const T) -> Result<Option<T>, ipcsentry_status> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: by this function's contract; `Input` has it begin with a `u64`.
    let size = unsafe { pointer.cast::<u64>().read_unaligned() };
    let size = claimed_size(size, T::FIRST_SIZE)?;
    // SAFETY: by this function's contract that many bytes are readable.
    let given = unsafe { bytes(pointer.cast(), size)? };
    let (known, beyond) = given.split_at(size.min(size_of::<T>()));
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: `known` is no longer than `T`; the two do not overlap.
    unsafe { core::ptr::copy_nonoverlapping(known.as_ptr(), value.as_mut_ptr().cast(), known.len()) };
    // SAFETY: `T` is plain data, and zero where the caller's structure ended.
    let value = unsafe { value.assume_init() };
    if beyond.iter().any(|b| *b != 0) || !value.is_reserved_zero() {
        return Err(IPCSENTRY_ERR_STRUCT);
    }
    Ok(Some(value))
}

/// The same without a copy where the structure is that of this header: `room` holds any other.
///
/// # Safety
/// As for [`input`], and nobody changes the structure while the result is in use.
pub(crate) unsafe fn input_in_place<T: Input>(
    pointer: *const T,
    room: &mut MaybeUninit<T>,
) -> Result<Option<&T>, ipcsentry_status> {
    // SAFETY: by this function's contract; `Input` has it begin with a `u64`.
    let is_own = |pointer: *const T| unsafe { *pointer.cast::<u64>() } == size_of::<T>() as u64;
    if pointer.is_null() || !pointer.is_aligned() || !is_own(pointer) {
        // SAFETY: by this function's contract.
        return Ok(unsafe { input(pointer)? }.map(|value| &*room.write(value)));
    }
    // SAFETY: not NULL, aligned, as long as `T`, which is plain data, and unchanged by this function's contract.
    let value = unsafe { &*pointer };
    if value.is_reserved_zero() { Ok(Some(value)) } else { Err(IPCSENTRY_ERR_STRUCT) }
}

#[cfg(test)]
mod tests {
    use core::mem::MaybeUninit;

    use super::{Input, input, input_in_place};
    use crate::status::IPCSENTRY_ERR_STRUCT;

    /// A structure of the second release: `later` was not in the first.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct Newer {
        type_size: u64,
        number: u64,
        reserved: [u64; 1],
        later: u64,
    }

    // SAFETY: four words, `type_size` first.
    unsafe impl Input for Newer {
        const FIRST_SIZE: usize = 24;
        fn is_reserved_zero(&self) -> bool {
            self.reserved == [0]
        }
    }

    fn read(words: &[u64]) -> Result<Option<Newer>, crate::status::ipcsentry_status> {
        assert!(words[0] as usize <= size_of_val(words) || words[0] > super::MAX_STRUCT);
        let pointer = words.as_ptr().cast();
        // SAFETY: the words are there, as just checked.
        unsafe {
            let copied = input(pointer);
            assert_eq!(copied, input_in_place(pointer, &mut MaybeUninit::uninit()).map(|value| value.copied()));
            copied
        }
    }

    #[test]
    fn structures_of_older_and_newer_callers_are_read() {
        let value = |number, later| Ok(Some(Newer { type_size: 24, number, reserved: [0], later }));
        assert_eq!(read(&[24, 7, 0]), value(7, 0));
        assert_eq!(read(&[32, 7, 0, 9]).map(|v| v.map(|v| v.later)), Ok(Some(9)));
        assert_eq!(read(&[40, 7, 0, 9, 0]).map(|v| v.map(|v| v.later)), Ok(Some(9)));
        assert_eq!(read(&[40, 7, 0, 9, 1]), Err(IPCSENTRY_ERR_STRUCT), "a member this library does not know");
        assert_eq!(read(&[24, 7, 1]), Err(IPCSENTRY_ERR_STRUCT), "reserved");
        assert_eq!(read(&[16, 7]), Err(IPCSENTRY_ERR_STRUCT), "too short");
        assert_eq!(read(&[u64::MAX, 7, 0]), Err(IPCSENTRY_ERR_STRUCT), "too long");
    }
}
