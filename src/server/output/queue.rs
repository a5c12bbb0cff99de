//! What a connection is to be told, in order: lines of its own, and chunks that it shares with many.
//! A part at the start may have been passed on already and be kept all the same.

use std::collections::VecDeque;
use std::rc::Rc;

use bytes::BytesMut;

use super::buffer::Buffer;
use super::chunk::Chunk;
use crate::limits::SNUG_PIECES;

/// What stands behind each other in a queue. Each is whole lines, but for the first, whose start may
/// be taken off.
#[derive(Debug)]
enum Piece {
    /// Bytes of the connection's own. Where they start is counted over the queue's life, and wraps.
    Own { start: u32, len: u32 },
    /// Bytes of a chunk.
    Shared { chunk: Rc<Chunk>, start: u32, len: u32 },
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Own { len, .. } | Self::Shared { len, .. } => *len as usize,
        }
    }

    fn cut_start(&mut self, count: u32) {
        match self {
            Self::Own { start, len } | Self::Shared { start, len, .. } => {
                (*start, *len) = (start.wrapping_add(count), *len - count);
            }
        }
    }

    fn cut_to(&mut self, count: u32) {
        match self {
            Self::Own { len, .. } | Self::Shared { len, .. } => *len = count,
        }
    }

    /// How many lines it is, if that is known without counting.
    fn lines(&self) -> Option<u32> {
        match self {
            Self::Own { .. } => None,
            Self::Shared { chunk, len, .. } => (*len as usize == chunk.bytes().len()).then_some(chunk.lines()),
        }
    }
}

/// How far a queue has been passed on.
#[derive(Clone, Copy, Debug, Default)]
struct Passed {
    /// The piece in which that ends, and how many bytes of it that is.
    piece: usize,
    byte: usize,
    /// How many bytes in all.
    all: usize,
}

/// Whole lines that are being appended to a queue.
pub(in crate::server) struct Extension<'a> {
    queue: &'a mut Queue,
    before: usize,
    memory: usize,
}

impl Extension<'_> {
    /// Where they go, behind what is there.
    #[inline]
    pub(in crate::server) fn bytes(&mut self) -> &mut BytesMut {
        self.queue.own.end()
    }

    /// That was all. Says whether the queue takes more memory than before.
    #[inline]
    pub(in crate::server) fn finish(self) -> bool {
        let Self { queue, before, memory } = self;
        let count = queue.own.len() - before;
        queue.len += count;
        if !queue.pieces.is_empty() {
            queue.append_piece(before, count);
            return true;
        }
        queue.own.capacity() != memory
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(in crate::server) struct Queue {
    own: Buffer,
    /// Where the connection's own bytes start now.
    own_start: u32,
    /// None while there is nothing but the connection's own bytes, all of them.
    pieces: VecDeque<Piece>,
    len: usize,
    /// Memory of the chunks.
    shared: usize,
    passed: Passed,
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Queue {
    /// Bytes in all.
    pub(in crate::server) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::server) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes that have been passed on.
    pub(in crate::server) fn passed(&self) -> usize {
        self.passed.all
    }

    /// Bytes that have not.
    #[inline]
    pub(in crate::server) fn waiting(&self) -> usize {
        self.len - self.passed.all
    }

    /// Bytes of memory it takes, those of chunks included, though others have them, too.
    #[inline]
    pub(in crate::server) fn memory(&self) -> usize {
        self.own.capacity() + self.pieces.capacity() * size_of::<Piece>() + self.shared
    }

    /// Lets whole lines be appended.
    #[inline]
    pub(in crate::server) fn extend(&mut self) -> Extension<'_> {
        Extension { before: self.own.len(), memory: self.own.capacity(), queue: self }
    }

    /// The last so many of the connection's own bytes are new.
    fn append_piece(&mut self, before: usize, count: usize) {
        if count == 0 {
            return;
        }
        match self.pieces.back_mut() {
            Some(Piece::Own { len, .. }) => *len += narrow(count),
            _ => {
                let start = self.own_start.wrapping_add(narrow(before));
                self.pieces.push_back(Piece::Own { start, len: narrow(count) });
            }
        }
    }

    /// Appends a chunk.
    #[inline]
    pub(in crate::server) fn share(&mut self, chunk: &Rc<Chunk>) {
        if self.pieces.is_empty() && self.len > 0 {
            self.pieces.push_back(Piece::Own { start: self.own_start, len: narrow(self.len) });
            self.passed.byte = self.passed.all;
        }
        let count = chunk.bytes().len();
        self.len += count;
        self.shared += chunk.memory();
        self.pieces.push_back(Piece::Shared { chunk: Rc::clone(chunk), start: 0, len: narrow(count) });
    }

    #[inline]
    fn bytes_of<'a>(&'a self, piece: &'a Piece) -> &'a [u8] {
        let (bytes, start, len) = match piece {
            Piece::Own { start, len } => (self.own.bytes(), start.wrapping_sub(self.own_start), *len),
            Piece::Shared { chunk, start, len } => (chunk.bytes(), *start, *len),
        };
        bytes.get(start as usize..start as usize + len as usize).unwrap_or_default()
    }

    /// All bytes, piece by piece, and how many lines each is if that is known.
    fn slices(&self) -> impl Iterator<Item = (&[u8], Option<u32>)> {
        let only = if self.pieces.is_empty() { self.own.bytes() } else { &[] };
        let only = (!only.is_empty()).then_some((only, None));
        only.into_iter().chain(self.pieces.iter().map(|piece| (self.bytes_of(piece), piece.lines())))
    }

    /// The connection's own lines, those passed on included, without so many bytes at the start of the queue.
    pub(in crate::server) fn own_lines(&self, rest: usize) -> impl Iterator<Item = &[u8]> {
        let is_own = |number: usize| self.pieces.get(number).is_none_or(|piece| matches!(piece, Piece::Own { .. }));
        let own = self.slices().enumerate().filter(move |(number, _)| is_own(*number));
        own.map(move |(number, (bytes, _))| bytes.get(if number == 0 { rest } else { 0 }..).unwrap_or_default())
    }

    /// What waits first, in one piece: all of it, unless that is in several places.
    #[inline]
    pub(in crate::server) fn next(&self) -> &[u8] {
        if self.pieces.is_empty() {
            return self.own.bytes().get(self.passed.all..).unwrap_or_default();
        }
        self.next_piece()
    }

    fn next_piece(&self) -> &[u8] {
        let Passed { piece: number, byte, .. } = self.passed;
        match self.pieces.get(number) {
            Some(piece) if byte < piece.len() => self.bytes_of(piece).get(byte..).unwrap_or_default(),
            _ => self.pieces.get(number + 1).map_or(&[], |piece| self.bytes_of(piece)),
        }
    }

    /// Copies what waits behind what is in `out`, as long as that has no more than `most` bytes.
    pub(in crate::server) fn gather(&self, out: &mut Vec<u8>, most: usize) {
        let mut byte = self.passed.byte;
        for number in self.passed.piece..self.pieces.len() {
            let room = most.saturating_sub(out.len());
            let bytes = self.pieces.get(number).map_or(&[][..], |piece| self.bytes_of(piece));
            let bytes = bytes.get(std::mem::take(&mut byte)..).unwrap_or_default();
            out.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        }
    }

    /// So many of the bytes that wait are passed on; they stay.
    #[inline]
    pub(in crate::server) fn pass(&mut self, count: usize) {
        let mut left = count.min(self.waiting());
        self.passed.all += left;
        while let Some(piece) = self.pieces.get(self.passed.piece) {
            let rest = piece.len() - self.passed.byte;
            if left <= rest {
                self.passed.byte += left;
                return;
            }
            left -= rest;
            (self.passed.piece, self.passed.byte) = (self.passed.piece + 1, 0);
        }
    }

    /// Nothing counts as passed on any more.
    pub(in crate::server) fn rewind(&mut self) {
        self.passed = Passed::default();
    }

    /// Takes bytes off the start.
    #[inline]
    pub(in crate::server) fn forget(&mut self, count: usize) {
        if count >= self.len {
            return self.clear();
        }
        if !self.pieces.is_empty() {
            return self.forget_pieces(count);
        }
        self.own.advance(count);
        self.own_start = self.own_start.wrapping_add(narrow(count));
        self.len -= count;
        self.passed.all = self.passed.all.saturating_sub(count);
    }

    fn forget_pieces(&mut self, count: usize) {
        let mut left = count;
        while let Some(front) = self.pieces.front_mut().filter(|_| left > 0) {
            let part = front.len().min(left);
            left -= part;
            let is_whole = part == front.len();
            match front {
                Piece::Own { .. } => {
                    self.own.advance(part);
                    self.own_start = self.own_start.wrapping_add(narrow(part));
                }
                Piece::Shared { chunk, .. } if is_whole => self.shared -= chunk.memory(),
                Piece::Shared { .. } => {}
            }
            if is_whole {
                self.pieces.pop_front();
            } else {
                front.cut_start(narrow(part));
            }
            self.note_forgotten(part, is_whole);
        }
        self.len -= count;
    }

    /// So many bytes of the first piece are gone, perhaps the piece with them.
    fn note_forgotten(&mut self, part: usize, is_whole: bool) {
        self.passed.all = self.passed.all.saturating_sub(part);
        match self.passed.piece.checked_sub(1) {
            Some(before) if is_whole => self.passed.piece = before,
            Some(_) => {}
            None => self.passed.byte = self.passed.byte.saturating_sub(part),
        }
    }

    /// Takes bytes that wait off the end until so many of all are left.
    pub(in crate::server) fn truncate(&mut self, len: usize) {
        if self.pieces.is_empty() {
            self.own.truncate(len);
            self.len = self.own.len();
            return;
        }
        while let Some(back) = self.pieces.back_mut().filter(|_| self.len > len) {
            let excess = (self.len - len).min(back.len());
            let is_whole = excess == back.len();
            self.len -= excess;
            match back {
                Piece::Own { .. } => self.own.truncate(self.own.len() - excess),
                Piece::Shared { chunk, .. } if is_whole => self.shared -= chunk.memory(),
                Piece::Shared { .. } => {}
            }
            if is_whole {
                self.pieces.pop_back();
            } else {
                back.cut_to(narrow(back.len() - excess));
            }
        }
        // Where nothing waits any more that ends with the last piece, which more may be appended to.
        if self.waiting() == 0 {
            let piece = self.pieces.len().saturating_sub(1);
            let byte = self.pieces.back().map_or(0, Piece::len);
            self.passed = Passed { piece, byte, all: self.len };
        }
    }

    #[inline]
    pub(in crate::server) fn clear(&mut self) {
        self.own.clear();
        if !self.pieces.is_empty() {
            self.pieces.clear();
        }
        (self.len, self.shared, self.passed) = (0, 0, Passed::default());
    }

    /// Gives memory back that is much more than is needed.
    pub(in crate::server) fn fit(&mut self) {
        self.own.fit();
        if self.pieces.capacity() > SNUG_PIECES.max(4 * self.pieces.len()) {
            self.pieces.shrink_to(2 * self.pieces.len());
        }
    }

    /// Gives all memory back that is not needed.
    pub(in crate::server) fn fit_closely(&mut self) {
        self.own.fit_into(self.own.len());
        self.pieces.shrink_to_fit();
    }

    /// How many bytes the first so many lines take; `None` if there are not so many.
    pub(in crate::server) fn length_of(&self, lines: u64) -> Option<usize> {
        let (mut length, mut left) = (0, usize::try_from(lines).ok()?);
        for (bytes, lines) in self.slices() {
            if left == 0 {
                break;
            }
            match lines.map(|lines| lines as usize) {
                Some(lines) if lines <= left => (length, left) = (length + bytes.len(), left - lines),
                _ => {
                    let (count, end) = end_of(bytes, left);
                    (length, left) = (length + end, left - count);
                }
            }
        }
        (left == 0).then_some(length)
    }

    /// How many lines there are in all.
    pub(in crate::server) fn lines(&self) -> u64 {
        let counted = |bytes| memchr::memchr_iter(b'\n', bytes).count() as u64;
        self.slices().map(|(bytes, lines)| lines.map_or_else(|| counted(bytes), u64::from)).sum()
    }

    /// Every whole line among the first bytes, without its newline, and where the next starts.
    pub(in crate::server) fn lines_within(&self, end: usize) -> impl Iterator<Item = (&[u8], usize)> {
        let mut base = 0;
        let pieces = self.slices().map(move |(bytes, _)| {
            base += bytes.len();
            (bytes, base - bytes.len())
        });
        pieces
            .flat_map(|(bytes, base)| {
                let mut start = 0;
                memchr::memchr_iter(b'\n', bytes).map(move |newline| {
                    let line = bytes.get(std::mem::replace(&mut start, newline + 1)..newline).unwrap_or_default();
                    (line, base + newline + 1)
                })
            })
            .take_while(move |(_, next)| *next <= end)
    }
}

/// Lines are counted in blocks of this length, which is much cheaper than finding where each ends.
const COUNTED_BYTES: usize = 512;

/// How many of so many lines there are in these bytes, which are whole lines, and where the last of them ends.
fn end_of(bytes: &[u8], lines: usize) -> (usize, usize) {
    let (mut start, mut found) = (0, 0);
    for block in bytes.chunks(COUNTED_BYTES) {
        let count = memchr::memchr_iter(b'\n', block).count();
        if found + count >= lines {
            break;
        }
        (start, found) = (start + block.len(), found + count);
    }
    let rest = memchr::memchr_iter(b'\n', bytes.get(start..).unwrap_or_default()).take(lines - found);
    rest.fold((found, start), |(count, _), newline| (count + 1, start + newline + 1))
}

impl From<&[u8]> for Queue {
    fn from(bytes: &[u8]) -> Self {
        let mut queue = Self::default();
        let mut own = queue.extend();
        own.bytes().extend_from_slice(bytes);
        own.finish();
        queue
    }
}

#[cfg(test)]
mod tests;
