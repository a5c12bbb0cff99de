//! Server: connections. Partial input, output queues, deadlines, and every way to go; over any
//! [`Stream`], so that tests can drive it without a network.
//!
//! The loop above hands in what happened ([`Server::accept`], [`Server::handle_ready`]) and calls
//! [`Server::tick`] once for each round. A tick
//!
//! 1. gives each ready connection its turn: reads once into the one shared buffer, handles the whole
//!    lines in place, keeps an unfinished tail; what it says to many is handed out afterwards;
//! 2. does what is due;
//! 3. writes once to each connection that has something to be told;
//! 4. forgets the connections that are gone. None that was let in is forgotten earlier: a handle stays
//!    good for the whole tick.

mod closing;
mod commands;
mod connection;
mod connection_id;
mod connections;
mod footprint;
mod gate;
mod input;
mod journal;
mod operator;
mod output;
mod peer;
mod places;
mod policing;
mod stats;
mod stream;

pub use connection_id::ConnectionId;
pub use footprint::memory_at_worst;
pub use gate::{BadBans, Password};
pub use journal::{Journal, Level};
pub use peer::{Peer, Seat};
pub use stream::{Stream, Taken};

use std::time::Duration;

use crate::chat::{Chat, CloseReason, Now, Settings};
use crate::limits::{Budget, Limits, READ_BYTES, SLOW_TICK};
use connection::{Flow, Link, Phase, Schedule};
use connections::Connections;
use gate::{Gate, Pace};
use output::{Outbox, Speakers};
use places::Places;
use stats::{Present, Stats};

/// This program's version, as clients are told.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the event queue said about a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// There may be bytes to read.
    pub readable: bool,
    /// There may be room to write.
    pub writable: bool,
    /// The peer has hung up, or the stream is broken: reading to the end will tell.
    pub hung_up: bool,
}

/// What an operator can set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether users are kept from seeing each other's addresses.
    pub hide_addresses: bool,
    /// Whether new names, of users and rooms, have ASCII characters only.
    pub ascii_names: bool,
    /// What the log tells.
    pub log_level: Level,
    /// What one must know to enter.
    pub password: Option<Password>,
    /// How much, how often, how long.
    pub limits: Limits,
    /// How much is done in one tick.
    pub budget: Budget,
    /// Where the secrets come from that users take their places again with: 128 bits that nobody
    /// can guess. Tests may use a counter.
    pub secrets: fn() -> u128,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hide_addresses: false,
            ascii_names: false,
            log_level: Level::Normal,
            password: None,
            limits: Limits::DEFAULT,
            budget: Budget::DEFAULT,
            secrets: system_secret,
        }
    }
}

/// 128 bits from the operating system's generator (getrandom(2)).
fn system_secret() -> u128 {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system's generator works once the system is up");
    u128::from_ne_bytes(bytes)
}

/// Connections, and the chat they take part in.
#[derive(Debug)]
pub struct Server<S> {
    chat: Chat,
    connections: Connections<S>,
    journal: Journal,
    /// An empty list whose memory is used again and again.
    batch: Vec<ConnectionId>,
    /// The loop's one read buffer.
    scratch: Vec<u8>,
    stop_asked: bool,
    limits: Limits,
    budget: Budget,
    /// Whether the last tick had no time for all that was to be written.
    is_behind: bool,
    /// How often a client may send a line.
    line_pace: Pace,
    gate: Gate,
    places: Places,
    stats: Stats,
}

impl<S: Stream> Server<S> {
    /// A server without connections.
    pub fn new(config: Config) -> Self {
        Self {
            chat: Chat::new(Settings {
                invite_timeout: config.limits.invite_timeout,
                hide_addresses: config.hide_addresses,
                ascii_names: config.ascii_names,
                backlog: config.limits.backlog,
                backlogs_total: config.limits.backlogs_total,
            }),
            connections: Connections::new(config.limits),
            journal: Journal::new(config.log_level),
            batch: Vec::new(),
            scratch: vec![0; READ_BYTES],
            stop_asked: false,
            limits: config.limits,
            budget: config.budget,
            is_behind: false,
            line_pace: config.limits.lines.into(),
            gate: Gate::new(config.limits, config.password),
            places: Places::new(config.secrets),
            stats: Stats::default(),
        }
    }

    /// Sets the time that log lines carry until the first tick.
    pub fn set_time(&mut self, now: Now) {
        self.journal.set_time(now.wall);
    }

    /// The id the next accepted connection will have, to register it under.
    pub fn next_id(&self) -> ConnectionId {
        self.connections.next_id()
    }

    /// Notes what the event queue said. An id that is no longer anybody's is ignored: events
    /// outlive their connection within one batch.
    pub fn handle_ready(&mut self, id: ConnectionId, readiness: Readiness) {
        let Some(connection) = self.connections.reported(id) else { return };
        connection.readable |= readiness.readable || readiness.hung_up;
        connection.hung_up |= readiness.hung_up;
        if connection.readable {
            self.connections.mark_ready(id);
        }
        if readiness.writable {
            self.note_room(id);
        }
    }

    /// There is room in a stream. Every event says so while there is; it is news only after there
    /// was none.
    fn note_room(&mut self, id: ConnectionId) {
        let limits = &self.limits;
        let connection = self.connections.input(id);
        if !connection.is_blocked() {
            return;
        }
        let has_waited = connection.is_slow(limits) && connection.has_work();
        connection.flow = Flow::Free;
        self.connections.mark_bulk(id);
        if has_waited {
            self.connections.mark_ready(id);
        }
    }

    /// One round of work; see the module's description.
    pub fn tick(&mut self, now: Now) {
        self.journal.set_time(now.wall);
        self.connections.outputs.begin_tick(now.steady);
        let mut batch = self.take_batch(|connections| &mut connections.ready);
        let have_waited = !self.connections.waiting.is_empty();
        self.connections.outputs.spare = self.spare_at_first();
        for id in batch.drain(..) {
            if self.connections.take_ready(id) {
                self.give_turn(id, now);
            }
        }
        self.batch = batch;
        self.take_turns(have_waited, now);
        self.connections.outputs.served = None;
        let time = self.write_broadcast(now, self.budget.writes);
        self.close_evicted(now);
        self.connections.flush_deferred(now.steady);
        self.handle_timeouts(now);
        self.write_dirty(now);
        self.write_bulk(now, time);
        self.is_behind = self.connections.outputs.is_behind();
        for id in std::mem::take(&mut self.connections.gone) {
            self.forget(id, now);
        }
        self.connections.settle();
    }

    /// A connection's share of a tick, after what the one before has said to many.
    fn give_turn(&mut self, id: ConnectionId, now: Now) {
        self.connections.deliver();
        self.close_evicted(now);
        self.connections.outputs.served = Some(id);
        self.connections.outputs.charged = 0;
        self.serve(id, now);
        self.charge_work(id, now);
    }

    /// Notes how long the last round of the loop took, all its work together. A slow one is logged
    /// with what it did.
    pub fn note_tick(&mut self, took: Duration, now: Now) {
        self.stats.sample(now.steady, self.chat.message_count());
        if let Some([lines, reads, writes]) = self.stats.note_tick(took, SLOW_TICK) {
            let took = took.as_millis();
            self.journal.warn(format_args!("slow-tick ms={took} lines={lines} reads={reads} writes={writes}"));
        }
    }

    /// How the server is doing, for people or for a program.
    fn report(&self, for_programs: bool, now: Now) -> String {
        let present = Present {
            connections: self.connections.len(),
            users: self.chat.user_count(),
            rooms: self.chat.room_count(),
            pairs: self.chat.pair_count(),
            queued: self.connections.outputs.queued,
            messages: self.chat.message_count(),
            now: now.steady,
        };
        if for_programs { self.stats.for_programs(&present) } else { self.stats.for_people(&present) }
    }

    /// How long the loop may wait for events: not at all while a connection has more to read;
    /// for ever, with `None`, when nothing is due.
    pub fn poll_timeout(&self, now: Now) -> Option<Duration> {
        if !self.connections.ready.is_empty() || !self.connections.waiting.is_empty() || self.is_behind {
            return Some(Duration::ZERO);
        }
        let deadlines = [self.connections.next_deadline(), self.chat.poll_timeout()];
        let due = deadlines.into_iter().chain([self.gate.next_due()]);
        let due = due.flatten().min()?;
        Some(due.since(now.steady))
    }

    /// Tells everybody that the server is going down and closes every connection. Ticks go on
    /// until [`Self::connection_count`] is zero, or the caller has waited long enough.
    pub fn shut_down(&mut self, now: Now) {
        let all: Vec<ConnectionId> = self.connections.iter().map(|it| it.id).collect();
        for id in all {
            self.close_quietly(id, CloseReason::Shutdown, now);
        }
    }

    /// Whether the operator has asked for the end.
    pub fn stop_asked(&self) -> bool {
        self.stop_asked
    }

    /// How many connections there are, closing ones included.
    pub fn connection_count(&self) -> usize {
        self.connections.len()
    }

    /// How many users there are.
    pub fn user_count(&self) -> usize {
        self.chat.user_count()
    }

    /// The log.
    pub fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// Checks what must hold between ticks.
    ///
    /// # Panics
    /// With what is broken.
    pub fn check_invariants(&self) {
        self.chat.check_invariants();
        assert!(self.connections.outputs.dirty.is_empty(), "a tick writes to every dirty connection");
        assert!(self.connections.outputs.evicted.is_empty(), "a tick closes every evicted connection");
        assert!(self.connections.gone.is_empty(), "a tick forgets every gone connection");
        assert!(self.connections.is_broadcast_bounded(), "lines for many are handed out in time");
        let (mut users, mut queued) = (0, 0);
        for connection in self.connections.iter() {
            let unparsed = connection.unparsed.as_ref().map_or(0, |unparsed| unparsed.capacity());
            assert!(unparsed <= crate::limits::UNPARSED_BYTES, "input is bounded");
            // One that is still to be written to is judged then.
            let is_watched = connection.stuck_since().is_some() || connection.schedule != Schedule::Idle;
            let may_be_stuck = connection.is_open() && connection.is_stuck(&self.limits);
            assert!(is_watched || !may_be_stuck, "who does not read is watched");
            assert_eq!(connection.accounted(), connection.output.memory(), "queues are accounted for");
            assert!(connection.output.is_counted_right(), "lines are counted as they are told");
            queued += connection.accounted();
            let is_flushed =
                matches!(&connection.link, Link::Up(stream) if !stream.wants_write()) || connection.is_dropped();
            assert!(
                is_flushed || connection.is_blocked() || connection.schedule != Schedule::Idle,
                "no stream waits to be flushed"
            );
            if let Some(user) = connection.user() {
                users += 1;
                assert_eq!(self.connections.of_user(user), Some(connection.id), "users know their connection");
            }
        }
        let away = self.connections.iter().filter(|it| it.is_dropped()).count();
        assert_eq!(away, self.places.len(), "lost connections are counted");
        assert_eq!(users, self.chat.user_count(), "every user has a connection");
        let of_users = self.connections.iter().filter(|it| it.user().is_some());
        let speakers = Speakers::of(of_users.map(|it| it.dialect));
        assert_eq!(self.connections.speakers, speakers, "the users of each dialect are counted");
        assert_eq!(queued, self.connections.outputs.queued, "the sum of all queues is right");
        assert!(queued <= self.limits.queued_total, "all queues together are bounded");
        let standing = |what| self.connections.iter().filter(|it| it.standing == what).count();
        self.gate.check_invariants(standing);
        assert_eq!(self.places.surplus(&self.limits), None, "places are bounded");
    }

    fn handle_timeouts(&mut self, now: Now) {
        self.connections.settle();
        // Many may be told of each whose time is over. The rest of them goes in the next ticks.
        self.connections.outputs.spare = self.budget.due;
        while self.connections.outputs.spare > 0
            && let Some(id) = self.connections.take_due(now.steady)
        {
            self.connections.outputs.note_deadline();
            self.handle_deadline(id, now);
            self.connections.settle();
        }
        self.gate.bans.forget_over(now.steady);
        let mut outbox = Outbox { connections: &mut self.connections, journal: &mut self.journal, asker: None };
        self.chat.handle_timeout(now, &mut outbox);
        self.connections.deliver();
        self.gate.strangers.tell(now, &mut self.journal);
        self.connections.settle();
        self.connections.evict_largest();
        self.close_evicted(now);
    }

    fn handle_deadline(&mut self, id: ConnectionId, now: Now) {
        let connection = self.connections.get_mut(id);
        if connection.next_due(&self.limits).is_none_or(|due| due > now.steady) {
            // What it has done since has put that off.
            return;
        }
        if connection.wait().is_some_and(|wait| wait.until() <= now.steady) {
            connection.rare().wait = None;
            // It may well have spoken; the server has not listened.
            connection.last_heard = now.steady;
            self.connections.mark_ready(id);
        } else {
            self.handle_phase_deadline(id, now);
        }
    }

    fn handle_phase_deadline(&mut self, id: ConnectionId, now: Now) {
        let connection = self.connections.get_mut(id);
        let is_slow = connection.slow_due(&self.limits).is_some_and(|due| due <= now.steady);
        match connection.phase {
            Phase::Silent { since } => {
                connection.phase = Phase::Opening { since };
                self.connections.append(id, |dialect, encoder, out| encoder.greeting(dialect, VERSION, out));
            }
            Phase::Opening { .. } | Phase::Entering { .. } => {
                self.close(id, CloseReason::EntryTimeout.into(), now);
            }
            Phase::User(user) if connection.is_dropped() => self.handle_dropped(id, user, now),
            Phase::User(_) | Phase::Operator(_) if is_slow => self.judge(id, now),
            Phase::User(_) | Phase::Operator(_) => self.handle_silence(id, now),
            Phase::Closing { .. } | Phase::Lingering { .. } => self.give_up(id),
            Phase::Gone => {}
        }
    }

    /// Takes a list of work and leaves an empty one in its place, without allocating either.
    fn take_batch(&mut self, list: impl FnOnce(&mut Connections<S>) -> &mut Vec<ConnectionId>) -> Vec<ConnectionId> {
        std::mem::replace(list(&mut self.connections), std::mem::take(&mut self.batch))
    }

    /// Closes connections whose queues had to give way while others were being told something, in the
    /// order of their slots. That may make others give way. Of one that is closing already nothing is left.
    #[inline]
    fn close_evicted(&mut self, now: Now) {
        if !self.connections.outputs.evicted.is_empty() {
            self.close_all_evicted(now);
        }
    }

    #[cold]
    fn close_all_evicted(&mut self, now: Now) {
        while !self.connections.outputs.evicted.is_empty() {
            let mut evicted = std::mem::take(&mut self.connections.outputs.evicted);
            evicted.sort_unstable();
            for id in evicted {
                self.close(id, CloseReason::SlowConsumer.into(), now);
                if self.connections.get(id).is_evicted {
                    self.give_up(id);
                }
            }
        }
    }
}
