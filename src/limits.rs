//! Every limit of the program, with its unit, and the relations between them.

use std::time::Duration;

/// The TCP port chatd listens on: "CHAT" on a phone's keypad.
pub const PORT: u16 = 2428;

/// Longest line in either direction, its newline included, in bytes.
pub const LINE_BYTES: usize = 4096;

/// Longest text of one message after sanitising, in bytes; leaves room on the line for ids, time and names.
pub const TEXT_BYTES: usize = 3840;

/// Longest username, in bytes (names are ASCII).
pub const NAME_BYTES: usize = 24;

/// Longest room name, its `#` included, in bytes.
pub const ROOM_NAME_BYTES: usize = 50;

/// Rooms one user may be in at a time.
pub const ROOMS_PER_USER: usize = 16;

/// Requests one user may have waiting for an answer.
pub const REQUESTS_WAITING: usize = 32;

/// Rows that one listing command sends; the reply says how to ask for the rest.
pub const ROWS_PER_REPLY: usize = 500;

/// Longest row of a listing on the wire, in bytes: a user's, with two full names, an IPv6 address
/// with its scope, and numbers of 20 digits.
pub const ROW_BYTES: usize = 176;

/// How long a request waits for an answer unless `--invite-timeout` says otherwise.
pub const INVITE_TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes read from one connection in one tick: the size of the loop's one read buffer.
pub const READ_BYTES: usize = 16 * 1024;

/// Unsent output above which the server stops reading from that client, in bytes.
pub const OUTPUT_SOFT_BYTES: usize = 64 * 1024;

/// Unsent output above which the client is closed as a slow consumer, in bytes.
pub const OUTPUT_HARD_BYTES: usize = 256 * 1024;

/// How long unsent output may stay above the soft limit before the client is closed.
pub const OUTPUT_SOFT_TIME: Duration = Duration::from_secs(30);

/// A client silent for this long after connecting is greeted: a person on `nc`, perhaps.
pub const GREETING_DELAY: Duration = Duration::from_secs(1);

/// A client that has not entered within this time of connecting is closed.
pub const ENTRY_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a closing connection may take to send its last bytes and hang up.
pub const FAREWELL_TIME: Duration = Duration::from_secs(2);

/// How long a shutdown waits for farewells to arrive.
pub const DRAIN_TIME: Duration = Duration::from_secs(3);

/// Connections accepted from one listener in one tick.
pub const ACCEPTS_PER_TICK: usize = 64;

/// How long accepting pauses after it failed, for want of file descriptors for example.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// Listen backlog asked of the kernel (which caps it at `net.core.somaxconn`, listen(2)).
pub const LISTEN_BACKLOG: i32 = 4096;

/// Log bytes kept while stderr does not take them; lines beyond are counted and dropped.
pub const LOG_BYTES: usize = 256 * 1024;

/// Output buffers kept for reuse, so that a message needs no allocation.
pub const SPARE_BUFFERS: usize = 256;

/// Largest buffer kept for reuse, in bytes.
pub const SPARE_BUFFER_BYTES: usize = 16 * 1024;

/// Longest prefix of a message line: marker, word, id, time, room and name.
const MESSAGE_PREFIX_BYTES: usize = 160;

const _: () = assert!(NAME_BYTES < ROOM_NAME_BYTES);
const _: () = assert!(2 + 12 + 21 + 25 + ROOM_NAME_BYTES + 1 + NAME_BYTES < MESSAGE_PREFIX_BYTES);
const _: () = assert!(MESSAGE_PREFIX_BYTES + TEXT_BYTES < LINE_BYTES);
const _: () = assert!(LINE_BYTES <= READ_BYTES);
const _: () = assert!(LINE_BYTES < OUTPUT_SOFT_BYTES);
const _: () = assert!(OUTPUT_SOFT_BYTES + ROWS_PER_REPLY * ROW_BYTES + LINE_BYTES < OUTPUT_HARD_BYTES);
const _: () = assert!(GREETING_DELAY.as_millis() < ENTRY_TIMEOUT.as_millis());
const _: () = assert!(FAREWELL_TIME.as_millis() <= DRAIN_TIME.as_millis());
