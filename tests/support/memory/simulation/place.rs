//! The books of a kept place, as docs/PROTOCOL.md wants them kept: every line told since `KEEP`,
//! which of them have been written, acknowledged, forgotten. Shared with the client they are for,
//! who compares each line that arrives with the one that was to come next.

use std::cell::RefCell;
use std::rc::Rc;

/// Lines are kept up to so many bytes.
const KEPT_BYTES: usize = 64 * 1024;

/// Every line told since `KEEP`, in order.
pub(crate) type Log = Rc<RefCell<Vec<String>>>;

/// A place without a connection: which machine left it, how many were left before it, whose it is.
pub(crate) type Left = (String, u64, String);

/// Whose place is given up when one machine has left more than it may, or all more than they may
/// together (0 is any number): the oldest of the machine with most, and of several such the oldest.
pub(crate) fn surplus(left: &[Left], of_machine: usize, of_all: usize) -> Option<String> {
    let count = |machine: &str| left.iter().filter(|(other, ..)| other == machine).count();
    let most = left.iter().map(|(machine, ..)| count(machine)).max()?;
    let is_too_many = of_machine > 0 && most > of_machine || of_all > 0 && left.len() > of_all;
    let oldest = left.iter().filter(|(machine, ..)| count(machine) == most).min_by_key(|(_, number, _)| *number);
    oldest.filter(|_| is_too_many).map(|(_, _, name)| name.clone())
}

/// What is kept for a user.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) secret: String,
    pub(crate) log: Log,
    /// How many lines are forgotten, from the start.
    pub(crate) forgotten: usize,
    /// How many lines the client has said it has seen.
    pub(crate) seen: usize,
    /// Up to which the senders of private ones that are lost have been told so.
    pub(crate) told_lost: usize,
    /// How many commands have been answered.
    pub(crate) answered: u64,
    /// Bytes of the lines that are not forgotten.
    pub(crate) bytes: usize,
}

impl Kept {
    pub(crate) fn push(&mut self, line: &str) {
        self.bytes += line.len() + 1;
        self.log.borrow_mut().push(line.to_owned());
    }

    /// A line that was told in the middle of what is known.
    pub(crate) fn insert(&mut self, behind: usize, line: &str) {
        let mut log = self.log.borrow_mut();
        let place = log.len() - behind;
        log.insert(place, line.to_owned());
        self.bytes += line.len() + 1;
    }

    /// The line so far from the end has been seen to its last letter.
    pub(crate) fn correct(&mut self, behind: usize, line: &str) {
        let mut log = self.log.borrow_mut();
        let place = log.len() - behind;
        if place >= self.forgotten {
            self.bytes = self.bytes + line.len() - log[place].len();
        }
        line.clone_into(&mut log[place]);
    }

    /// `@ SEEN`.
    pub(crate) fn acknowledge(&mut self, seen: u64) {
        let Ok(seen) = usize::try_from(seen) else { return };
        if seen >= self.forgotten && seen <= self.log.borrow().len() {
            self.forget(seen);
            self.seen = seen;
        }
    }

    /// Forgets the oldest lines while there are too many to keep, but none that is not written,
    /// of which there are so many bytes.
    pub(crate) fn bound(&mut self, unwritten: usize) {
        while self.bytes > KEPT_BYTES {
            let Some(length) = self.log.borrow().get(self.forgotten).map(|line| line.len() + 1) else { return };
            if self.bytes - length < unwritten {
                return;
            }
            self.forget(self.forgotten + 1);
        }
    }

    /// What is written again to one who has seen so many, and how many lines are lost. `None` when
    /// that cannot be.
    pub(crate) fn rewind(&mut self, seen: u64) -> Option<(Vec<String>, u64)> {
        let seen = usize::try_from(seen).ok().filter(|seen| (self.seen..=self.log.borrow().len()).contains(seen))?;
        let lost = self.forgotten.saturating_sub(seen);
        if lost == 0 {
            self.forget(seen);
            self.seen = seen;
        }
        let again = self.log.borrow().iter().skip(self.forgotten).cloned().collect();
        Some((again, lost as u64))
    }

    fn forget(&mut self, until: usize) {
        let log = self.log.borrow();
        self.bytes -= log.iter().take(until).skip(self.forgotten).map(|line| line.len() + 1).sum::<usize>();
        self.forgotten = until;
    }
}
