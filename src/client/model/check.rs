//! After lines were lost: asks the server how things stand, and puts right what changed unseen.

use super::here::Here;
use super::sent::Sent;
use super::{Actions, Focus, Line};
use crate::chat::{Command, Name, RoomName};
use crate::client::view::listing::{self, Listed};
use crate::wire::compose;

impl Here {
    /// Asks how things stand.
    pub(super) fn check_place(&mut self, out: &mut Actions) {
        // The row behind the number before mine is mine.
        self.send(compose(Command::List { after: self.uid.0.get() - 1 }), Sent::CheckSession, out);
        for room in self.rooms.clone() {
            self.send(compose(Command::Members { room, after: 0 }), Sent::CheckRoom(room), out);
        }
        self.send(compose(Command::Requests), Sent::CheckRequests, out);
    }

    pub(super) fn check_session(&mut self, rows: &[Listed], out: &mut Actions) {
        let mine = |row: &Listed| match row {
            Listed::User(user) if user.name == self.me => Some(user.partner),
            _ => None,
        };
        let Some(partner) = rows.iter().find_map(mine) else { return };
        if partner == self.session {
            return;
        }
        if let Some(former) = self.session.take() {
            out.show(Line::notice("your chat with ").user(former).text(" is over"));
            self.leave_focus(Focus::Session(former), out);
        }
        if let Some(partner) = partner {
            self.paired(partner, out);
        }
    }

    pub(super) fn check_room(&mut self, room: RoomName, rows: &[Listed], total: usize, out: &mut Actions) {
        let is_me = |name: &Name| *name == self.me;
        let am_in = rows.iter().any(|row| matches!(row, Listed::Member(name, _) if is_me(name)));
        // Of a crowd only the first are listed.
        if !am_in && rows.len() >= total {
            self.rooms.retain(|mine| *mine != room);
            out.show(Line::notice(format!("you are not in {room} any more")));
            self.leave_focus(Focus::Room(room), out);
        }
    }

    pub(super) fn check_requests(&mut self, rows: &[Listed], out: &mut Actions) {
        self.note_requests(rows);
        if !rows.is_empty() {
            out.show_all(listing::requests(rows));
        }
    }
}
