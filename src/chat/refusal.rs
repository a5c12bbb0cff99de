//! Why commands are refused.

use super::name::{Name, RoomName, UserRef};

/// Why a command was refused. Each has a stable code; the sentences that say what to do next are in `wire/sentences.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The name is in use.
    NameTaken(Name),
    /// The name has other characters than those of ASCII, and this chat has no such names.
    AsciiNames,
    /// Nobody here is called that.
    NoSuchUser(UserRef),
    /// That is the asker.
    Yourself,
    /// The other user is in a session.
    Busy {
        /// Who was asked.
        name: Name,
        /// Whom they are chatting with.
        with: Name,
    },
    /// The asker is in a session.
    Chatting(Name),
    /// The asker's own request still waits.
    Asking(Name),
    /// The asker is in no session.
    NotChatting,
    /// The asker is in a session, but not with the one addressed.
    WrongPartner(Name),
    /// No request of that user, or none at all, waits for an answer.
    NoRequest,
    /// Several requests wait; one must be named.
    WhichRequest(usize),
    /// The asker has no request to take back.
    NothingToCancel,
    /// The other has too many requests waiting.
    TooManyRequests(Name),
    /// No such room.
    NoSuchRoom(RoomName),
    /// The asker is not in that room.
    NotInRoom(RoomName),
    /// The asker is in no room.
    InNoRoom,
    /// The asker is in that room already.
    AlreadyInRoom(RoomName),
    /// The asker is in as many rooms as one may be.
    TooManyRooms,
    /// The other takes no requests.
    NoRequests(Name),
    /// The asker ignores as many as one may.
    TooManyIgnored,
    /// The asker does not ignore that user.
    NotIgnored(Name),
    /// The operator has muted the asker.
    Muted,
}

impl Refusal {
    /// Every code a refusal can carry, in the order of the variants.
    pub const CODES: [&'static str; 22] = [
        "name-taken",
        "ascii-names",
        "no-such-user",
        "yourself",
        "busy",
        "chatting",
        "asking",
        "not-chatting",
        "wrong-partner",
        "no-request",
        "which-request",
        "nothing-to-cancel",
        "too-many-requests",
        "no-such-room",
        "not-in-room",
        "in-no-room",
        "already-in-room",
        "too-many-rooms",
        "no-requests",
        "too-many-ignored",
        "not-ignored",
        "muted",
    ];

    /// The stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NameTaken(_) => "name-taken",
            Self::AsciiNames => "ascii-names",
            Self::NoSuchUser(_) => "no-such-user",
            Self::Yourself => "yourself",
            Self::Busy { .. } => "busy",
            Self::Chatting(_) => "chatting",
            Self::Asking(_) => "asking",
            Self::NotChatting => "not-chatting",
            Self::WrongPartner(_) => "wrong-partner",
            Self::NoRequest => "no-request",
            Self::WhichRequest(_) => "which-request",
            Self::NothingToCancel => "nothing-to-cancel",
            Self::TooManyRequests(_) => "too-many-requests",
            Self::NoSuchRoom(_) => "no-such-room",
            Self::NotInRoom(_) => "not-in-room",
            Self::InNoRoom => "in-no-room",
            Self::AlreadyInRoom(_) => "already-in-room",
            Self::TooManyRooms => "too-many-rooms",
            Self::NoRequests(_) => "no-requests",
            Self::TooManyIgnored => "too-many-ignored",
            Self::NotIgnored(_) => "not-ignored",
            Self::Muted => "muted",
        }
    }
}
