//! The domain and the server in memory, without a socket or a clock: one binary, one module a subject.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

mod announcing;
mod domain_defence;
mod domain_limits;
mod domain_model;
mod domain_watching;
mod lost_connections;
#[path = "../support/memory/mod.rs"]
mod memory;
mod memory_pressure;
mod regressions;
mod server_streams;
mod simulation;
