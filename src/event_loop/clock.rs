//! The one place of the daemon that reads a clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::chat::{Millis, Now, UnixMillis};

/// Both clocks, the steady one counted from when this was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    start: Instant,
}

#[expect(clippy::disallowed_methods, reason = "this is the edge where time comes in")]
impl Clock {
    pub(super) fn new() -> Self {
        Self { start: Instant::now() }
    }

    /// The steady clock at its finest, for measuring.
    pub(super) fn precise(&self) -> Duration {
        self.start.elapsed()
    }

    pub(super) fn now(&self) -> Now {
        self.at(self.precise())
    }

    /// Both clocks, the steady one having just been read.
    pub(super) fn at(&self, precise: Duration) -> Now {
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { steady: Millis(millis(precise)), wall: UnixMillis(millis(wall)) }
    }
}
