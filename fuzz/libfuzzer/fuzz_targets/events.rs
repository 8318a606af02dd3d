#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ipcsentry_fuzz::events(data));
