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
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
