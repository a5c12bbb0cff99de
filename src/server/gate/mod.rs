//! Who is let in, how often one may do something, and who is shut out.

mod addresses;
mod admission;
mod bans;
mod password;
mod strangers;
mod tally;
mod throttle;

pub use bans::BadBans;
pub use password::Password;

pub(super) use admission::origin_of;
pub(super) use bans::{Ban, Term};
pub(super) use throttle::{Debts, Pace, Throttle};

use super::connection::Standing;
use super::peer::Peer;
use crate::chat::{CloseReason, Millis, Now, Origin};
use crate::limits::{Limits, REFUSED_LINGERING};
use addresses::Addresses;
use bans::Bans;
use strangers::Strangers;

/// What is known of those who come, as far as it decides who is let in.
#[derive(Debug)]
pub(super) struct Gate {
    addresses: Addresses,
    password: Option<Password>,
    pub(super) bans: Bans,
    pub(super) strangers: Strangers,
    /// How many have not hung up since they were refused.
    lingering: usize,
    limits: Limits,
}

/// Why a newcomer is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Its address connects too often.
    TooFast,
    For(CloseReason),
}

impl Gate {
    pub(super) fn new(limits: Limits, password: Option<Password>) -> Self {
        Self {
            addresses: Addresses::default(),
            password,
            bans: Bans::default(),
            strangers: Strangers::new(&limits),
            lingering: 0,
            limits,
        }
    }

    /// Lets a newcomer in, and counts it until it is released: says what it has to wait for in place of
    /// one that has gone. One that is refused counts among those who linger, unless it comes too fast.
    pub(super) fn admit(&mut self, peer: Peer, origin: Origin, now: Now) -> Result<Debts, Refused> {
        let pace = self.limits.connects.into();
        if self.addresses.of(origin).connects.admit(pace, now.steady).is_some() {
            self.addresses.settle(origin, now.steady);
            return Err(Refused::TooFast);
        }
        if let Some(reason) = self.refusal(peer, origin, now) {
            self.addresses.settle(origin, now.steady);
            self.lingering += 1;
            return Err(Refused::For(reason));
        }
        Ok(self.addresses.connected(origin).take_over(now.steady))
    }

    fn refusal(&self, peer: Peer, origin: Origin, now: Now) -> Option<CloseReason> {
        let per_address = self.limits.connections_per_address;
        if peer.address().is_some_and(|address| self.bans.of_address(address, now.steady).is_some()) {
            Some(CloseReason::Banned)
        } else if self.limits.connections > 0 && self.addresses.total() >= self.limits.connections {
            Some(CloseReason::Full)
        } else if per_address > 0 && self.addresses.connections(origin) >= per_address {
            Some(CloseReason::AddressFull)
        } else {
            None
        }
    }

    /// A connection of that standing does not count any more: it has closed.
    pub(super) fn release(&mut self, standing: Standing, origin: Origin, now: Now) {
        match standing {
            Standing::LetIn => self.addresses.disconnected(origin, now.steady),
            Standing::Refused => self.lingering -= 1,
            Standing::Free => {}
        }
    }

    /// Whether one that was refused may take its time to read why.
    fn may_linger(&self) -> bool {
        self.lingering <= REFUSED_LINGERING
    }

    /// A connection that ends leaves its debts to those who come next from its address.
    fn leave_debts(&mut self, origin: Origin, debts: Debts, now: Now) {
        self.addresses.of(origin).leave(debts, now.steady);
    }

    /// The earliest moment at which a client may try to enter, if that is not now.
    pub(super) fn entry_wait(&self, peer: Peer, now: Now) -> Option<Millis> {
        self.addresses.entries(origin_of(peer)?).wait(self.limits.entries.into(), now.steady)
    }

    /// A client tries to enter.
    pub(super) fn charge_entry(&mut self, peer: Peer, now: Now) {
        if let Some(origin) = origin_of(peer) {
            self.addresses.of(origin).entries.take(self.limits.entries.into(), now.steady);
        }
    }

    /// A wrong secret came from there: until when the client is not heard, longer each time.
    pub(super) fn penalty(&mut self, origin: Origin, now: Now) -> Millis {
        now.steady + self.addresses.penalty(origin, now.steady)
    }

    /// So much work was made for others from there, in nanoseconds; says until when more has to wait.
    pub(super) fn charge_work(&mut self, origin: Origin, work: u64, now: Now) -> Option<Millis> {
        self.addresses.of(origin).work.take_work(self.limits.work_per_address.into(), work, now.steady)
    }

    /// Whether one has to give the password before one may enter.
    pub(super) fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// Whether that is the password, or there is none.
    pub(super) fn is_opened_by(&self, word: &str) -> bool {
        self.password.as_ref().is_none_or(|password| password.matches(word))
    }

    /// When something is due here next.
    pub(super) fn next_due(&self) -> Option<Millis> {
        [self.strangers.next_due(), self.bans.due()].into_iter().flatten().min()
    }

    /// Checks what must hold between ticks, when there are so many of each standing.
    pub(super) fn check_invariants(&self, count: impl Fn(Standing) -> usize) {
        assert_eq!(count(Standing::LetIn), self.addresses.total(), "as many are let in as there are");
        assert_eq!(count(Standing::Refused), self.lingering, "as many are refused as there are");
        self.addresses.check_invariants();
    }
}
