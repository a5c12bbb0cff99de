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
/// with its scope, numbers of 20 digits, and marks.
pub const ROW_BYTES: usize = 192;

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

/// How long a user whose connection is lost keeps its place unless `--resume-grace` says otherwise.
pub const RESUME_GRACE: Duration = Duration::from_secs(120);

/// How long after a connection is lost partner and rooms are told; a quick return goes unnoticed.
pub const DROP_NOTICE_DELAY: Duration = Duration::from_secs(3);

/// Sent lines kept for a user until it says that it saw them, in bytes.
pub const KEPT_BYTES: usize = 64 * 1024;

/// A resumable client silent for this long is asked for a sign of life.
pub const PING_AFTER: Duration = Duration::from_secs(30);

/// A resumable client silent for this long is taken for dead.
pub const DEAD_AFTER: Duration = Duration::from_secs(60);

/// How long a silent user has to answer when somebody wants its name.
pub const PROBE_TIME: Duration = Duration::from_secs(5);

/// How long the kernel waits before it probes an idle TCP connection (tcp(7), `TCP_KEEPIDLE`).
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// How long the kernel waits between two probes (tcp(7), `TCP_KEEPINTVL`).
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// Unanswered probes after which the kernel gives a connection up (tcp(7), `TCP_KEEPCNT`).
pub const KEEPALIVE_PROBES: u32 = 3;

/// Longest wait that a wrong resume token costs; the first costs a second, each further one more.
pub const LONGEST_PENALTY: Duration = Duration::from_secs(15);

/// Addresses for which wrong resume tokens are counted; the oldest is forgotten.
pub const PENALISED_ADDRESSES: usize = 1024;

/// Lines of a room kept for those who join later unless `--backlog` says otherwise.
pub const BACKLOG_LINES: usize = 100;

/// Text of a room kept for those who join later, in bytes.
pub const BACKLOG_BYTES: usize = 32 * 1024;

/// Announcements kept for those who enter later.
pub const ANNOUNCEMENTS_KEPT: usize = 20;

/// How long what was said in a room is kept after its last member has left.
pub const EMPTY_ROOM_TIME: Duration = Duration::from_secs(3600);

/// Empty rooms for which that is done; the one that emptied first is forgotten.
pub const EMPTY_ROOMS: usize = 256;

/// Output buffers kept for reuse, so that a message needs no allocation.
pub const SPARE_BUFFERS: usize = 256;

/// Largest buffer kept for reuse, in bytes.
pub const SPARE_BUFFER_BYTES: usize = 16 * 1024;

/// Longest prefix of a message line: marker, word, id, time, room and name.
const MESSAGE_PREFIX_BYTES: usize = 160;

const _: () = assert!(NAME_BYTES < ROOM_NAME_BYTES);
const _: () = assert!(2 + 18 + 21 + 25 + ROOM_NAME_BYTES + 1 + NAME_BYTES < MESSAGE_PREFIX_BYTES);
const _: () = assert!(MESSAGE_PREFIX_BYTES + TEXT_BYTES < LINE_BYTES);
const _: () = assert!(LINE_BYTES <= READ_BYTES);
const _: () = assert!(LINE_BYTES < OUTPUT_SOFT_BYTES);
const _: () = assert!(OUTPUT_SOFT_BYTES + ROWS_PER_REPLY * ROW_BYTES + LINE_BYTES < OUTPUT_HARD_BYTES);
const _: () = assert!(TEXT_BYTES <= BACKLOG_BYTES);
const _: () = assert!(OUTPUT_SOFT_BYTES + KEPT_BYTES + LINE_BYTES < OUTPUT_HARD_BYTES);
const _: () = assert!(DROP_NOTICE_DELAY.as_millis() < RESUME_GRACE.as_millis());
const _: () = assert!(PING_AFTER.as_millis() < DEAD_AFTER.as_millis());
const _: () = assert!(GREETING_DELAY.as_millis() < ENTRY_TIMEOUT.as_millis());
const _: () = assert!(FAREWELL_TIME.as_millis() <= DRAIN_TIME.as_millis());
