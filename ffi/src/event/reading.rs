//! Reads an event from the structures of the caller, with the place of what is wrong.

use core::mem::MaybeUninit;

use ipcsentry::Timestamp;
use ipcsentry::event::ProcessRef;

use super::process::ipcsentry_process;
use super::value::{
    IPCSENTRY_ENCODING_BYTES, IPCSENTRY_ENCODING_UTF16LE, IPCSENTRY_NO, IPCSENTRY_YES, ipcsentry_event_text,
    ipcsentry_flag, ipcsentry_i32, ipcsentry_time, ipcsentry_u32, ipcsentry_u64,
};
use super::words::Word;
use crate::ptr::{self, Input};
use crate::status::{IPCSENTRY_ERR_BAD_VALUE, IPCSENTRY_ERR_TOO_LONG, ipcsentry_status};

/// A structure of the caller that a part of an event is read from.
pub(crate) trait Details<'a>: Input {
    /// What it becomes.
    type Model: Default;

    /// Reads it to its place: moved from function to function, it would be copied each time.
    fn read(&self, from: &mut Reading<'a>, model: &mut Self::Model) -> Result<(), Wrong>;
}

/// Something is wrong with the event; the reading knows what. A larger error would make every result large.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrong;

/// What is wrong with an event.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) status: ipcsentry_status,
    /// The member, such as `actor.image`.
    pub(crate) place: String,
}

/// The most UTF-8 bytes of one UTF-16 code unit.
const BYTES_A_UNIT: usize = 3;

/// Reads one event.
pub(crate) struct Reading<'a> {
    /// What is left of the buffer for text that is not UTF-8.
    room: &'a mut [u8],
    /// Bytes that did not fit into it.
    lacking: usize,
    /// Bytes of the longest text.
    longest: usize,
    /// The members that lead to the structure that is being read.
    path: [&'static str; 2],
    /// What is wrong.
    fault: Option<Fault>,
}

impl<'a> Reading<'a> {
    /// # Safety
    /// During `'a`, every pointer in what is read is NULL or good for the bytes that its structure says.
    pub(crate) unsafe fn new(room: &'a mut [u8], longest: usize) -> Self {
        Self { room, lacking: 0, longest, path: [""; 2], fault: None }
    }

    /// How much larger the buffer has to be; what was read without that is incomplete.
    pub(crate) const fn lacking(&self) -> usize {
        self.lacking
    }

    /// Notes what is wrong with a member.
    #[cold]
    pub(crate) fn wrong(&mut self, name: &str, status: ipcsentry_status) -> Wrong {
        let path = self.path.iter().filter(|part| !part.is_empty()).fold(String::new(), |path, part| path + part + ".");
        self.fault = Some(Fault { status, place: path + name });
        Wrong
    }

    #[cold]
    pub(crate) fn bad_value(&mut self, name: &str) -> Wrong {
        self.wrong(name, IPCSENTRY_ERR_BAD_VALUE)
    }

    /// What was noted.
    pub(crate) fn fault(&mut self) -> Fault {
        self.fault.take().unwrap_or(Fault { status: IPCSENTRY_ERR_BAD_VALUE, place: String::new() })
    }

    #[inline]
    pub(crate) fn text(&mut self, name: &str, text: ipcsentry_event_text) -> Result<Option<&'a [u8]>, Wrong> {
        // Most members of an event are absent.
        if text.data.is_null() && text.len == 0 { Ok(None) } else { self.present(name, text).map(Some) }
    }

    fn present(&mut self, name: &str, text: ipcsentry_event_text) -> Result<&'a [u8], Wrong> {
        if text.data.is_null() {
            return Err(self.bad_value(name));
        }
        if text.len > self.longest {
            return Err(self.wrong(name, IPCSENTRY_ERR_TOO_LONG));
        }
        // SAFETY: by the contract of `new`.
        let bytes = unsafe { ptr::bytes(text.data.cast(), text.len) }.map_err(|status| self.wrong(name, status))?;
        match text.encoding {
            IPCSENTRY_ENCODING_BYTES => Ok(bytes),
            IPCSENTRY_ENCODING_UTF16LE => match bytes.as_chunks() {
                (units, []) => Ok(self.converted(units)),
                _ => Err(self.bad_value(name)),
            },
            _ => Err(self.bad_value(name)),
        }
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

    pub(crate) fn number(&mut self, name: &str, number: ipcsentry_u32) -> Result<Option<u32>, Wrong> {
        self.optional(name, number.is_set.into(), number.value)
    }

    pub(crate) fn signed(&mut self, name: &str, number: ipcsentry_i32) -> Result<Option<i32>, Wrong> {
        self.optional(name, number.is_set.into(), number.value)
    }

    pub(crate) fn long(&mut self, name: &str, number: ipcsentry_u64) -> Result<Option<u64>, Wrong> {
        self.optional(name, number.is_set, number.value)
    }

    pub(crate) fn time(&mut self, name: &str, time: ipcsentry_time) -> Result<Option<Timestamp>, Wrong> {
        Ok(self.optional(name, time.is_set, time.value)?.map(Timestamp))
    }

    /// A value without its mark is a mistake that would otherwise go unnoticed.
    fn optional<T: Default + PartialEq>(&mut self, name: &str, is_set: u64, value: T) -> Result<Option<T>, Wrong> {
        match is_set {
            1 => Ok(Some(value)),
            0 if value == T::default() => Ok(None),
            _ => Err(self.bad_value(name)),
        }
    }

    pub(crate) fn plain(&mut self, _: &str, number: u32) -> Result<u32, Wrong> {
        Ok(number)
    }

    pub(crate) fn maybe(&mut self, name: &str, flag: ipcsentry_flag) -> Result<Option<bool>, Wrong> {
        match flag {
            ipcsentry_flag(0) => Ok(None),
            IPCSENTRY_YES => Ok(Some(true)),
            IPCSENTRY_NO => Ok(Some(false)),
            _ => Err(self.bad_value(name)),
        }
    }

    pub(crate) fn flag(&mut self, name: &str, flag: ipcsentry_flag) -> Result<bool, Wrong> {
        Ok(self.maybe(name, flag)?.unwrap_or(false))
    }

    pub(crate) fn choice<W: Word>(&mut self, name: &str, word: W) -> Result<Option<W::Model>, Wrong> {
        word.given().map_err(|_| self.bad_value(name))
    }

    pub(crate) fn word<W: Word<Model: Default>>(&mut self, name: &str, word: W) -> Result<W::Model, Wrong> {
        Ok(self.choice(name, word)?.unwrap_or_default())
    }

    /// A process; one of NULL stays as it is.
    pub(crate) fn process(
        &mut self,
        name: &'static str,
        process: *const ipcsentry_process,
        model: &mut ProcessRef<'a>,
    ) -> Result<(), Wrong> {
        self.structure(name, process, model).map(|_| ())
    }

    /// A structure behind a pointer; whether there is one.
    pub(crate) fn structure<T: Details<'a>>(
        &mut self,
        name: &'static str,
        pointer: *const T,
        model: &mut T::Model,
    ) -> Result<bool, Wrong> {
        if pointer.is_null() {
            return Ok(false);
        }
        let mut room = MaybeUninit::uninit();
        // SAFETY: by the contract of `new`.
        let value = unsafe { ptr::input_in_place(pointer, &mut room) }.map_err(|status| self.wrong(name, status))?;
        let Some(value) = value else { return Ok(false) };
        let outer = self.path;
        self.path[usize::from(!outer[0].is_empty())] = name;
        value.read(self, model)?;
        self.path = outer;
        Ok(true)
    }
}

/// Makes a structure one that the caller fills in: `repr(C)`, without padding, `type_size` first, `reserved` last.
macro_rules! sized {
    ($name:ident $(, $word:ident)?) => {
        // SAFETY: whole words in every member (`tests/tests/header.rs` looks for padding), `type_size` first; all zero is
        // valid for numbers and raw pointers.
        unsafe impl $crate::ptr::Input for $name {
            const FIRST_SIZE: usize = size_of::<Self>();

            fn is_reserved_zero(&self) -> bool {
                self.reserved.iter().all(|word| *word == 0) $(&& self.$word == 0)?
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

            fn read(&self, from: &mut Reading<'a>, model: &mut $model<'a>) -> Result<(), Wrong> {
                $(model!(@read from, self, model, $how, $field $(, $name)?);)*
                Ok(())
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
        $from.process(stringify!($name), $c.$name, &mut $model.$field)?
    };
    (@read $from:ident, $c:ident, $model:ident, $how:ident, $field:ident, $name:ident) => {
        $model.$field = $from.$how(stringify!($name), $c.$name)?
    };
    (@name $c:ident, $field:ident) => { $c.$field };
    (@name $c:ident, $field:ident, $name:ident) => { $c.$name };
}
pub(crate) use model;
