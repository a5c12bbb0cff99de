//! Happenings that the log tells of one by one while they are few, and by their number while they
//! are many: the first at once, those behind it together a while later, and none never.

use crate::chat::{CloseReason, Millis};
use crate::limits::REFUSAL_LOG_INTERVAL;

/// Counts what one kind of line has not told yet, by reason.
#[derive(Debug)]
pub(in crate::server) struct Tally<R = CloseReason>(Vec<Count<R>>);

#[derive(Debug)]
struct Count<R> {
    reason: R,
    untold: u64,
    /// When more may be told.
    next: Millis,
}

impl<R> Default for Tally<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: Copy + PartialEq> Tally<R> {
    /// Something happened; it is told when it is due.
    pub(in crate::server) fn note(&mut self, reason: R) {
        match self.0.iter_mut().find(|count| count.reason == reason) {
            Some(count) => count.untold += 1,
            None => self.0.push(Count { reason, untold: 1, next: Millis(0) }),
        }
    }

    /// Whether nothing has ever happened.
    pub(in crate::server) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When [`Self::take_due`] has something next.
    pub(in crate::server) fn next_due(&self) -> Option<Millis> {
        self.0.iter().filter(|count| count.untold > 0).map(|count| count.next).min()
    }

    /// Takes what is to be told now: a reason, and how many.
    pub(in crate::server) fn take_due(&mut self, now: Millis) -> Option<(R, u64)> {
        let due = self.0.iter_mut().find(|count| count.untold > 0 && count.next <= now)?;
        due.next = now + REFUSAL_LOG_INTERVAL;
        Some((due.reason, std::mem::take(&mut due.untold)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_at_once_and_the_rest_together_and_nothing_is_lost() {
        let mut tally = Tally::default();
        assert_eq!(tally.next_due(), None);
        tally.note(CloseReason::Full);
        assert_eq!(tally.take_due(Millis(500)), Some((CloseReason::Full, 1)));
        for _ in 0..7 {
            tally.note(CloseReason::Full);
        }
        tally.note(CloseReason::Banned);
        assert_eq!(tally.take_due(Millis(501)), Some((CloseReason::Banned, 1)), "each reason for itself");
        assert_eq!(tally.take_due(Millis(10_499)), None);
        assert_eq!(tally.next_due(), Some(Millis(10_500)));
        assert_eq!(tally.take_due(Millis(10_500)), Some((CloseReason::Full, 7)));
        assert_eq!(tally.next_due(), None);
    }
}
