//! The public part of the catalog's module stays small, and can grow without breaking whoever uses it; what CONTRIBUTING
//! says of files is so.

use ipcsentry_tests::document::{file, text};

/// Most public types of `ipcsentry::rules`.
const MOST: usize = 10;

#[test]
fn the_catalog_has_few_public_types_and_they_may_grow() {
    let module = text("core/src/rules/mod.rs");
    let exported: Vec<String> = module
        .lines()
        .filter_map(|line| line.strip_prefix("pub use "))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect::<Vec<_>>())
        .filter(|name| name.starts_with(|c: char| c.is_uppercase()))
        .collect();
    assert!(exported.iter().any(|name| name == "Catalog"), "{exported:?}");
    assert!(exported.len() <= MOST, "{} public types: {exported:?}", exported.len());
    assert!(!module.lines().any(|line| line.starts_with("pub struct") || line.starts_with("pub mod")));
    let code: String = ["attack", "catalog", "elements", "info", "load_error", "model", "wants"]
        .map(|name| text(&format!("core/src/rules/{name}.rs")))
        .concat();
    for name in &exported {
        let defined = ["struct", "enum"].iter().find_map(|word| code.split_once(&format!("pub {word} {name}")));
        let (before, after) = defined.unwrap_or_else(|| panic!("{name} is defined somewhere else"));
        let attributes = before.rsplit("\n\n").next().unwrap_or_default();
        // A tuple of private fields can grow, too.
        let is_open = attributes.contains("#[non_exhaustive]") || after.starts_with("(Arc<");
        assert!(is_open, "{name} cannot grow");
    }
}

#[test]
fn contributing_names_files_that_are_there() {
    let document = text("CONTRIBUTING.md");
    let named: Vec<&str> = document.split('`').skip(1).step_by(2).filter(|name| name.contains('/')).collect();
    let paths: Vec<&&str> = named
        .iter()
        .filter(|name| !name.contains(['*', ' ', '.']) || name.ends_with(".rs") || name.ends_with(".md"))
        .collect();
    let is_pattern =
        |name: &str| name.contains("PLATFORM") || name.contains("NAME") || name.contains('*') || name.contains("..");
    let missing: Vec<&&&str> = paths.iter().filter(|name| !is_pattern(name) && !file(name).exists()).collect();
    assert!(paths.len() > 20, "{paths:?}");
    assert!(missing.is_empty(), "{missing:?}");
    let (_, questions) = document.split_once("| question | file |").expect("the table of questions");
    let rows = questions.lines().skip(2).take_while(|line| line.starts_with('|')).count();
    assert!(rows >= 13, "{rows} questions");
}
