//! What a command is answered with: rows of a listing, and the one reply.

use std::net::SocketAddr;
use std::time::Duration;

use super::event::{Purpose, Stamp};
use super::name::{Name, RoomName, Uid};

/// Whether a user is free, and who has their attention if not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// May be asked for a session.
    Available,
    /// In a session with this user.
    Chatting(Name),
}

/// What else there is to know of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks<'a> {
    /// The connection is lost and the user may come back.
    pub is_reconnecting: bool,
    /// Takes no requests.
    pub is_not_to_be_disturbed: bool,
    /// The operator has taken the user's voice away.
    pub is_muted: bool,
    /// Is away from the keyboard, and what the user has left to say (empty: nothing).
    pub away: Option<&'a str>,
}

/// One row of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row<'a> {
    /// A user.
    User {
        /// Number.
        uid: Uid,
        /// Name.
        name: Name,
        /// Free or not.
        availability: Availability,
        /// Where from, unless hidden or unknown.
        address: Option<SocketAddr>,
        /// Time since entry.
        here: Duration,
        /// What else there is to know.
        marks: Marks<'a>,
    },
    /// A room.
    Room {
        /// Name.
        room: RoomName,
        /// How many are in it.
        members: usize,
    },
    /// A member of a room.
    Member {
        /// The room.
        room: RoomName,
        /// Number.
        uid: Uid,
        /// Name.
        name: Name,
    },
    /// Somebody I ignore.
    Ignored(Name),
    /// A request somebody made of me.
    RequestFrom {
        /// Who.
        name: Name,
        /// What for.
        purpose: Purpose,
        /// How much longer it stands.
        stands: Duration,
    },
    /// The request I made of somebody.
    RequestTo {
        /// Whom.
        name: Name,
        /// What for.
        purpose: Purpose,
        /// How much longer it stands.
        stands: Duration,
    },
}

/// How many a message went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipients {
    /// Those who are told now.
    pub present: usize,
    /// Those whose connection is lost: they are told if they come back.
    pub later: usize,
}

impl Recipients {
    /// One user.
    pub(super) fn one(is_dropped: bool) -> Self {
        Self { present: usize::from(!is_dropped), later: usize::from(is_dropped) }
    }

    /// All of so many, of whom some are dropped.
    pub(super) fn of(all: usize, dropped: usize) -> Self {
        Self { present: all - dropped, later: dropped }
    }
}

/// What a command that succeeded is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Done; events told the rest.
    Done,
    /// The request was delivered and waits for an answer.
    Ringing {
        /// Who was asked.
        to: Name,
        /// What for.
        purpose: Purpose,
        /// How long it stands.
        stands: Duration,
    },
    /// The message was taken; `to` says how many it was sent to.
    Taken {
        /// The message's mark.
        stamp: Stamp,
        /// Its recipients.
        to: Recipients,
    },
    /// The room that was joined or left.
    Room(RoomName),
    /// The rows of a listing have been sent.
    Listed {
        /// How many.
        shown: usize,
        /// How many there are.
        total: usize,
        /// Where to go on, when there are more.
        next: Option<u64>,
    },
}
