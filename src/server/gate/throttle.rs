//! How often one may do something: the generic cell rate algorithm (ITU-T I.371), a token bucket
//! that is a single number.

use std::time::Duration;

use crate::chat::Millis;
use crate::limits::Rate;

/// A [`Rate`] as it is reckoned with, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Pace {
    interval: u64,
    /// How far the bucket may be in debt. Without bounds when there is no limit.
    tolerance: u64,
}

impl From<Rate> for Pace {
    fn from(rate: Rate) -> Self {
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let tolerance = rate.burst.checked_sub(1).and_then(|more| rate.interval.checked_mul(more));
        Self { interval: millis(rate.interval), tolerance: tolerance.map_or(u64::MAX, millis) }
    }
}

/// One client's use of one [`Rate`]: the moment at which its bucket will be full again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::server) struct Throttle(Millis);

impl Throttle {
    /// One that is full again then.
    pub(in crate::server) fn until(at: Millis) -> Self {
        Self(at)
    }

    /// Until when one more has to wait; `None` when it need not.
    pub(in crate::server) fn wait(self, pace: Pace, now: Millis) -> Option<Millis> {
        let earliest = Millis(self.0.0.saturating_sub(pace.tolerance));
        (earliest > now).then_some(earliest)
    }

    /// How long one more would have to wait behind `more` others.
    pub(in crate::server) fn wait_after(self, pace: Pace, more: u64, now: Millis) -> Duration {
        let debt = self.0.max(now).0.saturating_add(pace.interval.saturating_mul(more));
        Millis(debt.saturating_sub(pace.tolerance)).since(now)
    }

    /// Has one more happen if it need not wait, and says until when otherwise.
    pub(in crate::server) fn admit(&mut self, pace: Pace, now: Millis) -> Option<Millis> {
        let wait = self.wait(pace, now);
        if wait.is_none() {
            self.take(pace, now);
        }
        wait
    }

    /// One more happens.
    pub(in crate::server) fn take(&mut self, pace: Pace, now: Millis) {
        self.0 = Millis(self.0.max(now).0.saturating_add(pace.interval));
    }

    /// So many nanoseconds of work are done, of which `pace` allows a millisecond at a time; says until
    /// when more has to wait.
    pub(in crate::server) fn take_work(&mut self, pace: Pace, work: u64, now: Millis) -> Option<Millis> {
        let span = pace.interval.saturating_mul(work) / 1_000_000;
        self.0 = Millis(self.0.max(now).0.saturating_add(span));
        self.wait(pace, now)
    }

    /// When its bucket will be full again, if it is not.
    pub(in crate::server) fn pending(self, now: Millis) -> Option<Millis> {
        (self.0 > now).then_some(self.0)
    }

    /// Whether nothing has happened for so long that it need not be remembered.
    pub(in crate::server) fn is_idle(self, now: Millis) -> bool {
        self.0 <= now
    }
}

/// What a client has done too much of to do more at once. It outlives the connection, or a new one
/// would be a way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::server) struct Debts {
    pub(in crate::server) lines: Throttle,
    pub(in crate::server) requests: Throttle,
    pub(in crate::server) announcements: Throttle,
    /// Wrong secrets: until when none is looked at.
    pub(in crate::server) secrets: Throttle,
}

impl Debts {
    /// Whether there is nothing to wait for.
    pub(in crate::server) fn is_paid(&self, now: Millis) -> bool {
        [self.lines, self.requests, self.announcements, self.secrets].iter().all(|throttle| throttle.is_idle(now))
    }

    /// The more of each.
    pub(in crate::server) fn and(self, other: Self) -> Self {
        Self {
            lines: self.lines.max(other.lines),
            requests: self.requests.max(other.requests),
            announcements: self.announcements.max(other.announcements),
            secrets: self.secrets.max(other.secrets),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_at_once_and_the_rest_at_the_rate() {
        let pace = Pace::from(Rate { burst: 3, interval: Duration::from_millis(100) });
        let (mut throttle, mut now, mut times) = (Throttle::default(), Millis(1_000), Vec::new());
        while times.len() < 6 {
            match throttle.admit(pace, now) {
                Some(until) => now = until,
                None => times.push(now.0),
            }
        }
        assert_eq!(times, [1_000, 1_000, 1_000, 1_100, 1_200, 1_300]);
        assert!(throttle.wait(pace, Millis(2_000)).is_none());
        assert!(throttle.is_idle(Millis(2_000)));
    }

    #[test]
    fn work_is_done_first_and_waited_for_afterwards() {
        let pace = Pace::from(Rate { burst: 3, interval: Duration::from_millis(40) });
        let (mut throttle, now) = (Throttle::default(), Millis(1_000));
        assert_eq!(throttle.take_work(pace, 2_000_000, now), None, "80 ms of the 80 that it may be in debt");
        assert_eq!(throttle.take_work(pace, 500_000, now), Some(Millis(1_020)));
        assert_eq!(throttle.take_work(pace, 10_000_000, Millis(1_100)), Some(Millis(1_420)));
    }

    #[test]
    fn no_burst_means_no_limit() {
        let pace = Pace::from(Rate { burst: 0, interval: Duration::ZERO });
        let mut throttle = Throttle::default();
        assert_eq!(throttle.take_work(pace, u64::MAX, Millis(5)), None);
        for _ in 0..1_000 {
            assert!(throttle.admit(pace, Millis(5)).is_none());
        }
    }
}
