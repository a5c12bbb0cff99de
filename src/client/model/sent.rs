//! Commands that were sent and not answered yet. The server answers each once and in order, so
//! the oldest of these is what an answer is about.

use crate::chat::RoomName;

/// A command on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// As it is sent, again if need be.
    pub(super) line: String,
    pub(super) what: Sent,
    /// Whether it was sent over some connection: the server may have it.
    pub(super) is_written: bool,
}

impl Command {
    /// A command that has not been sent yet.
    pub(super) fn new(line: String, what: Sent) -> Self {
        Self { line, what, is_written: false }
    }
}

impl Sent {
    /// Whether the prompt may be elsewhere once this is answered, since its user wants it.
    pub(super) fn may_move_prompt(&self) -> bool {
        matches!(self, Self::Other | Self::Accept(_))
    }
}

/// What was asked, as far as its answer needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The first look at who is here.
    OpeningUsers,
    /// The first look at the rooms.
    OpeningRooms,
    /// A listing that only completion wants.
    QuietUsers,
    /// A listing of users; whether it starts at the beginning.
    Users { whole: bool },
    /// A listing of rooms; whether it starts at the beginning.
    Rooms { whole: bool },
    /// A listing of a room's members.
    Members(RoomName),
    /// A listing of requests.
    Requests,
    /// To accept a request, named so.
    Accept(String),
    /// To reject a request, named so.
    Reject(String),
    /// A listing of those ignored.
    Ignored,
    /// Something that is done when it is answered; what to say then.
    Setting(String),
    /// Something to say: to the partner or a room.
    Say(String),
    /// A private message.
    Private(String),
    /// An announcement.
    Announce,
    /// To follow comings and goings, which nobody has asked for.
    Watch,
    /// To have the place kept.
    Keep,
    /// A sign of life.
    Ping,
    /// To be in a room again.
    Rejoin(RoomName),
    /// What the place looks like, after lines were lost: with whom I am chatting.
    CheckSession,
    /// Whether I am still in this room.
    CheckRoom(RoomName),
    /// Which requests wait.
    CheckRequests,
    /// To leave.
    Quit,
    /// Anything whose answer says all.
    Other,
}

impl Sent {
    /// Whether the server takes few of these in a while, and lets others wait for seconds.
    pub(super) fn is_rationed(&self) -> bool {
        matches!(self, Self::Announce | Self::Other)
    }
}
