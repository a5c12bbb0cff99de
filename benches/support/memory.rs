//! A server over streams in memory: users who enter, pair up, fill rooms and talk, without a
//! kernel in between. For the micro benches, the regression guard and the allocation test.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use chatd::chat::{Millis, Now, UnixMillis};
use chatd::limits::Limits;
use chatd::server::{Config, ConnectionId, Peer, Readiness, Server, Stream, Taken};

/// What is kept of the last thing written.
const KEPT: usize = 512;

/// A client's end of a connection; a clone is the server's end.
#[derive(Clone, Default)]
pub(crate) struct Pipe(Rc<RefCell<Ends>>);

#[derive(Default)]
struct Ends {
    input: Vec<u8>,
    read: usize,
    /// Lines written to the client so far.
    lines: usize,
    last: Vec<u8>,
    /// The client hung up.
    is_cut: bool,
}

impl Stream for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Taken> {
        let mut ends = self.0.borrow_mut();
        let waiting = &ends.input[ends.read..];
        let count = waiting.len().min(buffer.len());
        if count == 0 && ends.is_cut {
            return Ok(Taken { count: 0, is_drained: true });
        }
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        buffer[..count].copy_from_slice(&waiting[..count]);
        ends.read += count;
        if ends.read == ends.input.len() {
            ends.input.clear();
            ends.read = 0;
        }
        Ok(Taken::of_socket(count, buffer.len()))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut ends = self.0.borrow_mut();
        let (start, rest) = bytes.split_at(bytes.len().min(KEPT));
        ends.last.clear();
        ends.last.extend_from_slice(start);
        // Counted where it was copied to: what memchr costs depends on where the bytes lie.
        ends.lines += memchr::memchr_iter(b'\n', &ends.last).count() + memchr::memchr_iter(b'\n', rest).count();
        Ok(bytes.len())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One client.
pub(crate) struct Client {
    pipe: Pipe,
    token: ConnectionId,
}

/// A server and its clients.
pub(crate) struct Desk {
    server: Server<Pipe>,
    pub(crate) clients: Vec<Client>,
    now: Now,
}

const READABLE: Readiness = Readiness { readable: true, writable: false, hung_up: false };

impl Default for Desk {
    fn default() -> Self {
        let now = Now { steady: Millis(0), wall: UnixMillis(1_795_158_000_000) };
        Self { server: Server::new(config()), clients: Vec::new(), now }
    }
}

impl Desk {
    /// Lets time pass: the next message has another time on it.
    pub(crate) fn pass(&mut self, millis: u64) {
        self.now.steady.0 += millis;
        self.now.wall.0 += millis;
    }

    /// Connects one more client.
    pub(crate) fn connect(&mut self) -> usize {
        let client = self.accept();
        self.clients.push(client);
        self.clients.len() - 1
    }

    /// Closes a client's connection without a word; [`Self::tick`] has that noticed.
    pub(crate) fn cut(&mut self, who: usize) {
        let client = &self.clients[who];
        client.pipe.0.borrow_mut().is_cut = true;
        self.server.handle_ready(client.token, READABLE);
    }

    /// Connects a client again that was cut; its lines are counted anew.
    pub(crate) fn reconnect(&mut self, who: usize) {
        self.clients[who] = self.accept();
    }

    /// Has a user's place kept; gives back the token.
    pub(crate) fn keep(&mut self, who: usize) -> String {
        self.send(who, b"KEEP\n");
        self.tick();
        let answer = self.last_to(who);
        answer.split(' ').nth(2).unwrap_or_default().to_owned()
    }

    fn accept(&mut self) -> Client {
        let pipe = Pipe::default();
        pipe.0.borrow_mut().last.reserve(KEPT);
        let port = 1024 + u16::try_from(self.clients.len() % 60_000).unwrap_or(0);
        let peer = Peer::Client(SocketAddr::from(([127, 0, 0, 1], port)));
        let token = self.server.accept(pipe.clone(), peer, self.now);
        Client { pipe, token }
    }

    /// Puts bytes into a client's stream; [`Self::tick`] has them read.
    pub(crate) fn send(&mut self, who: usize, bytes: &[u8]) {
        let client = &self.clients[who];
        client.pipe.0.borrow_mut().input.extend_from_slice(bytes);
        self.server.handle_ready(client.token, READABLE);
    }

    /// One round of the server.
    pub(crate) fn tick(&mut self) {
        self.server.tick(self.now);
    }

    /// Rounds of the server until it has nothing left to do.
    pub(crate) fn settle(&mut self) {
        while self.server.poll_timeout(self.now) == Some(Duration::ZERO) {
            self.server.tick(self.now);
        }
    }

    /// Connects and enters a client as `u0`, `u1` and so on.
    pub(crate) fn enter(&mut self) -> usize {
        let who = self.connect();
        let mut line = String::new();
        let _ = writeln!(line, "ENTER u{who}");
        self.send(who, line.as_bytes());
        self.tick();
        who
    }

    /// Two users in a session.
    pub(crate) fn pair(&mut self) -> (usize, usize) {
        let (one, two) = (self.enter(), self.enter());
        self.send(one, format!("REQUEST u{two}\n").as_bytes());
        self.send(two, format!("REQUEST u{one}\n").as_bytes());
        self.tick();
        (one, two)
    }

    /// So many users in the lobby; gives back the first.
    pub(crate) fn room(&mut self, size: usize) -> usize {
        let first = self.clients.len();
        for _ in 0..size {
            let who = self.enter();
            self.send(who, b"JOIN\n");
            self.tick();
        }
        self.server.journal().take();
        first
    }

    /// Lines a client has been sent so far.
    pub(crate) fn lines_to(&self, who: usize) -> usize {
        self.clients[who].pipe.0.borrow().lines
    }

    /// What was last written to a client, or its start.
    pub(crate) fn last_to(&self, who: usize) -> String {
        String::from_utf8_lossy(&self.clients[who].pipe.0.borrow().last).into_owned()
    }

    /// Forgets the log, as the event loop does when it has written it.
    pub(crate) fn drop_log(&mut self) {
        self.server.journal().take();
    }

    /// The server, to look at.
    pub(crate) fn server(&self) -> &Server<Pipe> {
        &self.server
    }
}

/// As by default, but nobody is made to wait for having been too fast, and each tick tells all.
fn config() -> Config {
    Config { limits: Limits::DEFAULT.without_rates(), ..Config::default() }
}
