//! Random delays that come from a seed, so that a run can be had again.

use std::time::Duration;

/// A small generator (xorshift64*, Vigna 2016): good enough to keep hosts from speaking at once.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A time from `least` to `most`, both in milliseconds.
    pub(super) fn millis(&mut self, least: u64, most: u64) -> Duration {
        // The upper bits are the good ones.
        Duration::from_millis(least + (self.next() >> 33) % (most - least + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_keep_their_bounds_and_differ() {
        let mut random = Random::new(0);
        let mut delays: Vec<_> = (0..100).map(|_| random.millis(20, 120).as_millis()).collect();
        assert!(delays.iter().all(|delay| (20..=120).contains(delay)), "{delays:?}");
        delays.sort_unstable();
        delays.dedup();
        assert!(delays.len() > 30, "{delays:?}");
    }
}
