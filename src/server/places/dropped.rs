//! How long a place is kept, and when something is due there.

use super::PlaceNumber;
use crate::chat::{CloseReason, Millis};
use crate::limits::DROP_NOTICE_DELAY;

/// A user whose connection is lost, and whose place is kept.
#[derive(Debug)]
pub(in crate::server) struct Dropped {
    pub(in crate::server) number: PlaceNumber,
    /// Why the connection was lost, and why the user is gone if it does not come back.
    pub(in crate::server) reason: CloseReason,
    /// How long the place is kept.
    pub(in crate::server) until: Millis,
    /// When something is due next: telling others, then giving up.
    due: Millis,
}

impl Dropped {
    pub(in crate::server) fn new(number: PlaceNumber, reason: CloseReason, since: Millis, until: Millis) -> Self {
        Self { number, reason, until, due: until.min(since + DROP_NOTICE_DELAY) }
    }

    /// Of nobody.
    pub(in crate::server) fn nobody() -> Self {
        Self { number: PlaceNumber::NONE, reason: CloseReason::Broken, until: Millis(0), due: Millis(0) }
    }

    pub(in crate::server) fn due(&self) -> Millis {
        self.due
    }

    /// Others are told now; what is due next is giving up.
    pub(in crate::server) fn note_told(&mut self) {
        self.due = self.until;
    }
}
