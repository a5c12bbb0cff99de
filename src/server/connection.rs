//! One connection: its stream, what it has become, and what waits on either side of it.

use super::connection_id::ConnectionId;
use super::gate::{Debts, Throttle};
use super::input::Wait;
use super::output::{Buffer, Output, Patience};
use super::peer::{Peer, Seat};
use super::places::Dropped;
use crate::chat::{CloseReason, Millis, UserKey};
use crate::limits::{GREETING_DELAY, Limits};
use crate::wire::{Dialect, LineSplitter};

/// What the operator's next line is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expecting {
    Order,
    Reply(Question),
}

/// What an operator is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    AnnouncementText,
    /// Whether the server is to be shut down although others are connected.
    Consent,
}

/// What a connection has become. It goes down this list and never up.
#[derive(Clone, Copy, Debug)]
pub(super) enum Phase {
    /// Has not said anything yet.
    Silent { since: Millis },
    /// Has not sent a whole line yet, so that nobody knows what it speaks.
    Opening { since: Millis },
    /// Speaks as it should, but is no user yet.
    Entering {
        since: Millis,
        /// Has given the server's password.
        may_enter: bool,
    },
    /// Is a user's, who may have lost it (see [`Link`]).
    User(UserKey),
    /// Is the operator's.
    Operator(Expecting),
    /// Is on its way out: what is queued is still written, nothing is read any more.
    Closing {
        until: Millis,
        /// Bytes it has sent since it was told goodbye.
        drained: u32,
    },
    /// Everything is written and the peer was told so; waits for the peer to hang up.
    Lingering { until: Millis, drained: u32 },
    /// To be forgotten at the end of the tick.
    Gone,
}

/// What leads to the peer.
#[derive(Debug)]
pub(super) enum Link<S> {
    /// A stream.
    Up(S),
    /// Nothing any more, but the user's place is kept: what it is to be told waits in the output.
    Dropped(Box<Dropped>),
}

/// What a connection counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The limits on connections, in all and from its address.
    LetIn,
    /// The limit on those that read why they are refused.
    Refused,
    /// Nothing: an operator's, or a place whose connection is lost.
    Free,
}

/// What few connections need at a time: those that talk, are slow, too fast, or ask much.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// Since when the output has been above the soft limit.
    pub(super) slow_since: Option<Millis>,
    /// Since when the stream has taken nothing while the output was above the hard limit.
    pub(super) stuck_since: Option<Millis>,
    /// Until when lines are not heard, and why.
    pub(super) wait: Option<Wait>,
    /// When the client was told so last.
    pub(super) wait_told: Option<Millis>,
    /// Lines that need not wait, while others have to.
    pub(super) short_lines: Throttle,
    pub(super) requests: Throttle,
    pub(super) announcements: Throttle,
    /// What its lines to many have made of work.
    pub(super) work: Throttle,
    /// Whether acknowledgements may wait a moment.
    pub(super) patience: Patience,
    /// Wrong secrets, of this connection's or of one that has gone: until when none is looked at.
    pub(super) secrets: Throttle,
}

/// What is known of a stream's room for output. Who is slow is judged by this and never by what
/// others have said to it: only a write can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// As far as is known, it takes more.
    Free,
    /// It was given more than it took, in the middle of this tick.
    Full,
    /// It was so at the end of a tick, and the event queue has not reported room since.
    Stalled,
    /// It is broken, and its user waits for its turn to go.
    Broken,
}

/// When a connection is to be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schedule {
    /// Not, as far as is known.
    Idle,
    /// As soon as there is time: nothing waits for it but what many are told, or what its stream had no
    /// room for.
    Bulk,
    /// At the end of this tick.
    Now,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Connection<S> {
    pub(super) link: Link<S>,
    pub(super) peer: Peer,
    pub(super) id: ConnectionId,
    /// What it speaks.
    pub(super) dialect: Dialect,
    pub(super) phase: Phase,
    pub(super) standing: Standing,
    pub(super) splitter: LineSplitter,
    /// Received bytes not handled yet: an unfinished line, or what a pause left over.
    pub(super) unparsed: Option<Box<Buffer>>,
    pub(super) output: Output,
    /// When bytes came last.
    pub(super) last_heard: Millis,
    pub(super) lines: Throttle,
    pub(super) rare: Option<Box<Rare>>,
    /// How much of the memory for queues is its output's.
    accounted: u32,
    /// Where it stands in the list of deadlines.
    pub(super) deadline: Option<Millis>,
    /// The stream may have bytes to read.
    pub(super) readable: bool,
    /// The peer will send nothing more after what can be read now.
    pub(super) hung_up: bool,
    pub(super) flow: Flow,
    /// Stands in the list of connections to serve in the next tick.
    pub(super) is_ready: bool,
    /// When it is to be written to.
    pub(super) schedule: Schedule,
    /// Stands in the queue of connections whose next line is for many.
    pub(super) is_waiting: bool,
    /// Stands in the list of connections to close.
    pub(super) is_evicted: bool,
    /// Stands in the list of connections that may have changed.
    pub(super) is_unsettled: bool,
}

impl<S> Connection<S> {
    pub(super) fn new(stream: S, peer: Peer, id: ConnectionId, phase: Phase, now: Millis) -> Self {
        Self {
            link: Link::Up(stream),
            peer,
            id,
            dialect: peer.dialect(),
            phase,
            standing: Standing::Free,
            splitter: LineSplitter::default(),
            unparsed: None,
            output: Output::default(),
            last_heard: now,
            lines: Throttle::default(),
            rare: None,
            accounted: 0,
            deadline: None,
            readable: false,
            hung_up: false,
            flow: Flow::Free,
            is_ready: false,
            schedule: Schedule::Idle,
            is_waiting: false,
            is_evicted: false,
            is_unsettled: false,
        }
    }

    /// Nobody's: it has gone, leads nowhere, and stands in every list, so that it is put into none.
    pub(super) fn nobody() -> Self {
        let id = ConnectionId { slot: u32::MAX, generation: u32::MAX };
        let link = Link::Dropped(Box::new(Dropped::nobody()));
        Self {
            id,
            link,
            peer: Peer::Operator(Seat::Socket),
            dialect: Dialect::default(),
            phase: Phase::Gone,
            standing: Standing::Free,
            splitter: LineSplitter::default(),
            unparsed: None,
            output: Output::default(),
            last_heard: Millis(0),
            lines: Throttle::default(),
            rare: None,
            accounted: 0,
            deadline: None,
            readable: false,
            hung_up: false,
            flow: Flow::Stalled,
            is_ready: true,
            schedule: Schedule::Now,
            is_waiting: true,
            is_evicted: true,
            is_unsettled: true,
        }
    }

    /// The stream, unless it is lost.
    #[inline]
    pub(super) fn stream(&mut self) -> Option<&mut S> {
        match &mut self.link {
            Link::Up(stream) => Some(stream),
            Link::Dropped(_) => None,
        }
    }

    /// What is known of it while its connection is lost and its place is kept.
    #[inline]
    pub(super) fn dropped(&self) -> Option<&Dropped> {
        match &self.link {
            Link::Up(_) => None,
            Link::Dropped(dropped) => Some(dropped),
        }
    }

    #[inline]
    pub(super) fn is_dropped(&self) -> bool {
        self.dropped().is_some()
    }

    /// Its user, here or away.
    pub(super) fn user(&self) -> Option<UserKey> {
        match self.phase {
            Phase::User(user) => Some(user),
            _ => None,
        }
    }

    /// Until when its lines are not heard, and why.
    pub(super) fn wait(&self) -> Option<Wait> {
        self.rare.as_ref().and_then(|rare| rare.wait)
    }

    pub(super) fn short_lines(&self) -> Throttle {
        self.rare.as_ref().map(|rare| rare.short_lines).unwrap_or_default()
    }

    /// Since when its output has been above the soft limit.
    pub(super) fn slow_since(&self) -> Option<Millis> {
        self.rare.as_ref().and_then(|rare| rare.slow_since)
    }

    /// Since when its stream has taken nothing while the output was above the hard limit.
    pub(super) fn stuck_since(&self) -> Option<Millis> {
        self.rare.as_ref().and_then(|rare| rare.stuck_since)
    }

    /// Its stream has taken something.
    pub(super) fn note_progress(&mut self) {
        if let Some(rare) = &mut self.rare {
            rare.stuck_since = None;
        }
    }

    /// What few connections need, to change.
    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Whether its acknowledgements may wait, once it has had one.
    #[inline]
    pub(super) fn patience(&mut self) -> Option<&mut Patience> {
        self.rare.as_deref_mut().map(|rare| &mut rare.patience)
    }

    /// Ends pause and slowness: nothing is read or written any more.
    pub(super) fn forget_rare(&mut self, now: Millis) {
        let debts = self.debts();
        self.rare = None;
        self.owe(debts, now);
    }

    /// It has sent so many bytes more since it was told goodbye; how many that makes.
    pub(super) fn drained(&mut self, count: usize) -> usize {
        let (Phase::Closing { drained, .. } | Phase::Lingering { drained, .. }) = &mut self.phase else { return 0 };
        *drained = drained.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        *drained as usize
    }

    /// What it has done too much of to do more at once.
    pub(super) fn debts(&self) -> Debts {
        let lines = self.lines;
        self.rare.as_ref().map_or(Debts { lines, ..Debts::default() }, |rare| Debts {
            lines,
            requests: rare.requests,
            announcements: rare.announcements,
            secrets: rare.secrets,
        })
    }

    /// Takes debts over from another connection.
    pub(super) fn owe(&mut self, debts: Debts, now: Millis) {
        let all = self.debts().and(debts);
        self.lines = all.lines;
        if !(Debts { lines: Throttle::default(), ..all }).is_paid(now) {
            let rare = self.rare();
            (rare.requests, rare.announcements, rare.secrets) = (all.requests, all.announcements, all.secrets);
        }
    }

    /// Whether something of what it has sent may be left to be handled.
    pub(super) fn has_work(&self) -> bool {
        self.readable || self.unparsed.is_some()
    }

    /// Whether its lines are heard.
    pub(super) fn is_open(&self) -> bool {
        let is_open = match self.phase {
            Phase::Silent { .. }
            | Phase::Opening { .. }
            | Phase::Entering { .. }
            | Phase::User(_)
            | Phase::Operator(_) => true,
            Phase::Closing { .. } | Phase::Lingering { .. } | Phase::Gone => false,
        };
        is_open && !self.is_dropped()
    }

    /// Whether it can be told anything: not when it is about to be closed, unless its place is kept.
    #[cold]
    pub(super) fn takes_output(&self) -> bool {
        !self.is_evicted || self.output.kept().is_some()
    }

    /// Whether its next line is handled now: not while it leaves its own output unread.
    pub(super) fn is_listening(&self, limits: &Limits) -> bool {
        let is_free = self.wait().is_none() && !self.is_waiting && !self.is_evicted;
        self.is_open() && is_free && !self.is_slow(limits)
    }

    /// Whether what it sends while it waits is looked at: it may be something that need not wait.
    pub(super) fn looks_ahead(&self, limits: &Limits) -> bool {
        let is_too_fast = matches!(self.wait(), Some(Wait::TooFast(_))) && !self.is_waiting;
        is_too_fast && self.is_open() && !self.is_slow(limits) && !self.is_evicted
    }

    /// How much of the memory for queues is its output's, as was last accounted for.
    pub(super) fn accounted(&self) -> usize {
        self.accounted as usize
    }

    /// Whether more than so much waits to be written. That is never more than is accounted for.
    #[inline]
    pub(super) fn is_much(&self, much: usize) -> bool {
        self.accounted() > much && self.output.len() > much
    }

    /// Accounts for its output as it is now; gives back what was accounted for before, and what is now.
    pub(super) fn account(&mut self) -> (usize, usize) {
        let before = self.accounted();
        self.accounted = u32::try_from(self.output.memory()).unwrap_or(u32::MAX);
        (before, self.accounted())
    }

    /// Its output is not accounted for any more; gives back what was.
    pub(super) fn unaccount(&mut self) -> usize {
        std::mem::take(&mut self.accounted) as usize
    }

    /// Whether its stream was given more than it took, and has not been said to have room since.
    pub(super) fn is_blocked(&self) -> bool {
        self.flow != Flow::Free
    }

    /// Whether it takes nothing, as far as is known, and has not since before this tick.
    pub(super) fn is_stalled(&self) -> bool {
        self.is_dropped() || self.flow == Flow::Stalled
    }

    /// Whether it may go when there is no memory for its queue: never one whose stream takes what it
    /// is given.
    pub(super) fn may_give_way(&self) -> bool {
        self.accounted > 0 && !self.is_evicted && (self.is_dropped() || self.is_blocked())
    }

    /// Whether it leaves too much unread to be heard.
    pub(super) fn is_slow(&self, limits: &Limits) -> bool {
        self.is_blocked() && self.output.len() > limits.output_soft
    }

    /// Whether it leaves so much unread that it is closed if its stream goes on to take nothing.
    pub(super) fn is_stuck(&self, limits: &Limits) -> bool {
        self.is_blocked() && self.output.len() > limits.output_hard
    }

    /// Whether nothing but a write is to be done when it is written to and takes all: it is a user's, and
    /// takes what it is given.
    #[inline]
    pub(super) fn is_usual(&self) -> bool {
        let is_watched = self.rare.as_ref().is_some_and(|it| it.slow_since.is_some() || it.stuck_since.is_some());
        matches!(self.phase, Phase::User(_)) && !self.is_blocked() && !is_watched
    }

    /// From when on it may be taken for a slow consumer.
    pub(super) fn slow_due(&self, limits: &Limits) -> Option<Millis> {
        let slow = self.slow_since().map(|since| since + limits.output_soft_time);
        earliest(slow, self.stuck_since().map(|since| since + limits.output_hard_time))
    }

    /// The next moment at which something is due here, whatever it is.
    pub(super) fn next_due(&self, limits: &Limits) -> Option<Millis> {
        if let Some(dropped) = self.dropped() {
            return matches!(self.phase, Phase::User(_)).then(|| dropped.due());
        }
        let slow = self.slow_due(limits);
        let by_phase = match self.phase {
            Phase::Silent { since } => Some(since + GREETING_DELAY),
            Phase::Opening { since } | Phase::Entering { since, .. } => Some(since + limits.entry_timeout),
            Phase::User(_) => earliest(slow, self.sign_of_life_due(limits)),
            Phase::Operator(_) => slow,
            Phase::Closing { until, .. } | Phase::Lingering { until, .. } => Some(until),
            Phase::Gone => None,
        };
        earliest(by_phase, self.wait().map(Wait::until))
    }

    /// Only a client that can come back is asked whether it is there; for others TCP does it.
    fn sign_of_life_due(&self, limits: &Limits) -> Option<Millis> {
        let kept = self.output.kept()?;
        Some(kept.asked.map_or(self.last_heard + limits.ping_after, |asked| asked.until))
    }
}

fn earliest(one: Option<Millis>, other: Option<Millis>) -> Option<Millis> {
    [one, other].into_iter().flatten().min()
}

/// How a connection that closes is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closing<'a> {
    pub(super) reason: CloseReason,
    /// Words of the operator's, behind the reason's own.
    pub(super) words: Option<&'a str>,
    /// Whether it was never let in.
    pub(super) is_refusal: bool,
}

impl From<CloseReason> for Closing<'_> {
    fn from(reason: CloseReason) -> Self {
        Self { reason, words: None, is_refusal: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/PERFORMANCE.md counts on it. A stream of the daemon's takes 16 bytes.
    #[test]
    fn a_connection_takes_little_memory() {
        assert!(size_of::<Connection<[u64; 2]>>() <= 176, "{}", size_of::<Connection<[u64; 2]>>());
    }
}
