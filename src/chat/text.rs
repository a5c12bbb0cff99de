//! What people say: one line of printable text.

use std::borrow::Cow;
use std::fmt;

use crate::limits::TEXT_BYTES;

/// One line of text that is safe on any terminal: not blank, at most [`TEXT_BYTES`] long, and
/// without control characters but tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a>(&'a str);

/// Why a string cannot be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// Nothing but white space.
    Blank,
    /// Longer than [`TEXT_BYTES`].
    TooLong,
}

impl<'a> Text<'a> {
    /// Takes a string that [`sanitize`] has been over.
    ///
    /// # Errors
    /// Says what is wrong when nothing is left to say, or too much.
    pub fn new(clean: &'a str) -> Result<Self, TextError> {
        debug_assert!(clean.chars().all(|c| !is_unsafe(c)), "text is sanitised before it is taken");
        // Most texts begin with a letter, and need no second look.
        let starts_plainly = clean.bytes().next().is_some_and(|first| first > b' ' && first < 0x7f);
        if !starts_plainly && clean.trim().is_empty() {
            Err(TextError::Blank)
        } else if clean.len() > TEXT_BYTES {
            Err(TextError::TooLong)
        } else {
            Ok(Self(clean))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &'a str {
        self.0
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Replaces by U+FFFD every character that could act on a terminal: C0 controls but tab, DEL, C1
/// controls, line and paragraph separators, and the marks that reorder text (Unicode UAX #9).
/// Costs no allocation when there is none.
pub fn sanitize(raw: &str) -> Cow<'_, str> {
    // Looks at every byte of a plain text without stopping, which the compiler does many at a time.
    let is_plain = raw.bytes().fold(true, |plain, byte| plain & is_plain(byte));
    if is_plain || !raw.chars().any(is_unsafe) {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(raw.chars().map(|c| if is_unsafe(c) { char::REPLACEMENT_CHARACTER } else { c }).collect())
}

/// Whether there is nothing but lines of printable ASCII: all of them are text that [`sanitize`]
/// would leave as it is.
pub fn are_plain_lines(raw: &[u8]) -> bool {
    raw.iter().fold(true, |plain, byte| plain & (is_printable(*byte) | (*byte == b'\n')))
}

fn is_plain(byte: u8) -> bool {
    (byte == b'\t') | is_printable(byte)
}

fn is_printable(byte: u8) -> bool {
    (0x20..=0x7e).contains(&byte)
}

/// Whether a character is one that [`sanitize`] replaces.
pub fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{a}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_act_on_a_terminal_is_replaced() {
        assert_eq!(sanitize("plain\ttext"), "plain\ttext");
        assert_eq!(sanitize("\u{1b}[31mred\u{7}"), "\u{fffd}[31mred\u{fffd}");
        assert_eq!(sanitize("c1 \u{9b}2J del \u{7f}"), "c1 \u{fffd}2J del \u{fffd}");
        assert_eq!(sanitize("bidi \u{202e}txt \u{2066}x\u{2069}"), "bidi \u{fffd}txt \u{fffd}x\u{fffd}");
        assert!(matches!(sanitize("Grüße 日本 👩‍👩‍👧"), Cow::Borrowed(_)), "letters of any script and joined emoji stay");
    }

    #[test]
    fn plain_lines_are_those_that_need_no_second_look() {
        assert!(are_plain_lines(b"one\ntwo three ~\n\nfour"));
        for byte in (0..=u8::MAX).filter(|byte| !matches!(byte, b'\n' | b' '..=b'~')) {
            assert!(!are_plain_lines(&[b'a', byte, b'\n']), "{byte}");
        }
    }

    #[test]
    fn blank_and_endless_texts_are_refused() {
        assert_eq!(Text::new(" \t ").unwrap_err(), TextError::Blank);
        assert_eq!(Text::new("").unwrap_err(), TextError::Blank);
        assert_eq!(Text::new("\u{3000}\u{a0}").unwrap_err(), TextError::Blank, "white space of any script");
        assert_eq!(Text::new(&"x".repeat(TEXT_BYTES + 1)).unwrap_err(), TextError::TooLong);
        assert!(Text::new("  indented").is_ok());
    }
}
