//! Refusals of commands → what the screen says.

use std::borrow::Cow;

use super::here::Here;
use super::sent::Sent;
use super::{Actions, Focus, Line};
use crate::wire::commands::{Place, find};

impl Here {
    pub(super) fn handle_refusal(&mut self, code: &str, text: &str, out: &mut Actions) {
        let Some(sent) = self.take_sent() else { return };
        self.rows.clear();
        match sent {
            // Not asked for by the user, who can do without.
            Sent::OpeningUsers | Sent::OpeningRooms | Sent::QuietUsers | Sent::Watch | Sent::Keep | Sent::Ping => {}
            Sent::CheckSession | Sent::CheckRequests => {}
            // There is no such room, or I am not in it.
            Sent::CheckRoom(room) => self.check_room(room, &[], 0, out),
            Sent::Rejoin(room) => {
                self.rejoining.retain(|other| *other != room);
                out.show(Line::error(format!("you are not in {room} any more: {text}")));
                self.leave_focus(Focus::Room(room), out);
            }
            Sent::Say(to) => self.fail(format!("not delivered to {to}: {text}"), out),
            Sent::Private(to) => self.fail(format!("not sent to {to}: {text}"), out),
            Sent::Announce => self.fail(format!("not announced: {text}"), out),
            Sent::Accept(whose) | Sent::Reject(whose) => {
                if code == "no-request" {
                    self.forget_request(&whose);
                }
                self.fail(text, out);
            }
            _ => self.fail(text, out),
        }
        self.count_those_before(out);
    }

    /// If that was the last message on its way, says how many before it the server has.
    fn count_those_before(&mut self, out: &mut Actions) {
        if self.unacknowledged() == 0 && self.acknowledged > 0 {
            let count = std::mem::take(&mut self.acknowledged);
            out.show(Line::new().dim(format!("✓ {count} before that")).indented());
        }
    }
}

/// What the server says of an error, in chatc's own words: its commands are not typed here as they
/// are on the wire.
pub(super) fn in_own_words(line: Cow<'_, str>) -> Cow<'_, str> {
    if !line.starts_with("-ERR ") {
        return line;
    }
    let own = |word: &str| match find(word, Place::Wire) {
        Some(spec) if word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase()) => {
            find(word, Place::Chatc).unwrap_or(spec).word.to_ascii_lowercase()
        }
        _ => word.to_owned(),
    };
    let (marker, text) = line.split_at("-ERR ".len());
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let words = words.map(|word| match word.char_indices().last() {
        Some((at, end)) if !end.is_ascii_alphanumeric() => own(&word[..at]) + &word[at..],
        _ => own(word),
    });
    Cow::Owned(format!("{marker}{}", words.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_refusal_shouts_a_word_of_the_wire() {
        let source = include_str!("../../wire/sentences.rs");
        let texts: Vec<_> = source.split('"').skip(1).step_by(2).collect();
        assert!(texts.iter().any(|text| text.contains("JOIN one first")), "the texts are found");
        for text in texts {
            let own = in_own_words(Cow::Owned(format!("-ERR code {text}")));
            let words = own.split(|c: char| !c.is_ascii_alphanumeric()).skip(3);
            let shouted: Vec<_> = words
                .filter(|word| {
                    word.len() > 1 && word.to_ascii_uppercase() == **word && find(word, Place::Wire).is_some()
                })
                .filter(|word| word.chars().any(|c| c.is_ascii_alphabetic()))
                .collect();
            assert!(shouted.is_empty(), "{own}");
        }
    }

    #[test]
    fn only_errors_are_put_otherwise() {
        let own = |line: &'static str| in_own_words(Cow::Borrowed(line)).into_owned();
        assert_eq!(
            own("-ERR in-no-room you are in no room; JOIN one first"),
            "-ERR in-no-room you are in no room; join one first"
        );
        assert_eq!(own("-ERR busy try later, or PRIVATE bob TEXT"), "-ERR busy try later, or private bob TEXT");
        assert_eq!(own("* said 1 now bob JOIN us"), "* said 1 now bob JOIN us");
    }
}
