//! The one table of commands. Parsing, in-band `HELP`, chatc's help and completion, the console's
//! help and the list in docs/PROTOCOL.md all come from it.

use super::asked::Kind;

/// What a command does; each dialect matches on it exhaustively.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Say something to the partner or in a room.
    Say,
    /// Ask what speaks here.
    Hello,
    /// Become a user.
    Enter,
    /// Show who is here.
    List,
    /// Ask for a private session.
    Request,
    /// Leave.
    Quit,
    /// Accept a request.
    Accept,
    /// Reject a request.
    Reject,
    /// Take a request back.
    Cancel,
    /// Show requests.
    Requests,
    /// End the session.
    End,
    /// Send a one-shot message.
    Private,
    /// Send a message to everybody.
    Announce,
    /// Enter a room.
    Join,
    /// Leave a room.
    Leave,
    /// Show rooms.
    Rooms,
    /// Show who is in a room.
    Members,
    /// Follow comings and goings.
    Watch,
    /// Do not show what a user says.
    Ignore,
    /// Show it again.
    Unignore,
    /// Take no requests.
    Dnd,
    /// Be away from the keyboard.
    Away,
    /// Be here again.
    Here,
    /// Check the connection.
    Ping,
    /// Have one's place kept when the connection is lost.
    Keep,
    /// Take one's place again over a new connection.
    Resume,
    /// Show help.
    Help,
    /// Clear the screen.
    Clear,
    /// Choose where the next line goes.
    Focus,
    /// Remove a user.
    Kick,
    /// Shut a user or an address out.
    Ban,
    /// Let them in again.
    Unban,
    /// Show who is shut out.
    Bans,
    /// Take a user's voice away.
    Mute,
    /// Give it back.
    Unmute,
    /// Show whose voice is taken away.
    Mutes,
    /// Show how the server is doing.
    Stats,
    /// Choose what the log tells.
    Log,
    /// End the daemon.
    Shutdown,
    /// Prove that one may enter.
    Password,
}

impl Verb {
    /// What its lines are to a server that makes clients wait, as far as that does not depend on
    /// what follows.
    pub(super) fn kind(self) -> Kind<'static> {
        match self {
            Self::Announce => Kind::Announcement,
            Self::Request => Kind::Request,
            Self::Enter => Kind::Entry,
            Self::Password => Kind::Password,
            Self::Resume => Kind::Return(""),
            Self::List
            | Self::Rooms
            | Self::Members
            | Self::Requests
            | Self::Accept
            | Self::Reject
            | Self::Cancel
            | Self::End
            | Self::Leave
            | Self::Quit
            | Self::Ignore
            | Self::Unignore
            | Self::Dnd
            | Self::Away
            | Self::Here
            | Self::Watch
            | Self::Hello
            | Self::Help
            | Self::Ping
            | Self::Keep => Kind::Short,
            Self::Say
            | Self::Private
            | Self::Join
            | Self::Clear
            | Self::Focus
            | Self::Kick
            | Self::Ban
            | Self::Unban
            | Self::Bans
            | Self::Mute
            | Self::Unmute
            | Self::Mutes
            | Self::Shutdown
            | Self::Stats
            | Self::Log => Kind::Usual,
        }
    }
}

/// Where a command can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the wire, in the native dialect.
    Wire,
    /// At chatc's prompt.
    Chatc,
    /// In chatd's own terminal.
    Console,
}

/// One command.
#[derive(Debug)]
pub struct Spec {
    /// What it does.
    pub verb: Verb,
    /// The word for it, in lower case; any case is understood.
    pub word: &'static str,
    key: u64,
    /// Other words for it that people may type at chatc's prompt or the console.
    pub also: &'static [&'static str],
    /// What follows the word; capitals stand for what the user fills in, brackets for optional.
    pub arguments: &'static str,
    /// What it does, for help.
    pub summary: &'static str,
    /// Where it can be given.
    pub places: &'static [Place],
}

use Place::{Chatc, Console, Wire};

const fn spec(
    verb: Verb,
    word: &'static str,
    also: &'static [&'static str],
    arguments: &'static str,
    summary: &'static str,
    places: &'static [Place],
) -> Spec {
    Spec { verb, word, key: key(word), also, arguments, summary, places }
}

/// A word as one number, in lower case, to be found by a single comparison; zero for one that is too
/// long for any command. Only letters become letters, so no other word has a command's number.
const fn key(word: &str) -> u64 {
    let (mut key, mut rest) = (0, word.as_bytes());
    if rest.len() > 8 {
        return 0;
    }
    while let [first, others @ ..] = rest {
        key = key << 8 | (*first | 0x20) as u64;
        rest = others;
    }
    key
}

/// All commands, in the order in which help shows them.
#[rustfmt::skip]
pub static COMMANDS: [Spec; 40] = [
    spec(Verb::List, "list", &["1", "who", "users"], "[AFTER]", "show who is here and who is free", &[Wire, Chatc, Console]),
    spec(Verb::Request, "request", &["2", "invite", "chat"], "USER", "ask a user for a private chat", &[Wire, Chatc]),
    spec(Verb::Quit, "quit", &["3", ".exit", "exit", "bye"], "", "leave the chat", &[Wire, Chatc, Console]),
    spec(Verb::Accept, "accept", &["yes", "y"], "[USER]", "accept a request", &[Wire, Chatc]),
    spec(Verb::Reject, "reject", &["no", "n"], "[USER]", "reject a request", &[Wire, Chatc]),
    spec(Verb::Cancel, "cancel", &[], "", "take your own request back", &[Wire, Chatc]),
    spec(Verb::Requests, "requests", &[], "", "show the requests that wait for an answer", &[Wire, Chatc]),
    spec(Verb::Say, "say", &[], "USER|#ROOM TEXT", "say something to your partner or in a room", &[Wire, Chatc]),
    spec(Verb::End, "end", &[], "", "end your private chat", &[Wire, Chatc]),
    spec(Verb::Private, "private", &["msg", "tell"], "USER TEXT", "send one message to one user, chatting or not", &[Wire, Chatc]),
    spec(Verb::Announce, "announce", &[], "TEXT", "send one message to everybody", &[Wire, Chatc, Console]),
    spec(Verb::Join, "join", &[], "[#ROOM|USER]", "enter a room: #lobby, the one named, or the one USER is in", &[Wire, Chatc]),
    spec(Verb::Leave, "leave", &["part"], "[#ROOM]", "leave a room: the one named, or the one joined last", &[Wire, Chatc]),
    spec(Verb::Rooms, "rooms", &[], "[AFTER]", "show which rooms there are", &[Wire, Chatc, Console]),
    spec(Verb::Members, "members", &[], "#ROOM [AFTER]", "show who is in a room", &[Wire, Chatc]),
    spec(Verb::Focus, "focus", &["menu", "back"], "[USER|#ROOM]", "choose where the next line goes; without a name: the menu", &[Chatc]),
    spec(Verb::Watch, "watch", &[], "on|off", "be told who enters and goes, which rooms open and close", &[Wire, Chatc]),
    spec(Verb::Ignore, "ignore", &[], "[USER]", "not be shown what a user asks, sends and says in rooms", &[Wire, Chatc]),
    spec(Verb::Unignore, "unignore", &[], "USER", "be shown it again", &[Wire, Chatc]),
    spec(Verb::Dnd, "dnd", &[], "on|off", "do not disturb: take no requests", &[Wire, Chatc]),
    spec(Verb::Away, "away", &[], "[TEXT]", "be shown as away, with a text perhaps", &[Wire, Chatc]),
    spec(Verb::Here, "here", &[], "", "be here again", &[Wire, Chatc]),
    spec(Verb::Kick, "kick", &[], "USER [REASON]", "remove a user", &[Console]),
    spec(Verb::Ban, "ban", &[], "NAME|ADDRESS[/BITS] [TIME] [REASON]", "shut out, for 90s, 10m, 2h, 7d, 1w, 1h30m or for ever", &[Console]),
    spec(Verb::Unban, "unban", &[], "NAME|ADDRESS[/BITS]", "let in again", &[Console]),
    spec(Verb::Bans, "bans", &[], "", "show who is shut out", &[Console]),
    spec(Verb::Mute, "mute", &[], "USER [TIME]", "take a user's voice away, for a time as with ban or for ever", &[Console]),
    spec(Verb::Unmute, "unmute", &[], "USER", "give it back", &[Console]),
    spec(Verb::Mutes, "mutes", &[], "", "show whose voice is taken away", &[Console]),
    spec(Verb::Stats, "stats", &[], "[prometheus]", "show how the server is doing", &[Console]),
    spec(Verb::Log, "log", &[], "quiet|normal|rooms", "choose what the log tells", &[Console]),
    spec(Verb::Shutdown, "shutdown", &[], "", "tell everybody, then end the daemon", &[Console]),
    spec(Verb::Clear, "clear", &[], "", "clear the screen", &[Chatc, Console]),
    spec(Verb::Hello, "hello", &[], "", "ask what speaks here", &[Wire]),
    spec(Verb::Enter, "enter", &[], "[NAME]", "enter under a name, or as a guest", &[Wire]),
    spec(Verb::Password, "password", &[], "WORD", "prove that you may enter, where that is asked for", &[Wire]),
    spec(Verb::Ping, "ping", &[], "[WORD]", "ask for a sign of life", &[Wire]),
    spec(Verb::Keep, "keep", &[], "", "have your place kept when the connection is lost", &[Wire]),
    spec(Verb::Resume, "resume", &[], "UID TOKEN SEEN", "take your place again, from the line after SEEN", &[Wire]),
    spec(Verb::Help, "help", &["?"], "[COMMAND]", "show this, or one command", &[Wire, Chatc, Console]),
];

/// The commands that can be given in a place, in the order of help.
pub fn commands_in(place: Place) -> impl Iterator<Item = &'static Spec> {
    COMMANDS.iter().filter(move |spec| spec.places.contains(&place))
}

/// Finds the command a word stands for, in any case. Other words than the first count where
/// people type: at chatc's prompt and at the console, not on the wire.
pub fn find(word: &str, place: Place) -> Option<&'static Spec> {
    let (key, other_words) = (key(word), place != Place::Wire);
    COMMANDS.iter().find(|spec| {
        let is_meant =
            spec.key == key || (other_words && spec.also.iter().any(|other| other.eq_ignore_ascii_case(word)));
        is_meant && spec.places.contains(&place)
    })
}

/// The entry of a verb.
pub fn spec_of(verb: Verb) -> &'static Spec {
    COMMANDS.iter().find(|spec| spec.verb == verb).expect("every verb is in the table")
}

impl Spec {
    /// The command as one types it on the wire: `REQUEST USER`.
    pub fn usage(&self) -> String {
        let word = self.word.to_ascii_uppercase();
        if self.arguments.is_empty() { word } else { format!("{word} {}", self.arguments) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_stands_for_two_commands() {
        for place in [Wire, Chatc, Console] {
            for spec in commands_in(place) {
                for word in std::iter::once(&spec.word).chain(spec.also) {
                    let found = find(word, place);
                    if place != Wire || word == &spec.word {
                        assert_eq!(found.unwrap().verb, spec.verb, "{word} in {place:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_word_has_the_number_of_a_command_only_if_it_is_that_command() {
        for spec in &COMMANDS {
            assert!(spec.word.len() <= 8 && spec.word.bytes().all(|byte| byte.is_ascii_lowercase()), "{}", spec.word);
            for place in 0..spec.word.len() {
                for byte in 0..=0x7f {
                    let mut other = spec.word.as_bytes().to_vec();
                    other[place] = byte;
                    let other = String::from_utf8(other).unwrap();
                    assert_eq!(key(&other) == spec.key, other.eq_ignore_ascii_case(spec.word), "{other:?}");
                }
            }
            assert_ne!(key(&format!("{}s", spec.word)), spec.key);
        }
        assert_eq!(key("announcements"), 0);
    }

    #[test]
    fn no_wire_word_can_be_taken_for_another_dialect() {
        // IRC, HTTP and TLS front ends will share the port, told apart by these first bytes.
        for spec in commands_in(Wire) {
            assert!(!["cap", "pass", "nick", "user", "get"].contains(&spec.word), "{}", spec.word);
        }
    }

    #[test]
    fn words_are_found_in_any_case_and_only_where_they_belong() {
        assert_eq!(find("LiSt", Wire).unwrap().verb, Verb::List);
        assert_eq!(find("1", Chatc).unwrap().verb, Verb::List);
        assert!(find("1", Wire).is_none());
        assert!(find("kick", Wire).is_none());
        assert!(find("clear", Wire).is_none());
    }
}
