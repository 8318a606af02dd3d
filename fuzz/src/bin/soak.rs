//! Feeds a target changed files of its corpus until its time is over.
//!
//!     cargo run --release -p ipcsentry-fuzz --bin soak -- TARGET SECONDS [SEED]
//!
//! A finding ends it with the target's message; the bytes that caused it are in `regressions/TARGET/`, where
//! `cargo test -p ipcsentry-fuzz` replays them from then on.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ipcsentry_fuzz::TARGETS;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("", String::as_str);
    let Some((name, target)) = TARGETS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        eprintln!("soak TARGET SECONDS [SEED]; the targets are {}", known.join(", "));
        return ExitCode::from(2);
    };
    let number = |at: usize, usual| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (seconds, seed) = (number(1, 300), number(2, 1559));
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = corpus(&home.join("corpus").join(name));
    let mut random = Random(seed);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut runs = 0_u64;
    while Instant::now() < end {
        let data = changed(&corpus, &mut random);
        if std::panic::catch_unwind(|| target(&data)).is_err() {
            let folder = home.join("regressions").join(name);
            let file = folder.join(format!("{seed}-{runs}"));
            std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, &data)).expect("a writable folder");
            eprintln!("{name}: a finding after {runs} runs, kept as {}", file.display());
            return ExitCode::FAILURE;
        }
        runs += 1;
    }
    println!("{name}: {runs} runs in {seconds} s with seed {seed}, no finding");
    ExitCode::SUCCESS
}

fn corpus(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("a corpus").map(|e| e.expect("readable").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a readable file")).collect()
}

/// A file of the corpus with up to 16 changes: bytes replaced, removed, doubled, or taken from another file.
fn changed(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut data = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(16) {
        let at = random.below(data.len() + 1);
        let some = (at + random.below(64)).min(data.len());
        match random.below(6) {
            0 => data.drain(at..some).for_each(drop),
            1 => {
                let copy = data[at..some].to_vec();
                data.splice(at..at, copy);
            }
            2 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len() + 1);
                let to = (from + random.below(256)).min(other.len());
                data.splice(at..some, other[from..to].iter().copied());
            }
            3 => data.insert(at, random.next() as u8),
            _ => {
                if let Some(byte) = data.get_mut(at) {
                    *byte = match random.below(3) {
                        0 => random.next() as u8,
                        1 => *byte ^ 1 << random.below(8),
                        _ => byte.wrapping_add(1),
                    };
                }
            }
        }
    }
    data
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}
