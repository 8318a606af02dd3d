//! Runs every target on `corpus/TARGET/*` and `regressions/TARGET/*`, then on random bytes and mutated corpus files.

use std::path::Path;

use ipcsentry_fuzz::TARGETS;
use proptest::prelude::*;

fn files(target: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["corpus", "regressions"].map(|f| root.join(f).join(target));
    let listed = folders.iter().filter_map(|f| std::fs::read_dir(f).ok()).flatten();
    let mut paths: Vec<_> = listed.map(|e| e.expect("readable folder").path()).collect();
    paths.sort();
    paths.iter().map(|p| std::fs::read(p).expect("readable file")).collect()
}

#[test]
fn corpus_and_past_findings_pass() {
    for (name, target) in TARGETS {
        let files = files(name);
        assert!(!files.is_empty(), "corpus/{name} has no file");
        for file in files {
            target(&file);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_break_nothing(data in proptest::collection::vec(any::<u8>(), 0..512)) {
        for (_, target) in TARGETS {
            target(&data);
        }
    }

    /// Corpus files with bytes overwritten, removed or doubled, which reach deeper than random bytes.
    #[test]
    fn damaged_corpus_breaks_nothing(
        choice in any::<prop::sample::Index>(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..8),
    ) {
        for (name, target) in TARGETS {
            let files = files(name);
            let mut data = files[choice.index(files.len())].clone();
            for (at, byte, how) in &damage {
                if data.is_empty() {
                    break;
                }
                let at = at.index(data.len());
                match how {
                    0 => data[at] = *byte,
                    1 => drop(data.drain(at..(at + usize::from(*byte)).min(data.len()))),
                    _ => {
                        let copy = data[at..(at + usize::from(*byte)).min(data.len())].to_vec();
                        data.splice(at..at, copy);
                    }
                }
            }
            target(&data);
        }
    }
}
