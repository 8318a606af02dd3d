//! Reads an event from the structures of the caller, with the place of what is wrong.

use core::mem::MaybeUninit;

use ipcsentry::Timestamp;
use ipcsentry::event::ProcessRef;

use super::process::ipcsentry_process;
use super::value::{
    IPCSENTRY_ENCODING_BYTES, IPCSENTRY_ENCODING_UTF16LE, IPCSENTRY_NO, IPCSENTRY_YES, ipcsentry_event_text,
    ipcsentry_flag, ipcsentry_i32, ipcsentry_time, ipcsentry_u32, ipcsentry_u64,
};
use super::words::{UnknownNumber, Word};
use crate::ptr::{self, Input};
use crate::status::{IPCSENTRY_ERR_BAD_VALUE, IPCSENTRY_ERR_MISSING, IPCSENTRY_ERR_TOO_LONG, ipcsentry_status};

/// A structure of the caller that a part of an event is read from.
pub(crate) trait Details<'a>: Input {
    /// What it becomes.
    type Model: Default;

    /// Reads it to its place: moved from function to function, it would be copied each time.
    fn read(&self, from: &mut Reading<'a>, model: &mut Self::Model);
}

/// What is wrong with an event.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) status: ipcsentry_status,
    /// The member, such as `actor.image`.
    pub(crate) place: String,
}

/// The most UTF-8 bytes of one UTF-16 code unit.
const BYTES_A_UNIT: usize = 3;

/// Reads one event. A member that is wrong reads as absent, and the reading notes the first of them: with a result a
/// member, whoever feeds events would pay for the errors that nearly no event has.
pub(crate) struct Reading<'a> {
    /// What is left of the buffer for text that is not UTF-8.
    room: &'a mut [u8],
    /// Bytes that did not fit into it.
    lacking: usize,
    /// Bytes of the longest text.
    longest: usize,
    /// What is wrong first. Its place grows by a member at each structure that the reading leaves.
    fault: Option<Fault>,
}

impl<'a> Reading<'a> {
    /// # Safety
    /// During `'a`, every pointer in what is read is NULL or good for the bytes that its structure says.
    pub(crate) unsafe fn new(room: &'a mut [u8], longest: usize) -> Self {
        Self { room, lacking: 0, longest, fault: None }
    }

    /// How much larger the buffer has to be; what was read without that is incomplete. An error if the event is wrong.
    pub(crate) fn end(self) -> Result<usize, Fault> {
        match self.fault {
            None => Ok(self.lacking),
            Some(fault) => Err(fault),
        }
    }

    /// Notes what is wrong with a member.
    #[cold]
    #[inline(never)]
    pub(crate) fn wrong(&mut self, name: &str, status: ipcsentry_status) {
        self.fault.get_or_insert_with(|| Fault { status, place: name.to_owned() });
    }

    #[cold]
    pub(crate) fn bad_value(&mut self, name: &str) {
        self.wrong(name, IPCSENTRY_ERR_BAD_VALUE);
    }

    /// Puts the structure's own member before the place within it.
    #[cold]
    fn within(&mut self, name: &str) {
        if let Some(fault) = &mut self.fault {
            fault.place.insert(0, '.');
            fault.place.insert_str(0, name);
        }
    }

    #[inline(always)]
    pub(crate) fn text(&mut self, name: &str, text: &ipcsentry_event_text) -> Option<&'a [u8]> {
        // Most members of an event are absent, and most of the others are UTF-8.
        if text.data.is_null() && text.len == 0 {
            return None;
        }
        if text.encoding == IPCSENTRY_ENCODING_BYTES && text.len <= self.longest && !text.data.is_null() {
            // SAFETY: by the contract of `new`.
            if let Ok(bytes) = unsafe { ptr::bytes(text.data.cast(), text.len) } {
                return Some(bytes);
            }
        }
        self.other(name, text)
    }

    /// A text that must be converted, or is wrong.
    #[inline(never)]
    fn other(&mut self, name: &str, text: &ipcsentry_event_text) -> Option<&'a [u8]> {
        if text.data.is_null() {
            self.bad_value(name);
            return None;
        }
        if text.len > self.longest {
            self.wrong(name, IPCSENTRY_ERR_TOO_LONG);
            return None;
        }
        // SAFETY: by the contract of `new`.
        match unsafe { ptr::bytes(text.data.cast(), text.len) } {
            Ok(bytes) => match (text.encoding, bytes.as_chunks()) {
                (IPCSENTRY_ENCODING_UTF16LE, (units, [])) => return Some(self.converted(units)),
                _ => self.bad_value(name),
            },
            Err(status) => self.wrong(name, status),
        }
        None
    }

    fn converted(&mut self, units: &[[u8; 2]]) -> &'a [u8] {
        let most = units.len() * BYTES_A_UNIT;
        if self.room.len() < most {
            self.lacking += most;
            return b"";
        }
        let mut len = 0;
        for c in char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))) {
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            len += c.encode_utf8(&mut self.room[len..]).len();
        }
        let (text, rest) = core::mem::take(&mut self.room).split_at_mut(len);
        self.room = rest;
        text
    }

    pub(crate) fn number(&mut self, name: &str, number: &ipcsentry_u32) -> Option<u32> {
        self.optional(name, number.is_set.into(), number.value)
    }

    pub(crate) fn signed(&mut self, name: &str, number: &ipcsentry_i32) -> Option<i32> {
        self.optional(name, number.is_set.into(), number.value)
    }

    pub(crate) fn long(&mut self, name: &str, number: &ipcsentry_u64) -> Option<u64> {
        self.optional(name, number.is_set, number.value)
    }

    pub(crate) fn time(&mut self, name: &str, time: &ipcsentry_time) -> Option<Timestamp> {
        self.optional(name, time.is_set, time.value).map(Timestamp)
    }

    /// A value without its mark is a mistake that would otherwise go unnoticed.
    #[inline(always)]
    fn optional<T: Default + PartialEq>(&mut self, name: &str, is_set: u64, value: T) -> Option<T> {
        match is_set {
            1 => return Some(value),
            0 if value == T::default() => {}
            _ => self.bad_value(name),
        }
        None
    }

    pub(crate) fn plain(&mut self, _: &str, number: &u32) -> u32 {
        *number
    }

    pub(crate) fn maybe(&mut self, name: &str, flag: &ipcsentry_flag) -> Option<bool> {
        match *flag {
            ipcsentry_flag(0) => {}
            IPCSENTRY_YES => return Some(true),
            IPCSENTRY_NO => return Some(false),
            _ => self.bad_value(name),
        }
        None
    }

    pub(crate) fn flag(&mut self, name: &str, flag: &ipcsentry_flag) -> bool {
        self.maybe(name, flag).unwrap_or(false)
    }

    pub(crate) fn choice<W: Word>(&mut self, name: &str, word: &W) -> Option<W::Model> {
        word.given().unwrap_or_else(|UnknownNumber| {
            self.bad_value(name);
            None
        })
    }

    /// A choice that must be given.
    pub(crate) fn must<W: Word>(&mut self, name: &str, word: &W) -> Option<W::Model> {
        let given = self.choice(name, word);
        if given.is_none() {
            self.wrong(name, IPCSENTRY_ERR_MISSING);
        }
        given
    }

    pub(crate) fn word<W: Word<Model: Default>>(&mut self, name: &str, word: &W) -> W::Model {
        self.choice(name, word).unwrap_or_default()
    }

    /// A process; one of NULL stays as it is.
    pub(crate) fn process(&mut self, name: &str, process: *const ipcsentry_process, model: &mut ProcessRef<'a>) {
        self.structure(name, process, model);
    }

    /// A structure behind a pointer; one of NULL leaves the model as it is.
    pub(crate) fn structure<T: Details<'a>>(&mut self, name: &str, pointer: *const T, model: &mut T::Model) {
        if pointer.is_null() {
            return;
        }
        let mut room = MaybeUninit::uninit();
        // SAFETY: by the contract of `new`.
        match unsafe { ptr::input_in_place(pointer, &mut room) } {
            Ok(Some(value)) => {
                let was_right = self.fault.is_none();
                value.read(self, model);
                if was_right && self.fault.is_some() {
                    self.within(name);
                }
            }
            Ok(None) => {}
            Err(status) => self.wrong(name, status),
        }
    }
}

/// Makes a structure one that the caller fills in: `repr(C)`, without padding, `type_size` first, `reserved` last.
macro_rules! sized {
    ($name:ident $(, $word:ident)?) => {
        sized!(@of $name, size_of::<Self>() $(, $word)?);
    };
    // The first member that the first version did not have stands where that version's last word was.
    ($name:ident, $word:ident, since $added:ident) => {
        sized!(@of $name, core::mem::offset_of!(Self, $added) + 8, $word);
    };
    (@of $name:ident, $first:expr $(, $word:ident)?) => {
        // SAFETY: whole words in every member (`tests/tests/header.rs` looks for padding), `type_size` first; all zero
        // is valid for numbers and raw pointers.
        unsafe impl $crate::ptr::Input for $name {
            const FIRST_SIZE: usize = $first;

            fn is_reserved_zero(&self) -> bool {
                // Without a branch for each word: every structure of every event is looked at.
                self.reserved.iter().fold(0, |any, word| any | *word) $(| u64::from(self.$word))? == 0
            }
        }
    };
}
pub(crate) use sized;

/// Says how the members of a structure become those of the event model. A member of another name stands behind `as`.
macro_rules! model {
    ($c:ident => $model:ident { $($field:ident $(as $name:ident)? : $how:ident,)* }) => {
        impl<'a> Details<'a> for $c {
            type Model = $model<'a>;

            fn read(&self, from: &mut Reading<'a>, model: &mut $model<'a>) {
                $(model!(@read from, self, model, $how, $field $(, $name)?);)*
            }
        }

        #[cfg(feature = "_internal_test_exports")]
        impl<'m> $crate::event::keep::Kept<'m, $model<'m>> for $c {
            fn of(model: &$model<'m>, keep: &mut $crate::event::keep::Keep<'m>) -> Self {
                let mut kept = $crate::ptr::zeroed::<Self>();
                kept.type_size = size_of::<Self>() as u64;
                $(model!(@name kept, $field $(, $name)?) = keep.$how(model.$field);)*
                kept
            }
        }
    };
    (@read $from:ident, $c:ident, $model:ident, $how:ident, $field:ident) => {
        model!(@read $from, $c, $model, $how, $field, $field)
    };
    (@read $from:ident, $c:ident, $model:ident, process, $field:ident, $name:ident) => {
        $from.process(stringify!($name), $c.$name, &mut $model.$field)
    };
    (@read $from:ident, $c:ident, $model:ident, $how:ident, $field:ident, $name:ident) => {
        $model.$field = $from.$how(stringify!($name), &$c.$name)
    };
    (@name $c:ident, $field:ident) => { $c.$field };
    (@name $c:ident, $field:ident, $name:ident) => { $c.$name };
}
pub(crate) use model;
