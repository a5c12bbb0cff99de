//! A host and perhaps a port, in any of the ways in which people and programs write them.

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// A name or an address, without brackets; an IPv6 address perhaps with its interface behind `%`.
    pub host: String,
    /// The port, if there is one.
    pub port: Option<u16>,
}

impl HostPort {
    /// Reads `HOST`, `HOST:PORT`, `[V6]`, `[V6]:PORT` or a bare IPv6 address, which may have its
    /// interface behind a `%`, within the brackets or, as some programs print it, behind them or
    /// without any; in brackets also as in a URL, behind `%25` (RFC 6874). `None` if it is none of them.
    pub fn new(text: &str) -> Option<Self> {
        let (host, port) = split(text)?;
        let host = if text.starts_with('[') { host.replacen("%25", "%", 1) } else { host };
        let port = port.map(str::parse).transpose().ok()?;
        let is_host = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '[');
        let has_scope = !host.ends_with('%') && host.matches('%').count() <= 1;
        (is_host && has_scope).then_some(Self { host, port })
    }
}

/// The host without brackets, and the digits of a port.
fn split(text: &str) -> Option<(String, Option<&str>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        if after.starts_with('%') {
            let (scope, port) = cut(after);
            return Some((format!("{host}{scope}"), port));
        }
        return match after.strip_prefix(':') {
            None if after.is_empty() => Some((host.to_owned(), None)),
            None => None,
            port => Some((host.to_owned(), port)),
        };
    }
    let (host, port) = match text.split_once('%') {
        // Interfaces' names have no colon.
        Some((host, scope)) => {
            let (scope, port) = cut(scope);
            return Some((format!("{host}%{scope}"), port));
        }
        None if text.matches(':').count() > 1 => (text, None),
        None => cut(text),
    };
    Some((host.to_owned(), port))
}

fn cut(text: &str) -> (&str, Option<&str>) {
    text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_usual_ways_to_write_it_are_read() {
        for (text, host, port) in [
            ("lab7", "lab7", None),
            ("lab7:99", "lab7", Some(99)),
            ("192.0.2.7:0", "192.0.2.7", Some(0)),
            ("::1", "::1", None),
            ("2001:db8::7:99", "2001:db8::7:99", None),
            ("[::1]", "::1", None),
            ("[::1]:99", "::1", Some(99)),
            ("fe80::1%eth0", "fe80::1%eth0", None),
            ("fe80::1%eth0:99", "fe80::1%eth0", Some(99)),
            ("[fe80::1%2]", "fe80::1%2", None),
            ("[fe80::1%eth0]:99", "fe80::1%eth0", Some(99)),
            ("[fe80::1%25eth0]:99", "fe80::1%eth0", Some(99)),
            ("[fe80::1]%eth0", "fe80::1%eth0", None),
            ("[fe80::1]%eth0:99", "fe80::1%eth0", Some(99)),
        ] {
            assert_eq!(HostPort::new(text), Some(HostPort { host: host.to_owned(), port }), "{text}");
        }
    }

    #[test]
    fn what_is_none_of_them_is_told_apart() {
        for text in [
            "",
            ":99",
            "lab7:",
            "lab7:x",
            "lab7:70000",
            "lab7:-1",
            "[::1",
            "[::1]99",
            "[]:99",
            "a b",
            "[[::1]",
            "fe80::1%",
            "[fe80::1%]:99",
            "fe80::1%:99",
            "fe80::1%eth0:",
            "fe80::1%a%b",
        ] {
            assert_eq!(HostPort::new(text), None, "{text:?}");
        }
    }
}
