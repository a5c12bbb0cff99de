//! From what is to be told to bytes, in the dialect of whoever is told.

use std::time::Duration;

use bytes::BytesMut;

use super::asked::Asked;
use super::commands::Spec;
use super::{Answer, Dialect, Fault, console, native};
use crate::chat::{CloseReason, Event, Recipients, Row, Stamp};

/// Writes every dialect. Holds what their encoders remember; one is enough for a server. Everything
/// here appends whole lines to a buffer.
#[derive(Debug, Default)]
pub struct Encoder {
    native: native::Encoder,
}

impl Encoder {
    /// Something happened.
    #[inline(always)]
    pub fn event(&mut self, dialect: Dialect, event: &Event<'_>, out: &mut BytesMut) {
        match dialect {
            Dialect::Native => self.native.event(event, out),
            // An operator is no user, and is told nothing unasked.
            Dialect::Console => {}
        }
    }

    /// What stands above the rows of a listing.
    pub fn heading(&mut self, dialect: Dialect, asked: &Asked<'_>, out: &mut BytesMut) {
        match dialect {
            Dialect::Native => {}
            Dialect::Console => console::heading(asked, out),
        }
    }

    /// One row of a listing.
    pub fn row(&mut self, dialect: Dialect, _asked: &Asked<'_>, row: &Row<'_>, out: &mut BytesMut) {
        match dialect {
            Dialect::Native => self.native.row(row, out),
            Dialect::Console => console::row(row, out),
        }
    }

    /// One row of help.
    pub fn help(&mut self, dialect: Dialect, spec: &Spec, out: &mut BytesMut) {
        match dialect {
            Dialect::Native => self.native.help(spec, out),
            Dialect::Console => console::help(spec, out),
        }
    }

    /// The answer to a request, behind all its rows.
    pub fn answer(&mut self, dialect: Dialect, _asked: &Asked<'_>, answer: &Answer<'_>, out: &mut BytesMut) {
        match dialect {
            Dialect::Native => self.native.answer(answer, out),
            Dialect::Console => console::answer(answer, out),
        }
    }

    /// The answer to a message that was taken, for so many.
    #[inline(always)]
    pub fn taken(&mut self, dialect: Dialect, asked: &Asked<'_>, stamp: Stamp, to: Recipients, out: &mut BytesMut) {
        match dialect {
            Dialect::Native => self.native.taken(stamp, to, out),
            Dialect::Console => {
                let answer = Answer::Chat(crate::chat::Reply::Taken { stamp, to });
                self.answer(dialect, asked, &answer, out);
            }
        }
    }

    /// The answer to a request that was refused, and words of the operator's on it perhaps.
    pub fn fault(
        &mut self,
        dialect: Dialect,
        _asked: &Asked<'_>,
        fault: &Fault,
        words: Option<&str>,
        out: &mut BytesMut,
    ) {
        match dialect {
            Dialect::Native => self.native.fault(fault, words, out),
            Dialect::Console => console::fault(fault, words, out),
        }
    }

    /// Greets a client that has not said anything.
    pub fn greeting(&mut self, dialect: Dialect, version: &str, out: &mut BytesMut) {
        match dialect {
            Dialect::Native => self.native.greeting(version, out),
            Dialect::Console => {}
        }
    }

    /// Asks for a sign of life.
    pub fn ping(&mut self, dialect: Dialect, out: &mut BytesMut) {
        match dialect {
            Dialect::Native => self.native.ping(out),
            Dialect::Console => {}
        }
    }

    /// Tells a client that it is too fast, and how long what it has sent will wait.
    pub fn waiting(&mut self, dialect: Dialect, time: Duration, out: &mut BytesMut) {
        match dialect {
            Dialect::Native => self.native.waiting(time, out),
            Dialect::Console => {}
        }
    }

    /// Tells one whose place was given up how many private lines are lost with it.
    pub fn lost(&mut self, dialect: Dialect, count: u64, out: &mut BytesMut) {
        match dialect {
            Dialect::Native => self.native.lost(count, out),
            Dialect::Console => {}
        }
    }

    /// Tells a newcomer why it is not let in, and words of the operator's on it perhaps.
    pub fn refusal(&mut self, dialect: Dialect, reason: CloseReason, words: Option<&str>, out: &mut BytesMut) {
        match dialect {
            Dialect::Native => self.native.refusal(reason, words, out),
            Dialect::Console => console::farewell(reason, out),
        }
    }

    /// Comes before the server hangs up: says why, and words of the operator's on it perhaps.
    pub fn farewell(&mut self, dialect: Dialect, reason: CloseReason, words: Option<&str>, out: &mut BytesMut) {
        match dialect {
            Dialect::Native => self.native.farewell(reason, words, out),
            Dialect::Console => console::farewell(reason, out),
        }
    }
}
