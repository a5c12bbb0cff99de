//! The connection to the server: lines out of the socket.

use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use nix::poll::PollFlags;

use super::dial::Found;
use super::outbox::Outbox;
use super::socket::Socket;
use crate::chat::sanitize;
use crate::limits::{LINE_BYTES, READ_BYTES};
use crate::wire::{LineSplitter, Step};

/// A connection that is read from.
#[derive(Debug)]
pub(super) struct Connection {
    socket: Arc<Socket>,
    reader: LineReader,
    /// How long it took to be made.
    pub(super) round_trip: Duration,
}

impl Connection {
    /// Takes it over, and has the outbox send over it.
    pub(super) fn new(found: Found, outbox: &Outbox) -> Self {
        let Found { stream, round_trip } = found;
        let socket = Arc::new(Socket::plain(stream));
        outbox.connect(Some(Arc::clone(&socket)));
        Self { socket, reader: LineReader::default(), round_trip }
    }

    /// The address of this computer that it hangs on.
    pub(super) fn own(&self) -> Option<IpAddr> {
        self.socket.own()
    }

    /// What its descriptor is to be waited for; what waits to be painted may keep one from reading.
    pub(super) fn wanted(&self, outbox: &Outbox, is_read: bool) -> PollFlags {
        self.socket.wanted(outbox.is_waiting(), is_read)
    }

    /// How long it may be waited for.
    pub(super) fn patience(&self, time: Duration) -> Duration {
        self.socket.patience(time)
    }

    /// Reads what has come, once.
    ///
    /// # Errors
    /// When the connection is broken, or nothing has come (see [`is_timeout`]).
    pub(super) fn read_lines(&mut self) -> io::Result<Option<Vec<String>>> {
        self.reader.read_lines(|bytes| self.socket.read(bytes))
    }

    /// Closes it so that nothing of it is heard of any more, once the outbox has let go of it.
    pub(super) fn forget(self) {
        self.socket.forget();
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Whether this error says that nothing came in time.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    // The kernel's own `TimedOut` is an end.
    error.kind() == io::ErrorKind::WouldBlock
}

/// Whether this error says that the other end is not heard any more, though it has not hung up.
pub(super) fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable)
}

/// Reads lines. Holds less than one line of unfinished bytes, whatever the server sends.
#[derive(Debug)]
struct LineReader {
    splitter: LineSplitter,
    held: Vec<u8>,
}

impl Default for LineReader {
    fn default() -> Self {
        Self { splitter: LineSplitter::default(), held: Vec::with_capacity(READ_BYTES + LINE_BYTES) }
    }
}

impl LineReader {
    /// Reads once and returns the lines that are whole now; `None` at the end of the stream.
    /// What is not UTF-8 is replaced, and lines that are too long are empty.
    ///
    /// # Errors
    /// When the connection is broken, or nothing has come.
    fn read_lines(&mut self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<Option<Vec<String>>> {
        let start = self.held.len();
        self.held.resize(start + READ_BYTES, 0);
        let read = match read(self.held.get_mut(start..).unwrap_or_default()) {
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
                Step::NeedMore | Step::Endless => break,
            }
        }
        self.held.drain(..at.min(self.held.len()));
        lines
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

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
        let (mut reader, mut chunks) = (LineReader::default(), Chunks(chunks));
        let mut lines = Vec::new();
        while let Some(more) = reader.read_lines(|bytes| chunks.read(bytes)).unwrap() {
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
