//! Requests of others that wait for this user's answer.

use crate::chat::{Name, Purpose};
use crate::limits::REQUESTS_WAITING;

/// One request. Another one of the same user is another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Incoming {
    pub(super) from: Name,
    pub(super) purpose: Purpose,
    number: u64,
}

/// All that wait, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Pending {
    waiting: Vec<Incoming>,
    /// Those that ended since a line was entered.
    over: Vec<Incoming>,
    /// How many there have been.
    count: u64,
    /// The one that the keys answer: the one whose line named them last. It may be over.
    keyed: Option<Incoming>,
}

impl Pending {
    /// Adds a request; says whether its line is to name the keys.
    pub(super) fn add(&mut self, from: Name, purpose: Purpose) -> bool {
        self.remove(from);
        self.count += 1;
        let incoming = Incoming { from, purpose, number: self.count };
        // A server keeps to this; one that does not must not fill the memory.
        if self.waiting.len() < REQUESTS_WAITING {
            self.waiting.push(incoming);
        }
        match self.keyed {
            None => self.keyed = Some(incoming),
            // Whoever presses a key now may still mean that one: then this one is named first.
            Some(over) if !self.contains(over) => return self.waiting.len() == 1,
            Some(_) => return false,
        }
        true
    }

    /// Nobody means a request any more that was over when a line was entered.
    pub(super) fn forget_over(&mut self) {
        self.over.clear();
        self.keyed = self.keyed.filter(|keyed| self.contains(*keyed));
    }

    /// Takes over how things stand; what was known already stays the same request.
    pub(super) fn replace(&mut self, standing: impl Iterator<Item = (Name, Purpose)>) {
        let before = std::mem::take(&mut self.waiting);
        for (from, purpose) in standing {
            match before.iter().find(|known| (known.from, known.purpose) == (from, purpose)) {
                Some(known) => self.waiting.push(*known),
                None => drop(self.add(from, purpose)),
            }
        }
    }

    pub(super) fn remove(&mut self, from: Name) {
        self.end(|incoming| incoming.from == from);
    }

    /// Forgets those that asked for this room: I am in it now.
    pub(super) fn remove_for(&mut self, purpose: Purpose) {
        self.end(|incoming| incoming.purpose == purpose);
    }

    pub(super) fn clear(&mut self) {
        self.end(|_| true);
    }

    fn end(&mut self, is_over: impl Fn(&Incoming) -> bool) {
        let (over, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting).into_iter().partition(is_over);
        self.waiting = waiting;
        self.over.extend(over);
        // More than one is as good as many: a bare answer names none of them.
        self.over.truncate(REQUESTS_WAITING);
    }

    /// The only one, if there is exactly one.
    pub(super) fn only(&self) -> Option<Incoming> {
        match self.waiting.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Incoming> {
        self.waiting.iter()
    }

    /// This user's request is being answered: the keys have no more to do with it.
    pub(super) fn answer(&mut self, from: Option<Name>) {
        self.keyed = self.keyed.filter(|keyed| Some(keyed.from) != from);
    }

    /// Those that wait, and those that ended since a line was entered.
    pub(super) fn heard_of(&self) -> Vec<Incoming> {
        self.over.iter().chain(&self.waiting).copied().collect()
    }

    pub(super) fn contains(&self, incoming: Incoming) -> bool {
        self.waiting.contains(&incoming)
    }

    /// The request that the keys answer, which may be over; they answer no other before it is named.
    pub(super) fn take_keyed(&mut self) -> Option<Incoming> {
        self.keyed.take()
    }

    /// Has the keys answer this one.
    pub(super) fn key(&mut self, incoming: Incoming) {
        self.keyed = Some(incoming);
    }
}
