//! The memory the daemon takes at worst, term by term, as docs/OPERATIONS.md explains it. What each
//! term counts is bounded where it is allocated; tests/it/daemon/memory.rs measures that they hold.

use crate::limits::{
    ADDRESSES_REMEMBERED, BROADCAST_BYTES, DEBTS_REMEMBERED, LINE_BYTES, LOG_BYTES, LONG_QUEUE_BYTES, Limits,
    SPARE_SHARE, UNPARSED_BYTES,
};

/// The program itself, its tables and its one read buffer.
const PROGRAM: usize = 8 * 1024 * 1024;

/// A user with all it may have: its connection, 16 rooms of its own, 64 ignored users, 32 requests.
const USER: usize = 16 * 1024;

/// An address, with the debts of those who have gone.
const ADDRESS: usize = 256 + 32 * DEBTS_REMEMBERED;

/// A long queue grows by this part of itself when there is no room in it.
const GROWTH: usize = 8;

/// All terms for limits with which a daemon runs: a word for each, and how many bytes.
pub fn memory_at_worst(limits: &Limits) -> [(&'static str, usize); 7] {
    let connections = limits.connections;
    let users = connections.saturating_mul(2);
    let queues = limits.queued_total;
    // Each is handed the lines of many before it is seen that all are too much; short ones double.
    let doubled = users.saturating_mul(LONG_QUEUE_BYTES).min(queues);
    let handed_out = queues / GROWTH + doubled + users.saturating_mul(BROADCAST_BYTES + LINE_BYTES);
    let addresses = connections.saturating_add(ADDRESSES_REMEMBERED);
    [
        ("program", PROGRAM + 4 * LOG_BYTES),
        ("users", users.saturating_mul(USER)),
        ("addresses", addresses.saturating_mul(ADDRESS)),
        ("input", connections.saturating_mul(UNPARSED_BYTES)),
        ("queues", queues.saturating_add(queues / SPARE_SHARE)),
        ("handed-out", handed_out),
        ("backlogs", limits.backlogs_total),
    ]
}
