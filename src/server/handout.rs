//! What very many are told is put into their queues over several ticks. Nobody sees another order:
//! whoever is told something else, or goes, is given first what is still to come.

use std::collections::BTreeSet;

use super::connection::Connection;
use super::connections::Connections;
use super::outbox::{Lines, Spread};
use super::outgoing::Outgoing;
use super::stream::Stream;
use crate::chat::UserKey;
use crate::limits::COPY_WORK;

/// Lines, and those who are still to be given them. A user that goes is passed over; one that is away
/// or comes back is still the same.
#[derive(Debug)]
pub(super) struct Handout {
    to: BTreeSet<UserKey>,
    lines: Lines,
}

/// What putting so many bytes into one queue takes, in nanoseconds.
fn work_of(bytes: usize) -> u64 {
    COPY_WORK + bytes as u64 / 2
}

impl Outgoing {
    /// Gives a connection what its user is still to be given.
    #[cold]
    #[inline(never)]
    pub(super) fn catch_up<S: Stream>(&mut self, connection: &mut Connection<S>) {
        let Some(mut handout) = self.handout.take() else { return };
        if connection.user().is_some_and(|user| handout.to.remove(&user)) {
            let lines = handout.lines.of(connection.dialect);
            self.append_bulk(connection, lines);
        }
        self.handout = Some(handout);
    }
}

impl<S: Stream> Connections<S> {
    /// Puts lines into the queues of those they are for, but for so many at the start: at once, or over
    /// several ticks if that is much work. There is one such handout at a time.
    pub(super) fn copy_out(&mut self, spread: &Spread, done: usize) {
        let (lines, count) = (spread.lines(), spread.most().saturating_sub(done));
        if count as u64 * work_of(lines.len()) <= self.outgoing.copies {
            for user in spread.to().skip(done) {
                self.tell_bulk(user, lines);
            }
        } else {
            self.hand_out(u64::MAX);
            let to = spread.to().skip(done).collect();
            self.outgoing.handout = Some(Box::new(Handout { to, lines: lines.clone() }));
        }
        self.relieve_memory();
    }

    /// Goes on with what is handed out over several ticks, as long as there is time.
    pub(super) fn hand_out(&mut self, mut time: u64) {
        let Some(mut handout) = self.outgoing.handout.take() else { return };
        while time > 0
            && let Some(user) = handout.to.pop_first()
        {
            time = time.saturating_sub(work_of(handout.lines.len()));
            self.tell_bulk_if_here(user, &handout.lines);
        }
        self.outgoing.handout = Some(handout).filter(|handout| !handout.to.is_empty());
        self.relieve_memory();
    }
}
