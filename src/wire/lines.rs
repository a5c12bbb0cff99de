//! Splits a stream of bytes into lines without copying, without ever holding more than one line's
//! worth of unfinished bytes, and without looking at a byte twice while its line is not finished.

use crate::limits::{ENDLESS_LINE_BYTES, LINE_BYTES};

/// The next thing found in a buffer of received bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A whole line, without its `\n` or `\r\n`.
    Line(&'a [u8]),
    /// The end of a line that was longer than [`LINE_BYTES`]; its bytes are gone.
    TooLong,
    /// Nothing whole is left; more bytes are needed.
    NeedMore,
    /// [`ENDLESS_LINE_BYTES`] have come without a newline: nobody who speaks in lines does that.
    Endless,
}

/// Finds lines in successive buffers. Remembers only how much of the line it is in has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineSplitter {
    /// Bytes since the last newline, as far as they have been looked at. Fewer than [`LINE_BYTES`]
    /// are what is offered again; of more the start is gone.
    unfinished: u16,
}

impl LineSplitter {
    /// Looks at the start of `bytes` and says what is there and how many bytes that took. After
    /// [`Step::NeedMore`] the bytes not taken (fewer than [`LINE_BYTES`]) must be offered again,
    /// with more behind them.
    #[inline]
    pub fn next<'a>(&mut self, bytes: &'a [u8]) -> (Step<'a>, usize) {
        if self.unfinished > 0 {
            return self.go_on_with(bytes);
        }
        match memchr::memchr(b'\n', bytes) {
            Some(newline) => (self.finish(bytes.get(..newline).unwrap_or_default()), newline + 1),
            None => self.go_on(bytes.len(), bytes.len()),
        }
    }

    /// As [`Self::next`], inside a line.
    fn go_on_with<'a>(&mut self, bytes: &'a [u8]) -> (Step<'a>, usize) {
        let known = if self.is_skipping() { 0 } else { self.unfinished.into() };
        match memchr::memchr(b'\n', bytes.get(known..).unwrap_or_default()) {
            Some(newline) => {
                let newline = known + newline;
                (self.finish(bytes.get(..newline).unwrap_or_default()), newline + 1)
            }
            None => self.go_on(bytes.len() - known.min(bytes.len()), bytes.len()),
        }
    }

    /// Whether a line whose start, `unparsed` bytes, has been looked at goes on with these and needs no
    /// further look: they hold no end, and it is not too long.
    pub fn continues(&mut self, unparsed: usize, bytes: &[u8]) -> bool {
        let is_known = self.is_known(unparsed) && unparsed + bytes.len() < LINE_BYTES;
        let goes_on = is_known && memchr::memchr(b'\n', bytes).is_none();
        if goes_on {
            self.count(bytes.len());
        }
        goes_on
    }

    /// Whether so many bytes that are unparsed are the start of one line, and nothing more.
    pub fn is_known(&self, unparsed: usize) -> bool {
        usize::from(self.unfinished) == unparsed
    }

    fn is_skipping(&self) -> bool {
        usize::from(self.unfinished) >= LINE_BYTES
    }

    /// So many more bytes of the line have come; how many that makes.
    fn count(&mut self, bytes: usize) -> usize {
        let all = bytes.saturating_add(self.unfinished.into());
        self.unfinished = u16::try_from(all).unwrap_or(u16::MAX);
        all
    }

    /// There is no newline; `new` of the bytes offered have not been looked at before.
    fn go_on<'a>(&mut self, new: usize, offered: usize) -> (Step<'a>, usize) {
        let all = self.count(new);
        let taken = if self.is_skipping() { offered } else { 0 };
        let step = if all >= ENDLESS_LINE_BYTES { Step::Endless } else { Step::NeedMore };
        (step, taken)
    }

    fn finish<'a>(&mut self, line: &'a [u8]) -> Step<'a> {
        let was_skipping = self.is_skipping();
        self.unfinished = 0;
        if was_skipping || line.len() >= LINE_BYTES {
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
        let (mut splitter, mut unparsed, mut found) = (LineSplitter::default(), Vec::new(), Vec::new());
        for chunk in chunks {
            unparsed.extend_from_slice(chunk);
            loop {
                let (step, taken) = splitter.next(&unparsed);
                match step {
                    Step::Line(line) => found.push(Ok(line.to_vec())),
                    Step::TooLong => found.push(Err(())),
                    Step::NeedMore => {
                        unparsed.drain(..taken);
                        break;
                    }
                    Step::Endless => return found,
                }
                unparsed.drain(..taken);
            }
            assert!(unparsed.len() < LINE_BYTES, "never more than a line is unparsed");
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
    fn a_stream_without_a_newline_is_endless_however_its_bytes_arrive() {
        let line = vec![b'x'; ENDLESS_LINE_BYTES - 1];
        for size in [1, 7, 4095, 4096, 4097, line.len()] {
            let mut splitter = LineSplitter::default();
            let mut unparsed = Vec::new();
            let mut offer = |chunk: &[u8]| {
                unparsed.extend_from_slice(chunk);
                let (step, taken) = splitter.next(&unparsed);
                let is_endless = step == Step::Endless;
                unparsed.drain(..taken);
                is_endless
            };
            assert!(!line.chunks(size).any(&mut offer), "in chunks of {size}");
            assert!(offer(b"x"), "in chunks of {size}");
        }
        let mut ended = line;
        ended.extend_from_slice(b"\nnext\n");
        assert_eq!(split(&[&ended]), [Err(()), Ok(b"next".to_vec())]);
    }

    #[test]
    fn a_line_that_goes_on_needs_no_second_look() {
        let mut splitter = LineSplitter::default();
        assert_eq!(splitter.next(b"one\ntw"), (Step::Line(b"one"), 4));
        assert_eq!(splitter.next(b"tw"), (Step::NeedMore, 0));
        assert!(splitter.is_known(2) && splitter.continues(2, b"o is"));
        assert!(splitter.is_known(6) && !splitter.continues(6, b" long\n"));
        assert_eq!(splitter.next(b"two is long\nrest"), (Step::Line(b"two is long"), 12));
        assert!(!splitter.is_known(4), "what comes behind a line has not been looked at");
        assert!(!LineSplitter::default().continues(0, &[b'x'; LINE_BYTES]), "too long is for a look");
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
