//! What the server tells unasked → what changes here, and what the screen says.

use super::here::Here;
use super::sent::Sent;
use super::{Action, Actions, Focus, Line};
use crate::chat::{CloseReason, Command, Decline, Ending, Event, Name, Purpose, RoomName, Stamp, Text, Withdrawal};
use crate::client::view::help;
use crate::limits::ROOMS_PER_USER;
use crate::wire::compose;

/// With more people than this here, their comings and goings are not told one by one.
const CROWD: usize = 50;

/// Of so many it is remembered that the screen has said that they are gone.
const TOLD_GONE: usize = 64;

impl Here {
    pub(super) fn handle_event(&mut self, event: &Event<'_>, out: &mut Actions) {
        let just_joined = self.just_joined.take();
        self.note_number(event);
        match *event {
            Event::Said { stamp, from, text } => self.said(stamp, from, text, out),
            Event::RoomSaid { stamp, room, from, text } => self.room_said(stamp, room, from, text, out),
            Event::Private { stamp, from, text } => {
                out.show(message(stamp, Some("[private] "), Some(from), text));
                self.ring(out);
            }
            Event::Announced { stamp, from, text } => {
                out.show(message(stamp, Some("[everyone] "), Some(from), text));
            }
            Event::Earlier { stamp, room, .. } if self.is_known_already(room, stamp) => {}
            Event::Earlier { stamp, room, from, text } => {
                if just_joined == Some(room) {
                    out.show(Line::aside(format!("{room} keeps its last lines for those who come later:")));
                }
                out.show(message(stamp, Some("(earlier) "), Some(from), text));
            }
            Event::AnnouncedEarlier { stamp, from, text } => out.show(announced_earlier(stamp, from, text)),
            Event::Away { name, text } => {
                let why = text.map(|text| format!(": {text}")).unwrap_or_default();
                out.show(Line::aside("").user(name).dim(format!(" is away{why}")));
            }
            Event::Dropped(name) => out.show(about(name, " has lost the connection and may come back")),
            Event::Returned(name) => out.show(about(name, " is back")),
            Event::Unread { by, count } => out.show(unread(by, count)),
            Event::Entered { uid, name } => {
                self.roster.add_user(name, uid);
                self.told_gone.retain(|gone| *gone != name);
                // Told late, it is no news of one who has spoken to me already.
                let is_known = self.session == Some(name) || self.pending.iter().any(|incoming| incoming.from == name);
                if !is_known {
                    self.tell_watcher(name, "entered", out);
                }
            }
            Event::Gone { name, reason } => {
                // Who watches is told late: a request may be a newcomer's, and ends by `withdrawn` anyway.
                match self.told_gone.iter().position(|gone| *gone == name) {
                    Some(told) => drop(self.told_gone.remove(told)),
                    None => self.tell_watcher(name, gone(reason), out),
                }
                self.roster.remove_user(name);
            }
            Event::Opened(room) => {
                self.roster.add_room(room);
                // Whoever opens a room has been told so.
                if !self.rooms.contains(&room) {
                    self.tell_rooms(room, "is open", out);
                }
            }
            Event::Closed(room) => {
                self.roster.remove_room(room);
                self.tell_rooms(room, "is closed", out);
            }
            Event::Request { from, purpose, stands } => self.requested(from, purpose, stands.as_secs(), out),
            Event::Withdrawn { from, why } => self.withdrawn(from, why, out),
            Event::Declined { by, why } => declined(by, why, out),
            Event::Paired(name) => self.paired(name, out),
            Event::Ended { with, why } => self.ended(with, why, out),
            Event::Joined { room, name } if name == self.me => self.joined(room, out),
            Event::Joined { room, name } => {
                out.show(self.in_room(room).user(name).dim(" has joined"));
            }
            Event::Left { room, name, .. } if name == self.me => self.left(room, out),
            Event::Left { room, name, gone: why } => self.other_left(room, name, why, out),
        }
    }

    fn said(&mut self, stamp: Stamp, from: Name, text: Text<'_>, out: &mut Actions) {
        let line = match self.shown_focus() {
            Focus::Session(_) => message(stamp, None, Some(from), text),
            Focus::Menu | Focus::Room(_) => message(stamp, Some(&format!("[{from}] ")), None, text),
        };
        out.show(line);
    }

    fn room_said(&mut self, stamp: Stamp, room: RoomName, from: Name, text: Text<'_>, out: &mut Actions) {
        let tag = format!("[{room}] ");
        let tag = if self.shown_focus() == Focus::Room(room) { None } else { Some(tag.as_str()) };
        out.show(message(stamp, tag, Some(from), text));
    }

    fn withdrawn(&mut self, from: Name, why: Withdrawal, out: &mut Actions) {
        self.pending.remove(from);
        let what = match why {
            Withdrawal::Cancelled => " took the request back",
            Withdrawal::Expired => " has waited long enough: the request has expired",
            Withdrawal::Paired => " is in a private chat with somebody else now; the request is void",
            Withdrawal::Gone => " is gone; the request is void",
        };
        out.show(Line::notice("").user(from).text(what));
    }

    pub(super) fn paired(&mut self, name: Name, out: &mut Actions) {
        self.session = Some(name);
        self.chats += 1;
        self.pending.clear();
        out.show(Line::notice("you are chatting with ").user(name).dim("; quit ends it, /help shows more"));
        self.turn_to(Focus::Session(name), out);
    }

    fn ended(&mut self, with: Name, why: Ending, out: &mut Actions) {
        self.session = None;
        let what = match why {
            Ending::ByYou => Line::notice("you ended the chat with ").user(with),
            Ending::ByPartner => Line::notice("").user(with).text(" ended the chat"),
            Ending::Gone => {
                self.note_told_gone(with);
                Line::notice("").user(with).text(" is gone; the chat is over")
            }
        };
        out.show(what);
        self.leave_focus(Focus::Session(with), out);
    }

    /// Whether this was said in a room before I had to join it again.
    fn is_known_already(&self, room: RoomName, stamp: Stamp) -> bool {
        self.rejoined == Some(room) && stamp.id <= self.known
    }

    fn note_number(&mut self, event: &Event<'_>) {
        if let Event::Said { stamp, .. }
        | Event::RoomSaid { stamp, .. }
        | Event::Private { stamp, .. }
        | Event::Announced { stamp, .. }
        | Event::Earlier { stamp, .. }
        | Event::AnnouncedEarlier { stamp, .. } = event
        {
            self.latest = self.latest.max(stamp.id);
        }
    }

    fn joined(&mut self, room: RoomName, out: &mut Actions) {
        if self.rooms.len() >= ROOMS_PER_USER && !self.rooms.contains(&room) {
            // A server keeps to this; one that does not must not fill the memory.
            return;
        }
        if self.rejoining.contains(&room) {
            self.rejoining.retain(|other| *other != room);
            self.rooms.push(room);
            self.rejoined = Some(room);
            return out.show(Line::aside(format!("you are in {room} again")));
        }
        (self.just_joined, self.rejoined) = (Some(room), None);
        self.rooms.retain(|mine| *mine != room);
        self.rooms.push(room);
        self.roster.add_room(room);
        self.pending.remove_for(Purpose::Room(room));
        out.show(Line::notice(format!("welcome to {room}")).dim("; a line goes to everybody in it, leave leaves"));
        self.turn_to(Focus::Room(room), out);
        self.send(compose(Command::Members { room, after: 0 }), Sent::Members(room), out);
    }

    fn left(&mut self, room: RoomName, out: &mut Actions) {
        self.rooms.retain(|mine| *mine != room);
        out.show(Line::notice(format!("you left {room}")));
        self.leave_focus(Focus::Room(room), out);
    }

    fn other_left(&mut self, room: RoomName, name: Name, why: Option<CloseReason>, out: &mut Actions) {
        let what = match why {
            None => " has left".to_owned(),
            Some(reason) => {
                self.note_told_gone(name);
                format!(" has left ({})", gone(reason))
            }
        };
        out.show(self.in_room(room).user(name).dim(what));
    }

    /// Goes back to the menu from a focus that is no more, and shows what can be done there.
    pub(super) fn leave_focus(&mut self, lost: Focus, out: &mut Actions) {
        if self.focus() == lost {
            self.turn_to(Focus::Menu, out);
            out.show(match self.session {
                Some(partner) => {
                    Line::aside(format!("you are still chatting with {partner}; focus {partner} goes there"))
                }
                None => Line::new().bold(help::MENU),
            });
        }
    }

    /// The start of a line about a room, which is named unless it is in focus.
    fn in_room(&self, room: RoomName) -> Line {
        let line = Line::aside("");
        if self.shown_focus() == Focus::Room(room) { line } else { line.dim(format!("[{room}] ")) }
    }

    /// The screen has said that somebody is gone; who watches is told it once more, a little later.
    fn note_told_gone(&mut self, name: Name) {
        if !self.told_gone.contains(&name) {
            self.told_gone.truncate(TOLD_GONE - 1);
            self.told_gone.insert(0, name);
        }
    }

    fn tell_rooms(&self, room: RoomName, what: &str, out: &mut Actions) {
        if !self.setup.quiet && self.roster.user_count() <= CROWD {
            out.show(Line::aside(format!("{room} {what}")));
        }
    }

    fn tell_watcher(&self, name: Name, what: &str, out: &mut Actions) {
        if !self.setup.quiet && self.roster.user_count() <= CROWD {
            out.show(Line::aside("").user(name).dim(format!(" {what}")));
        }
    }

    pub(super) fn ring(&self, out: &mut Actions) {
        if self.setup.bell {
            out.0.push(Action::Bell);
        }
    }
}

fn message(stamp: Stamp, tag: Option<&str>, from: Option<Name>, text: Text<'_>) -> Line {
    let line = Line::new().time(stamp.at).text(" ").bold(tag.unwrap_or_default());
    let line = match from {
        Some(from) => line.user(from).dim(": "),
        None => line,
    };
    line.text(text.as_str())
}

/// Something that was announced before I entered.
pub(super) fn announced_earlier(stamp: Stamp, from: Name, text: Text<'_>) -> Line {
    message(stamp, Some("[everyone, earlier] "), Some(from), text)
}

fn about(name: Name, what: &str) -> Line {
    Line::aside("").user(name).dim(what)
}

fn unread(by: Name, count: u64) -> Line {
    let them = if count == 1 { "it" } else { "they" };
    let line = Line::notice("it is not known whether ").user(by);
    line.text(format!(" has read {count} of your private lines; {them} may be lost"))
}

fn declined(by: Name, why: Decline, out: &mut Actions) {
    let what = match why {
        Decline::Rejected => " said no",
        Decline::Expired => " did not answer in time",
        Decline::Paired => " is in a private chat with somebody else now",
        Decline::Gone => " is gone",
    };
    out.show(Line::notice("").user(by).text(what));
}

fn gone(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Quit => "left the chat",
        CloseReason::Disconnected => "hung up",
        CloseReason::Broken => "lost the connection",
        CloseReason::Foreign => "spoke another protocol",
        CloseReason::EntryTimeout => "did not enter",
        CloseReason::SlowConsumer => "was too slow",
        CloseReason::PingTimeout => "does not answer any more",
        CloseReason::ResumedElsewhere => "goes on elsewhere",
        CloseReason::Full | CloseReason::AddressFull | CloseReason::ConnectingTooFast => "found no room",
        CloseReason::EndlessLine => "sent a line without an end",
        CloseReason::Banned => "was shut out by the operator",
        CloseReason::Kicked => "was removed by the operator",
        CloseReason::Shutdown => "left: the server is shutting down",
    }
}
