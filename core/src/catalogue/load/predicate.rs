//! Predicates from JSON: a field, and operators that must all hold.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use super::super::{Field, Predicate, ProcessField, Tag, Template, TermId, Terms, Test, Type};
use crate::document::{Fault, Node};
use crate::event::Os;

/// Reads a `where` object, cheapest predicate first.
pub(super) fn read_where(node: &Node<'_>, os: Os, terms: &Terms) -> Result<Vec<Predicate>, Fault> {
    let mut predicates = Vec::new();
    for (name, operators) in node.members()? {
        let field = Field::named(name).ok_or_else(|| operators.fault("is no field"))?;
        let reader = Reader { field, os, terms };
        predicates.extend(reader.operators(&operators)?.into_iter().map(|test| Predicate { field, test }));
    }
    predicates.sort_by_key(|p| cost(&p.test, terms));
    Ok(predicates)
}

/// What a test costs, by rank.
fn cost(test: &Test, terms: &Terms) -> u8 {
    match test {
        Test::Tag(tag) if tag.is_lazy() => 5,
        Test::Tag(_) | Test::Unknown(_) => 0,
        Test::NumberIn(_) | Test::Less(_) | Test::Greater(_) | Test::BitsAny(_) => 1,
        Test::Rare(_) => 1,
        Test::TextIn(_) | Test::Same(_) | Test::Template(_) => 2,
        Test::Term(list) if list.iter().any(|t| terms.is_text(*t)) => 4,
        Test::Term(_) => 3,
        Test::Not(inner) => cost(inner, terms),
    }
}

struct Reader<'a> {
    field: Field,
    os: Os,
    terms: &'a Terms,
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
                "term" => tests.push(self.term(&value, "")?),
                "fact" => tests.push(self.term(&value, "fact.")?),
                "path_class" => tests.push(self.term(&value, path_classes(self.os))?),
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
            Type::Tags => "a set of derived facts: use `has`",
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

    fn term(&self, node: &Node<'_>, prefix: &str) -> Result<Test, Fault> {
        if self.field.value_type() != Type::Text {
            return Err(self.misfit(node));
        }
        let mut list: Vec<TermId> = Vec::new();
        for name in node.one_or_more() {
            let full = format!("{prefix}{}", name.text()?);
            let id = self.terms.id(&full).ok_or_else(|| name.fault(format_args!("`{full}` is no term")))?;
            if self.terms.is_text(id) && is_name(self.field) {
                return Err(name.fault(format_args!("`{full}` is about texts, the field is a name")));
            }
            list.push(id);
        }
        if list.is_empty() { Err(node.fault("is empty")) } else { Ok(Test::Term(list)) }
    }

    fn template(&self, node: &Node<'_>) -> Result<Test, Fault> {
        if self.field.value_type() != Type::Text {
            return Err(self.misfit(node));
        }
        Template::new(node.text()?).map(Test::Template).map_err(|what| node.fault(what))
    }

    fn rare(&self, node: &Node<'_>) -> Result<Test, Fault> {
        if self.field != Field::EndpointName {
            return Err(node.fault("only `endpoint.name` has a baseline"));
        }
        node.flag().map(Test::Rare)
    }

    fn tags(&self, node: &Node<'_>) -> Result<Vec<Test>, Fault> {
        if self.field.value_type() != Type::Tags {
            return Err(node.fault("only `tags` has derived facts"));
        }
        node.one_or_more().iter().map(|tag| tag.named("derived fact", Tag::ALL).map(Test::Tag)).collect()
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

/// Fields whose values are interned names: their terms are known beforehand, so a term about texts cannot apply.
const fn is_name(field: Field) -> bool {
    matches!(
        field,
        Field::Process(_, ProcessField::Image | ProcessField::User | ProcessField::OriginalFileName)
            | Field::EndpointName
            | Field::ImagePath
            | Field::ShareName
    )
}

/// Where the path classes of a platform stand among the terms.
const fn path_classes(os: Os) -> &'static str {
    match os {
        Os::Windows => "win.path.",
        Os::Linux => "linux.path.",
        Os::MacOs => "mac.path.",
    }
}
