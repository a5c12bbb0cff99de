//! Requests of others that wait for this user's answer.

use crate::chat::{Name, Purpose};
use crate::limits::REQUESTS_WAITING;

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Incoming {
    pub(super) from: Name,
    pub(super) purpose: Purpose,
}

/// All that wait, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Pending(Vec<Incoming>);

impl Pending {
    pub(super) fn add(&mut self, from: Name, purpose: Purpose) {
        self.remove(from);
        // A server keeps to this; one that does not must not fill the memory.
        if self.0.len() < REQUESTS_WAITING {
            self.0.push(Incoming { from, purpose });
        }
    }

    pub(super) fn remove(&mut self, from: Name) {
        self.0.retain(|incoming| incoming.from != from);
    }

    /// Forgets those that asked for this room: I am in it now.
    pub(super) fn remove_for(&mut self, purpose: Purpose) {
        self.0.retain(|incoming| incoming.purpose != purpose);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The only one, if there is exactly one.
    pub(super) fn only(&self) -> Option<Incoming> {
        match self.0.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Incoming> {
        self.0.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
