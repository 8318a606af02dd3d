//! Hunting through complete files: all inputs are judged together, in order of time.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ipcsentry::decode::Format;
use ipcsentry::{Catalog, Policy};
use ipcsentry_inputs::{Content, EventLog, Input, Unreachable, fill, places, read};

use crate::LIVE_LATENESS;
use crate::run::Run;
use crate::state::Place;
use crate::threads;

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;
/// Bytes at the beginning of an input that are kept to recognize its format, in case `--format` named a wrong one.
const HEAD: usize = 64 << 10;

/// A file to read, or why there is none.
pub(crate) type Found = Result<PathBuf, Unreachable>;

/// Reads every file that the arguments name, and prints the alerts.
pub(crate) fn hunt(run: &mut Run, catalog: &Catalog, policy: &Policy) -> io::Result<()> {
    read_all(run, catalog, policy);
    run.print_final()
}

/// Reads every file that the arguments name.
pub(crate) fn read_all(run: &mut Run, catalog: &Catalog, policy: &Policy) {
    let places: Vec<Found> =
        run.options.files.iter().flat_map(|name| places(Path::new(name), &run.options.include)).collect();
    if run.progress.is_watched() {
        let sizes = places.iter().flatten().filter_map(|path| path.metadata().ok()).map(|about| about.len());
        run.progress.begin(sizes.sum());
    }
    if run.options.threads > 1 {
        let (inputs, stats, engines) = threads::hunt(run, &places, run.options.threads, catalog, policy);
        run.judged_by(inputs, stats, engines);
    } else {
        for place in &places {
            if run.signals.ends() || read_place(run, place).is_break() {
                break;
            }
        }
    }
    run.progress.clear();
    if run.keeps_state() {
        // Later files may have events of the same seconds.
        run.engine.elapse(run.engine.limits().lateness.saturating_sub(LIVE_LATENESS));
    } else {
        run.engine.flush();
    }
}

/// Reads what is at one place: a file, or the files of an archive.
pub(crate) fn read_place(run: &mut Run, place: &Found) -> ControlFlow<()> {
    match place {
        Ok(path) => {
            let counter = Arc::clone(&run.progress.read);
            let include = run.options.include.clone();
            let _ = read(path, &include, &counter, &mut |input| {
                one(run, input);
                if run.signals.ends() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        }
        Err(Unreachable { path, error }) => {
            let input = run.inputs.begin(&path.to_string_lossy());
            run.inputs.unreadable(input, error);
        }
    }
    if run.signals.ends() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

fn one(run: &mut Run, input: Input<'_>) {
    let (index, place) = run.begin(&input.name);
    let place = place.unwrap_or_default();
    run.progress.note(&input.name);
    let read = match input.content {
        Content::Bytes(stream) => text(run, stream, index, place, &input.name),
        Content::EventLog(log) => event_log(run, log, index, &input.name),
        Content::Unreadable(error) => Err(error),
        _ => Err(io::Error::from(io::ErrorKind::Unsupported)),
    };
    if let Err(error) = read {
        run.inputs.unreadable(index, &error);
    }
}

fn text(run: &mut Run, mut from: Box<dyn Read + '_>, index: u32, past: Place, name: &str) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut head = Vec::new();
    let (mut place, first) = go_on(run, &mut from, index, past)?;
    let Some(stream) = place.stream else { return Ok(()) };
    if !first.is_empty() {
        place.read(&first);
        run.engine.feed_bytes(stream, &first);
    }
    let read = loop {
        if run.signals.ends() {
            break Ok(());
        }
        match fill(&mut from, &mut buffer) {
            Ok(0) => break Ok(()),
            Ok(filled) => {
                if head.is_empty() && run.options.format.is_some() {
                    head.extend_from_slice(&buffer[..filled.min(HEAD)]);
                }
                place.read(&buffer[..filled]);
                run.engine.feed_bytes(stream, &buffer[..filled]);
                run.hand_over();
                run.progress.note(name);
            }
            Err(error) => break Err(error),
        }
    };
    run.leave(index, place, &head);
    read
}

/// Goes to the place up to which an earlier run read the input and takes up its stream. An input that begins differently
/// or is shorter is another one: then the bytes that were read are given, for a stream of its own.
fn go_on(run: &mut Run, mut from: &mut dyn Read, index: u32, past: Place) -> io::Result<(Place, Vec<u8>)> {
    let mut start = vec![0; past.start.len()];
    let filled = fill(&mut from, &mut start)?;
    start.truncate(filled);
    if let Some(stream) = past.stream {
        let rest = past.position.saturating_sub(filled as u64);
        if start == past.start && io::copy(&mut from.take(rest), &mut io::sink())? == rest {
            return Ok((past, Vec::new()));
        }
        run.engine.close_stream(stream);
        if start == past.start {
            return Err(io::Error::other("it is shorter than when it was read before"));
        }
    }
    let stream = Some(run.open_stream(run.options.format, index));
    Ok((Place { stream, ..Place::default() }, start))
}

fn event_log(run: &mut Run, log: EventLog<'_>, index: u32, name: &str) -> io::Result<()> {
    let stream = run.open_stream(Some(Format::EvtxJson), index);
    run.inputs.numbered(index);
    let read = log.records(&mut |record| {
        match record {
            Ok((number, json)) => drop(run.engine.feed_record(stream, number, json.as_bytes())),
            Err(what) => run.inputs.fault(index, what),
        }
        run.hand_over();
        run.progress.note(name);
        true
    });
    run.close(stream, index, &[]);
    read
}
