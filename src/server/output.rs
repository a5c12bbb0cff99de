//! What waits to be written to one connection, and what has been written but may have to be
//! written again over the next one.

use std::io::{self, ErrorKind, Write};

use bytes::BytesMut;

use super::kept::{BadSequence, Kept};
use super::queue::Queue;
use super::unread::Tally;
use crate::limits::{KEPT_BYTES, SPARE_BUFFER_BYTES, SPARE_BYTES, SPARE_SHARE};

/// A queue of whole lines. Holds no memory while it is empty.
#[derive(Debug, Default)]
pub(super) struct Output {
    queue: Option<Box<Queue>>,
    /// Whether what was written last is the start of a line whose rest is still to be written.
    inside_line: bool,
    /// When the user's place is kept, written lines stay in the queue until the user has seen them.
    kept: Option<Box<Kept>>,
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
    /// Bytes that wait to be written.
    pub(super) fn len(&self) -> usize {
        let kept = self.kept.as_deref().map_or(0, |kept| kept.prelude.len());
        kept + self.lines().len() - self.written()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that wait, and those that are kept.
    pub(super) fn size(&self) -> usize {
        self.len() + self.written()
    }

    /// Bytes of memory that what waits and what is kept take.
    #[inline]
    pub(super) fn memory(&self) -> usize {
        let prelude = self.kept.as_deref().map_or(0, |kept| kept.prelude.capacity());
        prelude + self.queue.as_deref().map_or(0, Queue::capacity)
    }

    /// The queue, to append whole lines to.
    #[inline]
    pub(super) fn queue(&mut self, spares: &mut SpareBuffers) -> &mut BytesMut {
        self.queue.get_or_insert_with(|| spares.take()).end()
    }

    pub(super) fn kept(&self) -> Option<&Kept> {
        self.kept.as_deref()
    }

    pub(super) fn kept_mut(&mut self) -> Option<&mut Kept> {
        self.kept.as_deref_mut()
    }

    /// One more command has been answered, which counts for one whose place is kept.
    pub(super) fn count_answer(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.answered += 1;
        }
    }

    fn lines(&self) -> &[u8] {
        self.queue.as_deref().map_or(&[], Queue::bytes)
    }

    /// How many bytes of the queue are written. More than none only if they are kept.
    fn written(&self) -> usize {
        self.kept.as_deref().map_or(0, |kept| kept.written)
    }

    /// What is to be written next.
    fn waiting(&self) -> &[u8] {
        match self.kept.as_deref() {
            Some(kept) if !kept.prelude.is_empty() => kept.prelude.bytes(),
            Some(kept) => self.lines().get(kept.written..).unwrap_or_default(),
            None => self.lines(),
        }
    }

    /// From now on lines are counted and kept. What is queued already is not among them.
    pub(super) fn keep(&mut self, mut kept: Kept) {
        kept.prelude = self.queue.take().map(|queue| *queue).unwrap_or_default();
        self.kept = Some(Box::new(kept));
    }

    /// Writes until nothing is left or the stream blocks.
    #[inline(always)]
    pub(super) fn write_to(&mut self, stream: &mut impl Write, spares: &mut SpareBuffers) -> io::Result<Written> {
        while !self.is_empty() {
            match stream.write(self.waiting()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.note_written(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.fit();
                    return Ok(Written::Blocked);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.free_if_empty(spares);
        Ok(Written::All)
    }

    /// Whether nothing is queued or kept.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_none() && self.kept.is_none()
    }

    /// Writes lines that are not queued, once, before which nothing stands; says how far it got.
    pub(super) fn write_past(&mut self, lines: &[u8], stream: &mut impl Write) -> io::Result<usize> {
        match stream.write(lines) {
            Ok(0) => Err(ErrorKind::WriteZero.into()),
            Ok(count) => {
                self.inside_line = lines.get(count - 1) != Some(&b'\n');
                Ok(count)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(0),
            Err(error) => Err(error),
        }
    }

    #[inline(always)]
    fn note_written(&mut self, count: usize) {
        self.inside_line = self.waiting().get(count - 1) != Some(&b'\n');
        match self.kept.as_deref_mut() {
            Some(kept) if !kept.prelude.is_empty() => {
                kept.prelude.advance(count);
                if kept.prelude.is_empty() {
                    kept.prelude = Queue::default();
                }
            }
            Some(kept) => {
                kept.written += count;
                let end = kept.written;
                self.forget_beyond_bound(end);
            }
            None => {
                if let Some(queue) = &mut self.queue {
                    if count == queue.len() { queue.clear() } else { queue.advance(count) }
                }
            }
        }
    }

    #[inline]
    fn free_if_empty(&mut self, spares: &mut SpareBuffers) {
        if let Some(queue) = self.queue.take_if(|queue| queue.is_empty()) {
            spares.give(queue);
        }
        self.fit();
    }

    /// What goes on waiting takes no more memory than it needs.
    fn fit(&mut self) {
        if let Some(queue) = self.queue.as_deref_mut() {
            queue.fit();
        }
        if let Some(kept) = self.kept.as_deref_mut() {
            kept.prelude.fit();
        }
    }

    /// The client has seen this many of the lines sent since its place is kept.
    pub(super) fn note_seen(&mut self, seen: u64, spares: &mut SpareBuffers) {
        let (Some(kept), Some(queue)) = (self.kept.as_deref_mut(), self.queue.as_deref_mut()) else { return };
        let forgotten = kept.forget_seen(seen, queue.bytes().get(..kept.written).unwrap_or_default());
        queue.advance(forgotten);
        kept.written -= forgotten;
        self.free_if_empty(spares);
    }

    /// Prepares the kept lines for another connection, from the one behind the `seen`th; says how
    /// many lines are lost because there was no room to keep them.
    pub(super) fn rewind(&mut self, seen: u64) -> Result<u64, BadSequence> {
        let kept = self.kept.as_deref_mut().ok_or(BadSequence)?;
        let lines = self.queue.as_deref().map_or(&[][..], Queue::bytes);
        let lost = kept.lost_before(seen, lines)?;
        let forgotten = kept.forget_seen(seen, lines);
        if let Some(queue) = &mut self.queue {
            queue.advance(forgotten);
        }
        (kept.written, kept.prelude, self.inside_line) = (0, Queue::default(), false);
        Ok(lost)
    }

    /// Puts what another output had to say before everything else, outside the count.
    pub(super) fn put_first(&mut self, other: Output) {
        self.inside_line = other.inside_line;
        if let Some(kept) = self.kept.as_deref_mut() {
            kept.prelude = other.queue.map(|queue| *queue).unwrap_or_default();
        }
    }

    /// While nobody is connected, the oldest lines go when there are too many to keep.
    pub(super) fn bound_unsent(&mut self) {
        self.forget_beyond_bound(self.lines().len());
        self.fit();
    }

    /// Forgets at least `excess` bytes of the kept lines, the oldest first, if there are so many that
    /// have been written, or that nobody is there to read.
    pub(super) fn forget_kept(&mut self, excess: usize, is_read: bool, spares: &mut SpareBuffers) {
        let end = if is_read { self.written() } else { self.lines().len() };
        if self.kept.is_none() || end == 0 {
            return;
        }
        self.forget_oldest(excess, end);
        if let Some(queue) = self.queue.as_deref_mut() {
            queue.fit_into(queue.len());
        }
        self.free_if_empty(spares);
    }

    /// Forgets kept lines, the oldest first and none behind `end`, until what is kept is in bounds.
    fn forget_beyond_bound(&mut self, end: usize) {
        let excess = self.lines().len().saturating_sub(KEPT_BYTES).min(end);
        if excess > 0 {
            self.forget_oldest(excess, end);
        }
    }

    fn forget_oldest(&mut self, excess: usize, end: usize) {
        let (Some(kept), Some(queue)) = (self.kept.as_deref_mut(), self.queue.as_deref_mut()) else { return };
        let forgotten = kept.forget_oldest(excess, queue.bytes().get(..end).unwrap_or_default());
        queue.advance(forgotten);
        kept.written = kept.written.saturating_sub(forgotten);
    }

    /// How many lines the client has been told since its place is kept.
    pub(super) fn told(&self) -> u64 {
        self.kept.as_deref().map_or(0, |kept| kept.told(self.lines()))
    }

    /// Counts the private lines of a kept place that the client has not said it has seen.
    pub(super) fn count_unconfirmed(&self, tally: &mut Tally) {
        if let Some(kept) = self.kept.as_deref() {
            kept.unread.behind(0).for_each(|sender| tally.add(sender));
            tally.add_lines(kept.dialect, self.lines());
        }
    }

    /// Lines that wait, but for one whose start has been written, where no place is kept.
    pub(super) fn unsent_lines(&self) -> &[u8] {
        let rest = self.rest_of_line().len();
        self.waiting().get(rest..).unwrap_or_default()
    }

    /// Forgets the lines nobody will read, but for the rest of one whose start has been written.
    pub(super) fn drop_unsent_lines(&mut self) {
        let rest = self.rest_of_line().len();
        let mut end = self.written() + rest;
        if let Some(kept) = self.kept.as_deref_mut()
            && !kept.prelude.is_empty()
        {
            kept.prelude.truncate(rest);
            end = kept.written;
        }
        if let Some(queue) = &mut self.queue {
            queue.truncate(end);
        }
        self.fit();
    }

    /// What must still be written to a stream that another takes over from: the rest of a line.
    pub(super) fn rest_of_line(&self) -> Queue {
        let waiting = if self.inside_line { self.waiting() } else { &[] };
        let end = memchr::memchr(b'\n', waiting).map_or(0, |at| at + 1);
        Queue::from(waiting.get(..end).unwrap_or_default())
    }

    /// An output with nothing but these bytes.
    pub(super) fn of(queue: Queue) -> Self {
        Self { inside_line: !queue.is_empty(), queue: Some(Box::new(queue)), kept: None }
    }

    /// Forgets everything: the stream is broken.
    pub(super) fn drop_all(&mut self) {
        *self = Self::default();
    }
}

/// Emptied buffers, kept so that a message needs no allocation and an idle connection no memory.
#[derive(Debug)]
pub(super) struct SpareBuffers {
    #[expect(clippy::vec_box, reason = "the boxes are what is kept, too")]
    buffers: Vec<Box<Queue>>,
    bytes: usize,
    /// At most so many bytes.
    most: usize,
}

impl SpareBuffers {
    /// Beside queues that may take so many bytes together.
    pub(super) fn beside(queued_total: usize) -> Self {
        Self { buffers: Vec::new(), bytes: 0, most: SPARE_BYTES.min(queued_total / SPARE_SHARE) }
    }

    pub(super) fn take(&mut self) -> Box<Queue> {
        let buffer = self.buffers.pop().unwrap_or_default();
        self.bytes = self.bytes.saturating_sub(buffer.capacity());
        buffer
    }

    pub(super) fn give(&mut self, mut buffer: Box<Queue>) {
        buffer.clear();
        let size = buffer.capacity();
        if size <= SPARE_BUFFER_BYTES && self.bytes + size <= self.most {
            self.bytes += size;
            self.buffers.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Dialect;

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

    fn spares() -> SpareBuffers {
        SpareBuffers::beside(SPARE_BYTES * SPARE_SHARE)
    }

    fn narrow(room: usize) -> Narrow {
        Narrow { room, taken: Vec::new() }
    }

    #[test]
    fn spare_buffers_are_bounded_each_and_together() {
        let with = |bytes| {
            let mut queue = Box::<Queue>::default();
            queue.end().extend_from_slice(&vec![b'x'; bytes]);
            queue
        };
        let mut spares = spares();
        spares.give(with(2 * SPARE_BUFFER_BYTES));
        assert_eq!(spares.buffers.len(), 0, "one that large is not kept");
        for _ in 0..2 * SPARE_BYTES / SPARE_BUFFER_BYTES {
            spares.give(with(SPARE_BUFFER_BYTES / 2 + 1));
        }
        assert!(!spares.buffers.is_empty());
        let together: usize = spares.buffers.iter().map(|buffer| buffer.capacity()).sum();
        assert!(together <= SPARE_BYTES, "{together}");
        let few = SpareBuffers::beside(1024 * 1024);
        assert_eq!(few.most, 64 * 1024, "a small daemon keeps few");
    }

    #[test]
    fn short_writes_lose_nothing_and_an_emptied_queue_holds_no_memory() {
        let (mut output, mut spares) = (Output::default(), spares());
        output.queue(&mut spares).extend_from_slice(b"one\ntwo\n");
        let mut stream = narrow(2);
        assert_eq!(output.write_to(&mut stream, &mut spares).unwrap(), Written::Blocked);
        assert_eq!(output.len(), 6);
        stream.room = 100;
        assert_eq!(output.write_to(&mut stream, &mut spares).unwrap(), Written::All);
        assert_eq!(stream.taken, b"one\ntwo\n");
        assert!(output.queue.is_none());
    }

    #[test]
    fn buffers_for_reuse_take_a_share_of_what_may_be_queued_and_no_more() {
        let mut spares = SpareBuffers::beside(SPARE_SHARE * 100_000);
        let buffer = || Box::new(Queue::from(&[b'x'; 30_000][..]));
        (0..10).for_each(|_| spares.give(buffer()));
        assert_eq!((spares.buffers.len(), spares.bytes), (3, 90_000));
        spares.give(Box::new(Queue::from(&[b'x'; SPARE_BUFFER_BYTES + 1][..])));
        assert_eq!(spares.buffers.len(), 3, "none that is large");
        assert_eq!(SpareBuffers::beside(usize::MAX).most, SPARE_BYTES);
    }

    #[test]
    fn dropping_unsent_lines_never_leaves_half_a_line_before_the_next() {
        for (room, left) in [(0, ""), (2, "e\n"), (4, ""), (5, "wo\n")] {
            for kept in [None, Some(Kept::new(7, Dialect::default()))] {
                let (mut output, mut spares) = (Output::default(), spares());
                if let Some(kept) = kept {
                    output.keep(kept);
                }
                output.queue(&mut spares).extend_from_slice(b"one\ntwo\nthree\n");
                let _ = output.write_to(&mut narrow(room), &mut spares);
                assert_eq!(output.rest_of_line().bytes(), left.as_bytes());
                output.drop_unsent_lines();
                let mut stream = narrow(100);
                output.write_to(&mut stream, &mut spares).unwrap();
                assert_eq!(stream.taken, left.as_bytes(), "after {room} bytes");
            }
        }
    }

    #[test]
    fn kept_lines_are_written_again_from_the_one_not_seen() {
        for seen in 0..=3_u8 {
            for room in 0..20 {
                let (mut output, mut spares) = (Output::default(), spares());
                output.queue(&mut spares).extend_from_slice(b"before\n");
                output.write_to(&mut narrow(100), &mut spares).unwrap();
                output.keep(Kept::new(7, Dialect::default()));
                output.queue(&mut spares).extend_from_slice(b"one\ntwo\nthree\n");
                let _ = output.write_to(&mut narrow(room), &mut spares);
                assert_eq!(output.rewind(seen.into()), Ok(0));
                output.put_first(Output::of(Queue::from(&b"welcome\n"[..])));
                let mut stream = narrow(100);
                output.write_to(&mut stream, &mut spares).unwrap();
                let rest: String = ["one\n", "two\n", "three\n"].into_iter().skip(seen.into()).collect();
                assert_eq!(stream.taken, format!("welcome\n{rest}").as_bytes());
            }
        }
    }

    #[test]
    fn lines_are_forgotten_when_seen_and_impossible_numbers_are_refused() {
        let (mut output, mut spares) = (Output::default(), spares());
        output.keep(Kept::new(7, Dialect::default()));
        output.queue(&mut spares).extend_from_slice(b"one\ntwo\nthree\n");
        output.write_to(&mut narrow(100), &mut spares).unwrap();
        output.note_seen(2, &mut spares);
        assert_eq!(output.lines(), b"three\n");
        output.note_seen(1, &mut spares);
        output.note_seen(99, &mut spares);
        assert_eq!(output.lines(), b"three\n", "numbers that cannot be are passed over");
        assert_eq!(output.rewind(1), Err(BadSequence), "seen already");
        assert_eq!(output.rewind(4), Err(BadSequence), "never sent");
        assert_eq!(output.rewind(3), Ok(0));
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_lost_lines_are_counted() {
        let (mut output, mut spares) = (Output::default(), spares());
        output.keep(Kept::new(7, Dialect::default()));
        let line = [b"x".repeat(1023), b"\n".to_vec()].concat();
        for _ in 0..100 {
            output.queue(&mut spares).extend_from_slice(&line);
            output.bound_unsent();
        }
        assert_eq!(output.lines().len(), KEPT_BYTES);
        assert_eq!(output.rewind(0), Ok(36));
    }
}
