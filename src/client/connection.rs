//! The connection to the server: connecting, and lines in and out of the socket.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::address::Address;
use crate::chat::sanitize;
use crate::limits::{LINE_BYTES, PORT, READ_BYTES};
use crate::wire::{LineSplitter, Step};

/// How long each address of a host may take to accept a connection.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// The same when the connection is made again: then the next try is not far.
const RECONNECT_TIME: Duration = Duration::from_secs(2);

/// How long a line may take to get out before the connection is given up. The server may stop
/// reading for some seconds from somebody who sends much at once.
const WRITE_TIME: Duration = Duration::from_secs(60);

/// Connects to the first address of the host that answers.
///
/// # Errors
/// Says what went wrong and what may help.
pub(super) fn connect(address: &Address) -> Result<TcpStream, String> {
    let explain = |error: &io::Error| explain(address, error);
    let candidates = (address.host.as_str(), address.port)
        .to_socket_addrs()
        .map_err(|error| format!("cannot find the host {}: {error}", sanitize(&address.host)))?;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for candidate in candidates {
        match connect_to(&candidate) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(explain(&last))
}

/// Connects once more: where the server was found last, else wherever its host is now.
///
/// # Errors
/// When nothing answers.
pub(super) fn connect_again(address: &Address, last: Option<SocketAddr>) -> io::Result<TcpStream> {
    let found = last.map(|last| connect_within(&last, RECONNECT_TIME));
    if let Some(Ok(stream)) = found {
        return Ok(stream);
    }
    let others = (address.host.as_str(), address.port).to_socket_addrs()?.filter(|other| Some(*other) != last);
    let mut error = found.and_then(Result::err).unwrap_or_else(|| io::ErrorKind::NotFound.into());
    for other in others {
        match connect_within(&other, RECONNECT_TIME) {
            Ok(stream) => return Ok(stream),
            Err(another) => error = another,
        }
    }
    Err(error)
}

fn connect_to(address: &SocketAddr) -> io::Result<TcpStream> {
    connect_within(address, CONNECT_TIME)
}

fn connect_within(address: &SocketAddr, time: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(address, time)?;
    // Lines are short and wait for nobody.
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(WRITE_TIME))?;
    Ok(stream)
}

fn explain(address: &Address, error: &io::Error) -> String {
    let what = match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "no answer".to_owned(),
        _ => error.to_string(),
    };
    let start =
        if address.port == PORT { "chatd".to_owned() } else { format!("chatd --listen 0.0.0.0:{}", address.port) };
    format!("cannot reach {address}: {what}. Is chatd running there? Start it with: {start}")
}

/// Whether this error says that nothing came in time.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// Sends one line.
///
/// # Errors
/// When the connection is broken.
pub(super) fn send(stream: &TcpStream, line: &str) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(line.len() + 1);
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    let mut stream = stream;
    stream.write_all(&bytes)
}

/// Reads lines. Holds less than one line of unfinished bytes, whatever the server sends.
#[derive(Debug)]
pub(super) struct LineReader<R> {
    stream: R,
    splitter: LineSplitter,
    held: Vec<u8>,
}

impl LineReader<TcpStream> {
    /// As [`Self::read_lines`], for at most this long.
    ///
    /// # Errors
    /// When the connection is broken, or nothing came in time (see [`is_timeout`]).
    pub(super) fn read_lines_within(&mut self, time: Duration) -> io::Result<Option<Vec<String>>> {
        self.stream.set_read_timeout(Some(time))?;
        self.read_lines()
    }
}

impl<R: Read> LineReader<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { stream, splitter: LineSplitter::default(), held: Vec::with_capacity(READ_BYTES + LINE_BYTES) }
    }

    /// Reads once and returns the lines that are whole now; `None` at the end of the stream.
    /// What is not UTF-8 is replaced, and lines that are too long are empty.
    ///
    /// # Errors
    /// When the connection is broken, or nothing came within its read timeout.
    pub(super) fn read_lines(&mut self) -> io::Result<Option<Vec<String>>> {
        let start = self.held.len();
        self.held.resize(start + READ_BYTES, 0);
        let read = match self.stream.read(self.held.get_mut(start..).unwrap_or_default()) {
            Ok(read) => read,
            Err(error) => {
                self.held.truncate(start);
                return if error.kind() == io::ErrorKind::Interrupted { Ok(Some(Vec::new())) } else { Err(error) };
            }
        };
        self.held.truncate(start + read);
        if read == 0 { Ok(None) } else { Ok(Some(self.take_lines())) }
    }

    fn take_lines(&mut self) -> Vec<String> {
        let (mut lines, mut at) = (Vec::new(), 0);
        loop {
            let (step, taken) = self.splitter.next(self.held.get(at..).unwrap_or_default());
            at += taken;
            match step {
                Step::Line(line) => lines.push(sanitize(&String::from_utf8_lossy(line)).into_owned()),
                // A line all the same, for those who count.
                Step::TooLong => lines.push(String::new()),
                Step::NeedMore => break,
            }
        }
        self.held.drain(..at.min(self.held.len()));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Chunks(Vec<Vec<u8>>);

    impl Read for Chunks {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let chunk = self.0.remove(0);
            buffer[..chunk.len()].copy_from_slice(&chunk);
            Ok(chunk.len())
        }
    }

    fn read_all(chunks: Vec<Vec<u8>>) -> Vec<String> {
        let mut reader = LineReader::new(Chunks(chunks));
        let mut lines = Vec::new();
        while let Some(more) = reader.read_lines().unwrap() {
            lines.extend(more);
            assert!(reader.held.len() < LINE_BYTES);
        }
        lines
    }

    #[test]
    fn lines_are_put_together_from_what_arrives() {
        let chunks = ["* pai", "red bob\r\n+O", "K\n", "unfinished"].map(|chunk| chunk.as_bytes().to_vec());
        assert_eq!(read_all(chunks.to_vec()), ["* paired bob", "+OK"]);
    }

    #[test]
    fn garbage_and_endless_lines_hurt_nobody() {
        let mut chunks = vec![b"\xff\xfe\x1b[2J\n".to_vec()];
        chunks.extend(std::iter::repeat_n(vec![b'x'; READ_BYTES], 10));
        chunks.push(b"\n+OK\n".to_vec());
        assert_eq!(read_all(chunks), ["\u{fffd}\u{fffd}\u{fffd}[2J", "", "+OK"]);
    }
}
