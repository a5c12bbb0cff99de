//! How those who are too fast are slowed down, and what is remembered of them.

use std::time::Duration;

/// A client that has to wait for longer is told so.
pub const WAIT_NOTICED: Duration = Duration::from_secs(1);

/// It is told at most this often.
pub const WAIT_NOTICE_INTERVAL: Duration = Duration::from_secs(10);

/// For the sake of a line that need not wait, those before it are handled at once as long as the
/// client does not have to wait for longer for it afterwards.
pub const LONGEST_DEBT: Duration = Duration::from_secs(60);

/// So many of those lines are handled in a tick: the others are heard in between.
pub const ON_CREDIT_PER_TICK: usize = 8;

/// Longest wait that a wrong resume token costs; the first costs a second, each further one more.
pub const LONGEST_PENALTY: Duration = Duration::from_secs(15);

/// Addresses remembered for a while after their last connection has closed.
pub const ADDRESSES_REMEMBERED: usize = 4096;

/// Connections of one address that have gone and whose debts are remembered as long as they last.
pub const DEBTS_REMEMBERED: usize = 64;
