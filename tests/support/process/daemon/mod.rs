//! The real daemon as a child process, clients of it over TCP, and scripts for both. Every wait
//! ends at a deadline; every child is killed when its handle is dropped.

#![allow(dead_code, reason = "each test crate uses its own part of this")]

mod bystanders;
mod child;
mod client;
mod observe;
mod pattern;
mod script;

pub(crate) use super::signals::signals_by_default;
#[allow(unused_imports, reason = "each test crate uses its own part of this")]
pub(crate) use bystanders::Bystanders;
pub(crate) use child::Daemon;
#[allow(unused_imports, reason = "each test crate uses its own part of this")]
pub(crate) use child::{DaemonBuilder, NOWHERE, Reaped, run_to_end, run_with_input, signal};
pub(crate) use client::Client;
#[allow(unused_imports, reason = "each test crate uses its own part of this")]
pub(crate) use observe::{Figures, TempDir, eventually, figure};
pub(crate) use pattern::matches;
pub(crate) use script::Script;

use std::time::Duration;

/// How long anything may take that should happen at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
