//! The rooms there are, and who is in which.

use std::collections::{BTreeMap, HashMap, VecDeque};

use slab::Slab;

use super::backlog::Backlog;
use super::event::Stamp;
use super::key::{RoomKey, UserKey};
use super::name::{Name, RoomName};
use super::text::Text;
use super::time::Millis;
use crate::limits::{EMPTY_ROOM_TIME, EMPTY_ROOMS};

/// A user's place in a room: which room, and where in its list of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) room: RoomKey,
    position: u32,
}

/// A room. It has at least one member; the last to leave closes it.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) key: RoomKey,
    pub(super) name: RoomName,
    pub(super) members: Vec<UserKey>,
    pub(super) backlog: Backlog,
}

/// All rooms. Iterates in the order of creation.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    slots: Slab<Room>,
    by_name: HashMap<RoomName, u32>,
    by_number: BTreeMap<u64, u32>,
    created: u64,
    dormant: VecDeque<Dormant>,
}

/// What is left of a room whose last member has left: what was said there, for a while.
#[derive(Debug)]
struct Dormant {
    name: RoomName,
    until: Millis,
    backlog: Backlog,
}

impl Rooms {
    pub(super) fn find(&self, name: RoomName) -> Option<&Room> {
        self.by_name.get(&name).and_then(|slot| self.slots.get(*slot as usize))
    }

    pub(super) fn get(&self, key: RoomKey) -> Option<&Room> {
        self.slots.get(key.slot as usize).filter(|room| room.key == key)
    }

    /// The room a membership in the domain's own records belongs to.
    ///
    /// # Panics
    /// When a record outlived its room, which [`super::Chat::check_invariants`] rules out.
    pub(super) fn of(&self, key: RoomKey) -> &Room {
        self.get(key).expect("memberships name open rooms only")
    }

    /// Rooms behind a number, in the order of creation.
    pub(super) fn after(&self, number: u64) -> impl Iterator<Item = &Room> {
        self.by_number.range(number.saturating_add(1)..).filter_map(|(_, slot)| self.slots.get(*slot as usize))
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Creates a room without members; the caller adds one next. The name must be free.
    pub(super) fn create(&mut self, name: RoomName) -> RoomKey {
        self.created += 1;
        let backlog = self.wake(name);
        let entry = self.slots.vacant_entry();
        let slot = u32::try_from(entry.key()).expect("fewer rooms than a u32 counts");
        let key = RoomKey { number: self.created, slot };
        entry.insert(Room { key, name, members: Vec::new(), backlog });
        self.by_name.insert(name, slot);
        self.by_number.insert(key.number, slot);
        key
    }

    /// Adds a member. The caller keeps the membership with the user.
    pub(super) fn add(&mut self, key: RoomKey, user: UserKey) -> Membership {
        let room = self.slots.get_mut(key.slot as usize).expect("memberships name open rooms only");
        let position = u32::try_from(room.members.len()).expect("fewer members than a u32 counts");
        room.members.push(user);
        Membership { room: key, position }
    }

    /// Takes a member out in constant time. The last member takes the vacated place and is given
    /// back, so that the caller can correct that user's membership with [`Membership::moved_to`].
    pub(super) fn remove(&mut self, membership: Membership) -> Option<UserKey> {
        let room = self.slots.get_mut(membership.room.slot as usize).expect("memberships name open rooms only");
        let position = membership.position as usize;
        room.members.swap_remove(position);
        room.members.get(position).copied()
    }

    /// Keeps a line for those who join later.
    pub(super) fn remember(&mut self, key: RoomKey, stamp: Stamp, from: Name, text: Text<'_>, most: usize) {
        if let Some(room) = self.slots.get_mut(key.slot as usize) {
            room.backlog.push(stamp, from, text, most);
        }
    }

    /// When something that was kept is to be forgotten.
    pub(super) fn poll_timeout(&self) -> Option<Millis> {
        self.dormant.front().map(|room| room.until)
    }

    /// Forgets what was said in rooms that have been empty for long enough.
    pub(super) fn forget_dormant(&mut self, now: Millis) {
        while self.dormant.front().is_some_and(|room| room.until <= now) {
            self.dormant.pop_front();
        }
    }

    fn wake(&mut self, name: RoomName) -> Backlog {
        let found = self.dormant.iter().position(|room| room.name == name);
        found.and_then(|at| self.dormant.remove(at)).map(|room| room.backlog).unwrap_or_default()
    }

    /// Closes a room whose last member has left. What was said there is kept for a while.
    pub(super) fn close(&mut self, key: RoomKey, now: Millis) {
        if let Some(room) = self.slots.try_remove(key.slot as usize) {
            if !room.backlog.is_empty() {
                if self.dormant.len() == EMPTY_ROOMS {
                    self.dormant.pop_front();
                }
                self.dormant.push_back(Dormant {
                    name: room.name,
                    until: now + EMPTY_ROOM_TIME,
                    backlog: room.backlog,
                });
            }
            self.by_name.remove(&room.name);
            self.by_number.remove(&key.number);
        }
    }

    /// Checks that the ways to find a room agree and that each has members.
    pub(super) fn check_invariants(&self) {
        assert_eq!(self.slots.len(), self.by_name.len());
        assert_eq!(self.slots.len(), self.by_number.len());
        for (_, room) in &self.slots {
            assert_eq!(self.find(room.name).map(|found| found.key), Some(room.key));
            assert!(!room.members.is_empty(), "{} is open without members", room.name);
        }
    }
}

impl Membership {
    /// Takes the place of `left`, whose room it shares.
    pub(super) fn moved_to(&mut self, left: Membership) {
        self.position = left.position;
    }

    /// Where in the room's list of members.
    pub(super) fn position(self) -> usize {
        self.position as usize
    }
}
