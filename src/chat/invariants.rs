//! What must hold between any two calls. Tests, simulations and fuzzers ask after each.

use super::Chat;
use super::presence::Aim;
use super::users::User;
use crate::limits::{REQUESTS_WAITING, ROOMS_PER_USER};

impl Chat {
    /// Checks every relation between the records.
    ///
    /// # Panics
    /// With what is broken.
    pub fn check_invariants(&self) {
        self.users.check_invariants();
        self.rooms.check_invariants();
        self.watchers.check_invariants();
        let (mut outgoing, mut incoming, mut memberships) = (0, 0, 0);
        for user in self.users.after(0) {
            self.check_session(user);
            self.check_requests(user);
            self.check_rooms(user);
            outgoing += usize::from(user.presence.invitation().is_some());
            incoming += user.requests().len();
            memberships += user.rooms.len();
        }
        assert_eq!(outgoing, incoming, "every request has an asker and an asked");
        assert_eq!(outgoing, self.deadlines.len(), "every request has a deadline, and nothing else has");
        assert_eq!(memberships, self.rooms.after(0).map(|room| room.members.len()).sum::<usize>());
        for room in self.rooms.after(0) {
            let dropped = room.members.iter().filter(|member| self.users.of(**member).is_dropped()).count();
            assert_eq!(dropped, room.dropped, "dropped members are counted");
        }
        let ignored = self.users.after(0).map(|user| user.ignored().len()).sum::<usize>();
        assert_eq!(ignored, self.ignored, "ignored users are counted");
        let watching = self.users.after(0).filter(|user| user.watching.is_some()).count();
        assert_eq!(watching, self.watchers.len());
    }

    fn check_session(&self, user: &User) {
        let Some(partner) = user.presence.partner() else { return };
        assert_ne!(partner, user.key, "nobody chats alone");
        assert_eq!(self.users.of(partner).presence.partner(), Some(user.key), "nobody is half-paired");
        assert!(user.requests().is_empty(), "a session ends all requests");
    }

    fn check_requests(&self, user: &User) {
        assert!(user.requests().len() <= REQUESTS_WAITING);
        for asker in user.requests() {
            let invitation = self.users.of(*asker).presence.invitation();
            assert_eq!(invitation.map(|invitation| invitation.to), Some(user.key), "what waits was asked");
        }
        if let Some(invitation) = user.presence.invitation() {
            assert!(self.users.of(invitation.to).requests().contains(&user.key), "what was asked waits");
            assert!(self.deadlines.contains(&(invitation.deadline, user.key)));
            if let Aim::Room(room) = invitation.aim {
                assert!(
                    user.rooms.iter().any(|membership| membership.room == room),
                    "one asks into a room from inside"
                );
            }
        }
        if let Some(position) = user.watching {
            assert_eq!(self.watchers.at(position), Some(user.key));
        }
    }

    fn check_rooms(&self, user: &User) {
        assert!(user.rooms.len() <= ROOMS_PER_USER);
        for membership in user.rooms.iter() {
            let room = self.rooms.of(membership.room);
            assert_eq!(room.members.get(membership.position()), Some(&user.key), "members and memberships agree");
        }
    }
}
