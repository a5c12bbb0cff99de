//! The books of a place that the server keeps: the secret to come back with, and how far both
//! sides have counted since `KEEP`.

use std::time::Duration;

use crate::chat::Millis;
use crate::limits::KEPT_BYTES;
use crate::wire::{AnyCommand, compose};

/// After lines of so many bytes the server is told how far they have been seen: long before it forgets any.
const TELL_AFTER_BYTES: usize = KEPT_BYTES / 4;

/// Time after a line until the server is told at the latest, so that it can forget the line.
const TELL_AFTER: Duration = Duration::from_secs(2);

/// See the file's text.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) token: String,
    /// Lines received.
    pub(super) seen: u64,
    /// Answers received.
    pub(super) answered: u64,
    /// Bytes of the lines of which the server has not been told.
    untold: usize,
    tell_at: Option<Millis>,
}

impl Kept {
    pub(super) fn new(token: &str) -> Self {
        Self { token: token.to_owned(), seen: 0, answered: 0, untold: 0, tell_at: None }
    }

    /// Counts a line that was received; gives the line that tells the server, if that is due.
    pub(super) fn count(&mut self, line: &str, is_asked: bool, now: Millis) -> Option<String> {
        self.seen = self.seen.saturating_add(1);
        self.untold += line.len();
        if is_asked || self.untold >= TELL_AFTER_BYTES {
            return Some(self.tell());
        }
        self.tell_at = self.tell_at.or(Some(now + TELL_AFTER));
        None
    }

    /// When the server is to be told at the latest.
    pub(super) fn deadline(&self) -> Option<Millis> {
        self.tell_at
    }

    /// The line that tells the server, if it is due.
    pub(super) fn handle_time(&mut self, now: Millis) -> Option<String> {
        self.tell_at.is_some_and(|at| at <= now).then(|| self.tell())
    }

    /// The line that tells the server how far its lines have been seen.
    pub(super) fn tell(&mut self) -> String {
        self.untold = 0;
        self.tell_at = None;
        compose(AnyCommand::Seen(self.seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_told_when_it_asks_after_many_bytes_and_after_a_while() {
        let (mut kept, line) = (Kept::new("secret"), "x".repeat(1_024));
        assert_eq!(kept.count(&line, false, Millis(0)), None);
        assert_eq!(kept.count("* ping", true, Millis(0)), Some("@ 2".to_owned()));
        assert_eq!(kept.deadline(), None);
        for _ in 0..15 {
            assert_eq!(kept.count(&line, false, Millis(1000)), None);
        }
        assert_eq!(kept.count(&line, false, Millis(1500)), Some("@ 18".to_owned()));
        assert_eq!(kept.count(&line, false, Millis(1600)), None);
        assert_eq!(kept.count("", false, Millis(1700)), None);
        assert_eq!(kept.handle_time(Millis(3599)), None);
        assert_eq!(kept.handle_time(Millis(3600)), Some("@ 20".to_owned()));
        assert_eq!(kept.handle_time(Millis(9999)), None);
    }
}
