//! Who is here and which rooms there are, as the server last told. Serves completion, and the
//! finding of names by UID.

use std::collections::BTreeMap;

use crate::chat::{Name, RoomName, Uid};
use crate::client::view::listing::Listed;

/// Entries kept of either kind. Beyond this completion is of no use to anybody.
const ENTRIES: usize = 20_000;

/// Who is here and which rooms there are, in the order of the alphabet.
#[derive(Debug, Default)]
pub(super) struct Roster {
    users: BTreeMap<String, (Name, Uid)>,
    rooms: BTreeMap<String, RoomName>,
}

impl Roster {
    pub(super) fn add_user(&mut self, name: Name, uid: Uid) {
        if self.users.len() < ENTRIES {
            self.users.insert(folded(name.as_str()), (name, uid));
        }
    }

    pub(super) fn remove_user(&mut self, name: Name) {
        self.users.remove(&folded(name.as_str()));
    }

    pub(super) fn add_room(&mut self, room: RoomName) {
        if self.rooms.len() < ENTRIES {
            self.rooms.insert(folded(room.as_str()), room);
        }
    }

    pub(super) fn remove_room(&mut self, room: RoomName) {
        self.rooms.remove(&folded(room.as_str()));
    }

    pub(super) fn clear_users(&mut self) {
        self.users.clear();
    }

    pub(super) fn clear_rooms(&mut self) {
        self.rooms.clear();
    }

    pub(super) fn add_rows(&mut self, rows: &[Listed]) {
        for row in rows {
            match row {
                Listed::User(user) => self.add_user(user.name, user.uid),
                Listed::Member(name, uid) => self.add_user(*name, *uid),
                Listed::Room(room, _) => self.add_room(*room),
                Listed::Ignored(_) | Listed::RequestFrom(..) | Listed::RequestTo(..) => {}
            }
        }
    }

    pub(super) fn users(&self) -> impl Iterator<Item = Name> {
        self.users.values().map(|(name, _)| *name)
    }

    pub(super) fn rooms(&self) -> impl Iterator<Item = RoomName> {
        self.rooms.values().copied()
    }

    pub(super) fn user_count(&self) -> usize {
        self.users.len()
    }

    pub(super) fn name_of(&self, uid: Uid) -> Option<Name> {
        self.users.values().find(|(_, theirs)| *theirs == uid).map(|(name, _)| *name)
    }
}

fn folded(name: &str) -> String {
    name.to_lowercase()
}
