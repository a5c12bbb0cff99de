//! How often one may do something: the generic cell rate algorithm (ITU-T I.371), a token bucket
//! that is a single number.

use crate::chat::Millis;
use crate::limits::Rate;

/// One client's use of one [`Rate`]: the moment at which its bucket will be full again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Throttle(Millis);

impl Throttle {
    /// Until when one more has to wait; `None` when it need not.
    pub(super) fn wait(self, rate: Rate, now: Millis) -> Option<Millis> {
        let tolerance = rate.interval.checked_mul(rate.burst.checked_sub(1)?)?;
        let earliest = Millis(self.0.0.saturating_sub((Millis(0) + tolerance).0));
        (earliest > now).then_some(earliest)
    }

    /// One more happens.
    pub(super) fn take(&mut self, rate: Rate, now: Millis) {
        self.0 = self.0.max(now) + rate.interval;
    }

    /// Whether nothing has happened for so long that it need not be remembered.
    pub(super) fn is_idle(self, now: Millis) -> bool {
        self.0 <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_passes_at_once_and_the_rest_at_the_rate() {
        let rate = Rate { burst: 3, interval: Duration::from_millis(100) };
        let (mut throttle, mut now, mut times) = (Throttle::default(), Millis(1_000), Vec::new());
        while times.len() < 6 {
            match throttle.wait(rate, now) {
                Some(until) => now = until,
                None => {
                    throttle.take(rate, now);
                    times.push(now.0);
                }
            }
        }
        assert_eq!(times, [1_000, 1_000, 1_000, 1_100, 1_200, 1_300]);
        assert!(throttle.wait(rate, Millis(2_000)).is_none());
        assert!(throttle.is_idle(Millis(2_000)));
    }

    #[test]
    fn no_burst_means_no_limit() {
        let rate = Rate { burst: 0, interval: Duration::ZERO };
        let mut throttle = Throttle::default();
        for _ in 0..1_000 {
            assert!(throttle.wait(rate, Millis(5)).is_none());
            throttle.take(rate, Millis(5));
        }
    }
}
