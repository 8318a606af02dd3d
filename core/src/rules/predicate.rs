//! What a clause asks of the fields of an event.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::field::Field;
use super::list_bits::ListId;
use super::tag::Tag;
use super::wildcard::Wildcard;
use crate::names::Template;

/// One condition of several that have to hold together.
#[derive(Clone, Debug)]
pub enum Predicate {
    /// A test of one field.
    Test(Field, Test),
    /// At least one of these conjunctions holds.
    Any(Vec<Vec<Self>>),
}

impl Predicate {
    /// Calls `each` with every test, however deep it stands.
    pub(crate) fn each_test<'a>(predicates: &'a [Self], each: &mut dyn FnMut(Field, &'a Test)) {
        for predicate in predicates {
            match predicate {
                Self::Test(field, test) => each(*field, test),
                Self::Any(ways) => ways.iter().for_each(|way| Self::each_test(way, each)),
            }
        }
    }

    /// The mechanisms, by number, of which an event has to be where these hold; `None` where any will do.
    pub(crate) fn mechanisms(predicates: &[Self]) -> Option<Vec<i64>> {
        predicates.iter().find_map(|predicate| match predicate {
            Self::Test(Field::EndpointMechanism, Test::NumberIn(list)) => Some(list.clone()),
            Self::Test(..) => None,
            Self::Any(ways) => {
                let of_ways: Option<Vec<Vec<i64>>> = ways.iter().map(|way| Self::mechanisms(way)).collect();
                of_ways.map(|lists| lists.concat())
            }
        })
    }
}

/// A condition. On a field without a value everything but `Unknown(true)` and `Not` fails.
#[derive(Clone, Debug)]
pub enum Test {
    /// Text equality; ASCII case does not matter on Windows and macOS.
    TextIn(Vec<Box<[u8]>>),
    /// Number, name or bool equality.
    NumberIn(Vec<i64>),
    /// Smaller.
    Less(i64),
    /// Greater.
    Greater(i64),
    /// Any of these bits is set.
    BitsAny(u64),
    /// The text is of any of these lists.
    List(Vec<ListId>),
    /// The text is of any of these shapes.
    Like(Vec<Wildcard>),
    /// The name is of this shape.
    Template(Template),
    /// The endpoint's name is not among the reference names.
    Rare(bool),
    /// The tag is set.
    Tag(Tag),
    /// Whether the value is missing.
    Unknown(bool),
    /// Equal to another field (text without regard to case on Windows).
    Same(Field),
    /// Not so (also when the value is missing).
    Not(Box<Self>),
}
