//! Answers to commands → what the screen says. The oldest unanswered command is the one meant.

use super::here::Here;
use super::kept::Kept;
use super::sent::Sent;
use super::{Action, Actions, Line};
use crate::chat::{Command, Name, Purpose, Recipients, Reply, RoomName, Stamp};
use crate::client::view::listing::{self, Listed};
use crate::wire::{Answer, compose};

impl Here {
    pub(super) fn handle_answer(&mut self, answer: Answer<'_>, out: &mut Actions) {
        // An answer to nothing is a fault of the server's; nothing here depends on it.
        let Some(sent) = self.take_sent() else { return };
        let rows = std::mem::take(&mut self.rows);
        if let Answer::Kept { token, .. } = answer {
            self.kept = Some(Kept::new(token));
        }
        let Answer::Chat(reply) = answer else { return };
        match reply {
            Reply::Done => self.done(sent, out),
            Reply::Taken { stamp, to } => self.acknowledge(&sent, stamp, to, out),
            Reply::Ringing { to, purpose, stands } => ringing(to, purpose, stands.as_secs(), out),
            Reply::Room(_) => {}
            Reply::Listed { total, next, .. } => self.listed(sent, &rows, total, next, out),
        }
    }

    fn done(&mut self, sent: Sent, out: &mut Actions) {
        match sent {
            Sent::Accept(whose) => self.forget_request(&whose),
            Sent::Reject(whose) => {
                self.forget_request(&whose);
                out.show(Line::aside(format!("{whose} is told no")));
            }
            Sent::Setting(done) => out.show(Line::aside(done)),
            _ => {}
        }
    }

    pub(super) fn forget_request(&mut self, whose: &str) {
        if let Some(name) = self.resolve(whose) {
            self.pending.remove(name);
        }
    }

    /// One tick for all that was sent since the last one, when nothing more is on its way.
    fn acknowledge(&mut self, sent: &Sent, stamp: Stamp, recipients: Recipients, out: &mut Actions) {
        self.latest = self.latest.max(stamp.id);
        if self.setup.quiet {
            return;
        }
        if self.setup.plain {
            return out.show(Line::new().dim(format!(
                "ok {} to {}{}",
                stamp.id,
                recipients.present,
                reconnecting(recipients)
            )));
        }
        self.acknowledged += 1;
        if self.unacknowledged() > 0 {
            return;
        }
        let reached = match self.acknowledged {
            1 => reached(sent, recipients),
            several => format!(" {several} messages"),
        };
        self.acknowledged = 0;
        out.0.push(Action::Acknowledge(Line::new().dim("✓ ").time(stamp.at).dim(reached)));
    }

    fn listed(&mut self, sent: Sent, rows: &[Listed], total: usize, next: Option<u64>, out: &mut Actions) {
        match sent {
            Sent::OpeningUsers => self.show_opening_users(rows, total, next, out),
            Sent::OpeningRooms => self.show_opening_rooms(rows, total, out),
            Sent::QuietUsers => self.note_users(rows, false, next, Sent::QuietUsers, out),
            Sent::Users { whole } => {
                out.show_all(listing::users(rows, self.me, whole));
                self.note_users(rows, whole, next, Sent::Users { whole: false }, out);
            }
            Sent::Rooms { whole } => self.list_rooms(rows, whole, next, out),
            Sent::Members(room) => self.list_members(rows, room, total, out),
            Sent::Requests => self.list_requests(rows, out),
            Sent::CheckSession => self.check_session(rows, out),
            Sent::CheckRoom(room) => self.check_room(room, rows, total, out),
            Sent::CheckRequests => self.check_requests(rows, out),
            Sent::Ignored => out.show(listing::ignored(rows)),
            _ => {}
        }
    }

    /// Keeps the rows for completion, and asks for the rest of a listing that has more.
    pub(super) fn note_users(
        &mut self,
        rows: &[Listed],
        whole: bool,
        next: Option<u64>,
        rest: Sent,
        out: &mut Actions,
    ) {
        if whole {
            self.roster.clear_users();
        }
        self.roster.add_rows(rows);
        if let Some(next) = next {
            self.send(compose(Command::List { after: next }), rest, out);
        }
    }

    fn list_rooms(&mut self, rows: &[Listed], whole: bool, next: Option<u64>, out: &mut Actions) {
        if whole {
            self.roster.clear_rooms();
        }
        self.roster.add_rows(rows);
        if rows.is_empty() && whole {
            out.show(Line::notice("there are no rooms; join opens #lobby, join #NAME another"));
        }
        out.show_all(listing::rooms(rows, &self.rooms));
        if let Some(next) = next {
            self.send(compose(Command::Rooms { after: next }), Sent::Rooms { whole: false }, out);
        }
    }

    fn list_members(&mut self, rows: &[Listed], room: RoomName, total: usize, out: &mut Actions) {
        self.roster.add_rows(rows);
        out.show(listing::members(rows, room, self.me, total));
    }

    fn list_requests(&mut self, rows: &[Listed], out: &mut Actions) {
        self.note_requests(rows);
        out.show_all(listing::requests(rows));
    }

    pub(super) fn note_requests(&mut self, rows: &[Listed]) {
        let from = |row: &Listed| match row {
            Listed::RequestFrom(name, purpose, _) => Some((*name, *purpose)),
            _ => None,
        };
        self.pending.replace(rows.iter().filter_map(from));
    }
}

/// Whom a message went to, as far as that is not clear.
fn reached(sent: &Sent, recipients: Recipients) -> String {
    let Recipients { present, later } = recipients;
    match sent {
        Sent::Say(to) if to.starts_with('#') && (present, later) == (0, 0) => format!(" nobody else is in {to}"),
        Sent::Say(to) if to.starts_with('#') => format!(" to {present}{}", reconnecting(recipients)),
        Sent::Say(to) | Sent::Private(to) if later > 0 => format!(" to {to}, who is reconnecting"),
        Sent::Private(to) => format!(" to {to}"),
        Sent::Announce if (present, later) == (0, 0) => " nobody else is here".to_owned(),
        Sent::Announce => format!(" to {}{}", listing::people(present), reconnecting(recipients)),
        _ => String::new(),
    }
}

/// Those who get a message if they come back.
fn reconnecting(recipients: Recipients) -> String {
    match recipients.later {
        0 => String::new(),
        1 => ", and 1 who is reconnecting".to_owned(),
        several => format!(", and {several} who are reconnecting"),
    }
}

fn ringing(to: Name, purpose: Purpose, seconds: u64, out: &mut Actions) {
    let what = match purpose {
        Purpose::Session => "it rings at ".to_owned(),
        Purpose::Room(room) => format!("{room} is open; it rings at "),
    };
    out.show(Line::notice(what).user(to).dim(format!("; cancel takes it back ({seconds} s)")));
}
