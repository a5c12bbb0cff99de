//! What a line is to a server that makes clients wait who are too fast: told by its first word,
//! without reading the rest.

use crate::wire::commands::{self, Place, Verb};
use crate::wire::words::Words;

/// See the file's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind<'a> {
    /// Says nothing to others, or ends something: it need not wait behind what does.
    Short,
    /// Everything else that has no rate of its own.
    Usual,
    /// `ANNOUNCE`.
    Announcement,
    /// Asks somebody for something.
    Request,
    /// An attempt to enter.
    Entry,
    /// The server's password, perhaps.
    Password,
    /// An attempt to come back, with this token.
    Return(&'a str),
}

impl<'a> LineKind<'a> {
    /// What a line is.
    #[inline]
    pub fn of(line: &'a str) -> Self {
        // What comes most by far need not be looked up.
        if line.starts_with("SAY ") { Self::Usual } else { Self::by_first_word(line) }
    }

    /// Whether such lines have a rate of their own, beside that of all lines.
    #[inline]
    pub fn has_rate(self) -> bool {
        !matches!(self, Self::Short | Self::Usual)
    }

    fn by_first_word(line: &'a str) -> Self {
        let mut words = Words::new(line);
        let spec = words.next().and_then(|word| commands::find(word, Place::Wire));
        match spec.map(|spec| spec.verb) {
            Some(Verb::Announce) => Self::Announcement,
            Some(Verb::Request) => Self::Request,
            Some(Verb::Join) => match words.next() {
                Some(user) if !user.starts_with('#') => Self::Request,
                _ => Self::Usual,
            },
            Some(Verb::Enter) => Self::Entry,
            Some(Verb::Password) => Self::Password,
            Some(Verb::Resume) => Self::Return({
                words.next();
                words.next().unwrap_or_default()
            }),
            Some(
                Verb::List
                | Verb::Rooms
                | Verb::Members
                | Verb::Requests
                | Verb::Accept
                | Verb::Reject
                | Verb::Cancel
                | Verb::End
                | Verb::Leave
                | Verb::Quit
                | Verb::Ignore
                | Verb::Unignore
                | Verb::Dnd
                | Verb::Away
                | Verb::Here
                | Verb::Watch
                | Verb::Hello
                | Verb::Help
                | Verb::Ping
                | Verb::Keep,
            ) => Self::Short,
            Some(
                Verb::Say
                | Verb::Private
                | Verb::Clear
                | Verb::Focus
                | Verb::Kick
                | Verb::Ban
                | Verb::Unban
                | Verb::Bans
                | Verb::Mute
                | Verb::Unmute
                | Verb::Mutes
                | Verb::Shutdown
                | Verb::Stats
                | Verb::Log,
            )
            | None => Self::Usual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_known_by_its_first_word() {
        use LineKind::{Announcement, Entry, Password, Request, Return, Short, Usual};
        for (line, kind) in [
            ("SAY bob hi", Usual),
            ("  say #r hi", Usual),
            ("private bob x", Usual),
            ("announce", Announcement),
            ("REQUEST bob", Request),
            ("join bob", Request),
            ("join #r", Usual),
            ("join", Usual),
            ("enter", Entry),
            ("PASSWORD x", Password),
            ("RESUME 1 00ff 2", Return("00ff")),
            ("RESUME", Return("")),
            ("list 5", Short),
            ("QUIT", Short),
            ("end", Short),
            ("accept", Short),
            ("leave #r", Short),
            ("", Usual),
            ("@ 5", Usual),
            ("FLY", Usual),
        ] {
            assert_eq!(LineKind::of(line), kind, "{line}");
        }
    }
}
