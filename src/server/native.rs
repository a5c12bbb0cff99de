//! Lines of clients that speak the native dialect.

use super::connection::{Phase, Token};
use super::connections::Outbox;
use super::{Server, Stream, VERSION};
use crate::chat::{CloseReason, Command, Entry, Name, Now};
use crate::server::connection::Peer;
use crate::wire::commands::{self, Place};
use crate::wire::native::{self, Answer, Request};
use crate::wire::{self, Fault};

impl<S: Stream> Server<S> {
    /// Handles one line (`None`: one that was too long) and answers it.
    pub(super) fn handle_native_line(&mut self, token: Token, line: Option<&[u8]>, now: Now) {
        let Some(line) = line else { return self.answer(token, Err(Fault::LineTooLong)) };
        match wire::clean(line) {
            Err(fault) => self.answer(token, Err(fault)),
            Ok(line) => match native::decode(&line) {
                Err(fault) => self.answer(token, Err(fault)),
                Ok(None) => {}
                Ok(Some(request)) => self.handle_request(token, request, now),
            },
        }
    }

    fn handle_request(&mut self, token: Token, request: Request<'_>, now: Now) {
        match request {
            Request::Chat(command) => self.handle_command(token, command, now),
            Request::Hello => self.answer(token, Ok(Answer::Chatd { version: VERSION, protocol: native::VERSION })),
            Request::Ping(word) => self.answer(token, Ok(Answer::Pong(word))),
            Request::Help(topic) => self.help(token, topic),
            Request::Enter(name) => self.enter(token, name, now),
            Request::Quit => {
                self.answer(token, Ok(Answer::Bye));
                self.close(token, CloseReason::Quit.into(), now);
            }
        }
    }

    fn handle_command(&mut self, token: Token, command: Command<'_>, now: Now) {
        let Some(Phase::User(user)) = self.connections.get(token).map(|connection| connection.phase) else {
            return self.answer(token, Err(Fault::NotEntered));
        };
        let mut outbox = Outbox { connections: &mut self.connections, asker: Some(token) };
        let reply = self.chat.handle_command(user, command, now, &mut outbox);
        self.answer(token, reply.map(Answer::Chat).map_err(Fault::Refused));
    }

    fn enter(&mut self, token: Token, name: Option<Name>, now: Now) {
        let Some(connection) = self.connections.get(token) else { return };
        let address = match (connection.phase, connection.peer) {
            (Phase::User(_), _) => return self.answer(token, Err(Fault::AlreadyEntered)),
            (_, Peer::Client(address)) => Some(address),
            (_, Peer::Operator) => None,
        };
        let mut outbox = Outbox { connections: &mut self.connections, asker: Some(token) };
        let entered = self.chat.enter(Entry { name, address }, now, &mut outbox);
        let answer = match entered {
            Err(refusal) => Err(Fault::Refused(refusal)),
            Ok((user, uid, name)) => {
                self.connections.link(user, token);
                self.connections.set_deadline(token, None);
                if let Some(connection) = self.connections.get_mut(token) {
                    connection.phase = Phase::User(user);
                }
                Ok(Answer::Entered { uid, name })
            }
        };
        self.answer(token, answer);
    }

    fn help(&mut self, token: Token, topic: Option<&str>) {
        match topic {
            None => {
                for spec in commands::commands_in(Place::Wire) {
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

    fn answer(&mut self, token: Token, answer: Result<Answer<'_>, Fault>) {
        self.connections.append(token, |encoder, out| encoder.answer(&answer, out));
    }
}
