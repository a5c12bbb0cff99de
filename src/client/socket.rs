//! The socket to the server: the one place that reads from it, writes to it and ends it. Between its
//! bytes and the lines may stand a [`Layer`], as TLS would: that may have something to give although
//! the socket is drained, and something to write although nothing waits to be sent.

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::poll::PollFlags;

use super::clock;
use super::ready::{self, READ, WRITE};
use crate::chat::Millis;

/// What stands between the lines and the bytes of the socket, which does not block.
pub(super) trait Layer: Debug + Send {
    /// Reads what has come for the lines; none at the end.
    ///
    /// # Errors
    /// When the socket is broken, or nothing has come (`WouldBlock`).
    fn read(&mut self, socket: &TcpStream, bytes: &mut [u8]) -> io::Result<usize>;

    /// Takes some of these bytes, or only writes what is its own if there are none.
    ///
    /// # Errors
    /// When the socket is broken, or takes nothing now (`WouldBlock`).
    fn write(&mut self, socket: &TcpStream, bytes: &[u8]) -> io::Result<usize>;

    /// Whether a read would give something although the socket gives nothing.
    fn has_more(&self) -> bool;

    /// Whether it has to write something of its own.
    fn has_to_write(&self) -> bool;
}

/// Nothing stands between them.
#[derive(Debug)]
struct Plain;

impl Layer for Plain {
    fn read(&mut self, mut socket: &TcpStream, bytes: &mut [u8]) -> io::Result<usize> {
        socket.read(bytes)
    }

    fn write(&mut self, mut socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() { Ok(0) } else { socket.write(bytes) }
    }

    fn has_more(&self) -> bool {
        false
    }

    fn has_to_write(&self) -> bool {
        false
    }
}

/// See the file's text. Shared by the thread that reads from it and those that send.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    layer: Mutex<Box<dyn Layer>>,
}

impl Socket {
    /// Over a stream that does not block.
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self::over(stream, Box::new(Plain))
    }

    /// The same with something in between.
    pub(super) fn over(stream: TcpStream, layer: Box<dyn Layer>) -> Self {
        Self { stream, layer: Mutex::new(layer) }
    }

    /// Nothing is waited for under this lock.
    fn layer(&self) -> MutexGuard<'_, Box<dyn Layer>> {
        self.layer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address of this computer that it hangs on.
    pub(super) fn own(&self) -> Option<IpAddr> {
        self.stream.local_addr().ok().map(|own| own.ip())
    }

    /// As [`Layer::read`].
    ///
    /// # Errors
    /// See there.
    pub(super) fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        self.layer().read(&self.stream, bytes)
    }

    /// As [`Layer::write`].
    ///
    /// # Errors
    /// See there.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.layer().write(&self.stream, bytes)
    }

    /// See [`Layer::has_to_write`].
    pub(super) fn has_to_write(&self) -> bool {
        self.layer().has_to_write()
    }

    /// How long it may be waited for: not at all if it has something to give already.
    pub(super) fn patience(&self, time: Duration) -> Duration {
        if self.layer().has_more() { Duration::ZERO } else { time }
    }

    /// What it is to be waited for.
    pub(super) fn wanted(&self, is_sending: bool, is_read: bool) -> PollFlags {
        let writing = if is_sending || self.has_to_write() { WRITE } else { PollFlags::empty() };
        if is_read { writing | READ } else { writing }
    }

    /// Whoever reads from it sees its end.
    pub(super) fn end(&self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Ends what is sent and reads to the end: a socket that is closed with something unread throws
    /// away what it has not sent yet (RFC 1122, 4.2.2.13).
    pub(super) fn hear_out(&self, deadline: Millis) {
        let _ = self.stream.shutdown(Shutdown::Write);
        let mut bytes = [0; 4096];
        while ready::is_ready(self.as_fd(), READ, deadline.since(clock::now())) && clock::now() < deadline {
            match (&self.stream).read(&mut bytes) {
                Ok(1..) => {}
                Ok(0) | Err(_) => return,
            }
        }
    }

    /// When it is closed, nothing of it is to be heard of any more: what was not sent yet must not
    /// arrive when another has taken its place. `SO_LINGER` of 0 s: socket(7).
    pub(super) fn forget(&self) {
        // If that is refused it is closed in the usual way.
        let _ = socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Gives one byte at a time of what it has read at once, and writes a greeting of its own.
    #[derive(Debug)]
    struct Stubborn {
        read: Vec<u8>,
        greeting: Vec<u8>,
    }

    impl Layer for Stubborn {
        fn read(&mut self, mut socket: &TcpStream, bytes: &mut [u8]) -> io::Result<usize> {
            if self.read.is_empty() {
                let mut all = [0; 64];
                let read = socket.read(&mut all)?;
                self.read.extend(&all[..read]);
            }
            bytes[0] = self.read.remove(0);
            Ok(1)
        }

        fn write(&mut self, mut socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
            if self.has_to_write() {
                socket.write_all(&std::mem::take(&mut self.greeting))?;
            }
            if bytes.is_empty() { Ok(0) } else { socket.write(bytes) }
        }

        fn has_more(&self) -> bool {
            !self.read.is_empty()
        }

        fn has_to_write(&self) -> bool {
            !self.greeting.is_empty()
        }
    }

    #[test]
    fn a_layer_may_have_more_to_give_and_to_write_than_its_socket_shows() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut theirs = listener.accept().unwrap().0;
        let layer = Stubborn { read: Vec::new(), greeting: b"secret?".to_vec() };
        let socket = Socket::over(ours, Box::new(layer));
        assert!(socket.wanted(false, true).contains(WRITE), "though nothing is sent");
        assert_eq!(socket.write(b"").unwrap(), 0);
        assert_eq!(socket.wanted(false, true), READ);
        let mut bytes = [0; 7];
        theirs.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"secret?");
        let long = Duration::from_secs(60);
        theirs.write_all(b"ab").unwrap();
        assert_eq!(socket.patience(long), long);
        assert_eq!((socket.read(&mut bytes).unwrap(), bytes[0]), (1, b'a'));
        assert_eq!(socket.patience(long), Duration::ZERO, "though the socket is drained");
        assert_eq!((socket.read(&mut bytes).unwrap(), bytes[0]), (1, b'b'));
        assert_eq!(socket.patience(long), long);
    }
}
