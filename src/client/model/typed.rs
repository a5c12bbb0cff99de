//! What a line is that was entered. At the menu it is a command; in a chat it is text unless it starts
//! with `/`, and a few bare words end the chat. What looks like a command is never taken for text
//! unless it was pasted: a paste is text, whatever it says.

use unicode_width::UnicodeWidthChar;

use super::Focus;
use super::draft::Origin;
use crate::wire::commands::{Place, Spec, Verb, find};

/// A line, understood.
#[derive(Clone, Copy, Debug)]
pub(super) enum Typed<'a> {
    /// Nothing but blanks.
    Nothing,
    /// A command and what follows its word.
    Command { spec: &'static Spec, word: &'a str, rest: &'a str },
    /// A text for the one in focus, of one line or several.
    Text(&'a str),
    /// The bare word that ends the chat, or leaves the room, in focus.
    EndHere,
    /// No command; the word that was meant as one.
    Unknown(&'a str),
    /// `<WORD> …` in a chat, where `<COMMAND> …` would be a command.
    Unsure(&'a str),
    /// Several lines that begin with a command which takes one.
    Several,
    /// A line that was pasted where everything is a command.
    PastedAtMenu(&'a str),
}

/// Understands what was entered at `focus`.
pub(super) fn understand<'a>(entry: &'a str, focus: &Focus, origin: Origin) -> Typed<'a> {
    let is_pasted = origin == Origin::Pasted;
    let is_several = entry.trim_end().contains('\n');
    let typed = match focus {
        _ if entry.trim().is_empty() => Typed::Nothing,
        Focus::Menu if is_pasted && is_several => Typed::Several,
        Focus::Menu if is_pasted => Typed::PastedAtMenu(entry.trim_end()),
        Focus::Menu => command(entry.trim_start().trim_start_matches('/')),
        Focus::Session(_) | Focus::Room(_) if is_pasted => Typed::Text(entry),
        Focus::Session(_) => in_chat(entry, &["quit", ".exit"]),
        Focus::Room(_) => in_chat(entry, &["quit", ".exit", "leave"]),
    };
    match typed {
        Typed::Command { spec, .. } if is_several && !takes_lines(spec.verb) => Typed::Several,
        Typed::Unknown(_) if is_several && *focus == Focus::Menu => Typed::Several,
        typed => typed,
    }
}

fn in_chat<'a>(entry: &'a str, endings: &[&str]) -> Typed<'a> {
    // Nobody sees what stands before.
    let visible = entry.trim_start_matches(|c: char| c.is_whitespace() || c.width() == Some(0));
    if visible.starts_with("//") {
        return Typed::Text(visible.strip_prefix('/').unwrap_or(visible));
    }
    // The second is what an input method for Chinese or Japanese types.
    if let Some(rest) = visible.strip_prefix(['/', '／']) {
        return command(rest);
    }
    let bare = visible.trim();
    if endings.iter().any(|ending| ending.eq_ignore_ascii_case(bare)) {
        return Typed::EndHere;
    }
    match bracketed(visible) {
        None => Typed::Text(entry),
        Some((word, rest)) => match find(word, Place::Chatc) {
            Some(spec) if spec.verb == Verb::Quit && rest.trim().is_empty() => Typed::EndHere,
            Some(spec) => Typed::Command { spec, word, rest },
            None => Typed::Unsure(word),
        },
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

/// Whether what follows the command is a text, of any number of lines.
fn takes_lines(verb: Verb) -> bool {
    matches!(verb, Verb::Say | Verb::Private | Verb::Announce)
}

/// Reads `<word>` and what follows behind a blank; behind a command's word there may be none.
fn bracketed(line: &str) -> Option<(&str, &str)> {
    let (word, rest) = line.strip_prefix(['<', '＜'])?.split_once(['>', '＞'])?;
    let is_word = word.chars().next().is_some_and(|first| first.is_alphanumeric() || first == '.')
        && word.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
    let is_apart = rest.is_empty() || rest.starts_with(char::is_whitespace);
    let is_command = is_word && (is_apart || find(word, Place::Chatc).is_some());
    is_command.then(|| (word, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// What a line looks like that should be a text for a question: the command's word.
pub(super) fn command_like(line: &str) -> Option<&str> {
    match in_chat(line, &["quit", ".exit"]) {
        Typed::Command { word, .. } | Typed::Unknown(word) | Typed::Unsure(word) => Some(word),
        Typed::EndHere => Some(line.trim()),
        Typed::Text(text) => match find(text.trim(), Place::Chatc)?.verb {
            Verb::Accept | Verb::Reject | Verb::Help | Verb::Quit => Some(text.trim()),
            _ => None,
        },
        Typed::Nothing | Typed::Several | Typed::PastedAtMenu(_) => None,
    }
}

/// Takes the first word off; what follows keeps its blanks but the one between.
pub(super) fn first_word(line: &str) -> (&str, &str) {
    let line = line.trim_start();
    line.split_once([' ', '\t', '\n']).unwrap_or((line, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Name, RoomName};

    fn said(line: &str, focus: &Focus) -> String {
        said_as(line, focus, Origin::Typed)
    }

    fn said_as(line: &str, focus: &Focus, origin: Origin) -> String {
        match understand(line, focus, origin) {
            Typed::Nothing => "nothing".to_owned(),
            Typed::Command { spec, rest, .. } => format!("{:?}({rest})", spec.verb),
            Typed::Text(text) => format!("text {text}"),
            Typed::EndHere => "end".to_owned(),
            Typed::Unknown(word) => format!("unknown {word}"),
            Typed::Unsure(word) => format!("unsure {word}"),
            Typed::Several => "several".to_owned(),
            Typed::PastedAtMenu(line) => format!("pasted {line}"),
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
            ("list\nquit", "several"),
            ("so\nit is", "several"),
            ("private bob one\nquit", "Private(bob one\nquit)"),
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
            ("<list> all", "List(all)"),
            ("<private> cat dd is a fool", "Private(cat dd is a fool)"),
            ("<PRIVATE>cat dd", "Private(cat dd)"),
            (" /private carol x", "Private(carol x)"),
            ("\t/private carol x", "Private(carol x)"),
            ("\u{a0}\u{3000}/private carol x", "Private(carol x)"),
            ("\u{feff}\u{200b}/private carol x", "Private(carol x)"),
            ("／private carol x", "Private(carol x)"),
            ("  <private> carol x", "Private(carol x)"),
            ("＜private＞ carol x", "Private(carol x)"),
            ("/ private carol x", "Private(carol x)"),
            ("<privat> cat dd is a fool", "unsure privat"),
            ("<grin>", "unsure grin"),
            (" /privat carol x", "unknown privat"),
            ("<3 you", "text <3 you"),
            ("<b>bold</b>", "text <b>bold</b>"),
            ("a < b > c", "text a < b > c"),
            ("<-> arrows", "text <-> arrows"),
            ("  //x", "text /x"),
            ("/private carol one\n/two\nquit", "Private(carol one\n/two\nquit)"),
            ("/list\nquit", "several"),
            ("quit\nquit", "text quit\nquit"),
            ("one\n/list\n//three", "text one\n/list\n//three"),
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

    #[test]
    fn a_paste_is_text_whatever_it_says() {
        let bob = Focus::Session(Name::new("bob").unwrap());
        for line in ["quit", "/usr/bin/x", "//x", "yes", "3", "<private> cat x", "one\nquit\n/quit", " /list", ".exit"]
        {
            assert_eq!(said_as(line, &bob, Origin::Pasted), format!("text {line}"));
            assert_eq!(said_as(line, &Focus::Room(RoomName::lobby()), Origin::Pasted), format!("text {line}"));
        }
        for line in ["quit", "yes", "3", "/usr/bin/x", "join #dev\n"] {
            assert_eq!(said_as(line, &Focus::Menu, Origin::Pasted), format!("pasted {}", line.trim_end()));
        }
        assert_eq!(said_as("quit\nlist", &Focus::Menu, Origin::Pasted), "several");
        assert_eq!(said_as("\n", &bob, Origin::Pasted), "nothing");
    }

    #[test]
    fn what_looks_like_a_command_is_no_answer() {
        for (line, word) in [
            ("yes", "yes"),
            ("N", "N"),
            ("/list", "list"),
            (" /frob x", "frob"),
            ("<privat> x", "privat"),
            (" quit ", "quit"),
        ] {
            assert_eq!(command_like(line), Some(word), "{line:?}");
        }
        for line in ["yes please", "hello", "list", "//usr", "<3", "3"] {
            assert_eq!(command_like(line).filter(|_| line != "3"), None, "{line:?}");
        }
    }
}
