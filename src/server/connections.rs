//! All connections, the lists of work that is due on them, and the way from a user to its own.

use std::collections::{BTreeSet, VecDeque};
use std::io;

use bytes::BytesMut;
use slab::Slab;

use super::connection::{Connection, Phase, Schedule};
use super::connection_id::ConnectionId;
use super::output::{Broadcast, Outputs, Patience, Shares, Speakers, When, Written};
use super::peer::{Peer, Rights};
use super::stream::Stream;
use crate::chat::{Millis, UserKey};
use crate::limits::Limits;
use crate::wire::{Dialect, Encoder};

/// The connections and everything that is shared between them.
#[derive(Debug)]
pub(super) struct Connections<S> {
    slots: Slab<Connection<S>>,
    /// What stands in for a connection that is not there.
    nobody: Connection<S>,
    /// The slot of each user's connection, by the user's slot.
    links: Vec<Option<u32>>,
    next_generation: u32,
    deadlines: BTreeSet<(Millis, ConnectionId)>,
    /// To be served in the next tick.
    pub(super) ready: Vec<ConnectionId>,
    /// Whose next line is for many, and waits for its turn.
    pub(super) waiting: VecDeque<ConnectionId>,
    /// To be forgotten at the end of this tick.
    pub(super) gone: Vec<ConnectionId>,
    /// Those that may have changed.
    unsettled: Vec<ConnectionId>,
    pub(super) outputs: Outputs,
    pub(super) broadcast: Broadcast,
    /// How many users speak each dialect: what many are told is said in those only.
    pub(super) speakers: Speakers,
    limits: Limits,
}

/// One that may have gone: the event queue, and lists that outlive a tick, name such.
fn find<S>(slots: &mut Slab<Connection<S>>, id: ConnectionId) -> Option<&mut Connection<S>> {
    slots.get_mut(id.slot as usize).filter(|connection| connection.id == id)
}

/// One that is there: none that was let in is forgotten before a tick's end. Another is a bug of the
/// server's, which tests find; nobody's connection stands in for it otherwise.
#[inline(always)]
fn at<'a, S>(
    slots: &'a mut Slab<Connection<S>>,
    nobody: &'a mut Connection<S>,
    id: ConnectionId,
) -> &'a mut Connection<S> {
    match find(slots, id) {
        Some(connection) => connection,
        None => stand_in(nobody, id),
    }
}

#[cold]
fn stand_in<S>(nobody: &mut Connection<S>, id: ConnectionId) -> &mut Connection<S> {
    debug_assert!(false, "{id:?} is nobody's");
    *nobody = Connection::nobody();
    nobody
}

/// Notes when something is due on a connection next.
fn schedule<S>(deadlines: &mut BTreeSet<(Millis, ConnectionId)>, connection: &mut Connection<S>, limits: &Limits) {
    let next = connection.next_due(limits);
    let before = std::mem::replace(&mut connection.deadline, next);
    if before == next {
        return;
    }
    if let Some(before) = before {
        deadlines.remove(&(before, connection.id));
    }
    if let Some(next) = next {
        deadlines.insert((next, connection.id));
    }
}

impl<S: Stream> Connections<S> {
    /// One that is to be written to, and what writing takes, unless it has gone.
    #[inline]
    pub(super) fn dirty(&mut self, id: ConnectionId) -> Option<(&mut Connection<S>, &mut Outputs)> {
        Some((find(&mut self.slots, id)?, &mut self.outputs))
    }

    /// Writes to a connection what is queued for it.
    #[inline]
    pub(super) fn write_out(&mut self, id: ConnectionId) -> io::Result<Written> {
        self.outputs.write(at(&mut self.slots, &mut self.nobody, id))
    }

    /// Writes to a connection before the tick's end what has become too much to wait.
    pub(super) fn write_early(&mut self, id: ConnectionId) {
        self.outputs.write_early(at(&mut self.slots, &mut self.nobody, id));
    }

    /// Writes lines to a connection at once if it has nothing else to be told, and says whether that
    /// was tried; what cannot be written now is queued.
    pub(super) fn write_through(&mut self, id: ConnectionId, lines: &Shares) -> io::Result<bool> {
        let connection = at(&mut self.slots, &mut self.nobody, id);
        let lines = lines.of(connection.dialect);
        lines.map_or(Ok(false), |lines| self.outputs.write_through(connection, lines))
    }

    /// Accounts for all connections that may have changed: what memory their output takes, and when
    /// something is due on them next.
    #[inline]
    pub(super) fn settle(&mut self) {
        if !self.unsettled.is_empty() {
            self.settle_changed();
        }
    }

    fn settle_changed(&mut self) {
        let mut unsettled = std::mem::take(&mut self.unsettled);
        for id in unsettled.drain(..) {
            let Some(connection) = find(&mut self.slots, id) else { continue };
            connection.is_unsettled = false;
            self.outputs.account(connection);
            schedule(&mut self.deadlines, connection, &self.limits);
        }
        self.unsettled = unsettled;
    }

    /// While all queues together are too large, makes room.
    #[inline]
    pub(super) fn evict_largest(&mut self) {
        if self.outputs.queued > self.limits.queued_total {
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
                if self.outputs.queued <= total {
                    return;
                }
                if let Some(connection) = self.slots.get_mut(*slot) {
                    ease(&mut self.outputs, connection);
                }
            }
        }
        if self.outputs.queued > total {
            self.evict_some();
        }
    }

    /// Evicts as many as need be. Their order is made once: however many go, it takes no longer.
    fn evict_some(&mut self) {
        let all = self.slots.iter().filter(|(_, it)| it.may_give_way());
        let mut victims: Vec<_> = all.map(|(slot, it)| (it.is_stalled(), it.output.size(), slot)).collect();
        victims.sort_unstable_by(|one, other| other.cmp(one));
        for (_, _, slot) in victims {
            if self.outputs.queued <= self.limits.queued_total {
                return;
            }
            if let Some(victim) = self.slots.get_mut(slot) {
                self.outputs.evict(victim);
            }
        }
    }

    /// One to be told something, and what telling takes. What has been collected for many is handed out
    /// before if its user is among them.
    #[inline(always)]
    pub(super) fn addressee(&mut self, id: ConnectionId) -> (&mut Connection<S>, &mut Outputs) {
        if !self.broadcast.is_empty() {
            self.deliver_before(id);
        }
        (at(&mut self.slots, &mut self.nobody, id), &mut self.outputs)
    }

    /// As [`Self::addressee`], a user's connection.
    #[inline(always)]
    pub(super) fn addressee_of(&mut self, user: UserKey) -> Option<(&mut Connection<S>, &mut Outputs)> {
        if !self.broadcast.is_empty() && !self.broadcast.leaves_out(user) {
            self.deliver();
        }
        let slot = self.links.get(user.slot()).copied().flatten()?;
        Some((self.slots.get_mut(slot as usize)?, &mut self.outputs))
    }

    fn deliver_before(&mut self, id: ConnectionId) {
        let user = self.get(id).user();
        if user.is_some_and(|user| !self.broadcast.leaves_out(user)) {
            self.deliver();
        }
    }

    /// Appends to a connection's output what `write` makes, and has it written in this tick.
    #[inline]
    pub(super) fn append(&mut self, id: ConnectionId, write: impl FnOnce(Dialect, &mut Encoder, &mut BytesMut)) {
        let (connection, outputs) = self.addressee(id);
        outputs.append(connection, When::ThisTick, write);
        self.evict_largest();
    }

    /// Answers a command: as [`Self::append`], and counted for a user whose place is kept.
    #[inline(always)]
    pub(super) fn answer(
        &mut self,
        id: ConnectionId,
        when: When,
        write: impl FnOnce(Dialect, &mut Encoder, &mut BytesMut),
    ) {
        let (connection, outputs) = self.addressee(id);
        connection.output.count_answer();
        outputs.append(connection, when, write);
        self.evict_largest();
    }

    /// Appends lines that many are told to the output of a user's connection.
    #[inline]
    pub(super) fn tell_bulk(&mut self, user: UserKey, lines: &Shares) {
        let Some(slot) = self.links.get(user.slot()).copied().flatten() else { return };
        if let Some(connection) = self.slots.get_mut(slot as usize)
            && let Some(lines) = lines.of(connection.dialect)
        {
            self.outputs.append_bulk(connection, lines);
        }
    }

    /// The next of those that are written to as soon as there is time, and how much waits for it.
    pub(super) fn take_bulk(&mut self) -> Option<(ConnectionId, usize)> {
        loop {
            let id = self.outputs.take_bulk()?;
            let Some(connection) = find(&mut self.slots, id) else { continue };
            let waiting = connection.output.len();
            let is_flushed = connection.stream().is_none_or(|stream| !stream.wants_write());
            if connection.schedule != Schedule::Bulk {
                continue;
            }
            connection.schedule = Schedule::Idle;
            if waiting > 0 || !is_flushed {
                return Some((id, waiting));
            }
        }
    }
}

impl<S> Connections<S> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            slots: Slab::new(),
            nobody: Connection::nobody(),
            links: Vec::new(),
            next_generation: 0,
            deadlines: BTreeSet::new(),
            ready: Vec::new(),
            waiting: VecDeque::new(),
            gone: Vec::new(),
            unsettled: Vec::new(),
            outputs: Outputs::new(limits),
            broadcast: Broadcast::default(),
            speakers: Speakers::default(),
            limits,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// One that is there, to look at.
    pub(super) fn get(&self, id: ConnectionId) -> &Connection<S> {
        let found = self.listed(id);
        debug_assert!(found.is_some(), "{id:?} is nobody's");
        found.unwrap_or(&self.nobody)
    }

    /// One that may have gone since its id was put into a list.
    pub(super) fn listed(&self, id: ConnectionId) -> Option<&Connection<S>> {
        self.slots.get(id.slot as usize).filter(|connection| connection.id == id)
    }

    /// One that the event queue has reported, which may have gone since.
    pub(super) fn reported(&mut self, id: ConnectionId) -> Option<&mut Connection<S>> {
        find(&mut self.slots, id)
    }

    /// Takes one that was to be served, unless it has gone.
    pub(super) fn take_ready(&mut self, id: ConnectionId) -> bool {
        find(&mut self.slots, id).map(|connection| connection.is_ready = false).is_some()
    }

    /// A connection whose input is looked at. That takes no memory of its output; what is due on it may be
    /// put off by that, and is found too early then.
    pub(super) fn input(&mut self, id: ConnectionId) -> &mut Connection<S> {
        at(&mut self.slots, &mut self.nobody, id)
    }

    /// A connection, to change: what follows from that is settled when it is over.
    pub(super) fn get_mut(&mut self, id: ConnectionId) -> &mut Connection<S> {
        let connection = at(&mut self.slots, &mut self.nobody, id);
        if !std::mem::replace(&mut connection.is_unsettled, true) {
            self.unsettled.push(id);
        }
        connection
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Connection<S>> {
        self.slots.iter().map(|(_, connection)| connection)
    }

    /// The id the next connection to be added will have.
    pub(super) fn next_id(&self) -> ConnectionId {
        let slot = u32::try_from(self.slots.vacant_key()).unwrap_or(u32::MAX);
        ConnectionId { slot, generation: self.next_generation }
    }

    /// Has the next id be nobody's: whom it was told to is not taken in.
    pub(super) fn pass_id(&mut self) -> ConnectionId {
        let id = self.next_id();
        self.next_generation = if id.generation == ConnectionId::GENERATIONS { 0 } else { id.generation + 1 };
        id
    }

    pub(super) fn add(&mut self, stream: S, peer: Peer, phase: Phase, now: Millis) -> ConnectionId {
        let id = self.pass_id();
        let slot = self.slots.insert(Connection::new(stream, peer, id, phase, now));
        if let Some(connection) = self.slots.get_mut(slot) {
            schedule(&mut self.deadlines, connection, &self.limits);
        }
        id
    }

    /// Forgets a connection; its stream is dropped, which closes it.
    pub(super) fn remove(&mut self, id: ConnectionId) {
        if self.listed(id).is_none() {
            return;
        }
        let connection = self.slots.remove(id.slot as usize);
        self.outputs.queued -= connection.accounted();
        if let Some(deadline) = connection.deadline {
            self.deadlines.remove(&(deadline, id));
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Millis> {
        let deadline = self.deadlines.first().map(|(at, _)| *at);
        [deadline, self.outputs.next_deadline()].into_iter().flatten().min()
    }

    /// The moment is over for some connections: those that still have output are written to.
    pub(super) fn flush_deferred(&mut self, now: Millis) {
        while let Some(id) = self.outputs.take_deferred(now) {
            let Some(connection) = find(&mut self.slots, id) else { continue };
            connection.patience().map(Patience::end);
            if !connection.output.is_empty() {
                self.outputs.mark_dirty(connection);
            }
        }
    }

    /// Takes a connection on which something is due by `now`.
    pub(super) fn take_due(&mut self, now: Millis) -> Option<ConnectionId> {
        let (_, id) = *self.deadlines.first().filter(|(at, _)| *at <= now)?;
        self.deadlines.pop_first();
        self.get_mut(id).deadline = None;
        Some(id)
    }

    /// Notes which lines a client has seen.
    pub(super) fn note_seen(&mut self, id: ConnectionId, seen: u64) {
        self.outputs.note_seen(at(&mut self.slots, &mut self.nobody, id), seen);
    }

    /// Has a connection served in the next tick.
    pub(super) fn mark_ready(&mut self, id: ConnectionId) {
        if !std::mem::replace(&mut self.input(id).is_ready, true) {
            self.ready.push(id);
        }
    }

    /// Has a connection written to at the end of this tick.
    pub(super) fn mark_dirty(&mut self, id: ConnectionId) {
        self.outputs.mark_dirty(at(&mut self.slots, &mut self.nobody, id));
    }

    /// Has a connection written to as soon as there is time.
    pub(super) fn mark_bulk(&mut self, id: ConnectionId) {
        self.outputs.mark_bulk(at(&mut self.slots, &mut self.nobody, id));
    }

    /// Has a connection wait until it is its turn to say something to many.
    pub(super) fn wait_for_turn(&mut self, id: ConnectionId) {
        if !std::mem::replace(&mut self.input(id).is_waiting, true) {
            self.waiting.push_back(id);
        }
    }

    /// Nobody waits behind those that are gone.
    pub(super) fn pass_over_gone(&mut self) {
        while self.waiting.front().is_some_and(|id| self.listed(*id).is_none_or(|it| !it.is_open())) {
            self.waiting.pop_front();
        }
    }

    /// Takes the one whose turn it is to say something to many.
    pub(super) fn take_turn(&mut self) -> Option<ConnectionId> {
        loop {
            let id = self.waiting.pop_front()?;
            if let Some(connection) = find(&mut self.slots, id) {
                connection.is_waiting = false;
                return Some(id);
            }
        }
    }

    /// Makes a connection a user's.
    pub(super) fn link(&mut self, user: UserKey, id: ConnectionId) {
        self.unlink(user);
        self.count_speaker(id.slot, 1);
        if self.links.len() <= user.slot() {
            self.links.resize(user.slot() + 1, None);
        }
        if let Some(link) = self.links.get_mut(user.slot()) {
            *link = Some(id.slot);
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
    pub(super) fn of_user(&self, user: UserKey) -> Option<ConnectionId> {
        let slot = self.links.get(user.slot()).copied().flatten()?;
        self.slots.get(slot as usize).map(|connection| connection.id)
    }

    /// A row of a listing is told; an operator's do not count.
    pub(super) fn note_row(&mut self, id: ConnectionId) {
        if self.get(id).peer.rights() == Rights::Client {
            self.outputs.note_row();
        }
    }
}
