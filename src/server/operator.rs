//! What is asked of the operator's desk, by who may give orders.

use super::connection::{Connection, Expecting, Phase, Question};
use super::connection_id::ConnectionId;
use super::output::{Asker, Outbox};
use super::peer::{Peer, Rights, Seat};
use super::{Level, Server, Stream};
use crate::chat::{CloseReason, Now, OperatorCommand, Text};
use crate::wire::commands::Verb;
use crate::wire::{Answer, Asked, Fault, Kind, Order};

impl<S: Stream> Server<S> {
    /// Does what is ordered, if it may be ordered from there.
    pub(super) fn obey_order(&mut self, id: ConnectionId, asked: &Asked<'_>, order: &Order<'_>, now: Now) {
        let done = if self.has_rights(id, Rights::Operator) {
            self.handle_order(id, asked, order, now)
        } else {
            Err(Fault::UnknownCommand)
        };
        if let Err(fault) = done {
            self.answer(id, asked, Err(fault));
        }
    }

    /// Handles what an operator says to a question. The next line is an order again.
    pub(super) fn handle_reply(&mut self, id: ConnectionId, question: Question, line: Result<&str, Fault>, now: Now) {
        self.expect(id, Expecting::Order);
        let asked = Asked { verb: None, kind: Kind::Usual, line: line.unwrap_or_default() };
        match (question, line) {
            (_, Err(fault)) => self.answer(id, &asked, Err(fault)),
            (Question::AnnouncementText, Ok(line)) => match Text::new(line) {
                Ok(text) => self.order(id, &asked, OperatorCommand::Announce(text), now),
                Err(error) => self.answer(id, &asked, Err(error.into())),
            },
            (Question::Consent, Ok(line)) => self.stop_with_consent(id, &asked, line),
        }
    }

    fn handle_order(&mut self, id: ConnectionId, asked: &Asked<'_>, order: &Order<'_>, now: Now) -> Result<(), Fault> {
        match *order {
            Order::List { after } => self.list(id, asked, OperatorCommand::List { after }, now),
            Order::Rooms { after } => self.list(id, asked, OperatorCommand::Rooms { after }, now),
            Order::Announce(Some(text)) => self.order(id, asked, OperatorCommand::Announce(text), now),
            Order::Announce(None) => {
                self.expect(id, Expecting::Reply(Question::AnnouncementText));
                self.say(id, asked, "what shall be announced?");
            }
            Order::Kick { user, reason } => self.kick(id, asked, user, reason, now)?,
            Order::Ban { target, time, reason } => self.ban(id, asked, (target, time, reason), now),
            Order::Unban(target) => self.unban(id, asked, target, now),
            Order::Bans => self.show_bans(id, asked, now),
            Order::Mute { user, time } => self.mute(id, asked, user, time, now)?,
            Order::Unmute(user) => self.unmute(id, asked, user)?,
            Order::Mutes => self.show_mutes(id, asked, now),
            Order::Stats { for_programs } => {
                let report = self.report(for_programs, now);
                self.say(id, asked, &report);
            }
            Order::Log(word) => {
                let level = Level::new(word).ok_or(Fault::Usage(Verb::Log))?;
                self.journal.set_level(level);
                self.say(id, asked, &format!("the log is {} now", level.word()));
            }
            Order::Shutdown => self.stop_asked = true,
            Order::Clear => self.answer(id, asked, Ok(Answer::Cleared)),
        }
        Ok(())
    }

    pub(super) fn leave_console(&mut self, id: ConnectionId, asked: &Asked<'_>, now: Now) {
        let is_there = |it: &Connection<S>| it.is_open() || it.is_dropped();
        let others = self.connections.iter().filter(|it| it.peer.rights() == Rights::Client && is_there(it)).count();
        match self.connections.get(id).peer {
            Peer::Operator(Seat::Terminal) if others > 0 => {
                self.expect(id, Expecting::Reply(Question::Consent));
                let question = format!("{others} connected: shut the server down for everybody? yes or no");
                self.say(id, asked, &question);
            }
            Peer::Operator(Seat::Terminal | Seat::Pipe) => self.stop_asked = true,
            Peer::Operator(Seat::Socket) | Peer::Client(_) => {
                self.close(id, CloseReason::Quit.into(), now);
            }
        }
    }

    fn stop_with_consent(&mut self, id: ConnectionId, asked: &Asked<'_>, line: &str) {
        let word = line.trim();
        if word.eq_ignore_ascii_case("yes") || word.eq_ignore_ascii_case("y") {
            self.stop_asked = true;
        } else {
            self.say(id, asked, "the server goes on");
        }
    }

    /// Says what has come of an order.
    pub(super) fn say(&mut self, id: ConnectionId, asked: &Asked<'_>, what: &str) {
        self.answer(id, asked, Ok(Answer::Told(what)));
    }

    fn list(&mut self, id: ConnectionId, asked: &Asked<'_>, command: OperatorCommand<'_>, now: Now) {
        self.connections.append(id, |dialect, encoder, out| encoder.heading(dialect, asked, out));
        self.order(id, asked, command, now);
    }

    fn order(&mut self, id: ConnectionId, asked: &Asked<'_>, command: OperatorCommand<'_>, now: Now) {
        let mut outbox =
            Outbox { connections: &mut self.connections, journal: &mut self.journal, asker: Some(Asker { id, asked }) };
        let reply = self.chat.handle_operator(command, now, &mut outbox);
        self.answer(id, asked, Ok(Answer::Chat(reply)));
    }

    fn expect(&mut self, id: ConnectionId, expecting: Expecting) {
        let connection = self.connections.get_mut(id);
        connection.phase = Phase::Operator(expecting);
    }
}
