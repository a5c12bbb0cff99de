//! What many are told, in memory once for all of them.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::limits::{CHUNKS_KEPT, SNUG_CHUNK_BYTES};
use crate::wire::Dialect;

/// Whole lines for many. Does not change while anybody has it.
#[derive(Debug, Default)]
pub(in crate::server) struct Chunk {
    bytes: Vec<u8>,
    lines: u32,
}

impl Chunk {
    pub(in crate::server) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many lines it consists of.
    pub(in crate::server) fn lines(&self) -> u32 {
        self.lines
    }

    /// Bytes of memory it takes.
    pub(in crate::server) fn memory(&self) -> usize {
        size_of::<Self>() + self.bytes.capacity()
    }

    fn fill(&mut self, bytes: &[u8]) {
        if self.bytes.capacity() > SNUG_CHUNK_BYTES.max(4 * bytes.len()) {
            self.bytes = Vec::with_capacity(bytes.len());
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        self.lines = u32::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX);
    }
}

/// Chunks that have been handed out, the oldest first: one that nobody has any more is used again, so
/// that a line for many needs no allocation.
#[derive(Debug, Default)]
pub(in crate::server) struct Chunks(VecDeque<Rc<Chunk>>);

impl Chunks {
    /// A chunk with these bytes, which are whole lines. Of those there are the oldest is tried
    /// and no other.
    pub(in crate::server) fn share(&mut self, bytes: &[u8]) -> Rc<Chunk> {
        let mut chunk = self.0.pop_front().unwrap_or_default();
        match Rc::get_mut(&mut chunk) {
            Some(unused) => unused.fill(bytes),
            None => {
                let in_use = std::mem::take(&mut chunk);
                self.keep(in_use);
                if let Some(new) = Rc::get_mut(&mut chunk) {
                    new.fill(bytes);
                }
            }
        }
        self.keep(Rc::clone(&chunk));
        chunk
    }

    fn keep(&mut self, chunk: Rc<Chunk>) {
        if self.0.len() < CHUNKS_KEPT {
            self.0.push_back(chunk);
        }
    }
}

/// The same lines in each dialect that somebody speaks.
#[derive(Debug, Default)]
pub(in crate::server) struct Shares([Option<Rc<Chunk>>; Dialect::ALL.len()]);

impl Shares {
    /// Shares what is there of each dialect.
    pub(in crate::server) fn new<'a>(by_dialect: impl Iterator<Item = &'a [u8]>, chunks: &mut Chunks) -> Self {
        let mut all = Self::default();
        for (share, lines) in all.0.iter_mut().zip(by_dialect) {
            *share = (!lines.is_empty()).then(|| chunks.share(lines));
        }
        all
    }

    /// As those are told them who speak this dialect; nothing if there is nothing to tell them.
    #[inline(always)]
    pub(in crate::server) fn of(&self, dialect: Dialect) -> Option<&Rc<Chunk>> {
        self.0.get(dialect.index()).and_then(Option::as_ref)
    }

    /// How long they are in the dialect in which they are longest.
    pub(in crate::server) fn len(&self) -> usize {
        self.0.iter().flatten().map(|chunk| chunk.bytes().len()).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_used_again_when_nobody_has_it_and_never_before() {
        let mut chunks = Chunks::default();
        let first = Rc::as_ptr(&chunks.share(b"one\n"));
        let unparsed = chunks.share(b"two\nthree\n");
        assert_eq!(Rc::as_ptr(&unparsed), first, "nobody had it");
        let next = chunks.share(b"four\n");
        assert_eq!((unparsed.bytes(), unparsed.lines()), (&b"two\nthree\n"[..], 2));
        assert_eq!((next.bytes(), next.lines()), (&b"four\n"[..], 1));
    }

    #[test]
    fn few_chunks_are_kept_and_none_that_is_much_too_large() {
        let mut chunks = Chunks::default();
        let unparsed: Vec<_> = (0..2 * CHUNKS_KEPT).map(|_| chunks.share(&[b'x'; 8_000])).collect();
        assert_eq!(chunks.0.len(), CHUNKS_KEPT);
        drop(unparsed);
        let small = chunks.share(b"x\n");
        assert!(small.memory() < 8_000, "{}", small.memory());
    }
}
