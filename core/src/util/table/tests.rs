extern crate std;

use super::{QuotaGroup, Table};
use crate::util::hash::Hasher;

/// Steps of a lookup at most: two buckets, and one that is being split.
const MOST_STEPS: u64 = 3;

fn hash(n: u64) -> u64 {
    Hasher::new(1).u64(n).finish()
}

#[test]
fn what_is_kept_is_found_and_what_goes_is_counted() {
    let mut table = Table::with_bytes(200_000);
    let (mut evicted, mut handles) = (0, alloc::vec::Vec::new());
    for n in 0..20_000_u64 {
        let (handle, gone) = table.insert(hash(n), QuotaGroup::new(n % 3, n % 7), n);
        evicted += usize::from(gone.is_some());
        handles.push(handle);
    }
    assert_eq!(table.values().count() + evicted, 20_000);
    assert!(table.bytes() <= 200_000, "{}", table.bytes());
    let kept = (0..20_000).filter(|&n| table.find(hash(n), |&v| v == n).is_some()).count();
    assert_eq!(kept, table.values().count());
    assert_eq!(handles.iter().filter(|&&h| table.get(h).is_some()).count(), kept);
}

#[test]
fn a_flooding_actor_evicts_its_own() {
    let mut table = Table::with_bytes(200_000);
    for n in 0..100 {
        table.insert(hash(n), QuotaGroup::new(1, 1), n);
    }
    for n in 100..100_000 {
        table.insert(hash(n), QuotaGroup::new(1, 2), n);
    }
    assert!((0..100).all(|n| table.find(hash(n), |&v| v == n).is_some()));
}

#[test]
fn a_preferred_entry_outlives_the_others_of_its_actor() {
    // The first entries of a table have no group of their own yet.
    const PREFERRED: core::ops::Range<u64> = 300..400;
    let mut table = Table::with_bytes(200_000);
    for n in 0..200_000_u64 {
        let (handle, _) = table.insert(hash(n), QuotaGroup::new(1, 1), n);
        if PREFERRED.contains(&n) {
            table.prefer(handle);
            table.prefer(handle);
        }
    }
    assert!(PREFERRED.into_iter().all(|n| table.find(hash(n), |&v| v == n).is_some()));
    // What everything is cannot be preferred: half of the group at most.
    for n in 200_000..400_000 {
        let (handle, _) = table.insert(hash(n), QuotaGroup::new(1, 1), n);
        table.prefer(handle);
        table.weigh(handle, 1 + (n % 3) as u16);
    }
    let kept = (0..400_000).filter(|&n| table.find(hash(n), |&v| v == n).is_some());
    let (old, new): (alloc::vec::Vec<u64>, _) = kept.partition(|&n| n < 200_000);
    assert!(!old.iter().any(|n| PREFERRED.contains(n)), "the longest unused of the preferred go first");
    assert!(old.len() >= new.len() && !new.is_empty(), "{} and {}", old.len(), new.len());
}

#[test]
fn a_host_within_its_part_loses_nothing_to_any_number_of_others() {
    for hosts in [1_u64, 20, 2_000, 100_000] {
        // Room for some four entries a host.
        let mut table = Table::with_bytes(hosts as usize * 400 + 100_000);
        let host = |n: u64| hash(n + 1_000_000_000);
        let mut evicted = 0;
        // The other hosts have come before: they have all of the table.
        for n in 0..10 * hosts + 4_000 {
            let of = host(1 + n % hosts.max(2));
            evicted += usize::from(table.insert(hash(n), QuotaGroup::new(of, n % 40), n).1.is_some());
        }
        let full = table.values().count();
        assert!(evicted > 0, "{hosts} hosts do not fill {full} entries");
        let part = (full as u64 / (hosts + 1)).min(16);
        for round in 0..20 {
            for n in 0..part {
                let number = 2_000_000_000 + n;
                if round == 0 {
                    table.insert(hash(number), QuotaGroup::new(host(0), n), number);
                }
            }
            for n in 0..hosts.max(500) {
                let of = host(1 + (round * 7 + n) % hosts.max(2));
                table.insert(hash(n + (round + 1) * 10_000_000), QuotaGroup::new(of, n), n);
            }
        }
        let kept = (0..part).filter(|n| table.find(hash(2_000_000_000 + n), |&v| v == 2_000_000_000 + n).is_some());
        assert_eq!(kept.count() as u64, part, "of {hosts} hosts");
        assert!(part > 0 && table.bytes() <= hosts as usize * 400 + 100_000, "{} bytes", table.bytes());
    }
}

#[test]
fn of_hosts_with_equally_much_the_one_that_came_last_loses_last() {
    let mut table = Table::with_bytes(40_000);
    let mut evicted = alloc::vec::Vec::new();
    for n in 0..2_000_u64 {
        evicted.extend(table.insert(hash(n), QuotaGroup::of_host(hash(n)), n).1);
    }
    assert!(evicted.len() > 1_000 && evicted.is_sorted(), "{evicted:?}");
}

#[test]
fn entries_that_own_much_weigh_more() {
    let mut table = Table::with_bytes(200_000);
    // One host has few entries that own much, the other one has many that own nothing.
    for n in 0..400 {
        let heavy = n % 10 == 0;
        let (handle, _) = table.insert(hash(n), QuotaGroup::of_host(u64::from(heavy)), heavy);
        table.weigh(handle, if heavy { super::weight(4_096) } else { 1 });
    }
    // 11 times 33 is more than 360, 10 times 33 is less.
    assert!((0..30).all(|_| table.evict() == Some(true)), "what owns most goes first");
    assert_eq!(table.evict(), Some(false));
}

#[test]
fn entries_of_one_hash_take_a_bounded_number_of_steps() {
    let mut table = Table::with_bytes(1_000_000);
    for n in 0..20_u64 {
        table.insert(hash(n), QuotaGroup::new(0, 0), n);
    }
    let (mut evicted, mut most) = (0, 0);
    for n in 1_000..3_000_u64 {
        let _ = table.take_steps();
        if table.find(42, |&v| v == n).is_none() {
            evicted += usize::from(table.insert(42, QuotaGroup::new(0, 0), n).1.is_some());
        }
        most = most.max(table.take_steps());
    }
    assert!(most <= 6, "{most} steps for one entry");
    assert_eq!(table.values().count() + evicted, 2_020, "each that goes is handed back");
    assert!((0..20).all(|n| table.find(hash(n), |&v| v == n).is_some()), "other buckets lose nothing");
    assert_eq!(table.find(42, |&v| v == 2_999).map(|h| table.get(h) == Some(&2_999)), Some(true));
    // Moving an entry into the buckets keeps their bound, too.
    let moved = table.find(hash(3), |&v| v == 3).unwrap();
    assert!(table.rehash(moved, 42).is_some());
    let _ = table.take_steps();
    assert_eq!(table.find(42, |&v| v == 3), Some(moved));
    assert!(table.take_steps() <= MOST_STEPS);
}

#[test]
fn entries_can_be_removed_and_rehashed() {
    let mut table = Table::with_bytes(100_000);
    let (a, _) = table.insert(hash(1), QuotaGroup::new(0, 0), 1);
    let (b, _) = table.insert(hash(2), QuotaGroup::new(0, 0), 2);
    assert_eq!(table.rehash(a, hash(3)), None);
    assert_eq!(table.find(hash(1), |_| true), None);
    assert_eq!(table.find(hash(3), |_| true), Some(a));
    assert_eq!(table.remove(b), Some(2));
    assert_eq!(table.get(b), None);
    let (c, _) = table.insert(hash(2), QuotaGroup::new(0, 0), 4);
    assert_eq!((table.get(b), table.get(c)), (None, Some(&4)));
}

/// A table of which 95 of 100 places are taken, with entries coming and going, loses none of them for want of room in
/// buckets, whatever number of buckets its size brings it to.
#[test]
fn hardly_any_entry_goes_before_the_table_is_full() {
    let (mut gone, mut entries, mut most) = (0_u64, 0_u64, 0);
    for size in 0..6 {
        let bytes = 2_000_000 + size * 340_000;
        let mut full = Table::with_bytes(bytes);
        (0..150_000).for_each(|n| _ = full.insert(hash(n), QuotaGroup::new(hash(1), n), n));
        let capacity = full.values().count() as u64;
        let load = capacity / 100 * 95;
        let mut table = Table::with_bytes(bytes);
        let key = |n: u64| hash(n + 1_000_000_000 * (1 + size as u64));
        let mut live = alloc::vec::Vec::new();
        for n in 0..5 * load {
            if n >= load {
                let at = (key(n) % load) as usize;
                let (handle, number) = live.swap_remove(at);
                gone += u64::from(table.remove(handle) != Some(number));
            }
            live.push((table.insert(key(n), QuotaGroup::new(hash(1), n), n).0, n));
        }
        entries += 5 * load;
        let _ = table.take_steps();
        let steps = live.iter().map(|&(_, n)| {
            let _ = table.find(key(n), |&v| v == n);
            table.take_steps()
        });
        let steps: alloc::vec::Vec<u64> = steps.collect();
        most = most.max(steps.iter().copied().max().unwrap_or_default());
        let mean = steps.iter().sum::<u64>() as f64 / load as f64;
        std::println!("{capacity} places, {mean:.3} steps a lookup");
        assert!(mean < 1.05 && table.bytes() <= bytes, "{mean} steps, {} bytes", table.bytes());
    }
    std::println!("{gone} of {entries} entries gone, {most} steps for one");
    assert!(gone * 1_000_000 <= entries, "{gone} of {entries}");
    assert!(most <= MOST_STEPS, "{most}");
}

/// Hashes of few buckets and few tags, between others with which the index grows: whatever is split meanwhile, what is
/// kept is found, and what is not found was handed back.
#[test]
fn what_collides_is_found_or_handed_back_while_buckets_are_split() {
    for seed in 0..40_u64 {
        let mut table = Table::with_bytes(400_000);
        let (mut kept, mut gone) = (alloc::vec::Vec::new(), 0);
        for n in 0..6_000_u64 {
            let random = hash(n + 1_000_000 * seed);
            // Many have the bucket that is being split and the one that is split from it.
            let new = table.index.len().max(2) as u64 - 1;
            let bucket = |random: u64| [new, new - (1 << new.ilog2())][random as usize % 2];
            let crafted = bucket(random) | bucket(random >> 8) << 32 | ((random >> 16) % (16 + seed)) << 48;
            let key = if n % 3 == 0 { random } else { crafted };
            kept.push((table.insert(key, QuotaGroup::new(1, n), n), key, n));
            gone += usize::from(kept[n as usize].0.1.is_some());
            if random.is_multiple_of(7) {
                let ((handle, _), ..) = kept[(random >> 20) as usize % kept.len()];
                gone += usize::from(table.remove(handle).is_some());
            }
        }
        let living = kept.iter().filter(|((handle, _), ..)| table.get(*handle).is_some()).count();
        let found = kept.iter().filter(|((handle, _), key, n)| table.find(*key, |v| v == n) == Some(*handle)).count();
        assert_eq!((living + gone, found), (kept.len(), living), "seed {seed}");
        assert!(living > 1_500, "{living}");
    }
}
