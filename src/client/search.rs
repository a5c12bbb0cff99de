//! Which servers there are on this network: asks the group, listens for a while, and asks each found
//! how many users it has.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::address::Address;
use super::clock;
use crate::discovery::{Browser, Family, Found};
use crate::lan::{GroupSocket, Link, links, shown};
use crate::limits::LINE_BYTES;
use crate::wire::{self, Answer, AnyCommand, ServerLine};

/// How long servers are looked for, if none is found.
const PATIENCE: Duration = Duration::from_secs(1);
/// And for others, when one is.
const FOR_OTHERS: Duration = Duration::from_millis(300);
/// When it is asked once more, since a datagram may be lost.
const ASKED_AT: [Duration; 3] = [Duration::ZERO, Duration::from_millis(150), Duration::from_millis(500)];
/// How long each server may take to say how many users it has.
const HELLO_TIME: Duration = Duration::from_millis(500);
/// Sockets to ask with: two for each interface and protocol.
const SOCKETS: usize = 64;

/// A server on this network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// What it calls itself. Whoever is on the network may have written this.
    pub name: String,
    /// Where it is best reached.
    pub at: SocketAddr,
    /// Whether it asks for a password.
    pub has_password: bool,
    /// How many users it has; `None` if it did not say.
    pub users: Option<usize>,
}

impl Server {
    /// As one says it to chatc.
    pub fn address(&self) -> String {
        shown(self.at)
    }

    pub(super) fn to_address(&self) -> Address {
        // What is shown of a socket's address is one of the forms that are read.
        Address::new(&self.address()).unwrap_or_default()
    }
}

/// Whether somebody listens on this computer at the usual port.
pub(super) fn is_here() -> bool {
    let Address { port, .. } = Address::default();
    let loopback: [IpAddr; 2] = [[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()];
    loopback.into_iter().any(|ip| TcpStream::connect_timeout(&SocketAddr::new(ip, port), HELLO_TIME).is_ok())
}

/// The servers that are found, by name, on these interfaces; without any, on all but the loopback one.
pub fn search(on: &[String]) -> Vec<Server> {
    let found = browse(&sockets(on));
    let asked: Vec<_> = found.into_iter().filter_map(server).map(|server| thread::spawn(|| asked(server))).collect();
    asked.into_iter().filter_map(|thread| thread.join().ok()).collect()
}

/// For each interface and protocol one that is answered alone, and one that hears what all are told.
fn sockets(on: &[String]) -> Vec<GroupSocket> {
    let is_meant = |link: &Link| if on.is_empty() { !link.is_loopback } else { on.contains(&link.name) };
    let mut sockets = Vec::new();
    for link in links().into_iter().filter(is_meant) {
        for family in [Family::V4, Family::V6] {
            sockets.extend(GroupSocket::asker(&link.interface, family));
            sockets.extend(GroupSocket::member(&link.interface, family));
        }
    }
    sockets.truncate(SOCKETS);
    sockets
}

fn browse(sockets: &[GroupSocket]) -> Vec<Found> {
    let (mut browser, started) = (Browser::default(), clock::now());
    let (mut asked, mut first) = (0, None);
    loop {
        let passed = clock::now().since(started);
        if ASKED_AT.get(asked).is_some_and(|at| *at <= passed) {
            asked += 1;
            let question = browser.further_question().unwrap_or_else(|| browser.question());
            sockets.iter().for_each(|socket| drop(socket.say(&question)));
        }
        if first.is_none() && !browser.found().is_empty() {
            first = Some(passed);
        }
        let until = first.map_or(PATIENCE, |first| (first + FOR_OTHERS).min(PATIENCE));
        if until <= passed || sockets.is_empty() {
            return browser.found();
        }
        let next = ASKED_AT.get(asked).copied().unwrap_or(until).min(until);
        listen(sockets, &mut browser, next.saturating_sub(passed));
    }
}

fn listen(sockets: &[GroupSocket], browser: &mut Browser, time: Duration) {
    let mut fds: Vec<_> = sockets.iter().map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN)).collect();
    // Rounded up, so that time passes.
    let timeout = PollTimeout::try_from(time + Duration::from_millis(1)).unwrap_or(PollTimeout::ZERO);
    if poll(&mut fds, timeout).is_err() {
        return;
    }
    let mut buffer = [0; crate::discovery::LONGEST_DATAGRAM];
    for socket in sockets {
        while let Ok((count, _)) = socket.receive(&mut buffer) {
            browser.receive(socket.link(), buffer.get(..count).unwrap_or_default());
        }
    }
}

fn server(found: Found) -> Option<Server> {
    let at = *found.addresses.iter().min_by_key(|address| ease(address.ip()))?;
    let has_password = found.text.iter().any(|(key, value)| key == "password" && value == "yes");
    Some(Server { name: found.name, at, has_password, users: None })
}

/// Which of a server's addresses is easiest to reach, and to type.
fn ease(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(v4) if v4.is_link_local() => 2,
        IpAddr::V4(_) => 0,
        IpAddr::V6(v6) if v6.is_unicast_link_local() => 3,
        IpAddr::V6(_) => 1,
    }
}

fn asked(server: Server) -> Server {
    let users = users(server.at).ok().flatten();
    Server { users, ..server }
}

fn users(at: SocketAddr) -> io::Result<Option<usize>> {
    let mut stream = TcpStream::connect_timeout(&at, HELLO_TIME)?;
    stream.set_read_timeout(Some(HELLO_TIME))?;
    stream.set_write_timeout(Some(HELLO_TIME))?;
    let question = [wire::compose(AnyCommand::Hello), wire::compose(AnyCommand::Quit)];
    stream.write_all(question.map(|line| format!("{line}\n")).concat().as_bytes())?;
    let mut lines = BufReader::new(stream.take(4 * LINE_BYTES as u64));
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 {
        if let ServerLine::Answer(Answer::Chatd { users, .. }) = wire::read(line.trim_end()) {
            return Ok(users);
        }
        line.clear();
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_servers_addresses_the_one_that_is_easy_to_reach_is_taken() {
        let at = |addresses: &[&str]| {
            let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
            server(Found { name: "x".into(), addresses, text: vec![("password".into(), "yes".into())] }).unwrap()
        };
        assert_eq!(at(&["[fe80::1%2]:9", "[fd00::1]:9", "10.0.0.1:9", "169.254.1.1:9"]).address(), "10.0.0.1:9");
        assert_eq!(at(&["[fe80::1%2]:9", "[fd00::1]:9"]).to_address().to_string(), "[fd00::1]:9");
        assert!(at(&["10.0.0.1:9"]).has_password);
    }
}
