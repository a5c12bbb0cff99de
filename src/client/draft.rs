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

use super::tty::Size;
use super::view::{Charset, PROMPT_WIDTH};

/// Columns between tab stops, as the editor counts.
const TAB: usize = 8;

/// What is being typed, and what of it is on the screen.
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
    widths: GraphemeClusterMode,
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

/// Rows of a draft as they are written, and how many columns they take.
#[derive(Debug)]
struct Layout {
    rows: Vec<(String, usize)>,
    /// The row and the column of the cursor.
    cursor: (usize, usize),
}

impl Draft {
    /// Nothing typed yet.
    pub(super) fn new(charset: Charset) -> Self {
        let screen = Size::default();
        Self { text: String::new(), at: 0, prompt: PROMPT_WIDTH, screen, charset, widths: widths(charset) }
    }

    /// Takes the text out, and says where the cursor was.
    pub(super) fn take(&mut self) -> (String, usize) {
        (std::mem::take(&mut self.text), std::mem::take(&mut self.at))
    }

    /// The draft is this from now on. Whether the editor has to paint all of it, since it would
    /// not write the rest as it has to be.
    pub(super) fn change(&mut self, text: &str, at: usize) -> bool {
        text.clone_into(&mut self.text);
        self.at = at;
        self.is_too_tall() || !self.text.is_ascii() && self.charset != Charset::Utf8
    }

    /// The editor is about to clear the draft as it is on the screen, and to paint it for a screen
    /// that is like this now. What puts it where the editor looks for it, if that is needed on a
    /// terminal that breaks rows anew.
    pub(super) fn lay_out_anew(&mut self, now: Size) -> Option<String> {
        let regained = self.regain(now);
        self.screen = now;
        regained
    }

    /// The draft is painted for such a screen, behind a prompt of so many columns.
    pub(super) fn lay_out_for(&mut self, screen: Size, prompt: usize) {
        (self.screen, self.prompt) = (screen, prompt);
    }

    /// What puts a draft that the terminal has broken anew where the editor thinks it is, so that
    /// the editor clears it and nothing else. Nothing if it is there.
    fn regain(&self, now: Size) -> Option<String> {
        let layout = self.layout();
        if now.columns >= self.screen.columns || layout.rows.iter().all(|(_, width)| *width <= now.columns) {
            return None;
        }
        let (row, column) = layout.cursor;
        let broken = |width: usize| width.div_ceil(now.columns).max(1);
        let above: usize = layout.rows.iter().take(row).map(|(_, width)| broken(*width)).sum();
        // A cursor behind the last character stays in its row.
        let is_inside = layout.rows.get(row).is_some_and(|(_, width)| column < *width);
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
        self.window(&self.layout()).0 == 0
    }

    /// The draft as it is to be written behind its prompt.
    pub(super) fn paint(&self) -> String {
        let layout = self.layout();
        let (start, end) = self.window(&layout);
        let end = if self.is_full(&layout) { end.min(layout.rows.len() - 1) } else { end };
        let rows: Vec<_> = layout.rows.iter().take(end).skip(start).map(|(row, _)| row.as_str()).collect();
        rows.join("\n")
    }

    /// What it takes of the screen, where it was painted.
    pub(super) fn extent(&self) -> Extent {
        let layout = self.layout();
        let height = self.screen.rows;
        let end = layout.rows.last().map_or(0, |(_, width)| *width);
        Extent { rows: layout.rows.len().min(height), to_cursor: (layout.cursor.0 + 1).min(height), end }
    }

    fn is_too_tall(&self) -> bool {
        self.layout().rows.len() > self.screen.rows
    }

    /// The first row that is on the screen, and the first that is not any more. The editor goes to
    /// the cursor from the end, and no further up than the screen.
    fn window(&self, layout: &Layout) -> (usize, usize) {
        let (rows, height) = (layout.rows.len(), self.screen.rows);
        let last = rows.saturating_sub(height);
        match layout.cursor.0 {
            row if row < last => (row, row + height - usize::from(self.is_full(layout))),
            _ => (last, rows),
        }
    }

    /// Whether the last row but one is full to the edge. Then the editor itself starts the last.
    fn is_full(&self, layout: &Layout) -> bool {
        let is_last_empty = layout.rows.last().is_some_and(|(_, width)| *width == 0);
        is_last_empty && layout.rows.len() > 1 && !self.text.ends_with('\n')
    }

    /// As rustyline's `compute_layout` and `calculate_position` count: up to the cursor first, and
    /// on from there.
    fn layout(&self) -> Layout {
        let layout = Layout { rows: vec![(String::new(), 0)], cursor: (0, 0) };
        let mut pen = Pen { columns: self.screen.columns.max(1), widths: self.widths, escape: Escape::None, layout };
        pen.go_on(&" ".repeat(self.prompt), Charset::Utf8);
        for (row, _) in &mut pen.layout.rows {
            // That is the prompt's, and is written with it.
            row.clear();
        }
        let (before, after) = self.text.split_at_checked(self.at).unwrap_or((&self.text, ""));
        pen.go_on(before, self.charset);
        pen.layout.cursor = (pen.layout.rows.len() - 1, pen.column());
        pen.go_on(after, self.charset);
        pen.layout
    }
}

/// How wide the editor takes characters to be.
pub(super) fn widths(charset: Charset) -> GraphemeClusterMode {
    match charset {
        Charset::Utf8 => GraphemeClusterMode::from_env(),
        Charset::Ascii => GraphemeClusterMode::WcWidth,
    }
}

struct Pen {
    columns: usize,
    widths: GraphemeClusterMode,
    escape: Escape,
    layout: Layout,
}

/// How much of an escape sequence has been seen; the editor takes it to have no width.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    Started,
    Control,
}

impl Pen {
    fn column(&self) -> usize {
        self.layout.rows.last().map_or(0, |(_, width)| *width)
    }

    fn go_on(&mut self, text: &str, charset: Charset) {
        self.escape = Escape::None;
        for cluster in text.graphemes(true) {
            match cluster {
                "\n" => self.layout.rows.push((String::new(), 0)),
                "\t" => {
                    let width = TAB - self.column() % TAB;
                    self.put(&" ".repeat(width), width);
                }
                _ => {
                    let width = self.width(cluster);
                    let shown = if width == 0 && is_control(cluster) { "" } else { cluster };
                    self.put(&charset.carry_as_wide(shown), width);
                }
            }
        }
        if self.column() == self.columns {
            self.layout.rows.push((String::new(), 0));
        }
    }

    fn put(&mut self, text: &str, width: usize) {
        if self.column() + width > self.columns {
            self.layout.rows.push((String::new(), 0));
        }
        if let Some((row, column)) = self.layout.rows.last_mut() {
            row.push_str(text);
            *column += width;
        }
    }

    /// As rustyline's `width` counts.
    fn width(&mut self, cluster: &str) -> usize {
        let is_parameter = cluster == ";" || cluster.starts_with(|c: char| c.is_ascii_digit());
        self.escape = match self.escape {
            Escape::None if cluster == "\x1b" => Escape::Started,
            Escape::None => return usize::from(self.widths.width(cluster)),
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
            assert!(tall.change(text, at), "all of it is painted each time");
        }
        assert!(!draft(text, 13, 10, 7).change(text, 13));
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
