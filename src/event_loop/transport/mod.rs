//! Transports: what moves the bytes of a connection. Each is a [`Stream`], in a file of its own.

mod console;
mod control;
mod tcp;

use std::io;

use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};

use crate::server::{Stream, Taken};
pub(super) use console::Console;

/// Any transport a connection may have.
#[derive(Debug)]
pub(super) enum Transport {
    Tcp(TcpStream),
    Console(Console),
    Control(UnixStream),
}

/// Does the same with whichever it is.
macro_rules! each {
    ($transport:expr, $stream:ident => $what:expr) => {
        match $transport {
            Transport::Tcp($stream) => $what,
            Transport::Console($stream) => $what,
            Transport::Control($stream) => $what,
        }
    };
}

impl Transport {
    /// Has the event queue report when it is ready for reading and for writing.
    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let both = Interest::READABLE | Interest::WRITABLE;
        match self {
            Self::Tcp(stream) => registry.register(stream, token, both),
            Self::Control(stream) => registry.register(stream, token, both),
            Self::Console(console) => {
                console.register(registry, token);
                Ok(())
            }
        }
    }
}

impl Stream for Transport {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Taken> {
        each!(self, stream => Stream::read(stream, buffer))
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        each!(self, stream => Stream::write(stream, bytes))
    }

    #[inline]
    fn wants_write(&self) -> bool {
        each!(self, stream => stream.wants_write())
    }

    #[inline]
    fn flush(&mut self) -> io::Result<()> {
        each!(self, stream => Stream::flush(stream))
    }

    #[inline]
    fn takes_unqueued(&self) -> bool {
        each!(self, stream => stream.takes_unqueued())
    }

    fn finish(&mut self) -> io::Result<()> {
        each!(self, stream => stream.finish())
    }

    fn hangs_up(&self) -> bool {
        each!(self, stream => stream.hangs_up())
    }

    fn is_broken(&mut self) -> bool {
        each!(self, stream => stream.is_broken())
    }
}
