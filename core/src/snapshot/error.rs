//! Why no engine can be made of a snapshot.

/// Why no engine can be made of a snapshot. Offsets count bytes from the beginning of the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The bytes do not begin like a snapshot.
    #[error("byte 0: this is no snapshot of an engine")]
    NoSnapshot,
    /// The snapshot has another form.
    #[error("byte 8: the snapshot has form {found}, and this version of the library reads form {supported}")]
    Version {
        /// The form that it has.
        found: u32,
        /// The form that this version reads.
        supported: u32,
    },
    /// The end is missing: it was cut off, or other bytes follow it.
    #[error("byte {offset}: the snapshot does not end like one")]
    Cut {
        /// Where its end should begin.
        offset: u64,
    },
    /// Bytes were changed: a checksum does not fit.
    #[error("bytes {offset} to {end}: a checksum does not fit")]
    Damaged {
        /// The first byte that the checksum covers.
        offset: u64,
        /// The byte after the last one.
        end: u64,
    },
    /// The content cannot be that of an engine with these limits, although the checksums fit.
    #[error("byte {offset}, {part}: {what}")]
    Inconsistent {
        /// The byte after the fault.
        offset: u64,
        /// The part of the state.
        part: &'static str,
        /// What cannot be.
        what: &'static str,
    },
}
