//! Clients that are too fast: they wait, are told so, and are not kept from what says nothing to
//! others. What stands before such a line is handled with it at once, in its order, and is owed: it
//! keeps the client waiting for longer afterwards. Nobody's debt may grow beyond a bound.

use std::time::Duration;

use crate::chat::{Millis, Now};
use crate::limits::{LONGEST_DEBT, WAIT_NOTICE_INTERVAL, WAIT_NOTICED};
use crate::server::connection::Connection;
use crate::server::connection_id::ConnectionId;
use crate::server::gate::{Pace, Throttle};
use crate::server::peer::Rights;
use crate::server::{Server, Stream};
use crate::wire::{Dialect, Kind};

/// Why lines are not heard until a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Wait {
    /// The client has been too fast. What it sends meanwhile is looked at: it may be something that
    /// need not wait.
    TooFast(Millis),
    /// It has sent a wrong secret.
    Penalty(Millis),
}

impl Wait {
    pub(in crate::server) fn until(self) -> Millis {
        match self {
            Self::TooFast(until) | Self::Penalty(until) => until,
        }
    }
}

/// What a line that is handled now counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Charge {
    Free,
    Line,
    /// One that need not wait, of which a client in debt has a few.
    Short,
}

impl<S> Connection<S> {
    /// What the line that stands first counts as if it is handled now, or how long it has to wait.
    #[inline(always)]
    pub(super) fn price(&self, line: &[u8], on_credit: bool, pace: Pace, now: Millis) -> Result<Charge, Millis> {
        if self.peer.rights() == Rights::Operator {
            return Ok(Charge::Free);
        }
        match self.lines.wait(pace, now) {
            Some(until) if !on_credit => self.price_in_debt(line, until, pace, now),
            _ => Ok(Charge::Line),
        }
    }

    /// It has been too fast for this line, unless that is one that need not wait until then.
    #[cold]
    fn price_in_debt(&self, line: &[u8], until: Millis, pace: Pace, now: Millis) -> Result<Charge, Millis> {
        if kind_of(self.dialect, line) != Kind::Short {
            return Err(until);
        }
        self.short_lines().wait(pace, now).map_or(Ok(Charge::Short), |short| Err(until.min(short)))
    }
}

impl<S: Stream> Server<S> {
    /// Some lines have a rate of their own: until when this one has to wait.
    pub(in crate::server) fn kind_wait(&mut self, id: ConnectionId, kind: Kind<'_>, now: Now) -> Option<Millis> {
        let limits = &self.limits;
        let connection = self.connections.get(id);
        match kind {
            Kind::Short | Kind::Usual => None,
            // It cannot be right.
            Kind::Return(secret) if !self.places.may_have_given(secret) => None,
            Kind::Return(_) | Kind::Password => {
                connection.secret_wait(now).or_else(|| self.gate.entry_wait(connection.peer, now))
            }
            Kind::Entry => self.gate.entry_wait(connection.peer, now),
            Kind::Announcement => connection.debts().announcements.wait(limits.announcements.into(), now.steady),
            Kind::Request => connection.debts().requests.wait(limits.requests.into(), now.steady),
        }
    }

    /// One of those is done.
    pub(in crate::server) fn charge_kind(&mut self, id: ConnectionId, kind: Kind<'_>, now: Now) {
        let limits = &self.limits;
        let connection = self.connections.get_mut(id);
        match kind {
            Kind::Short | Kind::Usual => {}
            Kind::Return(secret) if !self.places.may_have_given(secret) => {}
            Kind::Return(_) | Kind::Password | Kind::Entry => {
                let peer = connection.peer;
                self.gate.charge_entry(peer, now);
            }
            Kind::Announcement => connection.rare().announcements.take(limits.announcements.into(), now.steady),
            Kind::Request => connection.rare().requests.take(limits.requests.into(), now.steady),
        }
    }

    /// The first of these lines has to wait. Says how many bytes are to be handled at once all the same,
    /// since a line stands behind them that need not wait, if the debt for them is not too much.
    pub(in crate::server) fn lines_on_credit(&self, id: ConnectionId, bytes: &[u8], now: Now) -> Option<usize> {
        let connection = self.connections.get(id);
        let bears =
            |throttle: Throttle, pace: Pace, more: u64| throttle.wait_after(pace, more, now.steady) <= LONGEST_DEBT;
        let (mut start, mut lines, mut announcements, mut requests) = (0, 0, 0, 0);
        for newline in memchr::memchr_iter(b'\n', bytes) {
            match kind_of(connection.dialect, bytes.get(start..newline).unwrap_or_default()) {
                Kind::Entry | Kind::Password | Kind::Return(_) => return None,
                Kind::Short if lines == 0 => return None,
                Kind::Short => {
                    let is_next = connection.short_lines().wait(self.line_pace, now.steady).is_none();
                    let is_borne =
                        bears(connection.debts().announcements, self.limits.announcements.into(), announcements)
                            && bears(connection.debts().requests, self.limits.requests.into(), requests);
                    return (is_next && is_borne).then_some(start);
                }
                Kind::Announcement => announcements += 1,
                Kind::Request => requests += 1,
                Kind::Usual => {}
            }
            (start, lines) = (newline + 1, lines + 1);
            if !bears(connection.lines, self.line_pace, lines) {
                return None;
            }
        }
        None
    }

    /// More has come from a client that is too fast, behind these bytes: says how many are to be handled
    /// at once, as [`Self::lines_on_credit`] does, and ends the wait then.
    pub(in crate::server) fn look_ahead(
        &mut self,
        id: ConnectionId,
        bytes: &[u8],
        before: usize,
        now: Now,
    ) -> Option<usize> {
        let start = memchr::memrchr(b'\n', bytes.get(..before)?).map_or(0, |newline| newline + 1);
        let new = bytes.get(start..)?;
        let mut lines = new.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
        let dialect = self.connections.get(id).dialect;
        let is_short = lines.any(|line| kind_of(dialect, line) == Kind::Short);
        let on_credit = if is_short { self.lines_on_credit(id, bytes, now) } else { None };
        match (on_credit, self.connections.get(id).wait()?) {
            (Some(_), _) => self.connections.get_mut(id).rare().wait = None,
            (None, wait) => self.tell_wait(id, wait.until(), new, now),
        }
        on_credit
    }

    /// Has a client wait until then with the lines that stand first in these bytes.
    pub(in crate::server) fn pause(&mut self, id: ConnectionId, wait: Wait, bytes: &[u8], now: Now) {
        let connection = self.connections.get_mut(id);
        if connection.is_open() {
            connection.rare().wait = Some(wait);
            self.tell_wait(id, wait.until(), bytes, now);
        }
    }

    /// Tells a client how long it will be until all these lines are handled, the first of them then; once
    /// in a while, and only if somebody would notice.
    fn tell_wait(&mut self, id: ConnectionId, until: Millis, bytes: &[u8], now: Now) {
        let connection = self.connections.get_mut(id);
        let told = connection.rare().wait_told;
        if told.is_some_and(|told| now.steady.since(told) < WAIT_NOTICE_INTERVAL) {
            return;
        }
        let behind = memchr::memchr_iter(b'\n', bytes).count().saturating_sub(1);
        let behind = self.limits.lines.interval.saturating_mul(u32::try_from(behind).unwrap_or(u32::MAX));
        let time: Duration = until.since(now.steady).saturating_add(behind);
        if time > WAIT_NOTICED {
            connection.rare().wait_told = Some(now.steady);
            self.connections.append(id, |dialect, encoder, out| encoder.waiting(dialect, time, out));
        }
    }
}

fn kind_of(dialect: Dialect, line: &[u8]) -> Kind<'_> {
    std::str::from_utf8(line).map_or(Kind::Usual, |line| dialect.asked(line).kind)
}
