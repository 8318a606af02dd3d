//! Live feeds, judged as they arrive: standard input and followed files.

use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use ipcsentry::StreamId;
use ipcsentry_inputs::{container, unpacked};

use crate::follow::follow;
use crate::judged::place;
use crate::run::Run;
use crate::state::Place;

/// After this long without input, decoders hand over the events they hold back.
const QUIET: Duration = Duration::from_secs(1);
/// Time between two checks for complete events while input arrives.
const TICK: Duration = Duration::from_millis(250);
/// Bytes read at a time.
pub(crate) const CHUNK: usize = 1 << 20;
/// Bytes at the beginning of a feed that are kept to recognize its format, in case `--format` named a wrong one.
const HEAD: usize = 64 << 10;
/// Bytes at the beginning of standard input in which an archive or an event log is recognized.
const CONTAINER_HEAD: usize = 512;
/// Most errors that are printed as they occur, of all feeds together.
const SHOWN_ERRORS: u64 = 5;

/// What a feed's thread sends.
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    /// The followed file was rotated or truncated: a new file follows.
    Anew,
    Fault(io::Error),
}

/// The channel from the feeds' threads; each piece comes with the feed's number.
pub(crate) type Pieces = SyncSender<(usize, Piece)>;

/// One feed.
struct Feed {
    name: String,
    /// The index of the present input, and how far it was read.
    open: Option<(u32, Place)>,
    head: Vec<u8>,
    /// How often the file was rotated or truncated.
    begun: u32,
}

/// Judges the feeds until they end or a signal arrives. Fails when the output cannot be written.
pub(crate) fn hunt(run: &mut Run) -> io::Result<()> {
    let (pieces, mut feeds) = begin(run);
    let mut last = Instant::now();
    let (mut ticked, mut shown) = (last, 0);
    while !run.signals.ends() {
        if run.signals.reloads() {
            run.reload();
        }
        match pieces.recv_timeout(TICK) {
            Ok((feed, piece)) => {
                last = Instant::now();
                if last.duration_since(ticked) >= TICK {
                    for stream in feeds.iter().filter_map(Feed::stream) {
                        run.engine.settle_quiet(stream);
                    }
                    ticked = last;
                }
                feeds[feed].take(run, piece, &mut shown);
            }
            Err(RecvTimeoutError::Timeout) if last.elapsed() >= QUIET => {
                for stream in feeds.iter().filter_map(Feed::stream) {
                    run.engine.settle_stream(stream);
                }
                // No event advances the time of a quiet feed: let the clock do it, so that checks that wait for later
                // events run.
                let quiet = i64::try_from(last.elapsed().as_nanos()).unwrap_or(i64::MAX);
                run.engine.elapse(quiet);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        run.print_raised()?;
    }
    for feed in &mut feeds {
        feed.leave(run);
    }
    if !run.keeps_state() {
        run.engine.flush();
    }
    run.print_raised()
}

/// Starts a thread for each feed, which reads a few chunks ahead at most.
fn begin(run: &mut Run) -> (Receiver<(usize, Piece)>, Vec<Feed>) {
    let (sender, pieces) = sync_channel(4);
    let mut feeds = Vec::new();
    let named = if run.options.follow { run.options.files.clone() } else { vec!["standard input".into()] };
    for (number, path) in named.into_iter().enumerate() {
        let name = path.to_string_lossy().into_owned();
        let mut feed = Feed { name, open: None, head: Vec::new(), begun: 0 };
        let place = feed.open(run);
        feeds.push(feed);
        let sender = sender.clone();
        if run.options.follow {
            thread::spawn(move || follow(Path::new(&path), number, place, &sender));
        } else {
            thread::spawn(move || standard_input(number, &sender));
        }
    }
    (pieces, feeds)
}

fn standard_input(number: usize, pieces: &Pieces) {
    let mut stream = match unpacked(io::stdin()) {
        Ok(stream) => stream,
        Err(error) => return drop(pieces.send((number, Piece::Fault(error)))),
    };
    let mut buffer = vec![0; CHUNK];
    let mut head = Vec::new();
    loop {
        let piece = match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => {
                let is_head = head.len() < CONTAINER_HEAD;
                head.extend_from_slice(&buffer[..n.min(CONTAINER_HEAD.saturating_sub(head.len()))]);
                match container(&head).filter(|_| is_head) {
                    Some(kind) => Piece::Fault(io::Error::new(
                        io::ErrorKind::Unsupported,
                        format!("{kind} on standard input: save it as a file, and hunt that"),
                    )),
                    None => Piece::Bytes(buffer[..n].to_vec()),
                }
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => Piece::Fault(e),
        };
        let failed = matches!(piece, Piece::Fault(_));
        if pieces.send((number, piece)).is_err() || failed {
            return;
        }
    }
}

impl Feed {
    fn stream(&self) -> Option<StreamId> {
        self.open.as_ref().and_then(|(_, place)| place.stream)
    }

    /// Opens the stream, or takes up the one of an earlier run; gives how far that run read.
    fn open(&mut self, run: &mut Run) -> Place {
        let again = if self.begun == 0 { String::new() } else { format!(" (new file {})", self.begun) };
        let (input, place) = run.begin(&format!("{}{again}", self.name));
        let mut place = place.unwrap_or_default();
        if place.stream.is_none() {
            place = Place { stream: Some(run.open_stream(run.options.format, input)), ..Place::default() };
        }
        self.open = Some((input, place.clone()));
        place
    }

    fn take(&mut self, run: &mut Run, piece: Piece, shown: &mut u64) {
        match piece {
            Piece::Anew => {
                self.close(run);
                self.begun += 1;
                self.open(run);
            }
            Piece::Bytes(bytes) => {
                let Some((_, reached)) = &mut self.open else { return };
                let Some(stream) = reached.stream else { return };
                reached.read(&bytes);
                if run.options.format.is_some() && self.head.len() < HEAD {
                    self.head.extend_from_slice(&bytes[..bytes.len().min(HEAD)]);
                }
                let report = run.engine.feed_bytes(stream, &bytes);
                for error in &report.errors {
                    *shown += 1;
                    match *shown {
                        ..=SHOWN_ERRORS => run.say(&format!("{}: {}: {}", self.name, error.kind, place(error, false))),
                        n if n == SHOWN_ERRORS + 1 => run.say("further errors are only counted"),
                        _ => {}
                    }
                }
            }
            Piece::Fault(error) => {
                if let Some((input, _)) = &self.open {
                    run.inputs.unreadable(*input, &error);
                }
                run.say(&format!("{}: cannot be read: {error}", self.name));
            }
        }
    }

    fn close(&mut self, run: &mut Run) {
        if let Some((input, Place { stream: Some(stream), .. })) = self.open.take() {
            let head = std::mem::take(&mut self.head);
            run.close(stream, input, &head);
        }
    }

    /// The run ends.
    fn leave(&mut self, run: &mut Run) {
        if let Some((input, place)) = self.open.take() {
            run.leave(input, place, &self.head);
        }
    }
}
