use super::load_builtin;

#[test]
fn the_builtin_catalogue_loads() {
    let catalogue = load_builtin().unwrap_or_else(|fault| panic!("{}: {}", fault.path, fault.what));
    assert!(!catalogue.behaviours().is_empty());
}
