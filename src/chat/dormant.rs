//! What is left of rooms whose last members have left: what was said there, for a while.

use std::collections::{BTreeMap, HashMap};

use super::backlog::Backlog;
use super::name::RoomName;
use super::origin::Origin;
use super::time::Millis;
use crate::limits::EMPTY_ROOM_TIME;

/// One of them.
#[derive(Debug)]
pub(super) struct Sleeper {
    name: RoomName,
    /// Where the one who opened it first came from.
    pub(super) opener: Option<Origin>,
    until: Millis,
    pub(super) backlog: Backlog,
}

/// All of them, in the order in which they fell asleep, which is that in which they are forgotten.
#[derive(Debug, Default)]
pub(super) struct Dormant {
    rooms: BTreeMap<u64, Sleeper>,
    by_name: HashMap<RoomName, u64>,
    count: u64,
}

impl Dormant {
    /// A room's last member has left. Its name is nobody's here.
    pub(super) fn add(&mut self, name: RoomName, opener: Option<Origin>, backlog: Backlog, now: Millis) {
        self.count += 1;
        self.rooms.insert(self.count, Sleeper { name, opener, until: now + EMPTY_ROOM_TIME, backlog });
        self.by_name.insert(name, self.count);
    }

    /// Takes the room out that has the name.
    pub(super) fn wake(&mut self, name: RoomName) -> Option<Sleeper> {
        let number = *self.by_name.get(&name)?;
        self.take(number)
    }

    pub(super) fn take(&mut self, number: u64) -> Option<Sleeper> {
        let room = self.rooms.remove(&number)?;
        self.by_name.remove(&room.name);
        Some(room)
    }

    /// When the next is to be forgotten.
    pub(super) fn next_due(&self) -> Option<Millis> {
        self.rooms.first_key_value().map(|(_, room)| room.until)
    }

    /// Takes one out that is to be forgotten.
    pub(super) fn take_due(&mut self, now: Millis) -> Option<Sleeper> {
        let (number, _) = self.rooms.first_key_value().filter(|(_, room)| room.until <= now)?;
        self.take(*number)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Sleeper)> {
        self.rooms.iter().map(|(number, room)| (*number, room))
    }

    /// Checks that the ways to find a room agree.
    pub(super) fn check_invariants(&self) {
        assert_eq!(self.rooms.len(), self.by_name.len());
        assert!(self.rooms.iter().all(|(number, room)| self.by_name.get(&room.name) == Some(number)));
    }
}
