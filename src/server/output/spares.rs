//! Emptied buffers, kept so that a message needs no allocation and an idle connection no memory.

use super::buffer::Buffer;
use super::queue::Queue;
use crate::limits::{SPARE_BUFFER_BYTES, SPARE_BYTES, SPARE_SHARE};

/// What can be emptied and used again.
pub(in crate::server) trait Reusable: Default {
    /// Empties it, but for its memory.
    fn clear(&mut self);
    /// Bytes of memory that it takes then.
    fn memory(&self) -> usize;
}

impl Reusable for Buffer {
    fn clear(&mut self) {
        Buffer::clear(self);
    }

    fn memory(&self) -> usize {
        self.capacity()
    }
}

impl Reusable for Queue {
    fn clear(&mut self) {
        Queue::clear(self);
    }

    fn memory(&self) -> usize {
        Queue::memory(self)
    }
}

/// See the module.
#[derive(Debug)]
pub(in crate::server) struct Spares<T> {
    unused: Vec<Box<T>>,
    bytes: usize,
    /// At most so many bytes.
    most: usize,
}

impl<T: Reusable> Spares<T> {
    /// Beside queues that may take so many bytes together.
    pub(in crate::server) fn beside(queued_total: usize) -> Self {
        Self { unused: Vec::new(), bytes: 0, most: SPARE_BYTES.min(queued_total / SPARE_SHARE) }
    }

    pub(in crate::server) fn take(&mut self) -> Box<T> {
        let unused = self.unused.pop().unwrap_or_default();
        self.bytes = self.bytes.saturating_sub(unused.memory());
        unused
    }

    pub(in crate::server) fn give(&mut self, mut unused: Box<T>) {
        unused.clear();
        let size = unused.memory();
        if size <= SPARE_BUFFER_BYTES && self.bytes + size <= self.most {
            self.bytes += size;
            self.unused.push(unused);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spare_buffers_are_bounded_each_and_together() {
        let with = |bytes| {
            let mut queue = Box::<Buffer>::default();
            queue.end().extend_from_slice(&vec![b'x'; bytes]);
            queue
        };
        let mut spares = Spares::beside(SPARE_BYTES * SPARE_SHARE);
        spares.give(with(2 * SPARE_BUFFER_BYTES));
        assert_eq!(spares.unused.len(), 0, "one that large is not kept");
        for _ in 0..2 * SPARE_BYTES / SPARE_BUFFER_BYTES {
            spares.give(with(SPARE_BUFFER_BYTES / 2 + 1));
        }
        assert!(!spares.unused.is_empty());
        let together: usize = spares.unused.iter().map(|buffer| buffer.capacity()).sum();
        assert!(together <= SPARE_BYTES, "{together}");
        let few = Spares::<Buffer>::beside(1024 * 1024);
        assert_eq!(few.most, 64 * 1024, "a small daemon keeps few");
    }

    #[test]
    fn buffers_for_reuse_take_a_share_of_what_may_be_queued_and_no_more() {
        let mut spares = Spares::beside(SPARE_SHARE * 100_000);
        let buffer = || Box::new(Buffer::from(&[b'x'; 30_000][..]));
        (0..10).for_each(|_| spares.give(buffer()));
        assert_eq!((spares.unused.len(), spares.bytes), (3, 90_000));
        spares.give(Box::new(Buffer::from(&[b'x'; SPARE_BUFFER_BYTES + 1][..])));
        assert_eq!(spares.unused.len(), 3, "none that is large");
        assert_eq!(Spares::<Buffer>::beside(usize::MAX).most, SPARE_BYTES);
    }
}
