//! Commands, whatever those speak who ask.

use super::connection::Phase;
use super::connection_id::ConnectionId;
use super::input::{Charge, Handled};
use super::output::{Asker, Outbox, When};
use super::peer::Rights;
use super::places::Return;
use super::{Server, Stream, VERSION};
use crate::chat::{CloseReason, Command, Entry, Name, Now, Refusal, Reply, Uid, UserKey};
use crate::wire::{Answer, AnyCommand, Asked, Decoded, Dialect, Fault, PROTOCOL_VERSION, commands};

impl<S: Stream> Server<S> {
    /// Handles one line and answers it, unless such lines come too often; one on credit does not wait.
    #[inline(always)]
    pub(super) fn handle_command_line(
        &mut self,
        id: ConnectionId,
        dialect: Dialect,
        line: &str,
        (charge, on_credit): (Charge, bool),
        now: Now,
    ) -> Handled {
        // A command is large: it is looked at where it is.
        let Decoded { asked, command } = &dialect.decode(line);
        let has_rate = asked.kind.has_rate();
        if has_rate
            && !on_credit
            && let Some(until) = self.kind_wait(id, asked.kind, now)
        {
            return Handled::Later(until);
        }
        let is_now = match command {
            Ok(AnyCommand::Chat(command)) => self.has_turn(id, command),
            Ok(AnyCommand::Quit) => self.may_go(id),
            _ => true,
        };
        if !is_now {
            return Handled::InTurn;
        }
        let user = self.charge(id, charge, now);
        match command {
            Err(fault) => self.answer(id, asked, Err(*fault)),
            Ok(command) => {
                if has_rate {
                    self.charge_kind(id, asked.kind, now);
                }
                self.obey(id, user, asked, command, now);
            }
        }
        Handled::Done
    }

    /// Does what is asked, and answers it.
    #[inline(always)]
    fn obey(&mut self, id: ConnectionId, user: Option<UserKey>, asked: &Asked<'_>, command: &AnyCommand<'_>, now: Now) {
        match *command {
            AnyCommand::Chat(ref command) => match user {
                Some(user) => self.pass_to_chat(id, user, asked, command, now),
                None => self.answer(id, asked, Err(Fault::NotEntered)),
            },
            AnyCommand::Nothing => {}
            AnyCommand::Hello => self.say_hello(id, asked),
            AnyCommand::Keep => self.keep(id, asked),
            AnyCommand::Resume { uid, token: secret, seen } => {
                self.resume(id, asked, Return { uid, secret, seen }, now);
            }
            AnyCommand::Seen(seen) => self.connections.note_seen(id, seen),
            AnyCommand::Password(word) => self.check_password(id, asked, word, now),
            AnyCommand::Ping(word) => self.answer(id, asked, Ok(Answer::Pong(word))),
            AnyCommand::Help(topic) => self.help(id, asked, topic),
            AnyCommand::Enter(name) => self.enter(id, asked, name, now),
            AnyCommand::Quit => self.quit(id, asked, now),
            AnyCommand::Order(ref order) => self.obey_order(id, asked, order, now),
        }
    }

    fn quit(&mut self, id: ConnectionId, asked: &Asked<'_>, now: Now) {
        if self.has_rights(id, Rights::Operator) {
            return self.leave_console(id, asked, now);
        }
        self.answer(id, asked, Ok(Answer::Bye));
        self.close(id, CloseReason::Quit.into(), now);
    }

    pub(super) fn has_rights(&self, id: ConnectionId, rights: Rights) -> bool {
        self.connections.get(id).peer.rights() == rights
    }

    fn say_hello(&mut self, id: ConnectionId, asked: &Asked<'_>) {
        let life = self.places.life();
        let users = Some(self.chat.user_count());
        let hello = Answer::Chatd { version: VERSION, protocol: PROTOCOL_VERSION, life: Some(&life), users };
        self.answer(id, asked, Ok(hello));
    }

    /// A message that was taken is answered when that suits: its sender has no need to know at once, and
    /// in a lively talk the next line to it is not far; one write for both is half the work.
    #[inline(always)]
    fn pass_to_chat(&mut self, id: ConnectionId, user: UserKey, asked: &Asked<'_>, command: &Command<'_>, now: Now) {
        let mut outbox =
            Outbox { connections: &mut self.connections, journal: &mut self.journal, asker: Some(Asker { id, asked }) };
        match self.chat.handle_command(user, *command, now, &mut outbox) {
            Ok(Reply::Taken { stamp, to }) => {
                self.connections.answer(id, When::Deferred, |dialect, encoder, out| {
                    encoder.taken(dialect, asked, stamp, to, out);
                });
            }
            reply => self.answer(id, asked, reply.map(Answer::Chat).map_err(Fault::Refused)),
        }
    }

    fn enter(&mut self, id: ConnectionId, asked: &Asked<'_>, name: Option<Name>, now: Now) {
        let connection = self.connections.get(id);
        if matches!(connection.phase, Phase::User(_)) {
            return self.answer(id, asked, Err(Fault::AlreadyEntered));
        }
        if !matches!(connection.phase, Phase::Entering { may_enter: true, .. }) && self.gate.has_password() {
            return self.answer(id, asked, Err(Fault::PasswordRequired));
        }
        let address = connection.peer.address();
        // A guest's name can be shut out like any other.
        let name = name.unwrap_or_else(|| self.chat.guest_name(address));
        if let Some((fault, words)) = self.name_ban(name, now) {
            return self.connections.answer(id, When::ThisTick, |dialect, encoder, out| {
                encoder.fault(dialect, asked, &fault, words.as_deref(), out);
            });
        }
        match self.enter_as(Entry { name: Some(name), address }, now) {
            Err(fault) => self.answer(id, asked, Err(fault)),
            Ok((user, uid, name)) => {
                self.connections.link(user, id);
                let connection = self.connections.get_mut(id);
                connection.phase = Phase::User(user);
                let mut outbox = Outbox { connections: &mut self.connections, journal: &mut self.journal, asker: None };
                self.chat.show_announcements(user, &mut outbox);
                self.answer(id, asked, Ok(Answer::Entered { uid, name }));
            }
        }
    }

    fn check_password(&mut self, id: ConnectionId, asked: &Asked<'_>, word: &str, now: Now) {
        let is_right = self.gate.is_opened_by(word);
        if !is_right {
            self.answer(id, asked, Err(Fault::WrongPassword));
            let peer = self.connections.get(id).peer;
            self.gate.strangers.note_wrong_password(peer, now, &mut self.journal);
            return self.penalise(id, now);
        }
        if let Phase::Entering { may_enter, .. } = &mut self.connections.get_mut(id).phase {
            *may_enter = true;
        }
        self.answer(id, asked, Ok(Answer::Chat(Reply::Done)));
    }

    /// Enters, in the place of a user who has lost its connection and its right to the name perhaps.
    fn enter_as(&mut self, entry: Entry, now: Now) -> Result<(UserKey, Uid, Name), Fault> {
        for _ in 0..2 {
            let mut outbox = Outbox { connections: &mut self.connections, journal: &mut self.journal, asker: None };
            match self.chat.enter(entry, now, &mut outbox) {
                Ok(entered) => return Ok(entered),
                Err(Refusal::NameTaken(name)) => self.reclaim_name(name, now)?,
                Err(refusal) => return Err(refusal.into()),
            }
        }
        Err(entry.name.map_or(Fault::NotEntered, |name| Refusal::NameTaken(name).into()))
    }

    fn help(&mut self, id: ConnectionId, asked: &Asked<'_>, topic: Option<&str>) {
        let place = self.connections.get(id).dialect.place();
        let found = topic.map(|word| commands::find(word, place).ok_or(Fault::UnknownCommand));
        let one = match found.transpose() {
            Ok(one) => one,
            Err(fault) => return self.answer(id, asked, Err(fault)),
        };
        for spec in commands::commands_in(place).filter(|spec| one.is_none_or(|one| one.verb == spec.verb)) {
            self.connections.note_row(id);
            self.connections.append(id, |dialect, encoder, out| encoder.help(dialect, spec, out));
        }
        self.answer(id, asked, Ok(Answer::Helped));
    }

    /// Answers a command at once.
    pub(super) fn answer(&mut self, id: ConnectionId, asked: &Asked<'_>, answer: Result<Answer<'_>, Fault>) {
        self.connections.answer(id, When::ThisTick, |dialect, encoder, out| match &answer {
            Ok(answer) => encoder.answer(dialect, asked, answer, out),
            Err(fault) => encoder.fault(dialect, asked, fault, None, out),
        });
    }

    /// Answers `KEEP` or `RESUME`, which are not among the commands that are counted.
    pub(super) fn answer_uncounted(&mut self, id: ConnectionId, asked: &Asked<'_>, answer: Result<Answer<'_>, Fault>) {
        self.connections.append(id, |dialect, encoder, out| match &answer {
            Ok(answer) => encoder.answer(dialect, asked, answer, out),
            Err(fault) => encoder.fault(dialect, asked, fault, None, out),
        });
    }
}
