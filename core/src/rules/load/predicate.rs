//! Predicates from JSON: a field, and operators that must all hold.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use super::super::{Field, ListId, Lists, Predicate, ProcessField, Tag, Template, Test, Type};
use crate::event::Os;
use crate::util::document::{Fault, Node};

/// Reads a `where` object, cheapest predicate first.
pub(super) fn read_where(node: &Node<'_>, os: Os, lists: &Lists) -> Result<Vec<Predicate>, Fault> {
    let mut predicates = Vec::new();
    for (name, operators) in node.members()? {
        let field = Field::named(name).ok_or_else(|| operators.fault("is no field"))?;
        let reader = Reader { field, os, lists };
        predicates.extend(reader.operators(&operators)?.into_iter().map(|test| Predicate { field, test }));
    }
    predicates.sort_by_key(|p| cost(&p.test, lists));
    Ok(predicates)
}

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
        Test::Not(inner) => cost(inner, lists),
    }
}

struct Reader<'a> {
    field: Field,
    os: Os,
    lists: &'a Lists,
}

impl Reader<'_> {
    fn operators(&self, node: &Node<'_>) -> Result<Vec<Test>, Fault> {
        let mut tests = Vec::new();
        for (operator, value) in node.members()? {
            match operator {
                "eq" | "in" => tests.push(self.equal(&value)?),
                "lt" => tests.push(Test::Less(self.ordered(&value)?)),
                "gt" => tests.push(Test::Greater(self.ordered(&value)?)),
                "bits_any" => tests.push(self.bits(&value)?),
                "list" => tests.push(self.list(&value, "")?),
                "reference" => tests.push(self.list(&value, "reference.")?),
                "path_class" => tests.push(self.list(&value, path_classes(self.os))?),
                "template" => tests.push(self.template(&value)?),
                "rare" => tests.push(self.rare(&value)?),
                "has" => tests.extend(self.tags(&value)?),
                "unknown" => tests.push(Test::Unknown(value.flag()?)),
                "same_as" => tests.push(self.same(&value)?),
                "not" => tests.extend(self.operators(&value)?.into_iter().map(|test| Test::Not(Box::new(test)))),
                _ => return Err(value.fault("is no operator")),
            }
        }
        if tests.is_empty() { Err(node.fault("has no operator")) } else { Ok(tests) }
    }

    fn misfit(&self, node: &Node<'_>) -> Fault {
        let what = match self.field.value_type() {
            Type::Text => "a text",
            Type::Number => "a number",
            Type::Named(_) => "one of a list of names",
            Type::Bool => "true or false",
            Type::Tags => "a set of tags: use `has`",
        };
        node.fault(format_args!("does not fit: the field is {what}"))
    }

    fn equal(&self, node: &Node<'_>) -> Result<Test, Fault> {
        let values = node.one_or_more();
        if values.is_empty() {
            return Err(node.fault("is empty"));
        }
        match self.field.value_type() {
            Type::Tags => Err(self.misfit(node)),
            Type::Text => {
                let texts: Result<_, Fault> = values.iter().map(|v| Ok(v.text()?.as_bytes().into())).collect();
                Ok(Test::TextIn(texts?))
            }
            _ => Ok(Test::NumberIn(values.iter().map(|v| self.number(v)).collect::<Result<_, _>>()?)),
        }
    }

    fn number(&self, node: &Node<'_>) -> Result<i64, Fault> {
        match self.field.value_type() {
            Type::Number => node.integer(),
            Type::Bool => node.flag().map(i64::from),
            Type::Named(names) => {
                let name = node.text()?;
                let place = names.iter().position(|n| *n == name).and_then(|p| i64::try_from(p).ok());
                place.ok_or_else(|| node.fault(format_args!("`{name}` is none of {}", names.join(", "))))
            }
            Type::Text | Type::Tags => Err(self.misfit(node)),
        }
    }

    fn ordered(&self, node: &Node<'_>) -> Result<i64, Fault> {
        match self.field.value_type() {
            Type::Number | Type::Named(_) => self.number(node),
            _ => Err(self.misfit(node)),
        }
    }

    fn bits(&self, node: &Node<'_>) -> Result<Test, Fault> {
        if self.field.value_type() != Type::Number {
            return Err(self.misfit(node));
        }
        let bits = u64::try_from(node.integer()?).ok().filter(|bits| *bits != 0);
        bits.map(Test::BitsAny).ok_or_else(|| node.fault("should be a mask with at least one bit"))
    }

    fn list(&self, node: &Node<'_>, prefix: &str) -> Result<Test, Fault> {
        if self.field.value_type() != Type::Text {
            return Err(self.misfit(node));
        }
        let mut any_of: Vec<ListId> = Vec::new();
        for name in node.one_or_more() {
            let full = format!("{prefix}{}", name.text()?);
            let id = self.lists.id(&full).ok_or_else(|| name.fault(format_args!("`{full}` is no list")))?;
            if self.lists.is_text(id) && is_name(self.field) {
                return Err(name.fault(format_args!("`{full}` is about texts, the field is a name")));
            }
            any_of.push(id);
        }
        if any_of.is_empty() { Err(node.fault("is empty")) } else { Ok(Test::List(any_of)) }
    }

    fn template(&self, node: &Node<'_>) -> Result<Test, Fault> {
        if self.field.value_type() != Type::Text {
            return Err(self.misfit(node));
        }
        Template::new(node.text()?).map(Test::Template).map_err(|what| node.fault(what))
    }

    fn rare(&self, node: &Node<'_>) -> Result<Test, Fault> {
        if self.field != Field::EndpointName {
            return Err(node.fault("only `endpoint.name` has reference names"));
        }
        node.flag().map(Test::Rare)
    }

    fn tags(&self, node: &Node<'_>) -> Result<Vec<Test>, Fault> {
        if self.field.value_type() != Type::Tags {
            return Err(node.fault("only `tags` has tags"));
        }
        node.one_or_more().iter().map(|tag| tag.named("tag", Tag::ALL).map(Test::Tag)).collect()
    }

    fn same(&self, node: &Node<'_>) -> Result<Test, Fault> {
        let name = node.text()?.to_owned();
        let other = Field::named(&name).ok_or_else(|| node.fault(format_args!("`{name}` is no field")))?;
        if other.value_type() != self.field.value_type() {
            return Err(self.misfit(node));
        }
        Ok(Test::Same(other))
    }
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

/// Where the path classes of a platform stand among the lists.
const fn path_classes(os: Os) -> &'static str {
    match os {
        Os::Windows => "win.path.",
        Os::Linux => "linux.path.",
        Os::Macos => "mac.path.",
    }
}
