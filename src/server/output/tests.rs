//! What is written, kept and forgotten of one connection's output.

use super::chunk::Chunks;
use super::*;
use crate::server::stream::Taken;

/// Takes `room` bytes, then blocks.
struct Narrow {
    room: usize,
    taken: Vec<u8>,
    /// The most it was offered at once.
    largest: usize,
}

impl Stream for Narrow {
    fn read(&mut self, _: &mut [u8]) -> io::Result<Taken> {
        Err(ErrorKind::WouldBlock.into())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.largest = self.largest.max(bytes.len());
        let count = bytes.len().min(self.room);
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.room -= count;
        self.taken.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn desk() -> Desk {
    Desk::beside(1024 * 1024)
}

fn append(output: &mut Output, desk: &mut Desk, lines: &str) {
    for line in lines.split_inclusive('\n') {
        let mut end = output.extend(desk);
        end.bytes().extend_from_slice(line.as_bytes());
        end.finish();
    }
}

fn narrow(room: usize) -> Narrow {
    Narrow { room, taken: Vec::new(), largest: 0 }
}

#[test]
fn what_waits_in_several_places_is_written_together_up_to_a_bound() {
    let (mut output, mut desk, mut chunks) = (Output::default(), desk(), Chunks::default());
    let chunk = chunks.share(&[&[b'x'; 9_999][..], b"\n"].concat());
    for _ in 0..30 {
        output.share(&mut desk, &chunk);
    }
    let mut stream = narrow(usize::MAX);
    assert_eq!(output.write_to(&mut stream, &mut desk).unwrap(), Written::All);
    assert_eq!(stream.largest, GATHERED_BYTES);
}

#[test]
fn what_is_long_or_kept_is_shared_and_what_is_short_is_copied() {
    for (length, is_kept, is_shared) in
        [(COPIED_BYTES, false, false), (COPIED_BYTES + 1, false, true), (COPIED_BYTES, true, true)]
    {
        let (mut output, mut desk, mut chunks) = (Output::default(), desk(), Chunks::default());
        if is_kept {
            output.keep(Kept::new(7, Dialect::default()));
        }
        let chunk = chunks.share(&vec![b'x'; length]);
        let before = Rc::strong_count(&chunk);
        output.share(&mut desk, &chunk);
        assert_eq!(Rc::strong_count(&chunk) > before, is_shared, "{length} {is_kept}");
    }
}

#[test]
fn short_writes_lose_nothing_and_an_emptied_queue_holds_no_memory() {
    let (mut output, mut desk) = (Output::default(), desk());
    append(&mut output, &mut desk, "one\ntwo\n");
    let mut stream = narrow(2);
    assert_eq!(output.write_to(&mut stream, &mut desk).unwrap(), Written::Blocked);
    assert_eq!(output.len(), 6);
    stream.room = 100;
    assert_eq!(output.write_to(&mut stream, &mut desk).unwrap(), Written::All);
    assert_eq!(stream.taken, b"one\ntwo\n");
    assert!(output.queue.is_none());
}

#[test]
fn dropping_unsent_lines_never_leaves_half_a_line_before_the_next() {
    for (room, left) in [(0, ""), (2, "e\n"), (4, ""), (5, "wo\n")] {
        for kept in [None, Some(Kept::new(7, Dialect::default()))] {
            let (mut output, mut desk) = (Output::default(), desk());
            if let Some(kept) = kept {
                output.keep(kept);
            }
            append(&mut output, &mut desk, "one\ntwo\nthree\n");
            let _ = output.write_to(&mut narrow(room), &mut desk);
            assert_eq!(output.rest_of_line(), left.as_bytes());
            output.drop_unsent_lines();
            let mut stream = narrow(100);
            output.write_to(&mut stream, &mut desk).unwrap();
            assert_eq!(stream.taken, left.as_bytes(), "after {room} bytes");
        }
    }
}

#[test]
fn kept_lines_are_written_again_from_the_one_not_seen() {
    for seen in 0..=3_u8 {
        for room in 0..20 {
            let (mut output, mut desk) = (Output::default(), desk());
            append(&mut output, &mut desk, "before\n");
            output.write_to(&mut narrow(100), &mut desk).unwrap();
            output.keep(Kept::new(7, Dialect::default()));
            append(&mut output, &mut desk, "one\ntwo\nthree\n");
            let _ = output.write_to(&mut narrow(room), &mut desk);
            assert_eq!(output.rewind(seen.into()), Ok(0));
            output.put_first(Output { queue: Some(Box::new(Queue::from(&b"welcome\n"[..]))), ..Output::default() });
            let mut stream = narrow(100);
            output.write_to(&mut stream, &mut desk).unwrap();
            let rest: String = ["one\n", "two\n", "three\n"].into_iter().skip(seen.into()).collect();
            assert_eq!(stream.taken, format!("welcome\n{rest}").as_bytes());
        }
    }
}

#[test]
fn lines_are_forgotten_when_seen_and_impossible_numbers_are_refused() {
    let (mut output, mut desk) = (Output::default(), desk());
    output.keep(Kept::new(7, Dialect::default()));
    append(&mut output, &mut desk, "one\ntwo\nthree\n");
    output.write_to(&mut narrow(100), &mut desk).unwrap();
    output.note_seen(2, &mut desk);
    assert_eq!(output.size(), 6);
    output.note_seen(1, &mut desk);
    output.note_seen(99, &mut desk);
    assert_eq!(output.size(), 6, "numbers that cannot be are passed over");
    assert_eq!(output.rewind(1), Err(BadSequence), "seen already");
    assert_eq!(output.rewind(4), Err(BadSequence), "never sent");
    assert_eq!(output.rewind(3), Ok(0));
}

#[test]
fn what_is_kept_is_bounded_and_the_lost_lines_are_counted() {
    let (mut output, mut desk) = (Output::default(), desk());
    output.keep(Kept::new(7, Dialect::default()));
    let line = format!("{}\n", "x".repeat(1023));
    for _ in 0..100 {
        append(&mut output, &mut desk, &line);
        output.bound_unsent();
    }
    assert_eq!(output.size(), KEPT_BYTES);
    assert_eq!(output.rewind(0), Ok(36));
}
