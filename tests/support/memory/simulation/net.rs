//! A handful of clients and a server, with the line between them to be cut at any byte.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use chatd::chat::{Millis, Now, UnixMillis};
use chatd::limits::Limits;
use chatd::server::{Config, ConnectionId, Peer, Readiness, Server};

use super::books::{Books, Noted};
use super::pipe::{Call, Calls, Ends, Pipe};

/// The wall clock when the steady clock stands at zero: 2026-11-20T07:00:00Z.
const WALL_START: u64 = 1_795_158_000_000;

/// Both clocks, `millis` after the start of a test.
pub(crate) fn at(millis: u64) -> Now {
    Now { steady: Millis(millis), wall: UnixMillis(WALL_START + millis) }
}

/// How a connection is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The server's next read or write finds it broken.
    Reset,
    /// The server reads to the end.
    End,
    /// The server notices nothing: the old connection looks alive.
    HalfOpen,
}

impl Loss {
    pub(crate) const ALL: [Self; 3] = [Self::Reset, Self::End, Self::HalfOpen];
}

/// One connection, from the client's side.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) token: ConnectionId,
    pub(crate) ends: Rc<RefCell<Ends>>,
}

/// One client, over all its connections.
#[derive(Debug, Default)]
pub(crate) struct Person {
    pub(crate) books: Books,
    pub(crate) link: Option<Link>,
    /// Connections it has lost.
    pub(crate) ghosts: Vec<Link>,
    /// Every line received, on whatever connection, since this was last taken.
    pub(crate) heard: Vec<String>,
    /// The connection is lost when this many more bytes have reached the server, or the client.
    pub(crate) up_left: Option<usize>,
    pub(crate) down_left: Option<usize>,
    pub(crate) loss: Option<Loss>,
    pub(crate) answers_pings: bool,
    unfinished: Vec<u8>,
}

/// The server and its clients.
pub(crate) struct Net {
    pub(crate) server: Server<Pipe>,
    pub(crate) people: Vec<Person>,
    pub(crate) now: u64,
    pub(crate) calls: Calls,
    streams: usize,
}

thread_local! {
    static SECRETS: Cell<u128> = const { Cell::new(1 << 100) };
}

/// Secrets nobody could guess if they were not counted.
pub(crate) fn secret() -> u128 {
    SECRETS.set(SECRETS.get() + 1);
    SECRETS.get()
}

/// The last secret that was given out.
pub(crate) fn secret_before() -> u128 {
    SECRETS.get()
}

impl Net {
    pub(crate) fn new(limits: Limits, people: usize) -> Self {
        let config = Config { limits, secrets: secret, ..Config::default() };
        let person = || Person { answers_pings: true, ..Person::default() };
        Self {
            server: Server::new(config),
            people: std::iter::repeat_with(person).take(people).collect(),
            now: 0,
            calls: Calls::default(),
            streams: 0,
        }
    }

    /// Everybody enters under these names and has its place kept.
    pub(crate) fn kept(limits: Limits, names: &[&str]) -> Self {
        let mut net = Self::new(limits, names.len());
        for (who, name) in names.iter().enumerate() {
            net.enter(who, name);
            net.say(who, "KEEP");
        }
        net
    }

    pub(crate) fn enter(&mut self, who: usize, name: &str) {
        self.connect(who);
        self.say(who, &format!("ENTER {name}"));
    }

    pub(crate) fn connect(&mut self, who: usize) {
        self.streams += 1;
        let (pipe, ends) = Pipe::new(self.streams, &self.calls);
        let address = SocketAddr::from(([10, 0, 0, u8::try_from(who + 1).unwrap()], port(self.streams)));
        let token = self.server.accept(pipe, Peer::Client(address), at(self.now));
        self.people[who].link = Some(Link { token, ends });
    }

    /// Sends a line and waits until nothing moves any more.
    pub(crate) fn say(&mut self, who: usize, line: &str) {
        self.send(who, line);
        self.settle();
    }

    /// Sends a line, as far as the connection goes.
    pub(crate) fn send(&mut self, who: usize, line: &str) {
        self.people[who].books.note_sent(line);
        self.transmit(who, line);
    }

    fn transmit(&mut self, who: usize, line: &str) {
        let person = &mut self.people[who];
        let Some(link) = &person.link else { return };
        let bytes = format!("{line}\n").into_bytes();
        let through = person.up_left.map_or(bytes.len(), |left| left.min(bytes.len()));
        let readiness = link.ends.borrow_mut().arrive(&bytes[..through]);
        self.server.handle_ready(link.token, readiness);
        if let Some(left) = &mut person.up_left {
            *left -= through;
            if *left == 0 {
                person.up_left = None;
                self.server.tick(at(self.now));
                self.lose(who);
            }
        }
    }

    /// The client's connection is lost, in the way it has been told to.
    pub(crate) fn lose(&mut self, who: usize) {
        let person = &mut self.people[who];
        let Some(link) = person.link.take() else { return };
        person.unfinished.clear();
        (person.up_left, person.down_left) = (None, None);
        let readiness = match person.loss.unwrap_or(Loss::Reset) {
            Loss::Reset => Some(link.ends.borrow_mut().reset()),
            Loss::End => Some(link.ends.borrow_mut().desert()),
            Loss::HalfOpen => None,
        };
        if let Some(readiness) = readiness {
            self.server.handle_ready(link.token, readiness);
            self.server.tick(at(self.now));
        }
        person.ghosts.push(link);
    }

    /// The client connects anew and takes its place again, whether the server has noticed or not.
    pub(crate) fn come_back(&mut self, who: usize) {
        self.connect(who);
        let line = self.people[who].books.resume_line().expect("a place is kept");
        self.transmit(who, &line);
        self.settle();
    }

    /// Ticks and lets the clients read, until nothing moves any more.
    pub(crate) fn settle(&mut self) {
        for _ in 0..10_000 {
            self.server.tick(at(self.now));
            self.server.check_invariants();
            let moved: usize = (0..self.people.len()).map(|who| self.fetch(who)).sum();
            let is_ready = self.server.poll_timeout(at(self.now)).is_some_and(|wait| wait.is_zero());
            if moved == 0 && !is_ready {
                return;
            }
        }
        panic!("nothing settles");
    }

    /// Lets time pass, doing at each moment what is due then.
    pub(crate) fn pass(&mut self, millis: u64) {
        let end = self.now + millis;
        while self.now < end {
            let due = self.server.poll_timeout(at(self.now)).map_or(u64::MAX, |wait| wait.as_millis() as u64);
            self.now += due.clamp(1, end - self.now);
            self.settle();
        }
    }

    /// The client reads what has reached it; says how many bytes.
    fn fetch(&mut self, who: usize) -> usize {
        let person = &mut self.people[who];
        let Some(link) = &person.link else { return 0 };
        let (bytes, readiness) = link.ends.borrow_mut().fetch(usize::MAX);
        let (token, through) = (link.token, person.down_left.map_or(bytes.len(), |left| left.min(bytes.len())));
        if let Some(readiness) = readiness {
            self.server.handle_ready(token, readiness);
        }
        person.unfinished.extend_from_slice(&bytes[..through]);
        let is_cut = person.down_left.is_some_and(|left| left == through && !bytes.is_empty());
        if let Some(left) = &mut person.down_left {
            *left -= through;
        }
        let whole = self.people[who].unfinished.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines: Vec<u8> = self.people[who].unfinished.drain(..whole).collect();
        if is_cut {
            self.lose(who);
        }
        for line in String::from_utf8(lines).expect("the server sends UTF-8").lines() {
            self.hear(who, line);
        }
        bytes.len()
    }

    fn hear(&mut self, who: usize, line: &str) {
        let person = &mut self.people[who];
        person.heard.push(line.to_owned());
        let noted = person.books.note_received(line);
        let seen = person.books.seen();
        match noted {
            Noted::Resumed(again) => again.iter().for_each(|line| self.transmit(who, line)),
            Noted::Counted if line == "* ping" && person.answers_pings => self.transmit(who, &format!("@ {seen}")),
            _ => {}
        }
    }

    /// What a client has heard since it was last asked.
    pub(crate) fn heard(&mut self, who: usize) -> Vec<String> {
        std::mem::take(&mut self.people[who].heard)
    }

    /// What reached the other end of the connection that a client lost last.
    pub(crate) fn ghost_heard(&mut self, who: usize) -> String {
        let ghost = self.people[who].ghosts.last().expect("a connection was lost");
        let (bytes, _) = ghost.ends.borrow_mut().fetch(usize::MAX);
        String::from_utf8(bytes).unwrap()
    }

    /// Tells the server something about the stream of a client.
    pub(crate) fn ready(&mut self, who: usize, readiness: Readiness) {
        let token = self.people[who].link.as_ref().expect("it is connected").token;
        self.server.handle_ready(token, readiness);
    }

    /// How many streams the server still holds.
    pub(crate) fn open_streams(&self) -> usize {
        self.streams - self.calls.borrow().iter().filter(|(_, call)| *call == Call::Dropped).count()
    }
}

fn port(number: usize) -> u16 {
    u16::try_from(40_000 + number % 20_000).unwrap()
}
