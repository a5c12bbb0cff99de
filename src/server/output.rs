//! What waits to be written to one connection.

use std::io::{self, ErrorKind, Write};

use bytes::{Buf, BytesMut};

use crate::limits::{OUTPUT_HARD_BYTES, OUTPUT_SOFT_BYTES, SPARE_BUFFER_BYTES, SPARE_BUFFERS};

/// A queue of whole lines, of which the first may have been written in part. Holds no memory
/// while it is empty.
#[derive(Debug, Default)]
pub(super) struct Output {
    queue: BytesMut,
    /// Whether the first line's start has been written.
    inside_line: bool,
}

/// How far a write got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// Everything is on its way.
    All,
    /// The stream takes no more for now.
    Blocked,
}

impl Output {
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn is_over_soft(&self) -> bool {
        self.len() > OUTPUT_SOFT_BYTES
    }

    pub(super) fn is_over_hard(&self) -> bool {
        self.len() > OUTPUT_HARD_BYTES
    }

    /// The queue, to append whole lines to.
    pub(super) fn queue(&mut self, spares: &mut SpareBuffers) -> &mut BytesMut {
        if self.queue.capacity() == 0 {
            self.queue = spares.take();
        }
        &mut self.queue
    }

    /// Writes until nothing is left or the stream blocks.
    pub(super) fn write_to(&mut self, stream: &mut impl Write, spares: &mut SpareBuffers) -> io::Result<Written> {
        while !self.queue.is_empty() {
            match stream.write(&self.queue) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) if count == self.queue.len() => self.queue.clear(),
                Ok(count) => {
                    self.inside_line = self.queue.get(count - 1) != Some(&b'\n');
                    self.queue.advance(count);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Written::Blocked),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.inside_line = false;
        spares.give(std::mem::take(&mut self.queue));
        Ok(Written::All)
    }

    /// Forgets the lines nobody will read, but for the rest of one whose start has been written.
    pub(super) fn drop_unsent_lines(&mut self) {
        let rest = if self.inside_line { memchr::memchr(b'\n', &self.queue).map_or(0, |at| at + 1) } else { 0 };
        self.queue.truncate(rest);
    }

    /// Forgets everything: the stream is broken.
    pub(super) fn drop_all(&mut self) {
        self.queue = BytesMut::new();
    }
}

/// Emptied buffers, kept so that a message needs no allocation and an idle connection no memory.
#[derive(Debug, Default)]
pub(super) struct SpareBuffers(Vec<BytesMut>);

impl SpareBuffers {
    pub(super) fn take(&mut self) -> BytesMut {
        self.0.pop().unwrap_or_default()
    }

    pub(super) fn give(&mut self, mut buffer: BytesMut) {
        let fits = buffer.capacity() > 0 && buffer.capacity() <= SPARE_BUFFER_BYTES;
        if fits && self.0.len() < SPARE_BUFFERS {
            buffer.clear();
            self.0.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `room` bytes, then blocks.
    struct Narrow {
        room: usize,
        taken: Vec<u8>,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.room);
            if count == 0 {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.room -= count;
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn short_writes_lose_nothing_and_an_emptied_queue_holds_no_memory() {
        let (mut output, mut spares) = (Output::default(), SpareBuffers::default());
        output.queue(&mut spares).extend_from_slice(b"one\ntwo\n");
        let mut stream = Narrow { room: 2, taken: Vec::new() };
        assert_eq!(output.write_to(&mut stream, &mut spares).unwrap(), Written::Blocked);
        assert_eq!(output.len(), 6);
        stream.room = 100;
        assert_eq!(output.write_to(&mut stream, &mut spares).unwrap(), Written::All);
        assert_eq!(stream.taken, b"one\ntwo\n");
        assert_eq!(output.queue.capacity(), 0);
    }

    #[test]
    fn dropping_unsent_lines_never_leaves_half_a_line_before_the_next() {
        for (room, kept) in [(0, ""), (2, "e\n"), (4, ""), (5, "wo\n")] {
            let (mut output, mut spares) = (Output::default(), SpareBuffers::default());
            output.queue(&mut spares).extend_from_slice(b"one\ntwo\nthree\n");
            let mut stream = Narrow { room, taken: Vec::new() };
            let _ = output.write_to(&mut stream, &mut spares);
            output.drop_unsent_lines();
            assert_eq!(output.queue, kept.as_bytes(), "after {room} bytes");
        }
    }
}
