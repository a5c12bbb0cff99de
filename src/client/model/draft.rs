//! The line that is being typed. It belongs to the place where it was begun: whatever happens while
//! it is typed, its prompt stays, and what it means is decided by that place alone.

use super::Prompt;
use super::pending::Incoming;

/// Where a line is begun: what its prompt says, and what else its meaning hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What leads the line.
    pub prompt: Prompt,
    /// How many private chats there have been: a new one, if with the same partner, is another place.
    pub(super) chats: u64,
    /// The requests that wait for an answer.
    pub(super) requests: Vec<Incoming>,
}

/// See the file's text.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Where it was begun; nowhere while nothing is typed.
    place: Option<Place>,
    head: Head,
}

/// How the beginning of a line has come about.
#[derive(Debug, Default)]
enum Head {
    /// Key by key.
    #[default]
    Typed,
    /// A paste is about to stand there.
    Pasting,
    /// By a paste; this was its first word.
    Pasted(String),
    /// The whole line, as it stands here, has come back from an Enter that would have sent it elsewhere.
    Returned { text: String, pasted: Option<String> },
}

/// How a line that is entered has come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was typed, or called back.
    Typed,
    /// It begins with something that was pasted, so it is text.
    Pasted,
    /// It has come back, and is as it was: whoever presses Enter twice does not mean to send it elsewhere.
    Unchanged,
}

impl Draft {
    /// The line is this now; it is begun at `place` if nothing was typed before.
    pub(super) fn note(&mut self, text: &str, place: &Place) {
        if text.is_empty() {
            *self = Self::default();
            return;
        }
        self.place.get_or_insert_with(|| place.clone());
        if matches!(self.head, Head::Pasting) {
            self.head = Head::Pasted(first_word(text).to_owned());
        }
    }

    /// A paste comes, behind this part of the line.
    pub(super) fn note_paste(&mut self, before: &str) {
        if before.trim().is_empty() {
            self.head = Head::Pasting;
        }
    }

    /// The line `text` comes back to be edited, and is begun anew at `place`.
    pub(super) fn give_back(&mut self, text: &str, origin: Origin, place: Place) {
        let pasted = (origin == Origin::Pasted).then(|| first_word(text).to_owned());
        *self = Self { place: Some(place), head: Head::Returned { text: text.to_owned(), pasted } };
    }

    /// The line `text` comes back to be entered once more.
    pub(super) fn ask_again(&mut self, place: Place) {
        *self = Self { place: Some(place), head: Head::Typed };
    }

    /// Where it was begun, if it was.
    pub(super) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Drops it; says whether there was one.
    pub(super) fn drop_line(&mut self) -> bool {
        std::mem::take(self).place.is_some()
    }

    /// Ends it, entered as `text`.
    pub(super) fn take(&mut self, text: &str) -> Origin {
        match std::mem::take(self).head {
            Head::Returned { text: before, .. } if before == text => Origin::Unchanged,
            Head::Pasted(word) | Head::Returned { pasted: Some(word), .. } if first_word(text) == word => {
                Origin::Pasted
            }
            Head::Typed | Head::Pasting | Head::Pasted(_) | Head::Returned { .. } => Origin::Typed,
        }
    }
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::Focus;
    use super::*;
    use crate::chat::Name;

    fn at(prompt: Prompt) -> Place {
        Place { prompt, chats: 0, requests: Vec::new() }
    }

    #[test]
    fn a_line_is_begun_with_its_first_key_and_again_when_it_was_emptied() {
        let menu = at(Prompt::Line(Focus::Menu));
        let bob = at(Prompt::Line(Focus::Session(Name::new("bob").unwrap())));
        let mut draft = Draft::default();
        draft.note("", &menu);
        assert_eq!(draft.place(), None);
        draft.note("h", &menu);
        draft.note("hi", &bob);
        assert_eq!(draft.place(), Some(&menu));
        draft.note("", &bob);
        draft.note("h", &bob);
        assert_eq!(draft.place(), Some(&bob));
        assert_eq!(draft.take("h"), Origin::Typed);
        assert_eq!(draft.place(), None);
    }

    #[test]
    fn a_line_is_pasted_as_long_as_it_begins_with_what_was_pasted() {
        let menu = at(Prompt::Line(Focus::Menu));
        let pasted = |before: &str, line: &str, entered: &str| {
            let mut draft = Draft::default();
            draft.note(before, &menu);
            draft.note_paste(before);
            draft.note(line, &menu);
            draft.take(entered)
        };
        assert_eq!(pasted("", "quit", "quit"), Origin::Pasted);
        assert_eq!(pasted(" ", " /usr/bin\nx", " /usr/bin\nx y"), Origin::Pasted);
        assert_eq!(pasted("", "secret", "/private carol secret"), Origin::Typed, "typed in front of it");
        assert_eq!(pasted("/private carol ", "/private carol secret", "/private carol secret"), Origin::Typed);
    }

    #[test]
    fn a_line_that_came_back_has_to_be_changed_and_stays_what_it_was() {
        let menu = at(Prompt::Line(Focus::Menu));
        for (origin, then) in [(Origin::Typed, Origin::Typed), (Origin::Pasted, Origin::Pasted)] {
            let mut draft = Draft::default();
            draft.give_back("quit it", origin, menu.clone());
            draft.note("quit it", &menu);
            assert_eq!(draft.take("quit it"), Origin::Unchanged);
            draft.give_back("quit it", origin, menu.clone());
            draft.note("quit it!", &menu);
            assert_eq!(draft.take("quit it!"), then);
        }
    }
}
