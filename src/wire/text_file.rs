//! Text that people write into a file with an editor of any system.

/// The lines, without what editors add that nobody meant: a mark of the byte order before the
/// first (U+FEFF, "UTF-8 with BOM"), and the other half of an end of line that is CR LF.
pub fn text_lines(text: &str) -> impl Iterator<Item = &str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().map(|line| line.strip_suffix('\r').unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_editor_leaves_the_same_lines() {
        for text in
            ["one\ntwo", "one\ntwo\n", "one\r\ntwo\r\n", "one\r\ntwo\r", "\u{feff}one\r\ntwo", "\u{feff}one\ntwo\n"]
        {
            assert_eq!(text_lines(text).collect::<Vec<_>>(), ["one", "two"], "{text:?}");
        }
        assert_eq!(text_lines("\u{feff}").next(), None);
        assert_eq!(text_lines(" one \u{feff}").next(), Some(" one \u{feff}"), "all else is meant");
    }
}
