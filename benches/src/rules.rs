//! Catalogs with a part of the builtin behaviors, to measure the cost of the others.

use ipcsentry::Catalog;
use ipcsentry::rules::builtin_texts;

/// The behaviors of the first version.
pub const FIRST: [&str; 21] = [
    "W02", "W03", "W04", "W05", "W08", "W10", "W12", "W13", "W15", "W16", "L01", "L03", "L05", "L09", "L12", "L14",
    "L18", "M01", "M02", "M05", "M09",
];

/// A catalog of the builtin behaviors that `is_wanted` chooses by their code.
///
/// # Panics
///
/// If a builtin behavior refers to one that is not chosen.
#[must_use]
pub fn catalog_of(is_wanted: impl Fn(&str) -> bool) -> Catalog {
    let code = |name: &str| name.rsplit('/').next().and_then(|file| file.split('_').next()).map(str::to_owned);
    let wanted = builtin_texts().into_iter().filter(|(name, _)| code(name).is_some_and(|code| is_wanted(&code)));
    let texts: Vec<String> = wanted.map(|(_, text)| text).collect();
    let text = format!("{{\"behaviors\": [{}]}}", texts.join(","));
    Catalog::from_json(text.as_bytes()).expect("a part of the catalog is one")
}

/// Whether a code is among the 64 behaviors of commit edeaedb, whose instruction counts later versions are compared with.
#[must_use]
pub fn is_of_edeaedb(code: &str) -> bool {
    let last = match code.as_bytes().first() {
        Some(b'W') => 27,
        Some(b'L') => 21,
        _ => 16,
    };
    code[1..].parse::<u32>().is_ok_and(|number| number <= last)
}
