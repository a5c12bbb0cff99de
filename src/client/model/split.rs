//! A text of several lines, or too long for one message → several messages.

use crate::limits::TEXT_BYTES;

/// Cuts `text` into pieces that fit a message each: its lines, and those between words where it can.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    for line in text.split('\n') {
        let mut rest = line;
        while rest.len() > TEXT_BYTES {
            let (piece, behind) = rest.split_at(cut(rest));
            pieces.push(piece);
            rest = behind.strip_prefix(' ').unwrap_or(behind);
        }
        pieces.push(rest);
    }
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

/// Where to cut: behind the last blank of the second half, else between two characters.
fn cut(text: &str) -> usize {
    let limit = (0..=TEXT_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let blank = text.get(..limit).and_then(|head| head.rfind(' '));
    blank.filter(|at| *at >= TEXT_BYTES / 2).unwrap_or(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_stay_whole_and_blank_ones_vanish() {
        assert_eq!(pieces("  two words "), ["  two words "]);
        assert!(pieces(" \t ").is_empty());
        assert!(pieces("").is_empty());
        assert_eq!(pieces("one\n\n  two\n"), ["one", "  two"]);
    }

    #[test]
    fn long_texts_are_cut_between_words() {
        let text = "word ".repeat(2000);
        let parts = pieces(text.trim_end());
        assert_eq!(parts.len(), 3);
        assert!(parts.iter().all(|part| part.len() <= TEXT_BYTES && part.ends_with("word")));
        assert_eq!(parts.join(" "), text.trim_end());
    }

    #[test]
    fn endless_words_are_cut_between_characters() {
        let text = "日".repeat(3000);
        let parts = pieces(&text);
        assert!(parts.iter().all(|part| part.len() <= TEXT_BYTES));
        assert_eq!(parts.concat(), text);
    }
}
