//! Entering anew after the server has lost or given up the place: under the same name, into the
//! same rooms, and with nothing sent that might go to the wrong people.

use std::time::Duration;

use super::draft::Origin;
use super::here::Here;
use super::link::{Loss, SILENT_NAME_TRIES, State};
use super::sent::{Command, Sent};
use super::typing::Fate;
use super::{Action, Actions, EXIT_FAILED, Focus, Line, Model, Place, Stage};
use crate::chat::{self, Event, Millis, Name, RoomName, Uid};
use crate::client::view::listing::span_of;
use crate::wire::{Answer, AnyCommand, ServerLine, compose};

impl Model {
    /// Asks to be let in again.
    pub(super) fn enter_anew(&mut self, out: &mut Actions) {
        let Stage::Here(here) = &mut self.stage else { return };
        let tries = match self.link.state {
            State::NameSilent { tries, .. } => tries,
            _ => 0,
        };
        // It may be another daemon by now.
        out.send(compose(AnyCommand::Hello));
        out.send(here.entry());
        self.link.await_entered(self.now, tries);
    }

    pub(super) fn handle_reentry_line(&mut self, line: ServerLine<'_>, out: &mut Actions) {
        let Stage::Here(here) = &mut self.stage else { return };
        match line {
            ServerLine::Answer(Answer::Chatd { life, .. }) => self.note_life(life),
            ServerLine::Answer(Answer::Entered { uid, name }) => {
                let away = self.link.restore(self.now);
                here.start_anew(uid, name, away, self.now, out);
            }
            ServerLine::Event(Event::AnnouncedEarlier { stamp, from, text }) if stamp.id > here.latest => {
                out.show(super::events::announced_earlier(stamp, from, text));
            }
            ServerLine::Error { code, text } => self.refuse_reentry(code, text, out),
            _ => {}
        }
    }

    /// The server does not let us in again: for now, under this name, or at all.
    pub(super) fn refuse_reentry(&mut self, code: &str, text: &str, out: &mut Actions) {
        let Stage::Here(here) = &mut self.stage else { return };
        let tries = match self.link.state {
            State::Entering { tries, .. } => tries,
            _ => 0,
        };
        match (code, &self.setup.password) {
            ("full" | "address-full", _) => self.lose("has no room", Loss::Ended, out),
            ("name-silent", _) if tries < SILENT_NAME_TRIES => {
                out.show(Line::aside("your name seems to be in use still; trying it again in 5 s"));
                self.link.await_name(self.now, tries + 1);
            }
            ("name-silent" | "name-taken" | "bad-name" | "ascii-names", _) if !self.setup.scripted => {
                out.show(Line::error(text));
                out.show(Line::notice("under which name do you want to go on?"));
                self.link.state = State::Naming { connected: true };
            }
            ("password-required", Some(password)) => {
                out.send(compose(AnyCommand::Password(password)));
                out.send(here.entry());
            }
            _ => {
                let why = if code == "password-required" { "it asks for a password now" } else { text };
                out.show(Line::error(format!("{} does not let you in again: {why}", self.setup.server)));
                self.over(EXIT_FAILED, out);
            }
        }
    }

    /// Whether a person has to say under which name to go on.
    pub(super) fn is_renaming(&self) -> bool {
        matches!((&self.stage, &self.link.state), (Stage::Here(_), State::Naming { .. }))
    }

    /// The name to go on under was typed; nothing means a guest's.
    pub(super) fn handle_typed_new_name(&mut self, typed: &str, out: &mut Actions) {
        let name = typed.lines().next().unwrap_or_default().trim();
        if self.doubts_name(name, out) {
            return;
        }
        let Stage::Here(here) = &mut self.stage else { return };
        here.wanted = match Name::new(name) {
            _ if name.is_empty() => None,
            Ok(name) => Some(name),
            Err(error) => return out.show(Line::error(error.to_string())),
        };
        if matches!(self.link.state, State::Naming { connected: true }) {
            self.enter_anew(out);
        } else {
            self.link.state = State::Dialing;
        }
    }

    /// Something was typed while there is no connection: what it sends waits, and is marked.
    pub(super) fn handle_typed_offline(
        &mut self,
        entry: &str,
        place: &Place,
        origin: Origin,
        out: &mut Actions,
    ) -> Fate {
        let Stage::Here(here) = &mut self.stage else { return Fate::Done };
        let before = here.sent.len();
        let fate = here.handle_typed(entry, place, origin, out);
        if here.has_quit() {
            here.sent.retain(|command| command.what != Sent::Quit);
            self.leave_offline(out);
            return Fate::Done;
        }
        match here.sent.len() - before {
            0 => {}
            1 => out.0.push(Action::Acknowledge(Line::new().dim("… waits"))),
            count => out.0.push(Action::Acknowledge(Line::new().dim(format!("… {count} lines wait")))),
        }
        fate
    }
}

impl Here {
    fn entry(&self) -> String {
        compose(AnyCommand::Enter(self.wanted))
    }

    /// In again, as a new user: takes up what can be taken up, and tells what cannot.
    fn start_anew(&mut self, uid: Uid, name: Name, away: Duration, now: Millis, out: &mut Actions) {
        let span = span_of(away);
        let text = format!("back after {span}, as a new user: the server does not know your place any more");
        out.show(Line::notice(text));
        out.show(lost(std::mem::take(&mut self.lost)));
        out.show(Line::notice("you are ").user(name).dim(format!(", user {uid}")));
        let old = std::mem::take(&mut self.sent);
        let mut rooms = std::mem::take(&mut self.rooms);
        rooms.append(&mut self.rejoining);
        (self.uid, self.me, self.kept, self.is_online) = (uid, name, None, true);
        self.acknowledged = 0;
        self.told_gone.clear();
        self.rows.clear();
        self.pending.clear();
        // Nobody is known to be here until the server says so.
        self.roster.clear_users();
        self.known = self.latest;
        self.keep_place(out);
        self.send(compose(chat::Command::Watch(true)), Sent::Watch, out);
        self.send(compose(chat::Command::List { after: 0 }), Sent::QuietUsers, out);
        if let Some(partner) = self.session.take() {
            out.show(Line::notice("your chat with ").user(partner).text(" is over"));
            self.leave_focus(Focus::Session(partner), out);
        }
        for room in &rooms {
            self.send(compose(chat::Command::Join(*room)), Sent::Rejoin(*room), out);
        }
        for command in old {
            self.settle(command, &rooms, now, out);
        }
        self.rejoining = rooms;
    }

    /// Decides about a command that the server has not answered and the new user has inherited.
    fn settle(&mut self, command: Command, rooms: &[RoomName], now: Millis, out: &mut Actions) {
        if let Sent::Private(to) = &command.what
            && !command.is_written
        {
            let reader = to.clone();
            return self.returning.add(command, reader, now);
        }
        let Command { line, what, is_written } = command;
        let text = |words| line.splitn(words + 1, ' ').nth(words).unwrap_or_default().to_owned();
        let is_room = |to: &str| RoomName::new(to).is_some_and(|room| rooms.contains(&room));
        match &what {
            Sent::Say(to) if is_room(to) && !is_written => self.send(line, what, out),
            Sent::Say(to) | Sent::Private(to) if is_written => {
                self.fail(format!("it is not known whether this got to {to}: {}", text(2)), out);
            }
            Sent::Say(to) | Sent::Private(to) => self.fail(format!("not delivered to {to}: {}", text(2)), out),
            Sent::Announce if is_written => {
                self.fail(format!("it is not known whether this was announced: {}", text(1)), out);
            }
            Sent::Announce => self.fail(format!("not announced: {}", text(1)), out),
            _ if is_unasked(&what) => {}
            _ => self.fail(format!("not done: {}", line.to_lowercase()), out),
        }
    }
}

/// What nobody will show any more: the server says how much of it there was, or does not know.
fn lost(count: u64) -> Line {
    let what = match count {
        0 => "what was said to you meanwhile is lost".to_owned(),
        1 => "1 private line to you was lost while you were away".to_owned(),
        _ => format!("{count} private lines to you were lost while you were away"),
    };
    Line::notice(format!("{what}; rooms and announcements show what they keep"))
}

/// Whether nobody has typed this, nor misses the answer.
pub(super) fn is_unasked(what: &Sent) -> bool {
    matches!(
        what,
        Sent::Keep
            | Sent::Ping
            | Sent::Watch
            | Sent::QuietUsers
            | Sent::OpeningUsers
            | Sent::OpeningRooms
            | Sent::Rejoin(_)
            | Sent::Members(_)
            | Sent::CheckSession
            | Sent::CheckRoom(_)
            | Sent::CheckRequests
    )
}
