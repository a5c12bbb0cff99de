//! A link: one network interface, who is near on it, and how far announcing has come there.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use super::pending::Pending;
use super::random::Random;
use super::record::Kinds;

/// The number that the system gives an interface.
pub type LinkId = u32;

/// Addresses of one interface that are told, each with its prefix; more are not.
const ADDRESSES: usize = 8;
/// How many answers may go to single hosts at once, and how soon there may be one more. Their
/// senders may be made up, and then somebody gets what another has asked for.
const UNICASTS: u32 = 20;
const UNICAST_EVERY: Duration = Duration::from_millis(50);

/// Which protocol carries a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// That of an address.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// An interface as the system describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its number.
    pub id: LinkId,
    /// The addresses it has, with their prefixes.
    pub addresses: Vec<IpNet>,
}

/// Where a datagram goes, on its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To the group, by all families that the link has.
    Everybody,
    /// To the group of one family.
    Group(Family),
    /// To one host.
    Peer(SocketAddr),
}

/// A datagram to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Out of which interface.
    pub link: LinkId,
    /// To whom.
    pub to: Destination,
    /// What.
    pub bytes: Vec<u8>,
}

/// How far announcing has come (RFC 6762, section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Others are asked whether they have our names; so often already.
    Probing { sent: u8, due: Duration },
    /// The names are ours, and are told; so often already.
    Announcing { sent: u8, due: Duration },
    /// Who asks is answered.
    Settled,
}

#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) id: LinkId,
    pub(super) addresses: Vec<IpNet>,
    pub(super) stage: Stage,
    pub(super) pending: Pending,
    unicasts: Allowance,
}

impl Link {
    pub(super) fn new(interface: &Interface, now: Duration, random: &mut Random) -> Self {
        let (stage, pending) = (Stage::first_probe(now, random), Pending::default());
        let unicasts = Allowance { left: UNICASTS, since: now };
        Self { id: interface.id, addresses: told(interface), stage, pending, unicasts }
    }

    /// Takes over the addresses that the interface has now; says whether they are others.
    pub(super) fn change_addresses(&mut self, interface: &Interface) -> bool {
        let addresses = told(interface);
        let is_new = addresses != self.addresses;
        self.addresses = addresses;
        is_new
    }

    /// Whether a host is on this link (RFC 6762, section 11): others are neither heard nor answered.
    pub(super) fn is_near(&self, host: IpAddr) -> bool {
        let is_link_local = matches!(host, IpAddr::V6(v6) if v6.is_unicast_link_local());
        is_link_local || self.addresses.iter().any(|own| own.contains(&host))
    }

    /// Whether an answer may go to one host now.
    pub(super) fn may_unicast(&mut self, now: Duration) -> bool {
        self.unicasts.take(now)
    }

    /// Whether the names are taken for ours here.
    pub(super) fn has_announced(&self) -> bool {
        !matches!(self.stage, Stage::Probing { .. })
    }

    /// What there is to tell here, addresses only of families that it has.
    pub(super) fn all(&self) -> Kinds {
        let has = |v4: bool| self.addresses.iter().any(|own| own.addr().is_ipv4() == v4);
        let mut kinds = Kinds::ALL;
        if !has(true) {
            kinds.remove(Kinds::V4);
        }
        if !has(false) {
            kinds.remove(Kinds::V6);
        }
        kinds
    }
}

impl Stage {
    pub(super) fn first_probe(now: Duration, random: &mut Random) -> Self {
        Self::Probing { sent: 0, due: now + random.millis(0, 250) }
    }

    pub(super) fn due(self) -> Option<Duration> {
        match self {
            Self::Probing { due, .. } | Self::Announcing { due, .. } => Some(due),
            Self::Settled => None,
        }
    }
}

fn told(interface: &Interface) -> Vec<IpNet> {
    let mut addresses = interface.addresses.clone();
    addresses.sort_unstable();
    addresses.dedup();
    addresses.truncate(ADDRESSES);
    addresses
}

/// So much at once, and one more each so often.
#[derive(Clone, Debug)]
struct Allowance {
    left: u32,
    since: Duration,
}

impl Allowance {
    fn take(&mut self, now: Duration) -> bool {
        while self.left < UNICASTS && self.since + UNICAST_EVERY <= now {
            self.left += 1;
            self.since += UNICAST_EVERY;
        }
        if self.left == UNICASTS {
            self.since = now;
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_single_hosts_are_not_without_number() {
        let mut allowance = Allowance { left: UNICASTS, since: Duration::ZERO };
        let at = |allowance: &mut Allowance, millis| {
            (0..1000).filter(|_| allowance.take(Duration::from_millis(millis))).count()
        };
        assert_eq!(at(&mut allowance, 1_000), 20);
        assert_eq!(at(&mut allowance, 1_049), 0);
        assert_eq!(at(&mut allowance, 1_100), 2);
        assert_eq!(at(&mut allowance, 3_600_000), 20);
    }
}
