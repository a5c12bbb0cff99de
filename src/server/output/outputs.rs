//! What connections have to write: their queues and the sum of them, what becomes of those that
//! outgrow their bounds, and who is to be written to when.

use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;

use super::buffer::Buffer;
use super::chunk::{Chunk, Chunks};
use super::patience::{Tick, Wait};
use super::spares::Spares;
use crate::chat::Millis;
use crate::limits::{
    ACKNOWLEDGE_WHEN_BUSY, BUSY_CONNECTIONS, COPY_WORK, DEADLINE_WORK, FORGOTTEN_BYTES, Limits, ROW_WORK, WRITE_WORK,
};
use crate::server::connection::{Connection, Flow, Link, Schedule};
use crate::server::connection_id::ConnectionId;
use crate::server::output::{Desk, Written};
use crate::server::stream::Stream;
use crate::wire::{Dialect, Encoder};

/// When what is appended is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum When {
    /// At the end of this tick.
    ThisTick,
    /// Then, or a moment later, with more.
    Deferred,
}

/// The work that is due on output, and what all outputs share.
#[derive(Debug)]
pub(in crate::server) struct Outputs {
    /// To be written to in this tick.
    pub(in crate::server) dirty: Vec<ConnectionId>,
    /// To be written to as far as there is time in a tick: nothing waits for them but what many are
    /// told, or what their sockets had no room for.
    bulk: VecDeque<ConnectionId>,
    /// How much more may be done for many in this tick.
    pub(in crate::server) spare: u64,
    /// The work for many that the turn at hand has made.
    pub(in crate::server) charged: u64,
    /// The tick that is under way, and its time.
    tick: Tick,
    now: Millis,
    /// Whose lines are being handled.
    pub(in crate::server) served: Option<ConnectionId>,
    /// To be written to by then at the latest; in the order of time.
    deferred: VecDeque<(Millis, ConnectionId)>,
    /// To be closed as soon as the connection that is being served has had its turn.
    pub(in crate::server) evicted: Vec<ConnectionId>,
    /// Bytes of memory that what is queued and kept for all connections takes.
    pub(in crate::server) queued: usize,
    pub(in crate::server) encoder: Encoder,
    /// What writing needs.
    desk: Desk,
    /// Emptied buffers for what clients send.
    pub(in crate::server) buffers: Spares<Buffer>,
    pub(in crate::server) chunks: Chunks,
    limits: Limits,
}

impl Outputs {
    pub(in crate::server) fn new(limits: Limits) -> Self {
        Self {
            dirty: Vec::new(),
            bulk: VecDeque::new(),
            spare: 0,
            charged: 0,
            tick: Tick::default(),
            now: Millis(0),
            served: None,
            deferred: VecDeque::new(),
            evicted: Vec::new(),
            queued: 0,
            encoder: Encoder::default(),
            desk: Desk::beside(limits.queued_total),
            buffers: Spares::beside(limits.queued_total),
            chunks: Chunks::default(),
            limits,
        }
    }

    /// Appends to a connection's output what `write` makes. Nothing is queued for one that is to be
    /// closed, unless its user can come back and read it.
    #[inline]
    pub(in crate::server) fn append<S: Stream>(
        &mut self,
        connection: &mut Connection<S>,
        when: When,
        write: impl FnOnce(Dialect, &mut Encoder, &mut BytesMut),
    ) {
        let is_bounded = connection.is_dropped() || connection.is_evicted;
        if is_bounded && !connection.takes_output() {
            return;
        }
        let mut line = connection.output.extend(&mut self.desk);
        write(connection.dialect, &mut self.encoder, line.bytes());
        let has_grown = line.finish();
        self.account_grown(connection, is_bounded, has_grown);
        match when {
            When::ThisTick => {
                self.note_company(connection);
                self.mark_dirty(connection);
            }
            When::Deferred => self.defer(connection),
        }
    }

    /// Appends what many are told, to be written as soon as there is time.
    #[inline(always)]
    pub(in crate::server) fn append_bulk<S: Stream>(&mut self, connection: &mut Connection<S>, lines: &Rc<Chunk>) {
        let is_bounded = connection.is_dropped() || connection.is_evicted;
        if is_bounded && !connection.takes_output() {
            return;
        }
        let has_grown = connection.output.share(&mut self.desk, lines);
        self.account_grown(connection, is_bounded, has_grown);
        self.note_company(connection);
        self.mark_bulk(connection);
    }

    /// What many are told waits behind something else.
    #[inline(never)]
    fn append_behind<S: Stream>(&mut self, connection: &mut Connection<S>, lines: &Rc<Chunk>) {
        self.append_bulk(connection, lines);
    }

    /// A line is told to so many.
    #[inline]
    pub(in crate::server) fn note_told(&mut self, count: usize, bytes: usize) {
        let (count, bytes) = (count as u64, bytes as u64);
        self.spare = self.spare.saturating_sub(count * (COPY_WORK + bytes / 2));
        self.charged += count * (WRITE_WORK + bytes);
    }

    /// Something is due on a connection, whether anybody is told of it or not.
    pub(in crate::server) fn note_deadline(&mut self) {
        self.spare = self.spare.saturating_sub(DEADLINE_WORK);
    }

    /// A row of a listing is told.
    pub(in crate::server) fn note_row(&mut self) {
        self.spare = self.spare.saturating_sub(ROW_WORK);
        self.charged += ROW_WORK;
    }

    /// Something is to be written to a connection whose acknowledgement waits, perhaps, or went at once.
    #[inline]
    fn note_company<S>(&self, connection: &mut Connection<S>) {
        let id = connection.id;
        if let Some(patience) = connection.patience() {
            patience.note(self.tick, self.served == Some(id));
        }
    }

    /// It is another tick now.
    pub(in crate::server) fn begin_tick(&mut self, at: Millis) {
        self.tick = self.tick.next(at);
        self.now = at;
    }

    /// What has been appended may wait a moment for more, where that has paid.
    #[inline]
    fn defer<S>(&mut self, connection: &mut Connection<S>) {
        if self.limits.acknowledge_within.is_zero() || self.is_much(connection) {
            return self.mark_dirty(connection);
        }
        let goes_anyway = connection.schedule != Schedule::Idle;
        match connection.rare().patience.acknowledge(self.tick, goes_anyway) {
            Wait::No => self.mark_dirty(connection),
            Wait::Begins => {
                self.deferred.push_back((self.now + self.limits.acknowledge_within, connection.id));
            }
            Wait::GoesOn => {}
        }
    }

    /// Whether so much waits that waiting for more is of no use, and would make the connection slow.
    fn is_much<S>(&self, connection: &Connection<S>) -> bool {
        connection.is_much(self.limits.output_soft / 2)
    }

    /// Has a connection written to at the end of this tick.
    pub(in crate::server) fn mark_dirty<S>(&mut self, connection: &mut Connection<S>) {
        if std::mem::replace(&mut connection.schedule, Schedule::Now) != Schedule::Now {
            self.dirty.push(connection.id);
        }
    }

    /// Has a connection written to as soon as there is time.
    #[inline]
    pub(in crate::server) fn mark_bulk<S>(&mut self, connection: &mut Connection<S>) {
        if connection.schedule == Schedule::Idle {
            connection.schedule = Schedule::Bulk;
            self.bulk.push_back(connection.id);
        }
    }

    /// Takes one of those that are written to as soon as there is time.
    pub(in crate::server) fn take_bulk(&mut self) -> Option<ConnectionId> {
        self.bulk.pop_front()
    }

    /// Whether what was said to many has not been offered to all of them yet.
    pub(in crate::server) fn is_behind(&self) -> bool {
        !self.bulk.is_empty()
    }

    /// When somebody's moment is over. While many wait the server is busy, and each may wait for
    /// longer, since it is likely to be told more.
    pub(in crate::server) fn next_deadline(&self) -> Option<Millis> {
        let is_busy = self.deferred.len() >= BUSY_CONNECTIONS;
        let longer = if is_busy { ACKNOWLEDGE_WHEN_BUSY } else { Duration::ZERO };
        self.deferred.front().map(|(at, _)| *at + longer)
    }

    /// Takes a connection whose moment is over.
    pub(in crate::server) fn take_deferred(&mut self, now: Millis) -> Option<ConnectionId> {
        self.next_deadline().filter(|at| *at <= now)?;
        self.deferred.pop_front().map(|(_, id)| id)
    }

    /// Writes to a connection what is queued for it.
    #[inline]
    pub(in crate::server) fn write<S: Stream>(&mut self, connection: &mut Connection<S>) -> io::Result<Written> {
        connection.schedule = Schedule::Idle;
        let written = self.offer(connection);
        connection.flow = if matches!(written, Ok(Written::All)) { Flow::Free } else { Flow::Stalled };
        written
    }

    /// Writes to a connection before the tick's end what has become too much to wait. Nothing is
    /// tried where there is no room as far as is known.
    #[cold]
    pub(in crate::server) fn write_early<S: Stream>(&mut self, connection: &mut Connection<S>) {
        if connection.is_blocked() {
            return;
        }
        // A stream that is broken is found so again at the tick's end.
        if !matches!(self.offer(connection), Ok(Written::All)) {
            connection.flow = Flow::Full;
        }
        self.mark_dirty(connection);
    }

    #[inline(always)]
    fn offer<S: Stream>(&mut self, connection: &mut Connection<S>) -> io::Result<Written> {
        let Link::Up(stream) = &mut connection.link else { return Ok(Written::Blocked) };
        let before = connection.rare.as_ref().and_then(|rare| rare.stuck_since).map(|_| connection.output.len());
        let written = connection.output.write_to(stream, &mut self.desk);
        if before.is_some_and(|before| connection.output.len() < before) {
            connection.note_progress();
        }
        self.account(connection);
        written
    }

    /// Writes lines for many to a connection at once if nothing stands before them, and says whether that
    /// was tried. What is not written is queued, and tried once more in this tick.
    #[inline]
    pub(in crate::server) fn write_through<S: Stream>(
        &mut self,
        connection: &mut Connection<S>,
        lines: &Rc<Chunk>,
    ) -> io::Result<bool> {
        let is_free = connection.output.is_empty() && !connection.is_blocked() && !connection.is_evicted;
        let stream = match &mut connection.link {
            Link::Up(stream) if is_free && stream.takes_unqueued() => stream,
            Link::Up(_) | Link::Dropped(_) => {
                self.append_behind(connection, lines);
                return Ok(false);
            }
        };
        let written = connection.output.write_past(lines, stream, &mut self.desk);
        let wants_write = stream.wants_write();
        if !connection.output.is_idle() {
            self.account(connection);
        }
        self.note_company(connection);
        if written? == Written::Blocked || wants_write {
            self.mark_bulk(connection);
        }
        Ok(true)
    }

    /// Notes which lines a client has seen.
    pub(in crate::server) fn note_seen<S>(&mut self, connection: &mut Connection<S>, seen: u64) {
        connection.output.note_seen(seen, &mut self.desk);
        self.account(connection);
    }

    /// Forgets kept lines for which there is no memory, the oldest first: of those that are only kept
    /// in case they did not arrive, or that wait for one who may come back.
    pub(in crate::server) fn forget_kept<S>(&mut self, connection: &mut Connection<S>) {
        let excess = self.queued.saturating_sub(self.limits.queued_total).max(FORGOTTEN_BYTES);
        connection.output.forget_kept(excess, !connection.is_dropped(), &mut self.desk);
        self.account(connection);
    }

    /// Keeps the sum of all queues right after one has changed.
    pub(in crate::server) fn account<S>(&mut self, connection: &mut Connection<S>) {
        let (before, now) = connection.account();
        self.queued = self.queued - before + now;
    }

    /// Has a connection closed. Its queue counts for nothing until then, or a line to many would
    /// cost several their places where one is enough.
    pub(in crate::server) fn evict<S>(&mut self, connection: &mut Connection<S>) {
        connection.is_evicted = true;
        self.queued -= connection.unaccount();
        self.evicted.push(connection.id);
    }

    /// Something was appended.
    #[inline]
    fn account_grown<S: Stream>(&mut self, connection: &mut Connection<S>, is_bounded: bool, has_grown: bool) {
        if is_bounded {
            return self.bound(connection);
        }
        if has_grown {
            self.account(connection);
        }
        if connection.is_much(self.limits.output_hard) {
            self.write_early(connection);
        }
    }

    /// What is kept for one that is not connected, or about to be closed: its oldest lines go.
    #[cold]
    fn bound<S>(&mut self, connection: &mut Connection<S>) {
        connection.output.bound_unsent();
        if !connection.is_evicted {
            self.account(connection);
        }
    }
}
