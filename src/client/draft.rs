//! The line that is being typed, as it lies on the screen.
//!
//! The editor writes a draft in one piece and leaves it to the terminal to break it. Here it is
//! broken as the editor counts, each row with an end of its own, for three reasons:
//!
//! - A terminal that reflows joins rows that it has broken itself when it gets wider, so that the
//!   editor, which counts the rows of before, clears lines that are not its own (rustyline #280).
//! - When it gets narrower, such a terminal breaks rows where the editor does not know of it.
//! - Of a draft that is taller than the screen the editor writes all rows at each repaint, and those
//!   that find no room scroll away, again and again (rustyline #611). Only those that fit are
//!   written, with the row of the cursor among them.

use std::fmt::Write;

use rustyline::GraphemeClusterMode;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use super::tty::Size;
use super::view::{Charset, PROMPT_WIDTH};

/// Columns between tab stops, as the editor counts.
const TAB: usize = 8;

/// What is being typed, and what of it is on the screen. A key costs what it changes: rows above it
/// stay as they are laid out.
#[derive(Debug)]
pub(super) struct Draft {
    text: String,
    /// Where in it the cursor is.
    at: usize,
    /// Columns of the prompt.
    prompt: usize,
    /// The screen it was laid out for.
    screen: Size,
    charset: Charset,
    /// Text and cursor as they lie on that screen behind that prompt.
    layout: Layout,
    /// Whether the editor has to paint all of it, since it was changed last.
    is_all_painted: bool,
}

/// What a draft takes of the screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// Rows.
    pub(super) rows: usize,
    /// Rows up to that of the cursor.
    pub(super) to_cursor: usize,
    /// Columns of the last row.
    pub(super) end: usize,
}

/// Rows of a draft as they are written.
#[derive(Debug, Default, PartialEq, Eq)]
struct Layout {
    rows: Vec<Row>,
    /// How many of them the prompt has begun.
    of_prompt: usize,
    /// The row and the column of the cursor.
    cursor: (usize, usize),
}

/// A row, and where in the text one can go on from the rows above it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Row {
    start: usize,
    escape: Escape,
    text: String,
    /// Columns it takes.
    width: usize,
}

impl Draft {
    /// Nothing typed yet.
    pub(super) fn new(charset: Charset) -> Self {
        let mut draft = Self {
            text: String::new(),
            at: 0,
            prompt: PROMPT_WIDTH,
            screen: Size::default(),
            charset,
            layout: Layout::default(),
            is_all_painted: false,
        };
        draft.lay_out(0);
        draft
    }

    /// Takes the text out, and says where the cursor was.
    pub(super) fn take(&mut self) -> (String, usize) {
        let taken = (std::mem::take(&mut self.text), std::mem::take(&mut self.at));
        self.lay_out(0);
        taken
    }

    /// The draft is this from now on. Whether the editor has to paint all of it, since it would
    /// not write the rest as it has to be.
    pub(super) fn change(&mut self, text: &str, at: usize) -> bool {
        let unchanged = self.unchanged(text, at);
        if unchanged.end == text.len() && text.len() == self.text.len() && at == self.at {
            return self.is_all_painted;
        }
        let goes_on = self.at == self.text.len() && self.at == unchanged.end && at == text.len();
        self.text.truncate(unchanged.end);
        self.text.push_str(text.get(unchanged.end..).unwrap_or_default());
        self.at = at;
        self.lay_out(unchanged.kept);
        // What is written at the end of the last row is on the screen, however many are above it, and a
        // new row has the editor paint all of it in any case.
        let is_in_sight = !self.is_too_tall() || goes_on;
        self.is_all_painted = !is_in_sight || !self.charset.carries(text.get(unchanged.end..).unwrap_or_default());
        self.is_all_painted
    }

    /// The editor is about to clear the draft as it is on the screen, and to paint it for a screen
    /// that is like this now. What puts it where the editor looks for it, if that is needed on a
    /// terminal that breaks rows anew.
    pub(super) fn lay_out_anew(&mut self, now: Size) -> Option<String> {
        let regained = self.regain(now);
        self.lay_out_for(now, self.prompt);
        regained
    }

    /// The draft is painted for such a screen, behind a prompt of so many columns.
    pub(super) fn lay_out_for(&mut self, screen: Size, prompt: usize) {
        if (self.screen, self.prompt) != (screen, prompt) {
            (self.screen, self.prompt) = (screen, prompt);
            self.lay_out(0);
            self.is_all_painted |= self.is_too_tall();
        }
    }

    /// What puts a draft that the terminal has broken anew where the editor thinks it is, so that
    /// the editor clears it and nothing else. Nothing if it is there.
    fn regain(&self, now: Size) -> Option<String> {
        let layout = &self.layout;
        if now.columns >= self.screen.columns || layout.rows.iter().all(|row| row.width <= now.columns) {
            return None;
        }
        let (row, column) = layout.cursor;
        let broken = |width: usize| width.div_ceil(now.columns).max(1);
        let above: usize = layout.rows.iter().take(row).map(|row| broken(row.width)).sum();
        // A cursor behind the last character stays in its row.
        let is_inside = layout.rows.get(row).is_some_and(|row| column < row.width);
        let beside = if is_inside { column } else { column.saturating_sub(1) } / now.columns;
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = match above + beside {
            0 => write!(text, "\r\x1b[J"),
            rows => write!(text, "\x1b[{rows}A\r\x1b[J"),
        };
        // The editor goes down to the end of the draft before it clears.
        let end = (layout.rows.len() - 1).min(now.rows.saturating_sub(1));
        text.push_str(&"\n".repeat(end));
        if let Some(up @ 1..) = end.checked_sub(row) {
            let _ = write!(text, "\x1b[{up}A");
        }
        Some(text)
    }

    /// Whether the prompt is on the screen.
    pub(super) fn shows_prompt(&self) -> bool {
        self.window().0 == 0
    }

    /// The draft as it is to be written behind its prompt.
    pub(super) fn paint(&self) -> String {
        let rows = &self.layout.rows;
        let (start, end) = self.window();
        let end = if self.is_full() { end.min(rows.len() - 1) } else { end };
        let rows: Vec<_> = rows.iter().take(end).skip(start).map(|row| row.text.as_str()).collect();
        rows.join("\n")
    }

    /// What it takes of the screen, where it was painted.
    pub(super) fn extent(&self) -> Extent {
        let Layout { rows, cursor, .. } = &self.layout;
        let height = self.screen.rows;
        let end = rows.last().map_or(0, |row| row.width);
        Extent { rows: rows.len().min(height), to_cursor: (cursor.0 + 1).min(height), end }
    }

    fn is_too_tall(&self) -> bool {
        self.layout.rows.len() > self.screen.rows
    }

    /// The first row that is on the screen, and the first that is not any more. The editor goes to
    /// the cursor from the end, and no further up than the screen.
    fn window(&self) -> (usize, usize) {
        let (rows, height) = (self.layout.rows.len(), self.screen.rows);
        let last = rows.saturating_sub(height);
        match self.layout.cursor.0 {
            row if row < last => (row, row + height - usize::from(self.is_full())),
            _ => (last, rows),
        }
    }

    /// Whether the last row but one is full to the edge. Then the editor itself starts the last.
    fn is_full(&self) -> bool {
        let rows = &self.layout.rows;
        let is_last_empty = rows.last().is_some_and(|row| row.width == 0);
        is_last_empty && rows.len() > 1 && !self.text.ends_with('\n')
    }

    /// What of the draft is in this one, too.
    fn unchanged(&self, text: &str, at: usize) -> Unchanged {
        let end = common_start(&self.text, text);
        // The cursor breaks rows, and no row is touched that was begun before all that is another now.
        let same = end.min(self.at).min(at);
        let kept = self.layout.rows.partition_point(|row| row.start < same).saturating_sub(1);
        Unchanged { end, kept: if kept < self.layout.of_prompt { 0 } else { kept } }
    }

    /// Lays out all behind the first so many rows, as rustyline's `compute_layout` and
    /// `calculate_position` count: up to the cursor first, and on from there.
    fn lay_out(&mut self, kept: usize) {
        let mut layout = std::mem::take(&mut self.layout);
        let (start, escape) = layout.rows.get(kept).map_or((0, Escape::None), |row| (row.start, row.escape));
        layout.rows.truncate(kept);
        let mut pen = Pen { columns: self.screen.columns.max(1), escape, layout };
        if kept == 0 {
            pen.begin(self.prompt);
        }
        let cursor = if self.text.is_char_boundary(self.at) { self.at } else { self.text.len() };
        pen.go_on(start, self.text.get(start..cursor).unwrap_or_default(), self.charset);
        pen.layout.cursor = (pen.layout.rows.len() - 1, pen.column());
        pen.escape = Escape::None;
        pen.go_on(cursor, self.text.get(cursor..).unwrap_or_default(), self.charset);
        self.layout = pen.layout;
    }
}

/// See `Draft::unchanged`.
#[derive(Debug)]
struct Unchanged {
    /// Bytes that both begin with.
    end: usize,
    /// Rows that stay as they are laid out.
    kept: usize,
}

/// How many bytes two texts begin with that are the same, in whole characters.
fn common_start(before: &str, now: &str) -> usize {
    let (before, bytes) = (before.as_bytes(), now.as_bytes());
    let is_same = |end: usize| before.get(..end).is_some_and(|before| bytes.get(..end) == Some(before));
    if is_same(before.len()) {
        return before.len();
    }
    if is_same(bytes.len()) {
        return bytes.len();
    }
    let same = before.iter().zip(bytes).take_while(|(before, now)| before == now).count();
    (0..=same).rev().find(|end| now.is_char_boundary(*end)).unwrap_or_default()
}

/// How the editor counts columns: each character by itself, since terminals do not agree on which they join.
/// What is painted is such that they all count like that.
pub(super) const WIDTHS: GraphemeClusterMode = GraphemeClusterMode::WcWidth;

/// The columns that the editor takes a text to have.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or_default()).sum()
}

struct Pen {
    columns: usize,
    escape: Escape,
    layout: Layout,
}

/// How much of an escape sequence has been seen; the editor takes it to have no width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Started,
    Control,
}

impl Pen {
    fn column(&self) -> usize {
        self.layout.rows.last().map_or(0, |row| row.width)
    }

    /// Starts behind the prompt, which is written by itself.
    fn begin(&mut self, prompt: usize) {
        self.start_row(0);
        self.go_on(0, &" ".repeat(prompt), Charset::Utf8);
        for row in &mut self.layout.rows {
            *row = Row { width: row.width, ..Row::default() };
        }
        self.layout.of_prompt = self.layout.rows.len();
    }

    /// Writes a text that starts there in the whole.
    fn go_on(&mut self, start: usize, text: &str, charset: Charset) {
        for (at, cluster) in text.grapheme_indices(true) {
            match cluster {
                "\n" => self.start_row(start + at),
                "\t" => {
                    let width = TAB - self.column() % TAB;
                    self.make_room(start + at, width, self.escape);
                    self.put(&" ".repeat(width), width);
                }
                _ => {
                    let before = self.escape;
                    let width = self.width(cluster);
                    let shown = if width == 0 && is_control(cluster) { "" } else { cluster };
                    self.make_room(start + at, width, before);
                    self.put(&charset.carry_as_wide(shown), width);
                }
            }
        }
        if self.column() == self.columns {
            self.start_row(start + text.len());
        }
    }

    fn start_row(&mut self, start: usize) {
        self.layout.rows.push(Row { start, escape: self.escape, ..Row::default() });
    }

    /// So many columns at the end of the last row, for what starts there in the text.
    fn make_room(&mut self, start: usize, width: usize, escape: Escape) {
        if self.column() + width > self.columns {
            self.layout.rows.push(Row { start, escape, ..Row::default() });
        }
    }

    fn put(&mut self, text: &str, width: usize) {
        if let Some(row) = self.layout.rows.last_mut() {
            row.text.push_str(text);
            row.width += width;
        }
    }

    /// As rustyline's `width` counts.
    fn width(&mut self, cluster: &str) -> usize {
        let is_parameter = cluster == ";" || cluster.starts_with(|c: char| c.is_ascii_digit());
        self.escape = match self.escape {
            Escape::None if cluster == "\x1b" => Escape::Started,
            Escape::None => return columns(cluster),
            Escape::Started if cluster == "[" => Escape::Control,
            Escape::Control if is_parameter => Escape::Control,
            Escape::Started | Escape::Control => Escape::None,
        };
        0
    }
}

fn is_control(cluster: &str) -> bool {
    cluster.chars().any(|c| crate::chat::is_unsafe(c) || c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: &str, at: usize, columns: usize, rows: usize) -> Draft {
        let mut draft = Draft::new(Charset::Utf8);
        draft.lay_out_for(Size { columns, rows }, 4);
        draft.change(text, at);
        draft
    }

    #[test]
    fn each_row_has_an_end_of_its_own() {
        assert_eq!(draft("abcdefghijklm", 13, 10, 5).paint(), "abcdef\nghijklm");
        assert_eq!(draft("abcde日本語", 0, 10, 5).paint(), "abcde\n日本語");
        assert_eq!(draft("a\nb\n\nc", 0, 10, 5).paint(), "a\nb\n\nc");
        // The editor starts the third row.
        assert_eq!(draft("abcdefghijklmnop", 16, 10, 5).paint(), "abcdef\nghijklmnop");
        assert_eq!(draft("abcdefghijklmnop\n", 17, 10, 5).paint(), "abcdef\nghijklmnop\n");
    }

    #[test]
    fn nothing_in_a_draft_acts_on_the_terminal() {
        assert_eq!(draft("a\x1b[31mb\x07\u{9b}2Jc\u{202e}\td", 0, 80, 5).paint(), "ab2Jc       d");
        let mut ascii = Draft::new(Charset::Ascii);
        ascii.lay_out_for(Size { columns: 80, rows: 5 }, 4);
        assert!(ascii.change("ü\u{6dd}日", 0), "the editor must not write it itself");
        assert_eq!(ascii.paint(), "????");
    }

    #[test]
    fn of_a_draft_that_is_too_tall_the_rows_around_the_cursor_are_painted() {
        let text = "0\n1\n2\n3\n4\n5\n6";
        for (at, shown, prompt) in
            [(13, "4\n5\n6", false), (8, "4\n5\n6", false), (4, "2\n3\n4", false), (0, "0\n1\n2", true)]
        {
            let mut tall = draft(text, at, 10, 3);
            assert_eq!((tall.paint().as_str(), tall.shows_prompt()), (shown, prompt), "{at}");
            assert_eq!(tall.change(text, at), at < text.len(), "all of it is painted, unless it goes on at its end");
        }
        assert!(!draft(text, 13, 10, 7).change(text, 13));
    }

    #[test]
    fn a_key_lays_out_the_row_it_is_pressed_in_and_none_above() {
        let mut typed = draft("", 0, 20, 5);
        let mut text = String::new();
        for c in "Some words of 日本語, and e\u{301} with\ttabs. ".chars().cycle().take(5_000) {
            text.push(c);
            let kept = typed.unchanged(&text, text.len()).kept;
            let start = typed.layout.rows.get(kept).map_or(0, |row| row.start);
            assert!(text.len() - start <= 80, "{} of {} bytes", text.len() - start, text.len());
            typed.change(&text, text.len());
            assert!(typed.paint().len() <= 5 * 80);
        }
        // Nor does the editor paint anything again, but for a new row, as it does anyway.
        text.push_str("\nx");
        assert!(!typed.change(&text, text.len()));
        text.push('y');
        assert!(!typed.change(&text, text.len()) && !typed.change(&text, text.len()));
        assert!(typed.change(&text, text.len() - 1), "the cursor may leave what is in sight");
        assert_eq!(typed.paint().lines().last(), Some("xy"));
    }

    #[test]
    fn a_draft_lies_as_if_it_were_new_whatever_was_changed() {
        let pieces = ["a", "\u{301}", "\t", "\n", "日", "\u{1b}", "[3", "1m", "👍", "\u{200d}", "🇩", "long word", "\r"];
        let mut random = 1_u32;
        let mut next = |below: usize| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            usize::try_from(random >> 8).unwrap() % below
        };
        for columns in [1, 2, 7, 20] {
            let (mut edited, mut text, mut at) = (draft("", 0, columns, 4), String::new(), 0);
            for _ in 0..2_000 {
                match next(8) {
                    0 => at = text.len(),
                    1 => at = (0..=next(text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap(),
                    2 => drop(text.drain(at..).next()),
                    3 => {
                        text.drain(..std::mem::take(&mut at));
                    }
                    _ => {
                        let piece = pieces[next(pieces.len())];
                        text.insert_str(at, piece);
                        at += piece.len();
                    }
                }
                edited.change(&text, at);
                assert_eq!(edited.layout, draft(&text, at, columns, 4).layout, "{text:?} at {at} in {columns}");
            }
        }
    }

    #[test]
    fn a_draft_that_the_terminal_has_broken_is_cleared_where_it_is() {
        // Rows of 10, 10 and 3 columns, the cursor in the last.
        let three = draft("abcdefghijklmnopqrs", 19, 10, 24);
        assert_eq!(three.regain(Size { columns: 20, rows: 24 }), None);
        assert_eq!(three.regain(Size { columns: 10, rows: 5 }), None);
        // Now they are rows of 6, 4, 6, 4 and 3.
        assert_eq!(three.regain(Size { columns: 6, rows: 24 }).unwrap(), "\x1b[4A\r\x1b[J\n\n");
        // The editor goes down from the first row before it clears.
        let first = draft("abcdefghijklmnopqrs", 5, 10, 24);
        assert_eq!(first.regain(Size { columns: 6, rows: 24 }).unwrap(), "\x1b[1A\r\x1b[J\n\n\x1b[2A");
        let short = draft("ab", 2, 10, 24);
        assert_eq!(short.regain(Size { columns: 6, rows: 24 }), None);
    }
}
