//! Who is let in: limits on connections, in all and from one address.

use super::connection::{Closing, Expecting, Peer, Phase, Token};
use super::{Server, Stream};
use crate::chat::{CloseReason, Millis, Now};
use crate::limits::{REFUSAL_LOG_INTERVAL, REFUSED_LINGERING};
use crate::wire::console::span;

/// Connections that were refused since the log last told of it.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    untold: u64,
    told_at: Option<Millis>,
}

impl<S: Stream> Server<S> {
    /// Takes a new connection in. One that is refused is told why and closed.
    pub fn accept(&mut self, stream: S, peer: Peer, now: Now) -> Token {
        self.connections.journal.set_time(now.wall);
        let Some(address) = peer.address() else {
            return self.connections.add(stream, peer, Phase::Operator(Expecting::Order), now.steady);
        };
        let refusal = self.refusal(peer, now);
        self.addresses.of(address.ip()).connections += 1;
        let token = self.connections.add(stream, peer, Phase::Silent, now.steady);
        match refusal {
            None => {
                self.stats.accepted += 1;
                self.connections.journal.connected(peer);
            }
            Some(reason) => self.refuse(token, reason, now),
        }
        token
    }

    fn refusal(&self, peer: Peer, now: Now) -> Option<CloseReason> {
        let address = peer.address()?.ip();
        let per_address = self.limits.connections_per_address;
        if self.bans.of_address(address, now.wall).is_some() {
            Some(CloseReason::Banned)
        } else if self.limits.connections > 0 && self.connections.present() >= self.limits.connections {
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
        self.refusals.untold += 1;
        if self.refusals.told_at.is_none_or(|at| now.steady.since(at) >= REFUSAL_LOG_INTERVAL) {
            let count = std::mem::take(&mut self.refusals.untold);
            self.refusals.told_at = Some(now.steady);
            self.connections.journal.warn(format_args!("refused reason={reason} count={count}"));
        }
        let words = self.ban_words(token, now);
        self.start_closing(token, Closing { reason, words: words.as_deref(), is_refusal: true }, now);
        let most = self.limits.connections.saturating_add(REFUSED_LINGERING);
        if self.limits.connections > 0 && self.connections.present() > most {
            // The farewell may still reach a client that has not said anything.
            let _ = self.connections.write_out(token);
            self.give_up(token);
        }
    }

    /// What a newcomer that is shut out is told besides: the operator's reason, and how long.
    fn ban_words(&self, token: Token, now: Now) -> Option<String> {
        let address = self.connections.get(token)?.peer.address()?.ip();
        let ban = self.bans.of_address(address, now.wall)?;
        let left = ban.left(now.wall).map_or_else(|| "for ever".to_owned(), |left| format!("for {} more", span(left)));
        Some(ban.reason.as_ref().map_or_else(|| left.clone(), |reason| format!("{left}: {reason}")))
    }

    /// The earliest moment at which a client may try to enter, if that is not now.
    pub(super) fn entry_wait(&mut self, peer: Peer, now: Now) -> Option<Millis> {
        let known = self.addresses.of(peer.address()?.ip());
        let wait = known.entries.wait(self.limits.entries, now.steady);
        if wait.is_none() {
            known.entries.take(self.limits.entries, now.steady);
        }
        wait
    }
}
