//! What is known of where clients come from: how many connections, how often they connect and try
//! to enter, how many wrong secrets they sent, what those who left had to wait for.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::throttle::{Debts, Throttle};
use crate::chat::{Millis, Origin};
use crate::limits::{ADDRESSES_REMEMBERED, DEBTS_REMEMBERED, LONGEST_PENALTY};

/// One address, or one /64 of IPv6.
#[derive(Debug, Default)]
pub(in crate::server) struct Address {
    connections: usize,
    pub(in crate::server) connects: Throttle,
    pub(in crate::server) entries: Throttle,
    /// What its lines to many have made of work.
    pub(in crate::server) work: Throttle,
    /// What connections that have gone had to wait for: those that come next wait for it.
    debts: Vec<Debts>,
    wrong_secrets: u32,
    last_wrong: Millis,
    /// Stands in the queue of those that may be forgotten.
    is_idle: bool,
}

/// All that have connections, and some that had one not long ago. Never iterated in an order that
/// matters.
#[derive(Debug, Default)]
pub(in crate::server) struct Addresses {
    known: HashMap<Origin, Address>,
    /// Those without connections, and some that have one again: who stands longest is looked at first.
    idle: VecDeque<Origin>,
    /// Connections of all of them.
    total: usize,
}

impl Addresses {
    /// What is known of an address. One that is new may be forgotten again, whatever it was asked for.
    pub(in crate::server) fn of(&mut self, origin: Origin) -> &mut Address {
        self.known.entry(origin).or_insert_with(|| {
            self.idle.push_back(origin);
            Address { is_idle: true, ..Address::default() }
        })
    }

    pub(in crate::server) fn connections(&self, origin: Origin) -> usize {
        self.known.get(&origin).map_or(0, |address| address.connections)
    }

    /// How often clients there have tried to enter.
    pub(in crate::server) fn entries(&self, origin: Origin) -> Throttle {
        self.known.get(&origin).map(|address| address.entries).unwrap_or_default()
    }

    /// One connection more.
    pub(in crate::server) fn connected(&mut self, origin: Origin) -> &mut Address {
        self.total += 1;
        let known = self.of(origin);
        known.connections += 1;
        known
    }

    /// One connection fewer.
    pub(in crate::server) fn disconnected(&mut self, origin: Origin, now: Millis) {
        self.total -= 1;
        let known = self.of(origin);
        known.connections -= 1;
        self.settle(origin, now);
    }

    /// An address that may have no connections any more is forgotten in time. Costs the same
    /// however many are remembered: a look at two of them.
    pub(in crate::server) fn settle(&mut self, origin: Origin, now: Millis) {
        if let Some(known) = self.known.get_mut(&origin)
            && known.connections == 0
            && !std::mem::replace(&mut known.is_idle, true)
        {
            self.idle.push_back(origin);
        }
        for _ in 0..2 {
            self.look_at_one(now);
        }
    }

    /// Forgets the one that has been without connections longest, if nobody needs to know it any
    /// more, or if too many are remembered.
    fn look_at_one(&mut self, now: Millis) {
        let is_crowded = self.idle.len() > ADDRESSES_REMEMBERED;
        let Some(origin) = self.idle.pop_front() else { return };
        let Some(known) = self.known.get_mut(&origin) else { return };
        if known.connections > 0 {
            known.is_idle = false;
        } else if is_crowded || known.is_forgettable(now) {
            self.known.remove(&origin);
        } else {
            self.idle.push_back(origin);
        }
    }

    /// A wrong secret came from this address: how long it has to wait now, longer each time.
    pub(in crate::server) fn penalty(&mut self, origin: Origin, now: Millis) -> Duration {
        let known = self.of(origin);
        if now.since(known.last_wrong) > 2 * LONGEST_PENALTY {
            known.wrong_secrets = 0;
        }
        known.wrong_secrets = known.wrong_secrets.saturating_add(1);
        known.last_wrong = now;
        Duration::from_secs(u64::from(known.wrong_secrets)).min(LONGEST_PENALTY)
    }

    /// Connections of all addresses.
    pub(in crate::server) fn total(&self) -> usize {
        self.total
    }

    /// Checks that no more are remembered than may be.
    pub(in crate::server) fn check_invariants(&self) {
        let total: usize = self.known.values().map(|address| address.connections).sum();
        assert_eq!(total, self.total, "connections of all addresses");
        let idle = self.known.values().filter(|address| address.connections == 0).count();
        assert!(idle <= ADDRESSES_REMEMBERED, "{idle} addresses without connections are remembered");
        assert_eq!(self.known.values().filter(|address| address.is_idle).count(), self.idle.len());
        assert!(self.known.values().all(|address| address.connections > 0 || address.is_idle));
    }
}

impl Address {
    /// Remembers what a connection that goes had to wait for.
    pub(in crate::server) fn leave(&mut self, debts: Debts, now: Millis) {
        if debts.is_paid(now) {
            return;
        }
        if self.debts.len() >= DEBTS_REMEMBERED {
            self.debts.retain(|debts| !debts.is_paid(now));
        }
        let is_full = self.debts.len() >= DEBTS_REMEMBERED;
        match self.debts.last_mut() {
            Some(last) if is_full => *last = last.and(debts),
            _ => self.debts.push(debts),
        }
    }

    /// What a connection that comes has to wait for in place of one that has gone.
    pub(in crate::server) fn take_over(&mut self, now: Millis) -> Debts {
        while let Some(debts) = self.debts.pop() {
            if !debts.is_paid(now) {
                return debts;
            }
        }
        // Most addresses never leave any again.
        self.debts = Vec::new();
        Debts::default()
    }

    fn is_forgettable(&self, now: Millis) -> bool {
        let is_forgiven = self.wrong_secrets == 0 || now.since(self.last_wrong) > 2 * LONGEST_PENALTY;
        let is_idle = [self.connects, self.entries, self.work].iter().all(|throttle| throttle.is_idle(now));
        self.connections == 0 && is_forgiven && is_idle && self.debts.iter().all(|debts| debts.is_paid(now))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::limits::Rate;

    fn origin(number: u32) -> Origin {
        Origin::from(IpAddr::from(Ipv4Addr::from(number)))
    }

    fn debts(until: u64) -> Debts {
        Debts { announcements: Throttle::until(Millis(until)), ..Debts::default() }
    }

    /// Each has sent a wrong secret, so that none may be forgotten yet; one stays connected.
    #[test]
    fn however_many_addresses_come_few_are_remembered_and_none_that_is_here_is_forgotten() {
        let mut addresses = Addresses::default();
        addresses.connected(origin(0));
        for number in 1..42_000 {
            addresses.connected(origin(number));
            addresses.penalty(origin(number), Millis(5_000));
            addresses.disconnected(origin(number), Millis(5_000));
            assert!(addresses.known.len() <= ADDRESSES_REMEMBERED + 1, "{}", addresses.known.len());
        }
        addresses.check_invariants();
        assert_eq!(addresses.connections(origin(0)), 1);
        assert_eq!(addresses.penalty(origin(41_999), Millis(5_000)), Duration::from_secs(2), "the latest are");
        for number in 0..5_000 {
            addresses.settle(origin(number), Millis(100_000));
        }
        assert_eq!(addresses.known.len(), 1, "those who need not be remembered are not");
    }

    /// What somebody said last may be reckoned when its connection has gone already.
    #[test]
    fn one_that_is_known_without_a_connection_is_forgotten_in_time() {
        let mut addresses = Addresses::default();
        addresses.of(origin(1)).work.take(Rate { burst: 1, interval: Duration::from_secs(1) }.into(), Millis(0));
        addresses.check_invariants();
        addresses.settle(origin(2), Millis(500));
        assert_eq!(addresses.known.len(), 1, "not yet");
        addresses.settle(origin(2), Millis(1_000));
        assert!(addresses.known.is_empty());
    }

    #[test]
    fn one_that_comes_and_goes_stands_in_the_queue_once() {
        let mut addresses = Addresses::default();
        let pace = Rate { burst: 1, interval: Duration::from_secs(60) }.into();
        for _ in 0..1_000 {
            addresses.connected(origin(1));
            addresses.of(origin(1)).entries.take(pace, Millis(0));
            addresses.disconnected(origin(1), Millis(0));
            addresses.check_invariants();
        }
        assert_eq!(addresses.idle.len(), 1);
    }

    #[test]
    fn debts_are_taken_over_once_each_and_as_long_as_they_last() {
        let mut address = Address::default();
        address.leave(debts(900), Millis(0));
        address.leave(debts(100), Millis(0));
        address.leave(debts(800), Millis(0));
        assert_eq!(address.take_over(Millis(100)), debts(800));
        assert_eq!(address.take_over(Millis(100)), debts(900), "the one between is paid");
        assert_eq!(address.take_over(Millis(100)), Debts::default());
    }

    #[test]
    fn so_many_debts_are_remembered_and_the_last_stands_for_those_beyond() {
        let mut address = Address::default();
        for number in 0..2 * DEBTS_REMEMBERED as u64 {
            address.leave(debts(1_000 + number), Millis(0));
        }
        assert_eq!(address.debts.len(), DEBTS_REMEMBERED);
        assert_eq!(address.take_over(Millis(0)), debts(1_000 + 2 * DEBTS_REMEMBERED as u64 - 1));
    }

    #[test]
    fn debts_that_are_paid_take_no_room_from_those_that_are_not() {
        let mut address = Address::default();
        (0..DEBTS_REMEMBERED).for_each(|_| address.leave(debts(100), Millis(0)));
        address.leave(debts(900), Millis(200));
        address.leave(debts(800), Millis(200));
        assert_eq!(address.debts, [debts(900), debts(800)], "each stands for itself");
    }
}
