//! What is asked of the operator's desk, by who may give orders.

use super::connection::{Connection, Expecting, Phase, Question};
use super::output::{Asker, Outbox};
use super::peer::{Peer, Rights, Seat};
use super::token::Token;
use super::{Level, Server, Stream};
use crate::chat::{CloseReason, Now, OperatorCommand, Text};
use crate::wire::commands::Verb;
use crate::wire::{Answer, Asked, Fault, Kind, Order};

impl<S: Stream> Server<S> {
    /// Does what is ordered, if it may be ordered from there.
    pub(super) fn obey(&mut self, token: Token, asked: &Asked<'_>, order: &Order<'_>, now: Now) {
        let done = if self.has_rights(token, Rights::Operator) {
            self.handle_order(token, asked, order, now)
        } else {
            Err(Fault::UnknownCommand)
        };
        if let Err(fault) = done {
            self.answer(token, asked, Err(fault));
        }
    }

    /// Handles what an operator says to a question. The next line is an order again.
    pub(super) fn handle_reply(&mut self, token: Token, question: Question, line: Result<&str, Fault>, now: Now) {
        self.expect(token, Expecting::Order);
        let asked = Asked { verb: None, kind: Kind::Usual, line: line.unwrap_or_default() };
        match (question, line) {
            (_, Err(fault)) => self.answer(token, &asked, Err(fault)),
            (Question::AnnouncementText, Ok(line)) => match Text::new(line) {
                Ok(text) => self.order(token, &asked, OperatorCommand::Announce(text), now),
                Err(error) => self.answer(token, &asked, Err(error.into())),
            },
            (Question::Consent, Ok(line)) => self.stop_with_consent(token, &asked, line),
        }
    }

    fn handle_order(&mut self, token: Token, asked: &Asked<'_>, order: &Order<'_>, now: Now) -> Result<(), Fault> {
        match *order {
            Order::List { after } => self.list(token, asked, OperatorCommand::List { after }, now),
            Order::Rooms { after } => self.list(token, asked, OperatorCommand::Rooms { after }, now),
            Order::Announce(Some(text)) => self.order(token, asked, OperatorCommand::Announce(text), now),
            Order::Announce(None) => {
                self.expect(token, Expecting::Reply(Question::AnnouncementText));
                self.say(token, asked, "what shall be announced?");
            }
            Order::Kick { user, reason } => self.kick(token, asked, user, reason, now)?,
            Order::Ban { target, time, reason } => self.ban(token, asked, (target, time, reason), now),
            Order::Unban(target) => self.unban(token, asked, target, now),
            Order::Bans => self.show_bans(token, asked, now),
            Order::Mute { user, time } => self.mute(token, asked, user, time, now)?,
            Order::Unmute(user) => self.unmute(token, asked, user)?,
            Order::Mutes => self.show_mutes(token, asked, now),
            Order::Stats { for_programs } => {
                let report = self.report(for_programs, now);
                self.say(token, asked, &report);
            }
            Order::Log(word) => {
                let level = Level::new(word).ok_or(Fault::Usage(Verb::Log))?;
                self.connections.journal.set_level(level);
                self.say(token, asked, &format!("the log is {} now", level.word()));
            }
            Order::Shutdown => self.stop_asked = true,
            Order::Clear => self.answer(token, asked, Ok(Answer::Cleared)),
        }
        Ok(())
    }

    pub(super) fn leave_console(&mut self, token: Token, asked: &Asked<'_>, now: Now) {
        let is_there = |it: &Connection<S>| it.is_open() || it.is_lost();
        let others = self.connections.iter().filter(|it| it.peer.rights() == Rights::Client && is_there(it)).count();
        match self.connections.get(token).map(|connection| connection.peer) {
            Some(Peer::Operator(Seat::Terminal)) if others > 0 => {
                self.expect(token, Expecting::Reply(Question::Consent));
                let question = format!("{others} connected: shut the server down for everybody? yes or no");
                self.say(token, asked, &question);
            }
            Some(Peer::Operator(Seat::Terminal | Seat::Pipe)) => self.stop_asked = true,
            Some(Peer::Operator(Seat::Socket) | Peer::Client(_)) | None => {
                self.close(token, CloseReason::Quit.into(), now);
            }
        }
    }

    fn stop_with_consent(&mut self, token: Token, asked: &Asked<'_>, line: &str) {
        let word = line.trim();
        if word.eq_ignore_ascii_case("yes") || word.eq_ignore_ascii_case("y") {
            self.stop_asked = true;
        } else {
            self.say(token, asked, "the server goes on");
        }
    }

    /// Says what has come of an order.
    pub(super) fn say(&mut self, token: Token, asked: &Asked<'_>, what: &str) {
        self.answer(token, asked, Ok(Answer::Told(what)));
    }

    fn list(&mut self, token: Token, asked: &Asked<'_>, command: OperatorCommand<'_>, now: Now) {
        self.connections.append(token, |dialect, encoder, out| encoder.heading(dialect, asked, out));
        self.order(token, asked, command, now);
    }

    fn order(&mut self, token: Token, asked: &Asked<'_>, command: OperatorCommand<'_>, now: Now) {
        let mut outbox = Outbox { connections: &mut self.connections, asker: Some(Asker { token, asked }) };
        let reply = self.chat.handle_operator(command, now, &mut outbox);
        self.answer(token, asked, Ok(Answer::Chat(reply)));
    }

    fn expect(&mut self, token: Token, expecting: Expecting) {
        if let Some(connection) = self.connections.get_mut(token) {
            connection.phase = Phase::Operator(expecting);
        }
    }
}
