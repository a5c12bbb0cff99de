//! What comes into a draft: no more than it may hold. The editor counts columns and rows in 16 bits,
//! and lays out all of a draft at each row's end; neither would do for any number of characters.
//!
//! A paste is collected here and goes into the draft in one piece, or not at all.

use rustyline::{Cmd, KeyCode, KeyEvent, Modifiers};

use crate::limits::DRAFT_BYTES;

/// No character takes more in UTF-8.
const CHAR_BYTES: usize = 4;

/// See the file's text.
#[derive(Debug, Default)]
pub(super) struct Intake {
    /// What has come so far of a paste that goes on.
    paste: Option<Paste>,
    /// The longest that a draft has been: what was cut, and may be put back, is no longer.
    longest: usize,
    /// It was said of this draft that it is full.
    is_told: bool,
}

#[derive(Debug, Default)]
struct Paste {
    text: String,
    /// Bytes that have come, more than the text where that would be too long.
    bytes: usize,
    ends_with_return: bool,
}

/// What becomes of a key.
#[derive(Debug, PartialEq)]
pub(super) enum Fate {
    /// It does what it does otherwise.
    Goes,
    /// This is done instead.
    Becomes(Cmd),
    /// A paste is over; this is put into the draft.
    Pasted(String),
    /// Nothing is done, and it is said why, but once.
    Refused(Option<String>),
}

impl Intake {
    /// A key was pressed, as if so many times, at this place of a draft.
    pub(super) fn take(&mut self, key: &KeyEvent, times: usize, line: &str) -> Fate {
        if let Some(mut paste) = self.paste.take() {
            if key.0 == KeyCode::BracketedPasteEnd {
                return finish(paste, line);
            }
            paste.push(key);
            self.paste = Some(paste);
            return Fate::Becomes(Cmd::Noop);
        }
        if key.0 == KeyCode::BracketedPasteStart {
            self.paste = Some(Paste::default());
            return Fate::Becomes(Cmd::Noop);
        }
        self.longest = self.longest.max(line.len());
        self.is_told &= !line.is_empty();
        if line.len().saturating_add(times.saturating_mul(self.growth(key, line))) <= DRAFT_BYTES {
            return Fate::Goes;
        }
        let is_told = std::mem::replace(&mut self.is_told, true);
        Fate::Refused((!is_told).then(|| {
            format!(
                "that key does nothing: a line has room for {DRAFT_BYTES} bytes; send this one first, or shorten it"
            )
        }))
    }

    /// Drops what has come of a paste whose rest will not come as it should; says whether there was one.
    pub(super) fn drop_paste(&mut self) -> bool {
        self.paste.take().is_some()
    }

    /// Bytes that a key may add.
    fn growth(&self, key: &KeyEvent, line: &str) -> usize {
        match *key {
            KeyEvent(KeyCode::Char(c), Modifiers::NONE) => c.len_utf8(),
            // The next, whatever it is; a character from its number, where there is such a key.
            KeyEvent(KeyCode::Char('V' | 'Q'), Modifiers::CTRL) => CHAR_BYTES,
            KeyEvent(KeyCode::Char('Y'), Modifiers::CTRL) | KeyEvent(KeyCode::Char('Y' | 'y'), Modifiers::ALT) => {
                self.longest
            }
            // Some letters are three in the other case.
            KeyEvent(KeyCode::Char('U' | 'u' | 'L' | 'l' | 'C' | 'c'), Modifiers::ALT) => 2 * line.len(),
            _ => 0,
        }
    }
}

impl Paste {
    /// A carriage return is a newline, with one behind it or not; what acts on a terminal is left out.
    fn push(&mut self, key: &KeyEvent) {
        let is_return = key.0 == KeyCode::Enter;
        let c = match *key {
            KeyEvent(KeyCode::Char(c), Modifiers::NONE) => c,
            KeyEvent(KeyCode::Char('J'), Modifiers::CTRL) if self.ends_with_return => {
                return self.ends_with_return = false;
            }
            KeyEvent(KeyCode::Char('J'), Modifiers::CTRL) | KeyEvent(KeyCode::Enter, _) => '\n',
            KeyEvent(KeyCode::Tab, _) => '\t',
            _ => return,
        };
        self.ends_with_return = is_return;
        self.bytes += c.len_utf8();
        if self.bytes <= DRAFT_BYTES {
            self.text.push(c);
        }
    }
}

fn finish(paste: Paste, line: &str) -> Fate {
    let room = DRAFT_BYTES.saturating_sub(line.len());
    match paste.bytes {
        0 => Fate::Becomes(Cmd::Noop),
        bytes if bytes <= room => Fate::Pasted(paste.text),
        bytes => Fate::Refused(Some(format!(
            "nothing was pasted: that is {bytes} bytes, and this line has room for {room}; paste less at a time"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: KeyEvent = KeyEvent(KeyCode::BracketedPasteStart, Modifiers::NONE);
    const END: KeyEvent = KeyEvent(KeyCode::BracketedPasteEnd, Modifiers::NONE);

    fn key(c: char) -> KeyEvent {
        KeyEvent::new(c, Modifiers::NONE)
    }

    fn pasted(intake: &mut Intake, text: &str, line: &str) -> Fate {
        assert_eq!(intake.take(&START, 1, line), Fate::Becomes(Cmd::Noop));
        for c in text.chars() {
            assert_eq!(intake.take(&key(c), 1, line), Fate::Becomes(Cmd::Noop));
        }
        intake.take(&END, 1, line)
    }

    #[test]
    fn a_paste_comes_in_one_piece_with_newlines_and_without_keys() {
        let mut intake = Intake::default();
        let text = "one\rtwo\r\nthree\nfour\r\n\r\nsix\t\u{3}é";
        assert_eq!(pasted(&mut intake, text, ""), Fate::Pasted("one\ntwo\nthree\nfour\n\nsix\té".to_owned()));
        assert_eq!(pasted(&mut intake, "\u{3}", ""), Fate::Becomes(Cmd::Noop));
        assert_eq!(intake.take(&key('x'), 1, ""), Fate::Goes);
    }

    #[test]
    fn a_draft_grows_to_its_bound_and_no_further() {
        let mut intake = Intake::default();
        let line = "x".repeat(DRAFT_BYTES - 2);
        assert_eq!(pasted(&mut intake, "xé", &line[1..]), Fate::Pasted("xé".to_owned()));
        assert!(matches!(pasted(&mut intake, "xé", &line), Fate::Refused(Some(_))));
        assert_eq!(intake.take(&key('é'), 1, &line), Fate::Goes);
        for (key, times, refused) in [
            (key('日'), 1, true),
            (key('x'), 3, true),
            (key('x'), usize::MAX, true),
            (KeyEvent::ctrl('V'), 1, true),
            (KeyEvent::ctrl('Y'), 1, true),
            (KeyEvent::alt('y'), 1, true),
            (KeyEvent::alt('u'), 1, true),
            (KeyEvent::ctrl('U'), 1, false),
            (key('\r'), 1, false),
            (key('\u{7f}'), 1, false),
        ] {
            let mut intake = Intake { longest: line.len(), ..Intake::default() };
            assert_eq!(matches!(intake.take(&key, times, &line), Fate::Refused(Some(_))), refused, "{key:?}");
        }
    }

    #[test]
    fn that_a_draft_is_full_is_said_once() {
        let mut intake = Intake::default();
        let full = "x".repeat(DRAFT_BYTES);
        assert!(matches!(intake.take(&key('x'), 1, &full), Fate::Refused(Some(_))));
        assert_eq!(intake.take(&key('x'), 1, &full), Fate::Refused(None));
        assert_eq!(intake.take(&key('x'), 1, ""), Fate::Goes);
        // What was cut may come back, but not beside as much.
        assert_eq!(intake.take(&KeyEvent::ctrl('Y'), 1, ""), Fate::Goes);
        assert!(matches!(intake.take(&KeyEvent::ctrl('Y'), 1, "x"), Fate::Refused(Some(_))));
    }
}
