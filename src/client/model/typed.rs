//! What a typed line is. At the menu it is a command; in a chat it is text unless it starts with
//! `/`, and a few bare words end the chat.

use super::Focus;
use crate::wire::commands::{Place, Spec, Verb, find};

/// A typed line, understood.
#[derive(Clone, Copy, Debug)]
pub(super) enum Typed<'a> {
    /// Nothing but blanks.
    Nothing,
    /// A command and what follows its word.
    Command { spec: &'static Spec, word: &'a str, rest: &'a str },
    /// A text for the one in focus.
    Text(&'a str),
    /// The bare word that ends the chat, or leaves the room, in focus.
    EndHere,
    /// No command; the word that was meant as one.
    Unknown(&'a str),
}

/// Understands one line typed at `focus`.
pub(super) fn understand<'a>(line: &'a str, focus: &Focus) -> Typed<'a> {
    if line.trim().is_empty() {
        return Typed::Nothing;
    }
    match focus {
        Focus::Menu => command(line.trim_start().trim_start_matches('/')),
        Focus::Session(_) => in_chat(line, &["quit", ".exit"]),
        Focus::Room(_) => in_chat(line, &["quit", ".exit", "leave"]),
    }
}

fn in_chat<'a>(line: &'a str, endings: &[&str]) -> Typed<'a> {
    if line.starts_with("//") {
        return Typed::Text(line.strip_prefix('/').unwrap_or(line));
    }
    if let Some(rest) = line.strip_prefix('/') {
        return command(rest);
    }
    let bare = line.trim();
    if endings.iter().any(|ending| ending.eq_ignore_ascii_case(bare)) {
        return Typed::EndHere;
    }
    match bracketed(bare) {
        Some((_, "")) => match command(bare) {
            Typed::Command { spec, .. } if spec.verb == Verb::Quit => Typed::EndHere,
            Typed::Unknown(_) => Typed::Text(line),
            known => known,
        },
        _ => Typed::Text(line),
    }
}

/// Reads `word rest` or `<word> rest`.
fn command(line: &str) -> Typed<'_> {
    let (word, rest) = bracketed(line).unwrap_or_else(|| first_word(line));
    match find(word, Place::Chatc) {
        Some(spec) => Typed::Command { spec, word, rest },
        None => Typed::Unknown(word),
    }
}

fn bracketed(line: &str) -> Option<(&str, &str)> {
    let (word, rest) = line.strip_prefix('<')?.split_once('>')?;
    let is_word = !word.is_empty() && !word.contains(char::is_whitespace);
    is_word.then(|| (word, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// Takes the first word off; what follows keeps its blanks but the one between.
pub(super) fn first_word(line: &str) -> (&str, &str) {
    let line = line.trim_start();
    line.split_once([' ', '\t']).unwrap_or((line, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Name, RoomName};

    fn said(line: &str, focus: &Focus) -> String {
        match understand(line, focus) {
            Typed::Nothing => "nothing".to_owned(),
            Typed::Command { spec, rest, .. } => format!("{:?}({rest})", spec.verb),
            Typed::Text(text) => format!("text {text}"),
            Typed::EndHere => "end".to_owned(),
            Typed::Unknown(word) => format!("unknown {word}"),
        }
    }

    #[test]
    fn at_the_menu_every_line_is_a_command() {
        for (line, meaning) in [
            ("1", "List()"),
            ("LIST", "List()"),
            ("<list>", "List()"),
            ("/list", "List()"),
            (" list ", "List()"),
            ("2 bob", "Request(bob)"),
            ("<private> bob  hi", "Private(bob  hi)"),
            (".exit", "Quit()"),
            ("3", "Quit()"),
            ("Y", "Accept()"),
            ("no bob", "Reject(bob)"),
            ("hello there", "unknown hello"),
            ("  ", "nothing"),
            ("/", "unknown "),
            ("<>", "unknown <>"),
        ] {
            assert_eq!(said(line, &Focus::Menu), meaning, "{line:?}");
        }
    }

    #[test]
    fn in_a_chat_a_line_is_text_but_for_slashes_and_bare_endings() {
        let bob = Focus::Session(Name::new("bob").unwrap());
        for (line, meaning) in [
            ("hello", "text hello"),
            ("  indented", "text   indented"),
            ("list", "text list"),
            ("yes", "text yes"),
            ("/list", "List()"),
            ("/yes carol", "Accept(carol)"),
            ("/frobnicate now", "unknown frobnicate"),
            ("//usr/bin", "text /usr/bin"),
            ("/quit", "Quit()"),
            ("quit", "end"),
            (" QUIT ", "end"),
            (".Exit", "end"),
            ("<quit>", "end"),
            ("<list>", "List()"),
            ("<grin>", "text <grin>"),
            ("<list> all", "text <list> all"),
            ("quit it", "text quit it"),
            ("leave", "text leave"),
            ("", "nothing"),
        ] {
            assert_eq!(said(line, &bob), meaning, "{line:?}");
        }
        let lobby = Focus::Room(RoomName::lobby());
        assert_eq!(said("LEAVE", &lobby), "end");
        assert_eq!(said("leave me alone", &lobby), "text leave me alone");
    }
}
