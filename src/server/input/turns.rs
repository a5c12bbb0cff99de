//! Whose turn it is to say something to many, and what that costs: the work of a tick is bounded, and
//! what is short never waits for what is long.
//!
//! A line for many, or a listing, is handled when what was said to many before has been offered to
//! everybody, and as long as the tick's budget lasts. One that comes later waits behind those that
//! wait already, and its client is not heard until then.

use super::haste::Wait;
use crate::chat::{CloseReason, Command, Now, Reach, UserKey};
use crate::limits::{COPY_WORK, ROW_WORK, WORK_OF_A_LINE, WRITE_BYTE_WORK, WRITE_WORK};
use crate::server::connection_id::ConnectionId;
use crate::server::{Server, Stream};

impl<S: Stream> Server<S> {
    /// How much may be done for many before those who wait already have their turn.
    pub(in crate::server) fn spare_at_first(&self) -> u64 {
        let is_free = self.connections.waiting.is_empty() && !self.is_behind;
        if is_free { self.budget.lines } else { 0 }
    }

    /// Gives those their turn whose next line is for many, as long as there is time.
    pub(in crate::server) fn take_turns(&mut self, had_waited: bool, now: Now) {
        if had_waited && !self.is_behind {
            self.connections.outputs.spare = self.budget.lines;
        }
        while self.connections.outputs.spare > 0
            && let Some(id) = self.connections.take_turn()
        {
            self.give_turn(id, now);
        }
        self.connections.pass_over_gone();
    }

    /// Whether a command is handled now; otherwise its client waits for its turn.
    #[inline]
    pub(in crate::server) fn has_turn(&mut self, id: ConnectionId, command: &Command<'_>) -> bool {
        if self.connections.outputs.spare > 0 || !self.is_for_many(id, command) {
            return true;
        }
        self.connections.wait_for_turn(id);
        false
    }

    /// Whether a user that goes does so now; otherwise its client waits for its turn, since all in its
    /// rooms are told. One whose place is kept does not go.
    pub(in crate::server) fn may_go(&mut self, id: ConnectionId) -> bool {
        let is_kept = self.is_place_kept(id, CloseReason::Disconnected);
        let reach = if is_kept { None } else { self.user_of(id).map(|user| self.chat.reach_of_leaving(user)) };
        if self.connections.outputs.spare > 0 || reach.is_none_or(|reach| work_of(reach) <= WORK_OF_A_LINE) {
            return true;
        }
        self.connections.wait_for_turn(id);
        false
    }

    #[cold]
    fn is_for_many(&self, id: ConnectionId, command: &Command<'_>) -> bool {
        self.user_of(id).is_some_and(|user| work_of(self.chat.reach(user, command)) >= self.budget.short)
    }

    fn user_of(&self, id: ConnectionId) -> Option<UserKey> {
        self.connections.get(id).user()
    }

    /// A turn is over: the work that its lines have made is charged to the connection and to its
    /// address. One that has made too much is not heard for a while.
    #[inline]
    pub(in crate::server) fn charge_work(&mut self, id: ConnectionId, now: Now) {
        let work = std::mem::take(&mut self.connections.outputs.charged);
        if work > WORK_OF_A_LINE {
            self.charge_much(id, work, now);
        }
    }

    #[cold]
    fn charge_much(&mut self, id: ConnectionId, work: u64, now: Now) {
        let connection = self.connections.get_mut(id);
        let Some(address) = connection.peer.address() else { return };
        let own = connection.rare().work.take_work(self.limits.work.into(), work, now.steady);
        let shared = self.gate.charge_work(address.ip().into(), work, now);
        if let Some(until) = own.max(shared) {
            self.pause(id, Wait::TooFast(until), &[], now);
        }
    }
}

/// How long it takes to write so many bytes to one, in nanoseconds.
pub(in crate::server) fn work_of_write(bytes: usize) -> u64 {
    WRITE_WORK + WRITE_BYTE_WORK * bytes as u64
}

/// How long it takes, in nanoseconds.
fn work_of(reach: Reach) -> u64 {
    let told = reach.told as u64 * (COPY_WORK + reach.bytes as u64 / 2);
    told + reach.rows as u64 * ROW_WORK
}
