//! The log: one line a happening, kept in memory until the loop writes it out.

use std::fmt::{self, Write as _};

use super::peer::Peer;
use crate::chat::{CloseReason, Name, Purpose, Record, UnixMillis};
use crate::limits::LOG_BYTES;
use crate::wire::TimeFormat;

/// What the log tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Only what an operator should look at.
    Quiet,
    /// Comings, goings, requests, sessions, rooms; not what is said.
    Normal,
    /// What is said in rooms, too.
    Rooms,
}

impl Level {
    /// Reads the word for it.
    pub fn new(word: &str) -> Option<Self> {
        [Self::Quiet, Self::Normal, Self::Rooms].into_iter().find(|level| level.word().eq_ignore_ascii_case(word))
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Normal => "normal",
            Self::Rooms => "rooms",
        }
    }
}

/// Collects log lines, at most [`LOG_BYTES`]; beyond that lines are dropped and counted.
#[derive(Debug)]
pub struct Journal {
    lines: String,
    dropped: u64,
    now: UnixMillis,
    time: TimeFormat,
    level: Level,
}

impl Journal {
    pub(super) fn new(level: Level) -> Self {
        Self { lines: String::new(), dropped: 0, now: UnixMillis(0), time: TimeFormat::default(), level }
    }

    pub(super) fn set_time(&mut self, now: UnixMillis) {
        self.now = now;
    }

    pub(super) fn set_level(&mut self, level: Level) {
        self.level = level;
    }

    /// Adds a line about ordinary life.
    pub fn note(&mut self, what: fmt::Arguments<'_>) {
        if self.level > Level::Quiet {
            self.warn(what);
        }
    }

    /// Adds a line that an operator should look at.
    pub fn warn(&mut self, what: fmt::Arguments<'_>) {
        if self.lines.len() > LOG_BYTES {
            self.dropped += 1;
            return;
        }
        let time = self.time.format(self.now);
        // Writing to a String cannot fail.
        let _ = writeln!(self.lines, "{time} {what}");
    }

    /// Takes the lines collected so far.
    pub fn take(&mut self) -> String {
        let lines = std::mem::take(&mut self.lines);
        if self.dropped > 0 && !lines.is_empty() {
            let dropped = std::mem::take(&mut self.dropped);
            self.warn(format_args!("log-overflow dropped={dropped}"));
        }
        lines
    }

    /// Whether there is nothing to take.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn connected(&mut self, peer: Peer) {
        if let Peer::Client(address) = peer {
            self.note(format_args!("connect from={address}"));
        }
    }

    pub(super) fn disconnected(&mut self, peer: Peer, user: Option<Name>, reason: CloseReason) {
        match (peer, user) {
            (Peer::Operator(_), _) => {}
            (Peer::Client(address), None) => self.note(format_args!("disconnect from={address} reason={reason}")),
            (Peer::Client(address), Some(name)) => {
                self.note(format_args!("disconnect from={address} name={name} reason={reason}"));
            }
        }
    }

    pub(super) fn record(&mut self, record: &Record<'_>) {
        match record {
            Record::Entered { uid, name, address: Some(address) } => {
                self.note(format_args!("enter name={name} uid={uid} from={address}"));
            }
            Record::Entered { uid, name, address: None } => self.note(format_args!("enter name={name} uid={uid}")),
            Record::Gone { name, reason } => self.note(format_args!("gone name={name} reason={reason}")),
            Record::Requested { from, to, purpose } => match purpose {
                Purpose::Session => self.note(format_args!("request from={from} to={to}")),
                Purpose::Room(room) => self.note(format_args!("request from={from} to={to} room={room}")),
            },
            Record::Declined { from, to, why } => {
                self.note(format_args!("declined from={from} to={to} why={}", why.word()));
            }
            Record::Withdrawn { from, to, why } => {
                self.note(format_args!("withdrawn from={from} to={to} why={}", why.word()));
            }
            Record::Dropped { name, reason } => self.note(format_args!("dropped name={name} reason={reason}")),
            Record::Returned(name) => self.note(format_args!("returned name={name}")),
            Record::Muted { name, on: true } => self.note(format_args!("mute name={name}")),
            Record::Muted { name, on: false } => self.note(format_args!("unmute name={name}")),
            Record::Paired(one, two) => self.note(format_args!("paired {one} {two}")),
            Record::Ended(one, two) => self.note(format_args!("ended by={one} with={two}")),
            Record::Joined { room, name } => self.note(format_args!("join room={room} name={name}")),
            Record::Left { room, name } => self.note(format_args!("leave room={room} name={name}")),
            Record::Announced { from, text } => self.note(format_args!("announce from={from} text={text}")),
            Record::RoomSaid { room, from, text } => {
                if self.level == Level::Rooms {
                    self.note(format_args!("said room={room} from={from} text={text}"));
                }
            }
        }
    }
}
