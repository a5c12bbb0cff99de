//! Who is let in: limits on connections, in all and from one address, and how fast they may come.

use std::net::SocketAddr;

use super::tally::Tally;
use super::throttle::Throttle;
use crate::chat::{CloseReason, Millis, Now, Origin};
use crate::limits::REFUSED_LINGERING;
use crate::server::connection::{Closing, Connection, Expecting, Phase, Standing};
use crate::server::connection_id::ConnectionId;
use crate::server::peer::Peer;
use crate::server::{Server, Stream};
use crate::wire::console::span;
use crate::wire::foreign::Foreign;

/// What the log is told of those who never become users.
#[derive(Debug, Default)]
pub(in crate::server) struct Strangers {
    /// Connections that were refused.
    refused: Tally,
    /// Connections that were let in and closed before they had entered, beyond those of which the
    /// log has a line each.
    never_entered: Tally,
    /// Those who spoke another protocol.
    foreign: Tally<Foreign>,
    /// Wrong passwords, and where the last came from.
    wrong_passwords: Tally<()>,
    wrong_password_from: Option<SocketAddr>,
    /// Lines of the log about one of them.
    lines: Throttle,
    /// How many have not hung up since they were refused.
    lingering: usize,
}

impl Strangers {
    pub(in crate::server) fn lingering(&self) -> usize {
        self.lingering
    }

    /// Whether there has never been anything to tell of.
    fn is_silent(&self) -> bool {
        let are_empty = self.refused.is_empty() && self.never_entered.is_empty();
        are_empty && self.foreign.is_empty() && self.wrong_passwords.is_empty()
    }

    pub(in crate::server) fn next_due(&self) -> Option<Millis> {
        let first = [self.refused.next_due(), self.never_entered.next_due()];
        first.into_iter().chain([self.foreign.next_due(), self.wrong_passwords.next_due()]).flatten().min()
    }
}

/// Where a client comes from, as far as limits are concerned; the operator comes from nowhere.
pub(in crate::server) fn origin_of(peer: Peer) -> Option<Origin> {
    peer.address().map(Origin::from)
}

impl<S: Stream> Server<S> {
    /// Takes a new connection in. One that is refused is told why and closed.
    pub fn accept(&mut self, stream: S, peer: Peer, now: Now) -> ConnectionId {
        self.connections.journal.set_time(now.wall);
        let Some(origin) = origin_of(peer) else {
            return self.connections.add(stream, peer, Phase::Operator(Expecting::Order), now.steady);
        };
        let pace = self.limits.connects.into();
        if self.addresses.of(origin).connects.admit(pace, now.steady).is_some() {
            return self.refuse_in_passing(stream, peer, origin, now);
        }
        let refusal = self.refusal(peer, now);
        let id = self.connections.add(stream, peer, Phase::Silent { since: now.steady }, now.steady);
        match refusal {
            None => self.let_in(id, peer, origin, now),
            Some(reason) => {
                self.addresses.settle(origin, now.steady);
                self.refuse(id, reason, now);
            }
        }
        id
    }

    fn let_in(&mut self, id: ConnectionId, peer: Peer, origin: Origin, now: Now) {
        self.let_in += 1;
        let address = self.addresses.of(origin);
        address.connections += 1;
        let debts = address.take_over(now.steady);
        self.stand(id, Standing::LetIn);
        if let Some(connection) = self.connections.get_mut(id) {
            connection.owe(debts, now.steady);
        }
        self.stats.accepted += 1;
        if self.is_worth_a_line(now) {
            self.connections.journal.connected(peer);
        }
    }

    fn stand(&mut self, id: ConnectionId, standing: Standing) -> Standing {
        let connection = self.connections.get_mut(id);
        connection.map_or(Standing::Free, |connection| std::mem::replace(&mut connection.standing, standing))
    }

    /// Forgets a connection, which closes it.
    pub(in crate::server) fn forget(&mut self, id: ConnectionId, now: Now) {
        self.release(id, now);
        self.connections.remove(id);
    }

    /// A connection does not count against any limit any more: it has closed.
    pub(in crate::server) fn release(&mut self, id: ConnectionId, now: Now) {
        match self.stand(id, Standing::Free) {
            Standing::LetIn => {
                self.let_in -= 1;
                if let Some(origin) = self.connections.get(id).and_then(|it| origin_of(it.peer)) {
                    self.addresses.disconnected(origin, now.steady);
                }
            }
            Standing::Refused => self.strangers.lingering -= 1,
            Standing::Free => {}
        }
    }

    /// A connection that ends leaves its debts to those who come next from its address.
    pub(in crate::server) fn leave_debts(&mut self, id: ConnectionId, now: Now) {
        let Some(connection) = self.connections.get(id).filter(|it| it.standing == Standing::LetIn) else { return };
        if let Some(origin) = origin_of(connection.peer) {
            let debts = connection.debts();
            self.addresses.of(origin).leave(debts, now.steady);
        }
    }

    fn refusal(&self, peer: Peer, now: Now) -> Option<CloseReason> {
        let address = peer.address()?;
        let per_address = self.limits.connections_per_address;
        if self.bans.of_address(address, now.steady).is_some() {
            Some(CloseReason::Banned)
        } else if self.limits.connections > 0 && self.let_in >= self.limits.connections {
            Some(CloseReason::Full)
        } else if per_address > 0 && self.addresses.connections(address.into()) >= per_address {
            Some(CloseReason::AddressFull)
        } else {
            None
        }
    }

    /// Closes a connection of one that connects too often, with a line and no more ado: it must not
    /// cost what makes it worth while.
    fn refuse_in_passing(&mut self, mut stream: S, peer: Peer, origin: Origin, now: Now) -> ConnectionId {
        let reason = CloseReason::ConnectingTooFast;
        let mut line = self.connections.outputs.buffers.take();
        let dialect = peer.dialect();
        self.connections.outputs.encoder.refusal(dialect, reason, None, line.end());
        // What it does not take at once it need not read.
        let _ = stream.write(line.bytes());
        self.connections.outputs.buffers.give(line);
        self.addresses.settle(origin, now.steady);
        self.note_refusal(reason, now);
        self.connections.pass_id()
    }

    fn note_refusal(&mut self, reason: CloseReason, now: Now) {
        self.stats.refused += 1;
        self.strangers.refused.note(reason);
        self.tell_of_strangers(now);
    }

    /// Tells a newcomer why it is refused. Only so many may take their time to read it.
    fn refuse(&mut self, id: ConnectionId, reason: CloseReason, now: Now) {
        self.stand(id, Standing::Refused);
        self.strangers.lingering += 1;
        self.note_refusal(reason, now);
        let words = self.ban_words(id, now);
        self.start_closing(id, Closing { reason, words: words.as_deref(), is_refusal: true }, now);
        if self.strangers.lingering > REFUSED_LINGERING {
            // The farewell may still reach a client that has not said anything.
            let _ = self.connections.write_out(id);
            // Not at the end of the tick, in which more may come than there are files for.
            self.forget(id, now);
        }
    }

    /// What a newcomer that is shut out is told besides: the operator's reason, and how long.
    fn ban_words(&self, id: ConnectionId, now: Now) -> Option<String> {
        let address = self.connections.get(id)?.peer.address()?;
        let ban = self.bans.of_address(address, now.steady)?;
        let left =
            ban.left(now.steady).map_or_else(|| "for ever".to_owned(), |left| format!("for {} more", span(left)));
        Some(ban.reason.as_ref().map_or_else(|| left.clone(), |reason| format!("{left}: {reason}")))
    }

    /// Lines about clients that have not entered are few.
    fn is_worth_a_line(&mut self, now: Now) -> bool {
        self.strangers.lines.admit(self.limits.log.into(), now.steady).is_none()
    }

    /// A connection closes that never entered. The log has a line for each while they are few.
    pub(in crate::server) fn note_never_entered(&mut self, peer: Peer, reason: CloseReason, now: Now) {
        if self.is_worth_a_line(now) {
            return self.connections.journal.disconnected(peer, None, reason);
        }
        self.strangers.never_entered.note(reason);
        self.tell_of_strangers(now);
    }

    /// A connection began as another protocol does.
    pub(in crate::server) fn note_foreign(&mut self, protocol: Foreign, now: Now) {
        self.strangers.foreign.note(protocol);
        self.tell_of_strangers(now);
    }

    /// Somebody guessed the password wrongly. What was guessed is nobody's business.
    pub(in crate::server) fn note_wrong_password(&mut self, peer: Peer, now: Now) {
        self.strangers.wrong_passwords.note(());
        self.strangers.wrong_password_from = peer.address();
        self.tell_of_strangers(now);
    }

    /// Tells the log of those it has no lines for, as often as it may.
    #[inline]
    pub(in crate::server) fn tell_of_strangers(&mut self, now: Now) {
        if !self.strangers.is_silent() {
            self.tell_of_some_strangers(now);
        }
    }

    fn tell_of_some_strangers(&mut self, now: Now) {
        let journal = &mut self.connections.journal;
        while let Some((reason, count)) = self.strangers.refused.take_due(now.steady) {
            journal.warn(format_args!("refused reason={reason} count={count}"));
        }
        while let Some((reason, count)) = self.strangers.never_entered.take_due(now.steady) {
            journal.note(format_args!("never-entered reason={reason} count={count}"));
        }
        while let Some((protocol, count)) = self.strangers.foreign.take_due(now.steady) {
            journal.note(format_args!("foreign protocol={} count={count}", protocol.word()));
        }
        while let Some(((), count)) = self.strangers.wrong_passwords.take_due(now.steady) {
            let from = self.strangers.wrong_password_from.map_or_else(String::new, |from| format!(" from={from}"));
            journal.warn(format_args!("wrong-password count={count}{from}"));
        }
    }

    /// The earliest moment at which a client may try to enter, if that is not now.
    pub(in crate::server) fn entry_wait(&self, peer: Peer, now: Now) -> Option<Millis> {
        self.addresses.entries(origin_of(peer)?).wait(self.limits.entries.into(), now.steady)
    }

    /// A client tries to enter.
    pub(in crate::server) fn charge_entry(&mut self, peer: Peer, now: Now) {
        if let Some(origin) = origin_of(peer) {
            self.addresses.of(origin).entries.take(self.limits.entries.into(), now.steady);
        }
    }
}

impl<S> Connection<S> {
    /// Until when no secret of its is looked at.
    pub(in crate::server) fn secret_wait(&self, now: Now) -> Option<Millis> {
        self.debts().secrets.pending(now.steady)
    }
}
