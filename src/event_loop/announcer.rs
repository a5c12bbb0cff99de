//! Announces the daemon on the LAN: carries datagrams between the group's sockets and
//! [`crate::discovery`], and looks which interfaces there are. Nothing that fails here ends anything.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Interest, Registry};

use super::sources::{MAX_GROUP_SOCKETS, Source};
use crate::chat::Millis;
use crate::discovery::{self, Destination, Family, Interface, LONGEST_DATAGRAM, Responder, Service, Transmit};
use crate::lan::{GroupSocket, Link, Routes, links};

/// Datagrams that are read in one tick; the rest waits for the next. Anybody on the link may send them.
const DATAGRAMS_PER_TICK: usize = 8;
/// News of links come in bursts: interfaces are looked at so long after the first.
const SETTLING: Duration = Duration::from_millis(200);

/// What is to be announced, and where.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// The server as others are to see it.
    pub service: Service,
    /// The interfaces on which it is announced; none: all but the loopback one.
    pub interfaces: Vec<String>,
}

/// For the log.
#[derive(Debug)]
pub(super) enum News {
    Announced { name: String, interface: String },
    Failed { interface: String, error: std::io::Error },
}

#[derive(Debug)]
pub(super) struct Announcer {
    responder: Responder,
    port: u16,
    /// Interfaces by name; none: all but the loopback one.
    only: Vec<String>,
    /// Where the daemon listens: no other address is told.
    listens_on: Vec<SocketAddr>,
    routes: Routes,
    links: Vec<Link>,
    sockets: Vec<Seat>,
    /// When the interfaces are to be looked at again.
    look_at: Option<Millis>,
    /// That something failed is in the log already.
    has_complained: bool,
    buffer: Box<[u8]>,
}

#[derive(Debug)]
struct Seat {
    socket: GroupSocket,
    is_ready: bool,
}

impl Announcer {
    /// Announces what is reached at one of these addresses.
    pub(super) fn new(wanted: Announcement, listens_on: Vec<SocketAddr>, seed: u64, now: Millis) -> Self {
        Self {
            port: wanted.service.port(),
            responder: Responder::new(wanted.service, seed),
            only: wanted.interfaces,
            listens_on,
            routes: Routes::watch(),
            links: Vec::new(),
            sockets: Vec::new(),
            look_at: Some(now),
            has_complained: false,
            buffer: vec![0; LONGEST_DATAGRAM].into(),
        }
    }

    /// Has the event queue tell of links that come and go.
    pub(super) fn register(&self, registry: &Registry) -> std::io::Result<()> {
        let Some(fd) = self.routes.fd() else { return Ok(()) };
        registry.register(&mut SourceFd(&fd.as_raw_fd()), Source::Links.token(), Interest::READABLE)
    }

    /// Interfaces have changed.
    pub(super) fn note_links(&mut self, now: Millis) {
        if self.routes.take_news().is_some() {
            self.look_at.get_or_insert(now + SETTLING);
        }
    }

    /// The daemon listens on these addresses now.
    pub(super) fn note_listening(&mut self, listens_on: Vec<SocketAddr>, now: Millis) {
        self.listens_on = listens_on;
        self.look_at = Some(now);
    }

    /// A socket has something to read.
    pub(super) fn note_ready(&mut self, number: usize) {
        if let Some(seat) = self.sockets.get_mut(number) {
            seat.is_ready = true;
        }
    }

    /// Reads, answers and announces what is due.
    pub(super) fn go_on(&mut self, registry: &Registry, now: Millis) -> Vec<News> {
        let mut news = Vec::new();
        if self.next_due().is_none_or(|due| due > now) {
            return news;
        }
        if self.look_at.is_some_and(|at| at <= now) {
            self.look_at = None;
            news.extend(self.look_at_interfaces(registry, now));
        }
        self.read(now);
        while let Some(transmit) = self.responder.poll(span(now)) {
            self.send(&transmit);
        }
        while let Some(discovery::News::Announced { name, link }) = self.responder.take_news() {
            news.push(News::Announced { name, interface: self.name_of(link) });
        }
        news
    }

    /// When there is something to do, if nothing comes before.
    pub(super) fn next_due(&self) -> Option<Millis> {
        if self.sockets.iter().any(|seat| seat.is_ready) {
            return Some(Millis(0));
        }
        // Rounded up: before it is due there is nothing to do.
        let millis = |due: Duration| Millis(u64::try_from(due.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX));
        self.responder.next_due().map(millis).into_iter().chain(self.look_at).min()
    }

    /// Tells everybody that the server goes.
    pub(super) fn say_goodbye(&mut self) {
        for transmit in self.responder.say_goodbye() {
            self.send(&transmit);
        }
    }

    fn look_at_interfaces(&mut self, registry: &Registry, now: Millis) -> Option<News> {
        self.links = links().into_iter().filter_map(|link| self.told_of(link)).collect();
        self.sockets.clear();
        let mut failed = None;
        for (interface, family) in self.wanted_sockets() {
            if let Err(error) = self.open(registry, &interface, family) {
                failed = failed.or(Some((interface.id, error)));
            }
        }
        let interfaces: Vec<Interface> = self.links.iter().map(|link| link.interface.clone()).collect();
        self.responder.set_interfaces(&interfaces, span(now));
        let (link, error) = failed.filter(|_| !self.has_complained)?;
        self.has_complained = true;
        Some(News::Failed { interface: self.name_of(link), error })
    }

    /// The interface with those of its addresses on which the daemon listens, if it is one to be told.
    fn told_of(&self, mut link: Link) -> Option<Link> {
        let is_meant = if self.only.is_empty() { !link.is_loopback } else { self.only.contains(&link.name) };
        let at_its_port = self.listens_on.iter().filter(|at| at.port() == self.port);
        link.interface.addresses.retain(|own| at_its_port.clone().any(|at| is_reached(*at, own.addr())));
        (is_meant && !link.interface.addresses.is_empty()).then_some(link)
    }

    fn wanted_sockets(&self) -> Vec<(Interface, Family)> {
        let families = |link: &Link| {
            let has = |family| link.interface.addresses.iter().any(|own| Family::of(own.addr()) == family);
            let families = [Family::V4, Family::V6].into_iter().filter(|family| has(*family));
            families.map(|family| (link.interface.clone(), family)).collect::<Vec<_>>()
        };
        self.links.iter().flat_map(families).take(MAX_GROUP_SOCKETS).collect()
    }

    fn open(&mut self, registry: &Registry, interface: &Interface, family: Family) -> std::io::Result<()> {
        let socket = GroupSocket::member(interface, family)?;
        let token = Source::Group(self.sockets.len()).token();
        registry.register(&mut SourceFd(&socket.as_raw_fd()), token, Interest::READABLE)?;
        self.sockets.push(Seat { socket, is_ready: false });
        Ok(())
    }

    fn read(&mut self, now: Millis) {
        let mut left = DATAGRAMS_PER_TICK;
        for seat in &mut self.sockets {
            while seat.is_ready && left > 0 {
                match seat.socket.receive(&mut self.buffer) {
                    Ok((count, from)) => {
                        let bytes = self.buffer.get(..count).unwrap_or_default();
                        self.responder.receive(seat.socket.link(), from, bytes, span(now));
                        left -= 1;
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    // What else there is, such as an interface that has gone, comes again as an event.
                    Err(_) => seat.is_ready = false,
                }
            }
        }
    }

    /// What cannot be sent is not: others ask again, and are told again.
    fn send(&self, transmit: &Transmit) {
        for seat in self.sockets.iter().filter(|seat| seat.socket.link() == transmit.link) {
            let family = seat.socket.family();
            let _ = match transmit.to {
                Destination::Everybody => seat.socket.say(&transmit.bytes),
                Destination::Group(meant) if meant == family => seat.socket.say(&transmit.bytes),
                Destination::Peer(peer) if Family::of(peer.ip()) == family => seat.socket.tell(&transmit.bytes, peer),
                _ => Ok(()),
            };
        }
    }

    fn name_of(&self, id: discovery::LinkId) -> String {
        let found = self.links.iter().find(|link| link.interface.id == id);
        found.map_or_else(|| id.to_string(), |link| link.name.clone())
    }
}

/// Whether who connects to `own` reaches what listens at `at`.
fn is_reached(at: SocketAddr, own: std::net::IpAddr) -> bool {
    let covers = |at: std::net::IpAddr| at.is_ipv6() || own.is_ipv4();
    if at.ip().is_unspecified() { covers(at.ip()) } else { at.ip() == own }
}

fn span(now: Millis) -> Duration {
    Duration::from_millis(now.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_leads_to_the_daemon_is_told() {
        for (at, own, is_told) in [
            ("0.0.0.0:1", "10.0.0.1", true),
            ("0.0.0.0:1", "fd00::1", false),
            ("[::]:1", "10.0.0.1", true),
            ("[::]:1", "fd00::1", true),
            ("10.0.0.1:1", "10.0.0.1", true),
            ("10.0.0.1:1", "10.0.0.2", false),
            ("127.0.0.1:1", "10.0.0.1", false),
        ] {
            assert_eq!(is_reached(at.parse().unwrap(), own.parse().unwrap()), is_told, "{at} {own}");
        }
    }
}
