//! What work is reckoned to take, and how much of it is done in a tick.

/// What a write to one client takes, in nanoseconds: work is reckoned, not measured, so that the same
/// input does the same.
pub const WRITE_WORK: u64 = 4_000;

/// What each byte of it takes besides: the kernel copies it, and often has it taken in at once.
pub const WRITE_BYTE_WORK: u64 = 3;

/// What putting a line into one client's queue takes besides half a nanosecond for each byte.
pub const COPY_WORK: u64 = 100;

/// What a row of a listing takes.
pub const ROW_WORK: u64 = 500;

/// What doing what is due on a connection takes, whether anybody is told of it or not.
pub const DEADLINE_WORK: u64 = 1_000;

/// A line whose work for others is less is paid for by the rate of lines and never waits for its turn.
pub const WORK_OF_A_LINE: u64 = 50_000;

/// How much may be done for many in one tick, in nanoseconds. What is left goes on in the next, after
/// what is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Handling lines that are for many, and listings.
    pub lines: u64,
    /// Writing what was said to many.
    pub writes: u64,
    /// Doing what is due, of which many may be told.
    pub due: u64,
    /// A line whose work for others is less never waits for its turn.
    pub short: u64,
}

impl Budget {
    /// Together less than the 5 ms by which others may be delayed.
    pub const DEFAULT: Self = Self { lines: 1_000_000, writes: 1_500_000, due: 500_000, short: WORK_OF_A_LINE };
}
