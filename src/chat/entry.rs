//! Coming and going: how a client becomes a user, and what happens to everything that user was
//! part of when it goes.

use std::net::SocketAddr;

use super::close::CloseReason;
use super::event::{Decline, Ending, Event, Withdrawal};
use super::key::UserKey;
use super::name::{Name, numbers_for};
use super::notices::Notice;
use super::refusal::Refusal;
use super::reply::Reply;
use super::sink::{Record, Sink};
use super::time::Now;
use super::{Chat, Uid};

/// What is known of a client that wants to enter.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name it asks for; none makes it a guest.
    pub name: Option<Name>,
    /// Where it comes from; a guest is called `USER` and the port, 0 if there is none.
    pub address: Option<SocketAddr>,
}

impl Chat {
    /// Makes a user. Watchers will be told; the newcomer is not among them yet.
    ///
    /// # Errors
    /// [`Refusal::NameTaken`], [`Refusal::AsciiNames`]; a guest is always let in.
    pub fn enter(&mut self, entry: Entry, now: Now, out: &mut dyn Sink) -> Result<(UserKey, Uid, Name), Refusal> {
        self.check_spelling(entry.name.is_none_or(|name| name.is_ascii()))?;
        let name = entry.name.unwrap_or_else(|| self.guest_name(entry.address));
        let key = self.users.add(name, entry.address, now.steady, self.messages).ok_or(Refusal::NameTaken(name))?;
        let uid = key.uid();
        out.record(&Record::Entered { uid, name, address: entry.address });
        self.watchers.note(Notice::Entered { uid, name }, now.steady);
        Ok((key, uid, name))
    }

    /// Refused where a new name is beyond ASCII and this chat has no such names.
    pub(super) fn check_spelling(&self, is_ascii: bool) -> Result<(), Refusal> {
        if is_ascii || !self.settings.ascii_names { Ok(()) } else { Err(Refusal::AsciiNames) }
    }

    /// Shows a user that has just entered what was announced before.
    pub fn show_announcements(&self, user: UserKey, out: &mut dyn Sink) {
        for (stamp, from, text) in self.announcements.iter() {
            out.tell(user, &Event::AnnouncedEarlier { stamp, from, text });
        }
    }

    /// Takes a user out of everything and forgets it; whoever had to do with it is
    /// told, itself never. Does nothing when the user is gone already.
    pub fn leave(&mut self, user: UserKey, reason: CloseReason, now: Now, out: &mut dyn Sink) {
        let Some(name) = self.name_of(user) else { return };
        out.record(&Record::Gone { name, reason });
        self.watch(user, false);
        if let Some(partner) = self.unpair(user) {
            out.record(&Record::Ended(name, self.users.of(partner).name));
            out.tell(partner, &Event::Ended { with: name, why: Ending::Gone });
        }
        self.withdraw_request(user, Withdrawal::Gone, out);
        self.decline_requests(user, Decline::Gone, out);
        while let Some(membership) = self.users.of(user).rooms.last().copied() {
            self.leave_membership(user, membership, Some(reason), now, out);
        }
        self.ignored -= self.users.remove(user).map_or(0, |gone| gone.ignored().len());
        self.watchers.note(Notice::Gone { name, reason }, now.steady);
    }

    /// Starts or stops telling a user of comings and goings.
    pub(super) fn watch(&mut self, user: UserKey, on: bool) -> Reply {
        match (self.users.of(user).watching, on) {
            (None, true) => {
                let position = self.watchers.add(user);
                self.users.of_mut(user).watching = Some(position);
            }
            (Some(position), false) => {
                self.users.of_mut(user).watching = None;
                if let Some(moved) = self.watchers.remove(position) {
                    self.users.of_mut(moved).watching = Some(position);
                }
            }
            (None, false) | (Some(_), true) => {}
        }
        Reply::Done
    }

    /// What a guest from there would be called: `USER<port>`, or another number that nobody has, since two
    /// clients may share a port at two addresses.
    pub fn guest_name(&self, address: Option<SocketAddr>) -> Name {
        let port = address.map_or(0, |address| u64::from(address.port()));
        let mut names = numbers_for(port, self.users.next_uid()).map(Name::guest);
        names.find(|name| !self.users.has_name(*name)).expect("some number is free")
    }
}
