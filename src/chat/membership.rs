//! Rooms from a user's side: joining, leaving, talking.

use super::Chat;
use super::audience::Audience;
use super::close::CloseReason;
use super::event::{Event, Withdrawal};
use super::key::{RoomKey, UserKey};
use super::name::{RoomName, UserRef, numbers_for};
use super::notices::Notice;
use super::presence::Aim;
use super::refusal::Refusal;
use super::reply::{Recipients, Reply};
use super::rooms::Membership;
use super::sink::{Record, Sink};
use super::text::Text;
use super::time::Now;
use crate::limits::ROOMS_PER_USER;

impl Chat {
    /// Joins a room by name, which is created if need be.
    pub(super) fn join(
        &mut self,
        user: UserKey,
        name: RoomName,
        now: Now,
        out: &mut dyn Sink,
    ) -> Result<Reply, Refusal> {
        let room = match self.rooms.find(name) {
            Some(room) => room.key,
            None => {
                // Its name is shown to others.
                self.check_voice(user, now)?;
                self.check_spelling(name.is_ascii())?;
                self.check_has_room(user)?;
                self.open_room(user, name, now)
            }
        };
        self.enter_room(user, room, out)?;
        Ok(Reply::Room(self.rooms.of(room).name))
    }

    /// Joins the room that another user joined last. If that user is in none, opens one (unless the
    /// asker sits alone in one already) and asks the user to join it.
    pub(super) fn join_user(
        &mut self,
        user: UserKey,
        other: UserRef,
        now: Now,
        out: &mut dyn Sink,
    ) -> Result<Reply, Refusal> {
        let other = self.other_user(user, other)?;
        if let Some(theirs) = self.users.of(other).rooms.last() {
            let room = theirs.room;
            self.enter_room(user, room, out)?;
            return Ok(Reply::Room(self.rooms.of(room).name));
        }
        self.check_voice(user, now)?;
        self.check_free(user)?;
        self.check_can_be_asked(user, other)?;
        let room = match self.lonely_room(user) {
            Some(room) => room,
            None => {
                self.check_has_room(user)?;
                let room = self.open_room(user, self.free_room_name(user), now);
                self.enter_room(user, room, out)?;
                room
            }
        };
        Ok(self.ask(user, other, Aim::Room(room), now, out))
    }

    /// A room in which the user is alone, opened for somebody who did not come perhaps.
    fn lonely_room(&self, user: UserKey) -> Option<RoomKey> {
        let rooms = self.users.of(user).rooms.iter().map(|membership| self.rooms.of(membership.room));
        rooms.filter(|room| room.members.len() == 1).map(|room| room.key).next_back()
    }

    /// Leaves the room named, or the one joined last.
    pub(super) fn leave_room(
        &mut self,
        user: UserKey,
        name: Option<RoomName>,
        now: Now,
        out: &mut dyn Sink,
    ) -> Result<Reply, Refusal> {
        let membership = match name {
            Some(name) => self.membership(user, name)?,
            None => *self.users.of(user).rooms.last().ok_or(Refusal::InNoRoom)?,
        };
        let name = self.rooms.of(membership.room).name;
        self.leave_membership(user, membership, None, now, out);
        Ok(Reply::Room(name))
    }

    /// Says something to everybody else in a room.
    pub(super) fn say_in_room(
        &mut self,
        user: UserKey,
        name: RoomName,
        text: Text<'_>,
        now: Now,
        out: &mut dyn Sink,
    ) -> Result<Reply, Refusal> {
        self.check_voice(user, now)?;
        let membership = self.membership(user, name)?;
        let stamp = self.next_stamp(now);
        let speaker = self.users.of(user);
        let (from, own) = (speaker.name, usize::from(speaker.is_dropped()));
        self.rooms.remember(membership.room, stamp, from, text, self.settings.backlog);
        let room = self.rooms.of(membership.room);
        out.record(&Record::RoomSaid { room: room.name, from, text });
        let listeners = self.listeners(&room.members, from);
        let audience = listeners.as_deref().map_or(room.audience(), Audience::once);
        out.tell_all(audience.without(Some(user)), &Event::RoomSaid { stamp, room: room.name, from, text });
        Ok(Reply::Taken { stamp, to: Recipients::of(room.members.len() - 1, room.dropped - own) })
    }

    /// Adds a user to an open room; all its members, the new one included, are told. The new one
    /// is shown what was said before, but not by those it ignores.
    pub(super) fn enter_room(&mut self, user: UserKey, room: RoomKey, out: &mut dyn Sink) -> Result<(), Refusal> {
        let name = self.rooms.of(room).name;
        if self.users.of(user).rooms.iter().any(|membership| membership.room == room) {
            return Err(Refusal::AlreadyInRoom(name));
        }
        self.check_has_room(user)?;
        let is_dropped = self.users.of(user).is_dropped();
        let membership = self.rooms.add(room, user, is_dropped);
        let member = self.users.of_mut(user);
        member.rooms.push(membership);
        let joined = Event::Joined { room: name, name: member.name };
        out.record(&Record::Joined { room: name, name: member.name });
        self.fulfil_room_requests(user, Aim::Room(room));
        let room = self.rooms.of(room);
        out.tell_all(room.audience(), &joined);
        for (stamp, from, text) in room.backlog.iter().filter(|(_, from, _)| !self.is_ignoring(user, *from)) {
            out.tell(user, &Event::Earlier { stamp, room: name, from, text });
        }
        Ok(())
    }

    /// Takes a user out of a room; the others and the user itself, if still here, are told. The
    /// user's own request into that room falls with it.
    pub(super) fn leave_membership(
        &mut self,
        user: UserKey,
        membership: Membership,
        gone: Option<CloseReason>,
        now: Now,
        out: &mut dyn Sink,
    ) {
        let aim = Aim::Room(membership.room);
        if self.users.of(user).presence.invitation().is_some_and(|invitation| invitation.aim == aim) {
            self.withdraw_request(user, Withdrawal::Cancelled, out);
        }
        let leaver = self.users.of_mut(user);
        leaver.rooms.remove(membership.room);
        let (name, is_dropped) = (leaver.name, leaver.is_dropped());
        let room = self.rooms.of(membership.room);
        let (room_name, still_here) = (room.name, gone.is_none());
        out.record(&Record::Left { room: room_name, name });
        let audience = room.audience().without((!still_here).then_some(user));
        out.tell_all(audience, &Event::Left { room: room_name, name, gone });
        if let Some(moved) = self.rooms.remove(membership, is_dropped) {
            let theirs = self.users.of_mut(moved).rooms.iter_mut().find(|other| other.room == membership.room);
            theirs.expect("members know their rooms").moved_to(membership);
        }
        if self.rooms.of(membership.room).members.is_empty() {
            self.rooms.close(membership.room, now.steady);
            self.watchers.note(Notice::Closed(room_name), now.steady);
        }
    }

    fn open_room(&mut self, user: UserKey, name: RoomName, now: Now) -> RoomKey {
        self.watchers.note(Notice::Opened(name), now.steady);
        self.rooms.create(name, self.users.of(user).origin())
    }

    /// The user's membership in a room.
    fn membership(&self, user: UserKey, name: RoomName) -> Result<Membership, Refusal> {
        self.own_membership(user, name).ok_or_else(|| match self.rooms.find(name) {
            Some(room) => Refusal::NotInRoom(room.name),
            None => Refusal::NoSuchRoom(name),
        })
    }

    /// The same, found among its few without looking anything up.
    pub(super) fn own_membership(&self, user: UserKey, name: RoomName) -> Option<Membership> {
        let mut memberships = self.users.of(user).rooms.iter();
        memberships.find(|membership| self.rooms.of(membership.room).name == name).copied()
    }

    fn check_has_room(&self, user: UserKey) -> Result<(), Refusal> {
        if self.users.of(user).rooms.len() < ROOMS_PER_USER { Ok(()) } else { Err(Refusal::TooManyRooms) }
    }

    fn free_room_name(&self, owner: UserKey) -> RoomName {
        let numbers = numbers_for(1, self.rooms.created() + 1);
        let owner = self.users.of(owner).name;
        let mut names = numbers.map(|number| RoomName::of(owner, number));
        names.find(|name| self.rooms.find(*name).is_none()).expect("some number is free")
    }
}
