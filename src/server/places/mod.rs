//! Places that are kept for users whose connections are lost: which there are, the secrets that prove whose
//! they are, and what is remembered of those that were given up.

mod dropped;
mod keeping;
mod list;
mod secret;
mod unread;

pub(super) use dropped::Dropped;
pub(super) use keeping::Return;
pub(super) use list::PlaceNumber;
pub(super) use secret::Secret;
pub(super) use unread::{Forgotten, Tally};

use super::connection::Connection;
use super::connection_id::ConnectionId;
use crate::chat::{Millis, Origin, Uid};
use crate::limits::Limits;
use list::PlaceList;
use secret::Life;
use unread::GivenUp;

/// What is known of places that are kept, or were.
#[derive(Debug)]
pub(super) struct Places {
    list: PlaceList,
    given_up: GivenUp,
    life: Life,
    secrets: fn() -> u128,
}

impl Places {
    /// None are kept yet. `secrets` gives random numbers.
    pub(super) fn new(secrets: fn() -> u128) -> Self {
        let life = Life::new(secrets());
        Self { list: PlaceList::default(), given_up: GivenUp::default(), life, secrets }
    }

    /// What tells this daemon from the one that ran before it, as clients are told.
    pub(super) fn life(&self) -> String {
        self.life.to_text()
    }

    /// A secret to come back with that nobody has yet.
    pub(super) fn new_secret(&self) -> u128 {
        self.life.secret((self.secrets)())
    }

    /// Whether a secret may be one of this life's. One of another's is no guess.
    pub(super) fn may_have_given(&self, secret: &str) -> bool {
        self.life.may_have_given(secret)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// A place is kept from now on.
    pub(super) fn add(&mut self, origin: Origin, id: ConnectionId) -> PlaceNumber {
        self.list.add(origin, id)
    }

    /// It is not kept any more.
    pub(super) fn remove(&mut self, origin: Origin, number: PlaceNumber) {
        self.list.remove(origin, number);
    }

    /// The place to give up, if one address leaves more than it may, or all together do.
    pub(super) fn surplus(&self, limits: &Limits) -> Option<ConnectionId> {
        let (of_origin, of_all) = (limits.places_per_address, limits.connections);
        self.list.surplus(of_origin, of_all)
    }

    /// Remembers, for the one who may come back, what was unread when this place was given up.
    pub(super) fn note_given_up<S>(&mut self, connection: &Connection<S>, unread: &Tally, now: Millis) {
        self.given_up.note(connection, unread, now);
    }

    /// How many private lines one has lost who has seen so many lines; nothing if its place is not known.
    pub(super) fn lost(&mut self, uid: Uid, secret: &str, seen: u64, now: Millis) -> Option<u64> {
        self.given_up.lost(uid, secret, seen, now)
    }
}
