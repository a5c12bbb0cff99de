//! Cases that fuzzing found worth keeping, replayed through what is fuzzed (`tests/support/memory/fuzz`):
//! one folder of `tests/corpus` a target, one file a case. A crash that a fuzzer finds is put there
//! and stays.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]
#![allow(clippy::cast_possible_truncation, reason = "the numbers of a test are small")]

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
    replay("lines", crate::memory::fuzz::lines);
}

#[test]
fn decode() {
    replay("decode", crate::memory::fuzz::decode);
}

#[test]
fn names() {
    replay("names", crate::memory::fuzz::names);
}

#[test]
fn read() {
    replay("read", crate::memory::fuzz::read);
}

#[test]
fn console() {
    replay("console", crate::memory::fuzz::console);
}

#[test]
fn discovery() {
    replay("discovery", crate::memory::fuzz::discovery);
}

#[test]
fn connection() {
    replay("connection", crate::memory::fuzz::connection);
}
