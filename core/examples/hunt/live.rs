//! Standard input, judged as it comes.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use ipcsentry::StreamId;
use ipcsentry::decode::Format;

use crate::input::{CHUNK, unpacked};
use crate::run::Run;

/// A feed that was silent for this long has said all it had to say for now.
const QUIET: Duration = Duration::from_secs(1);
/// How often what is complete by now is looked for while the feed goes on.
const TICK: Duration = Duration::from_millis(250);
/// Bytes after which a format that was not recognized will not be.
const HEAD: usize = 64 << 10;

/// Reads standard input to its end; fails when the output cannot be written.
pub(crate) fn hunt(run: &mut Run) -> io::Result<()> {
    let chunks = reader();
    let mut head = Vec::new();
    let mut stream: Option<StreamId> = None;
    let mut last = Instant::now();
    let mut ticked = last;
    loop {
        match chunks.recv_timeout(QUIET) {
            Ok(Ok(chunk)) => {
                last = Instant::now();
                if let Some(id) = stream.filter(|_| last.duration_since(ticked) >= TICK) {
                    run.engine.settle_quiet(id);
                    ticked = last;
                }
                let Some(id) = stream else {
                    head.extend_from_slice(&chunk);
                    stream = begin(run, &mut head, false);
                    run.print_raised()?;
                    continue;
                };
                run.feed(id, &chunk);
            }
            Ok(Err(error)) => run.unreadable("standard input", &error),
            Err(RecvTimeoutError::Timeout) => {
                if stream.is_none() && !head.is_empty() {
                    stream = begin(run, &mut head, true);
                }
                let quiet = i64::try_from(last.elapsed().as_nanos()).unwrap_or(i64::MAX);
                if let Some(id) = stream {
                    run.engine.settle_stream(id);
                }
                // Time goes on though nothing says so: what waits for later events waits no longer than the clock.
                run.engine.elapse(quiet);
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
        run.print_raised()?;
    }
    stream = stream.or_else(|| begin(run, &mut head, true));
    match stream {
        Some(id) => run.close(id),
        None => run.warn("standard input: not a format that is known, nothing was judged"),
    }
    run.engine.flush();
    run.print_raised()
}

/// Opens the stream once its format can be told; `last` when no more will come to tell it by.
fn begin(run: &mut Run, head: &mut Vec<u8>, last: bool) -> Option<StreamId> {
    let whole = head.contains(&b'\n') || head.len() >= HEAD || last;
    let format = run.options.format.or_else(|| whole.then(|| Format::detect(head)).flatten())?;
    let id = run.open_stream(format, "standard input", 0);
    run.feed(id, head);
    *head = Vec::new();
    Some(id)
}

/// A thread that hands over whatever there is to read; a few chunks ahead at most.
fn reader() -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = sync_channel(4);
    thread::spawn(move || {
        let mut stream = match unpacked(io::stdin()) {
            Ok(stream) => stream,
            Err(error) => return drop(sender.send(Err(error))),
        };
        let mut buffer = vec![0; CHUNK];
        loop {
            let taken = match stream.read(&mut buffer) {
                Ok(0) => return,
                Ok(n) => Ok(buffer[..n].to_vec()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => Err(e),
            };
            let failed = taken.is_err();
            if sender.send(taken).is_err() || failed {
                return;
            }
        }
    });
    receiver
}
