//! Who is let in: limits on connections, in all and from one address.

use super::connection::{Closing, Expecting, Peer, Phase, Standing, Token};
use super::{Server, Stream};
use crate::chat::{CloseReason, Millis, Now};
use crate::limits::{REFUSAL_LOG_INTERVAL, REFUSED_LINGERING};
use crate::wire::console::span;

/// Connections that were refused since the log last told of it.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    untold: u64,
    told_at: Option<Millis>,
    /// How many have not hung up yet.
    lingering: usize,
}

impl Refusals {
    pub(super) fn lingering(&self) -> usize {
        self.lingering
    }
}

impl<S: Stream> Server<S> {
    /// Takes a new connection in. One that is refused is told why and closed.
    pub fn accept(&mut self, stream: S, peer: Peer, now: Now) -> Token {
        self.connections.journal.set_time(now.wall);
        let Some(address) = peer.address() else {
            return self.connections.add(stream, peer, Phase::Operator(Expecting::Order), now.steady);
        };
        let refusal = self.refusal(peer, now);
        let token = self.connections.add(stream, peer, Phase::Silent { since: now.steady }, now.steady);
        match refusal {
            None => {
                self.let_in += 1;
                self.addresses.of(address.ip()).connections += 1;
                self.stand(token, Standing::LetIn);
                self.stats.accepted += 1;
                self.connections.journal.connected(peer);
            }
            Some(reason) => self.refuse(token, reason, now),
        }
        token
    }

    fn stand(&mut self, token: Token, standing: Standing) -> Standing {
        let connection = self.connections.get_mut(token);
        connection.map_or(Standing::Free, |connection| std::mem::replace(&mut connection.standing, standing))
    }

    /// Forgets a connection, which closes it.
    pub(super) fn forget(&mut self, token: Token, now: Now) {
        self.release(token, now);
        self.connections.remove(token);
    }

    /// A connection does not count against any limit any more: it has closed.
    pub(super) fn release(&mut self, token: Token, now: Now) {
        match self.stand(token, Standing::Free) {
            Standing::LetIn => {
                self.let_in -= 1;
                if let Some(address) = self.connections.get(token).and_then(|it| it.peer.address()) {
                    self.addresses.disconnected(address.ip(), now.steady);
                }
            }
            Standing::Refused => self.refusals.lingering -= 1,
            Standing::Free => {}
        }
    }

    fn refusal(&self, peer: Peer, now: Now) -> Option<CloseReason> {
        let address = peer.address()?.ip();
        let per_address = self.limits.connections_per_address;
        if self.bans.of_address(address, now.steady).is_some() {
            Some(CloseReason::Banned)
        } else if self.limits.connections > 0 && self.let_in >= self.limits.connections {
            Some(CloseReason::Full)
        } else if per_address > 0 && self.addresses.connections(address) >= per_address {
            Some(CloseReason::AddressFull)
        } else {
            None
        }
    }

    /// Tells a newcomer why it is refused. Only so many may take their time to read it.
    fn refuse(&mut self, token: Token, reason: CloseReason, now: Now) {
        self.stats.refused += 1;
        self.stand(token, Standing::Refused);
        self.refusals.lingering += 1;
        self.refusals.untold += 1;
        if self.refusals.told_at.is_none_or(|at| now.steady.since(at) >= REFUSAL_LOG_INTERVAL) {
            let count = std::mem::take(&mut self.refusals.untold);
            self.refusals.told_at = Some(now.steady);
            self.connections.journal.warn(format_args!("refused reason={reason} count={count}"));
        }
        let words = self.ban_words(token, now);
        self.start_closing(token, Closing { reason, words: words.as_deref(), is_refusal: true }, now);
        if self.refusals.lingering > REFUSED_LINGERING {
            // The farewell may still reach a client that has not said anything.
            let _ = self.connections.write_out(token);
            self.give_up(token);
            // Not at the end of the tick, in which more may come than there are files for.
            self.forget(token, now);
        }
    }

    /// What a newcomer that is shut out is told besides: the operator's reason, and how long.
    fn ban_words(&self, token: Token, now: Now) -> Option<String> {
        let address = self.connections.get(token)?.peer.address()?.ip();
        let ban = self.bans.of_address(address, now.steady)?;
        let left =
            ban.left(now.steady).map_or_else(|| "for ever".to_owned(), |left| format!("for {} more", span(left)));
        Some(ban.reason.as_ref().map_or_else(|| left.clone(), |reason| format!("{left}: {reason}")))
    }

    /// The earliest moment at which a client may try to enter, if that is not now.
    pub(super) fn entry_wait(&mut self, peer: Peer, now: Now) -> Option<Millis> {
        let pace = self.limits.entries.into();
        self.addresses.of(peer.address()?.ip()).entries.admit(pace, now.steady)
    }
}
