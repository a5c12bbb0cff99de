//! What anybody who is connected can ask, whatever it speaks: of its connection, of the chat, or of
//! the operator's desk.

use std::time::Duration;

use super::commands::Verb;
use super::{Fault, Target};
use crate::chat::{Command, Name, Text, Uid, UserRef};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnyCommand<'a> {
    /// Nothing: an empty line, or one for another version. It gets no answer.
    Nothing,
    /// What speaks here?
    Hello,
    /// Let me in, under this name or as a guest.
    Enter(Option<Name>),
    /// Show help, on one command perhaps.
    Help(Option<&'a str>),
    /// Keep my place when the connection is lost.
    Keep,
    /// Let me have my place again.
    Resume {
        /// Whose.
        uid: Uid,
        /// The secret, as the client has it.
        token: &'a str,
        /// How many lines since `KEEP` the client has seen.
        seen: u64,
    },
    /// I have seen this many lines since `KEEP`. Not a command: it gets no answer.
    Seen(u64),
    /// This is the server's password; spaces count.
    Password(&'a str),
    /// Send this word back.
    Ping(&'a str),
    /// I am leaving; from the daemon's own terminal that shuts the server down.
    Quit,
    /// Something for the chat.
    Chat(Command<'a>),
    /// An order.
    Order(Order<'a>),
}

impl<'a> From<Command<'a>> for AnyCommand<'a> {
    fn from(command: Command<'a>) -> Self {
        Self::Chat(command)
    }
}

/// What is asked of the operator's desk. Only who has the right to it is obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order<'a> {
    /// Show who is here.
    List {
        /// Rows start behind this UID.
        after: u64,
    },
    /// Show which rooms there are.
    Rooms {
        /// Rows start behind this room.
        after: u64,
    },
    /// Send a message to everybody; the text is asked for when it is missing.
    Announce(Option<Text<'a>>),
    /// Remove a user.
    Kick {
        /// Whom.
        user: UserRef,
        /// What to tell that user.
        reason: Option<Text<'a>>,
    },
    /// Shut a user or an address out, and remove those it hits.
    Ban {
        /// Whom.
        target: Target,
        /// For how long; for ever when it is missing.
        time: Option<Duration>,
        /// What to tell those who are shut out.
        reason: Option<Text<'a>>,
    },
    /// Let them in again.
    Unban(Target),
    /// Show who is shut out.
    Bans,
    /// Take a user's voice away.
    Mute {
        /// Whose; the user need not be here.
        user: UserRef,
        /// For how long; for ever when it is missing.
        time: Option<Duration>,
    },
    /// Give it back.
    Unmute(UserRef),
    /// Show whose voice is taken away.
    Mutes,
    /// Show how the server is doing.
    Stats {
        /// For a program: Prometheus text.
        for_programs: bool,
    },
    /// Choose what the log tells.
    Log(&'a str),
    /// Shut the server down.
    Shutdown,
    /// Clear the screen.
    Clear,
}

/// What a line is to a server that makes clients wait who are too fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// Says nothing to others, or ends something: it need not wait behind what does.
    Short,
    /// Everything else that has no rate of its own.
    Usual,
    /// Says something to everybody.
    Announcement,
    /// Asks somebody for something.
    Request,
    /// An attempt to enter.
    Entry,
    /// The server's password, perhaps.
    Password,
    /// An attempt to come back, with this token.
    Return(&'a str),
}

impl Kind<'_> {
    /// Whether such lines have a rate of their own, beside that of all lines.
    #[inline]
    pub fn has_rate(self) -> bool {
        !matches!(self, Self::Short | Self::Usual)
    }
}

/// Which command it is that rows and an answer belong to. All that a dialect repeats of a command in
/// its answer, it finds here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The command, if the line has one.
    pub verb: Option<Verb>,
    /// What the line is to a server that makes clients wait.
    pub kind: Kind<'a>,
    /// The line, cleaned; empty if it could not be.
    pub line: &'a str,
}

impl Asked<'static> {
    /// A line that could not be read.
    pub const UNREADABLE: Self = Self { verb: None, kind: Kind::Usual, line: "" };
}

/// A line that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// Which command it is.
    pub asked: Asked<'a>,
    /// What it asks, or what is wrong with it.
    pub command: Result<AnyCommand<'a>, Fault>,
}
