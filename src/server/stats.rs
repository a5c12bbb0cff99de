//! What the server counts of itself.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::chat::{CloseReason, Millis};

/// Durations by the power of two of their microseconds.
#[derive(Debug, Default)]
struct Histogram {
    counts: [u64; 32],
    most: Duration,
}

impl Histogram {
    fn add(&mut self, span: Duration) {
        let micros = u32::try_from(span.as_micros()).unwrap_or(u32::MAX);
        let bucket = (u32::BITS - micros.leading_zeros()).min(31);
        if let Some(count) = self.counts.get_mut(bucket as usize) {
            *count += 1;
        }
        self.most = self.most.max(span);
    }

    /// A duration that this share of all does not exceed, rounded up to a power of two of microseconds.
    fn quantile(&self, share: f64) -> Duration {
        let total: u64 = self.counts.iter().sum();
        let mut left = (total as f64 * share).ceil();
        for (bucket, count) in (0_u32..).zip(&self.counts) {
            left -= *count as f64;
            if left <= 0.0 {
                return Duration::from_micros(1 << bucket).min(self.most);
            }
        }
        self.most
    }
}

/// Counters since the start.
#[derive(Debug, Default)]
pub(super) struct Stats {
    accepted: u64,
    refused: u64,
    lines: u64,
    reads: u64,
    writes: u64,
    closed: [u64; CloseReason::ALL.len()],
    ticks: Histogram,
    tick_count: u64,
    /// What had been counted when the last tick ended, to tell what a slow tick did.
    before_tick: [u64; 3],
    /// Messages at two moments at least ten seconds apart.
    samples: [(Millis, u64); 2],
}

/// How far apart the moments are between which the rate of messages is taken.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(10);

/// What there is now, for a report.
#[derive(Clone, Copy, Debug)]
pub(super) struct Present {
    pub(super) connections: usize,
    pub(super) users: usize,
    pub(super) rooms: usize,
    pub(super) pairs: usize,
    pub(super) queued: usize,
    pub(super) messages: u64,
    pub(super) now: Millis,
}

impl Stats {
    /// A connection was let in.
    pub(super) fn note_accepted(&mut self) {
        self.accepted += 1;
    }

    /// A connection was refused.
    pub(super) fn note_refused(&mut self) {
        self.refused += 1;
    }

    /// A line is handled.
    #[inline(always)]
    pub(super) fn note_line(&mut self) {
        self.lines += 1;
    }

    /// A connection is read from.
    #[inline(always)]
    pub(super) fn note_read(&mut self) {
        self.reads += 1;
    }

    /// So many connections are written to.
    #[inline(always)]
    pub(super) fn note_writes(&mut self, count: u64) {
        self.writes += count;
    }

    /// A connection ends that had been let in.
    pub(super) fn note_closed(&mut self, reason: CloseReason) {
        if let Some(count) = self.closed.get_mut(reason as usize) {
            *count += 1;
        }
    }

    /// Notes how long a tick took; says what it did when that was too long.
    pub(super) fn note_tick(&mut self, span: Duration, limit: Duration) -> Option<[u64; 3]> {
        self.ticks.add(span);
        self.tick_count += 1;
        let counts = [self.lines, self.reads, self.writes];
        let before = std::mem::replace(&mut self.before_tick, counts);
        let did = std::array::from_fn(|n| counts.get(n).unwrap_or(&0) - before.get(n).unwrap_or(&0));
        (span > limit).then_some(did)
    }

    pub(super) fn sample(&mut self, now: Millis, messages: u64) {
        let [_, (at, _)] = self.samples;
        if now.since(at) >= SAMPLE_INTERVAL {
            self.samples.rotate_left(1);
            self.samples[1] = (now, messages);
        }
    }

    fn messages_per_second(&self, present: &Present) -> f64 {
        let [(at, before), _] = self.samples;
        let span = present.now.since(at).as_secs_f64();
        if span > 0.0 { (present.messages - before) as f64 / span } else { 0.0 }
    }

    /// The report as rows: Prometheus's name and type, what people are told, the value.
    fn rows(&self, present: &Present) -> Vec<(&'static str, &'static str, &'static str, f64)> {
        let seconds = |share| self.ticks.quantile(share).as_secs_f64();
        vec![
            ("chatd_connections", "gauge", "connections", present.connections as f64),
            ("chatd_users", "gauge", "users", present.users as f64),
            ("chatd_rooms", "gauge", "rooms", present.rooms as f64),
            ("chatd_pairs", "gauge", "pairs in private chats", present.pairs as f64),
            ("chatd_queued_bytes", "gauge", "bytes queued and kept", present.queued as f64),
            ("chatd_messages_total", "counter", "messages", present.messages as f64),
            ("chatd_messages_per_second", "gauge", "messages per second, lately", self.messages_per_second(present)),
            ("chatd_accepted_total", "counter", "connections accepted", self.accepted as f64),
            ("chatd_refused_total", "counter", "connections refused", self.refused as f64),
            ("chatd_lines_total", "counter", "lines received", self.lines as f64),
            ("chatd_reads_total", "counter", "reads", self.reads as f64),
            ("chatd_writes_total", "counter", "writes", self.writes as f64),
            ("chatd_ticks_total", "counter", "ticks of the loop", self.tick_count as f64),
            ("chatd_tick_seconds_p50", "gauge", "seconds a tick takes, half of them at most", seconds(0.5)),
            ("chatd_tick_seconds_p99", "gauge", "99 of 100 at most", seconds(0.99)),
            ("chatd_tick_seconds_max", "gauge", "the longest", self.ticks.most.as_secs_f64()),
            ("chatd_uptime_seconds", "counter", "seconds since the start", present.now.since(Millis(0)).as_secs_f64()),
        ]
    }

    /// The report for people.
    pub(super) fn for_people(&self, present: &Present) -> String {
        let mut text = String::new();
        for (_, _, what, value) in self.rows(present) {
            let _ = writeln!(text, "{:>14}  {what}", Rounded(value));
        }
        for (reason, count) in CloseReason::ALL.iter().zip(self.closed).filter(|(_, count)| *count > 0) {
            let _ = writeln!(text, "{count:>14}  closed: {reason}");
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// The report for programs, in Prometheus's text format (version 0.0.4).
    pub(super) fn for_programs(&self, present: &Present) -> String {
        let mut text = String::new();
        for (name, kind, _, value) in self.rows(present) {
            let _ = writeln!(text, "# TYPE {name} {kind}\n{name} {value}");
        }
        let _ = writeln!(text, "# TYPE chatd_closed_total counter");
        for (reason, count) in CloseReason::ALL.iter().zip(self.closed) {
            let _ = writeln!(text, "chatd_closed_total{{reason=\"{reason}\"}} {count}");
        }
        text.truncate(text.trim_end().len());
        text
    }
}

/// A number as people read it: whole if it is, with three digits behind the point if it is large
/// enough, with six if not.
struct Rounded(f64);

impl fmt::Display for Rounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.0.fract() == 0.0 {
            0
        } else if self.0 >= 1.0 {
            3
        } else {
            6
        };
        f.pad(&format!("{:.digits$}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_bounds_within_a_factor_of_two() {
        let mut histogram = Histogram::default();
        (1..=1_000).for_each(|micros| histogram.add(Duration::from_micros(micros)));
        let [half, most] = [0.5, 0.99].map(|share| histogram.quantile(share).as_micros());
        assert!((500..=1_000).contains(&half), "{half}");
        assert_eq!(most, 1_000);
        assert_eq!(histogram.most, Duration::from_millis(1));
    }

    #[test]
    fn every_reason_has_its_own_counter() {
        for (index, reason) in CloseReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index, "ALL is in the order of the variants");
        }
    }
}
