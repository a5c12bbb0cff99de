//! What people are told in sentences: why a request is refused and what to do next, why a connection
//! ends. The domain has codes for these things and no words, since what one types to do the next thing
//! is the dialect's: native and console write commands in capitals.

use std::fmt;

use super::commands;
use super::{Dialect, Fault};
use crate::chat::{CloseReason, Refusal, TextError};
use crate::limits::{
    AWAY_BYTES, IGNORED_PER_USER, LINE_BYTES, PROBE_TIME, ROOM_NAME_COLUMNS, ROOMS_PER_USER, TEXT_BYTES,
};

/// What is wrong with a request, in the words of a dialect.
#[derive(Clone, Copy, Debug)]
pub struct Sentence<'a> {
    dialect: Dialect,
    fault: &'a Fault,
}

impl Fault {
    /// Says what is wrong and what to do next, to people who speak this dialect.
    pub fn sentence(&self, dialect: Dialect) -> Sentence<'_> {
        Sentence { dialect, fault: self }
    }
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dialect {
            Dialect::Native | Dialect::Console => about_fault(self.fault, f),
        }
    }
}

/// What the one whose connection ends is told, in the words of a dialect.
pub fn farewell(dialect: Dialect, reason: CloseReason) -> &'static str {
    match dialect {
        Dialect::Native | Dialect::Console => about_end(reason),
    }
}

fn about_fault(fault: &Fault, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match fault {
        Fault::LineTooLong => write!(f, "a line has at most {LINE_BYTES} bytes; this one was skipped"),
        Fault::NotUtf8 => f.write_str("the line is not UTF-8 and was skipped"),
        Fault::UnknownCommand => f.write_str("no such command; HELP shows those there are"),
        Fault::Usage(verb) => write!(f, "type: {}", commands::spec_of(*verb).usage()),
        Fault::BadName(error) => write!(f, "{error}"),
        Fault::BadRoom => write!(
            f,
            "a room's name is # and letters, digits, _ or -, at most {ROOM_NAME_COLUMNS} columns in all, and its letters \
             are of one script"
        ),
        Fault::BadText(TextError::Blank) => f.write_str("there is nothing to send; type a text"),
        Fault::BadText(TextError::TooLong) => write!(f, "a text has at most {TEXT_BYTES} bytes; send it in parts"),
        Fault::AwayTooLong => write!(f, "the text of AWAY has at most {AWAY_BYTES} bytes"),
        Fault::NotEntered => f.write_str("enter first: ENTER NAME, or ENTER alone to be a guest"),
        Fault::AlreadyEntered => f.write_str("you have entered already; QUIT and connect again to change your name"),
        Fault::NameSilent(name) => write!(
            f,
            "{name} has been silent and was asked for a sign of life; try again in {} seconds",
            PROBE_TIME.as_secs()
        ),
        Fault::BadToken => f.write_str("that token keeps no place here (any more); ENTER NAME instead"),
        Fault::BadSequence => f.write_str("you cannot have seen that many lines; ENTER NAME instead"),
        Fault::PasswordRequired => f.write_str("this server asks for a password: PASSWORD WORD, then ENTER"),
        Fault::WrongPassword => f.write_str("that is not the password; ask the operator for it"),
        Fault::Banned(None) => f.write_str("the operator has shut that name out"),
        Fault::Banned(Some(seconds)) => write!(f, "the operator has shut that name out for {seconds} more seconds"),
        Fault::NotKept => f.write_str("this server keeps no places; you are in, and leave with your connection"),
        Fault::Refused(refusal) => about_refusal(refusal, f),
        Fault::Order(mistake) => write!(f, "{mistake}"),
    }
}

fn about_refusal(refusal: &Refusal, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match refusal {
        Refusal::NameTaken(name) => write!(f, "the name {name} is taken; choose another"),
        Refusal::AsciiNames => f.write_str("names have only A to Z, a to z, digits, _ and - on this server"),
        Refusal::NoSuchUser(user) => write!(f, "nobody here is {user}; LIST shows who is"),
        Refusal::Yourself => f.write_str("that is you; name somebody else"),
        Refusal::Busy { name, with } => {
            write!(f, "busy: {name} is chatting with {with}; try later, or PRIVATE {name} TEXT")
        }
        Refusal::Chatting(with) => write!(f, "you are chatting with {with}; END that first"),
        Refusal::Asking(name) => write!(f, "your request to {name} still waits; CANCEL it first"),
        Refusal::NotChatting => f.write_str("you are in no session; REQUEST somebody first"),
        Refusal::WrongPartner(with) => write!(f, "you are chatting with {with}; nothing was said"),
        Refusal::NoRequest => f.write_str("no such request waits for your answer; REQUESTS shows those that do"),
        Refusal::WhichRequest(count) => write!(f, "{count} requests wait; say whose, REQUESTS shows them"),
        Refusal::NothingToCancel => f.write_str("no request of yours is waiting"),
        Refusal::TooManyRequests(name) => write!(f, "{name} has too many requests waiting; try later"),
        Refusal::NoSuchRoom(room) => write!(f, "there is no room {room}; ROOMS shows those there are"),
        Refusal::NotInRoom(room) => write!(f, "you are not in {room}; JOIN {room} first"),
        Refusal::InNoRoom => f.write_str("you are in no room; JOIN one first"),
        Refusal::AlreadyInRoom(room) => write!(f, "you are in {room} already"),
        Refusal::NoRequests(name) => write!(f, "{name} takes no requests now; try later, or PRIVATE {name} TEXT"),
        Refusal::TooManyIgnored => {
            write!(f, "one can ignore {} at most; UNIGNORE one first", IGNORED_PER_USER)
        }
        Refusal::NotIgnored(name) => write!(f, "you do not ignore {name}; IGNORE shows whom you do"),
        Refusal::Muted => f.write_str("the operator has muted you; you can read but not send"),
        Refusal::TooManyRooms => {
            write!(f, "you are in {} rooms, as many as one may be; LEAVE one first", ROOMS_PER_USER)
        }
    }
}

fn about_end(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Quit => "goodbye",
        CloseReason::Disconnected => "you hung up",
        CloseReason::Broken => "the connection broke",
        CloseReason::Foreign => "you speak another protocol",
        CloseReason::EntryTimeout => "you did not enter in time; connect again and send ENTER NAME",
        CloseReason::SlowConsumer => "you did not read what you were sent",
        CloseReason::PingTimeout => "you gave no sign of life",
        CloseReason::ResumedElsewhere => "you go on over another connection",
        CloseReason::Kicked => "the operator removed you",
        CloseReason::Banned => "the operator has shut you out",
        CloseReason::Full => "the server is full; try again later",
        CloseReason::AddressFull => "too many connections from your address; close one first",
        CloseReason::ConnectingTooFast => "too many connects from your address in a short time; wait a moment",
        CloseReason::EndlessLine => "you sent 65536 bytes without a newline; end each line with one",
        CloseReason::Shutdown => "the server is shutting down",
    }
}
