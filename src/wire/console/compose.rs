//! The words of a command line as one line of the console's: each word stays one argument.

use std::fmt;

use crate::wire::commands::{self, Place, Verb};

/// Why words are no line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotALine {
    /// A word holds a line break, or another control character.
    ControlCharacter {
        /// Which, counted from 1.
        number: usize,
    },
    /// A word holds blanks, or nothing, and is no text.
    NotOneWord {
        /// The word.
        word: String,
        /// How the command is written.
        usage: String,
    },
    /// `quit` leaves a console, and there is none.
    NothingToLeave,
}

impl fmt::Display for NotALine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ControlCharacter { number } => write!(
                f,
                "word {number} holds a line break or another control character, and a command is one line; \
                 give one command at a time"
            ),
            Self::NotOneWord { word, usage } => {
                write!(f, "\"{word}\" is one argument here and cannot be one of {usage}; take the quotes away")
            }
            Self::NothingToLeave => {
                f.write_str("quit leaves a console, and here is none; `chatd ctl shutdown` ends the daemon")
            }
        }
    }
}

/// Makes a line of the words. An argument is one argument: it cannot end the line, and only a text
/// may hold blanks.
///
/// # Errors
/// Says which word cannot be what its place asks for.
pub fn compose(words: &[impl AsRef<str>]) -> Result<String, NotALine> {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    if let Some(at) = words.iter().position(|word| word.chars().any(|c| c != '\t' && c.is_control() || is_break(c))) {
        return Err(NotALine::ControlCharacter { number: at + 1 });
    }
    let verb = words.first().and_then(|word| commands::find(word, Place::Console)).map(|spec| spec.verb);
    if verb == Some(Verb::Quit) {
        return Err(NotALine::NothingToLeave);
    }
    let text = verb.map_or(usize::MAX, |verb| text_starts(verb, &words));
    if let Some(word) = words.iter().take(text).find(|word| word.is_empty() || word.contains([' ', '\t'])) {
        let usage = verb.map_or_else(|| "a command's words".to_owned(), |verb| commands::spec_of(verb).usage());
        return Err(NotALine::NotOneWord { word: (*word).to_owned(), usage });
    }
    Ok(words.join(" "))
}

fn is_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// The first word that is, or belongs to, a text.
fn text_starts(verb: Verb, words: &[&str]) -> usize {
    match verb {
        Verb::Announce => 1,
        Verb::Kick => 2,
        // A reason that begins like a time would be taken for one.
        Verb::Ban if words.get(2).is_some_and(|word| super::time::begins_like_a_time(word)) => 3,
        Verb::Ban => 2,
        _ => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::console::decode;
    use crate::wire::{AnyCommand, Order};

    #[test]
    fn a_word_cannot_end_the_line() {
        for end in ['\n', '\r', '\0', '\u{b}', '\u{85}', '\u{2028}', '\u{2029}', '\u{1b}', '\u{7f}'] {
            for words in
                [vec!["announce".to_owned(), format!("bye{end}quit")], vec![format!("list{end}"), "1".to_owned()]]
            {
                assert!(matches!(compose(&words), Err(NotALine::ControlCharacter { .. })), "{words:?}");
            }
        }
    }

    #[test]
    fn a_word_stays_one_argument() {
        for (words, line) in [
            (&["list"][..], "list"),
            (&["announce", "two words", "and more"], "announce two words and more"),
            (&["announce", "  indented"], "announce   indented"),
            (&["announce", "a\ttab"], "announce a\ttab"),
            (&["announce", ""], "announce "),
            (&["kick", "bob", "too loud"], "kick bob too loud"),
            (&["ban", "ann", "1h", "too loud"], "ban ann 1h too loud"),
            (&["ban", "ann", "too loud"], "ban ann too loud"),
            (&["BAN", "10.0.0.0/8"], "BAN 10.0.0.0/8"),
            (&["fly", "away"], "fly away"),
        ] {
            assert_eq!(compose(words).as_deref(), Ok(line));
        }
        for words in [
            &["ban", "ann 1h"][..],
            &["ban", "ann", "1h too loud"],
            &["ban", "ann", "3 strikes"],
            &["kick", "bob too loud"],
            &["mute", "bob 1h"],
            &["mute", "bob", "1h 5m"],
            &["unban", ""],
            &["list", " 5"],
            &["announce all", "x"],
            &["shutdown now"],
            &[""],
        ] {
            assert!(matches!(compose(words), Err(NotALine::NotOneWord { .. })), "{words:?}");
        }
    }

    #[test]
    fn whatever_the_words_the_order_is_the_one_they_spell() {
        let parts = ["ann", "1h", "x y", "7", "", "\t", "ban", "announce", "-", "1h ", "10.0.0.1", "\u{a0}"];
        for one in parts {
            for two in parts {
                for three in parts {
                    let Ok(line) = compose(&["ban", one, two, three]) else { continue };
                    if let Ok(AnyCommand::Order(Order::Ban { target, .. })) = decode(&line).command {
                        assert_eq!(target.to_string(), one, "{line:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn leaving_needs_a_console() {
        for word in ["quit", "exit", "bye", "3", ".exit", "QUIT"] {
            assert_eq!(compose(&[word]), Err(NotALine::NothingToLeave));
        }
        assert_eq!(compose(&["shutdown"]).as_deref(), Ok("shutdown"));
    }
}
