//! How what waits to be written lies in memory, and when it is written.

use std::time::Duration;

/// Bytes of all buffers kept for reuse, but never more than [`SPARE_SHARE`] of what may be queued.
pub const SPARE_BYTES: usize = 16 * 1024 * 1024;

/// Buffers kept for reuse take at most this part of the memory for queues.
pub const SPARE_SHARE: usize = 16;

/// Largest buffer kept for reuse, in bytes: what a busy room tells a member in a tick, and more.
pub const SPARE_BUFFER_BYTES: usize = 64 * 1024;

/// A queue that takes more bytes of memory than this, and four times what waits in it, gives some back.
pub const SNUG_BYTES: usize = 16 * 1024;

/// A queue of more bytes than this does not double when it grows.
pub const LONG_QUEUE_BYTES: usize = 32 * 1024;

/// A queue has room for so many pieces, or four times those it holds, before it gives some back.
pub const SNUG_PIECES: usize = 64;

/// Pieces of what many were told that are kept to be used again.
pub const CHUNKS_KEPT: usize = 256;

/// One of them takes no more memory than this, or four times what it holds.
pub const SNUG_CHUNK_BYTES: usize = 512;

/// What many are told is copied for those whose places are not kept if it has no more bytes than this.
pub const COPIED_BYTES: usize = 512;

/// What waits in several places is put together for one write, up to so many bytes.
pub const GATHERED_BYTES: usize = 128 * 1024;

/// Lines for many are collected up to this many bytes before each is given them.
pub const BROADCAST_BYTES: usize = 8 * 1024;

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
