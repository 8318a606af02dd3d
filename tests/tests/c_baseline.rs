//! Baselines through the C interface: what an engine learns is what Rust's learns, merging and JSON are Rust's, and a
//! refused one is told with its place.

use std::ptr::{null, null_mut};

use ipcsentry::baseline::Baseline;
use ipcsentry::scenario::{self, Scenario};
use ipcsentry::{Catalog, Engine, Limits, Policy};
use ipcsentry_ffi::baseline::*;
use ipcsentry_ffi::status::{IPCSENTRY_ERR_BASELINE, IPCSENTRY_NONE, IPCSENTRY_OK};
use ipcsentry_tests::c_api::{CEngine, error_of, taken, text};

/// A baseline of C, freed when it goes.
struct CBaseline(*mut ipcsentry_baseline);

impl Drop for CBaseline {
    fn drop(&mut self) {
        // SAFETY: it is freed once.
        unsafe { ipcsentry_baseline_free(self.0) }
    }
}

impl CBaseline {
    fn json(&self) -> String {
        let mut json = text(b"");
        // SAFETY: a good handle and output.
        unsafe {
            assert_eq!(ipcsentry_baseline_json(self.0, &raw mut json), IPCSENTRY_OK);
            taken(json).expect("a text")
        }
    }
}

fn attack(code: &str) -> &'static Scenario {
    scenario::all().iter().find(|scenario| scenario.behavior() == code && scenario.is_positive()).expect("there is one")
}

fn learned(code: &str) -> Baseline {
    let mut engine = Engine::new(Catalog::builtin(), Policy::default(), Limits::default());
    engine.start_learning();
    attack(code).events().iter().for_each(|event| _ = engine.feed(event));
    engine.flush();
    engine.take_learned().expect("it learns")
}

fn learned_in_c(code: &str) -> CBaseline {
    let engine = CEngine::new(|_| {});
    let mut baseline = null_mut();
    // SAFETY: good handles and outputs.
    unsafe {
        assert_eq!(ipcsentry_engine_take_learned(engine.0, &raw mut baseline), IPCSENTRY_NONE);
        assert_eq!(ipcsentry_engine_start_learning(engine.0), IPCSENTRY_OK);
        attack(code).events().iter().for_each(|event| engine.feed_model(event, false));
        engine.flush(false);
        assert_eq!(ipcsentry_engine_take_learned(engine.0, &raw mut baseline), IPCSENTRY_OK);
        assert_eq!(ipcsentry_engine_set_baseline(engine.0, baseline), IPCSENTRY_OK);
        assert_eq!(ipcsentry_engine_set_baseline(engine.0, null()), IPCSENTRY_OK);
    }
    CBaseline(baseline)
}

#[test]
fn it_learns_and_merges_what_rust_does() {
    let (one, other) = (learned_in_c("L05"), learned_in_c("L07"));
    let (mut both, expected) = (learned("L05"), learned("L07"));
    assert_eq!((one.json(), other.json()), (both.to_json(), expected.to_json()));
    both.merge(&expected).expect("it is not frozen");
    let mut merged = null_mut();
    // SAFETY: good handles and outputs.
    unsafe { assert_eq!(ipcsentry_baseline_merge(one.0, other.0, &raw mut merged), IPCSENTRY_OK) };
    assert_eq!(CBaseline(merged).json(), both.to_json());
}

#[test]
fn what_is_no_baseline_is_refused_with_its_place_and_a_frozen_one_takes_nothing() {
    let (mut read, mut error) = (null_mut(), null_mut());
    // SAFETY: good outputs.
    unsafe {
        let status = ipcsentry_baseline_read(text(br#"{"version": 9}"#), &raw mut read, &raw mut error);
        assert_eq!(status, IPCSENTRY_ERR_BASELINE);
        assert!(read.is_null());
        let (_, place, text_of, _) = error_of(error);
        assert_eq!(
            (text_of.as_str(), place.as_str()),
            ("1:13: version: is a version that is not known here: 1 is", "version")
        );
        let status = ipcsentry_baseline_read(text(br#"{"version": 1, "frozen": true}"#), &raw mut read, null_mut());
        assert_eq!(status, IPCSENTRY_OK);
        let (frozen, mut merged) = (CBaseline(read), null_mut());
        assert_eq!(ipcsentry_baseline_merge(frozen.0, frozen.0, &raw mut merged), IPCSENTRY_ERR_BASELINE);
        assert!(merged.is_null());
    }
}
