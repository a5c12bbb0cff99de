//! Handles of the domain's records: a slot, and a number that tells a reused slot from the old one.

use super::name::Uid;

/// A user's handle: a slot, and the UID that tells whether the slot is still theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserKey {
    pub(super) uid: Uid,
    pub(super) slot: u32,
}

impl UserKey {
    /// A small number that no other present user has; given out again after this one is gone.
    pub fn slot(self) -> usize {
        self.slot as usize
    }

    /// The user's number.
    pub fn uid(self) -> Uid {
        self.uid
    }
}

/// A room's handle: a slot, and the number that tells whether the slot is still its.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RoomKey {
    pub(super) number: u64,
    pub(super) slot: u32,
}

impl RoomKey {
    /// Counts rooms in the order of creation.
    pub(super) fn number(self) -> u64 {
        self.number
    }
}
