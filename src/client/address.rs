//! `HOST[:PORT]` as people write it.

use std::fmt;
use std::net::Ipv6Addr;

use crate::limits::PORT;

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
    /// Reads `HOST`, `HOST:PORT`, `[V6]`, `[V6]:PORT` or a bare IPv6 address, which may have its
    /// interface behind a `%`, within the brackets or, as some programs print it, behind them; in
    /// brackets also as in a URL, behind `%25` (RFC 6874).
    ///
    /// # Errors
    /// Says what was expected when `text` is none of them.
    pub fn new(text: &str) -> Result<Self, String> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => match rest.split_once(']') {
                Some((host, "")) => (host.to_owned(), None),
                Some((host, after)) if after.starts_with('%') => {
                    let (scope, port) =
                        after.split_once(':').map_or((after, None), |(scope, port)| (scope, Some(port)));
                    (format!("{host}{scope}"), port)
                }
                Some((host, after)) => (host.to_owned(), Some(after.strip_prefix(':').unwrap_or("x"))),
                None => (String::new(), None),
            },
            None if text.matches(':').count() > 1 => (text.to_owned(), None),
            None => match text.split_once(':') {
                Some((host, port)) => (host.to_owned(), Some(port)),
                None => (text.to_owned(), None),
            },
        };
        let host = if text.starts_with('[') { host.replacen("%25", "%", 1) } else { host };
        let port = match port {
            None => PORT,
            Some(digits) => digits.parse().ok().filter(|port| *port != 0).ok_or_else(|| wrong(text))?,
        };
        let is_host = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '[');
        let has_scope = !host.ends_with('%') && host.matches('%').count() <= 1;
        if is_host && has_scope { Ok(Self { host, port }) } else { Err(wrong(text)) }
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
