//! Published rules and what answers them: the rows are `data/published_rules.json`.

use std::fmt::Write as _;

use serde::Deserialize;

/// One published rule.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Row {
    /// Whose rule it is.
    pub set: String,
    /// Its title.
    pub title: String,
    /// `covered`, `partly` or `not`.
    pub answer: String,
    /// The code of the behavior that answers it.
    pub behavior: String,
    /// How severe that is at least.
    pub severity: String,
    /// A scenario that shows it.
    pub scenario: String,
    /// Names of pipes that the rule matches.
    pub names: Vec<String>,
    /// Texts that the rule matches.
    pub texts: Vec<String>,
    /// Further conditions, or the reason why no behavior covers the rule.
    pub why: String,
}

/// Every row.
///
/// # Panics
/// When the file cannot be read.
#[must_use]
pub fn rows() -> Vec<Row> {
    serde_json::from_str(include_str!("../data/published_rules.json")).expect("the rows are read")
}

/// The table, with how many rows have which answer.
///
/// # Panics
/// Never: text is written into a string.
#[must_use]
pub fn table() -> String {
    let rows = rows();
    let count = |answer: &str| rows.iter().filter(|row| row.answer == answer).count();
    let (covered, partly, not) = (count("covered"), count("partly"), count("not"));
    let mut table = format!("{} rules: {covered} covered, {partly} partly, {not} not.\n\n", rows.len());
    table += "| set | rule | answer | behavior | severity | scenario | further conditions, or why not |\n";
    table += "|---|---|---|---|---|---|---|\n";
    for row in &rows {
        let Row { set, title, answer, behavior, severity, scenario, why, .. } = row;
        let scenario = if scenario.is_empty() { String::new() } else { format!("`{scenario}`") };
        writeln!(table, "| {set} | {title} | {answer} | {behavior} | {severity} | {scenario} | {why} |")
            .expect("a string");
    }
    table
}
