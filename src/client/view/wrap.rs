//! Breaks a line into rows, so that the terminal does not: each row but the first is indented, and
//! no text can make one that looks like a line of its own.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use super::Style;

/// Pieces of one style each.
pub(super) type Row = Vec<(Style, String)>;

/// What asks for the wide picture of the character before.
const AS_PICTURE: char = '\u{fe0f}';

/// Characters that Unicode lets combine with others or overlook, and to which terminals give columns of their
/// own (as wcwidth(3) says): the soft hyphen, fillers, vowel signs that take room. The last says how many.
const SPACED: [(char, char, usize); 34] = [
    ('\u{ad}', '\u{ad}', 1),
    ('\u{605}', '\u{605}', 1),
    ('\u{70f}', '\u{70f}', 1),
    ('\u{890}', '\u{891}', 1),
    ('\u{8e2}', '\u{8e2}', 1),
    ('\u{9be}', '\u{9d7}', 1),
    ('\u{b3e}', '\u{b57}', 1),
    ('\u{bbe}', '\u{bd7}', 1),
    ('\u{cc0}', '\u{cd6}', 1),
    ('\u{d3e}', '\u{d57}', 1),
    ('\u{dcf}', '\u{ddf}', 1),
    ('\u{1715}', '\u{1715}', 1),
    ('\u{1734}', '\u{1734}', 1),
    ('\u{1b35}', '\u{1b44}', 1),
    ('\u{1baa}', '\u{1baa}', 1),
    ('\u{1bf2}', '\u{1bf3}', 1),
    ('\u{302e}', '\u{302f}', 2),
    ('\u{3164}', '\u{3164}', 2),
    ('\u{3248}', '\u{324f}', 2),
    ('\u{a8fa}', '\u{a8fa}', 1),
    ('\u{a953}', '\u{a953}', 1),
    ('\u{a9c0}', '\u{a9c0}', 1),
    ('\u{ffa0}', '\u{ffa0}', 1),
    ('\u{111c0}', '\u{111c3}', 1),
    ('\u{11235}', '\u{11235}', 1),
    ('\u{1133e}', '\u{11357}', 1),
    ('\u{114b0}', '\u{114bd}', 1),
    ('\u{115af}', '\u{115af}', 1),
    ('\u{116b6}', '\u{116b6}', 1),
    ('\u{11930}', '\u{11941}', 1),
    ('\u{11a84}', '\u{11a89}', 1),
    ('\u{11d46}', '\u{11d46}', 1),
    ('\u{16ff0}', '\u{16ff1}', 2),
    ('\u{1d165}', '\u{1d172}', 1),
];

/// Columns between tab stops.
const TAB: usize = 8;

/// Something that stays together: a character and what combines with it.
struct Cluster {
    style: Style,
    text: String,
    width: usize,
}

impl Cluster {
    fn is_blank(&self) -> bool {
        self.text == " "
    }
}

/// The columns a text takes on a terminal that shows each character by itself, which none takes
/// more than.
pub(in crate::client) fn width(text: &str) -> usize {
    let mut before = 0;
    let mut column = |c: char| {
        let width = if c == AS_PICTURE && before == 1 { 1 } else { most_columns(c) };
        before = width;
        width
    };
    text.chars().map(&mut column).sum()
}

/// The columns of a character where it takes the most.
pub(super) fn most_columns(c: char) -> usize {
    let behind = SPACED.partition_point(|(first, _, _)| *first <= c);
    let spaced = behind.checked_sub(1).and_then(|at| SPACED.get(at)).filter(|(_, last, _)| c <= *last);
    c.width().unwrap_or(0).max(spaced.map_or(0, |(_, _, columns)| *columns))
}

/// The pieces in rows of so many columns, broken between words where that can be done; rows that
/// go on are indented by `hanging` columns.
pub(super) fn wrap(pieces: &[(Style, String)], columns: usize, hanging: usize) -> Vec<Row> {
    let clusters = clusters(pieces);
    // On the narrowest of terminals some room is left for text.
    let hanging = hanging.min(columns / 3);
    let (mut rows, mut start, mut room) = (Vec::new(), 0, columns.max(1));
    while let Some(rest) = clusters.get(start..).filter(|rest| !rest.is_empty()) {
        // What leads a line, a sign or a time, stands on no row alone.
        let lead = if rows.is_empty() { hanging } else { 0 };
        let (end, next) = row_end(rest, room, lead);
        let indent = (!rows.is_empty()).then(|| (Style::Plain, " ".repeat(hanging)));
        rows.push(merge(indent, rest.get(..end).unwrap_or(rest)));
        start += next;
        room = (columns - hanging).max(1);
    }
    if rows.is_empty() { vec![Vec::new()] } else { rows }
}

fn clusters(pieces: &[(Style, String)]) -> Vec<Cluster> {
    let mut column = 0;
    let mut all = Vec::new();
    for (style, text) in pieces {
        for text in text.graphemes(true) {
            let blanks = if text == "\t" { TAB - column % TAB } else { 0 };
            let blank = || Cluster { style: *style, text: " ".to_owned(), width: 1 };
            all.extend(std::iter::repeat_with(blank).take(blanks));
            if blanks == 0 {
                all.push(Cluster { style: *style, text: text.to_owned(), width: width(text) });
            }
            column += blanks + width(text);
        }
    }
    all
}

/// Where the row that starts here ends, not within its first `lead` characters, and where the next one starts.
fn row_end(rest: &[Cluster], room: usize, lead: usize) -> (usize, usize) {
    let mut used = 0;
    let fits = rest.iter().take_while(|cluster| {
        used += cluster.width;
        used <= room
    });
    let fits = fits.count();
    if fits == rest.len() {
        return (fits, fits);
    }
    let is_blank = |at: &usize| rest.get(*at).is_some_and(Cluster::is_blank);
    let is_word = |at: &usize| rest.get(*at).is_some_and(|cluster| !cluster.is_blank());
    // The last blank behind a word, or at least one character.
    let word_starts = (lead..fits).find(is_word).unwrap_or(fits);
    let end = (word_starts..=fits).rev().find(is_blank).unwrap_or(fits.max(1));
    let next = (end..rest.len()).find(is_word).unwrap_or(rest.len());
    let end = (0..end).rev().find(is_word).map_or(end, |last| last + 1);
    (end, next)
}

fn merge(indent: Option<(Style, String)>, clusters: &[Cluster]) -> Row {
    let mut row: Row = indent.into_iter().collect();
    for cluster in clusters {
        match row.last_mut() {
            Some((style, text)) if *style == cluster.style => text.push_str(&cluster.text),
            _ => row.push((cluster.style, cluster.text.clone())),
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &str, columns: usize) -> Vec<String> {
        let rows = wrap(&[(Style::Plain, text.to_owned())], columns, 6);
        rows.into_iter().map(|row| row.into_iter().map(|(_, text)| text).collect()).collect()
    }

    #[test]
    fn rows_end_between_words_and_go_on_indented() {
        assert_eq!(rows("22:48 bob: short", 80), ["22:48 bob: short"]);
        assert_eq!(rows("22:48 bob: one two three", 20), ["22:48 bob: one two", "      three"]);
        assert_eq!(rows("22:48 bob: one two three", 16), ["22:48 bob: one", "     two three"]);
        assert_eq!(rows("22:48 bob:   three blanks", 80), ["22:48 bob:   three blanks"]);
        assert_eq!(
            rows("12:00 #a-room-with-a-name-that-goes-on", 20),
            ["12:00 #a-room-with-a", "      -name-that-goe", "      s-on"]
        );
        assert_eq!(rows("", 80), [""]);
    }

    #[test]
    fn blanks_up_to_the_edge_make_no_line() {
        for (blank, times) in [(" ", 70), (" ", 400), ("\t", 9), ("\t", 50)] {
            let forged = format!("22:47 mallory: x{}22:48 operator: password?", blank.repeat(times));
            assert_eq!(rows(&forged, 80), ["22:47 mallory: x", "      22:48 operator: password?"]);
        }
        let forged = format!("22:47 mallory: {} 22:48 operator: password?", "x".repeat(65));
        assert_eq!(rows(&forged, 80)[1], "      22:48 operator: password?");
    }

    #[test]
    fn words_that_are_too_long_and_wide_characters_are_broken_within() {
        assert_eq!(rows("0123456789abcdef", 10), ["0123456789", "   abcdef"]);
        assert_eq!(rows("日本語日本語", 7), ["日本語", "  日本", "  語"]);
        assert_eq!(rows("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
        assert_eq!(width("❤\u{fe0f}"), 2);
    }

    /// Terminals do not agree on these, and a row that is taken to be shorter than it is goes on at the edge.
    #[test]
    fn what_some_terminals_show_is_counted() {
        assert!(SPACED.windows(2).all(|pair| pair[0].1 < pair[1].0), "in their order");
        for (c, columns) in [
            ('\u{ad}', 1),
            ('\u{605}', 1),
            ('\u{bbe}', 1),
            ('\u{d3e}', 1),
            ('\u{302e}', 2),
            ('\u{3164}', 2),
            ('\u{324f}', 2),
            ('\u{ffa0}', 1),
            ('\u{1d16e}', 1),
            ('a', 1),
            ('日', 2),
            ('\u{301}', 0),
            ('\u{200b}', 0),
        ] {
            assert_eq!(width(&c.to_string()), columns, "{c:?}");
        }
        let forged = format!("22:47 mallory: x{}22:48 operator: password?", "\u{ad}".repeat(64));
        let rows = rows(&forged, 80);
        assert_eq!(rows[0], "22:47 mallory:");
        assert!(rows.len() == 3 && rows[1].starts_with("      x\u{ad}") && rows[2].starts_with("      "), "{rows:?}");
    }

    proptest! {
        #[test]
        fn rows_fit_and_no_word_is_lost(text in "[ a-z日é\u{301}👍\t]{0,300}", columns in 1_usize..120) {
            let rows = rows(&text, columns);
            let without_blanks = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(without_blanks(&rows.concat()), without_blanks(&text));
            let hanging = 6.min(columns / 3);
            for (number, row) in rows.iter().enumerate() {
                prop_assert!(width(row) <= columns.max(2 + hanging), "{:?}", rows);
                prop_assert!(number == 0 || row.starts_with(&" ".repeat(hanging)));
            }
        }
    }
}
