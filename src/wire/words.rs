//! Takes a line apart, word by word from the left.

/// What is left of a line. Words are separated by blanks (spaces and tabs).
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a>(&'a str);

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Reads a number: digits and nothing else, no sign.
pub(super) fn number(word: &str) -> Option<u64> {
    word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok()).flatten()
}

impl<'a> Words<'a> {
    /// Starts at the left of `line`.
    pub(super) fn new(line: &'a str) -> Self {
        Self(line)
    }

    /// Takes the next word; `None` at the end of the line.
    pub(super) fn next(&mut self) -> Option<&'a str> {
        // Blanks are ASCII, so every position found here is a character's boundary.
        let start = self.0.bytes().position(|byte| !is_blank(byte))?;
        let rest = self.0.get(start..)?;
        let end = rest.bytes().position(is_blank).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end)?;
        self.0 = after;
        Some(word)
    }

    /// All that is left, without the one blank that ends the previous word: a text keeps its indent.
    pub(super) fn rest(self) -> &'a str {
        match self.0.bytes().next() {
            Some(first) if is_blank(first) => self.0.get(1..).unwrap_or_default(),
            _ => self.0,
        }
    }

    /// Whether nothing but blanks is left.
    pub(super) fn is_empty(self) -> bool {
        self.0.bytes().all(is_blank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_and_the_rest_is_kept_as_it_is() {
        let mut words = Words::new("  say\t bob  two  blanks ");
        assert_eq!(words.next(), Some("say"));
        assert_eq!(words.next(), Some("bob"));
        assert_eq!(words.rest(), " two  blanks ");
        assert!(!words.is_empty());
        assert_eq!(words.next(), Some("two"));
        assert_eq!(words.next(), Some("blanks"));
        assert!(words.is_empty());
        assert_eq!(words.next(), None);
        assert_eq!(words.rest(), "");
    }

    #[test]
    fn a_number_is_digits() {
        assert_eq!(number("007"), Some(7));
        for wrong in ["", "+7", "-7", "7 ", "0x7", "٧", "18446744073709551616"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_blanks_end_a_word() {
        let mut words = Words::new("größe\u{a0}日本 x");
        assert_eq!(words.next(), Some("größe\u{a0}日本"));
        assert_eq!(words.rest(), "x");
    }
}
