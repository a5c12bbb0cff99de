//! Requests, whatever those speak who ask.

use super::connection::Phase;
use super::input::Handled;
use super::output::{Asker, Outbox};
use super::peer::Rights;
use super::places::Return;
use super::token::Token;
use super::{Server, Stream, VERSION};
use crate::chat::{CloseReason, Command, Entry, Name, Now, Recipients, Refusal, Reply, Stamp, Uid, UserKey};
use crate::wire::{Answer, Asked, Decoded, Dialect, Fault, PROTOCOL_VERSION, Request, commands};

impl<S: Stream> Server<S> {
    /// Handles one line and answers it, unless such lines come too often; one that is hurried does not wait.
    #[inline(always)]
    pub(super) fn handle_request_line(
        &mut self,
        token: Token,
        dialect: Dialect,
        line: &str,
        is_hurried: bool,
        now: Now,
    ) -> Handled {
        // A request is large: it is looked at where it is.
        let Decoded { asked, request } = &dialect.decode(line);
        if asked.kind.has_rate()
            && !is_hurried
            && let Some(until) = self.kind_wait(token, asked.kind, now)
        {
            return Handled::Later(until);
        }
        match request {
            Ok(request) => {
                let is_now = match request {
                    Request::Chat(command) => self.has_turn(token, command),
                    Request::Quit => self.may_go(token),
                    _ => true,
                };
                if !is_now {
                    return Handled::InTurn;
                }
                if asked.kind.has_rate() {
                    self.charge_kind(token, asked.kind, now);
                }
                self.handle_request(token, asked, request, now);
            }
            Err(fault) => self.answer(token, asked, Err(*fault)),
        }
        Handled::Done
    }

    #[inline(always)]
    fn handle_request(&mut self, token: Token, asked: &Asked<'_>, request: &Request<'_>, now: Now) {
        match *request {
            Request::Chat(ref command) => self.handle_command(token, asked, command, now),
            Request::Nothing => {}
            Request::Hello => self.say_hello(token, asked),
            Request::Keep => self.keep(token, asked),
            Request::Resume { uid, token: secret, seen } => {
                self.resume(token, asked, Return { uid, secret, seen }, now);
            }
            Request::Seen(seen) => self.connections.note_seen(token, seen),
            Request::Password(word) => self.check_password(token, asked, word, now),
            Request::Ping(word) => self.answer(token, asked, Ok(Answer::Pong(word))),
            Request::Help(topic) => self.help(token, asked, topic),
            Request::Enter(name) => self.enter(token, asked, name, now),
            Request::Quit => self.quit(token, asked, now),
            Request::Order(ref order) => self.obey(token, asked, order, now),
        }
    }

    fn quit(&mut self, token: Token, asked: &Asked<'_>, now: Now) {
        if self.has_rights(token, Rights::Operator) {
            return self.leave_console(token, asked, now);
        }
        self.answer(token, asked, Ok(Answer::Bye));
        self.close(token, CloseReason::Quit.into(), now);
    }

    pub(super) fn has_rights(&self, token: Token, rights: Rights) -> bool {
        self.connections.get(token).is_some_and(|connection| connection.peer.rights() == rights)
    }

    fn say_hello(&mut self, token: Token, asked: &Asked<'_>) {
        let life = self.life.to_text();
        let users = Some(self.chat.user_count());
        let hello = Answer::Chatd { version: VERSION, protocol: PROTOCOL_VERSION, life: Some(&life), users };
        self.answer(token, asked, Ok(hello));
    }

    #[inline(always)]
    fn handle_command(&mut self, token: Token, asked: &Asked<'_>, command: &Command<'_>, now: Now) {
        let Some(Phase::User(user)) = self.connections.get(token).map(|connection| connection.phase) else {
            return self.answer(token, asked, Err(Fault::NotEntered));
        };
        let mut outbox = Outbox { connections: &mut self.connections, asker: Some(Asker { token, asked }) };
        match self.chat.handle_command(user, *command, now, &mut outbox) {
            Ok(Reply::Taken { stamp, to }) => self.acknowledge(token, asked, stamp, to),
            reply => self.answer(token, asked, reply.map(Answer::Chat).map_err(Fault::Refused)),
        }
    }

    fn enter(&mut self, token: Token, asked: &Asked<'_>, name: Option<Name>, now: Now) {
        let Some(connection) = self.connections.get(token) else { return };
        if matches!(connection.phase, Phase::User(_)) {
            return self.answer(token, asked, Err(Fault::AlreadyEntered));
        }
        if !matches!(connection.phase, Phase::Entering { may_enter: true, .. }) && self.password.is_some() {
            return self.answer(token, asked, Err(Fault::PasswordRequired));
        }
        let address = connection.peer.address();
        // A guest's name can be shut out like any other.
        let name = name.unwrap_or_else(|| self.chat.guest_name(address));
        if let Some((fault, words)) = self.name_ban(name, now) {
            return self.connections.answer(token, |dialect, encoder, out| {
                encoder.fault(dialect, asked, &fault, words.as_deref(), out);
            });
        }
        match self.enter_as(Entry { name: Some(name), address }, now) {
            Err(fault) => self.answer(token, asked, Err(fault)),
            Ok((user, uid, name)) => {
                self.connections.link(user, token);
                if let Some(connection) = self.connections.get_mut(token) {
                    connection.phase = Phase::User(user);
                }
                let mut outbox = Outbox { connections: &mut self.connections, asker: None };
                self.chat.show_announcements(user, &mut outbox);
                self.answer(token, asked, Ok(Answer::Entered { uid, name }));
            }
        }
    }

    fn check_password(&mut self, token: Token, asked: &Asked<'_>, word: &str, now: Now) {
        let is_right = self.password.as_ref().is_none_or(|password| password.matches(word));
        if !is_right {
            self.answer(token, asked, Err(Fault::WrongPassword));
            if let Some(peer) = self.connections.get(token).map(|connection| connection.peer) {
                self.note_wrong_password(peer, now);
            }
            return self.penalise(token, now);
        }
        if let Some(Phase::Entering { may_enter, .. }) = self.connections.get_mut(token).map(|it| &mut it.phase) {
            *may_enter = true;
        }
        self.answer(token, asked, Ok(Answer::Chat(Reply::Done)));
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

    fn help(&mut self, token: Token, asked: &Asked<'_>, topic: Option<&str>) {
        let Some(place) = self.connections.get(token).map(|connection| connection.dialect.place()) else { return };
        let found = topic.map(|word| commands::find(word, place).ok_or(Fault::UnknownCommand));
        let one = match found.transpose() {
            Ok(one) => one,
            Err(fault) => return self.answer(token, asked, Err(fault)),
        };
        for spec in commands::commands_in(place).filter(|spec| one.is_none_or(|one| one.verb == spec.verb)) {
            self.connections.note_row(token);
            self.connections.append(token, |dialect, encoder, out| encoder.help(dialect, spec, out));
        }
        self.answer(token, asked, Ok(Answer::Helped));
    }

    /// Answers a message that was taken. Its sender has no need to know at once, and in a lively
    /// talk the next line to it is not far: one write for both is half the work.
    #[inline(always)]
    fn acknowledge(&mut self, token: Token, asked: &Asked<'_>, stamp: Stamp, to: Recipients) {
        self.connections.answer_unhurried(token, |dialect, encoder, out| encoder.taken(dialect, asked, stamp, to, out));
    }

    /// Answers a request at once.
    pub(super) fn answer(&mut self, token: Token, asked: &Asked<'_>, answer: Result<Answer<'_>, Fault>) {
        self.connections.answer(token, |dialect, encoder, out| match &answer {
            Ok(answer) => encoder.answer(dialect, asked, answer, out),
            Err(fault) => encoder.fault(dialect, asked, fault, None, out),
        });
    }

    /// Answers `KEEP` or `RESUME`, which are not among the commands that are counted.
    pub(super) fn answer_uncounted(&mut self, token: Token, asked: &Asked<'_>, answer: Result<Answer<'_>, Fault>) {
        self.connections.append(token, |dialect, encoder, out| match &answer {
            Ok(answer) => encoder.answer(dialect, asked, answer, out),
            Err(fault) => encoder.fault(dialect, asked, fault, None, out),
        });
    }
}
