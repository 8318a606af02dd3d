//! The outputs by name.

use alloc::format;
use alloc::string::String;
use serde_json::Value;

use crate::report::{self, Report};
use crate::{csv, ecs, ocsf, stix};

/// An output that other tools read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Lines of JSON, each a document of the Elastic Common Schema.
    Ecs,
    /// Lines of JSON, each a Detection Finding of OCSF.
    Ocsf,
    /// One bundle of STIX.
    Stix,
    /// A table.
    Csv,
    /// One page of HTML.
    Html,
}

impl Output {
    /// All outputs with their names.
    pub const ALL: [(&str, Self); 5] =
        [("ecs", Self::Ecs), ("ocsf", Self::Ocsf), ("stix", Self::Stix), ("csv", Self::Csv), ("html", Self::Html)];

    /// The output of a name; `None` if there is none.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, output)| *output)
    }

    /// Whether the output is one text of all alerts, and not a line an alert.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::Stix | Self::Html)
    }

    /// Whether every line of the output is JSON.
    #[must_use]
    pub const fn is_json(self) -> bool {
        matches!(self, Self::Ecs | Self::Ocsf | Self::Stix)
    }

    /// What stands before the first line: the names of the columns of a table.
    #[must_use]
    pub fn head(self) -> String {
        if self == Self::Csv { csv::head() } else { String::new() }
    }

    /// The line of an alert with the line break that ends it; of an output that [is whole](Self::is_whole), the whole text
    /// of this alert alone.
    #[must_use]
    pub fn line(self, alert: &Value) -> String {
        match self {
            Self::Ecs => format!("{}\n", ecs::ecs(alert)),
            Self::Ocsf => format!("{}\n", ocsf::ocsf(alert)),
            Self::Csv => csv::row(alert),
            Self::Stix | Self::Html => self.text(&Report::of(core::slice::from_ref(alert))),
        }
    }

    /// The whole text of alerts. Only HTML shows what a report has beside alerts.
    ///
    /// ```
    /// use ipcsentry_outputs::{Output, Report};
    ///
    /// let output = Output::named("html").ok_or("no such output")?;
    /// assert!(output.text(&Report::of(&[])).contains("no alerts"));
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn text(self, of: &Report<'_>) -> String {
        match self {
            Self::Stix => format!("{}\n", stix::stix(of.alerts)),
            Self::Html => report::html(of),
            Self::Ecs | Self::Ocsf | Self::Csv => {
                of.alerts.iter().fold(self.head(), |text, alert| text + &self.line(alert))
            }
        }
    }
}
