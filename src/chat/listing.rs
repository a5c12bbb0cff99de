//! Listings: rows, at most [`ROWS_PER_REPLY`] a command, and where to go on.

use super::Chat;
use super::key::UserKey;
use super::name::RoomName;
use super::refusal::Refusal;
use super::reply::{Availability, Marks, Reply, Row};
use super::sink::Sink;
use super::time::Now;
use super::users::User;
use crate::limits::ROWS_PER_REPLY;

impl Chat {
    pub(super) fn list_users(&self, after: u64, hide_addresses: bool, now: Now, out: &mut dyn Sink) -> Reply {
        let rows = self.users.after(after).map(|user| {
            let row = Row::User {
                uid: user.key.uid(),
                name: user.name,
                availability: self.availability(user),
                address: user.address.filter(|_| !hide_addresses),
                here: now.steady.since(user.entered),
                marks: self.marks(user, now),
            };
            (user.key.uid().0.get(), row)
        });
        list(rows, self.users.len(), out)
    }

    pub(super) fn list_rooms(&self, after: u64, out: &mut dyn Sink) -> Reply {
        let rows = self
            .rooms
            .after(after)
            .map(|room| (room.key.number(), Row::Room { room: room.name, members: room.members.len() }));
        list(rows, self.rooms.len(), out)
    }

    pub(super) fn list_members(&self, name: RoomName, after: u64, out: &mut dyn Sink) -> Result<Reply, Refusal> {
        let room = self.rooms.find(name).ok_or(Refusal::NoSuchRoom(name))?;
        let mut members: Vec<UserKey> = room.members.clone();
        members.sort_unstable();
        let rows = members.iter().filter(|member| member.uid().0.get() > after).map(|member| {
            let (uid, name) = (member.uid(), self.users.of(*member).name);
            (uid.0.get(), Row::Member { room: room.name, uid, name })
        });
        Ok(list(rows, members.len(), out))
    }

    pub(super) fn list_requests(&self, user: UserKey, now: Now, out: &mut dyn Sink) -> Reply {
        let me = self.users.of(user);
        let mut shown = 0;
        for asker in me.requests() {
            let asker = self.users.of(*asker);
            if let Some(invitation) = asker.presence.invitation() {
                let (purpose, stands) = (self.purpose(invitation.aim), invitation.deadline.since(now.steady));
                out.row(&Row::RequestFrom { name: asker.name, purpose, stands });
                shown += 1;
            }
        }
        if let Some(invitation) = me.presence.invitation() {
            let (purpose, stands) = (self.purpose(invitation.aim), invitation.deadline.since(now.steady));
            out.row(&Row::RequestTo { name: self.users.of(invitation.to).name, purpose, stands });
            shown += 1;
        }
        Reply::Listed { shown, total: shown, next: None }
    }

    fn marks<'a>(&self, user: &'a User, now: Now) -> Marks<'a> {
        Marks {
            is_reconnecting: user.is_dropped(),
            is_not_to_be_disturbed: user.do_not_disturb,
            is_muted: self.is_muted(user, now),
            away: self.away_text(user, now),
        }
    }

    fn availability(&self, user: &User) -> Availability {
        match user.presence.partner() {
            Some(partner) => Availability::Chatting(self.users.of(partner).name),
            None => Availability::Available,
        }
    }
}

/// Sends the first rows; when some are left over, the reply carries the last one's number.
fn list<'a>(rows: impl Iterator<Item = (u64, Row<'a>)>, total: usize, out: &mut dyn Sink) -> Reply {
    let mut rows = rows.peekable();
    let (mut shown, mut last) = (0, 0);
    for (number, row) in rows.by_ref().take(ROWS_PER_REPLY) {
        out.row(&row);
        (shown, last) = (shown + 1, number);
    }
    Reply::Listed { shown, total, next: rows.peek().map(|_| last) }
}
