//! Requests: asking a user for a session or into a room, and every way that can end.
//!
//! A request stands in three places, changed together here and nowhere else: the asker's
//! presence, the asked one's list, and the deadlines.

use super::Chat;
use super::event::{Decline, Event, Purpose, Withdrawal};
use super::key::UserKey;
use super::name::UserRef;
use super::presence::{Aim, Invitation, Occupied};
use super::refusal::Refusal;
use super::reply::Reply;
use super::sink::{Record, Sink};
use super::time::Now;
use crate::limits::REQUESTS_WAITING;

impl Chat {
    /// Asks for a session; two requests that cross make one at once.
    pub(super) fn request_session(
        &mut self,
        user: UserKey,
        to: UserRef,
        now: Now,
        out: &mut dyn Sink,
    ) -> Result<Reply, Refusal> {
        self.check_voice(user, now)?;
        self.check_free(user)?;
        let other = self.other_user(user, to)?;
        let crossing = self.users.of(other).presence.invitation();
        if crossing.is_some_and(|theirs| theirs.to == user && theirs.aim == Aim::Session) {
            self.pair(user, other, out);
            return Ok(Reply::Done);
        }
        self.check_can_be_asked(user, other)?;
        Ok(self.ask(user, other, Aim::Session, now, out))
    }

    /// Accepts one of the requests that wait for `user`.
    pub(super) fn accept(
        &mut self,
        user: UserKey,
        from: Option<UserRef>,
        out: &mut dyn Sink,
    ) -> Result<Reply, Refusal> {
        let asker = self.waiting_request(user, from)?;
        match self.users.of(asker).presence.invitation().map(|invitation| invitation.aim) {
            Some(Aim::Room(room)) => self.enter_room(user, room, out)?,
            Some(Aim::Session) => self.pair(user, asker, out),
            None => return Err(Refusal::NoRequest),
        }
        Ok(Reply::Done)
    }

    /// Rejects one of the requests that wait for `user`.
    pub(super) fn reject(
        &mut self,
        user: UserKey,
        from: Option<UserRef>,
        out: &mut dyn Sink,
    ) -> Result<Reply, Refusal> {
        let asker = self.waiting_request(user, from)?;
        self.decline_request(asker, Decline::Rejected, out);
        Ok(Reply::Done)
    }

    /// Takes the user's own request back.
    pub(super) fn cancel(&mut self, user: UserKey, out: &mut dyn Sink) -> Result<Reply, Refusal> {
        if self.withdraw_request(user, Withdrawal::Cancelled, out) {
            Ok(Reply::Done)
        } else {
            Err(Refusal::NothingToCancel)
        }
    }

    /// Ends a request whose time is up; both sides are told.
    pub(super) fn expire_request(&mut self, asker: UserKey, out: &mut dyn Sink) {
        let asked = self.users.of(asker).presence.invitation().map(|invitation| invitation.to);
        let from = self.users.of(asker).name;
        self.decline_request(asker, Decline::Expired, out);
        if let Some(asked) = asked {
            out.tell(asked, &Event::Withdrawn { from, why: Withdrawal::Expired });
        }
    }

    /// Makes a request. Both have been found able to.
    pub(super) fn ask(&mut self, user: UserKey, other: UserKey, aim: Aim, now: Now, out: &mut dyn Sink) -> Reply {
        if let Some(crowding) = self.crowding(user, other) {
            self.expire_request(crowding, out);
        }
        let stands = self.settings.invite_timeout;
        let invitation = Invitation { to: other, aim, deadline: now.steady + stands };
        let asker = self.users.of_mut(user);
        asker.presence.invite(invitation).expect("the asker was found free");
        let from = asker.name;
        self.deadlines.insert((invitation.deadline, user));
        let asked = self.users.of_mut(other);
        asked.add_request(user);
        let to = asked.name;
        let purpose = self.purpose(aim);
        out.record(&Record::Requested { from, to, purpose });
        out.tell(other, &Event::Request { from, purpose, stands });
        self.tell_away(user, other, now, out);
        Reply::Ringing { to, purpose, stands }
    }

    /// Ends the user's own request, if one stands, and tells the one asked.
    pub(super) fn withdraw_request(&mut self, asker: UserKey, why: Withdrawal, out: &mut dyn Sink) -> bool {
        let Some(invitation) = self.take_request(asker) else { return false };
        let (from, to) = (self.users.of(asker).name, self.users.of(invitation.to).name);
        out.record(&Record::Withdrawn { from, to, why });
        out.tell(invitation.to, &Event::Withdrawn { from, why });
        true
    }

    /// Ends every request that waits for `user` and tells those who asked.
    pub(super) fn decline_requests(&mut self, user: UserKey, why: Decline, out: &mut dyn Sink) {
        while let Some(asker) = self.users.of(user).requests().first().copied() {
            self.decline_request(asker, why, out);
        }
    }

    /// Ends the requests that waited for `user` and asked it into a room it is in now. Seeing it
    /// join tells the askers.
    pub(super) fn fulfil_room_requests(&mut self, user: UserKey, aim: Aim) {
        let mut askers = self.users.of(user).requests().to_vec();
        askers.retain(|asker| {
            self.users.of(*asker).presence.invitation().is_some_and(|invitation| invitation.aim == aim)
        });
        for asker in askers {
            self.take_request(asker);
        }
    }

    /// Takes a request out of the three places where it stands.
    pub(super) fn take_request(&mut self, asker: UserKey) -> Option<Invitation> {
        let invitation = self.users.of_mut(asker).presence.stop_inviting()?;
        self.deadlines.remove(&(invitation.deadline, asker));
        self.users.of_mut(invitation.to).remove_request(asker);
        Some(invitation)
    }

    /// Refused when the user is in a session or has a request out.
    pub(super) fn check_free(&self, user: UserKey) -> Result<(), Refusal> {
        self.users.of(user).presence.check_free().map_err(|occupied| match occupied {
            Occupied::Inviting(to) => Refusal::Asking(self.users.of(to).name),
            Occupied::Chatting(with) => Refusal::Chatting(self.users.of(with).name),
        })
    }

    /// Refused when the other is in a session, takes no requests (of this user), or has as many
    /// waiting as one may.
    pub(super) fn check_can_be_asked(&self, user: UserKey, other: UserKey) -> Result<(), Refusal> {
        let is_ignored = self.is_ignoring(other, self.users.of(user).name);
        let is_full = self.users.of(other).requests().len() >= REQUESTS_WAITING;
        let has_no_room = is_full && self.crowding(user, other).is_none();
        let other = self.users.of(other);
        if let Some(partner) = other.presence.partner() {
            return Err(Refusal::Busy { name: other.name, with: self.users.of(partner).name });
        }
        if other.do_not_disturb || is_ignored {
            return Err(Refusal::NoRequests(other.name));
        }
        if has_no_room {
            return Err(Refusal::TooManyRequests(other.name));
        }
        Ok(())
    }

    /// Whose request gives way to the user's when as many wait as may: the oldest from the origin
    /// that most come from, if that is more than its share. Otherwise who comes first stays.
    fn crowding(&self, user: UserKey, other: UserKey) -> Option<UserKey> {
        let waiting = self.users.of(other).requests();
        if waiting.len() < REQUESTS_WAITING {
            return None;
        }
        let origin_of = |user: UserKey| self.users.of(user).origin();
        let count = |origin| waiting.iter().filter(|asker| origin_of(**asker) == origin).count();
        let most = waiting.iter().map(|asker| count(origin_of(*asker))).max()?;
        let is_unfair = most > count(origin_of(user)) + 1;
        waiting.iter().copied().find(|asker| is_unfair && count(origin_of(*asker)) == most)
    }

    /// Finds somebody who is not the user.
    pub(super) fn other_user(&self, user: UserKey, other: UserRef) -> Result<UserKey, Refusal> {
        let other = self.users.find(other).ok_or(Refusal::NoSuchUser(other))?.key;
        if other == user { Err(Refusal::Yourself) } else { Ok(other) }
    }

    /// An aim in the terms people see.
    pub(super) fn purpose(&self, aim: Aim) -> Purpose {
        match aim {
            Aim::Session => Purpose::Session,
            Aim::Room(room) => Purpose::Room(self.rooms.of(room).name),
        }
    }

    fn decline_request(&mut self, asker: UserKey, why: Decline, out: &mut dyn Sink) {
        let Some(invitation) = self.take_request(asker) else { return };
        let (from, by) = (self.users.of(asker).name, self.users.of(invitation.to).name);
        out.record(&Record::Declined { from, to: by, why });
        out.tell(asker, &Event::Declined { by, why });
    }

    /// Whose request is meant by an answer.
    pub(super) fn waiting_request(&self, user: UserKey, from: Option<UserRef>) -> Result<UserKey, Refusal> {
        let waiting = self.users.of(user).requests();
        let Some(from) = from else {
            return match waiting {
                [] => Err(Refusal::NoRequest),
                [only] => Ok(*only),
                several => Err(Refusal::WhichRequest(several.len())),
            };
        };
        let asker = self.other_user(user, from)?;
        if waiting.contains(&asker) { Ok(asker) } else { Err(Refusal::NoRequest) }
    }
}
