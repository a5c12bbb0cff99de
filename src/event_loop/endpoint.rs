//! Where to listen, as an operator says it: all forms of `--listen`, and what each leads to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};

use super::listen::Why;
use crate::lan::{self, OwnAddress};
use crate::limits::PORT;
use crate::wire::HostPort;

/// The forms that are told, each with an example. Help and documents have the same list, and a test
/// looks whether they do.
pub const LISTEN_FORMS: [(&str, &str); 8] = [
    ("IP", "192.0.2.7"),
    ("IP:PORT", "192.0.2.7:2429"),
    ("[IPv6]:PORT", "[2001:db8::7]:2429"),
    ("IPv6%INTERFACE", "fe80::7%eth0"),
    ("[IPv6%INTERFACE]:PORT", "[fe80::7%eth0]:2429"),
    ("NAME", "lab7"),
    ("NAME:PORT", "lab7:2429"),
    (":PORT", ":2429"),
];

/// What one `--listen` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// All addresses of this machine.
    All(u16),
    /// One address.
    At(Address),
    /// The addresses of a name.
    Name(String, u16),
}

/// One address to listen on, whether or not this machine has it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub(super) ip: IpAddr,
    /// The interface's name or number, for an address that means something on its link only.
    pub(super) interface: Option<String>,
    pub(super) port: u16,
}

impl Endpoint {
    /// Reads what stands behind `--listen`.
    ///
    /// # Errors
    /// Says what was expected when `text` is none of the forms.
    pub fn new(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("*:").or(text.strip_prefix(':')).unwrap_or(text);
        if let Ok(port) = digits.parse() {
            return Ok(Self::All(port));
        }
        if text == "*" {
            return Ok(Self::All(PORT));
        }
        let Some(HostPort { host, port }) = HostPort::new(text) else { return Err(wrong(text)) };
        let port = port.unwrap_or(PORT);
        let (address, interface) = match host.split_once('%') {
            Some((address, interface)) => (address, Some(interface.to_owned())),
            None => (host.as_str(), None),
        };
        match (address.parse::<IpAddr>(), interface) {
            (Ok(IpAddr::V4(_)) | Err(_), Some(_)) => Err(format!("{text}: only an IPv6 address takes an interface")),
            (Ok(ip), interface) => Ok(Self::At(Address { ip: ip.to_canonical(), interface, port })),
            (Err(_), None) if host.contains(':') => Err(wrong(text)),
            (Err(_), None) => Ok(Self::Name(host, port)),
        }
    }

    /// The addresses meant. A name is looked up, which may take a while.
    pub(super) fn addresses(&self) -> Result<Vec<Address>, Why> {
        let plain = |address: SocketAddr| {
            let interface = match address {
                SocketAddr::V6(v6) if v6.scope_id() != 0 => Some(v6.scope_id().to_string()),
                _ => None,
            };
            Address { ip: address.ip().to_canonical(), interface, port: address.port() }
        };
        match self {
            Self::All(port) => Ok(vec![Address::all_v6(*port)]),
            Self::At(address) => Ok(vec![address.clone()]),
            Self::Name(name, port) => {
                let found = (name.as_str(), *port).to_socket_addrs().map_err(Why::UnknownName)?;
                let mut addresses: Vec<Address> = Vec::new();
                for address in found.map(plain) {
                    if !addresses.contains(&address) {
                        addresses.push(address);
                    }
                }
                Ok(addresses)
            }
        }
    }
}

fn wrong(text: &str) -> String {
    let forms = LISTEN_FORMS.map(|(form, _)| form).join(", ");
    format!("{text} is not an address to listen on; say {forms}")
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(port) => write!(f, "[::]:{port}"),
            Self::At(address) => write!(f, "{address}"),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

impl Address {
    /// All of IPv6, and of IPv4 where that is not told apart.
    pub(super) const fn all_v6(port: u16) -> Self {
        Self { ip: IpAddr::V6(Ipv6Addr::UNSPECIFIED), interface: None, port }
    }

    /// All of IPv4.
    pub(super) const fn all_v4(port: u16) -> Self {
        Self { ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED), interface: None, port }
    }

    /// What to bind to, as the interfaces are now.
    pub(super) fn to_socket_address(&self) -> Result<SocketAddr, Why> {
        let v6 = match self.ip {
            ip if ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST) => return Err(Why::NotOneMachine),
            IpAddr::V4(_) => return Ok(SocketAddr::new(self.ip, self.port)),
            IpAddr::V6(v6) => v6,
        };
        let scope = match &self.interface {
            Some(name) => lan::index_of(name).ok_or_else(|| Why::NoInterface(name.clone()))?,
            None if v6.is_unicast_link_local() => only_interface_with(v6)?,
            None => 0,
        };
        Ok(SocketAddrV6::new(v6, self.port, 0, scope).into())
    }
}

/// A link-local address that only one interface has needs no interface's name.
fn only_interface_with(ip: Ipv6Addr) -> Result<u32, Why> {
    let own = lan::own_addresses();
    let is_it = |own: &&OwnAddress| own.address.ip() == IpAddr::V6(ip);
    match own.iter().filter(is_it).collect::<Vec<_>>()[..] {
        [] => Err(Why::NoSuchAddress),
        [one] => lan::index_of(&one.interface).ok_or(Why::NoSuchAddress),
        ref several => Err(Why::WhichInterface(several.iter().map(|own| own.interface.clone()).collect())),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.interface {
            Some(interface) => write!(f, "[{}%{interface}]:{}", self.ip, self.port),
            None => write!(f, "{}", SocketAddr::new(self.ip, self.port)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_is_told_is_read_and_others_that_are_usual() {
        for (form, example) in LISTEN_FORMS {
            assert!(Endpoint::new(example).is_ok(), "{form}: {example}");
        }
        for (text, means) in [
            ("192.0.2.7", "192.0.2.7:2428"),
            ("192.0.2.7:0", "192.0.2.7:0"),
            ("::1", "[::1]:2428"),
            ("[::1]", "[::1]:2428"),
            ("[::1]:99", "[::1]:99"),
            ("fe80::7%eth0", "[fe80::7%eth0]:2428"),
            ("fe80::7%eth0:99", "[fe80::7%eth0]:99"),
            ("[fe80::7%25eth0]:99", "[fe80::7%eth0]:99"),
            ("[fe80::7]%eth0:99", "[fe80::7%eth0]:99"),
            ("lab7", "lab7:2428"),
            ("lab7:99", "lab7:99"),
            (":99", "[::]:99"),
            ("99", "[::]:99"),
            ("*", "[::]:2428"),
            ("*:99", "[::]:99"),
            ("0.0.0.0", "0.0.0.0:2428"),
            ("::ffff:127.0.0.1", "127.0.0.1:2428"),
            ("[::ffff:192.0.2.7]:99", "192.0.2.7:99"),
            ("::", "[::]:2428"),
        ] {
            assert_eq!(Endpoint::new(text).unwrap().to_string(), means, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_answered_with_the_forms() {
        for text in ["", ":", ":x", ":99999", "127.0.0.1:99999", "[::1", "::1]:99", "a b", "1:2:3", "lab7:"] {
            let error = Endpoint::new(text).unwrap_err();
            assert!(LISTEN_FORMS.iter().all(|(form, _)| error.contains(form)), "{text:?}: {error}");
        }
        for text in ["192.0.2.7%eth0", "lab7%eth0:99"] {
            assert!(Endpoint::new(text).unwrap_err().contains("only an IPv6 address"), "{text}");
        }
    }
}
