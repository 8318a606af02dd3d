//! The command line.

use std::ffi::OsString;

use ipcsentry::decode::Format;
use ipcsentry::rules::Severity;
use ipcsentry::time::SECOND;
use ipcsentry::{Alert, Timestamp};
use ipcsentry_inputs::Include;
use ipcsentry_outputs::Output as Form;

pub(crate) const HELP: &str = "\
Hunts through telemetry for abuse of inter-process communication (MITRE ATT&CK T1559).

usage: hunt [OPTION]... [FILE|FOLDER|GLOB|-]...

what to read:
  --format F            the format of all input (auditd, evtx_json …), instead of recognizing it
  --host H              the host of records that name none (auditd, laurel, eslogger, unified log)
  --include GLOB        in folders and archives, read only files whose name matches; may be repeated
  --follow              keep reading each FILE as it grows, also after it is rotated or truncated
  --lateness SECONDS    how late an event may arrive and still be judged in order of time
                        (default: any lateness for files, 2 for - and --follow)

  --threads N           read and judge files with N threads each; the output is that of one (default: 1)
  --state FILE          go on where the run ended that wrote FILE, and write it in the end: nothing is flushed, and an
                        input of the same name that begins the same is read on from where it was left

what to look for:
  --policy P            policy file: JSON, or YAML or TOML by the ending of its name
  --check-policy P      print errors and warnings of a policy, and do not hunt
  --rules FILE|FOLDER   rules to add to the built-in ones; may be repeated
  --only-rules          use only the rules of --rules, not the built-in ones
  --check-rules FILE|FOLDER
                        print errors and warnings of rules, and do not hunt

  --baseline FILE       a baseline that --learn wrote: alerts that are usual as a whole fall to low, none is silenced

what to print:
  --min-severity S      only alerts of at least this severity: low, medium, high, critical
  --since T, --until T  only alerts at or after / before this time (2020-05-02T18:01:54Z, or a date);
                        earlier and later events are still judged, as context of these alerts
  --explain ID          only the alert or the incident whose id begins so, with all that is known of it
  --near-misses         also print what almost alerted, and which part was missing
  --timeline ID         also print what the processes of the alert or the incident whose id begins so, and their lineages,
                        did from ten minutes before to ten minutes after
  --process PID         also print what is known of the processes that had this id: where they came from, what they used
  --exposure            also print what makes attacks easier, apart from alerts: features that are on, permissions that are
                        wide, clients with more rights than they need
  --coverage            also print which behaviors the telemetry of each host can show, and why not others
  --remedy              with --coverage, also print the settings that would send what is missing: a Sysmon
                        configuration, audit policy, audit rules, events of Endpoint Security
  --suppressed          also print the alerts that entries of the policy cover; they do not count as alerts
  --profile NAME|FILE   with --coverage and without FILE: what would be seen with a sensor that sends what the profile
                        says; a file as core/docs/profiles.md describes it, or a profile that ships with the program
  --output O            table (the default), ndjson, or what other tools read: ecs (Elastic Common Schema), ocsf, stix,
                        csv; html is a report of one page; with --scenarios: table, ndjson or junit; with --coverage: table,
                        ndjson, html or navigator, a layer for the ATT&CK Navigator of what all hosts together show
  --all                 without FILE: every alert of the built-in scenarios, not only one for each platform

  --digest              instead of alerts, how many there were for each host and day by behavior, templates of names and
                        their owners, as JSON to be shared: hosts are numbers, users are left out

how to learn what is usual:
  --learn FILE          add to the baseline FILE what the input shows: who uses which pipe, socket, service, class, who
                        starts whom, and what alerts, each on how many hosts and days
  --check-baseline FILE print errors of a baseline, what was seen near alerts and wants to be looked at, and the attacks that
                        it would lower (exit status 1), and do not hunt
  --baseline-diff OLD NEW
                        print the relations that stand otherwise in NEW, and do not hunt
  --baseline-policy FILE
                        print the policy with an entry for each usual alert, and on standard error the attacks that an entry
                        would hide (exit status 1), and do not hunt

how to test rules and policy:
  --scenarios           put every built-in scenario through the rules and the policy, as the telemetry of each
                        sensor that can record it; each must pass, be blind for want of a record, or exit with 1
  --suggest ALERTS      propose the narrowest entries of a policy for benign alerts: lines of --output ndjson, of which those
                        count that say \"benign\": true, or all if none does. An entry that would hide a built-in attack,
                        a variant of one, or another alert of the FILEs (recordings of attacks), is refused by name
  --replay OLD NEW      what a change of rules would change: hunt through the FILEs with both (each a file or folder that
                        is added to the built-in rules, or the word builtin), and print the alerts that differ
  --export FOLDER       with --scenarios, also write that telemetry, to be replayed into another system

  --strict              exit with 2 if any record cannot be decoded or an input is empty
  --help, --version

Compressed files (gzip, zstd, xz, bzip2), archives (zip, tar, also compressed) and Windows event logs (.evtx) are
recognized by content. Folders are read recursively. Files are judged together, in order of time, and the last revision
of each alert is printed at the end. With --state, events of the last two seconds of a host wait for the next run.
SIGINT and SIGTERM end any run as the end of input does. Standard input (`-`) and followed files are judged as data arrive, until the end of
the input; SIGHUP reads policy and rules again; alerts and revisions are printed at once. Standard input may be compressed, but not an
archive or an event log. Without FILE, hunt uses the built-in scenarios of Windows, Linux and macOS.

exit status: 0 if everything was judged and there is no alert; 1 if there are alerts; 2 for a wrong option or an input
that cannot be read, is of no known format, or has no record that could be decoded (2 takes precedence). The report on
each input is printed on standard error; its last line has the numbers of events, alerts and errors.
";

/// Most threads that `--threads` may ask for.
const MOST_THREADS: usize = 256;

/// The options and arguments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) policy: Option<OsString>,
    pub(crate) check_policy: Option<OsString>,
    pub(crate) rules: Vec<OsString>,
    pub(crate) only_rules: bool,
    pub(crate) check_rules: Option<OsString>,
    pub(crate) baseline: Option<OsString>,
    pub(crate) learn: Option<OsString>,
    pub(crate) check_baseline: Option<OsString>,
    /// The earlier and the later one.
    pub(crate) baseline_diff: Option<(OsString, OsString)>,
    pub(crate) baseline_policy: Option<OsString>,
    pub(crate) digest: bool,
    pub(crate) format: Option<Format>,
    pub(crate) host: Vec<u8>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    /// Nanoseconds.
    pub(crate) lateness: Option<i64>,
    pub(crate) coverage: bool,
    pub(crate) remedy: bool,
    pub(crate) profile: Option<OsString>,
    /// What the id of an alert or an incident begins with.
    pub(crate) explain: Option<String>,
    pub(crate) near_misses: bool,
    pub(crate) exposure: bool,
    /// What the id of an alert or an incident begins with.
    pub(crate) timeline: Option<String>,
    pub(crate) process: Option<u32>,
    pub(crate) output: Output,
    pub(crate) scenarios: bool,
    pub(crate) export: Option<OsString>,
    pub(crate) suggest: Option<OsString>,
    /// Old and new rules.
    pub(crate) replay: Option<(OsString, OsString)>,
    pub(crate) min_severity: Option<Severity>,
    pub(crate) include: Include,
    pub(crate) follow: bool,
    pub(crate) state: Option<OsString>,
    /// 0 if `--threads` was not given.
    pub(crate) threads: usize,
    pub(crate) strict: bool,
    pub(crate) suppressed: bool,
    pub(crate) all: bool,
    pub(crate) help: bool,
    pub(crate) version: bool,
    /// Files, folders and globs; or only `-`.
    pub(crate) files: Vec<OsString>,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Output {
    #[default]
    Table,
    Ndjson,
    /// JUnit XML, of verdicts on scenarios only.
    Junit,
    /// A layer for the ATT&CK Navigator, of coverage only.
    Navigator,
    /// What other tools read.
    Other(Form),
}

impl Options {
    /// Parses the arguments. The error is a message for the user.
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
            let switch = match name {
                "--" => Some(&mut only_files),
                "--help" | "-h" => Some(&mut options.help),
                "--version" | "-V" => Some(&mut options.version),
                "--coverage" => Some(&mut options.coverage),
                "--near-misses" => Some(&mut options.near_misses),
                "--exposure" => Some(&mut options.exposure),
                "--digest" => Some(&mut options.digest),
                "--remedy" => Some(&mut options.remedy),
                "--follow" => Some(&mut options.follow),
                "--only-rules" => Some(&mut options.only_rules),
                "--suppressed" => Some(&mut options.suppressed),
                "--strict" => Some(&mut options.strict),
                "--all" => Some(&mut options.all),
                "--scenarios" => Some(&mut options.scenarios),
                _ => None,
            };
            if let Some(switch) = switch {
                *switch = true;
                if inline.is_some() {
                    return Err(format!("{name} takes no value"));
                }
                continue;
            }
            let mut value = || inline.clone().or_else(|| arguments.next()).ok_or(format!("{name} needs a value"));
            match name {
                "--policy" => options.policy = Some(value()?),
                "--check-policy" => options.check_policy = Some(value()?),
                "--rules" => options.rules.push(value()?),
                "--check-rules" => options.check_rules = Some(value()?),
                "--baseline" => options.baseline = Some(value()?),
                "--learn" => options.learn = Some(value()?),
                "--check-baseline" => options.check_baseline = Some(value()?),
                "--baseline-policy" => options.baseline_policy = Some(value()?),
                "--baseline-diff" => {
                    let old = value()?;
                    let new =
                        arguments.next().ok_or("--baseline-diff needs two values: an earlier and a later baseline")?;
                    options.baseline_diff = Some((old, new));
                }
                "--format" => options.format = Some(format_named(&value()?)?),
                "--host" => options.host = value()?.to_string_lossy().into_owned().into_bytes(),
                "--since" => options.since = Some(time(&value()?)?),
                "--until" => options.until = Some(time(&value()?)?),
                "--include" => options.include.add(&value()?.to_string_lossy())?,
                "--min-severity" => options.min_severity = Some(severity(&value()?)?),
                "--profile" => options.profile = Some(value()?),
                "--state" => options.state = Some(value()?),
                "--threads" => options.threads = threads(&value()?)?,
                "--explain" => options.explain = Some(value()?.to_string_lossy().to_lowercase()),
                "--timeline" => options.timeline = Some(value()?.to_string_lossy().to_lowercase()),
                "--process" => options.process = Some(pid(&value()?)?),
                "--suggest" => options.suggest = Some(value()?),
                "--replay" => {
                    let old = value()?;
                    let new = arguments.next().ok_or("--replay needs two values: the old rules and the new ones")?;
                    options.replay = Some((old, new));
                }
                "--export" => options.export = Some(value()?),
                "--lateness" => options.lateness = Some(seconds(&value()?)?),
                "--output" => {
                    options.output = output(&value()?)?;
                }
                _ => return Err(format!("unknown option {name}")),
            }
        }
        if options.reads_standard_input() && options.files.len() > 1 {
            return Err("standard input (-) is judged as data arrive and cannot be merged with files".into());
        }
        if options.only_rules && options.rules.is_empty() && options.check_rules.is_none() {
            return Err("--only-rules needs --rules: there would be no rule".into());
        }
        if options.state.is_some() && options.files.is_empty() {
            return Err("--state needs a FILE or -".into());
        }
        if options.threads > 0 && (options.files.is_empty() || options.is_live() || options.state.is_some()) {
            return Err("--threads needs a FILE, which is read to its end: not -, --follow or --state".into());
        }
        if options.learn.is_some() && (options.files.is_empty() || options.asks_about_files().is_some()) {
            return Err("--learn needs a FILE or -, and no --suggest or --replay".into());
        }
        if options.digest
            && (options.is_live()
                || options.investigates()
                || options.coverage
                || options.suppressed
                || options.scenarios
                || !matches!(options.output, Output::Table | Output::Ndjson))
        {
            return Err("--digest prints a digest alone: no -, --follow, --coverage, --suppressed, --scenarios, --near-misses, \
                        --exposure, --timeline, --process, and --output table or ndjson"
                .into());
        }
        if options.remedy && !options.coverage {
            return Err("--remedy needs --coverage".into());
        }
        if options.profile.is_some() && (!options.coverage || !options.files.is_empty()) {
            return Err("--profile needs --coverage and takes no FILE".into());
        }
        if options.scenarios && !options.files.is_empty() {
            return Err("--scenarios takes no FILE: it hunts the built-in scenarios".into());
        }
        if !options.scenarios && (options.export.is_some() || options.output == Output::Junit) {
            return Err("--export and --output junit need --scenarios".into());
        }
        if options.output == Output::Navigator
            && (!options.coverage
                || options.remedy
                || options.suppressed
                || options.scenarios
                || options.investigates())
        {
            return Err("--output navigator needs --coverage, and prints a layer alone: no --remedy, --suppressed, --scenarios, \
                        --near-misses, --exposure, --timeline, --process"
                .into());
        }
        if let Output::Other(form) = options.output {
            let has_no_place =
                options.scenarios || options.profile.is_some() || options.remedy || options.investigates();
            if has_no_place || (options.coverage && form != Form::Html) {
                return Err("--scenarios, --profile, --remedy, --near-misses, --timeline, --process, --exposure and --coverage need --output \
                     table or ndjson"
                    .into());
            }
        }
        if let Some(asked) = options.asks_about_files()
            && (options.is_live()
                || options.state.is_some()
                || options.coverage
                || options.investigates()
                || !matches!(options.output, Output::Table | Output::Ndjson))
        {
            return Err(format!(
                "{asked} reads whole files and prints a table or ndjson: no -, --follow, --state, --coverage, --near-misses, \
                 --exposure, --timeline, --process"
            ));
        }
        if options.replay.is_some()
            && (options.files.is_empty() || options.suggest.is_some() || !options.rules.is_empty())
        {
            return Err("--replay needs a FILE, and names its rules itself".into());
        }
        if options.follow && (options.files.is_empty() || options.reads_standard_input()) {
            return Err("--follow needs a FILE".into());
        }
        Ok(options)
    }

    /// Whether an analyst's questions are asked.
    pub(crate) const fn investigates(&self) -> bool {
        self.near_misses || self.exposure || self.timeline.is_some() || self.process.is_some()
    }

    /// Whether alerts are printed as NDJSON.
    pub(crate) fn is_ndjson(&self) -> bool {
        self.output == Output::Ndjson
    }

    /// Whether alerts are printed as blocks of text.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.output, Output::Table | Output::Junit)
    }

    /// The option that asks something about whole files instead of hunting through them.
    fn asks_about_files(&self) -> Option<&'static str> {
        match (&self.suggest, &self.replay) {
            (Some(_), _) => Some("--suggest"),
            (None, Some(_)) => Some("--replay"),
            (None, None) => None,
        }
    }

    fn reads_standard_input(&self) -> bool {
        self.files.iter().any(|f| f == "-")
    }

    /// Whether the input is a live feed, judged as it arrives.
    pub(crate) fn is_live(&self) -> bool {
        self.follow || self.reads_standard_input()
    }

    /// Whether the options select an alert for printing.
    pub(crate) fn wants(&self, alert: &Alert) -> bool {
        let time = alert.timestamp;
        let in_time = self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time < until);
        let asked = |id: &String| alert.id.starts_with(id) || alert.incident.starts_with(id);
        self.explain.as_ref().is_none_or(asked) && in_time && self.min_severity.is_none_or(|least| alert.level >= least)
    }
}

fn pid(text: &OsString) -> Result<u32, String> {
    let text = text.to_string_lossy();
    text.parse().map_err(|_| format!("--process {text}: a process id is a whole number"))
}

fn output(name: &OsString) -> Result<Output, String> {
    let name = name.to_string_lossy();
    let plain = [
        ("table", Output::Table),
        ("ndjson", Output::Ndjson),
        ("junit", Output::Junit),
        ("navigator", Output::Navigator),
    ];
    let found = plain.iter().find(|(known, _)| *known == name).map(|(_, output)| *output);
    found.or_else(|| Form::named(&name).map(Output::Other)).ok_or_else(|| {
        let forms: Vec<&str> = Form::ALL.iter().map(|(known, _)| *known).collect();
        let forms = forms.join(", ");
        format!("--output is table, ndjson, {forms}, (with --scenarios) junit, or (with --coverage) navigator")
    })
}

fn severity(name: &OsString) -> Result<Severity, String> {
    let name = name.to_string_lossy();
    let found = Severity::ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, severity)| *severity).ok_or_else(|| {
        let known: Vec<&str> = Severity::ALL.iter().map(|(known, _)| *known).collect();
        format!("unknown severity {name}; there are {}", known.join(", "))
    })
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

fn threads(text: &OsString) -> Result<usize, String> {
    let number = text.to_str().and_then(|t| t.parse().ok());
    let number = number.filter(|n| (1..=MOST_THREADS).contains(n));
    number.ok_or_else(|| format!("--threads is a number from 1 to {MOST_THREADS}, not {}", text.display()))
}

fn seconds(text: &OsString) -> Result<i64, String> {
    let number = text.to_str().and_then(|t| t.parse::<f64>().ok());
    let number = number.filter(|n| (0.0..=1e9).contains(n));
    number.map(|n| (n * SECOND as f64) as i64).ok_or_else(|| format!("not a number of seconds: {}", text.display()))
}
