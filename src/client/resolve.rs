//! Where a host is: at once for an address and this computer, else by asking the system's
//! resolver, which may take long and so has a thread of its own for each question.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use super::address::Address;
use super::outbox::Outbox;

/// Questions that may be open at a time: those put before the network changed may never come back.
const OPEN_QUESTIONS: usize = 4;

/// Addresses of one host that are tried.
const ADDRESSES: usize = 16;

/// Why a host has no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoAddress {
    /// Nobody is called that.
    NoSuchHost,
    /// Those who would know do not answer.
    NobodyKnows,
    /// The interface behind the `%` is not there.
    NoInterface(String),
    /// In the system's words.
    Other(String),
}

/// The addresses that need no question.
pub(super) fn known(address: &Address) -> Option<Result<Vec<SocketAddr>, NoAddress>> {
    let Address { host, port } = address;
    // RFC 6761, 6.3: names that always mean this computer, resolver or not.
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if name == "localhost" || name.ends_with(".localhost") {
        let here = [IpAddr::from(Ipv6Addr::LOCALHOST), IpAddr::from(Ipv4Addr::LOCALHOST)];
        return Some(Ok(here.map(|ip| SocketAddr::new(ip, *port)).to_vec()));
    }
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Some(Ok(vec![SocketAddr::new(ip, *port)]));
    }
    let (ip, scope) = host.split_once('%')?;
    let ip: Ipv6Addr = ip.parse().ok()?;
    let interface = scope.parse().or_else(|_| nix::net::if_::if_nametoindex(scope));
    Some(match interface {
        Ok(interface) => Ok(vec![SocketAddrV6::new(ip, *port, 0, interface).into()]),
        Err(_) => Err(NoAddress::NoInterface(scope.to_owned())),
    })
}

/// A question that was put to the resolver.
#[derive(Debug)]
pub(super) struct Question(Receiver<Result<Vec<SocketAddr>, NoAddress>>);

impl Question {
    /// Asks; the outbox's bell rings when there is an answer. `None` when too many are open.
    pub(super) fn ask(address: &Address, open: &Arc<AtomicUsize>, outbox: &Arc<Outbox>) -> Option<Self> {
        if open.fetch_add(1, Ordering::SeqCst) >= OPEN_QUESTIONS {
            open.fetch_sub(1, Ordering::SeqCst);
            return None;
        }
        let (answer, question) = channel();
        let (address, theirs, outbox) = (address.clone(), Arc::clone(open), Arc::clone(outbox));
        let ask = move || {
            let found = look_up(&address);
            theirs.fetch_sub(1, Ordering::SeqCst);
            // Perhaps nobody waits for it any more.
            let _ = answer.send(found);
            outbox.bell.ring();
        };
        if thread::Builder::new().name("resolver".to_owned()).spawn(ask).is_err() {
            open.fetch_sub(1, Ordering::SeqCst);
            return None;
        }
        Some(Self(question))
    }

    /// The answer, once it is there.
    pub(super) fn answer(&self) -> Option<Result<Vec<SocketAddr>, NoAddress>> {
        match self.0.try_recv() {
            Ok(found) => Some(found),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(NoAddress::NobodyKnows)),
        }
    }
}

fn look_up(address: &Address) -> Result<Vec<SocketAddr>, NoAddress> {
    let found = (address.host.as_str(), address.port).to_socket_addrs().map_err(|error| {
        // The standard library gives nothing but getaddrinfo(3)'s words.
        let text = error.to_string();
        match text.rsplit(": ").next().unwrap_or_default() {
            "Name or service not known" | "No address associated with hostname" | "Name does not resolve" => {
                NoAddress::NoSuchHost
            }
            "Temporary failure in name resolution" | "Try again" => NoAddress::NobodyKnows,
            words => NoAddress::Other(words.to_owned()),
        }
    })?;
    let mut found: Vec<SocketAddr> = found.take(ADDRESSES).collect();
    found.dedup();
    if found.is_empty() { Err(NoAddress::NoSuchHost) } else { Ok(interleaved(&found)) }
}

/// The families in turn, beginning with that of the first (RFC 8305, 4).
fn interleaved(found: &[SocketAddr]) -> Vec<SocketAddr> {
    let Some(first) = found.first() else { return Vec::new() };
    let (same, other): (Vec<SocketAddr>, Vec<_>) = found.iter().partition(|one| one.is_ipv4() == first.is_ipv4());
    let mut turns = Vec::with_capacity(found.len());
    for turn in 0..same.len().max(other.len()) {
        turns.extend(same.get(turn));
        turns.extend(other.get(turn));
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(host: &str) -> String {
        match known(&Address::new(host).unwrap()) {
            None => "asks".to_owned(),
            Some(Ok(found)) => found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Some(Err(error)) => format!("{error:?}"),
        }
    }

    #[test]
    fn addresses_and_this_computer_need_no_resolver() {
        for (host, found) in [
            ("localhost", "[::1]:2428 127.0.0.1:2428"),
            ("LocalHost.:99", "[::1]:99 127.0.0.1:99"),
            ("chat.localhost", "[::1]:2428 127.0.0.1:2428"),
            ("192.0.2.7:99", "192.0.2.7:99"),
            ("2001:db8::7", "[2001:db8::7]:2428"),
            ("fe80::1%lo", "[fe80::1%1]:2428"),
            ("[fe80::1%7]:99", "[fe80::1%7]:99"),
            ("fe80::1%nosuchif", "NoInterface(\"nosuchif\")"),
            ("lab7", "asks"),
        ] {
            assert_eq!(shown(host), found, "{host}");
        }
    }

    #[test]
    fn families_take_turns() {
        let all = ["[::1]:1", "[::2]:1", "[::3]:1", "192.0.2.1:1"].map(|text| text.parse().unwrap());
        assert_eq!(
            interleaved(&all),
            ["[::1]:1", "192.0.2.1:1", "[::2]:1", "[::3]:1"].map(|text| text.parse().unwrap())
        );
    }
}
