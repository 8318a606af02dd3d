//! Changes the core in small ways, one at a time, and counts the changes that the tests notice: what they do not notice is
//! not tested. All changes are compiled into one copy of the repository, and a variable of the environment switches one on.
//!
//!     cargo run --release --manifest-path tests/mutants/Cargo.toml -- [COUNT [SEED]]
//!
//! Prints a line a change, `killed by TEST` or `SURVIVES`, then the share that was killed. Takes half an hour and more.

mod places;
mod sample;
mod suite;
mod tree;

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use sample::Mutant;
use suite::Built;

const COUNT: usize = 200;
const SEED: u64 = 1559;
/// Places beyond those wanted that may turn out not to compile.
const SPARE: usize = 60;
/// The share that tests have to notice, in percent.
const WANTED: usize = 90;

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (count, seed) = (number(COUNT as u64) as usize, number(SEED));
    let root = tree::repository().join("target/mutants");
    let (copy, target) = (root.join("tree"), root.join("build"));
    let mut mutants = sample::sample(&tree::files()?, seed, count + SPARE);
    let programs = loop {
        tree::write(&copy, &mutants)?;
        match suite::build(&copy, &target)? {
            Built::Programs(programs) => break suite::measure(programs)?,
            Built::Errors(errors) => {
                let before = mutants.len();
                mutants.retain(|mutant| !is_at(mutant, &errors));
                if mutants.len() == before {
                    return Err(io::Error::other(format!("errors that no change explains: {errors:?}")));
                }
            }
        }
    };
    mutants.truncate(count);
    for program in &programs {
        eprintln!("{:6.1} s {}", program.takes.as_secs_f64(), program.name);
    }
    let results = Mutex::new(BTreeMap::new());
    let left = Mutex::new(mutants.iter());
    thread::scope(|scope| {
        let work = || -> io::Result<()> {
            loop {
                let Some(mutant) = left.lock().expect("no thread panics").next() else { return Ok(()) };
                let killer = suite::killer(&programs, mutant.number)?.map(|program| program.name.clone());
                let said = killer.as_ref().map_or("SURVIVES".to_owned(), |name| format!("killed by {name}"));
                println!("{} {said}", mutant.name());
                results.lock().expect("no thread panics").insert(mutant.number, killer.is_some());
            }
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no thread panics"))
    })?;
    let results = results.into_inner().expect("no thread panics");
    let killed = results.values().filter(|killed| **killed).count();
    println!("{killed} of {} changes are noticed", results.len());
    Ok(if killed * 100 >= results.len() * WANTED { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the copy has an error at a mutant. No change adds a line, so the lines are those of the repository.
fn is_at(mutant: &Mutant, errors: &BTreeMap<String, Vec<usize>>) -> bool {
    let height = mutant.place.height;
    let lines = errors.iter().filter(|(file, _)| mutant.file.ends_with(file.as_str())).flat_map(|(_, lines)| lines);
    lines.into_iter().any(|line| (mutant.place.line..mutant.place.line + height).contains(line))
}

#[cfg(test)]
mod tests {
    use crate::{COUNT, SEED, SPARE, sample, tree};

    #[test]
    fn there_is_a_sample_of_every_folder() {
        let files = tree::files().expect("the core is there");
        let mutants = sample::sample(&files, SEED, COUNT + SPARE);
        assert_eq!(mutants.len(), COUNT + SPARE);
        for folder in ["engine", "matching", "report", "state"] {
            let path = format!("core/src/{folder}/");
            assert!(mutants.iter().filter(|mutant| mutant.file.starts_with(&path)).count() > 10, "{folder}");
        }
        // An edit of one file leaves the sample of the others as it is.
        let fewer: Vec<_> = files.iter().filter(|(file, _)| !file.starts_with("core/src/report/")).cloned().collect();
        let names = |mutants: Vec<sample::Mutant>| mutants.iter().map(sample::Mutant::name).collect::<Vec<_>>();
        let kept = names(sample::sample(&fewer, SEED, COUNT));
        let others = mutants.into_iter().filter(|mutant| !mutant.file.starts_with("core/src/report/")).collect();
        assert!(names(others).iter().filter(|name| kept.contains(name)).count() >= COUNT * 3 / 4);
    }
}
