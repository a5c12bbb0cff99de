//! Lines of the operator, at the daemon's own terminal or at a control socket.

use super::connection::{Connection, Expecting, Peer, Phase, Seat, Token};
use super::outbox::Outbox;
use super::{Level, Server, Stream};
use crate::chat::{CloseReason, Now, OperatorCommand, Text};
use crate::wire::Fault;
use crate::wire::commands::Verb;
use crate::wire::console::{self, Mistake, Order};

impl<S: Stream> Server<S> {
    /// Handles one line and prints what comes of it.
    pub(super) fn handle_operator_line(
        &mut self,
        token: Token,
        expecting: Expecting,
        line: Result<&str, Fault>,
        now: Now,
    ) {
        if let Err(mistake) = self.try_operator_line(token, expecting, line, now) {
            self.connections.append(token, |_, out| console::mistake(&mistake, out));
        }
    }

    fn try_operator_line(
        &mut self,
        token: Token,
        expecting: Expecting,
        line: Result<&str, Fault>,
        now: Now,
    ) -> Result<(), Mistake> {
        self.expect(token, Expecting::Order);
        let line = line?;
        let order = match expecting {
            Expecting::Order => console::decode(line)?,
            Expecting::AnnouncementText => Some(Order::Announce(Some(Text::new(line).map_err(Fault::from)?))),
            Expecting::Consent => {
                self.stop_with_consent(token, line);
                None
            }
        };
        match order {
            Some(order) => self.handle_order(token, order, now),
            None => Ok(()),
        }
    }

    fn handle_order(&mut self, token: Token, order: Order<'_>, now: Now) -> Result<(), Mistake> {
        match order {
            Order::List { after } => self.order(token, OperatorCommand::List { after }, now),
            Order::Rooms { after } => self.order(token, OperatorCommand::Rooms { after }, now),
            Order::Announce(Some(text)) => self.order(token, OperatorCommand::Announce(text), now),
            Order::Announce(None) => {
                self.expect(token, Expecting::AnnouncementText);
                self.say(token, "what shall be announced?");
            }
            Order::Kick { user, reason } => self.kick(token, user, reason, now)?,
            Order::Ban { target, time, reason } => self.ban(token, target, time, reason, now),
            Order::Unban(target) => self.unban(token, target, now),
            Order::Bans => self.show_bans(token, now),
            Order::Mute { user, time } => self.mute(token, user, time, now)?,
            Order::Unmute(user) => self.unmute(token, user)?,
            Order::Mutes => self.show_mutes(token, now),
            Order::Stats { for_programs } => {
                let report = self.report(for_programs, now);
                self.say(token, &report);
            }
            Order::Log(word) => {
                let level = Level::new(word).ok_or(Fault::Usage(Verb::Log))?;
                self.connections.journal.set_level(level);
                self.say(token, &format!("the log is {} now", level.word()));
            }
            Order::Quit => self.leave_console(token, now),
            Order::Shutdown => self.stop_asked = true,
            Order::Clear => self.connections.append(token, |_, out| console::clear(out)),
            Order::Help(topic) => {
                let mut found = Ok(());
                self.connections.append(token, |_, out| found = console::help(topic, out));
                found?;
            }
        }
        Ok(())
    }

    /// Leaving a console ends the server only where the console is the server's own, and nobody is
    /// thrown out by a habit: one who types is asked.
    fn leave_console(&mut self, token: Token, now: Now) {
        let is_there = |it: &Connection<S>| it.is_open() || matches!(it.phase, Phase::Away(_));
        let others = self.connections.iter().filter(|it| !it.peer.is_operator() && is_there(it)).count();
        match self.connections.get(token).map(|connection| connection.peer) {
            Some(Peer::Operator(Seat::Socket)) => self.close(token, CloseReason::Quit.into(), now),
            Some(Peer::Operator(Seat::Terminal)) if others > 0 => {
                self.expect(token, Expecting::Consent);
                self.say(token, &format!("{others} connected: shut the server down for everybody? yes or no"));
            }
            _ => self.stop_asked = true,
        }
    }

    fn stop_with_consent(&mut self, token: Token, line: &str) {
        let word = line.trim();
        if word.eq_ignore_ascii_case("yes") || word.eq_ignore_ascii_case("y") {
            self.stop_asked = true;
        } else {
            self.say(token, "the server goes on");
        }
    }

    fn say(&mut self, token: Token, what: &str) {
        self.connections.append(token, |_, out| console::say(format_args!("{what}"), out));
    }

    fn order(&mut self, token: Token, command: OperatorCommand<'_>, now: Now) {
        self.connections.append(token, |_, out| console::heading(&command, out));
        let mut outbox = Outbox { connections: &mut self.connections, asker: Some(token) };
        let reply = self.chat.handle_operator(command, now, &mut outbox);
        self.connections.append(token, |_, out| console::reply(&reply, out));
    }

    fn expect(&mut self, token: Token, expecting: Expecting) {
        if let Some(connection) = self.connections.get_mut(token) {
            connection.phase = Phase::Operator(expecting);
        }
    }
}
