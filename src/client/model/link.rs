//! The connection as the model sees it: whether it stands, when it is doubted and given up, and
//! when the next try is due. States and times only; `reconnect` does what follows from them.
//!
//! ```text
//!        closed, silent               connected            resumed             all that was missed
//!  up ──────────────────▶ dialing ───────────────▶ resuming ───────▶ catching up ───────▶ up
//!                          ▲   │ no answer             │ the place is gone                  ▲
//!                   due    │   ▼                       ▼                    entered         │
//!                        waiting                   entering ────────────────────────────────┘
//! ```

use std::net::IpAddr;
use std::time::Duration;

use crate::chat::Millis;

/// How long the server may take to give a sign of life when there is reason for doubt.
const PROBE_TIME: Duration = Duration::from_secs(5);

/// A gap in time that means that this computer, or this process, was asleep.
const SLEEP: Duration = Duration::from_secs(5);

/// How long a server may take to answer while the connection is made anew. It does not listen
/// for a second or more to somebody whose place it does not know any more.
const ANSWER_TIME: Duration = Duration::from_secs(20);

/// How long to wait before a name whose holder is silent is tried again.
pub(super) const SILENT_NAME_WAIT: Duration = Duration::from_secs(5);

/// How often such a name is tried again.
pub(super) const SILENT_NAME_TRIES: u32 = 3;

/// The shortest and the longest wait between two tries to connect, before a quarter more or less
/// is added by chance: 15 s at most.
const SHORTEST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(12);

/// A connection that lasted for less counts as one more failure.
const LASTING: Duration = Duration::from_secs(2);

/// What the thread that does the network has to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Read from the connection.
    Listen,
    /// Connect; an old connection is of no use any more.
    Dial,
    /// Wait, without a connection.
    Wait,
    /// All is over.
    Stop,
}

/// How far the connection has come.
#[derive(Debug)]
pub(super) enum State {
    /// Lines go both ways.
    Up,
    /// Somebody is connecting.
    Dialing,
    /// The next try is due then.
    Waiting { until: Millis },
    /// `RESUME` was sent.
    Resuming { until: Millis },
    /// The place is ours again; what was missed is coming.
    CatchingUp { until: Millis, missed: Missed },
    /// `ENTER` was sent: the place is gone.
    Entering { until: Millis, tries: u32 },
    /// The name's holder is silent; it is tried again then.
    NameSilent { until: Millis, tries: u32 },
    /// The name is taken; a person has to say another.
    Naming { connected: bool },
}

/// What comes behind the answer to `RESUME`.
#[derive(Debug)]
pub(super) struct Missed {
    /// The lines so far.
    pub(super) lines: Vec<String>,
    /// How many before them the server had to forget.
    pub(super) lost: u64,
    /// How many answers are among all these.
    pub(super) answers: usize,
    /// The answer that ends them.
    pub(super) end: String,
}

/// What time has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// Ask the server for a sign of life.
    Ping,
    /// Give the connection up.
    GiveUp,
    /// Try the name again.
    Enter,
}

/// See the file's text.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) state: State,
    /// Silence after which the connection is given up; after half of it the server is asked.
    dead_after: Duration,
    now: Millis,
    heard: Millis,
    pinged: bool,
    /// When the connection is given up unless a sign of life comes.
    doubted_until: Option<Millis>,
    up_since: Millis,
    lost_at: Millis,
    failures: u32,
    /// The computer's own address towards the server, once it is known whether there is one.
    route: Option<Option<IpAddr>>,
    chance: u64,
}

impl Link {
    /// A connection that stands.
    pub(super) fn new(now: Millis, dead_after: Duration, seed: u64) -> Self {
        Self {
            state: State::Up,
            dead_after,
            now,
            heard: now,
            pinged: false,
            doubted_until: None,
            up_since: now,
            lost_at: now,
            failures: 0,
            route: None,
            chance: seed | 1,
        }
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self.state, State::Up)
    }

    /// Whether the server takes commands.
    pub(super) fn takes_commands(&self) -> bool {
        matches!(self.state, State::Up | State::CatchingUp { .. })
    }

    pub(super) fn order(&self) -> Order {
        match self.state {
            State::Dialing => Order::Dial,
            State::Waiting { .. } | State::Naming { connected: false } => Order::Wait,
            _ => Order::Listen,
        }
    }

    /// When `handle_time` has something to do.
    pub(super) fn deadline(&self) -> Option<Millis> {
        match &self.state {
            State::Up => {
                let usual = self.heard + if self.pinged { self.dead_after } else { self.dead_after / 2 };
                Some(self.doubted_until.map_or(usual, |until| until.min(usual)))
            }
            State::Waiting { until }
            | State::Resuming { until }
            | State::CatchingUp { until, .. }
            | State::Entering { until, .. }
            | State::NameSilent { until, .. } => Some(*until),
            State::Dialing | State::Naming { .. } => None,
        }
    }

    /// The server said something.
    pub(super) fn hear(&mut self, now: Millis) {
        self.now = now;
        self.heard = now;
        self.pinged = false;
        self.doubted_until = None;
    }

    /// Time has passed.
    pub(super) fn handle_time(&mut self, now: Millis) -> Due {
        let slept = now.since(self.now) >= SLEEP;
        self.now = now;
        if slept {
            return self.doubt();
        }
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Due::Nothing;
        }
        match self.state {
            State::Up if self.doubted_until.is_some_and(|until| until <= now) => Due::GiveUp,
            State::Up if self.pinged && now.since(self.heard) >= self.dead_after => Due::GiveUp,
            State::Up => {
                self.pinged = true;
                Due::Ping
            }
            State::NameSilent { .. } => Due::Enter,
            State::Waiting { .. } => {
                self.state = State::Dialing;
                Due::Nothing
            }
            _ => Due::GiveUp,
        }
    }

    /// The computer's own address towards the server is this now, or there is no way to it.
    pub(super) fn handle_route(&mut self, route: Option<IpAddr>, now: Millis) -> Due {
        self.now = self.now.max(now);
        let before = self.route.replace(route);
        let is_news = before.is_some_and(|before| before != route);
        if is_news && route.is_some() { self.doubt() } else { Due::Nothing }
    }

    /// Something has happened after which the connection may not be what it was: asks at once,
    /// or tries at once.
    pub(super) fn doubt(&mut self) -> Due {
        match self.state {
            State::Up => {
                self.pinged = true;
                self.doubted_until = Some(self.now + PROBE_TIME.min(self.dead_after));
                // The time until now was not spent listening.
                self.heard = self.now;
                Due::Ping
            }
            State::Waiting { .. } => {
                self.state = State::Dialing;
                Due::Nothing
            }
            State::Resuming { .. } | State::CatchingUp { .. } | State::Entering { .. } => Due::GiveUp,
            State::Dialing | State::NameSilent { .. } | State::Naming { .. } => Due::Nothing,
        }
    }

    /// The connection is lost, or did not come about: connects again, at once if it stood well.
    pub(super) fn lose(&mut self, now: Millis) {
        self.now = now;
        let was_well = self.is_up() && now.since(self.up_since) >= LASTING;
        if self.is_up() {
            self.lost_at = now;
        }
        if was_well {
            self.failures = 0;
        }
        self.state = match self.state {
            State::Naming { .. } => State::Naming { connected: false },
            _ if was_well => State::Dialing,
            _ => State::Waiting { until: now + self.next_wait() },
        };
    }

    /// Lines go both ways again; says how long they did not.
    pub(super) fn restore(&mut self, now: Millis) -> Duration {
        let away = now.since(self.lost_at);
        self.hear(now);
        self.up_since = now;
        self.state = State::Up;
        away
    }

    pub(super) fn await_resumed(&mut self, now: Millis) {
        self.now = now;
        self.state = State::Resuming { until: now + ANSWER_TIME };
    }

    pub(super) fn await_missed(&mut self, now: Millis, missed: Missed) {
        self.now = now;
        self.state = State::CatchingUp { until: now + ANSWER_TIME, missed };
    }

    pub(super) fn await_entered(&mut self, now: Millis, tries: u32) {
        self.now = now;
        self.state = State::Entering { until: now + ANSWER_TIME, tries };
    }

    pub(super) fn await_name(&mut self, now: Millis, tries: u32) {
        self.now = now;
        self.state = State::NameSilent { until: now + SILENT_NAME_WAIT, tries };
    }

    /// Twice as long each time, up to a limit, and a quarter more or less by chance, so that
    /// those who were cut off together do not come back together.
    fn next_wait(&mut self) -> Duration {
        let usual = SHORTEST_WAIT.saturating_mul(1 << self.failures.min(6)).min(LONGEST_WAIT);
        self.failures += 1;
        // Marsaglia's xorshift.
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        let percent = u32::try_from(75 + self.chance % 51).unwrap_or(100);
        usual * percent / 100
    }
}

#[cfg(test)]
mod tests;
