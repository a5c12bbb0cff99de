//! Styled lines → what is written to the terminal or the pipe.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::calendar::Calendar;
use super::wrap::{width, wrap};
use super::{Charset, Colours, Line, Span, Style};
#[cfg(test)]
use crate::chat::UnixMillis;
use crate::chat::sanitize;
use crate::client::clock;

/// Turns lines into text that suits one output, in the reader's time zone.
#[derive(Clone, Debug)]
pub struct Painter {
    colours: Colours,
    charset: Charset,
    calendar: Calendar,
}

/// A line as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Painted {
    /// Rows, with a newline between each two.
    pub text: String,
    /// Columns that the last row takes.
    pub end: usize,
}

const RESET: &str = "\x1b[0m";

impl Painter {
    /// A painter for one output.
    pub fn new(colours: Colours, charset: Charset, zone: TimeZone) -> Self {
        Self { colours, charset, calendar: Calendar::new(zone, clock::wall) }
    }

    /// The same at another time.
    #[cfg(test)]
    pub(in crate::client) fn at(self, zone: TimeZone, now: fn() -> UnixMillis) -> Self {
        Self { calendar: Calendar::new(zone, now), ..self }
    }

    /// What to say before the first line of a day that is another than `last`.
    pub fn new_day(&self, last: &mut Option<Date>) -> Option<Line> {
        self.calendar.new_day(last).map(|day| Line::aside(format!("it is {day}")))
    }

    /// The line as text, without a newline. Nothing in it can act on a terminal but the colours.
    pub fn paint(&self, line: &Line) -> String {
        self.pieces(line).iter().map(|(style, text)| self.styled(*style, text)).collect()
    }

    /// The line in rows of so many columns, if that is known.
    pub fn rows(&self, line: &Line, columns: Option<usize>) -> Painted {
        let Some(columns) = columns else { return Painted { text: self.paint(line), end: 0 } };
        let rows = wrap(&self.pieces(line), columns, line.hanging());
        let end = rows.last().map_or(0, |row| row.iter().map(|(_, text)| width(text)).sum());
        let paint = |row: Vec<(Style, String)>| row.iter().map(|(style, text)| self.styled(*style, text)).collect();
        let rows: Vec<String> = rows.into_iter().map(paint).collect();
        Painted { text: rows.join("\n"), end }
    }

    /// How many columns the line takes.
    pub fn width(&self, line: &Line) -> usize {
        self.pieces(line).iter().map(|(_, text)| width(text)).sum()
    }

    /// The text in the colours of its kind.
    pub fn styled(&self, style: Style, text: &str) -> String {
        match self.colours.selects(style, text).filter(|_| !text.is_empty()) {
            Some(selects) => format!("{selects}{text}{RESET}"),
            None => text.to_owned(),
        }
    }

    /// What can be shown of a text, and what has to stand for the rest.
    pub fn charset(&self) -> Charset {
        self.charset
    }

    fn pieces(&self, line: &Line) -> Vec<(Style, String)> {
        let piece = |span: &Span| match span {
            Span::Text(style, text) => (*style, self.charset.carry(&sanitize(text)).into_owned()),
            Span::Time(at) => (Style::Dim, self.calendar.tell(*at)),
        };
        line.spans().iter().map(piece).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Name;

    fn plain() -> Painter {
        Painter::new(Colours::None, Charset::Utf8, TimeZone::UTC).at(TimeZone::UTC, || UnixMillis(0))
    }

    #[test]
    fn colours_are_there_only_when_wanted() {
        let line = Line::new().dim("a").user(Name::new("bob").unwrap()).text("c");
        assert_eq!(plain().paint(&line), "abobc");
        let coloured = Painter::new(Colours::Many, Charset::Utf8, TimeZone::UTC).paint(&line);
        assert!(coloured.starts_with("\x1b[38;5;243ma\x1b[0m\x1b[38;5;"), "{coloured:?}");
        assert!(coloured.ends_with("mbob\x1b[0mc"), "{coloured:?}");
    }

    #[test]
    fn nothing_in_a_text_acts_on_the_terminal() {
        let line = Line::new().text("a\x1b[2Jb\rc\nd").dim("\u{9b}31m");
        let painted = plain().paint(&line);
        assert_eq!(painted, "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}31m");
    }

    #[test]
    fn rows_are_broken_for_the_terminal_and_say_where_they_end() {
        let line = Line::new().time(UnixMillis(0)).text(" ").user(Name::new("bob").unwrap()).text(": one two three");
        assert_eq!(plain().rows(&line, None), Painted { text: "00:00 bob: one two three".to_owned(), end: 0 });
        let painted = plain().rows(&line, Some(20));
        assert_eq!(painted, Painted { text: "00:00 bob: one two\n      three".to_owned(), end: 11 });
        let aside = plain().rows(&Line::aside("bob has gone home"), Some(12));
        assert_eq!(aside.text, "-- bob has\n   gone home");
    }

    #[test]
    fn what_the_terminal_cannot_show_does_not_reach_it() {
        let ascii = Painter::new(Colours::None, Charset::Ascii, TimeZone::UTC);
        assert_eq!(ascii.paint(&Line::new().text("a\u{6dd}31m ü ✓")), "a?31m ? ok");
    }
}
