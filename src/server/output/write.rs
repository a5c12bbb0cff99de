//! From what is queued to the streams, once a tick for each connection.

use std::io;

use crate::chat::{CloseReason, Now};
use crate::server::connection::Flow;
use crate::server::connection_id::ConnectionId;
use crate::server::input::work_of_write;
use crate::server::output::Written;
use crate::server::{Server, Stream};

impl<S: Stream> Server<S> {
    /// Hands out what the last one to speak in this tick has said to many. Nobody else says anything
    /// to them before they are written to, so those who have nothing else to be told get it from
    /// where it is, without a copy in a queue of their own. Those for whom there is no time any more in
    /// this tick get one. Says how much time is left.
    pub(in crate::server) fn write_broadcast(&mut self, now: Now, time: u64) -> u64 {
        // Others have waited for longer.
        if self.is_behind {
            self.connections.deliver();
            return time;
        }
        // There is no time for all of it: answers go first.
        if self.connections.broadcast_work() > time {
            self.write_dirty(now);
        }
        let Some(broadcast) = self.connections.take_broadcast() else { return time };
        let mut broken = Vec::new();
        let lines = broadcast.share(&mut self.connections.outputs.chunks);
        let work = work_of_write(lines.len());
        let in_time = usize::try_from(time.div_ceil(work)).unwrap_or(usize::MAX);
        for user in broadcast.to().take(in_time) {
            let Some(id) = self.connections.of_user(user) else { continue };
            match self.connections.write_through(id, &lines) {
                Ok(is_written) => self.stats.note_writes(is_written.into()),
                Err(_) => broken.push(id),
            }
        }
        if broadcast.most() > in_time {
            for user in broadcast.to().skip(in_time) {
                self.connections.tell_bulk(user, &lines);
            }
        }
        let spent = work.saturating_mul(broadcast.most() as u64);
        self.connections.evict_largest();
        self.connections.give_back(broadcast);
        for id in broken {
            self.handle_broken(id, now);
        }
        time.saturating_sub(spent)
    }

    /// Writes to those for whom nothing waits but what many are told, as long as there is time.
    pub(in crate::server) fn write_bulk(&mut self, now: Now, mut time: u64) {
        while time > 0
            && let Some((id, waiting)) = self.connections.take_bulk()
        {
            time = time.saturating_sub(work_of_write(waiting));
            self.write(id, now);
        }
        self.close_evicted(now);
        self.write_dirty(now);
    }

    /// Writes to all that have output; a stream that breaks is closed, which may give others
    /// something to be told, so this goes on until nothing is left to do.
    #[inline]
    pub(in crate::server) fn write_dirty(&mut self, now: Now) {
        if !self.connections.outputs.dirty.is_empty() {
            self.write_all_dirty(now);
        }
    }

    fn write_all_dirty(&mut self, now: Now) {
        while !self.connections.outputs.dirty.is_empty() {
            let mut batch = self.take_batch(|connections| &mut connections.outputs.dirty);
            for id in batch.drain(..) {
                self.write(id, now);
            }
            self.batch = batch;
            self.close_evicted(now);
        }
    }

    #[inline]
    fn write(&mut self, id: ConnectionId, now: Now) {
        // One that was refused may have gone already.
        let Some((connection, outputs)) = self.connections.dirty(id) else { return };
        let (was_slow, was_usual) = (connection.is_slow(&self.limits), connection.is_usual());
        self.stats.note_writes(1);
        match outputs.write(connection) {
            Ok(Written::All) if was_usual => {}
            written => self.after_write(id, written, was_slow, now),
        }
    }

    /// What has been written was all that a connection on its way out had to be told, or not all.
    fn after_write(&mut self, id: ConnectionId, written: io::Result<Written>, was_slow: bool, now: Now) {
        match written {
            Err(_) => return self.handle_broken(id, now),
            Ok(Written::All) => self.after_last_byte(id),
            Ok(Written::Blocked) => {}
        }
        let connection = self.connections.get(id);
        if was_slow && !connection.is_slow(&self.limits) && connection.has_work() {
            self.connections.mark_ready(id);
        }
        self.watch_slow_consumer(id, now);
    }

    /// A stream has turned out to be broken. Its user goes, when it has its turn if many are told.
    fn handle_broken(&mut self, id: ConnectionId, now: Now) {
        if self.may_go(id) {
            self.break_off(id, now);
        } else {
            self.connections.get_mut(id).flow = Flow::Broken;
            self.watch_slow_consumer(id, now);
        }
    }

    /// Gives a client that stays above a limit a time in which to read.
    fn watch_slow_consumer(&mut self, id: ConnectionId, now: Now) {
        let connection = self.connections.get_mut(id);
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
    pub(in crate::server) fn judge(&mut self, id: ConnectionId, now: Now) {
        self.write(id, now);
        let connection = self.connections.get_mut(id);
        if connection.is_open() && connection.slow_due(&self.limits).is_some_and(|due| due <= now.steady) {
            // Who leaves that much unread is not sent it before the farewell.
            connection.is_evicted = connection.is_stuck(&self.limits);
            self.close(id, CloseReason::SlowConsumer.into(), now);
        }
    }
}
