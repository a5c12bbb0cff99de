//! Where somebody comes from, as far as limits are concerned.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// An IPv4 address, or the /64 an IPv6 address is in: within it a single machine may take as many
/// addresses as it likes (RFC 4862), so that a limit on one of them would be none. All links have the
/// same network of link-local addresses; there the link's number counts as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    network: IpAddr,
    link: u32,
}

impl From<SocketAddr> for Origin {
    fn from(address: SocketAddr) -> Self {
        let link = match address {
            SocketAddr::V6(v6) if v6.ip().is_unicast_link_local() => v6.scope_id(),
            _ => 0,
        };
        Self { link, ..Self::from(address.ip()) }
    }
}

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self { network: IpAddr::V4(address), link: 0 },
            IpAddr::V6(address) => {
                let network = address.to_bits() >> 64 << 64;
                Self { network: IpAddr::V6(Ipv6Addr::from_bits(network)), link: 0 }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_counts_for_itself_and_an_ipv6_address_for_its_64() {
        let of = |text: &str| Origin::from(text.parse::<IpAddr>().expect("an address"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"), "however the socket writes it");
        assert_ne!(of("::ffff:10.0.0.1"), of("::ffff:10.0.0.2"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("::1"), of("127.0.0.1"));
    }

    #[test]
    fn two_links_are_two_origins() {
        let of = |text: &str| Origin::from(text.parse::<SocketAddr>().expect("an address"));
        assert_eq!(of("[fe80::1%2]:1"), of("[fe80::2%2]:9"));
        assert_ne!(of("[fe80::1%2]:1"), of("[fe80::1%3]:1"));
        assert_eq!(of("[2001:db8::1%2]:1"), of("[2001:db8::1%3]:1"), "one network, however it is reached");
        assert_eq!(of("10.0.0.1:1"), Origin::from(IpAddr::from([10, 0, 0, 1])));
    }
}
