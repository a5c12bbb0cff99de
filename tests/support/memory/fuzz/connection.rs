//! Whole connections: a program of bytes that has several clients and the operator send whatever it
//! holds, in whatever pieces, lose their connections, come back, stop reading, and lets time pass.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use chatd::chat::{Millis, Now, UnixMillis, is_unsafe};
use chatd::limits::{Limits, Rate};
use chatd::server::{Config, ConnectionId, Level, Peer, Readiness, Seat, Server};

use crate::memory::simulation::pipe::{Calls, Ends, Pipe};

const CLIENTS: usize = 4;
/// The client that is the operator.
const OPERATOR: usize = 3;
const SEATS: [Seat; 3] = [Seat::Terminal, Seat::Pipe, Seat::Socket];

thread_local! {
    static SECRETS: Cell<u128> = const { Cell::new(0) };
}

/// Secrets that a program can know: 1, 2, 3.
fn secret() -> u128 {
    SECRETS.set(SECRETS.get() + 1);
    SECRETS.get()
}

struct Wire {
    token: ConnectionId,
    ends: Rc<RefCell<Ends>>,
}

struct World {
    server: Server<Pipe>,
    wires: [Option<Wire>; CLIENTS],
    calls: Calls,
    now: u64,
    streams: u16,
}

/// Runs the program; after each step every invariant holds, and nothing that acts on a terminal is
/// on anybody's wire or in the log.
pub(crate) fn connection(data: &[u8]) {
    SECRETS.set(0);
    let Some((flags, mut program)) = data.split_first() else { return };
    let mut world = World::new(*flags);
    while let Some((operation, rest)) = program.split_first() {
        let who = usize::from(operation & 3);
        let taken = world.step(who, operation >> 2, rest);
        world.tick();
        program = &rest[taken.min(rest.len())..];
    }
    world.end();
}

impl World {
    fn new(flags: u8) -> Self {
        let mut limits = if flags & 1 > 0 { Limits::DEFAULT } else { Limits::DEFAULT.without_rates() };
        if flags & 2 > 0 {
            (limits.output_soft, limits.output_hard, limits.queued_total) = (5_000, 182_000, 182_000);
        }
        if flags & 4 > 0 {
            limits.connections = 3;
        }
        if flags & 8 > 0 {
            limits.lines = Rate { burst: 1, interval: Duration::from_millis(100) };
        }
        if flags & 16 > 0 {
            limits.resume_grace = Duration::ZERO;
        }
        let config = Config { limits, secrets: secret, log_level: Level::Rooms, ..Config::default() };
        Self { server: Server::new(config), wires: Default::default(), calls: Calls::default(), now: 0, streams: 0 }
    }

    fn now(&self) -> Now {
        Now { steady: Millis(self.now), wall: UnixMillis(1_795_158_000_000 + self.now) }
    }

    /// One operation; says how many bytes behind it it took.
    fn step(&mut self, who: usize, operation: u8, rest: &[u8]) -> usize {
        if self.wires[who].is_none() {
            self.connect(who);
        }
        let Some(Wire { token, ends }) = &self.wires[who] else { return 0 };
        let (token, ends) = (*token, Rc::clone(ends));
        let size = rest.first().map_or(0, |size| usize::from(*size));
        let mut ends = ends.borrow_mut();
        let (readiness, taken, is_over) = match operation {
            0 => (Some(ends.reset()), 0, true),
            1 => (Some(ends.end()), 0, false),
            2 => (Some(ends.desert()), 0, true),
            3 => (None, 0, true),
            4 => {
                ends.window = size * size;
                (None, 1, false)
            }
            5 => {
                self.now += 1 << (size % 24);
                (None, 1, false)
            }
            6 => (Some(Readiness { readable: size & 1 > 0, writable: size & 2 > 0, hung_up: false }), 1, false),
            7 => {
                ends.interruptions = u32::from(rest.first().copied().unwrap_or_default() % 4);
                (None, 1, false)
            }
            // Everything up to the end of the line, or a few bytes of it.
            8..40 => {
                let line = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
                (Some(ends.arrive(&rest[..line])), line, false)
            }
            _ => {
                let count = usize::from(operation - 39).min(rest.len());
                (Some(ends.arrive(&rest[..count])), count, false)
            }
        };
        drop(ends);
        if let Some(readiness) = readiness {
            self.server.handle_ready(token, readiness);
        }
        if is_over {
            self.wires[who] = None;
        }
        taken
    }

    fn connect(&mut self, who: usize) {
        self.streams += 1;
        let (pipe, ends) = Pipe::new(usize::from(self.streams), &self.calls);
        let address = SocketAddr::from(([10, 0, 0, 1 + who as u8], 1_024 + self.streams));
        let peer = if who == OPERATOR {
            Peer::Operator(SEATS[usize::from(self.streams) % SEATS.len()])
        } else {
            Peer::Client(address)
        };
        let now = self.now();
        let token = self.server.accept(pipe, peer, now);
        self.wires[who] = Some(Wire { token, ends });
    }

    fn tick(&mut self) {
        for _ in 0..1_000 {
            let now = self.now();
            self.server.tick(now);
            self.server.check_invariants();
            self.read_all();
            if self.server.poll_timeout(now) != Some(Duration::ZERO) {
                return;
            }
        }
        panic!("the server never comes to rest");
    }

    /// Everybody reads what the window lets through.
    fn read_all(&mut self) {
        for who in 0..CLIENTS {
            let Some(wire) = &self.wires[who] else { continue };
            let (bytes, readiness) = wire.ends.borrow_mut().fetch(usize::MAX);
            if let Some(readiness) = readiness {
                self.server.handle_ready(wire.token, readiness);
            }
            // The operator's own screen may be cleared.
            let is_escape = |byte: u8| byte == 0x1b && who != OPERATOR;
            // Those who speak another protocol are answered in lines that end as theirs do.
            let is_control = |byte: u8| (byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x1b)) || byte == 0x7f;
            assert!(bytes.iter().zip(bytes.iter().skip(1)).all(|(one, next)| *one != b'\r' || *next == b'\n'));
            assert!(!bytes.iter().any(|byte| is_control(*byte) || is_escape(*byte)), "{who} reads {bytes:?}");
            let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let text = String::from_utf8_lossy(&bytes[..whole]).into_owned();
            assert!(text.chars().all(|c| matches!(c, '\n' | '\r' | '\u{1b}') || !is_unsafe(c)), "{who} reads {text:?}");
            let is_over = wire.ends.borrow().is_dropped;
            if is_over {
                self.wires[who] = None;
            }
        }
        let log = self.server.journal().take();
        assert!(log.chars().all(|c| c == '\n' || !is_unsafe(c)), "the log says {log:?}");
    }

    /// The server stops, and nothing is left.
    fn end(mut self) {
        let now = self.now();
        self.server.shut_down(now);
        self.tick();
        self.now += 10_000;
        self.tick();
        assert_eq!((self.server.user_count(), self.server.connection_count()), (0, 0));
    }
}
