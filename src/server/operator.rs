//! Lines of the operator, at the daemon's own terminal.

use super::connection::{Closing, Expecting, Phase, Token};
use super::connections::Outbox;
use super::{Server, Stream};
use crate::chat::{CloseReason, Now, OperatorCommand, Refusal, Text, UserRef};
use crate::wire::console::{self, Order};
use crate::wire::{self, Fault};

impl<S: Stream> Server<S> {
    /// Handles one line (`None`: one that was too long) and prints what comes of it.
    pub(super) fn handle_operator_line(&mut self, token: Token, expecting: Expecting, line: Option<&[u8]>, now: Now) {
        if let Err(fault) = self.try_operator_line(token, expecting, line, now) {
            self.connections.append(token, |_, out| console::fault(&fault, out));
        }
    }

    fn try_operator_line(
        &mut self,
        token: Token,
        expecting: Expecting,
        line: Option<&[u8]>,
        now: Now,
    ) -> Result<(), Fault> {
        self.expect(token, Expecting::Order);
        let line = wire::clean(line.ok_or(Fault::LineTooLong)?)?;
        let order = match expecting {
            Expecting::Order => console::decode(&line)?,
            Expecting::AnnouncementText => Some(Order::Announce(Some(Text::new(&line)?))),
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
                self.connections.append(token, |_, out| console::ask("what shall be announced?", out));
            }
            Order::Kick { user, reason } => self.kick(token, user, reason, now)?,
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

    fn kick(&mut self, token: Token, user: UserRef, reason: Option<Text<'_>>, now: Now) -> Result<(), Fault> {
        let key = self.chat.find(user).ok_or(Refusal::NoSuchUser(user))?;
        if let Some(target) = self.connections.of_user(key) {
            let words = reason.map(|text| text.as_str());
            let name = self.chat.name_of(key);
            self.close(target, Closing { reason: CloseReason::Kicked, words }, now);
            self.connections.append(token, |_, out| console::kicked(name, out));
        }
        Ok(())
    }

    fn expect(&mut self, token: Token, expecting: Expecting) {
        if let Some(connection) = self.connections.get_mut(token) {
            connection.phase = Phase::Operator(expecting);
        }
    }
}
