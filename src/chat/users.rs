//! Everybody who is here: found by key, by UID and by name.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::ops::{Deref, DerefMut};

use hashbrown::HashTable;
use slab::Slab;

use super::key::{RoomKey, UserKey};
use super::name::{Name, NameKey, Uid, UserRef};
use super::notices::Standing;
use super::origin::Origin;
use super::presence::Presence;
use super::rooms::Membership;
use super::time::Millis;

/// Whether a user can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contact {
    Connected,
    /// The connection is lost and nobody has been told.
    Dropped,
    /// The connection is lost, and partner and rooms know.
    DroppedAndTold,
}

/// A registered user.
#[derive(Debug)]
pub(super) struct User {
    pub(super) key: UserKey,
    pub(super) name: Name,
    pub(super) address: Option<SocketAddr>,
    pub(super) entered: Millis,
    /// How many messages there had been by then.
    pub(super) messages_before: u64,
    pub(super) presence: Presence,
    #[expect(clippy::box_collection, reason = "most users have none, and a box takes a third of a list")]
    requests: Option<Box<Vec<UserKey>>>,
    /// The rooms this user is in, in order of joining.
    pub(super) rooms: Memberships,
    pub(super) contact: Contact,
    pub(super) do_not_disturb: bool,
    rare: Option<Box<Rare>>,
    /// The place among the watchers of one who watches.
    pub(super) watching: Option<Standing>,
    /// Of its name.
    hash: NameHash,
}

/// The rooms one is in. Takes little memory when that is none.
#[derive(Debug, Default)]
pub(super) struct Memberships(#[expect(clippy::box_collection, reason = "as above")] Option<Box<Vec<Membership>>>);

impl Memberships {
    pub(super) fn push(&mut self, membership: Membership) {
        self.0.get_or_insert_default().push(membership);
    }

    pub(super) fn remove(&mut self, room: RoomKey) {
        if let Some(memberships) = &mut self.0 {
            memberships.retain(|membership| membership.room != room);
        }
        self.0.take_if(|memberships| memberships.is_empty());
    }
}

impl Deref for Memberships {
    type Target = [Membership];

    fn deref(&self) -> &[Membership] {
        self.0.as_deref().map_or(&[], |memberships| memberships)
    }
}

impl DerefMut for Memberships {
    fn deref_mut(&mut self) -> &mut [Membership] {
        self.0.as_deref_mut().map_or(&mut [], |memberships| memberships)
    }
}

/// What few users have.
#[derive(Debug, Default)]
struct Rare {
    ignored: Vec<NameKey>,
    away: Option<Box<str>>,
}

impl User {
    /// Who has a request waiting for this user's answer, in order of arrival.
    pub(super) fn requests(&self) -> &[UserKey] {
        self.requests.as_deref().map_or(&[], |requests| requests)
    }

    /// One more request waits.
    pub(super) fn add_request(&mut self, asker: UserKey) {
        self.requests.get_or_insert_default().push(asker);
    }

    /// A request does not wait any more. Takes no memory when none does.
    pub(super) fn remove_request(&mut self, asker: UserKey) {
        if let Some(requests) = &mut self.requests {
            requests.retain(|waiting| *waiting != asker);
        }
        self.requests.take_if(|requests| requests.is_empty());
    }

    /// Whether its connection is lost.
    pub(super) fn is_dropped(&self) -> bool {
        self.contact != Contact::Connected
    }

    /// Where it comes from, as far as limits are concerned.
    pub(super) fn origin(&self) -> Option<Origin> {
        self.address.map(Origin::from)
    }

    /// Whom this user is not to be shown.
    pub(super) fn ignored(&self) -> &[NameKey] {
        self.rare.as_deref().map_or(&[], |rare| &rare.ignored)
    }

    /// As [`Self::ignored`], to change.
    pub(super) fn ignored_mut(&mut self) -> &mut Vec<NameKey> {
        &mut self.rare.get_or_insert_default().ignored
    }

    /// What a user who is away from the keyboard has left to say; empty if nothing.
    pub(super) fn away(&self) -> Option<&str> {
        self.rare.as_deref()?.away.as_deref()
    }

    /// Sets or ends that.
    pub(super) fn set_away(&mut self, away: Option<&str>) {
        if away.is_some() || self.away().is_some() {
            self.rare.get_or_insert_default().away = away.map(Box::from);
        }
    }
}

/// What a name is found by: the same for names that are the same. It is made once for each user, since that of a name
/// beyond ASCII takes a microsecond, and a table that grows needs all.
#[derive(Clone, Copy, Debug)]
struct NameHash(u32);

impl NameHash {
    /// In all bits, of which the table takes some at either end.
    fn spread(self) -> u64 {
        u64::from(self.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// All users. Iterates in the order of entry.
#[derive(Debug)]
pub(super) struct Users {
    slots: Slab<User>,
    by_uid: BTreeMap<Uid, u32>,
    /// Slots, hashed by the names found there: a name need not be stored twice.
    by_name: HashTable<u32>,
    hasher: RandomState,
    next_uid: NonZeroU64,
}

impl Users {
    pub(super) fn new() -> Self {
        Self {
            slots: Slab::new(),
            by_uid: BTreeMap::new(),
            by_name: HashTable::new(),
            hasher: RandomState::new(),
            next_uid: NonZeroU64::MIN,
        }
    }

    /// The number the next user will have.
    pub(super) fn next_uid(&self) -> u64 {
        self.next_uid.get()
    }

    /// Adds a user; `None` when the name is in use.
    pub(super) fn add(
        &mut self,
        name: Name,
        address: Option<SocketAddr>,
        now: Millis,
        messages_before: u64,
    ) -> Option<UserKey> {
        if self.has_name(name) {
            return None;
        }
        let hash = self.hash(name);
        let entry = self.slots.vacant_entry();
        let slot = u32::try_from(entry.key()).expect("fewer users than a u32 counts");
        let key = UserKey { uid: Uid(self.next_uid), slot };
        self.next_uid = self.next_uid.checked_add(1).expect("a u64 outlasts the daemon");
        entry.insert(User {
            key,
            name,
            address,
            entered: now,
            messages_before,
            presence: Presence::default(),
            requests: None,
            rooms: Memberships::default(),
            hash,
            contact: Contact::Connected,
            do_not_disturb: false,
            rare: None,
            watching: None,
        });
        self.by_uid.insert(key.uid, slot);
        let slots = &self.slots;
        let rehash = |slot: &u32| slots.get(*slot as usize).map_or(0, |user| user.hash.spread());
        self.by_name.insert_unique(hash.spread(), slot, rehash);
        Some(key)
    }

    pub(super) fn remove(&mut self, key: UserKey) -> Option<User> {
        self.get(key)?;
        self.by_uid.remove(&key.uid);
        let hash = self.get(key)?.hash;
        if let Ok(entry) = self.by_name.find_entry(hash.spread(), |slot| *slot == key.slot) {
            entry.remove();
        }
        self.slots.try_remove(key.slot())
    }

    pub(super) fn get(&self, key: UserKey) -> Option<&User> {
        self.slots.get(key.slot()).filter(|user| user.key == key)
    }

    pub(super) fn get_mut(&mut self, key: UserKey) -> Option<&mut User> {
        self.slots.get_mut(key.slot()).filter(|user| user.key == key)
    }

    /// The user a key in the domain's own records belongs to.
    ///
    /// # Panics
    /// When a record outlived its user, which [`super::Chat::check_invariants`] rules out.
    pub(super) fn of(&self, key: UserKey) -> &User {
        self.get(key).expect("records name present users only")
    }

    /// As [`Self::of`], to change.
    pub(super) fn of_mut(&mut self, key: UserKey) -> &mut User {
        self.get_mut(key).expect("records name present users only")
    }

    pub(super) fn find(&self, user: UserRef) -> Option<&User> {
        let slot = match user {
            UserRef::Uid(uid) => self.by_uid.get(&uid).copied(),
            UserRef::Name(name) => self.slot_of(name),
        };
        slot.and_then(|slot| self.slots.get(slot as usize))
    }

    pub(super) fn has_name(&self, name: Name) -> bool {
        self.slot_of(name).is_some()
    }

    fn hash(&self, name: Name) -> NameHash {
        NameHash((self.hasher.hash_one(name) >> 32) as u32)
    }

    fn slot_of(&self, name: Name) -> Option<u32> {
        let is_it = |slot: &u32| self.slots.get(*slot as usize).is_some_and(|user| user.name == name);
        self.by_name.find(self.hash(name).spread(), is_it).copied()
    }

    /// Users behind a UID, in the order of entry.
    pub(super) fn after(&self, uid: u64) -> impl Iterator<Item = &User> {
        let start = NonZeroU64::new(uid.saturating_add(1)).map_or(Uid(NonZeroU64::MIN), Uid);
        self.by_uid.range(start..).filter_map(|(_, slot)| self.slots.get(*slot as usize))
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Checks that the three ways to find a user agree.
    pub(super) fn check_invariants(&self) {
        assert_eq!(self.slots.len(), self.by_uid.len(), "every user has one UID");
        assert_eq!(self.slots.len(), self.by_name.len(), "every user has one name");
        for (slot, user) in &self.slots {
            assert_eq!(user.key.slot(), slot);
            assert_eq!(self.find(UserRef::Uid(user.key.uid)).map(|found| found.key), Some(user.key));
            assert_eq!(self.find(UserRef::Name(user.name)).map(|found| found.key), Some(user.key));
        }
    }
}

#[cfg(test)]
mod tests {
    /// docs/PERFORMANCE.md counts on it.
    #[test]
    fn a_user_takes_little_memory() {
        assert!(size_of::<super::User>() <= 160, "{}", size_of::<super::User>());
    }
}
