//! Lines of the operator, at the daemon's own terminal.

use super::connection::{Expecting, Phase, Token};
use super::outbox::Outbox;
use super::{Level, Server, Stream};
use crate::chat::{Now, OperatorCommand, Text};
use crate::wire::Fault;
use crate::wire::commands::Verb;
use crate::wire::console::{self, Order};

impl<S: Stream> Server<S> {
    /// Handles one line and prints what comes of it.
    pub(super) fn handle_operator_line(
        &mut self,
        token: Token,
        expecting: Expecting,
        line: Result<&str, Fault>,
        now: Now,
    ) {
        if let Err(fault) = self.try_operator_line(token, expecting, line, now) {
            self.connections.append(token, |_, out| console::fault(&fault, out));
        }
    }

    fn try_operator_line(
        &mut self,
        token: Token,
        expecting: Expecting,
        line: Result<&str, Fault>,
        now: Now,
    ) -> Result<(), Fault> {
        self.expect(token, Expecting::Order);
        let line = line?;
        let order = match expecting {
            Expecting::Order => console::decode(line)?,
            Expecting::AnnouncementText => Some(Order::Announce(Some(Text::new(line)?))),
        };
        match order {
            Some(order) => self.handle_order(token, order, now),
            None => Ok(()),
        }
    }

    fn handle_order(&mut self, token: Token, order: Order<'_>, now: Now) -> Result<(), Fault> {
        match order {
            Order::List { after } => self.order(token, OperatorCommand::List { after }, now),
            Order::Rooms { after } => self.order(token, OperatorCommand::Rooms { after }, now),
            Order::Announce(Some(text)) => self.order(token, OperatorCommand::Announce(text), now),
            Order::Announce(None) => {
                self.expect(token, Expecting::AnnouncementText);
                self.connections.append(token, |_, out| console::say(format_args!("what shall be announced?"), out));
            }
            Order::Kick { user, reason } => self.kick(token, user, reason, now)?,
            Order::Ban { target, time, reason } => self.ban(token, target, time, reason, now)?,
            Order::Unban(target) => self.unban(token, target)?,
            Order::Bans => self.show_bans(token, now),
            Order::Mute { user, time } => self.mute(token, user, time, now)?,
            Order::Unmute(user) => self.unmute(token, user)?,
            Order::Stats { for_programs } => {
                let report = self.report(for_programs, now);
                self.connections.append(token, |_, out| console::say(format_args!("{report}"), out));
            }
            Order::Log(word) => {
                let level = Level::new(word).ok_or(Fault::Usage(Verb::Log))?;
                self.connections.journal.set_level(level);
                self.connections.append(token, |_, out| console::say(format_args!("the log is {word} now"), out));
            }
            Order::Quit => self.stop_asked = true,
            Order::Clear => self.connections.append(token, |_, out| console::clear(out)),
            Order::Help(topic) => {
                let mut found = Ok(());
                self.connections.append(token, |_, out| found = console::help(topic, out));
                found?;
            }
        }
        Ok(())
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
