//! What chatc holds.

use super::LINE_BYTES;

/// Typed lines that chatc remembers, and keeps in its history file.
pub const HISTORY_LINES: usize = 1_000;

/// Longest line that chatc's editor takes, in bytes: several messages, and fewer columns than it can count, since
/// no character takes more of them than bytes. It lays out all of a line at the end of each of its rows.
pub const DRAFT_BYTES: usize = 32_000;

/// Commands that chatc has sent and the server has not answered; more are refused.
pub const UNANSWERED_COMMANDS: usize = 2_000;

/// What waits in chatc for a server that does not read, in bytes; beyond, the connection is given up.
pub const OUTBOX_BYTES: usize = UNANSWERED_COMMANDS * LINE_BYTES + 64 * 1024;

/// What chatc holds of what was missed before it is shown, in bytes; chatd keeps less.
pub const MISSED_BYTES: usize = 1024 * 1024;

/// Painted text that waits for the terminal, in bytes; beyond, chatc reads no more from the server.
pub const UNPAINTED_BYTES: usize = 32 * 1024;
