//! What users are told when something happens, in terms a person would use; no keys, no bytes.

use std::time::Duration;

use super::close::CloseReason;
use super::name::{Name, RoomName, Uid};
use super::text::Text;
use super::time::UnixMillis;

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
    /// The user I have just turned to is away from the keyboard.
    Away {
        /// Who.
        name: Name,
        /// What they have left to say.
        text: Option<Text<'a>>,
    },
    /// My partner or a fellow in a room has lost its connection and may come back.
    Dropped(Name),
    /// One of those is back.
    Returned(Name),
    /// One who is gone, or has lost lines, may not have read messages of mine to that user alone.
    Unread {
        /// Who.
        by: Name,
        /// How many.
        count: u64,
    },
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
