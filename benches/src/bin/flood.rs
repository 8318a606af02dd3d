//! Floods an engine with distinct processes and measures its memory with the counting allocator.
//!
//! `flood [PROCESSES] [MEBIBYTES]`; exits with 1 if the engine exceeded the limit.

use std::process::ExitCode;

use ipcsentry::event::{Channel, Endpoint, EndpointAct, Event, Kind, Mechanism, NativeId, Os, ProcessStart, UniqueId};
use ipcsentry::{Catalog, Engine, Limits, Policy, Timestamp};
use ipcsentry_benches::count::{Counting, live, peak, reset_peak};
use ipcsentry_benches::generate::Numbers;

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<usize>().expect("a number"));
    let processes = arguments.next().unwrap_or(2_000_000);
    let mebibytes = arguments.next().unwrap_or(32);
    let catalog = Catalog::builtin();
    let before = live();
    reset_peak();
    let mut limits = Limits::default();
    limits.bytes = mebibytes << 20;
    limits.lateness = 1_000_000_000;
    let limit = limits.bytes;
    let mut engine = Engine::new(catalog, Policy::default(), limits);
    println!("empty: owned {} counted {}", live() - before, engine.stats().bytes);
    let mut numbers = Numbers::new(3);
    let mut text = (String::new(), String::new(), String::new());
    let (mut worst, mut understated, mut record) = (0, 0, 0_u64);
    let start = std::time::Instant::now();
    let mut slowest = std::time::Duration::ZERO;
    for n in 0..processes {
        use std::fmt::Write;
        text.0.clear();
        text.1.clear();
        text.2.clear();
        let id = numbers.next();
        let _ = write!(text.0, r"C:\Users\u{}\AppData\Local\{id:016x}\tool.exe", n % 40);
        let _ = write!(text.1, r"C:\Users\tool.exe --run {id:x} {id:b}");
        let _ = write!(text.2, r"\pipe-{id:x}");
        let mut guid = [7; 16];
        guid[..8].copy_from_slice(&id.to_be_bytes());
        let pipe = EndpointAct::new(Endpoint::new(Mechanism::NamedPipe, Some(text.2.as_bytes())));
        for kind in [Kind::ProcessStart(ProcessStart::default()), Kind::EndpointCreate(pipe)] {
            let mut event = Event::new(Os::Windows, Timestamp(1_763_000_000_000_000_000 + n as i64 * 1_000_000), kind);
            record += 1;
            event.host = b"flooded";
            event.source.channel = Channel::Embedder;
            event.source.id = NativeId::Number(record);
            event.actor.pid = Some(id as u32);
            event.actor.unique_id = UniqueId::Guid(guid);
            event.actor.image = Some(text.0.as_bytes());
            event.actor.command_line = Some(text.1.as_bytes());
            event.actor.user = Some(br"CORP\mallory");
            event.parent.pid = Some((id >> 32) as u32);
            event.parent.image = Some(br"C:\Windows\System32\cmd.exe");
            let begun = std::time::Instant::now();
            engine.feed(&event);
            while engine.poll_alert().is_some() {}
            slowest = slowest.max(begun.elapsed());
        }
        if n % 1_000 == 0 {
            let owned = live() - before;
            worst = worst.max(owned);
            understated = understated.max(owned as i64 - engine.stats().bytes as i64);
        }
    }
    let stats = engine.stats();
    let most = peak() - before;
    println!(
        "{processes} processes in {:.1} s, slowest event {slowest:?} (by the clock)\nlimit {limit}, peak {most} ({:.1} %), at rest {worst}, counted {}, at most {understated} more than counted\nmax_steps {}\n{stats:?}",
        start.elapsed().as_secs_f64(),
        100.0 * most as f64 / limit as f64,
        stats.bytes,
        stats.max_steps,
    );
    ExitCode::from(u8::from(most > limit))
}
