//! The first bytes of a connection: here and nowhere else it is decided what it speaks.

use crate::chat::Millis;
use crate::server::connection::{Connection, Phase};
use crate::wire::foreign::{Foreign, Opening, recognise};

/// What is known of what a connection speaks.
pub(super) enum Sniffed {
    /// Its dialect.
    Known,
    /// Too little has come to tell.
    Undecided,
    /// Something that is not spoken here.
    Foreign(Foreign),
}

impl<S> Connection<S> {
    /// A client that speaks is alive. It is not greeted any more; it has to enter in time.
    pub(super) fn touch(&mut self, now: Millis) {
        self.last_heard = now;
        if let Phase::Silent { since } = self.phase {
            self.phase = Phase::Opening { since };
        }
    }

    /// Looks at what has come, from the start of a line, until it is known what that is.
    #[inline(always)]
    pub(super) fn sniff(&mut self, bytes: &[u8]) -> Sniffed {
        match self.phase {
            Phase::Opening { since } => self.sniff_opening(bytes, since),
            _ => Sniffed::Known,
        }
    }

    #[cold]
    fn sniff_opening(&mut self, bytes: &[u8], since: Millis) -> Sniffed {
        match recognise(bytes) {
            Opening::Undecided => return Sniffed::Undecided,
            Opening::Foreign(protocol) => return Sniffed::Foreign(protocol),
            Opening::Blank => {}
            Opening::Native => self.phase = Phase::Entering { since, may_enter: false },
        }
        Sniffed::Known
    }
}
