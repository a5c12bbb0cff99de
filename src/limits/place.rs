//! What is kept for users whose connections are lost.

use std::time::Duration;

/// Sent lines kept for a user until it says that it saw them, in bytes.
pub const KEPT_BYTES: usize = 64 * 1024;

/// When there is no memory for all kept lines, at least so many bytes of the longest queue's are forgotten.
pub const FORGOTTEN_BYTES: usize = KEPT_BYTES / 4;

/// How long after a connection is lost partner and rooms are told; a quick return goes unnoticed.
pub const DROP_NOTICE_DELAY: Duration = Duration::from_secs(3);

/// How long a silent user has to answer when somebody wants its name.
pub const PROBE_TIME: Duration = Duration::from_secs(5);

/// Of how many senders it is counted what could not be kept for a user who may come back.
pub const UNREAD_SENDERS: usize = 32;

/// Places that were given up with private lines unread, of which it is known how many those were.
pub const GIVEN_UP_REMEMBERED: usize = 1024;

/// Time for which that is known.
pub const GIVEN_UP_TIME: Duration = Duration::from_secs(60 * 60);
