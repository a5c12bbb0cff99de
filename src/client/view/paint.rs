//! Styled lines → what is written to the terminal or the pipe.

use std::fmt::Write;

use jiff::tz::TimeZone;

use super::{Line, Span, Style};
use crate::chat::{UnixMillis, sanitize};

/// Turns lines into text, with or without colours, in the reader's time zone.
#[derive(Clone, Debug)]
pub struct Painter {
    colour: bool,
    zone: TimeZone,
}

/// Colours for names: readable on dark and on light, and none that means an error.
const NAME_COLOURS: [u8; 8] = [32, 33, 35, 36, 92, 94, 95, 96];

const RESET: &str = "\x1b[0m";

impl Painter {
    /// A painter for one output.
    pub fn new(colour: bool, zone: TimeZone) -> Self {
        Self { colour, zone }
    }

    /// The line as text, without a newline. Nothing in it can act on a terminal but the colours.
    pub fn paint(&self, line: &Line) -> String {
        let mut out = String::new();
        for span in line.spans() {
            match span {
                Span::Text(style, text) => self.put(&mut out, *style, &sanitize(text)),
                Span::Time(at) => self.put(&mut out, Style::Dim, &self.clock(*at)),
            }
        }
        out
    }

    /// How many characters the line has on the screen.
    pub fn width(&self, line: &Line) -> usize {
        Self { colour: false, zone: self.zone.clone() }.paint(line).chars().count()
    }

    /// The text in the colours of its kind.
    pub fn styled(&self, style: Style, text: &str) -> String {
        let mut out = String::new();
        self.put(&mut out, style, text);
        out
    }

    fn put(&self, out: &mut String, style: Style, text: &str) {
        if !self.colour || style == Style::Plain || text.is_empty() {
            out.push_str(text);
            return;
        }
        let code = match style {
            Style::Plain => 0,
            Style::Bold => 1,
            Style::Dim => 2,
            Style::Error => 31,
            Style::User => name_colour(text),
        };
        // Writing to a string cannot fail.
        let _ = write!(out, "\x1b[{code}m{text}{RESET}");
    }

    fn clock(&self, at: UnixMillis) -> String {
        let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
        let moment = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
        let local = moment.to_zoned(self.zone.clone());
        format!("{:02}:{:02}", local.hour(), local.minute())
    }
}

/// The same colour for the same name, in whatever case, on every screen (FNV-1a).
fn name_colour(name: &str) -> u8 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let count = NAME_COLOURS.len() as u64;
    let pick = usize::try_from((hash ^ (hash >> 32)) % count).unwrap_or_default();
    NAME_COLOURS.get(pick).copied().unwrap_or(36)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Name;

    #[test]
    fn colours_are_there_only_when_wanted() {
        let line = Line::new().dim("a").user(Name::new("bob").unwrap()).text("c");
        assert_eq!(Painter::new(false, TimeZone::UTC).paint(&line), "abobc");
        let coloured = Painter::new(true, TimeZone::UTC).paint(&line);
        assert!(coloured.starts_with("\x1b[2ma\x1b[0m\x1b["), "{coloured:?}");
        assert!(coloured.ends_with("mbob\x1b[0mc"), "{coloured:?}");
    }

    #[test]
    fn a_name_has_one_colour_whatever_its_case() {
        assert_eq!(name_colour("Alice"), name_colour("aLICE"));
    }

    #[test]
    fn nothing_in_a_text_acts_on_the_terminal() {
        let line = Line::new().text("a\x1b[2Jb\rc\nd").dim("\u{9b}31m");
        let painted = Painter::new(false, TimeZone::UTC).paint(&line);
        assert_eq!(painted, "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}31m");
    }

    #[test]
    fn moments_are_shown_as_hour_and_minute() {
        let line = Line::new().time(UnixMillis(1_795_159_019_123));
        assert_eq!(Painter::new(false, TimeZone::UTC).paint(&line), "07:16");
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(Painter::new(false, zone).paint(&line), "09:16");
    }
}
