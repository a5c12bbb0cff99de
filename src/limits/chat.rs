//! How much the chat keeps of users and rooms, and for how long.

use std::time::Duration;

/// Rooms one user may be in at a time.
pub const ROOMS_PER_USER: usize = 16;

/// Requests one user may have waiting for an answer.
pub const REQUESTS_WAITING: usize = 32;

/// Users one user may ignore.
pub const IGNORED_PER_USER: usize = 64;

/// Text of a room kept for those who join later, in bytes.
pub const BACKLOG_BYTES: usize = 32 * 1024;

/// When all backlogs take too much memory, this part of what they may take is given back as well.
pub const BACKLOGS_SHARE: usize = 16;

/// Announcements kept for those who enter later.
pub const ANNOUNCEMENTS_KEPT: usize = 20;

/// How long what was said in a room is kept after its last member has left.
pub const EMPTY_ROOM_TIME: Duration = Duration::from_secs(3600);

/// Memory of an empty room's record, in bytes, besides what was said there.
pub const ROOM_RECORD_BYTES: usize = 512;

/// A room's list of members is made smaller when it is longer than this and several times what it need be.
pub const SNUG_MEMBERS: usize = 16;

/// Numbers tried one after the other for a name that is taken, of a guest or of a room nobody named.
pub const NUMBERS_TRIED: u64 = 8;

/// How long notices to those who watch are collected, from the first.
pub const NOTICE_DELAY: Duration = Duration::from_millis(250);

/// With so many notices it is done earlier.
pub const NOTICES_TOGETHER: usize = 256;

/// Requests whose time is over that are ended in one tick.
pub const EXPIRED_PER_TICK: usize = 256;
