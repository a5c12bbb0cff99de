//! Whether the acknowledgements of a client's messages wait a moment for company, so that one write
//! does for both. They do where it has just paid, and go at once elsewhere: to a client that waits
//! for each answer before it goes on, every moment is lost.
//!
//! What comes right behind an acknowledgement that went at once tells without cost what waiting would
//! have brought. What waits may keep a client waiting that hears from others now and then, so one of
//! several goes at once all the same, of the more the longer it has paid.

use std::time::Duration;

use crate::chat::Millis;
use crate::limits::{ACKNOWLEDGE_MOST, BURSTS_PASSED_OVER, WAITS_WITHOUT_LOOK};

/// A tick: its number tells it from others in the same millisecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::server) struct Tick {
    number: u32,
    /// Milliseconds, of which only the difference of near ones counts: they wrap.
    millis: u32,
}

impl Tick {
    /// The one behind this.
    pub(in crate::server) fn next(self, at: Millis) -> Self {
        Self { number: self.number.wrapping_add(1), millis: u32::try_from(at.0 & 0xffff_ffff).unwrap_or(0) }
    }

    fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.millis.wrapping_sub(earlier.millis).into())
    }
}

/// What becomes of an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Wait {
    /// It goes in this tick.
    No,
    /// It waits, and nothing did before it.
    Begins,
    /// It waits with the one before.
    GoesOn,
}

/// One client's.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Patience {
    state: State,
    /// How often it waits before one goes at once.
    trust: u8,
    /// Bursts since waiting paid last that were taken for a sign that the client does not wait.
    disappointments: u8,
    /// How many more bursts are no such sign.
    passed_over: u16,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Acknowledgements go at once; one has gone, behind which nothing has come yet.
    AtOnce(Option<Tick>),
    /// Acknowledgements wait, so many more times; one waits now, perhaps.
    Waits { left: u8, now: Option<Moment> },
}

/// An acknowledgement's wait, and what it has brought.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Alone {
        since: u32,
    },
    /// Something that was to be written in that tick anyway.
    Shared,
    /// Something that the client was told.
    Company,
    /// Another line of the client's, which does not wait for answers then.
    Answer,
}

impl Default for Patience {
    fn default() -> Self {
        Self { state: State::AtOnce(None), trust: 1, disappointments: 0, passed_over: 0 }
    }
}

impl Patience {
    /// An acknowledgement is queued, perhaps for a connection that is written to in this tick anyway.
    pub(in crate::server) fn acknowledge(&mut self, tick: Tick, goes_anyway: bool) -> Wait {
        match &mut self.state {
            State::AtOnce(last) => {
                let before = last.replace(tick);
                if before.is_some_and(|before| before.number == tick.number) {
                    self.note_burst();
                } else if before.is_some() {
                    self.trust = 1;
                }
                Wait::No
            }
            State::Waits { left: 0, .. } => {
                self.state = State::AtOnce(Some(tick));
                Wait::No
            }
            State::Waits { now: None, .. } if goes_anyway => Wait::No,
            State::Waits { now: now @ None, .. } => {
                *now = Some(Moment::Alone { since: tick.number });
                Wait::Begins
            }
            State::Waits { now: Some(moment), .. } => {
                *moment = match *moment {
                    Moment::Alone { since } if since != tick.number => Moment::Answer,
                    Moment::Shared => Moment::Alone { since: tick.number },
                    other => other,
                };
                Wait::GoesOn
            }
        }
    }

    /// Something else is queued, by the client's own doing or not.
    #[inline]
    pub(in crate::server) fn note(&mut self, tick: Tick, is_own: bool) {
        match &mut self.state {
            State::AtOnce(None) | State::Waits { now: None, .. } => {}
            State::AtOnce(Some(last)) if last.number == tick.number => {}
            State::AtOnce(Some(last)) => {
                let is_company = !is_own && tick.since(*last) < ACKNOWLEDGE_MOST;
                self.trust = if is_company { self.trust.saturating_mul(2).min(WAITS_WITHOUT_LOOK) } else { 1 };
                self.state =
                    if is_company { State::Waits { left: self.trust, now: None } } else { State::AtOnce(None) };
            }
            State::Waits { now: Some(moment), .. } => {
                if let Moment::Alone { since } = *moment {
                    *moment = match (since == tick.number, is_own) {
                        (true, _) => Moment::Shared,
                        (false, true) => Moment::Answer,
                        (false, false) => Moment::Company,
                    };
                }
            }
        }
    }

    /// The moment that one has waited is over.
    pub(in crate::server) fn end(&mut self) {
        let State::Waits { left, now } = &mut self.state else { return };
        match now.take() {
            Some(Moment::Alone { .. }) => {
                self.state = State::AtOnce(None);
                self.trust = 1;
                self.passed_over = BURSTS_PASSED_OVER << (2 * self.disappointments);
                self.disappointments = (self.disappointments + 1).min(2);
            }
            Some(Moment::Company) => {
                *left -= 1;
                self.disappointments = 0;
            }
            Some(Moment::Answer) => self.disappointments = 0,
            Some(Moment::Shared) | None => {}
        }
    }

    /// Several lines came at once: the client does not wait for each answer. It may wait for all of
    /// them; then this is no sign for a while.
    fn note_burst(&mut self) {
        match self.passed_over.checked_sub(1) {
            Some(left) => self.passed_over = left,
            None => self.state = State::Waits { left: self.trust, now: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(number: u32) -> Tick {
        Tick { number, millis: number }
    }

    /// How many of so many acknowledgements, one a tick, wait; nothing else happens, and each wait ends.
    fn waits(patience: &mut Patience, ticks: std::ops::Range<u32>) -> usize {
        ticks
            .filter(|number| {
                let wait = patience.acknowledge(tick(*number), false);
                patience.end();
                wait != Wait::No
            })
            .count()
    }

    #[test]
    fn a_client_that_waits_for_each_answer_is_never_made_to() {
        let mut patience = Patience::default();
        assert_eq!(waits(&mut patience, 0..10_000), 0);
    }

    #[test]
    fn where_an_answer_would_have_found_company_the_next_waits_and_one_that_is_left_alone_is_the_last() {
        let mut patience = Patience::default();
        assert_eq!(patience.acknowledge(tick(0), false), Wait::No);
        patience.note(tick(0), false);
        patience.note(tick(1), true);
        assert_eq!(patience.acknowledge(tick(2), false), Wait::No, "nothing but what it asked for itself");
        patience.note(tick(3), false);
        assert_eq!(patience.acknowledge(tick(4), false), Wait::Begins);
        patience.note(tick(4), false);
        patience.end();
        assert_eq!(patience.acknowledge(tick(5), false), Wait::Begins, "written in its own tick: no sign of anything");
        patience.note(tick(5), false);
        patience.end();
        assert_eq!(patience.acknowledge(tick(6), true), Wait::No, "it would have waited");
        assert_eq!(patience.acknowledge(tick(7), false), Wait::Begins);
        patience.end();
        assert_eq!(patience.acknowledge(tick(8), false), Wait::No, "the last was alone");
    }

    #[test]
    fn company_that_comes_too_late_is_none() {
        let mut patience = Patience::default();
        patience.acknowledge(tick(0), false);
        let late = u32::try_from(ACKNOWLEDGE_MOST.as_millis()).unwrap();
        patience.note(tick(late), false);
        assert_eq!(patience.acknowledge(tick(late + 1), false), Wait::No);
    }

    #[test]
    fn one_that_waits_but_hears_from_others_is_found_out() {
        let mut patience = Patience::default();
        patience.acknowledge(tick(0), false);
        patience.note(tick(1), false);
        let mut waited = 0;
        for number in (2..).step_by(2) {
            if patience.acknowledge(tick(number), false) == Wait::No {
                break;
            }
            waited += 1;
            patience.note(tick(number + 1), false);
            patience.end();
        }
        assert_eq!(waited, 2);
        assert_eq!(waits(&mut patience, 100..1_000), 0);
    }

    #[test]
    fn in_a_lively_talk_almost_all_wait() {
        let mut patience = Patience::default();
        let mut at_once = 0;
        for number in (0..2_000).step_by(2) {
            at_once += usize::from(patience.acknowledge(tick(number), false) == Wait::No);
            patience.note(tick(number + 1), false);
            patience.end();
        }
        assert!(at_once < 25, "{at_once} of 1000 go alone");
        assert!(at_once > 15, "{at_once} of 1000 look whether waiting still pays");
    }

    #[test]
    fn one_that_sends_on_and_on_waits_from_its_second_burst_and_one_that_waits_after_each_burst_seldom() {
        let mut patience = Patience::default();
        patience.acknowledge(tick(0), false);
        assert_eq!(patience.acknowledge(tick(0), false), Wait::No);
        assert_eq!(patience.acknowledge(tick(1), false), Wait::Begins);
        for number in 2..1_000 {
            assert_eq!(patience.acknowledge(tick(number), false), Wait::GoesOn);
            if number % 10 == 0 {
                patience.end();
                assert_eq!(patience.acknowledge(tick(number), false), Wait::Begins);
            }
        }
        let mut alone = 0;
        for number in 2_000..22_000 {
            let wait = patience.acknowledge(tick(number), false);
            patience.acknowledge(tick(number), false);
            patience.end();
            alone += usize::from(wait != Wait::No);
        }
        assert!(alone <= 10, "{alone} of 20000 bursts were made to wait");
    }
}
