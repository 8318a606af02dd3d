//! Snapshots: all state of an engine as bytes, to go on in another process as if there had been no break.
//!
//! [`Engine::snapshot`](crate::Engine::snapshot) writes one, [`Engine::restore`](crate::Engine::restore) makes an engine
//! of it.
//!
//! # Form
//!
//! Everything has a fixed width and is little-endian, so a snapshot may move between platforms. It begins with
//! `ipcsnap` and a zero byte and the form's version (32 bits). Then come the parts, cut into blocks; then for each block
//! its length (32 bits) and its checksum (64 bits: SipHash-1-3 with the key of seed 0, of the block's offset and its
//! bytes); then for each part its number (8 bits), its schema (64 bits) and its offset (64 bits); then the numbers of
//! blocks and parts (32 bits each), the length up to the first checksum (64 bits), the checksum of all that since then,
//! and `ipcsend` with a zero byte.
//!
//! # Versions
//!
//! The schema of a part is a hash of the names and types of all that it holds. A part whose schema this version of the
//! library does not have is left out, and [`Restored::left`] names it; the other parts are read. Parts that refer to
//! what was left out are left out, too. The form's version changes only if the frame around the parts changes; another
//! version is [`RestoreError::Version`].

mod container;
mod error;
mod report;

#[cfg(feature = "_internal_test_exports")]
pub(crate) use container::seal;
pub(crate) use container::{Container, ContainerWriter, Part};
pub use error::RestoreError;
pub use report::{Dropped, Restored};
