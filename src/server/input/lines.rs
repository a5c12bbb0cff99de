//! Whole lines, one after the other: which is next, whether it is handled now, and what it counts as.

use std::borrow::Cow;

use super::haste::{Charge, Wait};
use super::opening::Sniffed;
use crate::chat::{CloseReason, Millis, Now, UserKey};
use crate::limits::ON_CREDIT_PER_TICK;
use crate::server::connection::{Expecting, Phase, Question};
use crate::server::connection_id::ConnectionId;
use crate::server::{Server, Stream};
use crate::wire::foreign::Foreign;
use crate::wire::{Asked, Dialect, Fault, Received, Step};

/// What has become of a line.
pub(in crate::server) enum Handled {
    Done,
    /// The client does this too often; the line is to be handled again then.
    Later(Millis),
    /// It is for many: it is handled when it is the client's turn.
    InTurn,
}

/// How a line is read.
#[derive(Clone, Copy)]
enum Reading {
    /// As a command.
    Command(Dialect),
    /// As what an operator says to a question.
    Reply(Question),
}

/// What stands next in the bytes of a connection.
enum Next {
    /// A line, its length and how many bytes it takes with its end, how it is read, and what it counts as.
    Line { length: usize, count: usize, reading: Reading, charge: Charge },
    /// The same of one that was too long.
    TooLong { count: usize, reading: Reading, charge: Charge },
    /// A line that has to wait until then.
    Later(Millis),
    /// So much waits for the connection that it may be slow: whether it leaves that unread is known
    /// when it has been written to.
    AfterWrite,
    /// What no client sends.
    Endless,
    /// Nothing that can be handled now; so many bytes are of no use any more.
    None { count: usize },
}

impl<S: Stream> Server<S> {
    /// Handles the whole lines at the start of `bytes`, as long as the connection listens and is
    /// not too fast, and those in the first `credit` bytes even so, some of them in later ticks. Says how many
    /// bytes are done with.
    pub(super) fn handle_lines(&mut self, id: ConnectionId, bytes: &[u8], mut credit: usize, now: Now) -> usize {
        let received = Received::new(bytes);
        let (mut taken, mut lines_on_credit) = (0, 0);
        loop {
            let on_credit = taken < credit;
            if on_credit {
                if lines_on_credit >= ON_CREDIT_PER_TICK {
                    self.serve_again(id);
                    return taken;
                }
                lines_on_credit += 1;
            }
            let until = match self.next_line(id, received.after(taken), on_credit, now) {
                Next::None { count } => return taken + count,
                Next::AfterWrite => {
                    self.connections.write_early(id);
                    continue;
                }
                Next::Endless => {
                    self.close(id, CloseReason::EndlessLine.into(), now);
                    return bytes.len();
                }
                Next::Later(until) => until,
                Next::TooLong { count, reading, charge } => {
                    self.handle_other(id, reading, Err(Fault::LineTooLong), charge, now);
                    taken += count;
                    continue;
                }
                Next::Line { length, count, reading, charge } => {
                    let handled = match (reading, received.line(taken, length)) {
                        (Reading::Command(dialect), Ok(line)) => {
                            self.handle_command_line(id, dialect, &line, (charge, on_credit), now)
                        }
                        (reading, line) => self.handle_other(id, reading, line, charge, now),
                    };
                    match handled {
                        Handled::Done => {
                            taken += count;
                            continue;
                        }
                        Handled::InTurn => return taken,
                        Handled::Later(until) => until,
                    }
                }
            };
            let rest = received.after(taken);
            match self.lines_on_credit(id, rest, now).filter(|_| !on_credit) {
                Some(more) => credit = taken + more,
                None => {
                    self.pause(id, Wait::TooFast(until), rest, now);
                    return taken;
                }
            }
        }
    }

    /// What is left is handled in the next tick.
    #[cold]
    fn serve_again(&mut self, id: ConnectionId) {
        self.connections.mark_ready(id);
    }

    /// Handles a line that is no command: what an operator was asked for, or what cannot be read.
    #[cold]
    fn handle_other(
        &mut self,
        id: ConnectionId,
        reading: Reading,
        line: Result<Cow<'_, str>, Fault>,
        charge: Charge,
        now: Now,
    ) -> Handled {
        self.charge(id, charge, now);
        match (reading, line) {
            (Reading::Reply(question), line) => {
                self.handle_reply(id, question, line.as_deref().map_err(|fault| *fault), now);
            }
            (Reading::Command(_), Err(fault)) => self.answer(id, &Asked::UNREADABLE, Err(fault)),
            (Reading::Command(_), Ok(_)) => {}
        }
        Handled::Done
    }

    /// Finds the next line of a connection that listens.
    fn next_line(&mut self, id: ConnectionId, bytes: &[u8], on_credit: bool, now: Now) -> Next {
        let limits = &self.limits;
        let connection = self.connections.input(id);
        if !connection.is_listening(limits) {
            return Next::None { count: 0 };
        }
        if connection.is_much(limits.output_soft) && !connection.is_blocked() {
            return Next::AfterWrite;
        }
        match connection.sniff(bytes) {
            Sniffed::Known => {}
            Sniffed::Undecided => return Next::None { count: 0 },
            Sniffed::Foreign(protocol) => {
                self.turn_away(id, protocol, now);
                return Next::None { count: 0 };
            }
        }
        let before = connection.splitter;
        let (step, count) = connection.splitter.next(bytes);
        let line = match step {
            Step::NeedMore => return Next::None { count },
            Step::Endless => return Next::Endless,
            Step::TooLong => None,
            Step::Line(line) => Some(line),
        };
        let charge = match connection.price(line.unwrap_or_default(), on_credit, self.line_pace, now.steady) {
            Ok(charge) => charge,
            Err(until) => {
                connection.splitter = before;
                return Next::Later(until);
            }
        };
        let reading = match connection.phase {
            Phase::Operator(Expecting::Reply(question)) => Reading::Reply(question),
            _ => Reading::Command(connection.dialect),
        };
        match line {
            Some(line) => Next::Line { length: line.len(), count, reading, charge },
            None => Next::TooLong { count, reading, charge },
        }
    }

    /// Answers one who speaks another protocol in its own way, and hangs up: nothing it sent is done,
    /// and nothing more is read but to throw it away.
    fn turn_away(&mut self, id: ConnectionId, protocol: Foreign, now: Now) {
        self.gate.strangers.note_foreign(protocol, now, &mut self.journal);
        self.connections.append(id, |_, _, out| protocol.answer(out));
        self.close(id, CloseReason::Foreign.into(), now);
    }

    /// A line is handled now: it is counted, and charged for. Gives back whose it is.
    #[inline(always)]
    pub(in crate::server) fn charge(&mut self, id: ConnectionId, charge: Charge, now: Now) -> Option<UserKey> {
        self.stats.note_line();
        let connection = self.connections.input(id);
        match charge {
            Charge::Free => {}
            Charge::Line => connection.lines.take(self.line_pace, now.steady),
            Charge::Short => connection.rare().short_lines.take(self.line_pace, now.steady),
        }
        connection.user()
    }
}
