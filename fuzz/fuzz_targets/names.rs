//! What is fuzzed stands in `tests/support/memory`, where `tests/sim/regressions.rs` uses it, too.
#![no_main]

#[path = "../../tests/support/memory/mod.rs"]
mod memory;

libfuzzer_sys::fuzz_target!(|data: &[u8]| memory::fuzz::names(data));
