//! What the server needs of a connection's bytes: a transport, which moves them and knows nothing of
//! lines. It may hold bytes back in both directions (a TLS stream does), so it says itself what
//! cannot be seen from outside.

use std::io;

/// What one read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// So many bytes; none at the end of the stream.
    pub count: usize,
    /// Nothing more can be read before the event queue reports it: not from the socket, nor from
    /// what the stream has taken from there.
    pub is_drained: bool,
}

impl Taken {
    /// What a read of a socket brought, which gives less than was asked for only when it has no more
    /// (epoll(7), questions and answers, 9).
    #[inline]
    pub fn of_socket(count: usize, asked: usize) -> Self {
        Self { count, is_drained: count < asked }
    }
}

/// A non-blocking stream of bytes, both ways. What it cannot do now is
/// [`WouldBlock`](io::ErrorKind::WouldBlock), after which the event queue reports when it can; so it
/// says that only when its socket has said so.
pub trait Stream {
    /// Reads some of what has arrived.
    ///
    /// # Errors
    /// Those of the system call; the server then gives the connection up.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Taken>;

    /// Accepts some bytes to write; says how many, which are then the stream's to deliver.
    ///
    /// # Errors
    /// Those of the system call; the server then gives the connection up.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Whether it has something to write although all it was given is accepted: what it holds back, or
    /// has to say of its own. Asked after it was read or written; [`Self::flush`] is called then.
    #[inline]
    fn wants_write(&self) -> bool {
        false
    }

    /// Writes what it has accepted and has to say.
    ///
    /// # Errors
    /// `WouldBlock` while something is left; those of the system call.
    #[inline]
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Whether lines may be written that are not queued first, a few at a time. A stream that makes a
    /// record of all it is given at once may refuse.
    #[inline]
    fn takes_unqueued(&self) -> bool {
        !self.wants_write()
    }

    /// Tells the peer that nothing more will be written; reading goes on (`shutdown(2)`, `SHUT_WR`).
    /// Called when everything is flushed. It may want to write once more for that.
    ///
    /// # Errors
    /// Those of the system call; the server then gives the connection up.
    fn finish(&mut self) -> io::Result<()>;

    /// Whether the peer hangs up when it has been told that nothing more will be written, so that it
    /// is waited for. A terminal does not.
    #[inline]
    fn hangs_up(&self) -> bool {
        true
    }

    /// Whether the stream is known to be broken, without reading what has arrived. May forget
    /// that it said so.
    fn is_broken(&mut self) -> bool {
        false
    }
}
