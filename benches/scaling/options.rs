//! What the command line asks for.

use crate::{Failure, Outcome};

/// What this process is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Be the floor relay (the benchmark starts itself again with this).
    Floor,
    /// Name the rows.
    List,
    /// Measure.
    Measure,
}

/// How thoroughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// A second or two: does it work? For `cargo test --benches`.
    Smoke,
    /// Under two minutes.
    Quick,
    /// All sizes.
    Full,
}

/// The command line.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) task: Task,
    pub(crate) depth: Depth,
    /// Rows are run whose name contains one of these; all when there are none.
    pub(crate) filters: Vec<String>,
    pub(crate) repetitions: Option<usize>,
    /// Most connections in a row.
    pub(crate) most: Option<usize>,
}

/// The hidden argument that makes this executable the floor relay.
pub(crate) const FLOOR: &str = "--floor-relay";

impl Options {
    /// Reads the arguments. `cargo bench` adds `--bench`; without it this is `cargo test --benches`,
    /// whose other arguments are for the test harness and are ignored.
    pub(crate) fn from_args(args: impl Iterator<Item = String>) -> Outcome<Self> {
        let args: Vec<String> = args.collect();
        let is_bench = args.iter().any(|arg| arg == "--bench");
        let mut options = Self {
            task: Task::Measure,
            depth: if is_bench { Depth::Full } else { Depth::Smoke },
            filters: Vec::new(),
            repetitions: None,
            most: None,
        };
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--bench" => {}
                "--test" => options.depth = Depth::Smoke,
                "--quick" => options.depth = Depth::Quick,
                "--list" => options.task = Task::List,
                FLOOR => options.task = Task::Floor,
                "--repetitions" => options.repetitions = Some(number(&arg, args.next())?),
                "--most" => options.most = Some(number(&arg, args.next())?),
                _ if !arg.starts_with('-') => options.filters.push(arg),
                _ if is_bench => return Err(Failure::new(format!("{arg} is unknown; {USAGE}"))),
                _ => {}
            }
        }
        Ok(options)
    }
}

const USAGE: &str = "known are --quick, --list, --repetitions N, --most CONNECTIONS and parts of rows' names";

fn number(option: &str, value: Option<String>) -> Outcome<usize> {
    let number = value.and_then(|value| value.parse().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| Failure::new(format!("{option} needs a number from 1 up")))
}
