//! All connections, the lists of work that is due on them, and the way from a user to its own.

use std::collections::{BTreeSet, VecDeque};
use std::io;

use bytes::BytesMut;
use slab::Slab;

use super::connection::{Connection, Peer, Phase, Token};
use super::journal::Journal;
use super::output::{SpareBuffers, Written};
use super::stream::Stream;
use crate::chat::{CloseReason, Event, Millis, Record, Row, Sink, UserKey};
use crate::limits::Limits;
use crate::wire::native::Encoder;

/// The connections and everything that is shared between them.
#[derive(Debug)]
pub(super) struct Connections<S> {
    slots: Slab<Connection<S>>,
    /// The slot of each user's connection, by the user's slot.
    links: Vec<Option<u32>>,
    next_generation: u32,
    deadlines: BTreeSet<(Millis, Token)>,
    /// To be served in the next tick.
    pub(super) ready: Vec<Token>,
    /// To be written to in this tick.
    pub(super) dirty: Vec<Token>,
    /// To be written to by then at the latest; in the order of time.
    unhurried: VecDeque<(Millis, Token)>,
    /// To be closed as soon as the domain has finished with the current command.
    pub(super) doomed: Vec<(Token, CloseReason)>,
    /// To be forgotten at the end of this tick.
    pub(super) gone: Vec<Token>,
    pub(super) encoder: Encoder,
    pub(super) spares: SpareBuffers,
    pub(super) journal: Journal,
    pub(super) limits: Limits,
    /// Bytes queued and kept for all connections together.
    pub(super) queued: usize,
    /// How many are lost, their users' places being kept.
    pub(super) away: usize,
    /// Where an event is encoded once for all who are told.
    line: BytesMut,
}

impl<S: Stream> Connections<S> {
    /// Writes to a connection what is queued for it.
    pub(super) fn write_out(&mut self, token: Token) -> io::Result<Written> {
        let Some(connection) = self.slots.get_mut(token.slot as usize).filter(|found| found.token == token) else {
            return Ok(Written::Blocked);
        };
        connection.is_dirty = false;
        let written = match &mut connection.stream {
            Some(stream) => connection.output.write_to(stream, &mut self.spares),
            None => Ok(Written::Blocked),
        };
        connection.is_blocked = matches!(written, Ok(Written::Blocked));
        self.account(token);
        written
    }
}

impl<S> Connections<S> {
    pub(super) fn new(journal: Journal, limits: Limits) -> Self {
        Self {
            slots: Slab::new(),
            links: Vec::new(),
            next_generation: 0,
            deadlines: BTreeSet::new(),
            ready: Vec::new(),
            dirty: Vec::new(),
            unhurried: VecDeque::new(),
            doomed: Vec::new(),
            gone: Vec::new(),
            encoder: Encoder::default(),
            spares: SpareBuffers::default(),
            journal,
            limits,
            queued: 0,
            away: 0,
            line: BytesMut::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn get(&self, token: Token) -> Option<&Connection<S>> {
        self.slots.get(token.slot as usize).filter(|connection| connection.token == token)
    }

    pub(super) fn get_mut(&mut self, token: Token) -> Option<&mut Connection<S>> {
        self.slots.get_mut(token.slot as usize).filter(|connection| connection.token == token)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Connection<S>> {
        self.slots.iter().map(|(_, connection)| connection)
    }

    /// The token the next connection to be added will have.
    pub(super) fn next_token(&self) -> Token {
        let slot = u32::try_from(self.slots.vacant_key()).unwrap_or(u32::MAX);
        Token { slot, generation: self.next_generation }
    }

    pub(super) fn add(&mut self, stream: S, peer: Peer, phase: Phase, now: Millis) -> Token {
        let token = self.next_token();
        self.next_generation = if token.generation == Token::GENERATIONS { 0 } else { token.generation + 1 };
        self.slots.insert(Connection::new(stream, peer, token, phase, now));
        self.arm(token);
        token
    }

    /// Forgets a connection; its stream is dropped, which closes it.
    pub(super) fn remove(&mut self, token: Token) {
        if self.get(token).is_none() {
            return;
        }
        let connection = self.slots.remove(token.slot as usize);
        self.queued -= connection.accounted();
        if let Some(armed) = connection.armed_at {
            self.deadlines.remove(&(armed, token));
        }
    }

    /// Notes when something is due on a connection next. To be called when that has changed; a
    /// moment that has only moved into the future may be left, and is found too early then.
    pub(super) fn arm(&mut self, token: Token) {
        let limits = self.limits;
        let Some(connection) = self.get_mut(token) else { return };
        let next = connection.next_due(&limits);
        let before = std::mem::replace(&mut connection.armed_at, next);
        if before == next {
            return;
        }
        if let Some(before) = before {
            self.deadlines.remove(&(before, token));
        }
        if let Some(next) = next {
            self.deadlines.insert((next, token));
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Millis> {
        let deadline = self.deadlines.first().map(|(at, _)| *at);
        let unhurried = self.unhurried.front().map(|(at, _)| *at);
        [deadline, unhurried].into_iter().flatten().min()
    }

    /// Has a connection written to within a moment: together with what else it is to be told by
    /// then, if there is anything.
    fn mark_unhurried(&mut self, token: Token, now: Millis) {
        let at = now + self.limits.acknowledge_within;
        if let Some(connection) = self.get_mut(token)
            && !std::mem::replace(&mut connection.is_unhurried, true)
        {
            self.unhurried.push_back((at, token));
        }
    }

    /// The moment is over for some connections: those that still have output are written to.
    pub(super) fn hurry(&mut self, now: Millis) {
        while let Some((_, token)) = self.unhurried.front().copied().filter(|(at, _)| *at <= now) {
            self.unhurried.pop_front();
            let Some(connection) = self.get_mut(token) else { continue };
            connection.is_unhurried = false;
            if !connection.output.is_empty() {
                self.mark_dirty(token);
            }
        }
    }

    /// Takes a connection on which something is due by `now`.
    pub(super) fn take_due(&mut self, now: Millis) -> Option<Token> {
        let (_, token) = *self.deadlines.first().filter(|(at, _)| *at <= now)?;
        self.deadlines.pop_first();
        if let Some(connection) = self.get_mut(token) {
            connection.armed_at = None;
        }
        Some(token)
    }

    /// Notes which lines a client has seen.
    pub(super) fn note_seen(&mut self, token: Token, seen: u64) {
        if let Some(connection) = self.slots.get_mut(token.slot as usize).filter(|found| found.token == token) {
            connection.output.note_seen(seen, &mut self.spares);
            self.account(token);
        }
    }

    /// Keeps the sum of all queues right after one has changed.
    pub(super) fn account(&mut self, token: Token) {
        if let Some(connection) = self.slots.get_mut(token.slot as usize).filter(|found| found.token == token) {
            let (before, now) = connection.account();
            self.queued = self.queued - before + now;
        }
    }

    /// While all queues together are too large, dooms the connection with the largest one.
    fn relieve_memory(&mut self) {
        while self.queued > self.limits.queued_total {
            let all = self.slots.iter().map(|(_, connection)| connection);
            let closable = all.filter(|it| it.accounted() > 0 && (it.is_open() || matches!(it.phase, Phase::Away(_))));
            let Some(largest) = closable.max_by_key(|connection| connection.accounted()) else { return };
            self.doom(largest.token);
        }
    }

    /// Has a connection closed as soon as the domain has finished with the current command. Its
    /// queue counts for nothing until then, or a line to many would cost several their places
    /// where one is enough.
    fn doom(&mut self, token: Token) {
        let Some(connection) = self.slots.get_mut(token.slot as usize).filter(|found| found.token == token) else {
            return;
        };
        connection.is_doomed = true;
        self.queued -= connection.unaccount();
        self.doomed.push((token, CloseReason::SlowConsumer));
    }

    /// Has a connection served in the next tick.
    pub(super) fn mark_ready(&mut self, token: Token) {
        if let Some(connection) = self.get_mut(token)
            && !std::mem::replace(&mut connection.is_ready, true)
        {
            self.ready.push(token);
        }
    }

    /// Has a connection written to at the end of this tick.
    pub(super) fn mark_dirty(&mut self, token: Token) {
        if let Some(connection) = self.get_mut(token)
            && !std::mem::replace(&mut connection.is_dirty, true)
        {
            self.dirty.push(token);
        }
    }

    /// Makes a connection a user's.
    pub(super) fn link(&mut self, user: UserKey, token: Token) {
        if self.links.len() <= user.slot() {
            self.links.resize(user.slot() + 1, None);
        }
        if let Some(link) = self.links.get_mut(user.slot()) {
            *link = Some(token.slot);
        }
    }

    pub(super) fn unlink(&mut self, user: UserKey) {
        if let Some(link) = self.links.get_mut(user.slot()) {
            *link = None;
        }
    }

    /// The connection of a present user.
    pub(super) fn of_user(&self, user: UserKey) -> Option<Token> {
        let slot = self.links.get(user.slot()).copied().flatten()?;
        self.slots.get(slot as usize).map(|connection| connection.token)
    }

    pub(super) fn is_operator(&self, token: Token) -> bool {
        self.get(token).is_some_and(|connection| connection.peer == Peer::Operator)
    }

    /// Appends to a connection's output what `write` makes, and has it written in this tick. A
    /// queue that outgrows its bound dooms the connection, and nothing more is queued for it, unless
    /// its user can come back and read it.
    pub(super) fn append(&mut self, token: Token, write: impl FnOnce(&mut Encoder, &mut BytesMut)) {
        if self.queue(token, write) {
            self.mark_dirty(token);
        }
    }

    /// As [`Self::append`], but what is appended may wait a moment for more.
    pub(super) fn append_unhurried(
        &mut self,
        token: Token,
        now: Millis,
        write: impl FnOnce(&mut Encoder, &mut BytesMut),
    ) {
        if self.limits.acknowledge_within.is_zero() {
            self.append(token, write);
        } else if self.queue(token, write) {
            self.mark_unhurried(token, now);
        }
    }

    /// Appends a whole line to the output of a user's connection and has it written in this tick:
    /// what [`Self::append`] does, for the many who are told the same. Leaves it to the caller to
    /// relieve the memory once all are told.
    fn tell(&mut self, user: UserKey, line: &[u8]) {
        let Some(slot) = self.links.get(user.slot()).copied().flatten() else { return };
        let Some(connection) = self.slots.get_mut(slot as usize).filter(|found| found.takes_output()) else { return };
        connection.output.queue(&mut self.spares).extend_from_slice(line);
        let token = connection.token;
        if !std::mem::replace(&mut connection.is_dirty, true) {
            self.dirty.push(token);
        }
        self.check_bounds(token);
    }

    /// Says whether there is something to be written.
    fn queue(&mut self, token: Token, write: impl FnOnce(&mut Encoder, &mut BytesMut)) -> bool {
        let found = self.slots.get_mut(token.slot as usize).filter(|found| found.token == token);
        let Some(connection) = found.filter(|found| found.takes_output()) else { return false };
        write(&mut self.encoder, connection.output.queue(&mut self.spares));
        self.check_bounds(token);
        self.relieve_memory();
        true
    }

    /// A connection's output has grown: it is accounted for and, beyond its bound, its oldest lines
    /// go or the connection is doomed.
    fn check_bounds(&mut self, token: Token) {
        let Some(connection) = self.slots.get_mut(token.slot as usize) else { return };
        if connection.stream.is_none() || connection.is_doomed {
            connection.output.bound_unsent();
        }
        if connection.is_doomed {
            return;
        }
        let (before, now) = connection.account();
        self.queued = self.queued - before + now;
        let is_too_slow = connection.output.len() > self.limits.output_hard;
        if is_too_slow && connection.is_open() {
            self.doom(token);
        }
    }
}

/// Carries what the domain has to tell to the connections it is for. `asker` is the connection
/// whose command is being handled, if any.
pub(super) struct Outbox<'a, S> {
    pub(super) connections: &'a mut Connections<S>,
    pub(super) asker: Option<Token>,
}

impl<S> Sink for Outbox<'_, S> {
    fn event(&mut self, to: &[UserKey], but: Option<UserKey>, event: &Event<'_>) {
        if let [only] = to {
            let token = self.connections.of_user(*only).filter(|_| Some(*only) != but);
            if let Some(token) = token {
                self.connections.append(token, |encoder, queue| encoder.event(event, queue));
            }
            return;
        }
        let mut line = std::mem::take(&mut self.connections.line);
        for user in to.iter().filter(|user| Some(**user) != but) {
            if line.is_empty() {
                self.connections.encoder.event(event, &mut line);
            }
            self.connections.tell(*user, &line);
        }
        self.connections.relieve_memory();
        line.clear();
        self.connections.line = line;
    }

    fn row(&mut self, row: &Row<'_>) {
        let Some(asker) = self.asker else { return };
        let is_operator = self.connections.is_operator(asker);
        self.connections.append(asker, |encoder, queue| {
            if is_operator { crate::wire::console::row(row, queue) } else { encoder.row(row, queue) }
        });
    }

    fn record(&mut self, record: &Record<'_>) {
        self.connections.journal.record(record);
    }
}

/// Tells the log and nobody else: for a shutdown, when everybody leaves at once.
pub(super) struct LogOnly<'a>(pub(super) &'a mut Journal);

impl Sink for LogOnly<'_> {
    fn event(&mut self, _to: &[UserKey], _but: Option<UserKey>, _event: &Event<'_>) {}

    fn row(&mut self, _row: &Row<'_>) {}

    fn record(&mut self, record: &Record<'_>) {
        self.0.record(record);
    }
}
