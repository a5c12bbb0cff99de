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

use super::missed::Missed;
use crate::chat::Millis;

/// The shortest and the longest time that the server has for a sign of life when there is reason
/// for doubt; three round trips in between. When it is over the old connection is not given up, but
/// another is looked for, so that a wrong doubt costs nothing.
const SHORTEST_PROBE: Duration = Duration::from_millis(500);
const LONGEST_PROBE: Duration = Duration::from_secs(20);

/// The same where no place is kept that another connection could take: then the user is lost with
/// the connection.
const LAST_PROBE: Duration = Duration::from_secs(5);

/// Silence behind something that was asked after which there is reason for doubt, besides three
/// round trips.
const UNANSWERED: Duration = Duration::from_secs(3);

/// The same while the server may be holding back somebody who says much.
const UNANSWERED_HELD_BACK: Duration = Duration::from_secs(15);

/// How long another connection is looked for beside the old one, besides four round trips, until
/// the user is told that there is none.
const SEEK_TIME: Duration = Duration::from_secs(4);

/// How soon another connection is looked for again, when none could be had.
const SEEK_AGAIN: Duration = Duration::from_secs(1);

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
    /// Read from it, and look for another meanwhile: it may be dead.
    Seek,
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
    CatchingUp { until: Millis },
    /// `ENTER` was sent: the place is gone.
    Entering { until: Millis, tries: u32 },
    /// The name's holder is silent; it is tried again then.
    NameSilent { until: Millis, tries: u32 },
    /// The name is taken; a person has to say another.
    Naming { connected: bool },
}

/// Whether the connection still is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    None,
    /// There is reason to think that it is not; a sign of life until then ends that.
    Waiting {
        until: Millis,
    },
    /// No sign has come: another connection is looked for, until then beside the old one.
    Seeking {
        until: Millis,
    },
}

/// How a connection was lost or did not come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Somebody was there and ended it, or said no: each further try comes later.
    Ended,
    /// Nobody was heard: whenever there is a way again, it should be found.
    Silent,
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
    doubt: Doubt,
    /// Whether another connection can take this one's place.
    is_replaceable: bool,
    /// Since when something is unanswered and nothing was heard, and how long that may be.
    unanswered: Option<(Millis, Duration)>,
    /// How long the connection took to be made.
    round_trip: Duration,
    /// The address of this computer that the connection hangs on.
    own: Option<IpAddr>,
    /// What was missed, as far as it has come.
    pub(super) missed: Missed,
    /// Connections that were given up before `RESUME` was answered on them. The server may hear
    /// each of them later, and take it for somebody else.
    strays: u32,
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
            doubt: Doubt::None,
            is_replaceable: false,
            unanswered: None,
            round_trip: Duration::ZERO,
            own: None,
            missed: Missed::default(),
            strays: 0,
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

    pub(super) fn order(&self) -> Order {
        match self.state {
            State::Dialing => Order::Dial,
            State::Waiting { .. } | State::Naming { connected: false } => Order::Wait,
            _ if self.is_seeking() => Order::Seek,
            _ => Order::Listen,
        }
    }

    /// A connection was made: from this address, and so long did it take.
    pub(super) fn note_path(&mut self, own: Option<IpAddr>, round_trip: Duration) {
        (self.own, self.round_trip) = (own, round_trip);
    }

    /// Another connection can take the place that the server keeps, or not.
    pub(super) fn note_place(&mut self, is_kept: bool) {
        self.is_replaceable = is_kept;
    }

    /// Something or nothing that was asked waits for an answer; the server may have reason to wait
    /// with it.
    pub(super) fn note_unanswered(&mut self, is_waiting: bool, is_held_back: bool) {
        let patience = if is_held_back { UNANSWERED_HELD_BACK } else { UNANSWERED } + 3 * self.round_trip;
        let since = self.unanswered.map_or(self.now, |(since, _)| since);
        self.unanswered = is_waiting.then_some((since, patience));
    }

    /// The time until now was not spent listening.
    pub(super) fn note_deafness(&mut self, now: Millis) {
        self.hear(now);
    }

    /// When `handle_time` has something to do.
    pub(super) fn deadline(&self) -> Option<Millis> {
        let usual = match &self.state {
            State::Up => self.heard + if self.pinged { self.dead_after } else { self.dead_after / 2 },
            State::Waiting { until }
            | State::Resuming { until }
            | State::CatchingUp { until }
            | State::Entering { until, .. }
            | State::NameSilent { until, .. } => *until,
            State::Dialing | State::Naming { .. } => return None,
        };
        [Some(usual), self.doubt_due()].into_iter().flatten().min()
    }

    /// When a doubt begins or grows.
    fn doubt_due(&self) -> Option<Millis> {
        match (self.doubt, self.unanswered) {
            _ if !self.is_connected() => None,
            (Doubt::Waiting { until } | Doubt::Seeking { until }, _) => Some(until),
            (Doubt::None, Some((since, patience))) if self.is_up() && self.is_replaceable => Some(since + patience),
            (Doubt::None, _) => None,
        }
    }

    fn is_connected(&self) -> bool {
        matches!(self.state, State::Up | State::Resuming { .. } | State::CatchingUp { .. } | State::Entering { .. })
    }

    /// It is later now.
    pub(super) fn note_time(&mut self, now: Millis) {
        self.now = now;
    }

    /// The server said something.
    pub(super) fn hear(&mut self, now: Millis) {
        self.now = now;
        self.heard = now;
        self.pinged = false;
        self.doubt = Doubt::None;
        self.unanswered = self.unanswered.map(|(_, patience)| (now, patience));
    }

    /// Time has passed.
    pub(super) fn handle_time(&mut self, now: Millis) -> Due {
        let slept = now.since(self.now) >= SLEEP;
        self.now = now;
        if slept {
            // The time until now was not spent listening.
            self.heard = now;
            return self.doubt();
        }
        if self.doubt_due().is_some_and(|due| due <= now) {
            if !self.is_replaceable || matches!(self.doubt, Doubt::Seeking { .. }) {
                return Due::GiveUp;
            }
            self.seek();
        }
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Due::Nothing;
        }
        match self.state {
            State::Up if self.pinged => Due::GiveUp,
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
        if !is_news || route.is_none() {
            return Due::Nothing;
        }
        let due = self.doubt();
        if self.is_connected() && self.is_replaceable && self.own.is_some_and(|own| route != Some(own)) {
            // What is sent from an address that is gone comes to nothing, and one is not left long.
            self.seek();
        }
        due
    }

    fn seek(&mut self) {
        self.doubt = Doubt::Seeking { until: self.now + SEEK_TIME + 4 * self.round_trip };
    }

    /// Something has happened after which the connection may not be what it was: asks at once,
    /// or tries at once. One doubt is enough: more reasons for it do not make it begin anew.
    pub(super) fn doubt(&mut self) -> Due {
        match self.state {
            State::Waiting { .. } => {
                self.state = State::Dialing;
                Due::Nothing
            }
            _ if !self.is_connected() || self.doubt != Doubt::None => Due::Nothing,
            _ => {
                let shortest = if self.is_replaceable { SHORTEST_PROBE } else { LAST_PROBE.min(self.dead_after) };
                let probe = (3 * self.round_trip).clamp(shortest, LONGEST_PROBE);
                self.doubt = Doubt::Waiting { until: self.now + probe };
                if self.is_up() && !std::mem::replace(&mut self.pinged, true) { Due::Ping } else { Due::Nothing }
            }
        }
    }

    /// There may be a way to the server where there was none: what waits for one looks for it at once.
    pub(super) fn note_new_way(&mut self) {
        match self.state {
            State::Waiting { .. } => self.state = State::Dialing,
            _ if self.is_connected() && self.is_replaceable && matches!(self.doubt, Doubt::Waiting { .. }) => {
                self.seek()
            }
            _ => {}
        }
    }

    /// No other connection could be had for now; the one there is goes on.
    pub(super) fn note_unreachable(&mut self, now: Millis) {
        self.now = now;
        self.doubt = Doubt::Waiting { until: now + SEEK_AGAIN };
    }

    /// Whether another connection is looked for while there is one.
    pub(super) fn is_seeking(&self) -> bool {
        self.is_connected() && matches!(self.doubt, Doubt::Seeking { .. })
    }

    /// Whether the server may have heard a connection of ours late, and closed this one for it.
    pub(super) fn take_stray(&mut self) -> bool {
        let had_one = self.strays > 0;
        self.strays = self.strays.saturating_sub(1);
        had_one
    }

    /// The connection is lost, or did not come about: connects again, at once if it stood well.
    pub(super) fn lose(&mut self, loss: Loss, now: Millis) {
        self.now = now;
        let was_well = self.is_up() && now.since(self.up_since) >= LASTING;
        if self.is_up() {
            self.lost_at = now;
        }
        if was_well {
            self.failures = 0;
        }
        self.strays += u32::from(matches!(self.state, State::Resuming { .. }));
        (self.doubt, self.unanswered) = (Doubt::None, None);
        self.state = match self.state {
            State::Naming { .. } => State::Naming { connected: false },
            _ if was_well => State::Dialing,
            _ => State::Waiting { until: now + self.wait_after(loss) },
        };
    }

    fn wait_after(&mut self, loss: Loss) -> Duration {
        match loss {
            Loss::Ended => self.next_wait(),
            Loss::Silent => self.chance(SEEK_AGAIN),
        }
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
        self.strays += u32::from(matches!(self.state, State::Resuming { .. }));
        self.doubt = Doubt::None;
        self.state = State::Resuming { until: self.answer_due() };
    }

    /// What was missed is coming, so many answers with it, or some of it has come.
    pub(super) fn await_missed(&mut self, now: Millis) {
        self.now = now;
        self.doubt = Doubt::None;
        self.state = State::CatchingUp { until: self.answer_due() };
    }

    /// When the server's next line is due while the connection is made anew.
    fn answer_due(&self) -> Millis {
        self.now + ANSWER_TIME + 4 * self.round_trip
    }

    pub(super) fn await_entered(&mut self, now: Millis, tries: u32) {
        self.now = now;
        self.state = State::Entering { until: self.answer_due(), tries };
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
        self.chance(usual)
    }

    /// A quarter more or less.
    fn chance(&mut self, usual: Duration) -> Duration {
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
