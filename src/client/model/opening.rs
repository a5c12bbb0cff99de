//! The first screen: who I am, who is here, which rooms there are, what can be done.

use super::here::Here;
use super::sent::Sent;
use super::{Actions, Line};
use crate::chat::Command;
use crate::client::view::help;
use crate::client::view::listing::{self, Listed};
use crate::wire::compose;

impl Here {
    /// Says who I am, and asks for the rest.
    pub(super) fn open(&mut self, out: &mut Actions) {
        out.show(
            Line::new().text("You are ").user(self.me).dim(format!(", user {} at {}.", self.uid, self.setup.server)),
        );
        self.keep_place(out);
        self.send(compose(Command::Watch(true)), Sent::Watch, out);
        self.send(compose(Command::List { after: 0 }), Sent::OpeningUsers, out);
        self.send(compose(Command::Rooms { after: 0 }), Sent::OpeningRooms, out);
    }

    pub(super) fn show_opening_users(&mut self, rows: &[Listed], total: usize, next: Option<u64>, out: &mut Actions) {
        out.show_all(listing::users_in_short(rows, self.me, total));
        self.note_users(rows, true, next, Sent::QuietUsers, out);
    }

    pub(super) fn show_opening_rooms(&mut self, rows: &[Listed], total: usize, out: &mut Actions) {
        self.roster.add_rows(rows);
        out.show(listing::rooms_in_short(rows, total));
        out.show(Line::new().bold(help::MENU));
    }
}
