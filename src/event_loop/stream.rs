//! The streams the daemon has: sockets of clients, its own terminal, sockets of `chatd ctl`.

use std::io::{self, Read, Write};
use std::net::Shutdown;

use mio::net::{TcpStream, UnixStream};

use super::stdio::Console;
use crate::server::Stream;

/// Any stream the server may be given.
#[derive(Debug)]
pub(super) enum AnyStream {
    Tcp(TcpStream),
    Console(Console),
    Control(UnixStream),
}

impl Read for AnyStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Console(console) => console.read(buffer),
            Self::Control(stream) => stream.read(buffer),
        }
    }
}

impl Write for AnyStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Console(console) => console.write(bytes),
            Self::Control(stream) => stream.write(bytes),
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
            Self::Control(stream) => stream.shutdown(Shutdown::Write),
        }
    }

    fn is_broken(&mut self) -> bool {
        match self {
            Self::Tcp(stream) => stream.take_error().is_ok_and(|error| error.is_some()),
            Self::Console(_) | Self::Control(_) => false,
        }
    }
}
