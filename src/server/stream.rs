//! What the server needs of a connection's bytes: anything non-blocking that reads and writes.

use std::io::{Read, Write};

/// A non-blocking stream of bytes, both ways.
pub trait Stream: Read + Write {
    /// Tells the peer that nothing more will be written; reading goes on (`shutdown(2)`, `SHUT_WR`).
    ///
    /// # Errors
    /// Those of the system call; the server then gives the connection up.
    fn finish(&mut self) -> std::io::Result<()>;

    /// Whether the stream is known to be broken, without reading what has arrived. May forget
    /// that it said so.
    fn is_broken(&mut self) -> bool {
        false
    }
}
