//! What is fuzzed stands in `tests/fuzz_support`, where `tests/regressions.rs` uses it, too.
#![no_main]

#[path = "../../tests/fuzz_support/mod.rs"]
mod fuzz_support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_support::lines(data));
