//! A connection of `chatd ctl`.

use std::io::{self, Read, Write};
use std::net::Shutdown;

use mio::net::UnixStream;

use crate::server::{Stream, Taken};

impl Stream for UnixStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Taken> {
        let count = Read::read(self, buffer)?;
        Ok(Taken::of_socket(count, buffer.len()))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(self, bytes)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    /// It may stay for as long as it likes to read what it was told: on one machine that is not lost.
    fn hangs_up(&self) -> bool {
        false
    }
}
