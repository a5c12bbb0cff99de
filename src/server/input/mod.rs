//! From bytes that arrived to whole lines handled, one connection's share of a tick.

mod haste;
mod lines;
mod opening;
mod turns;

pub(super) use haste::{Charge, Wait};
pub(super) use lines::Handled;
pub(super) use turns::work_of_write;

use std::io::ErrorKind;

use crate::chat::{CloseReason, Now, TextError};
use crate::limits::{DRAINED_BYTES, LINE_BYTES, READ_BYTES, UNPARSED_BYTES};
use crate::server::connection::{Expecting, Flow, Phase, Question};
use crate::server::connection_id::ConnectionId;
use crate::server::output::Buffer;
use crate::server::stream::Taken;
use crate::server::{Server, Stream};
use crate::wire::Asked;

/// What one read brought.
enum Arrived {
    Bytes(usize),
    Nothing,
    End,
    Broken,
}

impl<S: Stream> Server<S> {
    /// Handles what was left over, then reads once and handles that.
    pub(in crate::server) fn serve(&mut self, id: ConnectionId, now: Now) {
        let mut connection = self.connections.input(id);
        if connection.wait().is_some() || connection.flow == Flow::Broken || connection.hung_up {
            if self.is_over(id, now) {
                return;
            }
            connection = self.connections.input(id);
        }
        let unparsed = connection.unparsed.take();
        let has_lines = unparsed.as_ref().is_some_and(|unparsed| !connection.splitter.is_known(unparsed.len()));
        let mut unparsed = unparsed.unwrap_or_else(|| self.connections.outputs.buffers.take());
        if has_lines {
            let taken = self.handle_lines(id, unparsed.bytes(), 0, now);
            unparsed.advance(taken);
            let connection = self.connections.get(id);
            if taken > 0 && connection.hung_up && connection.is_open() {
                // What that is answered with is written before the end is taken note of.
                self.connections.mark_ready(id);
                return self.keep_unparsed(id, unparsed);
            }
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        let room = (LINE_BYTES + READ_BYTES).saturating_sub(unparsed.len()).min(scratch.len());
        match self.read(id, scratch.get_mut(..room).unwrap_or_default(), now) {
            Arrived::Bytes(count) => {
                let arrived = scratch.get(..count).unwrap_or_default();
                if unparsed.is_empty() {
                    // In place, in the shared buffer.
                    let taken = self.handle_lines(id, arrived, 0, now);
                    unparsed.end().extend_from_slice(arrived.get(taken..).unwrap_or_default());
                } else {
                    self.handle_behind(id, arrived, &mut unparsed, now);
                }
            }
            Arrived::Nothing => {}
            Arrived::End => self.handle_end(id, now),
            Arrived::Broken => self.break_off(id, now),
        }
        self.scratch = scratch;
        self.keep_unparsed(id, unparsed);
    }

    /// Whether one that may have gone is not read any more: it is broken, or waits for its turn to go.
    #[cold]
    fn is_over(&mut self, id: ConnectionId, now: Now) -> bool {
        let connection = self.connections.input(id);
        // One that waits is not read to the end, so reading cannot tell that it is gone.
        let is_paused = connection.wait().is_some() && connection.is_open();
        if is_paused && connection.stream().is_some_and(Stream::is_broken) {
            self.break_off(id, now);
            return true;
        }
        let (is_broken, hung_up) = (connection.flow == Flow::Broken, connection.hung_up);
        if connection.is_open() && (is_broken || hung_up) && !self.may_go(id) {
            return true;
        }
        if is_broken {
            self.break_off(id, now);
        }
        is_broken
    }

    /// One read. Forgets the readiness when the stream says that it has nothing more and has not hung
    /// up; has written what the stream has to say of its own.
    fn read(&mut self, id: ConnectionId, scratch: &mut [u8], now: Now) -> Arrived {
        let limits = &self.limits;
        let connection = self.connections.input(id);
        let must_drain = matches!(connection.phase, Phase::Closing { .. } | Phase::Lingering { .. });
        let looks_ahead = connection.looks_ahead(limits);
        let is_read = connection.is_listening(limits) || must_drain || looks_ahead;
        if !connection.readable || !is_read || scratch.is_empty() {
            return Arrived::Nothing;
        }
        let Some(stream) = connection.stream() else { return Arrived::Nothing };
        self.stats.note_read();
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
                connection.touch(now.steady);
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

    /// Handles lines behind those that are unparsed.
    fn handle_behind(&mut self, id: ConnectionId, arrived: &[u8], unparsed: &mut Buffer, now: Now) {
        let connection = self.connections.input(id);
        let before = unparsed.len();
        let is_known = connection.splitter.continues(before, arrived);
        let is_waiting = connection.wait().is_some();
        unparsed.end().extend_from_slice(arrived);
        if is_known {
            return;
        }
        let credit = if is_waiting { self.look_ahead(id, unparsed.bytes(), before, now) } else { None };
        let taken = self.handle_lines(id, unparsed.bytes(), credit.unwrap_or(0), now);
        unparsed.advance(taken);
    }

    /// The peer will send nothing more. What it asked before is still answered.
    fn handle_end(&mut self, id: ConnectionId, now: Now) {
        let connection = self.connections.get_mut(id);
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
            return self.connections.outputs.buffers.give(unparsed);
        }
        let connection = self.connections.input(id);
        if connection.is_open() {
            unparsed.fit_into(UNPARSED_BYTES);
            connection.unparsed = Some(unparsed);
        }
    }
}
