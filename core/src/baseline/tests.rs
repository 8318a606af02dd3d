//! Laws of merging, bounds of what is kept, and that what was written is read back.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::model::Baseline;
use super::relation::{LONGEST_NAME, Relation, RelationKind};
use super::sightings::Sightings;
use super::sketch::{MOST, Sketch};

/// Rounds of each law, each with other baselines.
const ROUNDS: u64 = 400;
/// Relations that a bounded baseline of these tests keeps.
const FEW: usize = 12;

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// A baseline of some of few relations, so that two of them have some in common.
    fn baseline(&mut self) -> Baseline {
        let mut baseline = Baseline::default();
        for _ in 0..self.below(60) {
            let (_, kind) = RelationKind::ALL[self.below(4) as usize];
            let names: Vec<String> = kind.members().iter().map(|_| format!("n{}", self.below(3))).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let relation = Relation::new(kind, ["", "servers"][self.below(2) as usize], &names);
            let (id, group) = (relation.id(), relation.group.clone());
            baseline.place(id, || relation);
            let (is_near, host, day) = (self.below(2) == 0, self.below(40), self.below(50) as i32 - 10);
            baseline.see(id, is_near, host, day);
            baseline.see_host(&group, host, day);
        }
        baseline.bound_to(FEW);
        baseline
    }
}

fn merged(one: &Baseline, other: &Baseline) -> Baseline {
    let mut both = one.clone();
    both.merge(other).expect("it is not frozen");
    both.bound_to(FEW);
    both
}

#[test]
fn merging_is_commutative_associative_and_idempotent_and_bounded() {
    let mut numbers = Numbers(1);
    let mut full = 0;
    for round in 0..ROUNDS {
        let (a, b, c) = (numbers.baseline(), numbers.baseline(), numbers.baseline());
        assert_eq!(merged(&a, &b), merged(&b, &a), "{round}");
        assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)), "{round}");
        assert_eq!(merged(&a, &a), a, "{round}");
        assert_eq!(merged(&merged(&a, &b), &b), merged(&a, &b), "{round}");
        assert!(merged(&a, &b).len() <= FEW);
        full += usize::from(merged(&a, &b).len() == FEW);
    }
    assert!(full > 100, "the bound is reached in {full} rounds only");
}

#[test]
fn what_is_written_is_read_back_byte_for_byte() {
    let mut numbers = Numbers(2);
    for round in 0..ROUNDS / 4 {
        let mut baseline = numbers.baseline();
        if round % 3 == 0 {
            baseline.freeze();
        }
        let text = baseline.to_json();
        let read = Baseline::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(read, baseline);
        assert_eq!(read.to_json(), text);
    }
}

#[test]
fn a_frozen_baseline_takes_nothing_more() {
    let mut numbers = Numbers(3);
    let (mut frozen, other) = (numbers.baseline(), numbers.baseline());
    frozen.freeze();
    let before = frozen.clone();
    assert!(frozen.merge(&other).is_err());
    assert_eq!(frozen, before);
}

#[test]
fn few_things_are_counted_exactly_and_many_about() {
    for many in [0_u64, 1, 7, 15] {
        let mut sketch = Sketch::default();
        (0..many).chain(0..many).for_each(|n| sketch.add(super::sketch::hash_of(1, n)));
        assert_eq!(u64::from(sketch.count()), many);
    }
    let (mut sum, trials, many) = (0_u64, 200_u64, 1000_u64);
    for trial in 0..trials {
        let mut sketch = Sketch::default();
        (0..many).for_each(|n| sketch.add(super::sketch::hash_of(trial, n)));
        assert_eq!(sketch.len(), MOST);
        sum += u64::from(sketch.count());
    }
    let mean = sum / trials;
    assert!((930..1070).contains(&mean), "the mean of {trials} estimates of {many} is {mean}");
}

#[test]
fn sightings_of_one_host_stay_those_of_one_host() {
    let mut seen = Sightings::default();
    (0..3000).for_each(|day| seen.add(42, day));
    assert_eq!(seen.hosts.count(), 1);
    assert!(!seen.reach(2, 2) && seen.days.count() > 1000, "{}", seen.days.count());
    assert_eq!(seen.span, Some((0, 2999)));
}

#[test]
fn no_entry_owns_more_than_is_said() {
    let long = "\u{e4}".repeat(5000);
    let (_, kind) = *RelationKind::ALL.iter().max_by_key(|(_, kind)| kind.members().len()).expect("there are some");
    let relation = |last: &str| {
        let mut names = alloc::vec![long.as_str(); kind.members().len() - 1];
        names.push(last);
        Relation::new(kind, &long, &names)
    };
    assert_ne!(relation(&format!("{long}a")).id(), relation(&format!("{long}b")).id(), "a cut name is told apart");
    assert!(relation("").names.iter().all(|name| name.len() <= LONGEST_NAME));
    let mut baseline = Baseline::default();
    let relation = relation(&long);
    let id = relation.id();
    baseline.place(id, || relation);
    for n in 0..5000_u64 {
        baseline.see(id, n % 2 == 0, n, n as i32);
    }
    let one = baseline.bytes();
    assert!(one > 1000 && one * Baseline::MOST_RELATIONS < Baseline::MOST_BYTES, "{one} bytes");
}
