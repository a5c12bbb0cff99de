//! Takes a line apart, word by word from the left.

/// What is left of a line. Words are separated by blanks (spaces and tabs).
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a>(&'a str);

const BLANKS: [char; 2] = [' ', '\t'];

impl<'a> Words<'a> {
    /// Starts at the left of `line`.
    pub(super) fn new(line: &'a str) -> Self {
        Self(line)
    }

    /// Takes the next word; `None` at the end of the line.
    pub(super) fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start_matches(BLANKS);
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(BLANKS).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        self.0 = after;
        Some(word)
    }

    /// All that is left, without the one blank that ends the previous word: a text keeps its indent.
    pub(super) fn rest(self) -> &'a str {
        self.0.strip_prefix(BLANKS).unwrap_or(self.0)
    }

    /// Whether nothing but blanks is left.
    pub(super) fn is_empty(self) -> bool {
        self.0.trim_start_matches(BLANKS).is_empty()
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
}
