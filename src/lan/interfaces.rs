//! The network interfaces of this machine: their names and numbers, and the addresses they have.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::{InterfaceFlags, if_indextoname, if_nametoindex};

use crate::discovery::Interface;

/// One address of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAddress {
    /// The name of its interface.
    pub interface: String,
    /// The address; one that means something on its link only has its scope. The port is 0.
    pub address: SocketAddr,
}

/// The number of an interface, which may be given as one; `None` when there is no such interface.
pub fn index_of(interface: &str) -> Option<u32> {
    let by_number = || interface.parse().ok().filter(|number| name_of(*number).is_some());
    if_nametoindex(interface).ok().or_else(by_number)
}

/// The name of the interface with this number.
pub(super) fn name_of(index: u32) -> Option<String> {
    // nix 0.31 takes the null pointer of if_indextoname(3) for a name, the empty one.
    if_indextoname(index).ok()?.into_string().ok().filter(|name| !name.is_empty())
}

/// The addresses of all interfaces that can carry something now; none where the system does not say.
pub fn own_addresses() -> Vec<OwnAddress> {
    let Ok(interfaces) = getifaddrs() else { return Vec::new() };
    interfaces.filter(is_up).filter_map(own_address).collect()
}

/// An interface that can carry multicast, or the loopback one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The name of the interface.
    pub name: String,
    /// Only this machine is on it.
    pub is_loopback: bool,
    /// Its number, and its addresses with their prefixes.
    pub interface: Interface,
}

/// The interfaces on which others may be found now; none where the system does not say.
pub fn links() -> Vec<Link> {
    let Ok(interfaces) = getifaddrs() else { return Vec::new() };
    let mut links = BTreeMap::new();
    for found in interfaces.filter(is_up) {
        let is_loopback = found.flags.contains(InterfaceFlags::IFF_LOOPBACK);
        if !is_loopback && !found.flags.contains(InterfaceFlags::IFF_MULTICAST) {
            continue;
        }
        let (Some(net), Some(id)) = (network(&found), index_of(&found.interface_name)) else { continue };
        let new = || Link {
            name: found.interface_name.clone(),
            is_loopback,
            interface: Interface { id, addresses: Vec::new() },
        };
        links.entry(id).or_insert_with(new).interface.addresses.push(net);
    }
    links.into_values().collect()
}

/// An address with its prefix.
fn network(interface: &InterfaceAddress) -> Option<IpNet> {
    let own = own_address(interface.clone())?.address.ip();
    let mask = interface.netmask?;
    let v4 = mask.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
    let mask = v4.or_else(|| mask.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))?;
    IpNet::with_netmask(own, mask).ok()
}

fn is_up(interface: &InterfaceAddress) -> bool {
    interface.flags.contains(InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING)
}

fn own_address(interface: InterfaceAddress) -> Option<OwnAddress> {
    let address = interface.address?;
    let v4 = address.as_sockaddr_in().map(|v4| SocketAddr::new(IpAddr::V4(v4.ip()), 0));
    let address = v4.or_else(|| address.as_sockaddr_in6().map(|v6| SocketAddr::V6((*v6).into())))?;
    Some(OwnAddress { interface: interface.interface_name, address })
}

/// As [`SocketAddr`] is shown, but with the interface's name instead of its number.
pub fn shown(address: SocketAddr) -> String {
    let zone = match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => name_of(v6.scope_id()),
        _ => None,
    };
    match zone {
        Some(zone) => format!("[{}%{zone}]:{}", address.ip(), address.port()),
        None => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_known_by_its_name_and_by_its_number() {
        let loopback = own_addresses().into_iter().find(|own| own.address.ip().is_loopback());
        let name = loopback.expect("every machine has one").interface;
        let index = index_of(&name).unwrap();
        assert_eq!(index_of(&index.to_string()), Some(index));
        assert_eq!(name_of(index), Some(name.clone()));
        assert_eq!([index_of("nosuch0"), index_of("4294967295"), index_of("0"), index_of("")], [None; 4]);
        let scoped = format!("[fe80::7%{index}]:99").parse().unwrap();
        assert_eq!(shown(scoped), format!("[fe80::7%{name}]:99"));
        assert_eq!(shown("[::1]:99".parse().unwrap()), "[::1]:99");
        let link = links().into_iter().find(|link| link.is_loopback).expect("its link is there");
        assert_eq!((link.name, link.interface.id), (name, index));
        let is_loopback = |net: &IpNet| net.addr().is_loopback() && net.prefix_len() >= 8;
        assert!(link.interface.addresses.iter().any(is_loopback), "{:?}", link.interface);
    }
}
