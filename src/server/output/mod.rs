//! What waits to be written to one connection, and what has been written but may have to be
//! written again over the next one.

mod broadcast;
mod buffer;
mod chunk;
mod kept;
mod outputs;
mod patience;
mod queue;
mod sink;
mod spares;
mod write;

pub(super) use broadcast::{Broadcast, Speakers};
pub(super) use buffer::Buffer;
pub(super) use chunk::Shares;
pub(super) use kept::{AskedForLife, BadSequence, Kept};
pub(super) use outputs::{Outputs, When};
pub(super) use patience::Patience;
pub(super) use sink::{Asker, LogOnly, Outbox};

use std::io::{self, ErrorKind};
use std::rc::Rc;

use bytes::BytesMut;

use crate::limits::{COPIED_BYTES, GATHERED_BYTES, KEPT_BYTES};
use crate::server::places::Tally;
use crate::server::stream::Stream;
use crate::wire::Dialect;
use chunk::Chunk;
use queue::{Extension, Queue};
use spares::Spares;

/// A queue of whole lines. Holds no memory while it is empty.
#[derive(Debug, Default)]
pub(in crate::server) struct Output {
    queue: Option<Box<Queue>>,
    /// Whether what was written last is the start of a line whose rest is still to be written.
    inside_line: bool,
    /// When the user's place is kept, written lines stay in the queue until the user has seen them.
    kept: Option<Box<Kept>>,
}

/// A line that is being appended to an output.
pub(in crate::server) struct Line<'a> {
    own: Extension<'a>,
    /// Whether there was no queue before.
    is_new: bool,
}

impl Line<'_> {
    /// Where it goes.
    #[inline]
    pub(in crate::server) fn bytes(&mut self) -> &mut BytesMut {
        self.own.bytes()
    }

    /// That was all. Says whether more memory is taken than before.
    #[inline]
    pub(in crate::server) fn finish(self) -> bool {
        let has_grown = self.own.finish();
        self.is_new || has_grown
    }
}

/// How far a write got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Written {
    /// Everything is on its way, and the stream holds nothing back.
    All,
    /// The stream takes no more for now.
    Blocked,
}

/// What writing needs besides, of all connections together.
#[derive(Debug)]
pub(in crate::server) struct Desk {
    /// Emptied queues, to be used again.
    pub(in crate::server) spares: Spares<Queue>,
    /// Lines from several places are put together here, so that one write does for all.
    together: Vec<u8>,
}

impl Desk {
    /// Beside queues that may take so many bytes together.
    pub(in crate::server) fn beside(queued_total: usize) -> Self {
        Self { spares: Spares::beside(queued_total), together: Vec::new() }
    }
}

impl Output {
    /// Bytes that wait to be written.
    #[inline]
    pub(in crate::server) fn len(&self) -> usize {
        let prelude = self.kept.as_deref().map_or(0, |kept| kept.prelude.waiting());
        prelude + self.queue.as_deref().map_or(0, Queue::waiting)
    }

    #[inline]
    pub(in crate::server) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether nothing is queued or kept.
    #[inline]
    pub(in crate::server) fn is_idle(&self) -> bool {
        self.queue.is_none() && self.kept.is_none()
    }

    /// Bytes that wait, and those that are kept.
    pub(in crate::server) fn size(&self) -> usize {
        self.len() + self.queue.as_deref().map_or(0, Queue::passed)
    }

    /// Bytes of memory that what waits and what is kept take.
    #[inline]
    pub(in crate::server) fn memory(&self) -> usize {
        let prelude = self.kept.as_deref().map_or(0, |kept| kept.prelude.memory());
        prelude + self.queue.as_deref().map_or(0, Queue::memory)
    }

    /// Lets a line be appended; where no place is kept, as many as one likes.
    #[inline]
    pub(in crate::server) fn extend(&mut self, desk: &mut Desk) -> Line<'_> {
        if let Some(kept) = &mut self.kept {
            kept.told += 1;
        }
        let is_new = self.queue.is_none();
        Line { is_new, own: self.queue.get_or_insert_with(|| desk.spares.take()).extend() }
    }

    /// Appends lines that many are told. Short ones that will be gone when they are written are copied,
    /// which is less work than to keep books of them. Says whether more memory is taken than before.
    #[inline]
    pub(in crate::server) fn share(&mut self, desk: &mut Desk, chunk: &Rc<Chunk>) -> bool {
        let is_new = self.queue.is_none();
        let queue = self.queue.get_or_insert_with(|| desk.spares.take());
        match &mut self.kept {
            Some(kept) => {
                queue.share(chunk);
                kept.told += u64::from(chunk.lines());
            }
            None if chunk.bytes().len() <= COPIED_BYTES => {
                let mut line = Line { is_new, own: queue.extend() };
                line.bytes().extend_from_slice(chunk.bytes());
                return line.finish();
            }
            None => queue.share(chunk),
        }
        true
    }

    pub(in crate::server) fn kept(&self) -> Option<&Kept> {
        self.kept.as_deref()
    }

    pub(in crate::server) fn kept_mut(&mut self) -> Option<&mut Kept> {
        self.kept.as_deref_mut()
    }

    /// One more command has been answered, which counts for one whose place is kept.
    pub(in crate::server) fn count_answer(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.answered += 1;
        }
    }

    /// From now on lines are counted and kept. What is queued already is not among them.
    pub(in crate::server) fn keep(&mut self, mut kept: Kept) {
        kept.prelude = self.queue.take().map(|queue| *queue).unwrap_or_default();
        self.kept = Some(Box::new(kept));
    }

    /// What is to be written next, and the rest behind it.
    #[inline]
    fn first(&self) -> Option<&Queue> {
        let prelude = self.kept.as_deref().map(|kept| &kept.prelude).filter(|prelude| !prelude.is_empty());
        prelude.or(self.queue.as_deref()).filter(|queue| queue.waiting() > 0)
    }

    /// Writes until nothing is left, here or in the stream, or the stream blocks.
    #[inline(always)]
    pub(in crate::server) fn write_to(&mut self, stream: &mut impl Stream, desk: &mut Desk) -> io::Result<Written> {
        while let Some(queue) = self.first() {
            let mut bytes = queue.next();
            if bytes.len() < queue.waiting().min(GATHERED_BYTES) {
                desk.together.clear();
                queue.gather(&mut desk.together, GATHERED_BYTES);
                bytes = &desk.together;
            }
            match stream.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.inside_line = bytes.get(count - 1) != Some(&b'\n');
                    self.note_written(count);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.fit();
                    return Ok(Written::Blocked);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.free_if_empty(desk);
        if stream.wants_write() { flush(stream) } else { Ok(Written::All) }
    }

    /// Writes lines for many before which nothing waits; what is not written waits then, and what is kept
    /// is kept, whatever becomes of the stream.
    #[inline]
    pub(in crate::server) fn write_past(
        &mut self,
        chunk: &Rc<Chunk>,
        stream: &mut impl Stream,
        desk: &mut Desk,
    ) -> io::Result<Written> {
        let bytes = chunk.bytes();
        match stream.write(bytes) {
            // Nothing waits, and nothing is kept.
            Ok(count) if count == bytes.len() && count > 0 && self.kept.is_none() => {
                self.inside_line = false;
                Ok(Written::All)
            }
            Ok(0) => self.keep_rest(Err(ErrorKind::WriteZero.into()), chunk, desk),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                self.keep_rest(Ok(0), chunk, desk)
            }
            result => self.keep_rest(result, chunk, desk),
        }
    }

    /// So much of lines that have not been queued is written; the rest waits.
    fn keep_rest(&mut self, written: io::Result<usize>, chunk: &Rc<Chunk>, desk: &mut Desk) -> io::Result<Written> {
        let bytes = chunk.bytes();
        let count = *written.as_ref().unwrap_or(&0);
        let is_all = count == bytes.len();
        if let Some(last) = count.checked_sub(1) {
            self.inside_line = bytes.get(last) != Some(&b'\n');
        }
        if !is_all || self.kept.is_some() {
            self.share(desk, chunk);
            self.note_written(count);
        }
        written.map(|_| if is_all { Written::All } else { Written::Blocked })
    }

    #[inline(always)]
    fn note_written(&mut self, count: usize) {
        match (self.kept.as_deref_mut(), self.queue.as_deref_mut()) {
            (Some(kept), _) if !kept.prelude.is_empty() => {
                kept.prelude.forget(count);
                if kept.prelude.is_empty() {
                    kept.prelude = Queue::default();
                }
            }
            (Some(_), Some(queue)) => {
                queue.pass(count);
                let end = queue.passed();
                self.forget_beyond_bound(end);
            }
            (None, Some(queue)) => queue.forget(count),
            (_, None) => {}
        }
    }

    #[inline]
    fn free_if_empty(&mut self, desk: &mut Desk) {
        if let Some(queue) = self.queue.take_if(|queue| queue.is_empty()) {
            desk.spares.give(queue);
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

    /// The client has seen this many of the lines sent since its place is kept. A number that cannot be
    /// changes nothing.
    pub(in crate::server) fn note_seen(&mut self, seen: u64, desk: &mut Desk) {
        let (Some(kept), Some(queue)) = (self.kept.as_deref_mut(), self.queue.as_deref_mut()) else { return };
        let Some(length) = kept.length_of_seen(seen, queue).filter(|length| *length <= queue.passed()) else { return };
        kept.note_seen(seen);
        queue.forget(length);
        self.free_if_empty(desk);
    }

    /// Prepares the kept lines for another connection, from the one behind the `seen`th; says how
    /// many lines are lost because there was no room to keep them.
    pub(in crate::server) fn rewind(&mut self, seen: u64) -> Result<u64, BadSequence> {
        let kept = self.kept.as_deref_mut().ok_or(BadSequence)?;
        let lost = kept.lost_before(seen)?;
        if let Some(queue) = self.queue.as_deref_mut()
            && let Some(length) = kept.length_of_seen(seen, queue)
        {
            kept.note_seen(seen);
            queue.forget(length);
        }
        if let Some(queue) = self.queue.as_deref_mut() {
            queue.rewind();
        }
        (kept.prelude, self.inside_line) = (Queue::default(), false);
        Ok(lost)
    }

    /// Puts what another output had to say before everything else, outside the count.
    pub(in crate::server) fn put_first(&mut self, other: Output) {
        self.inside_line = other.inside_line;
        if let Some(kept) = self.kept.as_deref_mut() {
            kept.prelude = other.queue.map(|queue| *queue).unwrap_or_default();
        }
    }

    /// While nobody is connected, the oldest lines go when there are too many to keep.
    pub(in crate::server) fn bound_unsent(&mut self) {
        self.forget_beyond_bound(self.queue.as_deref().map_or(0, Queue::len));
        self.fit();
    }

    /// Forgets at least `excess` bytes of the kept lines, the oldest first, if there are so many that
    /// have been written, or that nobody is there to read.
    pub(in crate::server) fn forget_kept(&mut self, excess: usize, is_read: bool, desk: &mut Desk) {
        let Some(queue) = self.queue.as_deref() else { return };
        let end = if is_read { queue.passed() } else { queue.len() };
        if self.kept.is_none() || end == 0 {
            return;
        }
        self.forget_oldest(excess, end);
        if let Some(queue) = self.queue.as_deref_mut() {
            queue.fit_closely();
        }
        self.free_if_empty(desk);
    }

    /// Forgets kept lines, the oldest first and none behind `end`, until what is kept is in bounds.
    #[inline]
    fn forget_beyond_bound(&mut self, end: usize) {
        let length = self.queue.as_deref().map_or(0, Queue::len);
        let excess = length.saturating_sub(KEPT_BYTES).min(end);
        if excess > 0 {
            self.forget_oldest(excess, end);
        }
    }

    fn forget_oldest(&mut self, excess: usize, end: usize) {
        let (Some(kept), Some(queue)) = (self.kept.as_deref_mut(), self.queue.as_deref_mut()) else { return };
        let forgotten = kept.forget_oldest(excess, queue.lines_within(end));
        queue.forget(forgotten);
    }

    /// How many lines the client has been told since its place is kept.
    pub(in crate::server) fn told(&self) -> u64 {
        self.kept.as_deref().map_or(0, |kept| kept.told)
    }

    /// Whether lines have been counted as they came.
    pub(in crate::server) fn is_counted_right(&self) -> bool {
        let lines = self.queue.as_deref().map_or(0, Queue::lines);
        self.kept.as_deref().is_none_or(|kept| kept.is_counted_right(lines))
    }

    /// Counts the private lines of a kept place that the client has not said it has seen. What many are
    /// told is not private.
    pub(in crate::server) fn count_unconfirmed(&self, tally: &mut Tally) {
        if let Some(kept) = self.kept.as_deref() {
            kept.unread.behind(0).for_each(|sender| tally.add(sender));
            let own = self.queue.iter().flat_map(|queue| queue.own_lines(0));
            own.for_each(|lines| tally.add_lines(kept.dialect, lines));
        }
    }

    /// Counts the private lines that wait where no place is kept, but for one whose start has been written.
    pub(in crate::server) fn count_unsent(&self, dialect: Dialect, tally: &mut Tally) {
        let rest = self.rest_of_line().len();
        self.queue.iter().flat_map(|queue| queue.own_lines(rest)).for_each(|lines| tally.add_lines(dialect, lines));
    }

    /// Forgets the lines nobody will read, but for the rest of one whose start has been written.
    pub(in crate::server) fn drop_unsent_lines(&mut self) {
        let rest = self.rest_of_line().len();
        let prelude = self.kept.as_deref_mut().map(|kept| &mut kept.prelude).filter(|prelude| !prelude.is_empty());
        let is_before = prelude.is_some();
        if let Some(prelude) = prelude {
            prelude.truncate(rest);
        }
        if let Some(queue) = self.queue.as_deref_mut() {
            queue.truncate(queue.passed() + if is_before { 0 } else { rest });
        }
        self.fit();
    }

    /// What must still be written to a stream that another takes over from: the rest of a line.
    pub(in crate::server) fn rest_of_line(&self) -> &[u8] {
        let waiting = self.first().filter(|_| self.inside_line).map_or(&[][..], Queue::next);
        let end = memchr::memchr(b'\n', waiting).map_or(0, |at| at + 1);
        waiting.get(..end).unwrap_or_default()
    }

    /// An output with nothing but these bytes, the rest of a line.
    pub(in crate::server) fn of_rest(rest: &[u8]) -> Self {
        Self { inside_line: !rest.is_empty(), queue: Some(Box::new(Queue::from(rest))), kept: None }
    }

    /// Forgets everything: the stream is broken.
    pub(in crate::server) fn drop_all(&mut self) {
        *self = Self::default();
    }
}

/// Has a stream write what it holds back.
#[cold]
fn flush(stream: &mut impl Stream) -> io::Result<Written> {
    loop {
        match stream.flush() {
            Ok(()) => return Ok(Written::All),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Written::Blocked),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
