//! The bench: a server, a time that only moves when told to, and clients whose streams do what
//! the test says.
//!
//! Readiness is edge-triggered, as the real loop's is: the server hears `readable` once for each
//! arrival of bytes, `writable` once when room appears after a stream was full, and `hung_up` once
//! when the peer closes or the stream breaks. It hears nothing again for what it left undone.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use chatd::chat::{Millis, Now, UnixMillis};
use chatd::limits::{EMPTY_ROOM_TIME, Limits};
use chatd::server::{Config, ConnectionId, Level, Peer, Readiness, Seat, Server, Stream, Taken};

use super::layer::Layer;

/// What lies between a client and the server, and what the stream's script says.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) to_server: VecDeque<u8>,
    from_server: Vec<u8>,
    /// How many bytes the server can write before the stream is full.
    pub(crate) room: usize,
    /// How many bytes one write takes at most.
    pub(crate) per_write: usize,
    /// Errors that the next reads give before anything else.
    pub(crate) read_errors: VecDeque<ErrorKind>,
    /// Errors that the next writes give before anything else.
    pub(crate) write_errors: VecDeque<ErrorKind>,
    /// The client sends nothing more.
    pub(crate) is_half_closed: bool,
    pub(crate) is_broken: bool,
    was_full: bool,
    /// What the stream holds back in both directions, if it is one that does.
    pub(crate) layer: Option<Layer>,
    /// The client does not hang up when it was told the end.
    is_terminal: bool,
    /// What the server did that cannot be seen in the bytes, in order.
    pub(crate) history: Vec<Deed>,
    pub(crate) reads: usize,
}

impl Wire {
    /// What the socket takes of some bytes.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.room).min(self.per_write);
        if count == 0 {
            self.was_full = true;
            return Err(ErrorKind::WouldBlock.into());
        }
        self.room -= count;
        self.from_server.extend(bytes.iter().take(count));
        Ok(count)
    }
}

/// What a server does with a stream besides moving bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Finished,
    ReadToEnd,
    Dropped,
}

/// The server's end.
#[derive(Debug)]
pub(crate) struct TestStream(Rc<RefCell<Wire>>);

impl Stream for TestStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Taken> {
        let mut wire = self.0.borrow_mut();
        wire.reads += 1;
        if let Some(error) = wire.read_errors.pop_front() {
            return Err(error.into());
        }
        if wire.is_broken {
            return Err(ErrorKind::ConnectionReset.into());
        }
        if let Some(chunk) = wire.open(buffer) {
            return Ok(chunk);
        }
        if wire.to_server.is_empty() {
            if wire.is_half_closed {
                wire.history.push(Deed::ReadToEnd);
                return Ok(Taken { count: 0, is_drained: true });
            }
            return Err(ErrorKind::WouldBlock.into());
        }
        // All there is, as a socket does: a server may take a short read for the end of it.
        let count = buffer.len().min(wire.to_server.len());
        for (place, byte) in buffer.iter_mut().zip(wire.to_server.drain(..count)) {
            *place = byte;
        }
        Ok(Taken::of_socket(count, buffer.len()))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut wire = self.0.borrow_mut();
        assert!(!wire.history.contains(&Deed::Finished), "nothing is written after the end was told");
        if let Some(error) = wire.write_errors.pop_front() {
            return Err(error.into());
        }
        if wire.is_broken {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if wire.layer.is_some() {
            return wire.accept(bytes);
        }
        wire.send(bytes)
    }

    fn wants_write(&self) -> bool {
        self.0.borrow().layer.as_ref().is_some_and(|layer| !layer.sealed.is_empty())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        let mut wire = self.0.borrow_mut();
        wire.history.push(Deed::Finished);
        if let Some(layer) = &mut wire.layer {
            assert!(layer.sealed.is_empty(), "the end is told when everything is flushed");
            layer.sealed.push_back(Layer::OWN);
        }
        if wire.is_broken { Err(ErrorKind::NotConnected.into()) } else { Ok(()) }
    }

    fn hangs_up(&self) -> bool {
        !self.0.borrow().is_terminal
    }

    fn is_broken(&mut self) -> bool {
        self.0.borrow().is_broken
    }
}

impl Drop for TestStream {
    fn drop(&mut self) {
        self.0.borrow_mut().history.push(Deed::Dropped);
    }
}

/// A client's end, and the token the server knows it by.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) token: ConnectionId,
    wire: Rc<RefCell<Wire>>,
}

impl Client {
    /// Changes the stream's script.
    pub(crate) fn script(&self, change: impl FnOnce(&mut Wire)) {
        change(&mut self.wire.borrow_mut());
    }

    /// What it has been sent since this was last asked, but for a character not yet complete.
    pub(crate) fn received(&self) -> String {
        let mut wire = self.wire.borrow_mut();
        let whole = match std::str::from_utf8(&wire.from_server) {
            Ok(text) => text.len(),
            Err(error) => {
                assert_eq!(error.error_len(), None, "the server sends UTF-8");
                error.valid_up_to()
            }
        };
        let bytes = wire.from_server.drain(..whole).collect();
        String::from_utf8(bytes).expect("this much is UTF-8")
    }

    /// The same, as lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.received().lines().map(str::to_owned).collect()
    }

    pub(crate) fn history(&self) -> Vec<Deed> {
        self.wire.borrow().history.clone()
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.history().last() == Some(&Deed::Dropped)
    }

    pub(crate) fn room(&self) -> usize {
        self.wire.borrow().room
    }

    /// Bytes the server has not read.
    pub(crate) fn unread(&self) -> usize {
        self.wire.borrow().to_server.len()
    }

    pub(crate) fn reads(&self) -> usize {
        self.wire.borrow().reads
    }
}

pub(crate) const READABLE: Readiness = Readiness { readable: true, writable: false, hung_up: false };
pub(crate) const WRITABLE: Readiness = Readiness { readable: false, writable: true, hung_up: false };
pub(crate) const HUNG_UP: Readiness = Readiness { readable: true, writable: true, hung_up: true };

thread_local! {
    static SECRETS: Cell<u128> = const { Cell::new(0) };
}

/// The same for every bench, so that two of them say the same.
fn secret() -> u128 {
    SECRETS.set(SECRETS.get() + 1);
    SECRETS.get()
}

/// A server and its time.
pub(crate) struct Bench {
    pub(crate) server: Server<TestStream>,
    pub(crate) now: Now,
    next_port: u16,
}

impl Bench {
    /// Without limits on how often and from where, which are for other tests.
    pub(crate) fn new() -> Self {
        Self::with(Config { limits: Limits::DEFAULT.without_rates(), ..Config::default() })
    }

    /// With these limits.
    pub(crate) fn limited(limits: Limits) -> Self {
        Self::with(Config { limits, ..Config::default() })
    }

    /// With a log that tells all it can.
    pub(crate) fn logging_rooms() -> Self {
        let limits = Limits::DEFAULT.without_rates();
        Self::with(Config { limits, log_level: Level::Rooms, ..Config::default() })
    }

    pub(crate) fn with(config: Config) -> Self {
        SECRETS.set(0);
        let config = Config { secrets: secret, ..config };
        let now = Now { steady: Millis(5_000), wall: UnixMillis(1_800_000_000_000) };
        Self { server: Server::new(config), now, next_port: 40_001 }
    }

    /// A client that has just connected.
    pub(crate) fn connect(&mut self) -> Client {
        self.connect_from([10, 0, 0, 7])
    }

    /// The same, from another machine.
    pub(crate) fn connect_from(&mut self, machine: [u8; 4]) -> Client {
        self.connect_at(machine.into())
    }

    /// The same, from any address.
    pub(crate) fn connect_at(&mut self, machine: IpAddr) -> Client {
        let port = self.next_port;
        self.next_port = self.next_port.checked_add(1).unwrap_or(1_024);
        self.connect_on(machine, port)
    }

    /// The same, from this port.
    pub(crate) fn connect_on(&mut self, machine: IpAddr, port: u16) -> Client {
        let address = SocketAddr::from((machine, port));
        let client = self.accept(Peer::Client(address));
        self.ready(&client, WRITABLE);
        client
    }

    /// The operator's console.
    pub(crate) fn console(&mut self) -> Client {
        self.console_at(Seat::Pipe)
    }

    /// The same, somewhere.
    pub(crate) fn console_at(&mut self, seat: Seat) -> Client {
        self.accept(Peer::Operator(seat))
    }

    fn accept(&mut self, peer: Peer) -> Client {
        let wire = Wire {
            to_server: VecDeque::new(),
            from_server: Vec::new(),
            room: usize::MAX,
            per_write: usize::MAX,
            read_errors: VecDeque::new(),
            write_errors: VecDeque::new(),
            is_half_closed: false,
            is_broken: false,
            was_full: false,
            layer: None,
            is_terminal: matches!(peer, Peer::Operator(_)),
            history: Vec::new(),
            reads: 0,
        };
        let wire = Rc::new(RefCell::new(wire));
        let expected = self.server.next_id();
        let token = self.server.accept(TestStream(Rc::clone(&wire)), peer, self.now);
        assert_eq!(token, expected, "the token was told beforehand");
        Client { token, wire }
    }

    /// A user.
    pub(crate) fn user(&mut self, name: &str) -> Client {
        let client = self.connect();
        self.send(&client, format!("ENTER {name}\n"));
        let answer = client.received();
        assert!(answer.starts_with("+OK entered "), "{answer}");
        client
    }

    /// A user from another machine.
    pub(crate) fn user_from(&mut self, machine: [u8; 4], name: &str) -> Client {
        let client = self.connect_from(machine);
        let answer = self.ask(&client, format!("ENTER {name}\n"));
        assert!(answer.last().is_some_and(|line| line.starts_with("+OK entered ")), "{answer:?}");
        client
    }

    /// Two users in a session.
    pub(crate) fn pair(&mut self, one: &str, two: &str) -> (Client, Client) {
        let (a, b) = (self.user(one), self.user(two));
        self.send(&a, format!("REQUEST {two}\n"));
        self.send(&b, "ACCEPT\n");
        assert_eq!(b.lines().last().map(String::as_str), Some("+OK"));
        a.received();
        (a, b)
    }

    /// Users in one room.
    pub(crate) fn room<const N: usize>(&mut self, names: [&str; N]) -> [Client; N] {
        let clients = names.map(|name| self.user(name));
        for client in &clients {
            self.send(client, "JOIN #r\n");
        }
        for client in &clients {
            client.received();
        }
        clients
    }

    /// Bytes arrive at the server, which does what there is to do.
    pub(crate) fn send(&mut self, client: &Client, bytes: impl AsRef<[u8]>) {
        self.arrive(client, bytes);
        self.settle();
    }

    /// Bytes arrive at the server.
    pub(crate) fn arrive(&mut self, client: &Client, bytes: impl AsRef<[u8]>) {
        client.wire.borrow_mut().to_server.extend(bytes.as_ref());
        self.ready(client, READABLE);
    }

    /// Sends and gives the lines that come back to the sender.
    pub(crate) fn ask(&mut self, client: &Client, bytes: impl AsRef<[u8]>) -> Vec<String> {
        self.send(client, bytes);
        client.lines()
    }

    /// The client's system takes this many more bytes from the server.
    pub(crate) fn make_room(&mut self, client: &Client, bytes: usize) {
        let was_full = {
            let mut wire = client.wire.borrow_mut();
            wire.room = wire.room.saturating_add(bytes);
            std::mem::take(&mut wire.was_full)
        };
        if was_full && bytes > 0 {
            self.ready(client, WRITABLE);
        }
        self.settle();
    }

    /// The client says that it sends nothing more.
    pub(crate) fn half_close(&mut self, client: &Client) {
        client.wire.borrow_mut().is_half_closed = true;
        self.ready(client, Readiness { writable: false, ..HUNG_UP });
        self.settle();
    }

    /// The connection is reset.
    pub(crate) fn reset(&mut self, client: &Client) {
        {
            let mut wire = client.wire.borrow_mut();
            wire.is_broken = true;
            wire.to_server.clear();
        }
        self.ready(client, HUNG_UP);
        self.settle();
    }

    pub(crate) fn ready(&mut self, client: &Client, readiness: Readiness) {
        self.server.handle_ready(client.token, readiness);
    }

    pub(crate) fn tick(&mut self) {
        self.server.tick(self.now);
        self.server.check_invariants();
    }

    /// Ticks until the server would wait.
    pub(crate) fn settle(&mut self) {
        for _ in 0..200 {
            self.tick();
            if self.server.poll_timeout(self.now) != Some(Duration::ZERO) {
                return;
            }
        }
        panic!("the server never waits");
    }

    /// Lets time pass the way the loop does: asleep until the server asks to be woken.
    pub(crate) fn advance(&mut self, span: Duration) {
        let end = self.now.steady + span;
        while self.now.steady < end {
            let wake = self.server.poll_timeout(self.now).map_or(end, |timeout| self.now.steady + timeout);
            let step = wake.min(end).since(self.now.steady);
            assert!(!step.is_zero(), "a settled server has nothing due now");
            self.now.steady = self.now.steady + step;
            self.now.wall = UnixMillis(self.now.wall.0 + u64::try_from(step.as_millis()).expect("a short step"));
            self.settle();
        }
    }

    /// The log since this was last asked, without its times.
    pub(crate) fn log(&mut self) -> Vec<String> {
        let lines = self.server.journal().take();
        lines.lines().map(|line| line.split_once(' ').map_or("", |(_, what)| what).to_owned()).collect()
    }

    /// Nobody and nothing is left, once what was said in rooms is forgotten.
    pub(crate) fn assert_empty(&mut self) {
        self.settle();
        assert_eq!(self.server.connection_count(), 0);
        assert_eq!(self.server.user_count(), 0);
        if self.server.poll_timeout(self.now).is_some() {
            self.advance(EMPTY_ROOM_TIME);
        }
        assert_eq!(self.server.poll_timeout(self.now), None);
    }

    /// Everybody hangs up, and nothing is left.
    pub(crate) fn all_leave(mut self, clients: &[&Client]) {
        for client in clients {
            self.half_close(client);
        }
        self.assert_empty();
    }
}
