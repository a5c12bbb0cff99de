//! A client that sends and expects lines.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::{PATIENCE, matches};

/// A client connected over TCP.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

static PINGS: AtomicU32 = AtomicU32::new(0);

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::of(TcpStream::connect_timeout(&address, PATIENCE).expect("the daemon takes connections"))
    }

    /// A client from an address of this machine.
    pub(crate) fn connect_from(ip: IpAddr, address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::new(ip, 0).into()).expect("it is an address of this machine");
        socket.connect(&address.into()).expect("the daemon takes connections");
        Self::of(socket.into())
    }

    /// A client whose system takes little that it does not read.
    pub(crate) fn narrow(address: SocketAddr, name: &str) -> Self {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(4096).expect("its buffer has a size");
        socket.connect(&address.into()).expect("the daemon takes connections");
        let mut client = Self::of(socket.into());
        client.enter(name);
        client
    }

    fn of(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout can be set");
        stream.set_nodelay(true).expect("nodelay can be set");
        Self { stream: BufReader::new(stream) }
    }

    /// A client that has entered, and has been shown what was announced before.
    #[track_caller]
    pub(crate) fn entered(address: SocketAddr, name: &str) -> Self {
        let mut client = Self::connect(address);
        client.enter(name);
        client
    }

    #[track_caller]
    fn enter(&mut self, name: &str) {
        self.send(&format!("ENTER {name}"));
        let mut line = self.line();
        while line.starts_with("* announced-earlier ") {
            line = self.line();
        }
        assert!(line.starts_with("+OK entered "), "{line}");
    }

    /// Enters a room in which nothing has been said.
    #[track_caller]
    pub(crate) fn join(&mut self, room: &str) {
        self.send(&format!("JOIN {room}"));
        self.expect(&format!("* joined {room} {{any}}"));
        self.expect(&format!("+OK room {room}"));
    }

    /// As [`Self::send_bytes`], for a server that may hang up.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.stream.get_mut().write_all(bytes).is_ok()
    }

    /// What came in this time, if anything.
    pub(crate) fn line_within(&mut self, time: Duration) -> Option<String> {
        self.stream.get_ref().set_read_timeout(Some(time)).expect("a timeout can be set");
        let line = self.line();
        self.stream.get_ref().set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        (!line.starts_with("{nothing ")).then_some(line)
    }

    /// The port it comes from.
    pub(crate) fn port(&self) -> u16 {
        self.stream.get_ref().local_addr().expect("it is connected").port()
    }

    /// The server's address.
    pub(crate) fn peer(&self) -> SocketAddr {
        self.stream.get_ref().peer_addr().expect("it is connected")
    }

    pub(crate) fn send(&mut self, line: &str) {
        self.send_bytes(format!("{line}\n").as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).expect("the daemon reads");
    }

    /// The next line; `{closed}` when the server has hung up, and `{...}` with what went wrong.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => "{closed}".to_owned(),
            Ok(_) => line.strip_suffix('\n').map_or_else(|| format!("{{no whole line: {line}}}"), str::to_owned),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                format!("{{nothing in {PATIENCE:?}}}")
            }
            Err(error) => format!("{{{error}}}"),
        }
    }

    /// Reads the next line; if it is not as expected, says what it is. `{closed}` expects the
    /// server to have hung up.
    pub(crate) fn check(&mut self, pattern: &str) -> Result<String, String> {
        let found = self.line();
        let is_expected = if pattern == "{closed}" { found == pattern } else { matches(pattern, &found) };
        if is_expected { Ok(found) } else { Err(format!("expected: {pattern}\n   found: {found}")) }
    }

    /// The next line must match.
    #[track_caller]
    pub(crate) fn expect(&mut self, pattern: &str) -> String {
        match self.check(pattern) {
            Ok(line) => line,
            Err(failure) => panic!("{failure}"),
        }
    }

    /// Skips lines until one matches; fails when the server hangs up or falls silent before.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, pattern: &str) -> String {
        loop {
            let line = self.line();
            if matches(pattern, &line) {
                return line;
            }
            assert!(!line.starts_with('{'), "waited for: {pattern}\n     found: {line}");
        }
    }

    /// Sends a line and expects those after it.
    #[track_caller]
    pub(crate) fn ask(&mut self, line: &str, patterns: &[&str]) {
        self.send(line);
        for pattern in patterns {
            self.expect(pattern);
        }
    }

    /// The server must have hung up, everything before being read.
    #[track_caller]
    pub(crate) fn expect_closed(&mut self) {
        self.expect("{closed}");
    }

    /// Nothing must be waiting to be read, and the server still be there.
    #[track_caller]
    pub(crate) fn expect_quiet(&mut self) {
        let word = format!("quiet-{}", PINGS.fetch_add(1, Ordering::Relaxed));
        self.ask(&format!("PING {word}"), &[&format!("+OK pong {word}")]);
    }

    /// Says that nothing more will be sent.
    pub(crate) fn finish(&mut self) {
        self.stream.get_ref().shutdown(Shutdown::Write).expect("it is connected");
    }

    /// Hangs up so that the server's kernel sees a reset.
    pub(crate) fn reset(self) {
        let stream = self.stream.into_inner();
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("linger can be set");
    }

    /// What the server sends until it hangs up.
    pub(crate) fn rest(mut self) -> String {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).expect("the server hangs up in time");
        rest
    }
}
