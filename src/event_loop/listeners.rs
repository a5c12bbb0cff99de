//! All listening sockets, and the addresses that are waited for.

use std::net::{IpAddr, SocketAddr};

use mio::{Interest, Registry};

use super::endpoint::{Address, Endpoint};
use super::listen::{ListenError, Listener, Options, Why, bind_default};
use super::sources::Source;
use crate::chat::Millis;
use crate::limits::LISTEN_RETRY;

/// The sockets, and what is still to become one.
#[derive(Debug)]
pub(super) struct Listeners {
    pub(super) bound: Vec<Listener>,
    waiting: Vec<Waiting>,
    options: Options,
    /// Ports on which all of IPv4 is asked for in so many words.
    v4_ports: Vec<u16>,
    next_try: Millis,
}

/// An address that this machine does not have yet.
#[derive(Debug)]
struct Waiting {
    address: Address,
    /// Something else than its absence is in the way, and the log knows it.
    is_told: bool,
}

/// What has become of an address that was waited for, for the log.
#[derive(Debug)]
pub(super) enum News {
    Listening(SocketAddr),
    Failed(ListenError),
}

impl Listeners {
    /// Binds all; `endpoints` empty means the default addresses.
    pub(super) fn bind(endpoints: &[Endpoint], options: Options, may_wait: bool) -> Result<Self, ListenError> {
        let v4 = |endpoint: &Endpoint| match endpoint {
            Endpoint::At(Address { ip: IpAddr::V4(ip), port, .. }) if ip.is_unspecified() && *port != 0 => Some(*port),
            _ => None,
        };
        let v4_ports = endpoints.iter().filter_map(v4).collect();
        let mut all = Self { bound: Vec::new(), waiting: Vec::new(), options, v4_ports, next_try: Millis(0) };
        if endpoints.is_empty() {
            all.bound.push(bind_default(options)?);
        }
        for endpoint in endpoints {
            all.add(endpoint, may_wait).map_err(|why| ListenError { at: endpoint.to_string(), why })?;
        }
        Ok(all)
    }

    /// Of a name's addresses those are enough that this machine has. The same address twice is once.
    fn add(&mut self, endpoint: &Endpoint, may_wait: bool) -> Result<(), Why> {
        let (mut absent, mut is_there) = (Vec::new(), false);
        for address in endpoint.addresses()? {
            match self.bind_one(&address) {
                Ok(_) => is_there = true,
                Err(why) if why.may_pass() => absent.push((address, why)),
                Err(Why::AskedTwice(other)) if address.to_socket_address().is_ok_and(|at| at == other) => {
                    is_there = true
                }
                Err(why) => return Err(why.looked_into(address.to_socket_address()?)),
            }
        }
        match absent.into_iter().next() {
            Some((address, _)) if !is_there && may_wait => self.waiting.push(Waiting { address, is_told: false }),
            Some((_, why)) if !is_there => return Err(why),
            _ => {}
        }
        Ok(())
    }

    fn bind_one(&mut self, address: &Address) -> Result<SocketAddr, Why> {
        let at = address.to_socket_address()?;
        let only_v6 = self.v4_ports.contains(&at.port());
        if let Some(other) = self.bound.iter().find(|other| collide(other.address, at, only_v6)) {
            return Err(Why::AskedTwice(other.address));
        }
        let listener = Listener::bind(at, Options { only_v6, ..self.options })?;
        let address = listener.address;
        self.bound.push(listener);
        Ok(address)
    }

    pub(super) fn register(&mut self, registry: &Registry, from: usize) -> std::io::Result<()> {
        for (number, listener) in self.bound.iter_mut().enumerate().skip(from) {
            registry.register(&mut listener.socket, Source::Listener(number).token(), Interest::READABLE)?;
        }
        Ok(())
    }

    /// Looks now and then whether an address has come that is waited for.
    pub(super) fn try_waiting(&mut self, registry: &Registry, now: Millis) -> Vec<News> {
        if self.waiting.is_empty() || now < self.next_try {
            return Vec::new();
        }
        self.next_try = now + LISTEN_RETRY;
        let (mut news, before) = (Vec::new(), self.bound.len());
        for mut waiting in std::mem::take(&mut self.waiting) {
            match self.bind_one(&waiting.address) {
                Ok(address) => news.push(News::Listening(address)),
                Err(why) => {
                    if !why.may_pass() && !std::mem::replace(&mut waiting.is_told, true) {
                        news.push(News::Failed(ListenError { at: waiting.address.to_string(), why }));
                    }
                    self.waiting.push(waiting);
                }
            }
        }
        if let Err(error) = self.register(registry, before) {
            let why = Why::System(error);
            news.push(News::Failed(ListenError { at: "a new address".to_owned(), why }));
        }
        news
    }

    /// When to look next; `None` when nothing is waited for.
    pub(super) fn next_try(&self) -> Option<Millis> {
        (!self.waiting.is_empty()).then_some(self.next_try)
    }

    /// The addresses that are waited for.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Address> {
        self.waiting.iter().map(|waiting| &waiting.address)
    }

    /// The port by which the daemon is known on its machine: that of its first address.
    pub(super) fn port(&self) -> u16 {
        let bound = self.bound.first().map(|listener| listener.address.port());
        bound.or(self.waiting().next().map(|address| address.port)).unwrap_or(0)
    }

    /// How many there are, and are to be.
    pub(super) fn count(&self) -> usize {
        self.bound.len() + self.waiting.len()
    }

    /// Stops listening, and waiting.
    pub(super) fn close(&mut self) {
        self.bound.clear();
        self.waiting.clear();
    }
}

/// Whether two sockets of this daemon would be in each other's way.
fn collide(one: SocketAddr, other: SocketAddr, only_v6: bool) -> bool {
    if one.port() != other.port() || other.port() == 0 {
        return false;
    }
    let takes = |all: SocketAddr, it: SocketAddr| match (all.ip(), it.ip()) {
        (IpAddr::V6(all), IpAddr::V4(_)) => all.is_unspecified() && !only_v6,
        (all, it) => all.is_unspecified() && all.is_ipv4() == it.is_ipv4(),
    };
    one == other || takes(one, other) || takes(other, one)
}
