//! Users whose connection is lost keep their place: name, UID, rooms, session, requests. Whoever
//! drives the domain says when that happens and when the waiting is over ([`Chat::leave`]).

use std::net::SocketAddr;

use super::Chat;
use super::audience::Audience;
use super::close::CloseReason;
use super::event::Event;
use super::key::UserKey;
use super::name::{Name, UserRef};
use super::sink::{Record, Sink};
use super::users::Contact;

impl Chat {
    /// The user's connection is lost. Nobody is told yet.
    pub fn handle_drop(&mut self, user: UserKey, reason: CloseReason, out: &mut dyn Sink) {
        let Some(dropped) = self.users.get_mut(user).filter(|user| user.contact == Contact::Connected) else { return };
        dropped.contact = Contact::Dropped;
        dropped.rooms.iter().for_each(|membership| self.rooms.note_dropped(*membership, true));
        out.record(&Record::Dropped { name: dropped.name, reason });
    }

    /// The user has not come back at once: tells its partner and its rooms.
    pub fn tell_drop(&mut self, user: UserKey, out: &mut dyn Sink) {
        let Some(dropped) = self.users.get_mut(user).filter(|user| user.contact == Contact::Dropped) else { return };
        dropped.contact = Contact::DroppedAndTold;
        let event = Event::Dropped(dropped.name);
        out.tell_all(Audience::once(&self.fellows(user)), &event);
    }

    /// The user is back, perhaps from another address. Those who were told that it was lost are told so.
    pub fn handle_return(&mut self, user: UserKey, address: Option<SocketAddr>, out: &mut dyn Sink) {
        let Some(returned) = self.users.get_mut(user) else { return };
        returned.address = address;
        let (name, was) = (returned.name, std::mem::replace(&mut returned.contact, Contact::Connected));
        if was != Contact::Connected {
            returned.rooms.iter().for_each(|membership| self.rooms.note_dropped(*membership, false));
        }
        out.record(&Record::Returned(name));
        if was == Contact::DroppedAndTold {
            out.tell_all(Audience::once(&self.fellows(user)), &Event::Returned(name));
        }
    }

    /// `reader` may not have read `count` messages from `sender`, the first of them with this number. Another
    /// who has the sender's name since then is not told.
    pub fn tell_unread(&self, sender: Name, first: u64, reader: Name, count: u64, out: &mut dyn Sink) {
        let sender = self.users.find(UserRef::Name(sender)).filter(|user| user.messages_before < first);
        if let Some(sender) = sender {
            out.tell(sender.key, &Event::Unread { by: reader, count });
        }
    }

    /// The partner and everybody who shares a room, each once, in the order of entry.
    fn fellows(&self, user: UserKey) -> Vec<UserKey> {
        let me = self.users.of(user);
        let rooms = me.rooms.iter().flat_map(|membership| &self.rooms.of(membership.room).members).copied();
        let mut fellows: Vec<UserKey> = rooms.chain(me.presence.partner()).filter(|fellow| *fellow != user).collect();
        fellows.sort_unstable();
        fellows.dedup();
        fellows
    }
}
