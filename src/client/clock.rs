//! The clocks: one that never goes back and counts the time this computer was asleep, so that a
//! sleep shows as a gap; and the one on the wall, which says what day it is.

use std::time::Duration;

use crate::chat::{Millis, UnixMillis};

/// The time now.
pub(super) fn now() -> Millis {
    Millis(0) + since_start()
}

/// The time on the wall.
pub(super) fn wall() -> UnixMillis {
    UnixMillis(u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default())
}

#[cfg(target_os = "linux")]
fn since_start() -> Duration {
    use nix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or_else(|_| awake_since_start(), Duration::from)
}

/// Other systems have no clock of that kind in common; there a sleep does not show.
#[cfg(not(target_os = "linux"))]
fn since_start() -> Duration {
    awake_since_start()
}

#[expect(clippy::disallowed_methods, reason = "the edge of the program: here the time comes in")]
fn awake_since_start() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}
