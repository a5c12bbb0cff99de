//! Where the domain's outputs go: events to users, rows to whoever asked, records to the log.

use std::net::SocketAddr;

use super::audience::Audience;
use super::close::CloseReason;
use super::event::{Decline, Event, Purpose, Withdrawal};
use super::key::UserKey;
use super::name::{Name, RoomName, Uid};
use super::reply::Row;
use super::text::Text;

/// Where the domain puts what it has to tell. Called synchronously and in order; must not call
/// back. What many are told comes once with everybody it is for, so that it is encoded once.
pub trait Sink {
    /// Tells `event` to one user.
    fn tell(&mut self, to: UserKey, event: &Event<'_>);
    /// Tells `event` to all of an audience, which may be empty.
    fn tell_all(&mut self, to: Audience<'_>, event: &Event<'_>);
    /// Sends one row of a listing to whoever gave the command being handled.
    fn row(&mut self, row: &Row<'_>);
    /// Hands a record to the log.
    fn record(&mut self, record: &Record<'_>);
}

/// Something for the log. Private sessions and private messages never appear here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// A user entered.
    Entered {
        /// Number.
        uid: Uid,
        /// Name.
        name: Name,
        /// Where from.
        address: Option<SocketAddr>,
    },
    /// A user is gone.
    Gone {
        /// Name.
        name: Name,
        /// Why.
        reason: CloseReason,
    },
    /// A request was made.
    Requested {
        /// By whom.
        from: Name,
        /// Of whom.
        to: Name,
        /// What for.
        purpose: Purpose,
    },
    /// A request is over without success.
    Declined {
        /// By whom it was made.
        from: Name,
        /// Of whom.
        to: Name,
        /// In the asked one's view.
        why: Decline,
    },
    /// A request is over because of the one who made it.
    Withdrawn {
        /// By whom it was made.
        from: Name,
        /// Of whom.
        to: Name,
        /// Why.
        why: Withdrawal,
    },
    /// A user's connection is lost; its place is kept.
    Dropped {
        /// Who.
        name: Name,
        /// Why.
        reason: CloseReason,
    },
    /// A user is back over another connection.
    Returned(Name),
    /// The operator took a user's voice away, or gave it back.
    Muted {
        /// Whose.
        name: Name,
        /// Away?
        on: bool,
    },
    /// Two users are in a session.
    Paired(Name, Name),
    /// A session is over; the first ended it.
    Ended(Name, Name),
    /// A user joined a room.
    Joined {
        /// Which.
        room: RoomName,
        /// Who.
        name: Name,
    },
    /// A user left a room.
    Left {
        /// Which.
        room: RoomName,
        /// Who.
        name: Name,
    },
    /// Something was announced.
    Announced {
        /// By whom.
        from: Name,
        /// What.
        text: Text<'a>,
    },
    /// Something was said in a room (logged only when asked for).
    RoomSaid {
        /// Where.
        room: RoomName,
        /// By whom.
        from: Name,
        /// What.
        text: Text<'a>,
    },
}
