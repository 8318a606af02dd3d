//! `--output` for other tools: lines as alerts come, or one text at the end.

use std::collections::HashMap;

use ipcsentry::{Alert, Coverage};
use ipcsentry_outputs::{Output, Report};
use serde_json::Value;

use crate::judged::Inputs;

/// An output that is being written.
pub(crate) struct Document {
    form: Output,
    has_head: bool,
    /// The alerts of an output that is one text, each in its last revision, with their places by id.
    alerts: Vec<Value>,
    places: HashMap<String, usize>,
}

impl Document {
    pub(crate) fn new(form: Output) -> Self {
        Self { form, has_head: false, alerts: Vec::new(), places: HashMap::new() }
    }

    /// Whether every line is JSON.
    pub(crate) const fn is_json(&self) -> bool {
        self.form.is_json()
    }

    /// Takes an alert or a revision; returns what is to be printed now.
    pub(crate) fn add(&mut self, alert: &Alert) -> String {
        let json = serde_json::to_value(alert).unwrap_or_default();
        if !self.form.is_whole() {
            return self.head() + &self.form.line(&json);
        }
        let place = *self.places.entry(alert.id.clone()).or_insert(self.alerts.len());
        if place == self.alerts.len() {
            self.alerts.push(json)
        } else {
            self.alerts[place] = json
        }
        String::new()
    }

    /// What is to be printed when input ends.
    pub(crate) fn end(&mut self, coverage: &[Coverage], inputs: &Inputs) -> String {
        if !self.form.is_whole() {
            return self.head();
        }
        let coverage: Vec<Value> = coverage.iter().filter_map(|host| serde_json::to_value(host).ok()).collect();
        let (judged, inputs) = (inputs.lines(), inputs.named());
        let mut report = Report::of(&self.alerts);
        (report.coverage, report.judged, report.inputs) = (&coverage, &judged, &inputs);
        self.form.text(&report)
    }

    /// What stands before the first line, once; a table without rows has it, too.
    fn head(&mut self) -> String {
        if std::mem::replace(&mut self.has_head, true) { String::new() } else { self.form.head() }
    }
}
