//! Every way a connection, and with it a user, can go. One list for wire, log and tests.

use std::fmt;

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The client said `QUIT`.
    Quit,
    /// The client hung up without saying so.
    Disconnected,
    /// The connection broke: reset, timed out, unreachable.
    Broken,
    /// The client did not enter in time.
    EntryTimeout,
    /// The client did not read what it was sent.
    SlowConsumer,
    /// The operator removed the user.
    Kicked,
    /// The daemon is shutting down.
    Shutdown,
}

impl CloseReason {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Quit,
        Self::Disconnected,
        Self::Broken,
        Self::EntryTimeout,
        Self::SlowConsumer,
        Self::Kicked,
        Self::Shutdown,
    ];

    /// The stable word for wire and log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Quit => "quit",
            Self::Disconnected => "disconnected",
            Self::Broken => "broken",
            Self::EntryTimeout => "entry-timeout",
            Self::SlowConsumer => "slow-consumer",
            Self::Kicked => "kicked",
            Self::Shutdown => "shutdown",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// What the one who is closed is told, for people.
    pub fn farewell(self) -> &'static str {
        match self {
            Self::Quit => "goodbye",
            Self::Disconnected => "you hung up",
            Self::Broken => "the connection broke",
            Self::EntryTimeout => "you did not enter in time; connect again and send ENTER NAME",
            Self::SlowConsumer => "you did not read what you were sent",
            Self::Kicked => "the operator removed you",
            Self::Shutdown => "the server is shutting down",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
