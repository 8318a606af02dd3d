//! The two ways in which a record is written: as it is, or within a string.

use super::json::Reader;

/// How the bytes of a record are written. Decoders that create their readers by it read both ways.
pub(crate) struct Writing<'r>(Option<&'r mut [u8]>);

impl<'r> Writing<'r> {
    /// As the record is.
    pub(crate) const PLAIN: Self = Self(None);

    /// Within a string; `room` has as many bytes as the record.
    pub(crate) const fn within(room: &'r mut [u8]) -> Self {
        Self(Some(room))
    }

    /// Whether the record is written as it is.
    pub(crate) const fn is_plain(&self) -> bool {
        self.0.is_none()
    }

    /// A reader of such bytes. What it returns is lost with the next reader.
    pub(crate) fn reader<'a>(&'a mut self, bytes: &'a [u8]) -> Reader<'a> {
        match &mut self.0 {
            None => Reader::new(bytes),
            Some(room) => Reader::within(bytes, room),
        }
    }
}
