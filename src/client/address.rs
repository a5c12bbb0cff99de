//! `HOST[:PORT]` as people write it.

use std::fmt;

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
    /// Reads `HOST`, `HOST:PORT`, `[V6]`, `[V6]:PORT` or a bare IPv6 address.
    ///
    /// # Errors
    /// Says what was expected when `text` is none of them.
    pub fn new(text: &str) -> Result<Self, String> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => match rest.split_once(']') {
                Some((host, "")) => (host, None),
                Some((host, after)) => (host, Some(after.strip_prefix(':').unwrap_or("x"))),
                None => ("", None),
            },
            None if text.matches(':').count() > 1 => (text, None),
            None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            None => PORT,
            Some(digits) => digits.parse().ok().filter(|port| *port != 0).ok_or_else(|| wrong(text))?,
        };
        let is_host = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '[');
        if is_host { Ok(Self { host: host.to_owned(), port }) } else { Err(wrong(text)) }
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
        ] {
            assert_eq!(Address::new(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_address_is_said_to_be_none() {
        for text in ["", ":99", "lab7:", "lab7:x", "lab7:0", "lab7:70000", "[::1", "[::1]99", "[]:99", "a b", "[[::1]"]
        {
            assert!(Address::new(text).is_err(), "{text:?}");
        }
    }
}
