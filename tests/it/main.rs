//! The real programs, docs/PROTOCOL.md, the sources' own rules: one binary, one module a subject.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

mod architecture;
mod client_drafts;
mod client_endings;
mod client_goodbyes;
mod client_hostile;
mod client_plain;
mod client_screen;
mod client_terminal;
mod daemon;
mod end_to_end;
#[path = "../support/memory/mod.rs"]
mod memory;
mod names;
#[path = "../support/process/mod.rs"]
mod process;
mod protocol;
mod reconnect;
mod soak;
#[path = "../support/sources.rs"]
mod sources;
mod state_machine;
mod wire_roundtrip;
