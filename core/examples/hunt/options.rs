//! The command line.

use std::ffi::OsString;

use ipcsentry::Timestamp;
use ipcsentry::decode::Format;
use ipcsentry::time::SECOND;

pub(crate) const HELP: &str = "\
Hunts through telemetry for abuse of inter-process communication (MITRE ATT&CK T1559).

usage: hunt [OPTION]... [FILE|-]...

  --policy P            policy file (JSON)
  --catalog C         catalog file (JSON) in place of the built-in one
  --format F            do not detect the format but take it for this one (auditd, evtx_json …)
  --host H              the host of records that name none (auditd, laurel, eslogger, unified log)
  --since T, --until T  print only alerts at or after / before this time (2020-05-02T18:01:54Z, or a date);
                        everything is still judged, so that what led to an alert is known
  --lateness SECONDS    how late an event may come and still be judged in order of time
                        (default: any lateness for files, 2 for -)
  --coverage            after the alerts, what each host's telemetry lets be seen, and what not and why
  --output table|ndjson (default: table)
  --help

Files may be compressed (.gz) or Windows event logs (.evtx); both are told by content. Several files are merged by
time and judged together; an alert that was revised is printed once, as it stood in the end. `-` is standard input:
it is judged as it comes and alerts are printed as they are raised, revisions included. Without FILE the built-in
scenarios of Windows, Linux and macOS are hunted.

exit: 0 no alert, 1 alerts, 2 an unreadable file or a bad option. The last line on standard error counts events,
alerts and errors.
";

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) policy: Option<OsString>,
    pub(crate) catalog: Option<OsString>,
    pub(crate) format: Option<Format>,
    pub(crate) host: Vec<u8>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    /// Nanoseconds.
    pub(crate) lateness: Option<i64>,
    pub(crate) coverage: bool,
    pub(crate) ndjson: bool,
    pub(crate) help: bool,
    pub(crate) files: Vec<OsString>,
}

impl Options {
    /// Reads the arguments; the error is for the user.
    pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut options = Self::default();
        let mut arguments = arguments;
        let mut only_files = false;
        while let Some(argument) = arguments.next() {
            let text = argument.to_string_lossy().into_owned();
            if only_files || text == "-" || !text.starts_with('-') {
                options.files.push(argument);
                continue;
            }
            let (name, inline) = match text.split_once('=') {
                Some((name, value)) => (name, Some(OsString::from(value))),
                None => (text.as_str(), None),
            };
            let takes_value = !matches!(name, "--" | "--help" | "-h" | "--coverage");
            if !takes_value && inline.is_some() {
                return Err(format!("{name} takes no value"));
            }
            let mut value = || inline.clone().or_else(|| arguments.next()).ok_or(format!("{name} needs a value"));
            match name {
                "--" => only_files = true,
                "--help" | "-h" => options.help = true,
                "--coverage" => options.coverage = true,
                "--policy" => options.policy = Some(value()?),
                "--catalog" => options.catalog = Some(value()?),
                "--format" => options.format = Some(format_named(&value()?)?),
                "--host" => options.host = value()?.to_string_lossy().into_owned().into_bytes(),
                "--since" => options.since = Some(time(&value()?)?),
                "--until" => options.until = Some(time(&value()?)?),
                "--lateness" => options.lateness = Some(seconds(&value()?)?),
                "--output" => {
                    options.ndjson = match value()?.to_str() {
                        Some("ndjson") => true,
                        Some("table") => false,
                        _ => return Err("--output is table or ndjson".into()),
                    }
                }
                _ => return Err(format!("unknown option {name}")),
            }
        }
        if options.is_live() && options.files.len() > 1 {
            return Err("- is judged as it comes and cannot be merged with files".into());
        }
        Ok(options)
    }

    /// Whether standard input is to be judged as it comes.
    pub(crate) fn is_live(&self) -> bool {
        self.files.iter().any(|f| f == "-")
    }

    /// Whether an alert of this time is to be printed.
    pub(crate) fn wants(&self, time: Timestamp) -> bool {
        self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time < until)
    }
}

fn format_named(name: &OsString) -> Result<Format, String> {
    let name = name.to_string_lossy();
    let found = Format::ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, format)| *format).ok_or_else(|| {
        let known: Vec<&str> = Format::ALL.iter().map(|(known, _)| *known).collect();
        format!("unknown format {name}; there are {}", known.join(", "))
    })
}

fn time(text: &OsString) -> Result<Timestamp, String> {
    let mut text = text.to_string_lossy().into_owned();
    if text.len() == "2020-05-02".len() {
        text.push_str("T00:00:00Z");
    }
    Timestamp::parse(text.as_bytes()).ok_or_else(|| format!("not a time: {text}"))
}

fn seconds(text: &OsString) -> Result<i64, String> {
    let number = text.to_str().and_then(|t| t.parse::<f64>().ok());
    let number = number.filter(|n| (0.0..=1e9).contains(n));
    number.map(|n| (n * SECOND as f64) as i64).ok_or_else(|| format!("not a number of seconds: {}", text.display()))
}
