//! From what is queued to the streams, once a tick for each connection.

use std::io;

use crate::chat::{CloseReason, Now};
use crate::server::connection::Flow;
use crate::server::input::work_of_write;
use crate::server::output::Written;
use crate::server::token::Token;
use crate::server::{Server, Stream};

impl<S: Stream> Server<S> {
    /// Hands out what the last one to speak in this tick has said to many. Nobody else says anything
    /// to them before they are written to, so those who have nothing else to be told get it from
    /// where it is, without a copy in a queue of their own. Those for whom there is no time any more in
    /// this tick get one. Says how much time is left.
    pub(in crate::server) fn write_spread(&mut self, now: Now, time: u64) -> u64 {
        // Others have waited for longer.
        if self.is_behind {
            self.connections.deliver();
            return time;
        }
        // There is no time for all of it: answers go first.
        if self.connections.spread_work() > time {
            self.write_dirty(now);
        }
        let Some(spread) = self.connections.take_spread() else { return time };
        let mut broken = Vec::new();
        let lines = spread.share(&mut self.connections.outgoing.chunks);
        let work = work_of_write(lines.len());
        let in_time = usize::try_from(time.div_ceil(work)).unwrap_or(usize::MAX);
        for user in spread.to().take(in_time) {
            let Some(token) = self.connections.of_user(user) else { continue };
            match self.connections.write_through(token, &lines) {
                Ok(is_written) => self.stats.writes += u64::from(is_written),
                Err(_) => broken.push(token),
            }
        }
        if spread.most() > in_time {
            for user in spread.to().skip(in_time) {
                self.connections.tell_bulk(user, &lines);
            }
        }
        let spent = work.saturating_mul(spread.most() as u64);
        self.connections.relieve_memory();
        self.connections.give_back(spread);
        for token in broken {
            self.lose(token, now);
        }
        time.saturating_sub(spent)
    }

    /// Writes to those for whom nothing waits but what many are told, as long as there is time.
    pub(in crate::server) fn write_bulk(&mut self, now: Now, mut time: u64) {
        while time > 0
            && let Some((token, waiting)) = self.connections.take_bulk()
        {
            time = time.saturating_sub(work_of_write(waiting));
            self.write(token, now);
        }
        self.close_doomed(now);
        self.write_dirty(now);
    }

    /// Writes to all that have output; a stream that breaks is closed, which may give others
    /// something to be told, so this goes on until nothing is left to do.
    #[inline]
    pub(in crate::server) fn write_dirty(&mut self, now: Now) {
        if !self.connections.outgoing.dirty.is_empty() {
            self.write_all_dirty(now);
        }
    }

    fn write_all_dirty(&mut self, now: Now) {
        while !self.connections.outgoing.dirty.is_empty() {
            let mut batch = self.take_batch(|connections| &mut connections.outgoing.dirty);
            for token in batch.drain(..) {
                self.write(token, now);
            }
            self.batch = batch;
            self.close_doomed(now);
        }
    }

    #[inline]
    fn write(&mut self, token: Token, now: Now) {
        let Some(connection) = self.connections.get(token) else { return };
        let (was_slow, was_usual) = (connection.is_slow(&self.limits), connection.is_usual());
        self.stats.writes += 1;
        match self.connections.write_out(token) {
            Ok(Written::All) if was_usual => {}
            written => self.after_write(token, written, was_slow, now),
        }
    }

    /// What has been written was all that a connection on its way out had to be told, or not all.
    fn after_write(&mut self, token: Token, written: io::Result<Written>, was_slow: bool, now: Now) {
        match written {
            Err(_) => return self.lose(token, now),
            Ok(Written::All) => self.after_last_byte(token),
            Ok(Written::Blocked) => {}
        }
        let Some(connection) = self.connections.get(token) else { return };
        if was_slow && !connection.is_slow(&self.limits) && connection.has_work() {
            self.connections.mark_ready(token);
        }
        self.watch_slow_consumer(token, now);
    }

    /// A stream has turned out to be broken. Its user goes, when it has its turn if many are told.
    fn lose(&mut self, token: Token, now: Now) {
        if self.may_go(token) {
            self.break_off(token, now);
        } else if let Some(connection) = self.connections.get_mut(token) {
            connection.flow = Flow::Broken;
            self.watch_slow_consumer(token, now);
        }
    }

    /// Gives a client that stays above a limit a time in which to read.
    fn watch_slow_consumer(&mut self, token: Token, now: Now) {
        let Some(connection) = self.connections.get_mut(token) else { return };
        let (is_slow, is_stuck) = (connection.is_slow(&self.limits), connection.is_stuck(&self.limits));
        let is_known = connection.slow_since().is_some() == is_slow && connection.stuck_since().is_some() == is_stuck;
        if connection.is_open() && !is_known {
            let rare = connection.rare();
            rare.slow_since = is_slow.then_some(rare.slow_since.unwrap_or(now.steady));
            rare.stuck_since = is_stuck.then_some(rare.stuck_since.unwrap_or(now.steady));
        }
    }

    /// The time of a client that stays above a limit may be over. Who is slow is said after a write
    /// only, so what waits is offered once more.
    pub(in crate::server) fn judge(&mut self, token: Token, now: Now) {
        self.write(token, now);
        let Some(connection) = self.connections.get_mut(token).filter(|connection| connection.is_open()) else {
            return;
        };
        if connection.slow_due(&self.limits).is_some_and(|due| due <= now.steady) {
            // Who leaves that much unread is not sent it before the farewell.
            connection.is_doomed = connection.is_stuck(&self.limits);
            self.close(token, CloseReason::SlowConsumer.into(), now);
        }
    }
}
