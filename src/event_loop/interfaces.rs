//! The network interfaces of this machine: their names and numbers, and the addresses they have.

use std::net::{IpAddr, SocketAddr};

use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::{InterfaceFlags, if_indextoname, if_nametoindex};

/// One address of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAddress {
    /// The name of its interface.
    pub interface: String,
    /// The address; one that means something on its link only has its scope. The port is 0.
    pub address: SocketAddr,
}

/// The number of an interface, which may be given as one; `None` when there is no such interface.
pub(super) fn index_of(interface: &str) -> Option<u32> {
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
    }
}
