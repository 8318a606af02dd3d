//! Macros that write the byte form of structs and enums.

/// Saves a struct field by field: `saved!(Name { a, b })`. Fields behind `else` are not saved but made anew, and a
/// condition behind `where` is checked: `saved!([generics] Name { a } else { buffer: Vec::new() } where |this| …)`.
macro_rules! saved {
    ([$($generics:tt)*] $name:ty { $($field:tt),* $(,)? } $(else { $($fresh:tt: $value:expr),* $(,)? })? $(where $check:expr)?) => {
        impl<$($generics)*> $crate::util::saved::Saved for $name {
            fn schema(schema: $crate::util::saved::Schema) -> $crate::util::saved::Schema {
                let schema = schema.word(stringify!($name));
                $(
                    let schema = schema.word(stringify!($field));
                    let schema = $crate::util::saved::of_field(schema, |this: &Self| &this.$field);
                )*
                schema
            }
            #[inline]
            fn save(&self, out: &mut $crate::util::saved::Writer<'_>) {
                // Without `..`: a field that is in neither list does not compile.
                let Self { $($field: _,)* $($($fresh: _,)*)? } = self;
                $($crate::util::saved::Saved::save(&self.$field, out);)*
                let _ = out;
            }
            #[inline]
            fn load(
                from: &mut $crate::util::saved::Reader<'_>,
            ) -> Result<Self, $crate::util::saved::Fault> {
                let loaded = Self {
                    $($field: $crate::util::saved::Saved::load(from)?,)*
                    $($($fresh: $value,)*)?
                };
                $(
                    let check: fn(&Self) -> bool = $check;
                    from.need(check(&loaded), concat!("no such ", stringify!($name), " can be"))?;
                )?
                Ok(loaded)
            }
        }
    };
    ($name:ident $($rest:tt)*) => { $crate::util::saved::saved!([] $name $($rest)*); };
}
pub(crate) use saved;

/// Saves an enum: a number for each variant, then its parts with their types.
macro_rules! saved_enum {
    ($name:ty {
        $($tag:literal => $variant:ident $(($($part:ident: $type:ty),*))? $({$($member:ident: $mtype:ty),*})?),* $(,)?
    }) => {
        impl $crate::util::saved::Saved for $name {
            fn schema(schema: $crate::util::saved::Schema) -> $crate::util::saved::Schema {
                let schema = schema.word(stringify!($name));
                $(
                    let schema = schema.number($tag).word(stringify!($variant));
                    $($(let schema = schema.of::<$type>();)*)?
                    $($(let schema = schema.word(stringify!($member)).of::<$mtype>();)*)?
                )*
                schema
            }
            #[inline]
            fn save(&self, out: &mut $crate::util::saved::Writer<'_>) {
                match self {
                    $(Self::$variant $(($($part),*))? $({$($member),*})? => {
                        out.put(&[$tag]);
                        $($(<$type as $crate::util::saved::Saved>::save($part, out);)*)?
                        $($(<$mtype as $crate::util::saved::Saved>::save($member, out);)*)?
                    })*
                }
            }
            #[inline]
            fn load(
                from: &mut $crate::util::saved::Reader<'_>,
            ) -> Result<Self, $crate::util::saved::Fault> {
                match from.array::<1>()?[0] {
                    $($tag => {
                        $($(let $part = <$type as $crate::util::saved::Saved>::load(from)?;)*)?
                        $($(let $member = <$mtype as $crate::util::saved::Saved>::load(from)?;)*)?
                        Ok(Self::$variant $(($($part),*))? $({$($member),*})?)
                    })*
                    _ => Err(from.fault(concat!("it is no variant of ", stringify!($name)))),
                }
            }
        }
    };
}
pub(crate) use saved_enum;

/// Saves an enum that has fixed numbers, a list `ALL` of its values and `name`.
macro_rules! saved_enumeration {
    ($($name:ty),* $(,)?) => {$(
        impl $crate::util::saved::Saved for $name {
            fn schema(schema: $crate::util::saved::Schema) -> $crate::util::saved::Schema {
                let each = |schema: $crate::util::saved::Schema, value: &Self| {
                    schema.number(u64::from(*value as u8)).word(value.name())
                };
                Self::ALL.iter().fold(schema.word(stringify!($name)), each)
            }
            #[inline]
            fn save(&self, out: &mut $crate::util::saved::Writer<'_>) {
                out.put(&[*self as u8]);
            }
            #[inline]
            fn load(
                from: &mut $crate::util::saved::Reader<'_>,
            ) -> Result<Self, $crate::util::saved::Fault> {
                let number = from.array::<1>()?[0];
                // Most numbers are places in the list.
                let near = Self::ALL.get(usize::from(number)).filter(|value| **value as u8 == number);
                let found = near.or_else(|| Self::ALL.iter().find(|value| **value as u8 == number));
                found.copied().ok_or_else(|| from.fault(concat!("it is no value of ", stringify!($name))))
            }
        }
    )*};
}
pub(crate) use saved_enumeration;

/// Stores a container field by field. Fields behind `else` stay as the container was made; then `then` puts right what
/// follows from the content.
macro_rules! restored {
    ([$($generics:tt)*] $name:ty { $($field:ident),* $(,)? } $(else { $($made:ident),* $(,)? })? $(then $then:ident)?) => {
        impl<$($generics)*> $crate::util::saved::Restored for $name {
            fn form(schema: $crate::util::saved::Schema) -> $crate::util::saved::Schema {
                let schema = schema.word(stringify!($name));
                $(
                    let schema = schema.word(stringify!($field));
                    let schema = $crate::util::saved::of_part(schema, |this: &Self| &this.$field);
                )*
                schema
            }
            fn store(&self, out: &mut $crate::util::saved::Writer<'_>) {
                // Without `..`: a field that is in neither list does not compile.
                let Self { $($field,)* $($($made: _,)*)? } = self;
                $($crate::util::saved::Restored::store($field, out);)*
                let _ = out;
            }
            fn restore(
                &mut self,
                from: &mut $crate::util::saved::Reader<'_>,
            ) -> Result<(), $crate::util::saved::Fault> {
                $($crate::util::saved::Restored::restore(&mut self.$field, from)?;)*
                $(self.$then().map_err(|what| from.fault(what))?;)?
                let _ = from;
                Ok(())
            }
        }
    };
    ($name:ident $($rest:tt)*) => { $crate::util::saved::restored!([] $name $($rest)*); };
}
pub(crate) use restored;
