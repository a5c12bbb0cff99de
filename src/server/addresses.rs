//! What is known of the addresses clients come from: how many connections, how often they try to
//! enter, how many wrong secrets they sent.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use super::throttle::Throttle;
use crate::chat::Millis;
use crate::limits::{ADDRESSES_REMEMBERED, LONGEST_PENALTY};

/// One address.
#[derive(Debug, Default)]
pub(super) struct Address {
    pub(super) connections: usize,
    pub(super) entries: Throttle,
    wrong_secrets: u32,
    last_wrong: Millis,
}

/// All addresses with connections, and some that had one not long ago. Never iterated in an order
/// that matters.
#[derive(Debug, Default)]
pub(super) struct Addresses(HashMap<IpAddr, Address>);

impl Addresses {
    pub(super) fn of(&mut self, address: IpAddr) -> &mut Address {
        self.0.entry(address).or_default()
    }

    pub(super) fn connections(&self, address: IpAddr) -> usize {
        self.0.get(&address).map_or(0, |address| address.connections)
    }

    /// One connection fewer. What nobody needs to know any more is forgotten.
    pub(super) fn disconnected(&mut self, address: IpAddr, now: Millis) {
        let known = self.of(address);
        known.connections = known.connections.saturating_sub(1);
        if known.is_forgettable(now) {
            self.0.remove(&address);
        }
        if self.0.len() > ADDRESSES_REMEMBERED {
            self.0.retain(|_, address| !address.is_forgettable(now));
        }
    }

    /// A wrong secret came from this address: how long it has to wait now, longer each time.
    pub(super) fn penalty(&mut self, address: IpAddr, now: Millis) -> Duration {
        let known = self.of(address);
        if now.since(known.last_wrong) > 2 * LONGEST_PENALTY {
            known.wrong_secrets = 0;
        }
        known.wrong_secrets = known.wrong_secrets.saturating_add(1);
        known.last_wrong = now;
        Duration::from_secs(u64::from(known.wrong_secrets)).min(LONGEST_PENALTY)
    }

    /// Connections of all addresses.
    pub(super) fn total(&self) -> usize {
        self.0.values().map(|address| address.connections).sum()
    }
}

impl Address {
    fn is_forgettable(&self, now: Millis) -> bool {
        let is_forgiven = self.wrong_secrets == 0 || now.since(self.last_wrong) > 2 * LONGEST_PENALTY;
        self.connections == 0 && is_forgiven && self.entries.is_idle(now)
    }
}
