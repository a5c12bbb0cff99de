//! What people say: one line of printable text.

use std::borrow::Cow;
use std::fmt;

use crate::limits::TEXT_BYTES;

/// One line of text that is safe on any terminal: something can be seen of it, it is at most
/// [`TEXT_BYTES`] long, and without control characters but tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a>(&'a str);

/// Why a string cannot be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// Nothing but white space and characters that cannot be seen.
    Blank,
    /// Longer than [`TEXT_BYTES`].
    TooLong,
}

impl<'a> Text<'a> {
    /// Takes a string that [`sanitize`] has been over.
    ///
    /// # Errors
    /// Says what is wrong when nothing is left to say, or too much.
    #[inline]
    pub fn new(clean: &'a str) -> Result<Self, TextError> {
        debug_assert!(clean.chars().all(|c| !is_unsafe(c)), "text is sanitised before it is taken");
        // Most texts begin with a letter, and need no second look.
        let starts_plainly = clean.bytes().next().is_some_and(|first| first > b' ' && first < 0x7f);
        if !starts_plainly && is_blank(clean) {
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
    if all(raw.as_bytes(), |byte| !is_suspect(byte)) || !raw.chars().any(is_unsafe) {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(raw.chars().map(|c| if is_unsafe(c) { char::REPLACEMENT_CHARACTER } else { c }).collect())
}

/// Whether [`sanitize`] would leave all these lines as they are, as far as single bytes tell: they
/// do for ASCII and the letters of nearly all scripts, and not for some punctuation.
pub fn are_harmless_lines(raw: &[u8]) -> bool {
    let is_ascii = |byte| (0x20..=0x7e).contains(&byte) | (byte == b'\n');
    all(raw, is_ascii) || all(raw, |byte| !is_suspect(byte) | (byte == b'\n'))
}

/// Looks at every byte without stopping, which the compiler does many at a time.
fn all(raw: &[u8], is_good: impl Fn(u8) -> bool) -> bool {
    raw.iter().fold(true, |good, byte| good & is_good(*byte))
}

/// Whether a byte is a character that [`sanitize`] replaces, or may be the first byte of one: beyond
/// ASCII, those start with C2, D8 or E2 in UTF-8 (RFC 3629).
fn is_suspect(byte: u8) -> bool {
    let is_control = (byte < b' ') & (byte != b'\t') | (byte == 0x7f);
    is_control | (byte == 0xc2) | (byte == 0xd8) | (byte == 0xe2)
}

/// Whether a character is one that [`sanitize`] replaces.
pub fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{a}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cold]
fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

/// Whether nothing can be seen of a character by itself: white space, and [`INVISIBLE`].
fn is_invisible(c: char) -> bool {
    let behind = INVISIBLE.partition_point(|(first, _)| *first <= c);
    let range = behind.checked_sub(1).and_then(|at| INVISIBLE.get(at));
    c.is_whitespace() || range.is_some_and(|(_, last)| c <= *last)
}

/// Characters without a shape, in their order. Most are those that Unicode calls default ignorable
/// (DerivedCoreProperties.txt, 17.0); the others are named.
const INVISIBLE: [(char, char); 22] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    // The Braille pattern without a dot.
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    // With the marks of interlinear annotations behind those without a meaning.
    ('\u{fff0}', '\u{fffb}'),
    // What joins hieroglyphs, and blanks among them.
    ('\u{13430}', '\u{1343f}'),
    ('\u{13441}', '\u{13442}'),
    // A filler of the Khitan script.
    ('\u{16fe4}', '\u{16fe4}'),
    ('\u{1bca0}', '\u{1bca3}'),
    // A note without a head.
    ('\u{1d159}', '\u{1d159}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

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
    fn harmless_lines_hold_no_unsafe_character_and_most_lines_are_harmless() {
        assert!(are_harmless_lines("one\ntwo\tthree ~\n\nGrüße, 日本, Привет 👩‍👦".replace('\u{200d}', "").as_bytes()));
        for c in (char::MIN..=char::MAX).filter(|c| is_unsafe(*c) && *c != '\n') {
            assert!(!are_harmless_lines(format!("a {c}\n").as_bytes()), "{c:?}");
            assert_ne!(sanitize(&format!("a {c}")), format!("a {c}"));
        }
    }

    #[test]
    fn what_nobody_can_see_is_no_text() {
        assert!(INVISIBLE.iter().all(|(first, last)| first <= last));
        assert!(INVISIBLE.windows(2).all(|pair| pair[0].1 < pair[1].0), "in their order");
        for c in "\u{200b}\u{200c}\u{200d}\u{2060}\u{2064}\u{ad}\u{34f}\u{115f}\u{1160}\u{3164}\u{ffa0}\u{180e}\u{fe0f}\
                  \u{feff}\u{2800}\u{fffb}\u{e0001}\u{e0041}\u{e007f}\u{e01ef}\u{1d173}\u{1d159}\u{13441}\u{17b4}\u{3000}"
            .chars()
        {
            for text in [format!("{c}"), format!(" {c}\t{c}{c} ")] {
                assert_eq!(Text::new(&text).unwrap_err(), TextError::Blank, "{c:?}");
            }
            for text in [format!("{c}x"), format!("x{c}"), format!("{c}\u{fffd}"), format!("{c}é{c}")] {
                assert_eq!(Text::new(&text).unwrap().as_str(), text, "what can be seen is left as it is");
            }
        }
        for text in [
            ".",
            "é",
            "日",
            "👩\u{200d}👩",
            "❤\u{fe0f}",
            "🏴\u{e0067}\u{e007f}",
            "\u{fffd}",
            "\u{301}",
            "ㅤa",
            "⠁",
            "\u{ac00}",
        ] {
            assert!(Text::new(text).is_ok(), "{text:?}");
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
