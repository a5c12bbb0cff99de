//! What users are told: events when something happens, rows and replies to their commands, and
//! records for the log. All of it in terms a person would use; no keys, no bytes.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::close::CloseReason;
use super::name::{Name, RoomName, Uid, UserRef};
use super::text::Text;
use super::time::UnixMillis;
use super::users::UserKey;

/// The mark every message carries: the server's number for it and when the server took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Counts up from 1 over all messages of this daemon's life.
    pub id: u64,
    /// By the server's clock.
    pub at: UnixMillis,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A private session.
    Session,
    /// To join a room.
    Room(RoomName),
}

/// Why a request to me no longer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawal {
    /// Its sender took it back.
    Cancelled,
    /// Nobody answered in time.
    Expired,
    /// Its sender is in a session with somebody else now.
    Paired,
    /// Its sender is gone.
    Gone,
}

/// Why a request of mine came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decline {
    /// The other said no.
    Rejected,
    /// Nobody answered in time.
    Expired,
    /// The other is in a session with somebody else now.
    Paired,
    /// The other is gone.
    Gone,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// I ended it.
    ByYou,
    /// My partner ended it.
    ByPartner,
    /// My partner is gone.
    Gone,
}

/// Gives an enum of reasons its stable words, for wire and log.
macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $type {
            /// The stable word for it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// Reads the word back.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words!(Withdrawal { Cancelled = "cancelled", Expired = "expired", Paired = "paired", Gone = "gone" });
words!(Decline { Rejected = "rejected", Expired = "expired", Paired = "paired", Gone = "gone" });
words!(Ending { ByYou = "by-you", ByPartner = "by-partner", Gone = "gone" });

/// Something a user is told without having asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Somebody entered (to watchers).
    Entered {
        /// Their number.
        uid: Uid,
        /// Their name.
        name: Name,
    },
    /// Somebody is gone (to watchers).
    Gone {
        /// Who.
        name: Name,
        /// Why.
        reason: CloseReason,
    },
    /// A room came to be (to watchers).
    Opened(RoomName),
    /// A room's last member left it (to watchers).
    Closed(RoomName),
    /// Somebody asks me for something.
    Request {
        /// Who.
        from: Name,
        /// What for.
        purpose: Purpose,
        /// How long it stands.
        stands: Duration,
    },
    /// A request to me is void.
    Withdrawn {
        /// Whose.
        from: Name,
        /// Why.
        why: Withdrawal,
    },
    /// A request of mine is over without success.
    Declined {
        /// Who was asked.
        by: Name,
        /// Why.
        why: Decline,
    },
    /// I am in a session.
    Paired(Name),
    /// I am in a session no longer.
    Ended {
        /// With whom I was.
        with: Name,
        /// Why.
        why: Ending,
    },
    /// My partner says something.
    Said {
        /// The message's mark.
        stamp: Stamp,
        /// My partner.
        from: Name,
        /// What.
        text: Text<'a>,
    },
    /// A message to me alone, outside any session.
    Private {
        /// The message's mark.
        stamp: Stamp,
        /// Whose.
        from: Name,
        /// What.
        text: Text<'a>,
    },
    /// A message to everybody.
    Announced {
        /// The message's mark.
        stamp: Stamp,
        /// Whose; `operator` when chatd's console sent it.
        from: Name,
        /// What.
        text: Text<'a>,
    },
    /// Something said in a room before I joined it.
    Earlier {
        /// The message's mark.
        stamp: Stamp,
        /// Where.
        room: RoomName,
        /// Who.
        from: Name,
        /// What.
        text: Text<'a>,
    },
    /// Something announced before I entered.
    AnnouncedEarlier {
        /// The message's mark.
        stamp: Stamp,
        /// Whose.
        from: Name,
        /// What.
        text: Text<'a>,
    },
    /// My partner or a fellow in a room has lost its connection and may come back.
    Dropped(Name),
    /// One of those is back.
    Returned(Name),
    /// Somebody, perhaps I, joined a room I am in.
    Joined {
        /// Which.
        room: RoomName,
        /// Who.
        name: Name,
    },
    /// Somebody, perhaps I, left a room I am (or was until now) in.
    Left {
        /// Which.
        room: RoomName,
        /// Who.
        name: Name,
        /// The reason when they left the chat altogether.
        gone: Option<CloseReason>,
    },
    /// Somebody says something in a room I am in.
    RoomSaid {
        /// The message's mark.
        stamp: Stamp,
        /// Where.
        room: RoomName,
        /// Who.
        from: Name,
        /// What.
        text: Text<'a>,
    },
}

/// Whether a user is free, and who has their attention if not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// May be asked for a session.
    Available,
    /// In a session with this user.
    Chatting(Name),
}

/// One row of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
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
        /// Whether the connection is lost and the user may come back.
        is_reconnecting: bool,
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
        /// Number of recipients.
        to: usize,
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

/// Why a command was refused. Each has a stable code on the wire and says what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The name is in use.
    NameTaken(Name),
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
    /// A request was taken back.
    Cancelled {
        /// By whom.
        from: Name,
        /// Of whom it had been made.
        to: Name,
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

/// Where the domain puts what it has to tell. Called synchronously and in order; must not call
/// back. An event comes once with everybody it is for, so that it is encoded once.
pub trait Sink {
    /// Tells `event` to each of `to` except `but`.
    fn event(&mut self, to: &[UserKey], but: Option<UserKey>, event: &Event<'_>);
    /// Sends one row of a listing to whoever gave the command being handled.
    fn row(&mut self, row: &Row);
    /// Hands a record to the log.
    fn record(&mut self, record: &Record<'_>);
}

impl Refusal {
    /// Every code a refusal can carry, in the order of the variants.
    pub const CODES: [&'static str; 17] = [
        "name-taken",
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
    ];

    /// The stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NameTaken(_) => "name-taken",
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
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameTaken(name) => write!(f, "the name {name} is taken; choose another"),
            Self::NoSuchUser(user) => write!(f, "nobody here is {user}; LIST shows who is"),
            Self::Yourself => f.write_str("that is you; name somebody else"),
            Self::Busy { name, with } => {
                write!(f, "busy: {name} is chatting with {with}; try later, or PRIVATE {name} TEXT")
            }
            Self::Chatting(with) => write!(f, "you are chatting with {with}; END that first"),
            Self::Asking(name) => write!(f, "your request to {name} still waits; CANCEL it first"),
            Self::NotChatting => f.write_str("you are in no session; REQUEST somebody first"),
            Self::WrongPartner(with) => write!(f, "you are chatting with {with}; nothing was said"),
            Self::NoRequest => f.write_str("no such request waits for your answer; REQUESTS shows those that do"),
            Self::WhichRequest(count) => write!(f, "{count} requests wait; say whose, REQUESTS shows them"),
            Self::NothingToCancel => f.write_str("no request of yours is waiting"),
            Self::TooManyRequests(name) => write!(f, "{name} has too many requests waiting; try later"),
            Self::NoSuchRoom(room) => write!(f, "there is no room {room}; ROOMS shows those there are"),
            Self::NotInRoom(room) => write!(f, "you are not in {room}; JOIN {room} first"),
            Self::InNoRoom => f.write_str("you are in no room; JOIN one first"),
            Self::AlreadyInRoom(room) => write!(f, "you are in {room} already"),
            Self::TooManyRooms => {
                write!(f, "you are in {} rooms, as many as one may be; LEAVE one first", crate::limits::ROOMS_PER_USER)
            }
        }
    }
}
