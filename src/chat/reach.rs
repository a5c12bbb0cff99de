//! How many a command concerns, before it is handled.

use super::Chat;
use super::command::Command;
use super::key::UserKey;
use super::name::UserRef;
use super::presence::Aim;
use crate::limits::{BACKLOG_BYTES, ROWS_PER_REPLY};

/// How much a command leads to, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// How many are told something.
    pub told: usize,
    /// How long that is, in bytes.
    pub bytes: usize,
    /// How many rows are shown.
    pub rows: usize,
}

/// A line without a text.
const SHORT: usize = 100;

impl Chat {
    /// What a user's command leads to.
    pub fn reach(&self, user: UserKey, command: &Command<'_>) -> Reach {
        let members = |room| self.rooms.find(room).map_or(0, |room| room.members.len());
        let told = |told, bytes| Reach { told, bytes, rows: 0 };
        let joined = |members| Reach { rows: self.settings.backlog, ..told(members, SHORT) };
        let rows = |rows: usize| Reach { rows: rows.min(ROWS_PER_REPLY), ..Reach::default() };
        match command {
            Command::RoomSay { room, text } => {
                let own = self.own_membership(user, *room).map_or(0, |own| self.rooms.of(own.room).members.len());
                told(own, text.as_str().len() + SHORT)
            }
            Command::Announce(text) => told(self.users.len(), text.as_str().len() + SHORT),
            Command::Join(room) => joined(members(*room)),
            Command::JoinUser(other) => {
                let theirs = self.find(*other).and_then(|other| self.users.of(other).rooms.last());
                joined(theirs.map_or(0, |membership| self.rooms.of(membership.room).members.len()))
            }
            Command::Accept(from) => joined(self.members_asked_into(user, *from)),
            Command::Leave(_) => {
                let rooms = self.users.of(user).rooms.iter();
                told(rooms.map(|membership| self.rooms.of(membership.room).members.len()).max().unwrap_or(0), SHORT)
            }
            Command::List { .. } => rows(self.users.len()),
            Command::Rooms { .. } => rows(self.rooms.len()),
            Command::Members { room, .. } => rows(members(*room)),
            _ => told(1, BACKLOG_BYTES / ROWS_PER_REPLY),
        }
    }

    /// What it leads to that a user goes: all who are in a room with it are told.
    pub fn reach_of_leaving(&self, user: UserKey) -> Reach {
        let rooms = self.users.of(user).rooms.iter();
        let told = rooms.map(|membership| self.rooms.of(membership.room).members.len()).sum();
        Reach { told, bytes: SHORT, rows: 0 }
    }

    /// How many are in the room into which a user is asked.
    fn members_asked_into(&self, user: UserKey, from: Option<UserRef>) -> usize {
        let asker = self.waiting_request(user, from).ok();
        match asker.and_then(|asker| self.users.of(asker).presence.invitation()).map(|invitation| invitation.aim) {
            Some(Aim::Room(room)) => self.rooms.of(room).members.len(),
            Some(Aim::Session) | None => 0,
        }
    }
}
