//! What one may say in a line, and what others may be told in one.

use std::time::Duration;

/// Longest line in either direction, its newline included, in bytes.
pub const LINE_BYTES: usize = 4096;

/// Longest text of one message after sanitising, in bytes; leaves room on the line for ids, time and names.
pub const TEXT_BYTES: usize = 3840;

/// Longest username, in bytes: three for each two columns, which is what wide letters take.
pub const NAME_BYTES: usize = 36;

/// Widest username, in columns of a terminal; one in ASCII has a byte for each.
pub const NAME_COLUMNS: usize = 24;

/// Longest room name, its `#` included, in bytes.
pub const ROOM_NAME_BYTES: usize = 75;

/// Widest room name, its `#` included, in columns of a terminal.
pub const ROOM_NAME_COLUMNS: usize = 50;

/// Marks without a width on one letter of a name (UTS 39, 5.4).
pub const MARKS_TOGETHER: usize = 4;

/// Longest text left behind by one who is away, in bytes; it has to fit a row.
pub const AWAY_BYTES: usize = 120;

/// Rows that one listing command sends; the reply says how to ask for the rest.
pub const ROWS_PER_REPLY: usize = 500;

/// Longest row of a listing on the wire, in bytes: a user's, with two full names, an IPv6 address
/// with its scope, numbers of 20 digits, and marks with a text.
pub const ROW_BYTES: usize = 228 + AWAY_BYTES;

/// Longest prefix of a message line: marker, word, id, time, room and name.
pub const MESSAGE_PREFIX_BYTES: usize = 180;

/// Longest server password, in bytes.
pub const PASSWORD_BYTES: usize = 200;

/// Longest ban or mute that is not for ever.
pub const LONGEST_TERM: Duration = Duration::from_secs(3_650 * 86_400);
