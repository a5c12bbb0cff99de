//! Figures: what one run took, and the middle and spread of several.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::child::Server;
use crate::{Failure, Outcome, system};

/// Latencies in nanoseconds, up to a minute, to three digits.
pub(crate) struct Latency(Histogram<u64>);

const LONGEST: u64 = 60_000_000_000;

impl Latency {
    pub(crate) fn new() -> Outcome<Self> {
        let histogram = Histogram::new_with_bounds(1, LONGEST, 3);
        histogram.map(Self).map_err(|error| Failure::new(format!("no histogram: {error}")))
    }

    pub(crate) fn record(&mut self, nanos: u64) {
        self.0.saturating_record(nanos.max(1));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The time within which this share arrived, in µs.
    pub(crate) fn micros_at(&self, share: f64) -> f64 {
        self.0.value_at_quantile(share) as f64 / 1000.0
    }

    /// The three that are shown.
    pub(crate) fn shown(&self) -> [f64; 3] {
        if self.0.is_empty() { [0.0; 3] } else { [0.5, 0.99, 0.999].map(|share| self.micros_at(share)) }
    }
}

/// One run of one row with one server.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// What the row compares: CPU µs per unit, bytes per user, or a growth.
    pub(crate) cost: f64,
    /// Units (deliveries, entries) per second of wall time.
    pub(crate) rate: f64,
    /// p50, p99, p99.9 in µs.
    pub(crate) latency: [f64; 3],
    /// Share of a core that server and generator used.
    pub(crate) server_load: f64,
    pub(crate) generator_load: f64,
    /// Whatever else this row tells, by name.
    pub(crate) more: Vec<(&'static str, f64)>,
}

impl Sample {
    /// Whether the generator, not the server, set the pace.
    pub(crate) fn is_generator_bound(&self) -> bool {
        self.generator_load > 0.97 && self.server_load < 0.9
    }
}

/// What was spent between two moments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    pub(crate) server: Duration,
    generator: Duration,
    wall: Duration,
}

/// Measures from when it is made.
pub(crate) struct Meter {
    server: Option<Duration>,
    generator: Option<Duration>,
    wall: Instant,
}

impl Meter {
    pub(crate) fn start(server: &Server) -> Self {
        let generator = system::cpu_time(std::process::id());
        Self { generator, server: server.cpu_time(), wall: Instant::now() }
    }

    pub(crate) fn stop(self, server: &Server) -> Spent {
        let since = |before: Option<Duration>, after: Option<Duration>| {
            before.zip(after).map_or(Duration::ZERO, |(before, after)| after.saturating_sub(before))
        };
        let wall = self.wall.elapsed();
        Spent {
            server: since(self.server, server.cpu_time()),
            generator: since(self.generator, system::cpu_time(std::process::id())),
            wall,
        }
    }
}

impl Spent {
    /// CPU µs of the server per unit. Where CPU time cannot be had it is wall time, as the report
    /// says.
    pub(crate) fn per(self, units: u64) -> f64 {
        let spent = if self.server.is_zero() { self.wall } else { self.server };
        spent.as_secs_f64() * 1e6 / units as f64
    }

    pub(crate) fn sample(self, units: u64, latency: &Latency) -> Sample {
        let wall = self.wall.as_secs_f64();
        Sample {
            cost: self.per(units),
            rate: units as f64 / wall,
            latency: latency.shown(),
            server_load: self.server.as_secs_f64() / wall,
            generator_load: self.generator.as_secs_f64() / wall,
            more: Vec::new(),
        }
    }
}

/// Several measurements of the same thing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figure {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Figure {
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let (Some(min), Some(max)) = (values.first(), values.last()) else { return Self::default() };
        let half = values.len() / 2;
        let median = if values.len() % 2 == 1 { values[half] } else { f64::midpoint(values[half - 1], values[half]) };
        Self { median, min: *min, max: *max }
    }
}
