//! All connections, the lists of work that is due on them, and the way from a user to its own.

use std::collections::{BTreeSet, VecDeque};
use std::io;

use bytes::BytesMut;
use slab::Slab;

use super::connection::{Connection, Phase, Schedule};
use super::journal::Journal;
use super::output::{Outputs, Patience, Shares, Speakers, Spread, Written};
use super::peer::{Peer, Rights};
use super::stream::Stream;
use super::token::Token;
use crate::chat::{Millis, UserKey};
use crate::limits::Limits;
use crate::wire::{Dialect, Encoder};

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
    /// Whose next line is for many, and waits for its turn.
    pub(super) waiting: VecDeque<Token>,
    /// To be forgotten at the end of this tick.
    pub(super) gone: Vec<Token>,
    /// Whose books are to be done.
    touched: Vec<Token>,
    pub(super) outgoing: Outputs,
    pub(super) spread: Spread,
    /// How many users speak each dialect: what many are told is said in those only.
    pub(super) speakers: Speakers,
    pub(super) journal: Journal,
    limits: Limits,
}

fn find<S>(slots: &mut Slab<Connection<S>>, token: Token) -> Option<&mut Connection<S>> {
    slots.get_mut(token.slot as usize).filter(|connection| connection.token == token)
}

/// Notes when something is due on a connection next.
fn arm<S>(deadlines: &mut BTreeSet<(Millis, Token)>, connection: &mut Connection<S>, limits: &Limits) {
    let next = connection.next_due(limits);
    let before = std::mem::replace(&mut connection.armed_at, next);
    if before == next {
        return;
    }
    if let Some(before) = before {
        deadlines.remove(&(before, connection.token));
    }
    if let Some(next) = next {
        deadlines.insert((next, connection.token));
    }
}

impl<S: Stream> Connections<S> {
    /// Writes to a connection what is queued for it.
    #[inline]
    pub(super) fn write_out(&mut self, token: Token) -> io::Result<Written> {
        match find(&mut self.slots, token) {
            Some(connection) => self.outgoing.write(connection),
            None => Ok(Written::Blocked),
        }
    }

    /// Writes to a connection before the tick's end what has become too much to wait.
    pub(super) fn write_early(&mut self, token: Token) {
        if let Some(connection) = find(&mut self.slots, token) {
            self.outgoing.write_early(connection);
        }
    }

    /// Writes lines to a connection at once if it has nothing else to be told, and says whether that
    /// was tried; what cannot be written now is queued.
    pub(super) fn write_through(&mut self, token: Token, lines: &Shares) -> io::Result<bool> {
        match find(&mut self.slots, token) {
            Some(connection) => {
                let lines = lines.of(connection.dialect);
                lines.map_or(Ok(false), |lines| self.outgoing.write_through(connection, lines))
            }
            None => Ok(false),
        }
    }

    /// Does the books of all connections that may have changed: what memory their output takes, and when
    /// something is due on them next.
    #[inline]
    pub(super) fn do_books(&mut self) {
        if !self.touched.is_empty() {
            self.do_books_of_touched();
        }
    }

    fn do_books_of_touched(&mut self) {
        let mut touched = std::mem::take(&mut self.touched);
        for token in touched.drain(..) {
            let Some(connection) = find(&mut self.slots, token) else { continue };
            connection.is_touched = false;
            self.outgoing.account(connection);
            arm(&mut self.deadlines, connection, &self.limits);
        }
        self.touched = touched;
    }

    /// While all queues together are too large, makes room.
    #[inline]
    pub(super) fn relieve_memory(&mut self) {
        if self.outgoing.queued > self.limits.queued_total {
            self.make_room();
        }
    }

    /// Of the largest queues first, what the streams take is written, and lines that are kept for one
    /// who may come back are forgotten. If that is not enough, connections go whose streams have not
    /// taken what they were given, the largest first; last those whose chance to take it is yet to come.
    #[cold]
    fn make_room(&mut self) {
        let total = self.limits.queued_total;
        let sizes = self.slots.iter().map(|(slot, connection)| (connection.accounted(), slot));
        let mut by_size: Vec<(usize, usize)> = sizes.filter(|(size, _)| *size > 0).collect();
        by_size.sort_unstable_by(|one, other| other.cmp(one));
        for ease in [Outputs::write_early, Outputs::forget_kept] {
            for (_, slot) in &by_size {
                if self.outgoing.queued <= total {
                    return;
                }
                if let Some(connection) = self.slots.get_mut(*slot) {
                    ease(&mut self.outgoing, connection);
                }
            }
        }
        while self.outgoing.queued > total {
            let all = self.slots.iter_mut().map(|(_, connection)| connection);
            let Some(victim) = all.filter(|it| it.may_give_way()).max_by_key(|it| (it.is_stalled(), it.output.size()))
            else {
                return;
            };
            self.outgoing.doom(victim);
        }
    }

    /// Appends to a connection's output what `write` makes, and has it written in this tick.
    #[inline]
    pub(super) fn append(&mut self, token: Token, write: impl FnOnce(Dialect, &mut Encoder, &mut BytesMut)) {
        if let Some(connection) = find(&mut self.slots, token) {
            self.outgoing.append(connection, write);
            self.relieve_memory();
        }
    }

    /// Answers a command: as [`Self::append`], and counted for a user whose place is kept.
    #[inline]
    pub(super) fn answer(&mut self, token: Token, write: impl FnOnce(Dialect, &mut Encoder, &mut BytesMut)) {
        if let Some(connection) = find(&mut self.slots, token) {
            connection.output.count_answer();
            self.outgoing.append(connection, write);
            self.relieve_memory();
        }
    }

    /// As [`Self::answer`], but the answer may wait a moment for more.
    #[inline(always)]
    pub(super) fn answer_unhurried(&mut self, token: Token, write: impl FnOnce(Dialect, &mut Encoder, &mut BytesMut)) {
        if let Some(connection) = find(&mut self.slots, token) {
            connection.output.count_answer();
            self.outgoing.append_unhurried(connection, write);
            self.relieve_memory();
        }
    }

    /// Appends lines that many are told to the output of a user's connection.
    #[inline]
    pub(super) fn tell_bulk(&mut self, user: UserKey, lines: &Shares) {
        let Some(slot) = self.links.get(user.slot()).copied().flatten() else { return };
        if let Some(connection) = self.slots.get_mut(slot as usize)
            && let Some(lines) = lines.of(connection.dialect)
        {
            self.outgoing.append_bulk(connection, lines);
        }
    }

    /// Appends to the output of a user's connection and has it written in this tick, as
    /// [`Self::append`] does. Leaves it to the caller to relieve the memory once all are told.
    #[inline]
    pub(super) fn tell(&mut self, user: UserKey, write: impl FnOnce(Dialect, &mut Encoder, &mut BytesMut)) {
        let Some(slot) = self.links.get(user.slot()).copied().flatten() else { return };
        if let Some(connection) = self.slots.get_mut(slot as usize) {
            self.outgoing.append(connection, write);
        }
    }

    /// The next of those that are written to as soon as there is time, and how much waits for it.
    pub(super) fn take_bulk(&mut self) -> Option<(Token, usize)> {
        loop {
            let token = self.outgoing.take_bulk()?;
            let Some(connection) = find(&mut self.slots, token) else { continue };
            let waiting = connection.output.len();
            let is_flushed = connection.stream().is_none_or(|stream| !stream.wants_write());
            if connection.schedule != Schedule::Deferred {
                continue;
            }
            connection.schedule = Schedule::Idle;
            if waiting > 0 || !is_flushed {
                return Some((token, waiting));
            }
        }
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
            waiting: VecDeque::new(),
            gone: Vec::new(),
            touched: Vec::new(),
            outgoing: Outputs::new(limits),
            spread: Spread::default(),
            speakers: Speakers::default(),
            journal,
            limits,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn get(&self, token: Token) -> Option<&Connection<S>> {
        self.slots.get(token.slot as usize).filter(|connection| connection.token == token)
    }

    /// A connection whose input is looked at. That takes no memory of its output; what is due on it may be
    /// put off by that, and is found too early then.
    pub(super) fn input(&mut self, token: Token) -> Option<&mut Connection<S>> {
        find(&mut self.slots, token)
    }

    /// A connection, to change: its books are done when that is over.
    pub(super) fn get_mut(&mut self, token: Token) -> Option<&mut Connection<S>> {
        let connection = find(&mut self.slots, token)?;
        if !std::mem::replace(&mut connection.is_touched, true) {
            self.touched.push(token);
        }
        Some(connection)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Connection<S>> {
        self.slots.iter().map(|(_, connection)| connection)
    }

    /// The token the next connection to be added will have.
    pub(super) fn next_token(&self) -> Token {
        let slot = u32::try_from(self.slots.vacant_key()).unwrap_or(u32::MAX);
        Token { slot, generation: self.next_generation }
    }

    /// Has the next token be nobody's: whom it was told to is not taken in.
    pub(super) fn pass_token(&mut self) -> Token {
        let token = self.next_token();
        self.next_generation = if token.generation == Token::GENERATIONS { 0 } else { token.generation + 1 };
        token
    }

    pub(super) fn add(&mut self, stream: S, peer: Peer, phase: Phase, now: Millis) -> Token {
        let token = self.pass_token();
        let slot = self.slots.insert(Connection::new(stream, peer, token, phase, now));
        if let Some(connection) = self.slots.get_mut(slot) {
            arm(&mut self.deadlines, connection, &self.limits);
        }
        token
    }

    /// Forgets a connection; its stream is dropped, which closes it.
    pub(super) fn remove(&mut self, token: Token) {
        if self.get(token).is_none() {
            return;
        }
        let connection = self.slots.remove(token.slot as usize);
        self.outgoing.queued -= connection.accounted();
        if let Some(armed) = connection.armed_at {
            self.deadlines.remove(&(armed, token));
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Millis> {
        let deadline = self.deadlines.first().map(|(at, _)| *at);
        [deadline, self.outgoing.next_deadline()].into_iter().flatten().min()
    }

    /// The moment is over for some connections: those that still have output are written to.
    pub(super) fn hurry(&mut self, now: Millis) {
        while let Some(token) = self.outgoing.take_hurried(now) {
            let Some(connection) = find(&mut self.slots, token) else { continue };
            connection.patience().map(Patience::end);
            if !connection.output.is_empty() {
                self.outgoing.mark_dirty(connection);
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
        if let Some(connection) = find(&mut self.slots, token) {
            self.outgoing.note_seen(connection, seen);
        }
    }

    /// Has a connection served in the next tick.
    pub(super) fn mark_ready(&mut self, token: Token) {
        if let Some(connection) = find(&mut self.slots, token)
            && !std::mem::replace(&mut connection.is_ready, true)
        {
            self.ready.push(token);
        }
    }

    /// Has a connection written to at the end of this tick.
    pub(super) fn mark_dirty(&mut self, token: Token) {
        if let Some(connection) = find(&mut self.slots, token) {
            self.outgoing.mark_dirty(connection);
        }
    }

    /// Has a connection written to as soon as there is time.
    pub(super) fn mark_bulk(&mut self, token: Token) {
        if let Some(connection) = find(&mut self.slots, token) {
            self.outgoing.mark_bulk(connection);
        }
    }

    /// Has a connection wait until it is its turn to say something to many.
    pub(super) fn wait_for_turn(&mut self, token: Token) {
        if let Some(connection) = find(&mut self.slots, token)
            && !std::mem::replace(&mut connection.is_waiting, true)
        {
            self.waiting.push_back(token);
        }
    }

    /// Nobody waits behind those that are gone.
    pub(super) fn pass_over_gone(&mut self) {
        while self.waiting.front().is_some_and(|token| self.get(*token).is_none_or(|it| !it.is_open())) {
            self.waiting.pop_front();
        }
    }

    /// Takes the one whose turn it is to say something to many.
    pub(super) fn take_turn(&mut self) -> Option<Token> {
        let token = self.waiting.pop_front()?;
        if let Some(connection) = find(&mut self.slots, token) {
            connection.is_waiting = false;
        }
        Some(token)
    }

    /// Makes a connection a user's.
    pub(super) fn link(&mut self, user: UserKey, token: Token) {
        self.unlink(user);
        self.count_speaker(token.slot, 1);
        if self.links.len() <= user.slot() {
            self.links.resize(user.slot() + 1, None);
        }
        if let Some(link) = self.links.get_mut(user.slot()) {
            *link = Some(token.slot);
        }
    }

    pub(super) fn unlink(&mut self, user: UserKey) {
        if let Some(slot) = self.links.get_mut(user.slot()).and_then(Option::take) {
            self.count_speaker(slot, -1);
        }
    }

    fn count_speaker(&mut self, slot: u32, change: isize) {
        if let Some(connection) = self.slots.get(slot as usize) {
            self.speakers.count(connection.dialect, change);
        }
    }

    /// The connection of a present user.
    pub(super) fn of_user(&self, user: UserKey) -> Option<Token> {
        let slot = self.links.get(user.slot()).copied().flatten()?;
        self.slots.get(slot as usize).map(|connection| connection.token)
    }

    /// A row of a listing is told; an operator's do not count.
    pub(super) fn note_row(&mut self, token: Token) {
        if self.get(token).is_some_and(|connection| connection.peer.rights() == Rights::Client) {
            self.outgoing.note_row();
        }
    }
}
