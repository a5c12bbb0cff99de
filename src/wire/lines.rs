//! Splits a stream of bytes into lines without copying and without ever holding more than one
//! line's worth of unfinished bytes.

use crate::limits::LINE_BYTES;

/// The next thing found in a buffer of received bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A whole line, without its `\n` or `\r\n`.
    Line(&'a [u8]),
    /// The end of a line that was longer than [`LINE_BYTES`]; its bytes are gone.
    TooLong,
    /// Nothing whole is left; more bytes are needed.
    NeedMore,
}

/// Finds lines in successive buffers. Remembers only whether it is inside an over-long line.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineSplitter {
    skipping: bool,
}

impl LineSplitter {
    /// Looks at the start of `bytes` and says what is there and how many bytes that took. After
    /// [`Step::NeedMore`] the bytes not taken (fewer than [`LINE_BYTES`]) must be offered again,
    /// with more behind them.
    pub fn next<'a>(&mut self, bytes: &'a [u8]) -> (Step<'a>, usize) {
        match memchr::memchr(b'\n', bytes) {
            Some(newline) => (self.finish(bytes.get(..newline).unwrap_or_default()), newline + 1),
            None if self.skipping || bytes.len() >= LINE_BYTES => {
                self.skipping = true;
                (Step::NeedMore, bytes.len())
            }
            None => (Step::NeedMore, 0),
        }
    }

    fn finish<'a>(&mut self, line: &'a [u8]) -> Step<'a> {
        if std::mem::take(&mut self.skipping) || line.len() >= LINE_BYTES {
            return Step::TooLong;
        }
        Step::Line(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `chunks` the way a connection does and collects what is found.
    fn split(chunks: &[&[u8]]) -> Vec<Result<Vec<u8>, ()>> {
        let (mut splitter, mut held, mut found) = (LineSplitter::default(), Vec::new(), Vec::new());
        for chunk in chunks {
            held.extend_from_slice(chunk);
            loop {
                let (step, taken) = splitter.next(&held);
                match step {
                    Step::Line(line) => found.push(Ok(line.to_vec())),
                    Step::TooLong => found.push(Err(())),
                    Step::NeedMore => {
                        held.drain(..taken);
                        break;
                    }
                }
                held.drain(..taken);
            }
            assert!(held.len() < LINE_BYTES, "never more than a line is held");
        }
        found
    }

    #[test]
    fn lines_are_found_however_the_bytes_arrive() {
        let stream = b"one\r\ntwo\n\nthree\n";
        let whole = split(&[stream]);
        assert_eq!(whole, [Ok(b"one".to_vec()), Ok(b"two".to_vec()), Ok(vec![]), Ok(b"three".to_vec())]);
        for size in 1..stream.len() {
            assert_eq!(split(&stream.chunks(size).collect::<Vec<_>>()), whole, "in chunks of {size}");
        }
    }

    #[test]
    fn an_over_long_line_is_skipped_to_its_end_and_reported_once() {
        let mut stream = vec![b'x'; 3 * LINE_BYTES];
        stream.extend_from_slice(b"\nnext\n");
        for size in [1, 7, 4095, 4096, 4097, stream.len()] {
            let found = split(&stream.chunks(size).collect::<Vec<_>>());
            assert_eq!(found, [Err(()), Ok(b"next".to_vec())], "in chunks of {size}");
        }
    }

    #[test]
    fn the_limit_counts_the_newline() {
        let mut fits = vec![b'x'; LINE_BYTES - 1];
        fits.push(b'\n');
        assert!(split(&[&fits])[0].is_ok());
        fits.insert(0, b'x');
        assert!(split(&[&fits])[0].is_err());
    }
}
