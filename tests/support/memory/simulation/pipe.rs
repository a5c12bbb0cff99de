//! A stream between a simulated client and the server. It behaves as a socket registered
//! edge-triggered does: a read takes all that has arrived (a short read means that nothing is
//! left), a write takes what the client's window has room for, and whoever holds the other end says
//! when there is something to be told: [`Ends::arrive`], [`Ends::fetch`] and the like return the
//! readiness that the event queue would report.

use std::cell::{RefCell, RefMut};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::rc::Rc;

use chatd::server::{Readiness, Stream, Taken};

/// Something the server did to a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Read this many bytes; none when there were none. Whether that was all it had asked for.
    Read { count: usize, is_full: bool },
    /// A read was interrupted.
    ReadInterrupted,
    /// Wrote something, or found no room.
    Wrote,
    /// Read to the end.
    ReadEnd,
    /// Found it broken, reading.
    ReadBroken,
    /// Found it broken, writing.
    WriteBroken,
    /// Let go of it.
    Dropped,
}

impl Call {
    /// Whether it is a read that was not interrupted.
    pub(crate) fn is_read(self) -> bool {
        matches!(self, Self::Read { .. } | Self::ReadEnd | Self::ReadBroken)
    }
}

/// All calls on all streams, in order: the number of the stream and what was done.
pub(crate) type Calls = Rc<RefCell<Vec<(usize, Call)>>>;

/// What both ends share.
#[derive(Debug)]
pub(crate) struct Ends {
    /// Arrived at the server and not read yet.
    pub(crate) arrived: VecDeque<u8>,
    /// On its way to the client.
    pub(crate) sent: VecDeque<u8>,
    /// How much of that the client's side takes before writes block.
    pub(crate) window: usize,
    /// Most bytes that one write takes.
    pub(crate) most_per_write: usize,
    /// How many reads and writes are still to be interrupted by a signal.
    pub(crate) interruptions: u32,
    /// Written since this was last emptied.
    pub(crate) taken: Vec<u8>,
    /// What the last write offered and the stream did not take.
    pub(crate) left: Vec<u8>,
    /// The client sends no more.
    pub(crate) is_ended: bool,
    /// The client does not read any more either: what is written to it breaks the connection.
    pub(crate) is_deserted: bool,
    /// The connection is reset.
    pub(crate) is_reset: bool,
    /// A write was refused for want of room, so that room will be reported.
    pub(crate) is_blocked: bool,
    /// The server sends no more.
    pub(crate) is_finished: bool,
    /// The server has closed its end.
    pub(crate) is_dropped: bool,
}

const READABLE: Readiness = Readiness { readable: true, writable: false, hung_up: false };
const WRITABLE: Readiness = Readiness { readable: false, writable: true, hung_up: false };
const HUNG_UP: Readiness = Readiness { readable: true, writable: true, hung_up: true };

impl Ends {
    fn new() -> Self {
        Self {
            arrived: VecDeque::new(),
            sent: VecDeque::new(),
            window: 1 << 20,
            most_per_write: usize::MAX,
            interruptions: 0,
            taken: Vec::new(),
            left: Vec::new(),
            is_ended: false,
            is_deserted: false,
            is_reset: false,
            is_blocked: false,
            is_finished: false,
            is_dropped: false,
        }
    }

    /// Bytes of the client's arrive.
    pub(crate) fn arrive(&mut self, bytes: &[u8]) -> Readiness {
        self.arrived.extend(bytes);
        READABLE
    }

    /// The client says that it will send no more, and reads on.
    pub(crate) fn end(&mut self) -> Readiness {
        self.is_ended = true;
        Readiness { writable: false, ..HUNG_UP }
    }

    /// The client is gone without a reset having arrived yet.
    pub(crate) fn desert(&mut self) -> Readiness {
        self.is_deserted = true;
        self.end()
    }

    /// The connection breaks; what was on its way either way is lost.
    pub(crate) fn reset(&mut self) -> Readiness {
        self.is_reset = true;
        self.arrived.clear();
        self.sent.clear();
        HUNG_UP
    }

    /// The client takes up to `most` bytes off the wire; the server hears of the room if it waits.
    pub(crate) fn fetch(&mut self, most: usize) -> (Vec<u8>, Option<Readiness>) {
        let count = most.min(self.sent.len());
        let bytes: Vec<u8> = self.sent.drain(..count).collect();
        let has_room = self.sent.len() < self.window;
        (bytes, (has_room && std::mem::take(&mut self.is_blocked)).then_some(WRITABLE))
    }
}

/// The server's end.
#[derive(Debug)]
pub(crate) struct Pipe {
    number: usize,
    ends: Rc<RefCell<Ends>>,
    calls: Calls,
}

impl Pipe {
    /// A stream and the other end of it.
    pub(crate) fn new(number: usize, calls: &Calls) -> (Self, Rc<RefCell<Ends>>) {
        let ends = Rc::new(RefCell::new(Ends::new()));
        (Self { number, ends: Rc::clone(&ends), calls: Rc::clone(calls) }, ends)
    }

    fn note(&self, call: Call) {
        self.calls.borrow_mut().push((self.number, call));
    }

    /// The shared state, unless a signal interrupts.
    fn ends(&self) -> io::Result<RefMut<'_, Ends>> {
        let mut ends = self.ends.borrow_mut();
        if ends.interruptions > 0 {
            ends.interruptions -= 1;
            return Err(ErrorKind::Interrupted.into());
        }
        Ok(ends)
    }
}

impl Stream for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Taken> {
        let mut ends = self.ends().inspect_err(|_| self.note(Call::ReadInterrupted))?;
        if ends.is_reset {
            self.note(Call::ReadBroken);
            return Err(ErrorKind::ConnectionReset.into());
        }
        let count = buffer.len().min(ends.arrived.len());
        if count == 0 && ends.is_ended {
            self.note(Call::ReadEnd);
            return Ok(Taken { count: 0, is_drained: true });
        }
        self.note(Call::Read { count, is_full: count == buffer.len() });
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        for (place, byte) in buffer.iter_mut().zip(ends.arrived.drain(..count)) {
            *place = byte;
        }
        Ok(Taken::of_socket(count, buffer.len()))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut ends = self.ends()?;
        let room = ends.window.saturating_sub(ends.sent.len()).min(ends.most_per_write);
        let count = if ends.is_reset { 0 } else { bytes.len().min(room) };
        ends.left = bytes[count..].to_vec();
        if ends.is_reset {
            self.note(Call::WriteBroken);
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.note(Call::Wrote);
        if count == 0 {
            ends.is_blocked = true;
            return Err(ErrorKind::WouldBlock.into());
        }
        ends.taken.extend_from_slice(&bytes[..count]);
        if ends.is_deserted {
            // The client's kernel answers what arrives for nobody with a reset.
            ends.reset();
        } else {
            ends.sent.extend(&bytes[..count]);
        }
        Ok(count)
    }

    fn finish(&mut self) -> io::Result<()> {
        let mut ends = self.ends.borrow_mut();
        ends.is_finished = true;
        if ends.is_reset { Err(ErrorKind::NotConnected.into()) } else { Ok(()) }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.ends.borrow_mut().is_dropped = true;
        self.note(Call::Dropped);
    }
}
