//! What a connection may take of memory and time, from the listener to the farewell.

use std::time::Duration;

use super::LINE_BYTES;

/// The TCP port chatd listens on: "CHAT" on a phone's keypad.
pub const PORT: u16 = 2428;

/// Largest piece of a TCP segment that both ends ask for, in bytes: fits the smallest packet that
/// any way with IPv6 carries, 1280 bytes (RFC 8200, 5), with all headers and options.
pub const SEGMENT_BYTES: u32 = 1200;

/// Listen backlog asked of the kernel (which caps it at `net.core.somaxconn`, listen(2)).
pub const LISTEN_BACKLOG: i32 = 4096;

/// How often a listening address is tried that this machine does not have yet.
pub const LISTEN_RETRY: Duration = Duration::from_secs(1);

/// How long whoever has a port that is wanted may take to say whether it is a chatd.
pub const ASK_HOLDER_TIME: Duration = Duration::from_millis(300);

/// Connections accepted in one tick, from all listeners together.
pub const ACCEPTS_PER_TICK: usize = 64;

/// How long accepting pauses after it failed, for want of file descriptors for example.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// File descriptors that are not for clients: listeners, log, console, control sockets, refusals.
pub const RESERVED_FILES: usize = 64 + REFUSED_LINGERING;

/// How often the control socket is looked after, whose file somebody may have removed.
pub const CONTROL_CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// How long `chatd ctl` waits for a daemon to take its connection, or to answer.
pub const CONTROL_PATIENCE: Duration = Duration::from_secs(5);

/// How long the kernel waits before it probes an idle TCP connection (tcp(7), `TCP_KEEPIDLE`).
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// How long the kernel waits between two probes (tcp(7), `TCP_KEEPINTVL`).
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// Unanswered probes after which the kernel gives a connection up (tcp(7), `TCP_KEEPCNT`).
pub const KEEPALIVE_PROBES: u32 = 3;

/// Bytes read from one connection in one tick: the size of the loop's one read buffer.
pub const READ_BYTES: usize = 16 * 1024;

/// Memory that received bytes which cannot be handled yet take at most, for one connection: an
/// unfinished line, and what one more read has brought.
pub const UNPARSED_BYTES: usize = LINE_BYTES + READ_BYTES;

/// Bytes without a newline after which a client is taken for something that is not one.
pub const ENDLESS_LINE_BYTES: usize = 64 * 1024;

/// A client silent for this long after connecting is greeted: a person on `nc`, perhaps.
pub const GREETING_DELAY: Duration = Duration::from_secs(1);

/// How long a closing connection may take to send its last bytes and hang up.
pub const FAREWELL_TIME: Duration = Duration::from_secs(2);

/// Bytes a client may go on sending when it has been told goodbye; with more it is cut off.
pub const DRAINED_BYTES: usize = 256 * 1024;

/// Refused connections that may linger at a time so that they can read why, beyond the limit on
/// connections.
pub const REFUSED_LINGERING: usize = 32;

/// How long a refused connection may take to read why.
pub const REFUSAL_TIME: Duration = Duration::from_millis(500);

/// Log bytes kept while stderr does not take them; lines beyond are counted and dropped.
pub const LOG_BYTES: usize = 256 * 1024;

/// The log tells of refused connections at most this often.
pub const REFUSAL_LOG_INTERVAL: Duration = Duration::from_secs(10);

/// A round of the loop that takes longer is logged with what it did.
pub const SLOW_TICK: Duration = Duration::from_millis(50);
