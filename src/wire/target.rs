//! Whom a ban is to hit: a name, an address or a network. What could never hit anybody is refused,
//! with what is wrong about it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::chat::{Name, NameError};

/// What a ban hits. A client over IPv4 is known by its IPv4 address, whatever socket it came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Whoever wants that name.
    Name(Name),
    /// Whoever comes from there; a single address is a network of its own.
    Network(IpNet),
    /// An address that means another machine on each link, and the link's number on this machine.
    OnLink {
        /// Of fe80::/10.
        address: Ipv6Addr,
        /// Its interface's number.
        link: u32,
    },
}

/// Why a word is no target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// It is no name, and does not look like an address.
    Name(NameError),
    /// A name that nobody can have.
    NobodysName,
    /// A user's number.
    Number,
    /// An address as `list` shows it.
    WithPort(IpAddr),
    /// `fe80::1%eth0`, `2001:db8::7%3`.
    WithZone,
    /// `fe80::1`, which may be several machines.
    WithoutLink(Ipv6Addr),
    /// It looks like an address and is none.
    NoAddress,
    /// An address, and behind `/` no number of bits.
    Bits {
        /// How many there can be.
        most: u8,
    },
    /// No client can have such an address.
    NobodysAddress,
    /// All there are.
    Everybody,
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => write!(f, "{error}"),
            Self::NobodysName => f.write_str("nobody can have that name"),
            Self::Number => f.write_str("a number goes with its user; give the name or the address, list shows both"),
            Self::WithPort(address) => {
                write!(f, "that is an address with a port, which differs each time; give {address} alone")
            }
            Self::WithZone => f.write_str(
                "behind the % of an address of fe80::/10 stands its link's number, as list shows it; others have none",
            ),
            Self::WithoutLink(address) => write!(
                f,
                "{address} may be another machine on each link; give it with its link's number, as list shows it: \
                 {address}%2"
            ),
            Self::NoAddress => {
                f.write_str("that is no name and no address; addresses are 192.0.2.7, 192.0.2.0/24, 2001:db8::7")
            }
            Self::Bits { most } => write!(f, "behind the / stands a number of bits from 1 to {most}"),
            Self::NobodysAddress => f.write_str(
                "no client can have such an address; those over IPv4 are known as 192.0.2.7, whatever they came over",
            ),
            Self::Everybody => {
                f.write_str("that is everybody; shutdown ends the server, and a network has 1 bit or more")
            }
        }
    }
}

impl Target {
    /// Reads a name, an address, or a network in CIDR notation (RFC 4632), whose host bits do not matter.
    ///
    /// # Errors
    /// Says why it is none of them.
    pub fn new(text: &str) -> Result<Self, TargetError> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(Self::Network(plain(IpNet::from(address))));
        }
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(plain(network)));
        }
        if let Some(target) = on_link(bare) {
            return Ok(target);
        }
        let looks_like_address =
            text.contains(['.', ':', '/', '%', '[']) || text.starts_with(|c: char| c.is_ascii_digit());
        if looks_like_address {
            Err(fault_of(text))
        } else {
            Name::any(text).map(Self::Name).map_err(TargetError::Name)
        }
    }

    /// Refused when it can hit nobody, or hits everybody.
    ///
    /// # Errors
    /// Says why.
    pub fn check(self) -> Result<Self, TargetError> {
        match self {
            Self::Name(name) if !name.can_be_had() => Err(TargetError::NobodysName),
            Self::Network(network) if network.prefix_len() == 0 => Err(TargetError::Everybody),
            Self::Network(IpNet::V6(six)) if six.prefix_len() == 128 && six.addr().is_unicast_link_local() => {
                Err(TargetError::WithoutLink(six.addr()))
            }
            Self::Network(network) if is_nobodys(network) => Err(TargetError::NobodysAddress),
            Self::Name(_) | Self::Network(_) | Self::OnLink { .. } => Ok(self),
        }
    }

    /// Whether it hits whoever comes from there.
    pub fn hits(self, from: SocketAddr) -> bool {
        match self {
            Self::Name(_) => false,
            Self::Network(network) => network.contains(&from.ip()),
            Self::OnLink { address, link } => {
                matches!(from, SocketAddr::V6(six) if *six.ip() == address && six.scope_id() == link)
            }
        }
    }
}

/// Reads `fe80::1%3`.
fn on_link(text: &str) -> Option<Target> {
    let (address, link) = text.split_once('%')?;
    let address = address.parse::<Ipv6Addr>().ok().filter(Ipv6Addr::is_unicast_link_local)?;
    let link = link.parse().ok().filter(|link| *link != 0)?;
    Some(Target::OnLink { address, link })
}

/// A network of IPv4 addresses that are written as IPv6 ones (RFC 4291, 2.5.5.2) is meant as what it is.
fn plain(network: IpNet) -> IpNet {
    let network = network.trunc();
    let IpNet::V6(six) = network else { return network };
    let (Some(four), Some(bits)) = (six.addr().to_ipv4_mapped(), six.prefix_len().checked_sub(96)) else {
        return network;
    };
    Ipv4Net::new(four, bits).map_or(network, IpNet::V4)
}

/// Whether no connection can come from there: multicast and unspecified addresses, and what lies
/// beside the loopback address in ::/64, IPv4 addresses in older spellings among it.
fn is_nobodys(network: IpNet) -> bool {
    match network {
        IpNet::V4(four) => {
            let is_one = four.prefix_len() == 32;
            let multicast = Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 4);
            multicast.contains(&four) || is_one && (four.addr().is_unspecified() || four.addr().is_broadcast())
        }
        IpNet::V6(six) => {
            let low = Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 64);
            let multicast = Ipv6Net::new_assert(Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8);
            multicast.contains(&six) || low.contains(&six) && !six.contains(&Ipv6Addr::LOCALHOST)
        }
    }
}

/// What is wrong with a word that looks like an address.
fn fault_of(text: &str) -> TargetError {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return TargetError::WithPort(address.ip().to_canonical());
    }
    if text.contains('%') {
        return TargetError::WithZone;
    }
    if let Some(Ok(address)) = text.split_once('/').map(|(address, _)| address.parse::<IpAddr>()) {
        return TargetError::Bits { most: if address.is_ipv4() { 32 } else { 128 } };
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) { TargetError::Number } else { TargetError::NoAddress }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name}"),
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                write!(f, "{}", network.addr())
            }
            Self::Network(network) => write!(f, "{network}"),
            Self::OnLink { address, link } => write!(f, "{address}%{link}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_spelling_it_is_what_clients_are_known_by() {
        for (text, target) in [
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.0.0.1/32", "10.0.0.1"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("::ffff:a00:1", "10.0.0.1"),
            ("::FFFF:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.1.2.3/128", "10.1.2.3"),
            ("[::1]", "::1"),
            ("0:0:0:0:0:0:0:1", "::1"),
            ("2001:DB8::/32", "2001:db8::/32"),
            ("2001:db8::7/64", "2001:db8::/64"),
            ("64:ff9b::10.0.0.1", "64:ff9b::a00:1"),
            ("fe80::1%3", "fe80::1%3"),
            ("[fe80::1%3]", "fe80::1%3"),
            ("fe80::/10", "fe80::/10"),
            ("::/1", "::/1"),
            ("0.0.0.0/1", "0.0.0.0/1"),
            ("Bob", "Bob"),
            ("USER45934", "USER45934"),
            ("USER", "USER"),
            ("dead", "dead"),
        ] {
            assert_eq!(Target::new(text).and_then(Target::check).unwrap().to_string(), target, "{text}");
        }
    }

    #[test]
    fn a_ban_of_one_link_leaves_the_others_alone() {
        let hits = |target: &str, from: &str| Target::new(target).unwrap().hits(from.parse().unwrap());
        assert!(hits("fe80::2%3", "[fe80::2%3]:1"));
        assert!(!hits("fe80::2%3", "[fe80::2%4]:1") && !hits("fe80::2%3", "[fe80::9%3]:1"));
        assert!(hits("fe80::/10", "[fe80::2%4]:1"), "a network is meant on every link");
        assert!(hits("10.0.0.0/8", "10.1.2.3:1") && !hits("bob", "10.1.2.3:1"));
    }

    #[test]
    fn what_can_never_hit_anybody_is_an_error_that_says_why() {
        use TargetError::{
            Bits, Everybody, NoAddress, NobodysAddress, NobodysName, Number, WithPort, WithZone, WithoutLink,
        };
        let with_port = |address: &str| WithPort(address.parse().unwrap());
        for (text, error) in [
            ("127.0.0.1:45934", with_port("127.0.0.1")),
            ("[::1]:45934", with_port("::1")),
            ("[::ffff:10.0.0.1]:5", with_port("10.0.0.1")),
            ("300.1.1.1", NoAddress),
            ("1.2.3", NoAddress),
            ("1.2.3.4.5", NoAddress),
            ("010.0.0.1", NoAddress),
            ("0x7f000001", NoAddress),
            ("10.0.0.*", NoAddress),
            ("10.0.0.1-10.0.0.9", NoAddress),
            ("10.1/16", NoAddress),
            ("/24", NoAddress),
            ("/", NoAddress),
            ("[::1", NoAddress),
            ("::1]", NoAddress),
            ("no:body", NoAddress),
            ("web.example.org", NoAddress),
            ("9lives", NoAddress),
            ("10.0.0.0/33", Bits { most: 32 }),
            ("10.0.0.0/99", Bits { most: 32 }),
            ("10.0.0.0/", Bits { most: 32 }),
            ("10.0.0.0/255.0.0.0", Bits { most: 32 }),
            ("10.0.0.0/-1", Bits { most: 32 }),
            ("::1/129", Bits { most: 128 }),
            ("fe80::1%eth0", WithZone),
            ("fe80::1%0", WithZone),
            ("2001:db8::7%3", WithZone),
            ("::1%lo", WithZone),
            ("fe80::1", WithoutLink("fe80::1".parse().unwrap())),
            ("7", Number),
            ("2130706433", Number),
            ("0.0.0.0/0", Everybody),
            ("1.2.3.4/0", Everybody),
            ("::/0", Everybody),
            ("::ffff:0.0.0.0/96", Everybody),
            ("0.0.0.0", NobodysAddress),
            ("::", NobodysAddress),
            ("255.255.255.255", NobodysAddress),
            ("224.0.0.1", NobodysAddress),
            ("239.0.0.0/8", NobodysAddress),
            ("ff02::1", NobodysAddress),
            ("::10.0.0.1", NobodysAddress),
            ("::10.0.0.0/104", NobodysAddress),
            ("::ffff:10.0.0.0/90", NobodysAddress),
            ("::ffff:0:0/95", NobodysAddress),
            ("operator", NobodysName),
            ("Server", NobodysName),
            ("me", NobodysName),
            ("USER007", NobodysName),
            ("USER99999999999999999999", NobodysName),
        ] {
            assert_eq!(Target::new(text).and_then(Target::check), Err(error), "{text}");
            assert!(!error.to_string().is_empty());
        }
        assert!(matches!(Target::new("ann!"), Err(TargetError::Name(_))));
        assert!(matches!(Target::new("#dev"), Err(TargetError::Name(_))));
        assert!(matches!(Target::new(""), Err(TargetError::Name(_))));
    }
}
