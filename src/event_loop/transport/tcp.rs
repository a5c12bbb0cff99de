//! A client's connection, as it is.

use std::io::{self, Read, Write};
use std::net::Shutdown;

use mio::net::TcpStream;

use crate::server::{Stream, Taken};

impl Stream for TcpStream {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Taken> {
        let count = Read::read(self, buffer)?;
        Ok(Taken::of_socket(count, buffer.len()))
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(self, bytes)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    fn is_broken(&mut self) -> bool {
        self.take_error().is_ok_and(|error| error.is_some())
    }
}
