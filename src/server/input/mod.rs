//! From bytes that arrived to whole lines handled, one connection's share of a tick.

mod haste;
mod turns;

pub(super) use haste::Wait;
pub(super) use turns::work_of_write;

use std::borrow::Cow;
use std::io::ErrorKind;

use crate::chat::{CloseReason, Millis, Now, TextError};
use crate::limits::{DRAINED_BYTES, LINE_BYTES, READ_BYTES, UNPARSED_BYTES};
use crate::server::connection::{Expecting, Flow, Phase, Question};
use crate::server::connection_id::ConnectionId;
use crate::server::output::Buffer;
use crate::server::stream::Taken;
use crate::server::{Server, Stream};
use crate::wire::foreign::{Foreign, Opening, recognise};
use crate::wire::{Asked, Dialect, Fault, Received, Step};
use haste::Charge;

/// What one read brought.
enum Arrived {
    Bytes(usize),
    Nothing,
    End,
    Broken,
}

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
    /// The same of one that was too long, which never waits.
    TooLong { count: usize, reading: Reading },
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
    /// Handles what was left over, then reads once and handles that.
    pub(in crate::server) fn serve(&mut self, id: ConnectionId, now: Now) {
        let Some(connection) = self.connections.input(id) else { return };
        // One that waits is not read to the end, so reading cannot tell that it is gone.
        let is_paused = connection.wait().is_some() && connection.is_open();
        if is_paused && connection.stream().is_some_and(Stream::is_broken) {
            return self.break_off(id, now);
        }
        let (is_broken, hung_up) = (connection.flow == Flow::Broken, connection.hung_up);
        if connection.is_open() && (is_broken || hung_up) && !self.may_go(id) {
            return;
        }
        if is_broken {
            return self.break_off(id, now);
        }
        let Some(connection) = self.connections.input(id) else { return };
        let unparsed = connection.unparsed.take();
        let has_lines = unparsed.as_ref().is_some_and(|unparsed| !connection.splitter.is_known(unparsed.len()));
        let mut unparsed = unparsed.unwrap_or_else(|| self.connections.outputs.buffers.take());
        if has_lines {
            let taken = self.handle_lines(id, unparsed.bytes(), 0, now);
            unparsed.advance(taken);
            if taken > 0 && self.connections.get(id).is_some_and(|it| it.hung_up && it.is_open()) {
                // What that is answered with is written before the end is taken note of.
                self.connections.mark_ready(id);
                return self.keep_unparsed(id, unparsed);
            }
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        let room = (LINE_BYTES + READ_BYTES).saturating_sub(unparsed.len()).min(READ_BYTES);
        match self.read(id, scratch.get_mut(..room).unwrap_or_default()) {
            Arrived::Bytes(count) => {
                let arrived = scratch.get(..count).unwrap_or_default();
                self.handle_arrived(id, arrived, &mut unparsed, now);
            }
            Arrived::Nothing => {}
            Arrived::End => self.handle_end(id, now),
            Arrived::Broken => self.break_off(id, now),
        }
        self.scratch = scratch;
        self.keep_unparsed(id, unparsed);
    }

    /// One read. Forgets the readiness when the stream says that it has nothing more and has not hung
    /// up; has written what the stream has to say of its own.
    fn read(&mut self, id: ConnectionId, scratch: &mut [u8]) -> Arrived {
        let limits = &self.limits;
        let Some(connection) = self.connections.input(id) else { return Arrived::Nothing };
        let must_drain = matches!(connection.phase, Phase::Closing { .. } | Phase::Lingering { .. });
        let looks_ahead = connection.looks_ahead(limits);
        let is_read = connection.is_listening(limits) || must_drain || looks_ahead;
        if !connection.readable || !is_read || scratch.is_empty() {
            return Arrived::Nothing;
        }
        let Some(stream) = connection.stream() else { return Arrived::Nothing };
        self.stats.reads += 1;
        let read = stream.read(scratch);
        let wants_write = stream.wants_write();
        let arrived = match read {
            // What it has sent before is heard first.
            Ok(Taken { count: 0, .. }) if looks_ahead => {
                connection.hung_up = true;
                Arrived::Nothing
            }
            Ok(Taken { count: 0, .. }) => {
                connection.readable = false;
                connection.hung_up = true;
                Arrived::End
            }
            Ok(Taken { count, .. }) if must_drain && connection.drained(count) > DRAINED_BYTES => Arrived::Broken,
            Ok(Taken { count, is_drained }) => {
                connection.readable = !is_drained || connection.hung_up;
                if connection.readable {
                    self.connections.mark_ready(id);
                }
                Arrived::Bytes(count)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                connection.readable = false;
                Arrived::Nothing
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                self.connections.mark_ready(id);
                Arrived::Nothing
            }
            Err(_) if looks_ahead => {
                connection.hung_up = true;
                Arrived::Nothing
            }
            Err(_) => Arrived::Broken,
        };
        if wants_write {
            self.connections.mark_dirty(id);
        }
        arrived
    }

    /// Handles lines in place in the shared buffer if nothing is unparsed, and behind what is unparsed
    /// otherwise.
    fn handle_arrived(&mut self, id: ConnectionId, arrived: &[u8], unparsed: &mut Buffer, now: Now) {
        self.touch(id, now);
        if unparsed.is_empty() {
            let taken = self.handle_lines(id, arrived, 0, now);
            unparsed.end().extend_from_slice(arrived.get(taken..).unwrap_or_default());
            return;
        }
        let connection = self.connections.input(id);
        if connection.is_some_and(|it| it.splitter.continues(unparsed.len(), arrived)) {
            unparsed.end().extend_from_slice(arrived);
            return;
        }
        let before = unparsed.len();
        unparsed.end().extend_from_slice(arrived);
        let is_waiting = self.connections.get(id).is_some_and(|connection| connection.wait().is_some());
        let credit = if is_waiting { self.look_ahead(id, unparsed.bytes(), before, now) } else { None };
        let taken = self.handle_lines(id, unparsed.bytes(), credit.unwrap_or(0), now);
        unparsed.advance(taken);
    }

    /// Handles the whole lines at the start of `bytes`, as long as the connection listens and is
    /// not too fast, and those in the first `credit` bytes even so. Says how many bytes are done with.
    fn handle_lines(&mut self, id: ConnectionId, bytes: &[u8], mut credit: usize, now: Now) -> usize {
        let received = Received::new(bytes);
        let mut taken = 0;
        loop {
            let on_credit = taken < credit;
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
                Next::TooLong { count, reading } => {
                    self.handle_line(id, reading, Err(Fault::LineTooLong), on_credit, now);
                    taken += count;
                    continue;
                }
                Next::Line { length, count, reading, charge } => {
                    let handled = self.handle_line(id, reading, received.line(taken, length), on_credit, now);
                    if let Handled::Done = handled {
                        taken += count;
                        continue;
                    }
                    self.take_back(id, charge);
                    match handled {
                        Handled::Later(until) => until,
                        Handled::InTurn | Handled::Done => return taken,
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

    #[inline(always)]
    fn handle_line(
        &mut self,
        id: ConnectionId,
        reading: Reading,
        line: Result<Cow<'_, str>, Fault>,
        on_credit: bool,
        now: Now,
    ) -> Handled {
        match (reading, line) {
            (Reading::Command(dialect), Ok(line)) => {
                return self.handle_command_line(id, dialect, &line, on_credit, now);
            }
            (Reading::Command(_), Err(fault)) => self.answer(id, &Asked::UNREADABLE, Err(fault)),
            (Reading::Reply(question), line) => {
                self.handle_reply(id, question, line.as_deref().map_err(|fault| *fault), now);
            }
        }
        Handled::Done
    }

    /// Finds the next line of a connection that listens.
    fn next_line(&mut self, id: ConnectionId, bytes: &[u8], on_credit: bool, now: Now) -> Next {
        let limits = &self.limits;
        let Some(connection) = self.connections.input(id).filter(|connection| connection.is_listening(limits)) else {
            return Next::None { count: 0 };
        };
        if connection.is_much(limits.output_soft) && !connection.is_blocked() {
            return Next::AfterWrite;
        }
        if let Phase::Opening { since } = connection.phase {
            match recognise(bytes) {
                Opening::Undecided => return Next::None { count: 0 },
                Opening::Blank => {}
                Opening::Native => connection.phase = Phase::Entering { since, may_enter: false },
                Opening::Foreign(protocol) => {
                    self.turn_away(id, protocol, now);
                    return Next::None { count: 0 };
                }
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
        let charge = match connection.charge(line.unwrap_or_default(), on_credit, self.line_pace, now.steady) {
            Ok(charge) => charge,
            Err(until) => {
                connection.splitter = before;
                return Next::Later(until);
            }
        };
        self.stats.lines += 1;
        let reading = match connection.phase {
            Phase::Operator(Expecting::Reply(question)) => Reading::Reply(question),
            _ => Reading::Command(connection.dialect),
        };
        match line {
            Some(line) => Next::Line { length: line.len(), count, reading, charge },
            None => Next::TooLong { count, reading },
        }
    }

    /// Answers one who speaks another protocol in its own way, and hangs up: nothing it sent is done,
    /// and nothing more is read but to throw it away.
    fn turn_away(&mut self, id: ConnectionId, protocol: Foreign, now: Now) {
        self.note_foreign(protocol, now);
        self.connections.append(id, |_, _, out| protocol.answer(out));
        self.close(id, CloseReason::Foreign.into(), now);
    }

    /// A client that speaks is alive. It is not greeted any more; it has to enter in time.
    fn touch(&mut self, id: ConnectionId, now: Now) {
        let Some(connection) = self.connections.input(id) else { return };
        connection.last_heard = now.steady;
        if let Phase::Silent { since } = connection.phase {
            connection.phase = Phase::Opening { since };
        }
    }

    /// The peer will send nothing more. What it asked before is still answered.
    fn handle_end(&mut self, id: ConnectionId, now: Now) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        match connection.phase {
            Phase::Lingering { .. } => self.give_up(id),
            Phase::Closing { .. } | Phase::Gone => {}
            phase => {
                if let Phase::Operator(Expecting::Reply(Question::AnnouncementText)) = phase {
                    self.answer(id, &Asked::UNREADABLE, Err(TextError::Blank.into()));
                }
                // It may still read, and where its place is kept its stream is let go at once.
                if self.is_place_kept(id, CloseReason::Disconnected) {
                    let _ = self.connections.write_out(id);
                }
                self.close(id, CloseReason::Disconnected.into(), now);
            }
        }
    }

    /// Keeps unhandled bytes for the next time, unless nobody will want them.
    fn keep_unparsed(&mut self, id: ConnectionId, mut unparsed: Box<Buffer>) {
        if unparsed.is_empty() {
            self.connections.outputs.buffers.give(unparsed);
        } else if let Some(connection) = self.connections.input(id).filter(|connection| connection.is_open()) {
            unparsed.fit_into(UNPARSED_BYTES);
            connection.unparsed = Some(unparsed);
        }
    }
}
