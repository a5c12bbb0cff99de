//! How those who come are taken in, and those who are refused told why.

use super::{Debts, Refused};
use crate::chat::{CloseReason, Millis, Now, Origin};
use crate::server::connection::{Closing, Connection, Expecting, Phase, Standing};
use crate::server::connection_id::ConnectionId;
use crate::server::peer::Peer;
use crate::server::{Server, Stream};
use crate::wire::console::span;

/// Where a client comes from, as far as limits are concerned; the operator comes from nowhere.
pub(in crate::server) fn origin_of(peer: Peer) -> Option<Origin> {
    peer.address().map(Origin::from)
}

impl<S: Stream> Server<S> {
    /// Takes a new connection in. One that is refused is told why and closed.
    pub fn accept(&mut self, stream: S, peer: Peer, now: Now) -> ConnectionId {
        self.journal.set_time(now.wall);
        let Some(origin) = origin_of(peer) else {
            return self.connections.add(stream, peer, Phase::Operator(Expecting::Order), now.steady);
        };
        let verdict = self.gate.admit(peer, origin, now);
        if let Err(Refused::TooFast) = verdict {
            return self.refuse_in_passing(stream, peer, now);
        }
        let id = self.connections.add(stream, peer, Phase::Silent { since: now.steady }, now.steady);
        match verdict {
            Ok(debts) => self.let_in(id, peer, debts, now),
            Err(Refused::TooFast) => {}
            Err(Refused::For(reason)) => self.refuse(id, reason, now),
        }
        id
    }

    fn let_in(&mut self, id: ConnectionId, peer: Peer, debts: Debts, now: Now) {
        self.stand(id, Standing::LetIn);
        let connection = self.connections.get_mut(id);
        connection.owe(debts, now.steady);
        self.stats.note_accepted();
        self.gate.strangers.note_connected(peer, now, &mut self.journal);
    }

    fn stand(&mut self, id: ConnectionId, standing: Standing) -> Standing {
        std::mem::replace(&mut self.connections.get_mut(id).standing, standing)
    }

    /// Forgets a connection, which closes it.
    pub(in crate::server) fn forget(&mut self, id: ConnectionId, now: Now) {
        self.release(id, now);
        self.connections.remove(id);
    }

    /// A connection does not count against any limit any more: it has closed.
    pub(in crate::server) fn release(&mut self, id: ConnectionId, now: Now) {
        let standing = self.stand(id, Standing::Free);
        if let Some(origin) = origin_of(self.connections.get(id).peer) {
            self.gate.release(standing, origin, now);
        }
    }

    /// A connection that ends leaves its debts to those who come next from its address.
    pub(in crate::server) fn leave_debts(&mut self, id: ConnectionId, now: Now) {
        let connection = self.connections.get(id);
        if let (Standing::LetIn, Some(origin)) = (connection.standing, origin_of(connection.peer)) {
            self.gate.leave_debts(origin, connection.debts(), now);
        }
    }

    /// Closes a connection of one that connects too often, with a line and no more ado: it must not
    /// cost what makes it worth while.
    fn refuse_in_passing(&mut self, mut stream: S, peer: Peer, now: Now) -> ConnectionId {
        let reason = CloseReason::ConnectingTooFast;
        let mut line = self.connections.outputs.buffers.take();
        let dialect = peer.dialect();
        self.connections.outputs.encoder.refusal(dialect, reason, None, line.end());
        // What it does not take at once it need not read.
        let _ = stream.write(line.bytes());
        self.connections.outputs.buffers.give(line);
        self.note_refusal(reason, now);
        self.connections.pass_id()
    }

    fn note_refusal(&mut self, reason: CloseReason, now: Now) {
        self.stats.note_refused();
        self.gate.strangers.note_refused(reason, now, &mut self.journal);
    }

    /// Tells a newcomer why it is refused. Only so many may take their time to read it.
    fn refuse(&mut self, id: ConnectionId, reason: CloseReason, now: Now) {
        self.stand(id, Standing::Refused);
        self.note_refusal(reason, now);
        let words = self.ban_words(id, now);
        self.start_closing(id, Closing { reason, words: words.as_deref(), is_refusal: true }, now);
        if !self.gate.may_linger() {
            // The farewell may still reach a client that has not said anything.
            let _ = self.connections.write_out(id);
            // Not at the end of the tick, in which more may come than there are files for.
            self.forget(id, now);
        }
    }

    /// What a newcomer that is shut out is told besides: the operator's reason, and how long.
    fn ban_words(&self, id: ConnectionId, now: Now) -> Option<String> {
        let address = self.connections.get(id).peer.address()?;
        let ban = self.gate.bans.of_address(address, now.steady)?;
        let left =
            ban.left(now.steady).map_or_else(|| "for ever".to_owned(), |left| format!("for {} more", span(left)));
        Some(ban.reason.as_ref().map_or_else(|| left.clone(), |reason| format!("{left}: {reason}")))
    }
}

impl<S> Connection<S> {
    /// Until when no secret of its is looked at.
    pub(in crate::server) fn secret_wait(&self, now: Now) -> Option<Millis> {
        self.debts().secrets.pending(now.steady)
    }
}
