//! The fields of values that a record has without names, by their position.

use super::fields::{FieldName, field_named};
use super::origin::Origin;

/// One template per line: provider, id, and the names in order.
const TEMPLATES: &str = include_str!("positions.txt");

/// The fields of a record's values, in order. `None` if no template has this number of values.
pub(super) fn fields(origin: Origin, id: u32, count: usize) -> Option<impl Iterator<Item = Option<FieldName>>> {
    let template = TEMPLATES.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut parts = line.split('\t');
        let is_provider = parts.next().is_some_and(|name| Origin::of_provider(name.as_bytes()) == Some(origin));
        let is_id = is_provider && parts.next().and_then(|text| text.parse().ok()) == Some(id);
        parts.next().filter(|names| is_id && names.split(' ').count() == count)
    })?;
    Some(template.split(' ').map(|name| field_named(name.as_bytes())))
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::super::record::parser_of;
    use super::{FieldName, Origin, TEMPLATES, fields};

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
    fn the_number_of_values_tells_the_template() {
        let first = |count| fields(Origin::Sysmon, 17, count).and_then(|mut fields| fields.nth(5));
        assert_eq!(first(6), Some(Some(FieldName::Image)));
        assert_eq!(first(8), Some(Some(FieldName::PipeName)));
        assert_eq!(first(9), None);
    }
}
