//! Which places are changed: a sample that a seed decides, and that an edit elsewhere leaves as it is.

use std::ops::Range;

use crate::places::Place;

/// A place of a file that was chosen, and the number that switches its change on.
#[derive(Clone, Debug)]
pub struct Mutant {
    pub number: u32,
    /// Relative to the repository.
    pub file: String,
    pub place: Place,
}

impl Mutant {
    /// Names the mutant: where it is, and what changes.
    pub fn name(&self) -> String {
        let Place { line, function, what, .. } = &self.place;
        format!("{}:{line} {function}: {what}", self.file)
    }
}

/// Chooses `count` places that do not lie in one another. A place is drawn by its file, function and number.
pub fn sample(files: &[(String, Vec<Place>)], seed: u64, count: usize) -> Vec<Mutant> {
    let all = files.iter().flat_map(|(file, places)| places.iter().map(move |place| (file, place)));
    let mut drawn: Vec<(u64, &String, &Place)> =
        all.map(|(file, place)| (draw(seed, file, place), file, place)).collect();
    drawn.sort_by_key(|(draw, ..)| *draw);
    let mut chosen: Vec<Mutant> = Vec::new();
    for (_, file, place) in drawn {
        if chosen.len() == count {
            break;
        }
        let meets = |other: &Mutant| other.file == *file && overlap(&other.place.range, &place.range);
        if !chosen.iter().any(meets) {
            chosen.push(Mutant { number: chosen.len() as u32 + 1, file: file.clone(), place: place.clone() });
        }
    }
    chosen
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// FNV-1a of what names the place, mixed so that the order of the draws does not follow that of the places.
fn draw(seed: u64, file: &str, place: &Place) -> u64 {
    let text = format!("{seed} {file} {} {} {}", place.function, place.number, place.what);
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}
