//! The books a client keeps so that it can take its place again (docs/PROTOCOL.md, "Lost
//! connections"): the lines it has received and the commands it has sent since `KEEP`. Written
//! from the protocol, not from the server's code.

use std::collections::VecDeque;

/// One user's books. Live longer than any of its connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    pub(crate) uid: u64,
    pub(crate) name: String,
    pub(crate) token: Option<String>,
    /// Every line received since the answer to `KEEP`, once each.
    pub(crate) lines: Vec<String>,
    /// Lines the server has said are lost.
    pub(crate) lost: u64,
    /// Commands sent since `KEEP` that may have to be sent again, with their numbers from 0.
    sent: VecDeque<(u64, String)>,
    commands: u64,
    answers: u64,
    is_resuming: bool,
}

/// What a line means to the one who keeps the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    /// A line that is counted.
    Counted,
    /// The place is kept from now on.
    Kept,
    /// Back; these commands are to be sent again.
    Resumed(Vec<String>),
    /// The server does not know the place.
    Refused,
    /// A line from before `KEEP`.
    Before,
}

impl Books {
    /// How many lines have been seen since `KEEP`.
    pub(crate) fn seen(&self) -> u64 {
        self.lines.len() as u64 + self.lost
    }

    /// Whether a line is a command, which is counted and answered.
    pub(crate) fn is_command(line: &str) -> bool {
        let word = line.split_ascii_whitespace().next();
        word.is_some_and(|word| !word.starts_with('@') && !matches!(word, "KEEP" | "RESUME"))
    }

    /// Notes a command that is about to be sent.
    pub(crate) fn note_sent(&mut self, line: &str) {
        if self.token.is_some() && Self::is_command(line) {
            self.sent.push_back((self.commands, line.to_owned()));
            self.commands += 1;
        }
    }

    /// What to say first on a new connection.
    pub(crate) fn resume_line(&mut self) -> Option<String> {
        let token = self.token.as_ref()?;
        self.is_resuming = true;
        Some(format!("RESUME {} {token} {}", self.uid, self.seen()))
    }

    /// How many commands are not known to be answered.
    pub(crate) fn unanswered(&self) -> usize {
        self.sent.len()
    }

    /// Enters a received line.
    pub(crate) fn note_received(&mut self, line: &str) -> Noted {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["+OK", "entered", uid, name] if self.token.is_none() => {
                (self.uid, self.name) = (uid.parse().expect("a number"), name.to_owned());
                Noted::Before
            }
            ["+OK", "kept", token, _] if self.token.is_none() => {
                self.token = Some(token.to_owned());
                Noted::Kept
            }
            ["+OK", "resumed", uid, name, answered, lost] if self.is_resuming => {
                assert_eq!((uid.parse(), name), (Ok(self.uid), self.name.as_str()), "UID and name stay");
                self.lost += lost.parse::<u64>().expect("a number");
                Noted::Resumed(self.resume_behind(answered.parse().expect("a number")))
            }
            ["-ERR", ..] if self.is_resuming => {
                self.is_resuming = false;
                Noted::Refused
            }
            _ if self.token.is_none() || self.is_resuming => Noted::Before,
            _ => {
                self.count(line);
                Noted::Counted
            }
        }
    }

    fn count(&mut self, line: &str) {
        self.lines.push(line.to_owned());
        // `KEEP` said again is answered, but is not among the commands.
        if (line.starts_with('+') || line.starts_with('-')) && !line.starts_with("+OK kept ") {
            self.answers += 1;
            // Answers among lost lines make this too small; what is resent depends on it nowhere.
            while self.sent.front().is_some_and(|(number, _)| *number < self.answers) {
                self.sent.pop_front();
            }
        }
    }

    fn resume_behind(&mut self, answered: u64) -> Vec<String> {
        self.is_resuming = false;
        assert!(answered <= self.commands, "no more is answered than was sent");
        self.sent.iter().filter(|(number, _)| *number >= answered).map(|(_, line)| line.clone()).collect()
    }
}
