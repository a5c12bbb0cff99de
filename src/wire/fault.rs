//! What can be wrong with a line a client sends, before and after the domain sees it.

use super::Mistake;
use super::commands::Verb;
use crate::chat::{Name, NameError, Refusal, TextError};

/// Why a line was answered with `-ERR`. The connection is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The line is longer than [`LINE_BYTES`](crate::limits::LINE_BYTES).
    LineTooLong,
    /// The line is not UTF-8.
    NotUtf8,
    /// The first word is no command.
    UnknownCommand,
    /// The command's arguments are missing, too many, or not of its form.
    Usage(Verb),
    /// A name is needed and this is none that may be used.
    BadName(NameError),
    /// A room's name is needed and this is none.
    BadRoom,
    /// There is nothing to say, or too much.
    BadText(TextError),
    /// The text left behind by one who is away is longer than [`AWAY_BYTES`](crate::limits::AWAY_BYTES).
    AwayTooLong,
    /// The command is for users, and the client has not entered.
    NotEntered,
    /// The client has entered already.
    AlreadyEntered,
    /// The name's holder has been silent and was asked for a sign of life.
    NameSilent(Name),
    /// The token to resume with is wrong, malformed, or nobody's any more.
    BadToken,
    /// The number of lines seen is none the server could have sent, or was said to be seen before.
    BadSequence,
    /// The server has a password and it has not been given.
    PasswordRequired,
    /// That is not the server's password.
    WrongPassword,
    /// The operator has shut this name out; for how many more seconds, if not for ever.
    Banned(Option<u64>),
    /// Places are not kept on this server.
    NotKept,
    /// The chat says no.
    Refused(Refusal),
    /// It is an order, and not of its form.
    Order(Mistake),
}

impl Fault {
    /// The codes of the faults that are not refusals.
    pub const CODES: [&'static str; 17] = [
        "line-too-long",
        "not-utf8",
        "unknown-command",
        "usage",
        "bad-name",
        "bad-room",
        "empty-text",
        "text-too-long",
        "not-entered",
        "already-entered",
        "name-silent",
        "bad-token",
        "bad-sequence",
        "not-kept",
        "password-required",
        "wrong-password",
        "banned",
    ];

    /// The stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::LineTooLong => "line-too-long",
            Self::NotUtf8 => "not-utf8",
            Self::UnknownCommand => "unknown-command",
            Self::Usage(_) | Self::Order(_) => "usage",
            Self::BadName(_) => "bad-name",
            Self::BadRoom => "bad-room",
            Self::BadText(TextError::Blank) => "empty-text",
            Self::BadText(TextError::TooLong) | Self::AwayTooLong => "text-too-long",
            Self::NotEntered => "not-entered",
            Self::AlreadyEntered => "already-entered",
            Self::NameSilent(_) => "name-silent",
            Self::BadToken => "bad-token",
            Self::BadSequence => "bad-sequence",
            Self::NotKept => "not-kept",
            Self::PasswordRequired => "password-required",
            Self::WrongPassword => "wrong-password",
            Self::Banned(_) => "banned",
            Self::Refused(refusal) => refusal.code(),
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<TextError> for Fault {
    fn from(error: TextError) -> Self {
        Self::BadText(error)
    }
}

impl From<NameError> for Fault {
    fn from(error: NameError) -> Self {
        Self::BadName(error)
    }
}
