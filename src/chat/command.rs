//! What a user or the operator can ask of the chat.

use super::name::{Mention, RoomName, UserRef};
use super::text::Text;

/// A user's command, already read and checked by a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Who is here, from the first UID after this one (0: from the start).
    List {
        /// Rows start behind this UID.
        after: u64,
    },
    /// Which rooms there are.
    Rooms {
        /// Rows start behind this room in the order of listing.
        after: u64,
    },
    /// Who is in a room.
    Members {
        /// The room.
        room: RoomName,
        /// Rows start behind this UID.
        after: u64,
    },
    /// Which requests wait for an answer, mine and others'.
    Requests,
    /// Ask a user for a private session.
    Request(UserRef),
    /// Accept a request; the only one when no user is named.
    Accept(Option<UserRef>),
    /// Reject a request; the only one when no user is named.
    Reject(Option<UserRef>),
    /// Take my own request back.
    Cancel,
    /// Say something to my partner.
    Say {
        /// Whom I believe to be my partner; if it is somebody else by now nothing is said.
        to: Mention<'a>,
        /// What.
        text: Text<'a>,
    },
    /// End my session.
    End,
    /// Send one message to one user, whatever either is doing.
    Private {
        /// To whom.
        to: UserRef,
        /// What.
        text: Text<'a>,
    },
    /// Send one message to everybody.
    Announce(Text<'a>),
    /// Enter a room, which is created if need be.
    Join(RoomName),
    /// Enter the room a user is in, or open one and invite that user to it.
    JoinUser(UserRef),
    /// Leave a room; the one joined last when none is named.
    Leave(Option<RoomName>),
    /// Say something in a room.
    RoomSay {
        /// Where.
        room: RoomName,
        /// What.
        text: Text<'a>,
    },
    /// Do not show me what a user asks, sends and says in rooms; without a user, list whom I ignore.
    Ignore(Option<UserRef>),
    /// Show it again.
    Unignore(UserRef),
    /// Refuse requests to me, or no longer.
    DoNotDisturb(bool),
    /// I am away from the keyboard, and what I have left to say.
    Away(Option<Text<'a>>),
    /// I am here again.
    Here,
    /// Be told, or no longer told, who enters and goes and which rooms open and close.
    Watch(bool),
}

/// A command of the operator, who is not a user: has no name of its own, is in no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorCommand<'a> {
    /// Who is here, addresses included.
    List {
        /// Rows start behind this UID.
        after: u64,
    },
    /// Which rooms there are.
    Rooms {
        /// Rows start behind this room in the order of listing.
        after: u64,
    },
    /// Send one message to everybody.
    Announce(Text<'a>),
}
