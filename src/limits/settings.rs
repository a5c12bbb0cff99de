//! The limits an operator can set.

use std::time::Duration;

use super::{GREETING_DELAY, LINE_BYTES, PROBE_TIME, ROW_BYTES, ROWS_PER_REPLY};

/// What backlogs may take together at least, in bytes: that of one room, if its lines are short, is
/// half of it.
const LEAST_BACKLOGS: usize = 4 * 1024 * 1024;

/// How often something may happen: `burst` times at once, then once each `interval`. A burst of
/// 0 means as often as one likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// How long until one more.
    pub interval: Duration,
}

/// The limits an operator can set. `chatd --print-config` shows those in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; 0: as many as the system allows, less [`RESERVED_FILES`](super::RESERVED_FILES).
    pub connections: usize,
    /// Connections at a time from one address; 0: no limit.
    pub connections_per_address: usize,
    /// Lines of one client; beyond it waits.
    pub lines: Rate,
    /// Requests of one client; beyond it waits.
    pub requests: Rate,
    /// Announcements of one client; beyond it waits.
    pub announcements: Rate,
    /// Work that a client's lines make for the daemon, in milliseconds; beyond it waits.
    pub work: Rate,
    /// The same for all clients from one address.
    pub work_per_address: Rate,
    /// Attempts to enter from one address; beyond the client waits.
    pub entries: Rate,
    /// Connections from one address; beyond they are refused.
    pub connects: Rate,
    /// Log lines about clients that have not entered; beyond they are counted.
    pub log: Rate,
    /// Places kept for users of one address whose connections are lost; beyond, its oldest is given
    /// up. 0: no limit.
    pub places_per_address: usize,
    /// Unsent output above which the server stops reading from that client, in bytes.
    pub output_soft: usize,
    /// Unsent output above which the client is closed as a slow consumer once its system has taken
    /// nothing for [`Self::output_hard_time`], in bytes.
    pub output_hard: usize,
    /// How long a client's system may take nothing while its unsent output is above the hard limit.
    pub output_hard_time: Duration,
    /// How long unsent output may stay above the soft limit before the client is closed.
    pub output_soft_time: Duration,
    /// Output queued and kept for all clients together, in bytes; beyond, the largest queue of those
    /// whose systems take nothing goes.
    pub queued_total: usize,
    /// A client that has not entered within this time of connecting is closed.
    pub entry_timeout: Duration,
    /// How long a request waits for an answer.
    pub invite_timeout: Duration,
    /// How long a user whose connection is lost keeps its place; zero: not at all.
    pub resume_grace: Duration,
    /// A resumable client silent for this long is asked for a sign of life.
    pub ping_after: Duration,
    /// A resumable client silent for this long is taken for dead.
    pub dead_after: Duration,
    /// How long a shutdown waits for farewells to arrive.
    pub drain_timeout: Duration,
    /// Lines of a room kept for those who join later.
    pub backlog: usize,
    /// Memory for what is kept of all rooms together, in bytes; beyond, some of it is forgotten.
    pub backlogs_total: usize,
    /// How long the acknowledgement of a message may wait for something else to be written with.
    pub acknowledge_within: Duration,
}

impl Limits {
    /// What is in force unless an operator says otherwise.
    pub const DEFAULT: Self = Self {
        connections: 0,
        connections_per_address: 64,
        lines: Rate { burst: 10, interval: Duration::from_millis(333) },
        requests: Rate { burst: 5, interval: Duration::from_secs(3) },
        announcements: Rate { burst: 3, interval: Duration::from_secs(10) },
        work: Rate { burst: 100, interval: Duration::from_millis(40) },
        work_per_address: Rate { burst: 250, interval: Duration::from_millis(10) },
        entries: Rate { burst: 64, interval: Duration::from_millis(250) },
        connects: Rate { burst: 256, interval: Duration::from_millis(50) },
        log: Rate { burst: 20, interval: Duration::from_millis(500) },
        places_per_address: 64,
        output_soft: 64 * 1024,
        output_hard: 256 * 1024,
        output_hard_time: Duration::from_secs(2),
        output_soft_time: Duration::from_secs(30),
        queued_total: 256 * 1024 * 1024,
        entry_timeout: Duration::from_secs(20),
        invite_timeout: Duration::from_secs(60),
        resume_grace: Duration::from_secs(120),
        ping_after: Duration::from_secs(30),
        dead_after: Duration::from_secs(60),
        drain_timeout: Duration::from_secs(3),
        backlog: 100,
        backlogs_total: 64 * 1024 * 1024,
        acknowledge_within: Duration::from_millis(10),
    };

    /// The same without limits on how often and from where, and with every answer at once: for
    /// tests of other things.
    #[must_use]
    pub const fn without_rates(mut self) -> Self {
        const FREE: Rate = Rate { burst: 0, interval: Duration::ZERO };
        (self.connections_per_address, self.places_per_address) = (0, 0);
        self.acknowledge_within = Duration::ZERO;
        (self.lines, self.requests, self.announcements, self.entries) = (FREE, FREE, FREE, FREE);
        (self.connects, self.log, self.work, self.work_per_address) = (FREE, FREE, FREE, FREE);
        self
    }

    /// Checks the relations between them.
    ///
    /// # Errors
    /// Says which one does not hold.
    pub const fn check(&self) -> Result<(), &'static str> {
        if self.output_soft <= LINE_BYTES {
            return Err("--output-soft must be more than a line, 4096 bytes");
        }
        if self.output_soft.saturating_add(ROWS_PER_REPLY * ROW_BYTES + LINE_BYTES) >= self.output_hard {
            return Err("--output-hard must be more than --output-soft and the longest listing, 178096 bytes");
        }
        if self.output_hard > self.queued_total {
            return Err("--max-memory-queued must be at least --output-hard");
        }
        if self.backlogs_total < LEAST_BACKLOGS {
            return Err("--max-memory-backlogs must be at least 4194304, what two rooms may need");
        }
        if self.entry_timeout.as_millis() <= GREETING_DELAY.as_millis() {
            return Err("--entry-timeout must be more than a second, in which people are greeted");
        }
        if self.ping_after.as_millis() >= self.dead_after.as_millis() {
            return Err("--dead-after must be more than --ping-after");
        }
        if self.ping_after.as_millis() < PROBE_TIME.as_millis() {
            return Err("--ping-after must be at least 5 seconds");
        }
        Ok(())
    }

    /// Names and values, as flags are called and given.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let rate = |rate: Rate| match rate.burst {
            0 => "0".to_owned(),
            burst => format!("{burst}/{}", rate.interval.as_secs_f64()),
        };
        let seconds = |span: Duration| span.as_secs_f64().to_string();
        vec![
            ("max-connections", self.connections.to_string()),
            ("max-per-address", self.connections_per_address.to_string()),
            ("rate-lines", rate(self.lines)),
            ("rate-requests", rate(self.requests)),
            ("rate-announcements", rate(self.announcements)),
            ("rate-work", rate(self.work)),
            ("rate-work-address", rate(self.work_per_address)),
            ("rate-entries", rate(self.entries)),
            ("rate-connects", rate(self.connects)),
            ("rate-log", rate(self.log)),
            ("max-places-per-address", self.places_per_address.to_string()),
            ("output-soft", self.output_soft.to_string()),
            ("output-hard", self.output_hard.to_string()),
            ("output-soft-time", seconds(self.output_soft_time)),
            ("output-hard-time", seconds(self.output_hard_time)),
            ("max-memory-queued", self.queued_total.to_string()),
            ("entry-timeout", seconds(self.entry_timeout)),
            ("invite-timeout", seconds(self.invite_timeout)),
            ("resume-grace", seconds(self.resume_grace)),
            ("ping-after", seconds(self.ping_after)),
            ("dead-after", seconds(self.dead_after)),
            ("drain-timeout", seconds(self.drain_timeout)),
            ("backlog", self.backlog.to_string()),
            ("max-memory-backlogs", self.backlogs_total.to_string()),
            ("acknowledge-within", seconds(self.acknowledge_within)),
        ]
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
