//! How connections end: the farewell is queued, written, the stream half-closed, and the peer
//! given a little time to hang up, since closing a socket with unread input destroys what the
//! peer has not read yet (RFC 1122, 4.2.2.13).

use super::connection::{Closing, Phase};
use super::connection_id::ConnectionId;
use super::output::{LogOnly, Outbox};
use super::{Server, Stream};
use crate::chat::{CloseReason, Now, UserKey};
use crate::limits::{FAREWELL_TIME, REFUSAL_TIME};

impl<S: Stream> Server<S> {
    /// Closes a connection. Its user leaves, and whoever had to do with it is told; unless the
    /// connection was lost and the user's place is kept.
    pub(super) fn close(&mut self, id: ConnectionId, closing: Closing<'_>, now: Now) {
        if self.is_place_kept(id, closing.reason) {
            return self.keep_place(id, closing.reason, now);
        }
        let connection = self.connections.get(id);
        let unread = connection.count_unread(closing.reason);
        self.places.note_given_up(connection, &unread, now.steady);
        let user = self.end_dropped(id).or_else(|| self.start_closing(id, closing, now));
        let Some(user) = user else { return };
        self.connections.unlink(user);
        let name = self.chat.name_of(user);
        let mut outbox = Outbox { connections: &mut self.connections, journal: &mut self.journal, asker: None };
        self.chat.leave(user, closing.reason, now, &mut outbox);
        if let Some(name) = name {
            self.tell_unread(name, &unread);
        }
    }

    /// Closes a connection without telling other users, who are being closed as well.
    pub(super) fn close_quietly(&mut self, id: ConnectionId, reason: CloseReason, now: Now) {
        let user = self.end_dropped(id).or_else(|| self.start_closing(id, reason.into(), now));
        let Some(user) = user else { return };
        self.connections.unlink(user);
        self.chat.leave(user, reason, now, &mut LogOnly(&mut self.journal));
    }

    /// Closes a connection whose stream is broken: there is nobody to say farewell to.
    pub(super) fn break_off(&mut self, id: ConnectionId, now: Now) {
        self.close(id, CloseReason::Broken.into(), now);
        self.give_up(id);
    }

    /// Forgets a connection that is closing, whatever it still had to say.
    pub(super) fn give_up(&mut self, id: ConnectionId) {
        let connection = self.connections.get_mut(id);
        if matches!(connection.phase, Phase::Closing { .. } | Phase::Lingering { .. }) {
            connection.output.drop_all();
            connection.phase = Phase::Gone;
            self.connections.gone.push(id);
        }
    }

    /// Goes on with a closing connection after its last byte has been written.
    pub(super) fn after_last_byte(&mut self, id: ConnectionId) {
        let connection = self.connections.get_mut(id);
        let Phase::Closing { until, drained } = connection.phase else { return };
        connection.phase = Phase::Lingering { until, drained };
        let is_over = connection.hung_up && !connection.readable;
        let Some(stream) = connection.stream() else { return self.give_up(id) };
        if stream.finish().is_err() || !stream.hangs_up() || is_over {
            return self.give_up(id);
        }
        if stream.wants_write() {
            self.connections.mark_dirty(id);
        }
        // What the peer sent meanwhile has to be read for the stream to close cleanly.
        self.connections.mark_ready(id);
    }

    /// The part that concerns the connection itself; gives back its user, who must leave.
    pub(super) fn start_closing(&mut self, id: ConnectionId, closing: Closing<'_>, now: Now) -> Option<UserKey> {
        let connection = self.connections.get_mut(id);
        if !connection.is_open() {
            return None;
        }
        let until = now.steady + if closing.is_refusal { REFUSAL_TIME } else { FAREWELL_TIME };
        let phase = std::mem::replace(&mut connection.phase, Phase::Closing { until, drained: 0 });
        connection.unparsed = None;
        connection.forget_rare(now.steady);
        if std::mem::take(&mut connection.is_evicted) {
            connection.output.drop_unsent_lines();
        }
        let peer = connection.peer;
        let user = if let Phase::User(user) = phase { Some(user) } else { None };
        let name = user.and_then(|user| self.chat.name_of(user));
        if !closing.is_refusal && !peer.is_operator() {
            self.stats.note_closed(closing.reason);
            match name {
                Some(_) => self.journal.disconnected(peer, name, closing.reason),
                None => self.gate.strangers.note_never_entered(peer, closing.reason, now, &mut self.journal),
            }
        }
        self.leave_debts(id, now);
        self.say_farewell(id, closing);
        self.connections.mark_dirty(id);
        user
    }

    fn say_farewell(&mut self, id: ConnectionId, closing: Closing<'_>) {
        let Closing { reason, words, is_refusal } = closing;
        match reason {
            CloseReason::Quit | CloseReason::Disconnected | CloseReason::Broken => {}
            // It has been answered in its own way.
            CloseReason::Foreign => {}
            _ if is_refusal => {
                self.connections.append(id, |dialect, encoder, out| encoder.refusal(dialect, reason, words, out));
            }
            _ => self.connections.append(id, |dialect, encoder, out| encoder.farewell(dialect, reason, words, out)),
        }
    }
}
