//! `HOST[:PORT]` as people write it.

use std::fmt;
use std::net::Ipv6Addr;

use crate::limits::PORT;
use crate::wire::HostPort;

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A host name or an address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl Default for Address {
    fn default() -> Self {
        Self { host: "localhost".to_owned(), port: PORT }
    }
}

impl Address {
    /// Reads an address in any of the forms that [`HostPort`] knows.
    ///
    /// # Errors
    /// Says what was expected when `text` is none of them.
    pub fn new(text: &str) -> Result<Self, String> {
        match HostPort::new(text) {
            None | Some(HostPort { port: Some(0), .. }) => Err(wrong(text)),
            Some(HostPort { host, port }) => Ok(Self { host, port: port.unwrap_or(PORT) }),
        }
    }

    /// Whether this is an address that means nothing without an interface (RFC 4007, 11).
    pub(super) fn needs_interface(&self) -> bool {
        self.host.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_unicast_link_local() || ip.is_multicast())
    }
}

fn wrong(text: &str) -> String {
    format!("{text:?} is not HOST or HOST:PORT; examples: lab7, lab7:2428, 192.0.2.7, [2001:db8::7]:2428")
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_usual_ways_to_write_an_address_work() {
        for (text, shown) in [
            ("lab7", "lab7:2428"),
            ("lab7:99", "lab7:99"),
            ("192.0.2.7", "192.0.2.7:2428"),
            ("::1", "[::1]:2428"),
            ("[::1]", "[::1]:2428"),
            ("[::1]:99", "[::1]:99"),
            ("fe80::1%eth0", "[fe80::1%eth0]:2428"),
            ("[fe80::1%2]", "[fe80::1%2]:2428"),
            ("[fe80::1%eth0]:99", "[fe80::1%eth0]:99"),
            ("[fe80::1%25eth0]:99", "[fe80::1%eth0]:99"),
            ("[fe80::1]%eth0", "[fe80::1%eth0]:2428"),
            ("[fe80::1]%eth0:99", "[fe80::1%eth0]:99"),
            ("fe80::1%eth0:99", "[fe80::1%eth0]:99"),
        ] {
            assert_eq!(Address::new(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_address_is_said_to_be_none() {
        for text in [
            "",
            ":99",
            "lab7:",
            "lab7:x",
            "lab7:0",
            "lab7:70000",
            "[::1",
            "[::1]99",
            "[]:99",
            "a b",
            "[[::1]",
            "fe80::1%",
            "[fe80::1%]:99",
        ] {
            assert!(Address::new(text).is_err(), "{text:?}");
        }
    }
}
