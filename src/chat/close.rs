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
    /// The client speaks another protocol.
    Foreign,
    /// The client did not enter in time.
    EntryTimeout,
    /// The client did not read what it was sent.
    SlowConsumer,
    /// The client gave no sign of life when asked for one.
    PingTimeout,
    /// The user goes on over another connection.
    ResumedElsewhere,
    /// The operator removed the user.
    Kicked,
    /// The operator has shut the user or its address out.
    Banned,
    /// The server has no room for another connection.
    Full,
    /// Too many connections from one address.
    AddressFull,
    /// Too many connects from one address in a short time.
    ConnectingTooFast,
    /// The client sent so much without the end of a line that it cannot be one.
    EndlessLine,
    /// The daemon is shutting down.
    Shutdown,
}

impl CloseReason {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Quit,
        Self::Disconnected,
        Self::Broken,
        Self::Foreign,
        Self::EntryTimeout,
        Self::SlowConsumer,
        Self::PingTimeout,
        Self::ResumedElsewhere,
        Self::Kicked,
        Self::Banned,
        Self::Full,
        Self::AddressFull,
        Self::ConnectingTooFast,
        Self::EndlessLine,
        Self::Shutdown,
    ];

    /// The stable word for wire and log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Quit => "quit",
            Self::Disconnected => "disconnected",
            Self::Broken => "broken",
            Self::Foreign => "foreign",
            Self::EntryTimeout => "entry-timeout",
            Self::SlowConsumer => "slow-consumer",
            Self::PingTimeout => "ping-timeout",
            Self::ResumedElsewhere => "resumed-elsewhere",
            Self::Kicked => "kicked",
            Self::Banned => "banned",
            Self::Full => "full",
            Self::AddressFull => "address-full",
            Self::ConnectingTooFast => "connecting-too-fast",
            Self::EndlessLine => "endless-line",
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
            Self::Foreign => "you speak another protocol",
            Self::EntryTimeout => "you did not enter in time; connect again and send ENTER NAME",
            Self::SlowConsumer => "you did not read what you were sent",
            Self::PingTimeout => "you gave no sign of life",
            Self::ResumedElsewhere => "you go on over another connection",
            Self::Kicked => "the operator removed you",
            Self::Banned => "the operator has shut you out",
            Self::Full => "the server is full; try again later",
            Self::AddressFull => "too many connections from your address; close one first",
            Self::ConnectingTooFast => "too many connects from your address in a short time; wait a moment",
            Self::EndlessLine => "you sent 65536 bytes without a newline; end each line with one",
            Self::Shutdown => "the server is shutting down",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
