//! Bytes that arrived together.

use std::borrow::Cow;

use super::Fault;
use crate::chat;

/// Received bytes. Most are harmless lines through and through; that is found out for all of them at
/// once, and none of their lines needs a look of its own.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    bytes: &'a [u8],
    /// All of them, if all of them are harmless.
    harmless: Option<&'a str>,
}

impl<'a> Received<'a> {
    /// Looks at the bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        let harmless = if chat::are_harmless_lines(bytes) { std::str::from_utf8(bytes).ok() } else { None };
        Self { bytes, harmless }
    }

    /// The bytes behind the first `start`.
    pub fn after(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..).unwrap_or_default()
    }

    /// The line that starts there and has this many bytes, made safe to handle: UTF-8, and nothing
    /// in it that acts on a terminal.
    ///
    /// # Errors
    /// [`Fault::NotUtf8`] when it is not UTF-8.
    #[inline]
    pub fn line(&self, start: usize, length: usize) -> Result<Cow<'a, str>, Fault> {
        match self.harmless.and_then(|harmless| harmless.get(start..start + length)) {
            Some(line) => Ok(Cow::Borrowed(line)),
            None => clean(self.bytes.get(start..start + length).unwrap_or_default()),
        }
    }
}

/// Makes a received line safe to handle; see [`Received::line`].
///
/// # Errors
/// [`Fault::NotUtf8`] when it is not UTF-8.
pub fn clean(line: &[u8]) -> Result<Cow<'_, str>, Fault> {
    let text = std::str::from_utf8(line).map_err(|_| Fault::NotUtf8)?;
    Ok(chat::sanitize(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_the_same_whatever_came_with_it() {
        let safe = |line| Received::new(line).line(0, line.len()).map(Cow::into_owned);
        for line in
            [&b"SAY bob hi"[..], b"\tx", b"", "größe".as_bytes(), b"\x1b[m", b"a\0", b"\xff", b"carriage\rreturn"]
        {
            let alone = safe(line);
            for other in [&b"plain"[..], b"\x07", b"\xff", "日本".as_bytes()] {
                let together = [other, b"\n", line, b"\n"].concat();
                let received = Received::new(&together);
                assert_eq!(received.line(other.len() + 1, line.len()).map(Cow::into_owned), alone);
                assert_eq!(received.after(other.len() + 1), &together[other.len() + 1..]);
            }
        }
        assert_eq!(safe(b"a\x07b").unwrap(), "a\u{fffd}b");
        assert_eq!(safe(b"\xff"), Err(Fault::NotUtf8));
    }
}
