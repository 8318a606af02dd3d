//! Snapshots with one to three changed bytes and checksums that fit.

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn crafted_snapshots_break_nothing(
        which in 0_u8..3,
        edits in proptest::collection::vec((any::<u32>(), any::<u8>(), any::<u8>()), 1..4),
    ) {
        let mut data = vec![which];
        for (at, how, value) in edits {
            data.extend_from_slice(&at.to_le_bytes());
            data.extend_from_slice(&[how, value]);
        }
        ipcsentry_fuzz::snapshot(&data);
    }
}
