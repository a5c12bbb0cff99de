//! What the log is told of those who never become users: a line for each while they are few.

use std::net::SocketAddr;

use super::tally::Tally;
use super::throttle::{Pace, Throttle};
use crate::chat::{CloseReason, Millis, Now};
use crate::limits::Limits;
use crate::server::journal::Journal;
use crate::server::peer::Peer;
use crate::wire::foreign::Foreign;

/// See the module.
#[derive(Debug)]
pub(in crate::server) struct Strangers {
    /// Connections that were refused.
    refused: Tally,
    /// Connections that were let in and closed before they had entered, beyond those of which the
    /// log has a line each.
    never_entered: Tally,
    /// Those who spoke another protocol.
    foreign: Tally<Foreign>,
    /// Wrong passwords, and where the last came from.
    wrong_passwords: Tally<()>,
    wrong_password_from: Option<SocketAddr>,
    /// Lines of the log about one of them.
    lines: Throttle,
    /// How often.
    pace: Pace,
}

impl Strangers {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            refused: Tally::default(),
            never_entered: Tally::default(),
            foreign: Tally::default(),
            wrong_passwords: Tally::default(),
            wrong_password_from: None,
            lines: Throttle::default(),
            pace: limits.log.into(),
        }
    }

    /// A connection was let in.
    pub(in crate::server) fn note_connected(&mut self, peer: Peer, now: Now, journal: &mut Journal) {
        if self.is_worth_a_line(now) {
            journal.connected(peer);
        }
    }

    /// A connection was refused.
    pub(in crate::server) fn note_refused(&mut self, reason: CloseReason, now: Now, journal: &mut Journal) {
        self.refused.note(reason);
        self.tell(now, journal);
    }

    /// A connection closes that never entered.
    pub(in crate::server) fn note_never_entered(
        &mut self,
        peer: Peer,
        reason: CloseReason,
        now: Now,
        journal: &mut Journal,
    ) {
        if self.is_worth_a_line(now) {
            return journal.disconnected(peer, None, reason);
        }
        self.never_entered.note(reason);
        self.tell(now, journal);
    }

    /// A connection began as another protocol does.
    pub(in crate::server) fn note_foreign(&mut self, protocol: Foreign, now: Now, journal: &mut Journal) {
        self.foreign.note(protocol);
        self.tell(now, journal);
    }

    /// Somebody guessed the password wrongly. What was guessed is nobody's business.
    pub(in crate::server) fn note_wrong_password(&mut self, peer: Peer, now: Now, journal: &mut Journal) {
        self.wrong_passwords.note(());
        self.wrong_password_from = peer.address();
        self.tell(now, journal);
    }

    /// Lines about clients that have not entered are few.
    fn is_worth_a_line(&mut self, now: Now) -> bool {
        self.lines.admit(self.pace, now.steady).is_none()
    }

    /// Whether there has never been anything to tell of.
    fn is_silent(&self) -> bool {
        let are_empty = self.refused.is_empty() && self.never_entered.is_empty();
        are_empty && self.foreign.is_empty() && self.wrong_passwords.is_empty()
    }

    pub(super) fn next_due(&self) -> Option<Millis> {
        let first = [self.refused.next_due(), self.never_entered.next_due()];
        first.into_iter().chain([self.foreign.next_due(), self.wrong_passwords.next_due()]).flatten().min()
    }

    /// Tells the log of those it has no lines for, as often as it may.
    #[inline]
    pub(in crate::server) fn tell(&mut self, now: Now, journal: &mut Journal) {
        if !self.is_silent() {
            self.tell_of_some(now, journal);
        }
    }

    fn tell_of_some(&mut self, now: Now, journal: &mut Journal) {
        while let Some((reason, count)) = self.refused.take_due(now.steady) {
            journal.warn(format_args!("refused reason={reason} count={count}"));
        }
        while let Some((reason, count)) = self.never_entered.take_due(now.steady) {
            journal.note(format_args!("never-entered reason={reason} count={count}"));
        }
        while let Some((protocol, count)) = self.foreign.take_due(now.steady) {
            journal.note(format_args!("foreign protocol={} count={count}", protocol.word()));
        }
        while let Some(((), count)) = self.wrong_passwords.take_due(now.steady) {
            let from = self.wrong_password_from.map_or_else(String::new, |from| format!(" from={from}"));
            journal.warn(format_args!("wrong-password count={count}{from}"));
        }
    }
}
