//! The tests of a condition: an operator, and what fits the field on its right side.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::{Field, ListId, Lists, Predicate, ProcessField, Tag, Template, Test, Type, Wildcard};
use super::token::{Placed, TextError, Token};
use crate::event::Os;
use crate::util::sort::sort_by_key;
use crate::util::spelling::suggestion;

/// Arranges predicates that have to hold together so that the cheapest comes first.
pub(super) fn cheapest_first(predicates: &mut [Predicate], lists: &Lists) {
    for predicate in predicates.iter_mut() {
        if let Predicate::Any(ways) = predicate {
            ways.iter_mut().for_each(|way| cheapest_first(way, lists));
        }
    }
    sort_by_key(predicates, |p| match p {
        Predicate::Test(_, test) => cost(test, lists),
        Predicate::Any(_) => MOST_COSTLY,
    });
}

const MOST_COSTLY: u8 = 6;

/// What a test costs, by rank.
fn cost(test: &Test, lists: &Lists) -> u8 {
    match test {
        Test::Tag(tag) if tag.is_lazy() => 5,
        Test::Tag(_) | Test::Unknown(_) => 0,
        Test::NumberIn(_) | Test::Less(_) | Test::Greater(_) | Test::BitsAny(_) => 1,
        Test::Rare(_) => 1,
        Test::TextIn(_) | Test::Same(_) | Test::Template(_) => 2,
        Test::List(any_of) if any_of.iter().any(|t| lists.is_text(*t)) => 4,
        Test::List(_) => 3,
        Test::Like(_) => 4,
        Test::Not(inner) => cost(inner, lists),
    }
}

/// What may stand between a field and a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    Fits,
    Has,
    Is,
}

impl Operator {
    const ALL: &'static [(&'static str, Self)] = &[
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("<", Self::Less),
        ("<=", Self::LessOrEqual),
        (">", Self::Greater),
        (">=", Self::GreaterOrEqual),
        ("in", Self::In),
        ("contains", Self::Contains),
        ("starts_with", Self::StartsWith),
        ("ends_with", Self::EndsWith),
        ("matches", Self::Matches),
        ("fits", Self::Fits),
        ("has", Self::Has),
        ("is", Self::Is),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, operator)| *operator)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, operator)| *operator == self).map_or("", |(name, _)| name)
    }

    /// Those that fit a field.
    pub(super) fn of(field: Field) -> impl Iterator<Item = Self> {
        let fits = move |operator: Self| match (operator, field.value_type()) {
            (Self::Has, ty) => matches!(ty, Type::Tags | Type::Number),
            (_, Type::Tags) => false,
            (Self::Equal | Self::NotEqual | Self::In | Self::Is, _) => true,
            (Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual, ty) => {
                matches!(ty, Type::Number | Type::Named(_))
            }
            (_, ty) => ty == Type::Text,
        };
        Self::ALL.iter().map(|(_, operator)| *operator).filter(move |operator| fits(*operator))
    }

    /// Whether several values may stand in brackets.
    pub(super) const fn takes_several(self) -> bool {
        !matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::LessOrEqual
                | Self::Greater
                | Self::GreaterOrEqual
                | Self::Is
        )
    }
}

/// What a field's values are.
pub(super) fn describe(field: Field) -> String {
    match field.value_type() {
        Type::Text => "a text".to_owned(),
        Type::Number => "a number".to_owned(),
        Type::Named(names) => format!("one of {}", names.join(", ")),
        Type::Bool => "true or false".to_owned(),
        Type::Tags => "the set of tags".to_owned(),
    }
}

/// Makes the tests of one field.
pub(super) struct Reader<'a> {
    pub(super) field: Field,
    pub(super) os: Os,
    pub(super) lists: &'a Lists,
}

impl Reader<'_> {
    /// The tests, of which one has to hold, that an operator makes of the values on its right side. It fits the field.
    pub(super) fn tests(&self, operator: Operator, values: &[Placed<'_>]) -> Result<Vec<Test>, TextError> {
        let Some(value) = values.first() else { return Ok(Vec::new()) };
        let test = match operator {
            Operator::In => return self.member(values),
            Operator::Fits => return values.iter().map(|v| self.template(v)).collect(),
            Operator::Has if self.field.value_type() == Type::Tags => return values.iter().map(tag).collect(),
            Operator::Has => self.bits(values)?,
            Operator::Contains => self.like(values, Wildcard::contains)?,
            Operator::StartsWith => self.like(values, Wildcard::starts_with)?,
            Operator::EndsWith => self.like(values, Wildcard::ends_with)?,
            Operator::Matches => self.like(values, Wildcard::glob)?,
            Operator::Equal => self.equal(value)?,
            Operator::NotEqual => Test::Not(Box::new(self.equal(value)?)),
            Operator::Less => Test::Less(self.bound(value, 0)?),
            Operator::LessOrEqual => Test::Less(self.bound(value, 1)?),
            Operator::Greater => Test::Greater(self.bound(value, 0)?),
            Operator::GreaterOrEqual => Test::Greater(self.bound(value, -1)?),
            Operator::Is => self.is(value)?,
        };
        Ok(alloc::vec![test])
    }

    fn misfit<T>(&self, (at, token): &Placed<'_>) -> Result<T, TextError> {
        let quotes = match (token, self.field.value_type()) {
            (Token::Word(_), Type::Text) => ": texts stand in single quotes",
            _ => "",
        };
        Err((*at, format!("the value does not fit: the field is {}{quotes}", describe(self.field))))
    }

    /// Equal to a value or to another field.
    fn equal(&self, value: &Placed<'_>) -> Result<Test, TextError> {
        if let (at, Token::Word(word)) = value
            && let Some(other) = Field::named(word)
        {
            return match other.value_type() == self.field.value_type() {
                true => Ok(Test::Same(other)),
                false => Err((*at, format!("`{word}` is {}, the field {}", describe(other), describe(self.field)))),
            };
        }
        self.literals(core::slice::from_ref(value))
    }

    fn literals(&self, values: &[Placed<'_>]) -> Result<Test, TextError> {
        match self.field.value_type() {
            Type::Text => {
                values.iter().map(|v| Ok(self.text(v)?.as_bytes().into())).collect::<Result<_, _>>().map(Test::TextIn)
            }
            _ => values.iter().map(|v| self.number(v)).collect::<Result<_, _>>().map(Test::NumberIn),
        }
    }

    fn text<'t>(&self, value: &'t Placed<'_>) -> Result<&'t str, TextError> {
        match value {
            (at, Token::Text(text)) if text.is_empty() => Err((*at, "the text is empty".to_owned())),
            (_, Token::Text(text)) => Ok(text),
            _ => self.misfit(value),
        }
    }

    /// A number, or the position of a word among those the field knows.
    fn number(&self, value: &Placed<'_>) -> Result<i64, TextError> {
        match (value, self.field.value_type()) {
            ((_, Token::Number(n)), Type::Number) => Ok(*n),
            ((_, Token::Word("true")), Type::Bool) => Ok(1),
            ((_, Token::Word("false")), Type::Bool) => Ok(0),
            ((at, Token::Word(word)), Type::Named(names)) => {
                let place = names.iter().position(|n| n == word).and_then(|p| i64::try_from(p).ok());
                let near = || suggestion(word, names.iter().copied());
                place.ok_or_else(|| (*at, format!("`{word}` is none of {}{}", names.join(", "), near())))
            }
            _ => self.misfit(value),
        }
    }

    /// The value of an ordering operator, moved to make `<=` of `<`.
    fn bound(&self, value: &Placed<'_>, by: i64) -> Result<i64, TextError> {
        let number = self.number(value)?;
        number.checked_add(by).ok_or_else(|| (value.0, "the number is too large".to_owned()))
    }

    /// One of some lists, or of some literals.
    fn member(&self, values: &[Placed<'_>]) -> Result<Vec<Test>, TextError> {
        let (mut lists, mut literals): (Vec<ListId>, Vec<Placed<'_>>) = (Vec::new(), Vec::new());
        for (at, token) in values {
            let (Token::Word(name), Type::Text) = (token, self.field.value_type()) else {
                literals.push((*at, token.clone()));
                continue;
            };
            let id = self.lists.id(name).ok_or_else(|| {
                let near = suggestion(name, self.lists.names().map(|(name, _)| name));
                (*at, format!("`{name}` is no list{near}"))
            })?;
            if self.lists.is_text(id) && is_name(self.field) {
                return Err((*at, format!("`{name}` is a list about command lines, the field holds names")));
            }
            lists.push(id);
        }
        let mut tests = Vec::new();
        if !lists.is_empty() {
            tests.push(Test::List(lists));
        }
        if !literals.is_empty() {
            tests.push(self.literals(&literals)?);
        }
        Ok(tests)
    }

    fn like(&self, values: &[Placed<'_>], make: fn(&str, bool) -> Wildcard) -> Result<Test, TextError> {
        let any_case = self.os != Os::Linux;
        let one = |value: &Placed<'_>| Ok(make(self.text(value)?, any_case));
        values.iter().map(one).collect::<Result<_, _>>().map(Test::Like)
    }

    fn template(&self, value: &Placed<'_>) -> Result<Test, TextError> {
        Template::new(self.text(value)?).map(Test::Template).map_err(|what| (value.0, what))
    }

    fn bits(&self, values: &[Placed<'_>]) -> Result<Test, TextError> {
        let mut bits = 0;
        for value in values {
            let mask = u64::try_from(self.number(value)?).ok().filter(|mask| *mask != 0);
            bits |= mask.ok_or_else(|| (value.0, "a mask needs at least one bit".to_owned()))?;
        }
        Ok(Test::BitsAny(bits))
    }

    fn is(&self, (at, token): &Placed<'_>) -> Result<Test, TextError> {
        const STATES: [&str; 4] = ["unknown", "known", "rare", "common"];
        let rare = |wanted| match self.field {
            Field::EndpointName => Ok(Test::Rare(wanted)),
            _ => Err((*at, "only `endpoint.name` has reference names to be rare or common by".to_owned())),
        };
        match token {
            Token::Word("unknown") => Ok(Test::Unknown(true)),
            Token::Word("known") => Ok(Test::Unknown(false)),
            Token::Word("rare") => rare(true),
            Token::Word("common") => rare(false),
            Token::Word(word) => {
                Err((*at, format!("`{word}` is none of {}{}", STATES.join(", "), suggestion(word, STATES))))
            }
            _ => Err((*at, format!("one of {} should stand here", STATES.join(", ")))),
        }
    }
}

fn tag((at, token): &Placed<'_>) -> Result<Test, TextError> {
    let Token::Word(name) = token else { return Err((*at, "the name of a tag should stand here".to_owned())) };
    let found = Tag::ALL.iter().find(|(n, _)| n == name).map(|(_, tag)| Test::Tag(*tag));
    found.ok_or_else(|| {
        let near = suggestion(name, Tag::ALL.iter().map(|(name, _)| *name));
        (*at, format!("`{name}` is no tag{near}"))
    })
}

/// Fields whose values are interned names: their lists are known beforehand, so a list about texts cannot apply.
const fn is_name(field: Field) -> bool {
    matches!(
        field,
        Field::Process(_, ProcessField::Image | ProcessField::User | ProcessField::OriginalFileName)
            | Field::EndpointName
            | Field::ImagePath
            | Field::ShareName
    )
}
