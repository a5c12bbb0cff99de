//! The rooms there are, and who is in which.

use std::collections::{BTreeMap, HashMap};

use slab::Slab;

use super::audience::{Audience, Edition};
use super::backlog::Backlog;
use super::dormant::Dormant;
use super::event::Stamp;
use super::eviction::{Candidate, choose};
use super::key::{RoomKey, UserKey};
use super::name::{Name, RoomName};
use super::origin::Origin;
use super::text::Text;
use super::time::Millis;
use crate::limits::{BACKLOGS_SHARE, ROOM_RECORD_BYTES, SNUG_MEMBERS};

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
    /// Changes with the members.
    edition: u64,
    /// How many of them have lost their connection: nobody counts them while somebody talks.
    pub(super) dropped: usize,
    pub(super) backlog: Backlog,
    /// Where the one who opened it came from, the first time if it has been empty since.
    opener: Option<Origin>,
}

/// All rooms. Iterates in the order of creation.
#[derive(Debug)]
pub(super) struct Rooms {
    slots: Slab<Room>,
    by_name: HashMap<RoomName, u32>,
    by_number: BTreeMap<u64, u32>,
    created: u64,
    /// How often members have changed, of all rooms.
    changes: u64,
    dormant: Dormant,
    /// Bytes of memory that all backlogs take together, and the most they may.
    memory: usize,
    most_memory: usize,
}

/// Where a backlog is.
#[derive(Clone, Copy, Debug)]
enum Place {
    Open(u32),
    Dormant(u64),
}

impl Rooms {
    /// No rooms, whose backlogs may take so much memory.
    pub(super) fn new(most_memory: usize) -> Self {
        Self {
            slots: Slab::new(),
            by_name: HashMap::new(),
            by_number: BTreeMap::new(),
            created: 0,
            changes: 0,
            dormant: Dormant::default(),
            memory: 0,
            most_memory,
        }
    }

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

    /// How many there have been.
    pub(super) fn created(&self) -> u64 {
        self.created
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Creates a room without members; the caller adds one next. The name must be free.
    pub(super) fn create(&mut self, name: RoomName, opener: Option<Origin>) -> RoomKey {
        self.created += 1;
        let (opener, backlog) = self.wake(name).unwrap_or((opener, Backlog::default()));
        let entry = self.slots.vacant_entry();
        let slot = u32::try_from(entry.key()).expect("fewer rooms than a u32 counts");
        let key = RoomKey { number: self.created, slot };
        entry.insert(Room { key, name, members: Vec::new(), edition: 0, dropped: 0, backlog, opener });
        self.by_name.insert(name, slot);
        self.by_number.insert(key.number, slot);
        key
    }

    /// A room whose members change.
    fn changing(&mut self, key: RoomKey) -> &mut Room {
        let room = self.slots.get_mut(key.slot as usize).expect("memberships name open rooms only");
        self.changes += 1;
        room.edition = self.changes;
        room
    }

    /// Adds a member. The caller keeps the membership with the user.
    pub(super) fn add(&mut self, key: RoomKey, user: UserKey, is_dropped: bool) -> Membership {
        let room = self.changing(key);
        let position = u32::try_from(room.members.len()).expect("fewer members than a u32 counts");
        room.members.push(user);
        room.dropped += usize::from(is_dropped);
        Membership { room: key, position }
    }

    /// Takes a member out in constant time. The last member takes the vacated place and is given
    /// back, so that the caller can correct that user's membership with [`Membership::moved_to`].
    pub(super) fn remove(&mut self, membership: Membership, is_dropped: bool) -> Option<UserKey> {
        let room = self.changing(membership.room);
        let position = membership.position as usize;
        room.dropped -= usize::from(is_dropped);
        room.members.swap_remove(position);
        if room.members.capacity() > SNUG_MEMBERS.max(4 * room.members.len()) {
            room.members.shrink_to(2 * room.members.len());
        }
        room.members.get(position).copied()
    }

    /// A member has lost its connection, or is back.
    pub(super) fn note_dropped(&mut self, membership: Membership, is_dropped: bool) {
        let room = self.slots.get_mut(membership.room.slot as usize).expect("memberships name open rooms only");
        room.dropped = if is_dropped { room.dropped + 1 } else { room.dropped - 1 };
    }

    /// Keeps a line for those who join later.
    pub(super) fn remember(&mut self, key: RoomKey, stamp: Stamp, from: Name, text: Text<'_>, most: usize) {
        if let Some(room) = self.slots.get_mut(key.slot as usize) {
            let before = room.backlog.memory();
            room.backlog.push(stamp, from, text, most);
            let after = room.backlog.memory();
            if after != before {
                self.memory = self.memory + after - before;
                self.evict();
            }
        }
    }

    /// While backlogs take too much memory some go; and more of them than need be, so that the
    /// choice is made seldom.
    fn evict(&mut self) {
        if self.memory <= self.most_memory {
            return;
        }
        let excess = self.memory - self.most_memory + self.most_memory / BACKLOGS_SHARE;
        for place in choose(self.candidates(), excess) {
            let freed = match place {
                Place::Open(slot) => self.slots.get_mut(slot as usize).map(|room| std::mem::take(&mut room.backlog)),
                Place::Dormant(number) => {
                    self.memory -= ROOM_RECORD_BYTES;
                    self.dormant.take(number).map(|room| room.backlog)
                }
            };
            self.memory -= freed.map_or(0, |backlog| backlog.memory());
        }
    }

    fn candidates(&self) -> Vec<Candidate<Place>> {
        let candidate = |room, opener, is_open, backlog: &Backlog| {
            let memory = backlog.memory() + if is_open { 0 } else { ROOM_RECORD_BYTES };
            Candidate { room, opener, is_open, last: backlog.last(), memory }
        };
        let dormant = self.dormant.iter();
        let dormant =
            dormant.map(|(number, room)| candidate(Place::Dormant(number), room.opener, false, &room.backlog));
        let open = self.slots.iter().map(|(_, room)| room).filter(|room| !room.backlog.is_empty());
        let open = open.map(|room| candidate(Place::Open(room.key.slot), room.opener, true, &room.backlog));
        dormant.chain(open).collect()
    }

    /// When something that was kept is to be forgotten.
    pub(super) fn poll_timeout(&self) -> Option<Millis> {
        self.dormant.next_due()
    }

    /// Forgets what was said in rooms that have been empty for long enough.
    pub(super) fn forget_dormant(&mut self, now: Millis) {
        while let Some(room) = self.dormant.take_due(now) {
            self.memory -= ROOM_RECORD_BYTES + room.backlog.memory();
        }
    }

    fn wake(&mut self, name: RoomName) -> Option<(Option<Origin>, Backlog)> {
        let room = self.dormant.wake(name)?;
        self.memory -= ROOM_RECORD_BYTES;
        Some((room.opener, room.backlog))
    }

    /// Closes a room whose last member has left. What was said there is kept for a while.
    pub(super) fn close(&mut self, key: RoomKey, now: Millis) {
        if let Some(room) = self.slots.try_remove(key.slot as usize) {
            if !room.backlog.is_empty() {
                self.memory += ROOM_RECORD_BYTES;
                self.dormant.add(room.name, room.opener, room.backlog, now);
                self.evict();
            }
            self.by_name.remove(&room.name);
            self.by_number.remove(&key.number);
        }
    }

    /// Checks that the ways to find a room agree and that each has members.
    pub(super) fn check_invariants(&self) {
        let memory: usize = self.candidates().iter().map(|candidate| candidate.memory).sum();
        assert_eq!(memory, self.memory, "backlogs are accounted for");
        assert!(memory <= self.most_memory, "backlogs are bounded");
        self.dormant.check_invariants();
        assert_eq!(self.slots.len(), self.by_name.len());
        assert_eq!(self.slots.len(), self.by_number.len());
        for (_, room) in &self.slots {
            assert_eq!(self.find(room.name).map(|found| found.key), Some(room.key));
            assert!(!room.members.is_empty(), "{} is open without members", room.name);
        }
    }
}

impl Room {
    /// All its members.
    pub(super) fn audience(&self) -> Audience<'_> {
        Audience::new(&self.members, Edition::Members(self.edition))
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;
    use crate::chat::Uid;

    #[test]
    fn a_room_that_many_have_left_gives_their_memory_back() {
        let mut rooms = Rooms::new(0);
        let room = rooms.create(RoomName::new("#crowd").expect("a name"), None);
        let user = |slot: u32| UserKey { uid: Uid(NonZeroU64::MIN.saturating_add(slot.into())), slot };
        let first = rooms.add(room, user(0), false);
        for slot in 1..1_000 {
            rooms.add(room, user(slot), false);
        }
        assert!(rooms.of(room).members.capacity() >= 1_000);
        for _ in 1..1_000 {
            rooms.remove(first, false);
        }
        assert!(rooms.of(room).members.capacity() <= SNUG_MEMBERS, "{}", rooms.of(room).members.capacity());
    }
}
