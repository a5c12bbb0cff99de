//! Cases that fuzzing found worth keeping, replayed through what is fuzzed (`tests/fuzz_support`):
//! one folder of `tests/corpus` a target, one file a case. A crash that a fuzzer finds is put there
//! and stays.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]
#![allow(clippy::cast_possible_truncation, reason = "the numbers of a test are small")]

mod fuzz_support;

use std::fs;
use std::path::Path;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(target);
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "{target} has cases");
    for case in cases {
        println!("{}", case.display());
        run(&fs::read(case).unwrap());
    }
}

#[test]
fn lines() {
    replay("lines", fuzz_support::lines);
}

#[test]
fn decode() {
    replay("decode", fuzz_support::decode);
}

#[test]
fn read() {
    replay("read", fuzz_support::read);
}

#[test]
fn console() {
    replay("console", fuzz_support::console);
}

#[test]
fn connection() {
    replay("connection", fuzz_support::connection);
}
