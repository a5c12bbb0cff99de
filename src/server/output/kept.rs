//! The counts of a place that is kept: how many lines have been sent and seen, how many commands
//! answered. The idea is XEP-0198's (stream management): both
//! sides count, so no line needs a number of its own.

use super::queue::Queue;
use crate::chat::Millis;
use crate::server::places::{Forgotten, Secret};
use crate::wire::Dialect;

/// A client that was asked for a sign of life.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct AskedForLife {
    pub(in crate::server) at: Millis,
    pub(in crate::server) until: Millis,
}

/// The number of lines a client says it has seen cannot be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) struct BadSequence;

/// What is counted since `KEEP`.
#[derive(Debug)]
pub(in crate::server) struct Kept {
    pub(in crate::server) secret: Secret,
    /// What the lines are in.
    pub(in crate::server) dialect: Dialect,
    /// Lines outside the count: what was queued before `KEEP`, the answer to `RESUME`. They are
    /// written before the queue.
    pub(in crate::server) prelude: Queue,
    /// The sign of life asked for, until it is due.
    pub(in crate::server) asked: Option<AskedForLife>,
    /// Commands answered.
    pub(in crate::server) answered: u64,
    /// Lines queued.
    pub(in crate::server) told: u64,
    /// Those of them that are not kept any more.
    forgotten: u64,
    /// Private ones among them that the client may not have seen, since it was told of any that were lost.
    pub(in crate::server) unread: Forgotten,
    /// Lines the client has said it has seen.
    seen: u64,
}

impl Kept {
    pub(in crate::server) fn new(secret: u128, dialect: Dialect) -> Self {
        Self {
            secret: Secret::new(secret),
            dialect,
            prelude: Queue::default(),
            asked: None,
            answered: 0,
            told: 0,
            forgotten: 0,
            unread: Forgotten::default(),
            seen: 0,
        }
    }

    /// How many bytes of `lines`, those that are kept, are seen by one who has seen so many in all; `None` if
    /// that cannot be.
    pub(in crate::server) fn length_of_seen(&self, seen: u64, lines: &Queue) -> Option<usize> {
        if seen == self.told {
            return Some(lines.len());
        }
        lines.length_of(seen.checked_sub(self.forgotten)?)
    }

    /// The client has seen so many lines, which are not kept any more.
    pub(in crate::server) fn note_seen(&mut self, seen: u64) {
        self.forgotten = seen;
        self.seen = seen;
        self.unread.clear();
    }

    /// Forgets at least `excess` bytes of these lines, the oldest, as whole lines; says how many bytes.
    pub(in crate::server) fn forget_oldest<'a>(
        &mut self,
        excess: usize,
        lines: impl Iterator<Item = (&'a [u8], usize)>,
    ) -> usize {
        let mut end = 0;
        for (line, next) in lines {
            if end >= excess {
                break;
            }
            end = next;
            self.forgotten += 1;
            self.unread.note(self.dialect, line, self.forgotten);
        }
        end
    }

    /// How many lines behind the `seen`th are not kept any more.
    pub(in crate::server) fn lost_before(&self, seen: u64) -> Result<u64, BadSequence> {
        if seen < self.seen || seen > self.told { Err(BadSequence) } else { Ok(self.forgotten.saturating_sub(seen)) }
    }

    /// Whether so many lines are kept.
    pub(in crate::server) fn is_counted_right(&self, lines: u64) -> bool {
        self.told == self.forgotten + lines
    }
}
