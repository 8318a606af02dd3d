//! The fields of values that a record has without names, by their position.

use alloc::boxed::Box;
use alloc::vec::Vec;

use once_cell::race::OnceBox;

use super::fields::{FieldName, field_named};
use super::origin::Origin;

/// One template per line: provider, id, and the names in order.
const TEMPLATES: &str = include_str!("positions.txt");

/// The names of a record's values.
struct Template {
    origin: Origin,
    id: u32,
    fields: Vec<Option<FieldName>>,
}

/// The fields of a record's values, in order. `None` if no template has this number of values.
pub(super) fn fields(origin: Origin, id: u32, count: usize) -> Option<impl Iterator<Item = Option<FieldName>>> {
    let is_it = |of: &&Template| of.id == id && of.origin == origin && of.fields.len() == count;
    templates().iter().find(is_it).map(|of| of.fields.iter().copied())
}

/// All templates, parsed once.
fn templates() -> &'static [Template] {
    static PARSED: OnceBox<Vec<Template>> = OnceBox::new();
    PARSED.get_or_init(|| Box::new(TEMPLATES.lines().filter_map(template).collect()))
}

fn template(line: &str) -> Option<Template> {
    let mut parts = line.split('\t');
    let origin = Origin::of_provider(parts.next()?.as_bytes())?;
    let id = parts.next()?.parse().ok()?;
    let fields = parts.next()?.split(' ').map(|name| field_named(name.as_bytes())).collect();
    Some(Template { origin, id, fields })
}

#[cfg(test)]
mod tests {
    use super::super::record::parser_of;
    use super::{FieldName, Origin, TEMPLATES, Vec, fields};

    #[test]
    fn every_template_names_a_record_that_is_read_and_fields_of_it() {
        for line in TEMPLATES.lines().filter(|line| !line.starts_with('#')) {
            let parts: Vec<&str> = line.split('\t').collect();
            let [provider, id, names] = parts[..] else { panic!("{line}") };
            let origin = Origin::of_provider(provider.as_bytes()).unwrap_or_else(|| panic!("{line}"));
            let id = id.parse().unwrap_or_else(|_| panic!("{line}"));
            assert!(parser_of(origin, id).is_some(), "{line}");
            let found = fields(origin, id, names.split(' ').count()).expect("its own template");
            assert!(found.flatten().count() >= 1, "{line}");
        }
    }

    #[test]
    fn the_number_of_values_selects_the_template() {
        let first = |count| fields(Origin::Sysmon, 17, count).and_then(|mut fields| fields.nth(5));
        assert_eq!(first(6), Some(Some(FieldName::Image)));
        assert_eq!(first(8), Some(Some(FieldName::PipeName)));
        assert_eq!(first(9), None);
    }
}
