//! Queues against what has to be in them.

use super::*;
use crate::server::output::chunk::Chunks;

fn append(queue: &mut Queue, bytes: &[u8]) {
    let mut own = queue.extend();
    own.bytes().extend_from_slice(bytes);
    own.finish();
}

/// A queue and what has to be in it.
#[derive(Default)]
struct Both {
    queue: Queue,
    all: Vec<u8>,
    passed: usize,
    unparsed: Vec<Rc<Chunk>>,
}

impl Both {
    fn check(&self) {
        let queue = &self.queue;
        assert_eq!(queue.slices().map(|(bytes, _)| bytes).collect::<Vec<_>>().concat(), self.all);
        assert_eq!((queue.len(), queue.passed()), (self.all.len(), self.passed));
        let waiting = &self.all[self.passed..];
        assert_eq!(queue.waiting(), waiting.len());
        assert!(waiting.starts_with(queue.next()) && queue.next().is_empty() == waiting.is_empty());
        if queue.next().len() < waiting.len() {
            let mut gathered = b"x".to_vec();
            queue.gather(&mut gathered, 40);
            assert_eq!(gathered[1..], waiting[..waiting.len().min(39)]);
        }
        let newlines: Vec<usize> = memchr::memchr_iter(b'\n', &self.all).map(|at| at + 1).collect();
        assert_eq!(queue.lines(), newlines.len() as u64);
        for count in 0..=newlines.len() {
            let length = if count == 0 { 0 } else { newlines[count - 1] };
            assert_eq!(queue.length_of(count as u64), Some(length));
        }
        assert_eq!(queue.length_of(newlines.len() as u64 + 1), None);
        let ends: Vec<usize> = queue.lines_within(self.passed).map(|(_, next)| next).collect();
        assert_eq!(ends, newlines.iter().copied().filter(|end| *end <= self.passed).collect::<Vec<_>>());
        let shared: usize = queue
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Own { .. } => 0,
                Piece::Shared { chunk, .. } => chunk.memory(),
            })
            .sum();
        assert_eq!(queue.shared, shared, "the memory of chunks is known");
    }

    fn change(&mut self, chunks: &mut Chunks, random: usize) {
        let part = random / 8;
        let line = format!("{}\n", "y".repeat(part % 23));
        match random % 8 {
            0 | 1 => {
                append(&mut self.queue, line.as_bytes());
                self.all.extend_from_slice(line.as_bytes());
            }
            2 | 3 => {
                let lines = line.repeat(1 + part % 3);
                let chunk = chunks.share(lines.as_bytes());
                self.queue.share(&chunk);
                self.unparsed.push(chunk);
                self.all.extend_from_slice(lines.as_bytes());
            }
            4 | 5 => {
                let count = part % (self.queue.waiting() + 2);
                self.queue.pass(count);
                self.passed = (self.passed + count).min(self.all.len());
            }
            6 => {
                let ends = memchr::memchr_iter(b'\n', &self.all).map(|at| at + 1);
                let count = ends.filter(|end| *end <= self.passed).nth(part % 4).unwrap_or(0);
                self.queue.forget(count);
                self.all.drain(..count);
                self.passed -= count;
            }
            7 if part.is_multiple_of(7) => {
                self.queue.rewind();
                self.passed = 0;
                self.unparsed.clear();
            }
            7 if part % 7 == 1 => {
                let ends = memchr::memchr_iter(b'\n', &self.all).map(|at| at + 1);
                let length = ends.filter(|end| *end >= self.passed).nth(part % 3).unwrap_or(self.all.len());
                self.queue.truncate(length);
                self.all.truncate(length);
            }
            _ => self.queue.fit(),
        }
    }
}

#[test]
fn a_queue_holds_what_was_appended_and_shared_in_its_order() {
    let (mut both, mut chunks, mut random) = (Both::default(), Chunks::default(), 1_u32);
    for _ in 0..3_000 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        both.change(&mut chunks, (random >> 8) as usize);
        both.check();
        if both.all.len() > 3_000 {
            both.queue.clear();
            (both.all, both.passed) = (Vec::new(), 0);
        }
    }
}

#[test]
fn an_all_but_emptied_queue_gives_its_memory_back() {
    let (mut queue, mut chunks) = (Queue::default(), Chunks::default());
    let chunk = chunks.share(b"two\nthree\n");
    for _ in 0..1_000 {
        append(&mut queue, b"one\n");
        queue.share(&chunk);
    }
    queue.forget(queue.len() - chunk.bytes().len());
    queue.fit();
    let least = 5 * SNUG_PIECES * size_of::<Piece>() + chunk.memory();
    assert!(queue.memory() < least, "{} of {least}", queue.memory());
}

#[test]
fn where_nothing_is_kept_bytes_are_taken_off_as_they_are_written() {
    let mut chunks = Chunks::default();
    for step in 1..30 {
        let mut queue = Queue::from(&b"one\n"[..]);
        queue.share(&chunks.share(b"two\nthree\n"));
        append(&mut queue, b"four\n");
        let mut written = Vec::new();
        while !queue.is_empty() {
            let part = queue.next();
            let part = part[..part.len().min(step)].to_vec();
            queue.forget(part.len());
            written.extend(part);
        }
        assert_eq!(written, b"one\ntwo\nthree\nfour\n");
        assert_eq!(queue.shared, 0);
    }
}

#[test]
fn lines_are_found_though_they_are_only_counted_before() {
    let lengths = [1, 700, 2, 511, 1, 1, 60, 450, 3000, 5];
    let bytes: Vec<u8> = lengths.iter().flat_map(|length| [vec![b'x'; length - 1], b"\n".to_vec()].concat()).collect();
    let mut end = 0;
    for (index, length) in lengths.into_iter().enumerate() {
        end += length;
        assert_eq!(super::end_of(&bytes, index + 1), (index + 1, end));
    }
    assert_eq!(super::end_of(&bytes, 11), (10, end), "there are not so many");
}
