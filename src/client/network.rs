//! The thread that does the network once one is in: reads, connects again, waits, as the model
//! says. It decides nothing.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use super::address::Address;
use super::clock;
use super::connection::{self, LineReader};
use super::handshake::Entered;
use super::model::{Action, Model, Order};
use crate::chat::Millis;

/// How often the clock is looked at while nothing happens, so that a sleep shows soon after.
const TICK: Duration = Duration::from_secs(2);

/// How often it is looked whether there is a way to the server, while there is no connection.
const ROUTE_TICK: Duration = Duration::from_millis(500);

/// The shortest read: what has arrived already is read before anything is judged by the clock.
const SHORTEST: Duration = Duration::from_millis(5);

/// What the network needs of a front end.
pub(super) trait Front {
    /// What there is to do, and by when the model wants to know the time.
    fn plan(&self) -> (Order, Option<Millis>);
    /// Feeds the model, and does what comes of it.
    fn feed(&mut self, input: impl FnOnce(&mut Model) -> Vec<Action>);
    /// What is sent from now on goes here.
    fn send_over(&mut self, stream: Option<TcpStream>);
    /// Waits until something was typed, or for this long.
    fn wait(&mut self, time: Duration);
    /// All is over.
    fn hang_up(&mut self);
}

/// Runs the network in a thread of its own until all is over.
///
/// # Errors
/// When there is no thread to be had.
pub(super) fn start(address: &Address, entered: Entered, front: impl Front + Send + 'static) -> io::Result<()> {
    let peer = entered.stream.peer_addr().ok();
    let mut network = Network { address: address.clone(), peer, reader: Some(entered.reader), front };
    thread::Builder::new().name("network".to_owned()).spawn(move || network.run())?;
    Ok(())
}

struct Network<F> {
    address: Address,
    /// Where the server was found last.
    peer: Option<SocketAddr>,
    reader: Option<LineReader<TcpStream>>,
    front: F,
}

impl<F: Front> Network<F> {
    fn run(&mut self) {
        loop {
            let (order, deadline) = self.front.plan();
            let left = deadline.map_or(TICK, |deadline| deadline.since(clock::now()));
            match order {
                Order::Listen => self.listen(left.clamp(SHORTEST, TICK)),
                Order::Dial => self.dial(),
                Order::Wait => {
                    self.hang_up();
                    self.front.wait(left.clamp(SHORTEST, ROUTE_TICK));
                    self.tell_time();
                }
                Order::Stop => return self.front.hang_up(),
            }
        }
    }

    /// Reads once, for at most this long.
    fn listen(&mut self, time: Duration) {
        let read = match &mut self.reader {
            Some(reader) => reader.read_lines_within(time),
            None => Ok(None),
        };
        match read {
            Ok(Some(lines)) if lines.is_empty() => {}
            Ok(Some(lines)) => {
                let now = clock::now();
                self.front.feed(|model| lines.iter().flat_map(|line| model.handle_line(line, now)).collect());
            }
            Err(error) if connection::is_timeout(&error) => self.tell_time(),
            Ok(None) | Err(_) => {
                self.hang_up();
                self.front.feed(|model| model.handle_closed(clock::now()));
            }
        }
    }

    fn dial(&mut self) {
        self.hang_up();
        match connection::connect_again(&self.address, self.peer).and_then(|stream| Ok((stream.try_clone()?, stream))) {
            Ok((reading, stream)) => {
                self.peer = stream.peer_addr().ok().or(self.peer);
                self.reader = Some(LineReader::new(reading));
                self.front.send_over(Some(stream));
                self.front.feed(|model| model.handle_connected(clock::now()));
            }
            Err(_) => self.front.feed(|model| model.handle_unreachable(clock::now())),
        }
    }

    fn tell_time(&mut self) {
        let route = self.peer.and_then(route_to);
        self.front.feed(|model| {
            let now = clock::now();
            let mut actions = model.handle_time(now);
            actions.extend(model.handle_route(route, now));
            actions
        });
    }

    /// Drops the connection, if there is one.
    fn hang_up(&mut self) {
        if self.reader.take().is_some() {
            self.front.send_over(None);
        }
    }
}

/// The address of this computer that packets to the server would carry, if there is a way to it.
/// Sends nothing.
fn route_to(peer: SocketAddr) -> Option<IpAddr> {
    let any = if peer.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { IpAddr::from(Ipv6Addr::UNSPECIFIED) };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(peer).ok()?;
    socket.local_addr().ok().map(|own| own.ip())
}
