//! Lines of clients that speak the native dialect.

use super::connection::{Phase, Token};
use super::outbox::Outbox;
use super::reading::Handled;
use super::{Server, Stream, VERSION};
use crate::chat::{CloseReason, Command, Entry, Name, Now, Recipients, Refusal, Reply, Stamp, Uid, UserKey};
use crate::wire::Fault;
use crate::wire::commands::{self, Place};
use crate::wire::native::{self, Answer, LineKind, Request};

impl<S: Stream> Server<S> {
    /// Handles one line and answers it, unless such lines come too often; one that is hurried does not wait.
    #[inline(always)]
    pub(super) fn handle_native_line(&mut self, token: Token, line: &str, is_hurried: bool, now: Now) -> Handled {
        let kind = LineKind::of(line);
        if kind.has_rate()
            && !is_hurried
            && let Some(until) = self.kind_wait(token, kind, now)
        {
            return Handled::Later(until);
        }
        // A request is large: it is looked at where it is.
        match &native::decode(line) {
            Ok(request) => {
                let is_now = match request {
                    Request::Chat(command) => self.has_turn(token, command),
                    Request::Quit => self.may_go(token),
                    _ => true,
                };
                if !is_now {
                    return Handled::InTurn;
                }
                if kind.has_rate() {
                    self.charge_kind(token, kind, now);
                }
                self.handle_request(token, request, now);
            }
            Err(fault) => self.answer(token, Err(*fault)),
        }
        Handled::Done
    }

    #[inline(always)]
    fn handle_request(&mut self, token: Token, request: &Request<'_>, now: Now) {
        match *request {
            Request::Chat(ref command) => self.handle_command(token, command, now),
            Request::Nothing => {}
            Request::Hello => self.say_hello(token),
            Request::Keep => self.keep(token),
            Request::Resume { uid, token: secret, seen } => self.resume(token, uid, secret, seen, now),
            Request::Seen(seen) => self.connections.note_seen(token, seen),
            Request::Password(word) => self.check_password(token, word, now),
            Request::Ping(word) => self.answer(token, Ok(Answer::Pong(word))),
            Request::Help(topic) => self.help(token, topic),
            Request::Enter(name) => self.enter(token, name, now),
            Request::Quit => {
                self.answer(token, Ok(Answer::Bye));
                self.close(token, CloseReason::Quit.into(), now);
            }
        }
    }

    fn say_hello(&mut self, token: Token) {
        let life = self.life.to_text();
        let hello = Answer::Chatd { version: VERSION, protocol: native::VERSION, life: Some(&life) };
        self.answer(token, Ok(hello));
    }

    #[inline(always)]
    fn handle_command(&mut self, token: Token, command: &Command<'_>, now: Now) {
        let Some(Phase::User(user)) = self.connections.get(token).map(|connection| connection.phase) else {
            return self.answer(token, Err(Fault::NotEntered));
        };
        let mut outbox = Outbox { connections: &mut self.connections, asker: Some(token) };
        match self.chat.handle_command(user, *command, now, &mut outbox) {
            Ok(Reply::Taken { stamp, to }) => self.acknowledge(token, stamp, to),
            reply => self.answer(token, reply.map(Answer::Chat).map_err(Fault::Refused)),
        }
    }

    fn enter(&mut self, token: Token, name: Option<Name>, now: Now) {
        let Some(connection) = self.connections.get(token) else { return };
        if matches!(connection.phase, Phase::User(_)) {
            return self.answer(token, Err(Fault::AlreadyEntered));
        }
        if !connection.may_enter && self.password.is_some() {
            return self.answer(token, Err(Fault::PasswordRequired));
        }
        let address = connection.peer.address();
        // A guest's name can be shut out like any other.
        let name = name.unwrap_or_else(|| self.chat.guest_name(address));
        if let Some(text) = self.name_ban(name, now) {
            let code = CloseReason::Banned.word();
            return self.connections.answer(token, |encoder, out| encoder.refusal(code, &text, out));
        }
        match self.enter_as(Entry { name: Some(name), address }, now) {
            Err(fault) => self.answer(token, Err(fault)),
            Ok((user, uid, name)) => {
                self.connections.link(user, token);
                if let Some(connection) = self.connections.get_mut(token) {
                    connection.phase = Phase::User(user);
                }
                self.connections.arm(token);
                let mut outbox = Outbox { connections: &mut self.connections, asker: None };
                self.chat.show_announcements(user, &mut outbox);
                self.answer(token, Ok(Answer::Entered { uid, name }));
            }
        }
    }

    fn check_password(&mut self, token: Token, word: &str, now: Now) {
        let is_right = self.password.as_ref().is_none_or(|password| password.matches(word));
        if !is_right {
            self.answer(token, Err(Fault::WrongPassword));
            if let Some(peer) = self.connections.get(token).map(|connection| connection.peer) {
                self.note_wrong_password(peer, now);
            }
            return self.penalise(token, now);
        }
        if let Some(connection) = self.connections.get_mut(token) {
            connection.may_enter = true;
        }
        self.answer(token, Ok(Answer::Chat(Reply::Done)));
    }

    /// Enters, in the place of a user who has lost its connection and its right to the name perhaps.
    fn enter_as(&mut self, entry: Entry, now: Now) -> Result<(UserKey, Uid, Name), Fault> {
        for _ in 0..2 {
            let mut outbox = Outbox { connections: &mut self.connections, asker: None };
            match self.chat.enter(entry, now, &mut outbox) {
                Ok(entered) => return Ok(entered),
                Err(Refusal::NameTaken(name)) => self.contest(name, now)?,
                Err(refusal) => return Err(refusal.into()),
            }
        }
        Err(entry.name.map_or(Fault::NotEntered, |name| Refusal::NameTaken(name).into()))
    }

    fn help(&mut self, token: Token, topic: Option<&str>) {
        match topic {
            None => {
                for spec in commands::commands_in(Place::Wire) {
                    self.connections.outgoing.note_row();
                    self.connections.append(token, |encoder, out| encoder.help(spec, out));
                }
            }
            Some(word) => match commands::find(word, Place::Wire) {
                None => return self.answer(token, Err(Fault::UnknownCommand)),
                Some(spec) => self.connections.append(token, |encoder, out| encoder.help(spec, out)),
            },
        }
        self.answer(token, Ok(Answer::Helped));
    }

    /// Answers a message that was taken. Its sender has no need to know at once, and in a lively
    /// talk the next line to it is not far: one write for both is half the work.
    fn acknowledge(&mut self, token: Token, stamp: Stamp, to: Recipients) {
        self.connections.answer_unhurried(token, |encoder, out| encoder.taken(stamp, to, out));
    }

    /// Answers a command at once.
    pub(super) fn answer(&mut self, token: Token, answer: Result<Answer<'_>, Fault>) {
        self.connections.answer(token, |encoder, out| encoder.answer(&answer, out));
    }

    /// Answers `KEEP` or `RESUME`, which are not among the commands that are counted.
    pub(super) fn answer_uncounted(&mut self, token: Token, answer: Result<Answer<'_>, Fault>) {
        self.connections.append(token, |encoder, out| encoder.answer(&answer, out));
    }
}
