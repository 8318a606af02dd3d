//! The table of evasions, from `data/evasion.json`.

use ipcsentry::scenario::{self, Scenario};
use serde::Deserialize;

use crate::tables::PLATFORMS;

/// One evasion.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `D7`.
    pub row: String,
    /// The attacker's action.
    #[serde(rename = "move")]
    pub what: String,
    #[serde(rename = "Windows")]
    windows: Shown,
    #[serde(rename = "Linux")]
    linux: Shown,
    #[serde(rename = "macOS")]
    mac: Shown,
}

/// The tests which show that an evasion fails on a platform.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shown {
    /// Scenarios that alert.
    pub scenarios: Vec<String>,
    /// Tests, as `FILE::NAME`.
    pub tests: Vec<String>,
    /// A part that no test shows, and why.
    pub limit: String,
}

impl Row {
    /// The proof for each platform.
    #[must_use]
    pub fn shown(&self) -> [(&'static str, &Shown); 3] {
        let [windows, linux, mac] = PLATFORMS.map(|(_, name, _)| name);
        [(windows, &self.windows), (linux, &self.linux), (mac, &self.mac)]
    }
}

/// Every row.
///
/// # Panics
/// If the file cannot be read.
#[must_use]
pub fn rows() -> Vec<Row> {
    serde_json::from_str(include_str!("../data/evasion.json")).expect("the rows are read")
}

/// A scenario by its name.
#[must_use]
pub fn scenario(id: &str) -> Option<&'static Scenario> {
    scenario::all().iter().find(|scenario| scenario.id() == id)
}

/// The table.
#[must_use]
pub fn table() -> String {
    let mut table = String::from("| row | move | platform | shown by | what is not |\n|---|---|---|---|---|\n");
    for row in rows() {
        for (at, (platform, shown)) in row.shown().into_iter().enumerate() {
            let scenarios =
                shown.scenarios.iter().map(|id| format!("{} `{id}`", scenario(id).map_or("?", Scenario::behavior)));
            let by: Vec<String> = scenarios.chain(shown.tests.iter().map(|test| format!("`{test}`"))).collect();
            let (by, limit) = match (by.is_empty(), shown.limit.is_empty()) {
                (true, true) => ("–".to_owned(), "not shown"),
                (true, false) => ("–".to_owned(), &*shown.limit),
                (false, _) => (by.join(", "), &*shown.limit),
            };
            let (name, what) = if at == 0 { (&*row.row, &*row.what) } else { ("", "") };
            table += &format!("| {name} | {what} | {platform} | {by} | {limit} |\n");
        }
    }
    table
}
