//! Hunts through telemetry for abuse of inter-process communication; `hunt --help` explains the options.

pub(crate) mod advice;
pub(crate) mod baseline;
pub(crate) mod demo;
pub(crate) mod document;
pub(crate) mod files;
pub(crate) mod follow;
pub(crate) mod investigate;
pub(crate) mod judged;
pub(crate) mod live;
pub(crate) mod options;
pub(crate) mod policy;
pub(crate) mod profile;
pub(crate) mod progress;
pub(crate) mod replay;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod scenarios;
pub(crate) mod signals;
pub(crate) mod state;
pub(crate) mod suggest;
pub(crate) mod table;
pub(crate) mod threads;

use std::ffi::{OsStr, OsString};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::process::ExitCode;

use ipcsentry::time::SECOND;
use ipcsentry::{Catalog, Engine, Limits, Policy};

use options::{HELP, Options};
use run::{Run, say};
use signals::Signals;
use state::State;

/// A lateness that keeps every event until the end of all files.
pub(crate) const ANY_LATENESS: i64 = i64::MAX / 4;
/// How late an event of a live feed may be, in nanoseconds.
pub(crate) const LIVE_LATENESS: i64 = 2 * SECOND;
/// The memory limit for files: all of their events are held to be judged in order of time.
const FILE_BYTES: usize = if usize::BITS > 32 { 8 << 30 } else { 1 << 30 };

/// The program `hunt`.
pub(crate) fn main() -> ExitCode {
    ExitCode::from(run("hunt", std::env::args_os().skip(1)))
}

/// Runs the program with these arguments, and returns its exit status. `program` is its name in `--help` and `--version`:
/// the Python package installs it under another one.
pub(crate) fn run(program: &str, arguments: impl Iterator<Item = OsString>) -> u8 {
    let options = match Options::parse(arguments) {
        Ok(options) => options,
        Err(what) => return refuse(&format!("{what} (--help lists the options)")),
    };
    if options.help {
        return print(&HELP.replace("hunt [OPTION]", &format!("{program} [OPTION]")), 0);
    }
    if options.version {
        return print(&format!("{program} {}\n", env!("CARGO_PKG_VERSION")), 0);
    }
    if let Some(file) = &options.check_rules {
        return rules::check(file, &options);
    }
    if let Some(file) = &options.check_policy {
        return policy::check(file, &options);
    }
    if let Some(file) = &options.check_baseline {
        return baseline::check(file, &options);
    }
    if let Some((old, new)) = &options.baseline_diff {
        return baseline::compare([old, new], &options);
    }
    if let Some(file) = &options.baseline_policy {
        return baseline::take_over(file, &options);
    }
    let signals = Signals::default();
    // Before the catalog and a state are loaded, so that a signal in that time is not lost.
    if !options.scenarios
        && let Err(error) = signals.take()
    {
        say(&format!("a signal will end the program without a summary: {error}"));
    }
    if let Some((old, new)) = &options.replay {
        return replay::run(&options, &signals, [old, new]).unwrap_or_else(|what| refuse(&what));
    }
    if let Some(alerts) = &options.suggest {
        return suggest::run(&options, &signals, alerts).unwrap_or_else(|what| refuse(&what));
    }
    let (catalog, policy) = match judges(&options) {
        Ok(both) => both,
        Err(what) => return refuse(&what),
    };
    let (engine, state) = match engine(&options, catalog.clone(), policy.clone()) {
        Ok(engine) => engine,
        Err(what) => return refuse(&what),
    };
    let profile = match options.profile.as_deref().map(profile::profile).transpose() {
        Ok(profile) => profile,
        Err(what) => return refuse(&what),
    };
    let mut run = Run::new(options, signals, engine, state);
    if let Some(profile) = profile {
        return match profile::run(&mut run, &profile, &catalog, &policy) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => refuse(&format!("cannot write: {error}")),
            _ => 0,
        };
    }
    if run.options.scenarios {
        return match scenarios::run(&mut run, &catalog, &policy) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => refuse(&format!("cannot write: {error}")),
            done => done.unwrap_or_default(),
        };
    }
    let done = if run.options.is_live() {
        live::hunt(&mut run)
    } else if run.options.files.is_empty() {
        demo::announce();
        demo::hunt(&mut run)
    } else {
        files::hunt(&mut run, &catalog, &policy)
    };
    if let Err(what) = run.save().and_then(|()| run.save_learned()) {
        return refuse(&what);
    }
    match done
        .and_then(|()| run.print_suppressed())
        .and_then(|()| run.print_document())
        .and_then(|()| run.print_answers())
        .and_then(|()| run.print_coverage())
    {
        // A closed pipe, as behind `head`, is no failure.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => refuse(&format!("cannot write: {error}")),
        _ => run.finish(),
    }
}

/// The catalog and the policy that the options name.
pub(crate) fn judges(options: &Options) -> Result<(Catalog, Policy), String> {
    let catalog = rules::catalog(options)?;
    let policy = match &options.policy {
        Some(path) => policy::policy(path, &catalog)?,
        None => Policy::default(),
    };
    for warning in policy.warnings() {
        say(&format!("policy: {}: {}", warning.path, warning.what));
    }
    Ok((catalog, policy))
}

pub(crate) fn engine(options: &Options, catalog: Catalog, policy: Policy) -> Result<(Engine, Option<State>), String> {
    let mut limits = Limits::default();
    limits.seed = RandomState::new().build_hasher().finish();
    if options.is_live() {
        limits.lateness = options.lateness.unwrap_or(LIVE_LATENESS);
    } else {
        limits.lateness = options.lateness.unwrap_or(ANY_LATENESS);
        limits.bytes = FILE_BYTES;
        limits.max_alerts = 1 << 20;
    }
    let (mut engine, state) = match &options.state {
        Some(path) => State::open(path, catalog, policy, limits).map(|(state, engine)| (engine, Some(state)))?,
        None => (Engine::new(catalog, policy, limits), None),
    };
    baseline::teach(&mut engine, options)?;
    Ok((engine, state))
}

pub(crate) fn read(path: &OsStr) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

/// Prints a text on standard output. Returns `status`, or 2 if it cannot be written; a reader who has enough and goes is no
/// error.
pub(crate) fn print(text: &str, status: u8) -> u8 {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => refuse(&format!("cannot write: {error}")),
        _ => status,
    }
}

pub(crate) fn refuse(what: &str) -> u8 {
    say(what);
    2
}
