//! What tests without sockets share: the domain and a model of it, the server over streams in memory
//! with a shadow that foretells it, and what is fuzzed.

#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]
#![allow(clippy::cast_possible_truncation, reason = "the numbers of a test are small")]

pub(crate) mod domain;
pub(crate) mod fuzz;
pub(crate) mod simulation;
