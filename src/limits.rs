//! Every limit of the program, with its unit, and the relations between them. First those that are
//! part of the program or the protocol, then [`Limits`]: those an operator can set.

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

/// Of how many senders it is counted what could not be kept for a user who may come back.
pub const UNREAD_SENDERS: usize = 32;

/// Places that were given up with private lines unread, of which it is known how many those were.
pub const GIVEN_UP_REMEMBERED: usize = 1024;

/// Time for which that is known.
pub const GIVEN_UP_TIME: Duration = Duration::from_secs(60 * 60);

/// Requests one user may have waiting for an answer.
pub const REQUESTS_WAITING: usize = 32;

/// Typed lines that chatc remembers, and keeps in its history file.
pub const HISTORY_LINES: usize = 1_000;

/// Longest line that chatc's editor takes, in bytes: several messages, and fewer columns than it can count, since
/// no character takes more of them than bytes. It lays out all of a line at the end of each of its rows.
pub const DRAFT_BYTES: usize = 32_000;

/// Users one user may ignore.
pub const IGNORED_PER_USER: usize = 64;

/// Longest text left behind by one who is away, in bytes; it has to fit a row.
pub const AWAY_BYTES: usize = 120;

/// Largest piece of a TCP segment that both ends ask for, in bytes: fits the smallest packet that
/// any way with IPv6 carries, 1280 bytes (RFC 8200, 5), with all headers and options.
pub const SEGMENT_BYTES: u32 = 1200;

/// Commands that chatc has sent and the server has not answered; more are refused.
pub const UNANSWERED_COMMANDS: usize = 2_000;

/// What waits in chatc for a server that does not read, in bytes; beyond, the connection is given up.
pub const OUTBOX_BYTES: usize = UNANSWERED_COMMANDS * LINE_BYTES + 64 * 1024;

/// What chatc holds of what was missed before it is shown, in bytes; chatd keeps less.
pub const MISSED_BYTES: usize = 1024 * 1024;

/// Painted text that waits for the terminal, in bytes; beyond, chatc reads no more from the server.
pub const UNPAINTED_BYTES: usize = 32 * 1024;

/// Rows that one listing command sends; the reply says how to ask for the rest.
pub const ROWS_PER_REPLY: usize = 500;

/// Longest row of a listing on the wire, in bytes: a user's, with two full names, an IPv6 address
/// with its scope, numbers of 20 digits, and marks with a text.
pub const ROW_BYTES: usize = 224 + AWAY_BYTES;

/// Bytes read from one connection in one tick: the size of the loop's one read buffer.
pub const READ_BYTES: usize = 16 * 1024;

/// Memory that received bytes which cannot be handled yet take at most, for one connection: an
/// unfinished line, and what one more read has brought.
pub const HELD_BYTES: usize = LINE_BYTES + READ_BYTES;

/// A client silent for this long after connecting is greeted: a person on `nc`, perhaps.
pub const GREETING_DELAY: Duration = Duration::from_secs(1);

/// How long a closing connection may take to send its last bytes and hang up.
pub const FAREWELL_TIME: Duration = Duration::from_secs(2);

/// Connections accepted in one tick, from all listeners together.
pub const ACCEPTS_PER_TICK: usize = 64;

/// How long accepting pauses after it failed, for want of file descriptors for example.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// How often a listening address is tried that this machine does not have yet.
pub const LISTEN_RETRY: Duration = Duration::from_secs(1);

/// How long whoever has a port that is wanted may take to say whether it is a chatd.
pub const ASK_HOLDER_TIME: Duration = Duration::from_millis(300);

/// How often the control socket is looked after, whose file somebody may have removed.
pub const CONTROL_CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// Listen backlog asked of the kernel (which caps it at `net.core.somaxconn`, listen(2)).
pub const LISTEN_BACKLOG: i32 = 4096;

/// Log bytes kept while stderr does not take them; lines beyond are counted and dropped.
pub const LOG_BYTES: usize = 256 * 1024;

/// How long after a connection is lost partner and rooms are told; a quick return goes unnoticed.
pub const DROP_NOTICE_DELAY: Duration = Duration::from_secs(3);

/// How long notices to those who watch are collected, from the first.
pub const NOTICE_DELAY: Duration = Duration::from_millis(250);

/// With so many notices it is done earlier.
pub const NOTICES_TOGETHER: usize = 256;

/// Sent lines kept for a user until it says that it saw them, in bytes.
pub const KEPT_BYTES: usize = 64 * 1024;

/// When there is no memory for all kept lines, at least so many bytes of the longest queue's are forgotten.
pub const FORGOTTEN_BYTES: usize = KEPT_BYTES / 4;

/// How long a silent user has to answer when somebody wants its name.
pub const PROBE_TIME: Duration = Duration::from_secs(5);

/// How long the kernel waits before it probes an idle TCP connection (tcp(7), `TCP_KEEPIDLE`).
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// How long the kernel waits between two probes (tcp(7), `TCP_KEEPINTVL`).
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// Unanswered probes after which the kernel gives a connection up (tcp(7), `TCP_KEEPCNT`).
pub const KEEPALIVE_PROBES: u32 = 3;

/// A client that has to wait for longer is told so.
pub const WAIT_NOTICED: Duration = Duration::from_secs(1);

/// It is told at most this often.
pub const WAIT_NOTICE_INTERVAL: Duration = Duration::from_secs(10);

/// For the sake of a line that need not wait, those before it are handled at once as long as the
/// client does not have to wait for longer for it afterwards.
pub const LONGEST_DEBT: Duration = Duration::from_secs(60);

/// Longest wait that a wrong resume token costs; the first costs a second, each further one more.
pub const LONGEST_PENALTY: Duration = Duration::from_secs(15);

/// Text of a room kept for those who join later, in bytes.
pub const BACKLOG_BYTES: usize = 32 * 1024;

/// Announcements kept for those who enter later.
pub const ANNOUNCEMENTS_KEPT: usize = 20;

/// How long what was said in a room is kept after its last member has left.
pub const EMPTY_ROOM_TIME: Duration = Duration::from_secs(3600);

/// What backlogs may take together at least, in bytes: that of one room, if its lines are short, is
/// half of it.
const LEAST_BACKLOGS: usize = 4 * 1024 * 1024;

/// Memory of an empty room's record, in bytes, besides what was said there.
pub const ROOM_RECORD_BYTES: usize = 512;

/// When all backlogs take too much memory, this part of what they may take is given back as well.
pub const BACKLOGS_SHARE: usize = 16;

/// A room's list of members is made smaller when it is longer than this and several times what it need be.
pub const SNUG_MEMBERS: usize = 16;

/// Numbers tried one after the other for a name that is taken, of a guest or of a room nobody named.
pub const NUMBERS_TRIED: u64 = 8;

/// Bytes of all buffers kept for reuse, but never more than [`SPARE_SHARE`] of what may be queued.
pub const SPARE_BYTES: usize = 16 * 1024 * 1024;

/// Buffers kept for reuse take at most this part of the memory for queues.
pub const SPARE_SHARE: usize = 16;

/// A queue that takes more bytes of memory than this, and four times what waits in it, gives some back.
pub const SNUG_BYTES: usize = 16 * 1024;

/// A queue of more bytes than this does not double when it grows.
pub const LONG_QUEUE_BYTES: usize = 32 * 1024;

/// Largest buffer kept for reuse, in bytes: what a busy room tells a member in a tick, and more.
pub const SPARE_BUFFER_BYTES: usize = 64 * 1024;

/// Pieces of what many were told that are kept to be used again.
pub const CHUNKS_KEPT: usize = 256;

/// What waits in several places is put together for one write, up to so many bytes.
pub const GATHERED_BYTES: usize = 128 * 1024;

/// What many are told is copied for those whose places are not kept if it has no more bytes than this.
pub const COPIED_BYTES: usize = 512;

/// A queue has room for so many pieces, or four times those it holds, before it gives some back.
pub const SNUG_PIECES: usize = 64;

/// One of them takes no more memory than this, or four times what it holds.
pub const SNUG_CHUNK_BYTES: usize = 512;

/// Lines for many are collected up to this many bytes before each is given them.
pub const SPREAD_BYTES: usize = 8 * 1024;

/// Longest prefix of a message line: marker, word, id, time, room and name.
pub const MESSAGE_PREFIX_BYTES: usize = 160;

const _: () = assert!(NAME_BYTES < ROOM_NAME_BYTES);
const _: () = assert!(KEPT_BYTES + Limits::DEFAULT.output_hard < MISSED_BYTES);
const _: () = assert!(2 + 18 + 21 + 25 + ROOM_NAME_BYTES + 1 + NAME_BYTES < MESSAGE_PREFIX_BYTES);
const _: () = assert!(MESSAGE_PREFIX_BYTES + TEXT_BYTES < LINE_BYTES);
const _: () = assert!(LINE_BYTES <= READ_BYTES);
const _: () = assert!(TEXT_BYTES <= BACKLOG_BYTES);
const _: () = assert!(TEXT_BYTES < DRAFT_BYTES && DRAFT_BYTES < u16::MAX as usize);
const _: () = assert!(LINE_BYTES < ENDLESS_LINE_BYTES && ENDLESS_LINE_BYTES <= u16::MAX as usize + 1);

/// Refused connections that may linger at a time so that they can read why, beyond the limit on
/// connections.
pub const REFUSED_LINGERING: usize = 32;

/// How long a refused connection may take to read why.
pub const REFUSAL_TIME: Duration = Duration::from_millis(500);

/// A round of the loop that takes longer is logged with what it did.
pub const SLOW_TICK: Duration = Duration::from_millis(50);

/// While the acknowledgements of so many connections wait for company the server is busy.
pub const BUSY_CONNECTIONS: usize = 64;

/// How much longer acknowledgements may wait while it is.
pub const ACKNOWLEDGE_WHEN_BUSY: Duration = Duration::from_millis(250);

/// What comes within this time of an acknowledgement would have been worth its waiting: as long as
/// one waits by default while the server is busy.
pub const ACKNOWLEDGE_MOST: Duration = Duration::from_millis(260);

/// How often at most acknowledgements of a client wait before one goes at once, to see whether the
/// client waits for it.
pub const WAITS_WITHOUT_LOOK: u8 = 64;

/// After waiting was in vain, so many bursts of a client's are no reason to try it again; four times
/// as many after the next vain try, and sixteen times after all further ones.
pub const BURSTS_PASSED_OVER: u16 = 256;

/// Longest ban or mute that is not for ever.
pub const LONGEST_TERM: Duration = Duration::from_secs(3_650 * 86_400);

/// How long `chatd ctl` waits for a daemon to take its connection, or to answer.
pub const CONTROL_PATIENCE: Duration = Duration::from_secs(5);

/// Longest server password, in bytes.
pub const PASSWORD_BYTES: usize = 200;

/// The log tells of refused connections at most this often.
pub const REFUSAL_LOG_INTERVAL: Duration = Duration::from_secs(10);

/// File descriptors that are not for clients: listeners, log, console, control sockets, refusals.
pub const RESERVED_FILES: usize = 64 + REFUSED_LINGERING;

/// Addresses remembered for a while after their last connection has closed.
pub const ADDRESSES_REMEMBERED: usize = 4096;

/// Connections of one address that have gone and whose debts are remembered as long as they last.
pub const DEBTS_REMEMBERED: usize = 64;

/// Bytes without a newline after which a client is taken for something that is not one.
pub const ENDLESS_LINE_BYTES: usize = 64 * 1024;

/// Bytes a client may go on sending when it has been told goodbye; with more it is cut off.
pub const DRAINED_BYTES: usize = 256 * 1024;

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

/// Requests whose time is over that are ended in one tick.
pub const EXPIRED_PER_TICK: usize = 256;

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

/// How often something may happen: `burst` times at once, then once each `interval`. A burst of
/// 0 means as often as one likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// How long until one more.
    pub interval: Duration,
}

/// The limits an operator can set. `chatd --print-config` shows those in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; 0: as many as the system allows, less [`RESERVED_FILES`].
    pub connections: usize,
    /// Connections at a time from one address; 0: no limit.
    pub connections_per_address: usize,
    /// Lines of one client; beyond it waits.
    pub lines: Rate,
    /// Requests of one client; beyond it waits.
    pub requests: Rate,
    /// Announcements of one client; beyond it waits.
    pub announcements: Rate,
    /// Work that a client's lines make for the daemon, in milliseconds; beyond it waits.
    pub work: Rate,
    /// The same for all clients from one address.
    pub work_per_address: Rate,
    /// Attempts to enter from one address; beyond the client waits.
    pub entries: Rate,
    /// Connections from one address; beyond they are refused.
    pub connects: Rate,
    /// Log lines about clients that have not entered; beyond they are counted.
    pub log: Rate,
    /// Places kept for users of one address whose connections are lost; beyond, its oldest is given
    /// up. 0: no limit.
    pub places_per_address: usize,
    /// Unsent output above which the server stops reading from that client, in bytes.
    pub output_soft: usize,
    /// Unsent output above which the client is closed as a slow consumer once its system has taken
    /// nothing for [`Self::output_hard_time`], in bytes.
    pub output_hard: usize,
    /// How long a client's system may take nothing while its unsent output is above the hard limit.
    pub output_hard_time: Duration,
    /// How long unsent output may stay above the soft limit before the client is closed.
    pub output_soft_time: Duration,
    /// Output queued and kept for all clients together, in bytes; beyond, the largest queue of those
    /// whose systems take nothing goes.
    pub queued_total: usize,
    /// A client that has not entered within this time of connecting is closed.
    pub entry_timeout: Duration,
    /// How long a request waits for an answer.
    pub invite_timeout: Duration,
    /// How long a user whose connection is lost keeps its place; zero: not at all.
    pub resume_grace: Duration,
    /// A resumable client silent for this long is asked for a sign of life.
    pub ping_after: Duration,
    /// A resumable client silent for this long is taken for dead.
    pub dead_after: Duration,
    /// How long a shutdown waits for farewells to arrive.
    pub drain_timeout: Duration,
    /// Lines of a room kept for those who join later.
    pub backlog: usize,
    /// Memory for what is kept of all rooms together, in bytes; beyond, some of it is forgotten.
    pub backlogs_total: usize,
    /// How long the acknowledgement of a message may wait for something else to be written with.
    pub acknowledge_within: Duration,
}

impl Limits {
    /// What is in force unless an operator says otherwise.
    pub const DEFAULT: Self = Self {
        connections: 0,
        connections_per_address: 64,
        lines: Rate { burst: 10, interval: Duration::from_millis(333) },
        requests: Rate { burst: 5, interval: Duration::from_secs(3) },
        announcements: Rate { burst: 3, interval: Duration::from_secs(10) },
        work: Rate { burst: 100, interval: Duration::from_millis(40) },
        work_per_address: Rate { burst: 250, interval: Duration::from_millis(10) },
        entries: Rate { burst: 64, interval: Duration::from_millis(250) },
        connects: Rate { burst: 256, interval: Duration::from_millis(50) },
        log: Rate { burst: 20, interval: Duration::from_millis(500) },
        places_per_address: 64,
        output_soft: 64 * 1024,
        output_hard: 256 * 1024,
        output_hard_time: Duration::from_secs(2),
        output_soft_time: Duration::from_secs(30),
        queued_total: 256 * 1024 * 1024,
        entry_timeout: Duration::from_secs(20),
        invite_timeout: Duration::from_secs(60),
        resume_grace: Duration::from_secs(120),
        ping_after: Duration::from_secs(30),
        dead_after: Duration::from_secs(60),
        drain_timeout: Duration::from_secs(3),
        backlog: 100,
        backlogs_total: 64 * 1024 * 1024,
        acknowledge_within: Duration::from_millis(10),
    };

    /// The same without limits on how often and from where, and with every answer at once: for
    /// tests of other things.
    #[must_use]
    pub const fn without_rates(mut self) -> Self {
        const FREE: Rate = Rate { burst: 0, interval: Duration::ZERO };
        (self.connections_per_address, self.places_per_address) = (0, 0);
        self.acknowledge_within = Duration::ZERO;
        (self.lines, self.requests, self.announcements, self.entries) = (FREE, FREE, FREE, FREE);
        (self.connects, self.log, self.work, self.work_per_address) = (FREE, FREE, FREE, FREE);
        self
    }

    /// Checks the relations between them.
    ///
    /// # Errors
    /// Says which one does not hold.
    pub const fn check(&self) -> Result<(), &'static str> {
        if self.output_soft <= LINE_BYTES {
            return Err("--output-soft must be more than a line, 4096 bytes");
        }
        if self.output_soft.saturating_add(ROWS_PER_REPLY * ROW_BYTES + LINE_BYTES) >= self.output_hard {
            return Err("--output-hard must be more than --output-soft and the longest listing, 176096 bytes");
        }
        if self.output_hard > self.queued_total {
            return Err("--max-memory-queued must be at least --output-hard");
        }
        if self.backlogs_total < LEAST_BACKLOGS {
            return Err("--max-memory-backlogs must be at least 4194304, what two rooms may need");
        }
        if self.entry_timeout.as_millis() <= GREETING_DELAY.as_millis() {
            return Err("--entry-timeout must be more than a second, in which people are greeted");
        }
        if self.ping_after.as_millis() >= self.dead_after.as_millis() {
            return Err("--dead-after must be more than --ping-after");
        }
        if self.ping_after.as_millis() < PROBE_TIME.as_millis() {
            return Err("--ping-after must be at least 5 seconds");
        }
        Ok(())
    }

    /// Names and values, as flags are called and given.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let rate = |rate: Rate| match rate.burst {
            0 => "0".to_owned(),
            burst => format!("{burst}/{}", rate.interval.as_secs_f64()),
        };
        let seconds = |span: Duration| span.as_secs_f64().to_string();
        vec![
            ("max-connections", self.connections.to_string()),
            ("max-per-address", self.connections_per_address.to_string()),
            ("rate-lines", rate(self.lines)),
            ("rate-requests", rate(self.requests)),
            ("rate-announcements", rate(self.announcements)),
            ("rate-work", rate(self.work)),
            ("rate-work-address", rate(self.work_per_address)),
            ("rate-entries", rate(self.entries)),
            ("rate-connects", rate(self.connects)),
            ("rate-log", rate(self.log)),
            ("max-places-per-address", self.places_per_address.to_string()),
            ("output-soft", self.output_soft.to_string()),
            ("output-hard", self.output_hard.to_string()),
            ("output-soft-time", seconds(self.output_soft_time)),
            ("output-hard-time", seconds(self.output_hard_time)),
            ("max-memory-queued", self.queued_total.to_string()),
            ("entry-timeout", seconds(self.entry_timeout)),
            ("invite-timeout", seconds(self.invite_timeout)),
            ("resume-grace", seconds(self.resume_grace)),
            ("ping-after", seconds(self.ping_after)),
            ("dead-after", seconds(self.dead_after)),
            ("drain-timeout", seconds(self.drain_timeout)),
            ("backlog", self.backlog.to_string()),
            ("max-memory-backlogs", self.backlogs_total.to_string()),
            ("acknowledge-within", seconds(self.acknowledge_within)),
        ]
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const _: () = assert!(
    ACKNOWLEDGE_MOST.as_millis() == Limits::DEFAULT.acknowledge_within.as_millis() + ACKNOWLEDGE_WHEN_BUSY.as_millis()
);
const _: () = assert!(Limits::DEFAULT.check().is_ok());
const _: () = assert!(Limits { output_soft: usize::MAX, ..Limits::DEFAULT }.check().is_err());
const _: () = assert!(Limits::DEFAULT.output_soft + KEPT_BYTES + LINE_BYTES < Limits::DEFAULT.output_hard);
const _: () = assert!(DROP_NOTICE_DELAY.as_millis() < Limits::DEFAULT.resume_grace.as_millis());
