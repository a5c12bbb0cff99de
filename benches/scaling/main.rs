//! How chatd scales with connections, measured against a relay that only moves bytes.
//!
//! `cargo bench` starts the release `chatd` and, for the same workload, the floor relay of
//! [`floor`]; drives both over loopback from one thread; checks every message; and prints the
//! server's CPU time per delivered message, the ratio to the floor, rate and latency. What each
//! row means and how to read it stands in docs/PERFORMANCE.md.
//!
//! ```text
//! cargo bench                        everything (see --list for what that is)
//! cargo bench -- --quick             the same with fewer sizes, counts and repetitions
//! cargo bench -- pair-pipe           only rows whose name contains this
//! cargo bench -- --list              the names
//! cargo bench -- --repetitions 9 --most 5000
//! ```
//!
//! Modules: `options` and `plan` (what is run), `child` and `system` (processes, cores, clocks),
//! `floor` (the other server), `fleet` and `speech` (the clients), `admission`, `pairs`, `rooms`,
//! `filling`, `keeping`, `attacks` and `bystanders` (what they do), `workload` (one run of one row), `measure` (figures), `report`,
//! `plot` and `progress` (what is shown).

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock; it is an edge")]
#![allow(clippy::indexing_slicing, reason = "a wrong index in a benchmark may end it")]
#![allow(clippy::cast_possible_truncation, reason = "counts here are far below the bounds of their types")]
#![allow(clippy::cast_precision_loss, reason = "figures are shown with four digits")]

mod admission;
mod attacks;
mod bystanders;
mod child;
mod filling;
mod fleet;
mod floor;
mod keeping;
mod measure;
mod options;
mod pairs;
mod plan;
mod plot;
mod progress;
mod report;
mod rooms;
mod speech;
mod system;
mod workload;

use std::fmt;
use std::process::ExitCode;

use options::{Options, Task};

/// Why a benchmark cannot go on: a message lost, doubled, out of order or damaged, a server that
/// hung up, or a system that refused something.
#[derive(Debug)]
pub(crate) struct Failure(String);

/// What can fail.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(format!("the system refused: {error}"))
    }
}

fn main() -> ExitCode {
    let outcome = Options::from_args(std::env::args().skip(1)).and_then(|options| match options.task {
        Task::Floor => floor::run(),
        Task::List => {
            plan::list(&options);
            Ok(())
        }
        Task::Measure => workload::run_all(&options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nscaling: {failure}");
            ExitCode::FAILURE
        }
    }
}
