//! Private lines that were typed while the connection was lost, to people whom a daemon that was
//! started anew does not know yet: each goes to its reader when that one is here again, and comes
//! back to its writer after a while. None of them was ever sent, so none arrives twice.

use std::time::Duration;

use super::Actions;
use super::here::Here;
use super::sent::Command;
use crate::chat::{Millis, Name};

/// How long a reader may take: chatc comes back within 15 s (`link`), and a laptop that wakes takes a little longer.
const RETURN_TIME: Duration = Duration::from_secs(30);

/// See the file's text.
#[derive(Debug, Default)]
pub(super) struct Returning {
    lines: Vec<Awaited>,
}

#[derive(Debug)]
struct Awaited {
    command: Command,
    reader: String,
    until: Millis,
}

impl Returning {
    /// Keeps a line until its reader is here again.
    pub(super) fn add(&mut self, command: Command, reader: String, now: Millis) {
        self.lines.push(Awaited { command, reader, until: now + RETURN_TIME });
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// When the first of them comes back to its writer.
    pub(super) fn deadline(&self) -> Option<Millis> {
        self.lines.iter().map(|line| line.until).min()
    }

    /// Those for which this is so, in their order.
    fn take(&mut self, is_so: impl Fn(&Awaited) -> bool) -> Vec<Awaited> {
        self.lines.extract_if(.., |line| is_so(line)).collect()
    }
}

impl Here {
    /// Sends what waits for those who are here now, and gives up the rest whose time is over.
    pub(super) fn send_to_returned(&mut self, now: Millis, out: &mut Actions) {
        let mut returning = std::mem::take(&mut self.returning);
        for line in returning.take(|line| Name::new(&line.reader).is_ok_and(|name| self.is_here(name))) {
            let Command { line, what, .. } = line.command;
            self.send(line, what, out);
        }
        for Awaited { command, reader, .. } in returning.take(|line| line.until <= now) {
            let text = command.line.splitn(3, ' ').nth(2).unwrap_or_default();
            self.fail(format!("not delivered to {reader}, who has not come back: {text}"), out);
        }
        self.returning = returning;
    }
}
