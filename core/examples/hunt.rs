//! Hunts through files of telemetry: the library's main job from a shell.

use std::io::{Read, Write};
use std::process::ExitCode;

use ipcsentry::decode::Format;
use ipcsentry::{Catalogue, Engine, Limits, Policy, StreamOptions};

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--") && a != "ndjson").collect();
    let mut limits = Limits::default();
    limits.lateness = i64::MAX / 4;
    limits.bytes = 4 << 30;
    let mut engine = Engine::new(Catalogue::builtin(), Policy::default(), limits);
    for (i, file) in files.iter().enumerate() {
        let mut bytes = Vec::new();
        std::fs::File::open(file).unwrap().read_to_end(&mut bytes).unwrap();
        if file.ends_with(".gz") {
            let mut out = Vec::new();
            flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut out).unwrap();
            bytes = out;
        }
        let Some(format) = Format::detect(&bytes[..bytes.len().min(65536)]) else {
            eprintln!("{file}: unknown format");
            continue;
        };
        let mut options = StreamOptions::new(format);
        options.file = i as u32;
        let stream = engine.open_stream(options);
        engine.feed_bytes(stream, &bytes);
        engine.close_stream(stream);
    }
    engine.flush();
    let mut n = 0;
    let mut out = std::io::stdout().lock();
    while let Some(alert) = engine.poll_alert() {
        n += 1;
        writeln!(out, "{}", alert.to_json()).unwrap();
    }
    let stats = engine.stats();
    eprintln!("{stats:?}");
    eprintln!("hunt: {} events, {n} alerts, {} errors", stats.events, stats.decode_errors);
    ExitCode::from(u8::from(n > 0))
}
