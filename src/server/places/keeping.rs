//! Places that are kept: a user whose connection is lost stays for a while, and takes its place
//! again over a new connection as if nothing had happened.

use std::time::Duration;

use super::Tally;
use super::dropped::Dropped;
use crate::chat::{CloseReason, Name, Now, Uid, UserKey, UserRef};
use crate::limits::PROBE_TIME;
use crate::server::connection::{Link, Phase};
use crate::server::connection_id::ConnectionId;
use crate::server::gate::{Throttle, origin_of};
use crate::server::input::Wait;
use crate::server::output::{AskedForLife, Kept, Outbox, Output};
use crate::server::{Server, Stream};
use crate::wire::{Answer, Asked, Fault};

/// What one says who wants its place again.
#[derive(Clone, Copy)]
pub(in crate::server) struct Return<'a> {
    pub(in crate::server) uid: Uid,
    pub(in crate::server) secret: &'a str,
    /// How many lines since `KEEP` it has seen.
    pub(in crate::server) seen: u64,
}

impl<S: Stream> Server<S> {
    /// Has the user's place kept from now on, and tells the secret to come back with.
    pub(in crate::server) fn keep(&mut self, id: ConnectionId, asked: &Asked<'_>) {
        let grace = self.limits.resume_grace;
        let connection = self.connections.get(id);
        if !matches!(connection.phase, Phase::User(_)) {
            return self.answer(id, asked, Err(Fault::NotEntered));
        }
        if grace.is_zero() {
            return self.answer(id, asked, Err(Fault::NotKept));
        }
        if let Some(kept) = connection.output.kept() {
            let text = kept.secret.to_text();
            return self.answer_uncounted(id, asked, Ok(Answer::Kept { token: &text, grace }));
        }
        let kept = Kept::new(self.places.new_secret(), connection.dialect);
        let text = kept.secret.to_text();
        self.answer(id, asked, Ok(Answer::Kept { token: &text, grace }));
        let connection = self.connections.get_mut(id);
        connection.output.keep(kept);
    }

    /// Gives a user its place again, on this connection.
    pub(in crate::server) fn resume(&mut self, id: ConnectionId, asked: &Asked<'_>, back: Return<'_>, now: Now) {
        let Return { uid, secret, seen } = back;
        if matches!(self.connections.get(id).phase, Phase::User(_)) {
            return self.answer_uncounted(id, asked, Err(Fault::AlreadyEntered));
        }
        let Some((user, place)) = self.find_place(uid, secret) else {
            return self.refuse_return(id, asked, back, now);
        };
        let old = self.connections.get_mut(place);
        let (debts, rest) = (old.debts(), Output::of_rest(old.output.rest_of_line()));
        let lost = match old.output.rewind(seen) {
            Ok(lost) => lost,
            Err(_) => return self.answer(id, asked, Err(Fault::BadSequence)),
        };
        let output = std::mem::replace(&mut old.output, rest);
        if self.end_dropped(place).is_none() {
            self.start_closing(place, CloseReason::ResumedElsewhere.into(), now);
        }
        let connection = self.connections.get_mut(id);
        connection.owe(debts, now.steady);
        self.take_place(id, asked, user, output, lost, now);
        if lost > 0 {
            self.tell_forgotten(user, seen);
        }
    }

    /// The place is not there: was it given up, its owner is told how much was lost.
    fn refuse_return(&mut self, id: ConnectionId, asked: &Asked<'_>, back: Return<'_>, now: Now) {
        let Return { uid, secret, seen } = back;
        let lost = self.places.lost(uid, secret, seen, now.steady);
        if let Some(lost) = lost.filter(|lost| *lost > 0) {
            self.connections.append(id, |dialect, encoder, out| encoder.lost(dialect, lost, out));
        }
        self.answer(id, asked, Err(Fault::BadToken));
        // One that was right, or of another life, is no guess.
        if lost.is_none() && self.places.may_have_given(secret) {
            self.penalise(id, now);
        }
    }

    fn take_place(
        &mut self,
        id: ConnectionId,
        asked: &Asked<'_>,
        user: UserKey,
        mut output: Output,
        lost: u64,
        now: Now,
    ) {
        let Some(name) = self.chat.name_of(user) else { return };
        let answered = output.kept().map_or(0, |kept| kept.answered);
        self.answer(id, asked, Ok(Answer::Resumed { uid: user.uid(), name, answered, lost }));
        let connection = self.connections.get_mut(id);
        let address = connection.peer.address();
        if let Some(kept) = output.kept_mut() {
            kept.asked = None;
        }
        output.put_first(std::mem::take(&mut connection.output));
        connection.output = output;
        connection.phase = Phase::User(user);
        connection.last_heard = now.steady;
        self.connections.link(user, id);
        self.connections.mark_dirty(id);
        let mut outbox = Outbox { connections: &mut self.connections, journal: &mut self.journal, asker: None };
        self.chat.handle_return(user, address, &mut outbox);
    }

    /// The user with this number and the connection that holds its place, if the secret is right.
    fn find_place(&self, uid: Uid, secret: &str) -> Option<(UserKey, ConnectionId)> {
        let user = self.chat.find(UserRef::Uid(uid))?;
        let place = self.connections.of_user(user)?;
        let kept = self.connections.get(place).output.kept()?;
        kept.secret.matches(secret).then_some((user, place))
    }

    /// Whether a connection that ends for this reason leaves a place behind.
    pub(in crate::server) fn is_place_kept(&self, id: ConnectionId, reason: CloseReason) -> bool {
        let is_dropped = match reason {
            CloseReason::Disconnected | CloseReason::Broken | CloseReason::SlowConsumer | CloseReason::PingTimeout => {
                true
            }
            CloseReason::Quit
            | CloseReason::Foreign
            | CloseReason::EntryTimeout
            | CloseReason::ResumedElsewhere
            | CloseReason::Kicked
            | CloseReason::Banned
            | CloseReason::Full
            | CloseReason::AddressFull
            | CloseReason::ConnectingTooFast
            | CloseReason::EndlessLine
            | CloseReason::Shutdown => false,
        };
        let connection = self.connections.get(id);
        is_dropped && connection.is_open() && connection.output.kept().is_some()
    }

    /// Lets go of a lost connection's stream and keeps the rest.
    pub(in crate::server) fn keep_place(&mut self, id: ConnectionId, reason: CloseReason, now: Now) {
        let until = now.steady + self.limits.resume_grace;
        let connection = self.connections.get_mut(id);
        let (Some(user), Some(origin)) = (connection.user(), origin_of(connection.peer)) else { return };
        self.leave_debts(id, now);
        self.release(id, now);
        let number = self.places.add(origin, id);
        let connection = self.connections.get_mut(id);
        connection.link = Link::Dropped(Box::new(Dropped::new(number, reason, now.steady, until)));
        connection.unparsed = None;
        connection.is_evicted = false;
        connection.forget_rare(now.steady);
        if let Some(kept) = connection.output.kept_mut() {
            kept.asked = None;
        }
        connection.output.bound_unsent();
        let peer = connection.peer;
        self.stats.note_closed(reason);
        self.journal.disconnected(peer, self.chat.name_of(user), reason);
        let mut outbox = Outbox { connections: &mut self.connections, journal: &mut self.journal, asker: None };
        self.chat.handle_drop(user, reason, &mut outbox);
        self.give_up_surplus(now);
    }

    /// Of an address that leaves too many places, or of the one that has left most if all together
    /// are too many, the oldest is given up.
    fn give_up_surplus(&mut self, now: Now) {
        while let Some(id) = self.places.surplus(&self.limits) {
            let dropped = self.connections.get(id).dropped();
            let reason = dropped.map_or(CloseReason::Disconnected, |dropped| dropped.reason);
            self.close(id, reason.into(), now);
        }
    }

    /// Something is due for an absent user: telling others, or giving up.
    pub(in crate::server) fn handle_dropped(&mut self, id: ConnectionId, user: UserKey, now: Now) {
        let connection = self.connections.get_mut(id);
        let Link::Dropped(dropped) = &mut connection.link else { return };
        if dropped.until <= now.steady {
            let reason = dropped.reason;
            return self.close(id, reason.into(), now);
        }
        dropped.note_told();
        let mut outbox = Outbox { connections: &mut self.connections, journal: &mut self.journal, asker: None };
        self.chat.tell_drop(user, &mut outbox);
    }

    /// Ends the keeping of an absent user's place; gives back the user.
    pub(in crate::server) fn end_dropped(&mut self, id: ConnectionId) -> Option<UserKey> {
        let connection = self.connections.get_mut(id);
        let (user, number) = (connection.user()?, connection.dropped()?.number);
        connection.phase = Phase::Gone;
        if let Some(origin) = origin_of(connection.peer) {
            self.places.remove(origin, number);
        }
        self.connections.gone.push(id);
        Some(user)
    }

    /// Something is due for a client that can come back: a sign of life.
    pub(in crate::server) fn handle_silence(&mut self, id: ConnectionId, now: Now) {
        let limits = &self.limits;
        let (ping_after, dead_after) = (limits.ping_after, limits.dead_after);
        let connection = self.connections.get_mut(id);
        if !connection.is_listening(limits) {
            // It may well have answered; the server has not listened.
            connection.last_heard = now.steady;
        }
        let last_heard = connection.last_heard;
        let Some(kept) = connection.output.kept_mut() else { return };
        match kept.asked {
            Some(asked) if last_heard >= asked.at => kept.asked = None,
            Some(asked) if asked.until <= now.steady => self.close(id, CloseReason::PingTimeout.into(), now),
            Some(_) => {}
            None if last_heard + ping_after <= now.steady => {
                self.ask_for_sign_of_life(id, now, dead_after - ping_after);
            }
            None => {}
        }
    }

    /// What to say to somebody who wants a name that is taken. A holder that has been silent is
    /// asked for a sign of life first; one that is away for as long loses its name at once.
    pub(in crate::server) fn reclaim_name(&mut self, name: Name, now: Now) -> Result<(), Fault> {
        let taken = Err(Fault::Refused(crate::chat::Refusal::NameTaken(name)));
        let holder = self.chat.find(UserRef::Name(name)).and_then(|user| self.connections.of_user(user));
        let Some((id, connection)) = holder.map(|id| (id, self.connections.get(id))) else {
            return taken;
        };
        let is_silent = connection.last_heard + self.limits.ping_after <= now.steady;
        if connection.output.kept().is_none() || !is_silent {
            return taken;
        }
        if let Some(dropped) = connection.dropped() {
            let reason = dropped.reason;
            self.close(id, reason.into(), now);
            return Ok(());
        }
        self.ask_for_sign_of_life(id, now, PROBE_TIME);
        Err(Fault::NameSilent(name))
    }

    /// Asks, unless that has been done already, and shortens the time to answer if need be.
    fn ask_for_sign_of_life(&mut self, id: ConnectionId, now: Now, time: Duration) {
        let connection = self.connections.get_mut(id);
        let until = now.steady + time;
        let Some(kept) = connection.output.kept_mut() else { return };
        match &mut kept.asked {
            Some(asked) => asked.until = asked.until.min(until),
            None => {
                kept.asked = Some(AskedForLife { at: now.steady, until });
                self.connections.append(id, |dialect, encoder, out| encoder.ping(dialect, out));
            }
        }
    }

    /// A wrong secret: the connection is not heard for a while, longer each time from one address. If
    /// it hangs up meanwhile, no secret of the next one from there is looked at.
    pub(in crate::server) fn penalise(&mut self, id: ConnectionId, now: Now) {
        let connection = self.connections.get_mut(id);
        if let Some(origin) = origin_of(connection.peer) {
            let until = self.gate.penalty(origin, now);
            connection.rare().secrets = Throttle::until(until);
            self.pause(id, Wait::Penalty(until), &[], now);
        }
    }

    /// Tells each sender that is still here how many of its lines `reader` may not have read.
    pub(in crate::server) fn tell_unread(&mut self, reader: Name, tally: &Tally) {
        let mut outbox = Outbox { connections: &mut self.connections, journal: &mut self.journal, asker: None };
        for sender in tally.senders() {
            self.chat.tell_unread(sender.from, sender.first, reader, sender.count, &mut outbox);
        }
    }

    /// Of what a returning user has not seen, tells the senders what could not be kept.
    fn tell_forgotten(&mut self, user: UserKey, seen: u64) {
        let Some(reader) = self.chat.name_of(user) else { return };
        let connection = self.connections.of_user(user).map(|id| self.connections.get_mut(id));
        let Some(kept) = connection.and_then(|connection| connection.output.kept_mut()) else { return };
        let mut tally = Tally::default();
        kept.unread.behind(seen).for_each(|sender| tally.add(sender));
        kept.unread.clear();
        self.tell_unread(reader, &tally);
    }
}
