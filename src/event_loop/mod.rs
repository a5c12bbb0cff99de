//! Event loop: the thin binding of [`crate::server`] to the operating system. Knows listeners,
//! signals, stdin and clocks; does not know what a user or a room is.
//!
//! Sockets are registered once, for reading and writing, edge-triggered; what is left to do after
//! an edge is remembered by the server. No thread but this one.

mod clock;
mod listen;
mod stdio;

pub use listen::ListenError;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use mio::net::TcpStream;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook_mio::v1_0::Signals;

use crate::chat::{Millis, Now};
use crate::limits::{ACCEPT_PAUSE, ACCEPTS_PER_TICK, DRAIN_TIME};
use crate::server::{Config, Peer, Readiness, Server, Stream, Token};
use clock::Clock;
use listen::Listener;
use stdio::{Console, Log};

const SIGNALS: mio::Token = mio::Token(usize::MAX);
const LISTENERS: usize = usize::MAX - 1 - MAX_LISTENERS;
const MAX_LISTENERS: usize = 64;
const EVENTS_PER_POLL: usize = 1024;
/// How soon to try again to write log lines that stderr did not take.
const LOG_RETRY: Duration = Duration::from_millis(100);

/// Why the daemon could not start or go on.
#[derive(Debug)]
pub enum Failure {
    /// An address cannot be listened on.
    Listen(ListenError),
    /// More addresses than the loop has tokens for.
    TooManyListeners,
    /// The system refused something else that is essential.
    System(io::Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Listen(error) => write!(f, "{error}"),
            Self::TooManyListeners => write!(f, "at most {MAX_LISTENERS} addresses can be listened on"),
            Self::System(error) => write!(f, "the system refused: {error}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<ListenError> for Failure {
    fn from(error: ListenError) -> Self {
        Self::Listen(error)
    }
}

/// Any stream the server may be given.
#[derive(Debug)]
enum AnyStream {
    Tcp(TcpStream),
    Console(Console),
}

impl Read for AnyStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Console(console) => console.read(buffer),
        }
    }
}

impl Write for AnyStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Console(console) => console.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for AnyStream {
    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Self::Console(console) => console.finish(),
        }
    }
}

/// Whether the daemon serves or is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Serving,
    Draining { until: Millis },
}

/// The daemon's loop.
pub struct EventLoop {
    poll: Poll,
    signals: Signals,
    listeners: Vec<Listener>,
    server: Server<AnyStream>,
    clock: Clock,
    log: Log,
    mode: Mode,
}

impl EventLoop {
    /// Binds and registers everything; `listen` empty means the default addresses.
    ///
    /// # Errors
    /// When an address cannot be listened on, or the system refuses something essential.
    pub fn new(listen: &[SocketAddr], config: Config) -> Result<Self, Failure> {
        if listen.len() > MAX_LISTENERS {
            return Err(Failure::TooManyListeners);
        }
        let poll = Poll::new()?;
        let mut listeners = match listen {
            [] => vec![listen::bind_default()?],
            addresses => addresses.iter().map(|address| Listener::bind(*address)).collect::<Result<_, _>>()?,
        };
        for (number, listener) in listeners.iter_mut().enumerate() {
            poll.registry().register(&mut listener.socket, mio::Token(LISTENERS + number), Interest::READABLE)?;
        }
        let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
        poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
        let (server, clock) = (Server::new(config), Clock::new());
        Ok(Self { poll, signals, listeners, server, clock, log: Log::new(), mode: Mode::Serving })
    }

    /// The addresses listened on, with the ports the kernel chose where none was given.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.listeners.iter().map(|listener| listener.address)
    }

    /// Makes stdin and stdout the operator's console. Does nothing when stdin is closed.
    pub fn open_console(&mut self) {
        let console = Console::new();
        let token = mio::Token(self.server.next_token().to_usize());
        let (input, output) = (console.input(), console.output());
        let registry = self.poll.registry();
        // A regular file and /dev/null cannot be registered (epoll_ctl(2), EPERM) and are always
        // ready; the server reads on until their end by itself.
        let _ = registry.register(&mut SourceFd(&input), token, Interest::READABLE);
        let _ = registry.register(&mut SourceFd(&output), token, Interest::WRITABLE);
        let token = self.server.accept(AnyStream::Console(console), Peer::Operator, self.clock.now());
        self.server.handle_ready(token, Readiness { readable: true, writable: false, hung_up: false });
    }

    /// Serves until a signal or the operator ends it. Returns when everybody has been told.
    ///
    /// # Errors
    /// When the system refuses to wait for events, which leaves nothing to do.
    pub fn run(mut self) -> Result<(), Failure> {
        let mut events = Events::with_capacity(EVENTS_PER_POLL);
        loop {
            let timeout = self.poll_timeout();
            match self.poll.poll(&mut events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            let now = self.clock.now();
            for event in &events {
                self.dispatch(event, now);
            }
            self.accept_waiting(now);
            self.server.tick(now);
            self.write_log();
            if self.server.stop_asked() {
                self.drain(now);
            }
            if self.is_finished(now) {
                self.write_log();
                return Ok(());
            }
        }
    }

    fn dispatch(&mut self, event: &mio::event::Event, now: Now) {
        match event.token() {
            SIGNALS => self.handle_signals(now),
            mio::Token(number) if number >= LISTENERS => {
                if let Some(listener) = self.listeners.get_mut(number - LISTENERS) {
                    listener.is_ready = true;
                }
            }
            mio::Token(number) => {
                let readiness = Readiness {
                    readable: event.is_readable(),
                    writable: event.is_writable(),
                    hung_up: event.is_read_closed() || event.is_error(),
                };
                self.server.handle_ready(Token::from_usize(number), readiness);
            }
        }
    }

    fn handle_signals(&mut self, now: Now) {
        let signals: Vec<i32> = self.signals.pending().collect();
        for signal in signals {
            if self.mode != Mode::Serving {
                // Asked twice: the shell's convention for "ended by signal N".
                std::process::exit(128 + signal);
            }
            self.server.journal().note(format_args!("stopping signal={signal}"));
            self.drain(now);
        }
    }

    /// Accepts what waits, some from each listener, and no more than its share of a tick.
    fn accept_waiting(&mut self, now: Now) {
        for number in 0..self.listeners.len() {
            for _ in 0..ACCEPTS_PER_TICK {
                if !self.accept_one(number, now) {
                    break;
                }
            }
        }
    }

    fn accept_one(&mut self, number: usize, now: Now) -> bool {
        let Some(listener) = self.listeners.get_mut(number) else { return false };
        if !listener.is_ready || listener.paused_until.is_some_and(|until| until > now.steady) {
            return false;
        }
        listener.paused_until = None;
        match listener.accept() {
            Ok((mut stream, address)) => {
                let token = mio::Token(self.server.next_token().to_usize());
                let interest = Interest::READABLE | Interest::WRITABLE;
                if self.poll.registry().register(&mut stream, token, interest).is_ok() {
                    self.server.accept(AnyStream::Tcp(stream), Peer::Client(address), now);
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => listener.is_ready = false,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                let address = listener.address;
                listener.paused_until = Some(now.steady + ACCEPT_PAUSE);
                self.server.journal().note(format_args!("accept-failed on={address} error={error}"));
                return false;
            }
        }
        true
    }

    /// Stops listening and tells everybody; the loop ends when they have hung up.
    fn drain(&mut self, now: Now) {
        if self.mode != Mode::Serving {
            return;
        }
        self.mode = Mode::Draining { until: now.steady + DRAIN_TIME };
        self.listeners.clear();
        self.server.shut_down(now);
        self.server.tick(now);
        self.write_log();
    }

    fn is_finished(&self, now: Now) -> bool {
        match self.mode {
            Mode::Serving => false,
            Mode::Draining { until } => self.server.connection_count() == 0 || until <= now.steady,
        }
    }

    fn poll_timeout(&self) -> Option<Duration> {
        let now = self.clock.now();
        let drained = match self.mode {
            Mode::Serving => None,
            Mode::Draining { until } => Some(until.since(now.steady)),
        };
        let log = if self.log.is_empty() { None } else { Some(LOG_RETRY) };
        let accept = self.listeners.iter().filter(|listener| listener.is_ready).map(|listener| {
            listener.paused_until.map_or(Duration::ZERO, |until| until.since(now.steady))
        });
        [self.server.poll_timeout(now), drained, log].into_iter().flatten().chain(accept).min()
    }

    fn write_log(&mut self) {
        if self.log.is_empty() && !self.server.journal().is_empty() {
            let lines = self.server.journal().take();
            self.log.add(&lines);
        }
        self.log.write_out();
    }
}

/// Errors of accept(2) that concern the one connection which was waiting, not the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::Interrupted
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::TimedOut
    )
}
