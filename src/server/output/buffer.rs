//! Bytes that wait: appended to behind, taken off in front, in one piece of memory whose size is
//! known and never much more than what waits in it.

use bytes::BytesMut;

use crate::limits::{LINE_BYTES, LONG_QUEUE_BYTES, SNUG_BYTES};

/// See the module.
#[derive(Debug, Default)]
pub(in crate::server) struct Buffer {
    /// Never cut at its start: `BytesMut` would not count what stands before a cut any more, and
    /// still hold it.
    bytes: BytesMut,
    /// So many bytes are taken off.
    start: usize,
}

impl Buffer {
    /// What waits.
    pub(in crate::server) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    pub(in crate::server) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(in crate::server) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory it takes.
    pub(in crate::server) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// To append to.
    #[inline]
    pub(in crate::server) fn end(&mut self) -> &mut BytesMut {
        let length = self.bytes.len();
        if length > LONG_QUEUE_BYTES && self.bytes.capacity() - length < LINE_BYTES {
            self.make_room();
        }
        &mut self.bytes
    }

    /// A long queue grows by an eighth and a line; left to itself it would double.
    #[cold]
    fn make_room(&mut self) {
        if self.start >= LINE_BYTES {
            return self.close_up();
        }
        self.reallocate(self.len() + self.len() / 8 + LINE_BYTES);
    }

    /// Takes bytes off the start.
    pub(in crate::server) fn advance(&mut self, count: usize) {
        self.start = (self.start + count).min(self.bytes.len());
        // No more bytes are moved than have been taken off since they were moved last.
        if self.start >= self.len() {
            self.close_up();
        }
    }

    fn close_up(&mut self) {
        let length = self.len();
        self.bytes.copy_within(self.start.., 0);
        self.bytes.truncate(length);
        self.start = 0;
    }

    /// Takes bytes off the end until so many are left.
    pub(in crate::server) fn truncate(&mut self, length: usize) {
        self.bytes.truncate(self.start + length);
    }

    pub(in crate::server) fn clear(&mut self) {
        self.bytes.clear();
        self.start = 0;
    }

    /// Gives memory back if it is more than four times what is needed.
    pub(in crate::server) fn fit(&mut self) {
        if self.capacity() > SNUG_BYTES.max(4 * self.len()) {
            self.reallocate(self.len() + self.len() / 4);
        }
    }

    /// Takes no more than so much memory, of which what waits needs less.
    pub(in crate::server) fn fit_into(&mut self, most: usize) {
        if self.capacity() > most {
            self.reallocate(self.len());
        }
    }

    #[cold]
    fn reallocate(&mut self, capacity: usize) {
        let mut bytes = BytesMut::with_capacity(capacity);
        bytes.extend_from_slice(self.bytes());
        (self.bytes, self.start) = (bytes, 0);
    }
}

impl From<&[u8]> for Buffer {
    fn from(bytes: &[u8]) -> Self {
        Self { bytes: BytesMut::from(bytes), start: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_off_in_front_is_what_was_appended_behind() {
        let (mut queue, mut expected, mut random) = (Buffer::default(), Vec::new(), 1_u32);
        for number in 0..20_000_u32 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let line = number.to_string().repeat(1 + random as usize % 40);
            queue.end().extend_from_slice(line.as_bytes());
            expected.extend_from_slice(line.as_bytes());
            if random.is_multiple_of(3) {
                let count = random as usize / 7 % (expected.len() + 1);
                queue.advance(count);
                expected.drain(..count);
            }
            assert_eq!(queue.bytes(), expected);
            if number.is_multiple_of(7) {
                queue.fit();
                assert_eq!(queue.bytes(), expected);
            }
        }
    }

    /// However the lines come and go, a long queue takes no more than an eighth above what waits, and two
    /// lines.
    #[test]
    fn a_long_queue_that_moves_does_not_grow() {
        let mut queue = Buffer::default();
        for number in 0..100_000 {
            queue.end().extend_from_slice(&[b'x'; 1_000]);
            if number >= 64 {
                queue.advance(1_000);
            }
            let most = queue.len() + queue.len() / 8 + 2 * LINE_BYTES;
            let most = most.max(2 * LONG_QUEUE_BYTES);
            assert!(queue.capacity() <= most, "{} for {} bytes", queue.capacity(), queue.len());
        }
    }

    #[test]
    fn an_all_but_emptied_queue_gives_its_memory_back() {
        let mut queue = Buffer::from(&[b'x'; 60_000][..]);
        queue.advance(59_900);
        queue.fit();
        assert!(queue.capacity() < 200 && queue.len() == 100, "{queue:?}");
    }
}
