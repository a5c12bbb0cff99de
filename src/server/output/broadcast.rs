//! What many are told: encoded once for each dialect, collected while one of them talks, and handed out in
//! one piece.

use bytes::BytesMut;

use super::chunk::{Chunks, Shares};
use crate::chat::{Audience, Edition, Event, UserKey};
use crate::limits::{BROADCAST_BYTES, LINE_BYTES};
use crate::server::connections::Connections;
use crate::server::input::work_of_write;
use crate::server::stream::Stream;
use crate::wire::{Dialect, Encoder};

/// Lines for the same many, collected while one of them talks: each of the others gets them in one
/// piece, in its dialect. They wait while nothing else is said, at the longest until it is somebody
/// else's turn.
#[derive(Debug, Default)]
pub(in crate::server) struct Broadcast {
    to: Vec<UserKey>,
    but: Option<UserKey>,
    edition: Option<Edition>,
    lines: Lines,
}

impl Broadcast {
    fn is_for(&self, audience: Audience<'_>) -> bool {
        let is_known = audience.edition() != Edition::Once && self.edition == Some(audience.edition());
        self.but == audience.but() && (is_known || self.to == audience.users())
    }

    fn begin(&mut self, audience: Audience<'_>) {
        self.to.clear();
        self.to.extend_from_slice(audience.users());
        (self.but, self.edition) = (audience.but(), Some(audience.edition()));
    }

    /// Whether nothing has been collected.
    #[inline]
    pub(in crate::server) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether they are for all but this one.
    pub(in crate::server) fn leaves_out(&self, user: UserKey) -> bool {
        self.but == Some(user)
    }

    /// Whom the lines are for.
    pub(in crate::server) fn to(&self) -> impl Iterator<Item = UserKey> {
        self.to.iter().copied().filter(|user| Some(*user) != self.but)
    }

    /// How many those are at most.
    pub(in crate::server) fn most(&self) -> usize {
        self.to.len()
    }

    /// The lines as those share them whom they are for.
    pub(in crate::server) fn share(&self, chunks: &mut Chunks) -> Shares {
        self.lines.share(chunks)
    }
}

/// Lines that many are told, by dialect.
#[derive(Clone, Debug, Default)]
pub(in crate::server) struct Lines {
    by_dialect: [BytesMut; Dialect::ALL.len()],
    /// How long they are in the dialect in which they are longest.
    bytes: usize,
}

impl Lines {
    /// As those share them whom they are for.
    fn share(&self, chunks: &mut Chunks) -> Shares {
        Shares::new(self.by_dialect.iter().map(|lines| &lines[..]), chunks)
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// How long they are at most.
    pub(in crate::server) fn len(&self) -> usize {
        self.bytes
    }

    /// Appends an event, in the dialects that somebody speaks.
    #[inline(always)]
    fn add(&mut self, event: &Event<'_>, speakers: &Speakers, encoder: &mut Encoder) {
        for (dialect, lines) in Dialect::ALL.into_iter().zip(&mut self.by_dialect) {
            if speakers.speak(dialect) {
                encoder.event(dialect, event, lines);
                self.bytes = self.bytes.max(lines.len());
            }
        }
    }

    fn clear(&mut self) {
        self.by_dialect.iter_mut().for_each(BytesMut::clear);
        self.bytes = 0;
    }

    fn capacity(&self) -> usize {
        self.by_dialect.iter().map(BytesMut::capacity).max().unwrap_or_default()
    }
}

/// How many users speak each dialect.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::server) struct Speakers([usize; Dialect::ALL.len()]);

impl Speakers {
    /// Counts those for whom it is known what they speak.
    pub(in crate::server) fn of(users: impl Iterator<Item = Dialect>) -> Self {
        let mut all = Self::default();
        users.for_each(|dialect| all.count(dialect, 1));
        all
    }

    pub(in crate::server) fn count(&mut self, dialect: Dialect, change: isize) {
        if let Some(count) = self.0.get_mut(dialect.index()) {
            *count = count.saturating_add_signed(change);
        }
    }

    fn speak(&self, dialect: Dialect) -> bool {
        self.0.get(dialect.index()).is_some_and(|count| *count > 0)
    }
}

impl<S: Stream> Connections<S> {
    /// Has an event told to many, but not at once if somebody may be about to say more to them.
    pub(in crate::server) fn broadcast(&mut self, to: Audience<'_>, event: &Event<'_>) {
        if !self.broadcast.is_for(to) {
            self.deliver();
            self.broadcast.begin(to);
        }
        let before = self.broadcast.lines.len();
        self.broadcast.lines.add(event, &self.speakers, &mut self.outputs.encoder);
        self.outputs.note_told(to.users().len(), self.broadcast.lines.len() - before);
        if self.broadcast.lines.len() >= BROADCAST_BYTES {
            self.deliver();
        }
    }

    /// Whether what collects lines for many has never held more than is collected and one more.
    pub(in crate::server) fn is_broadcast_bounded(&self) -> bool {
        self.broadcast.lines.capacity() <= 2 * (BROADCAST_BYTES + LINE_BYTES)
    }

    /// Hands out what has been collected for many. Whoever says something else to one of them does so by
    /// [`Self::addressee`], which does this first.
    #[inline(always)]
    pub(in crate::server) fn deliver(&mut self) {
        if let Some(broadcast) = self.take_broadcast() {
            self.deliver_all(broadcast);
        }
    }

    fn deliver_all(&mut self, broadcast: Broadcast) {
        let lines = broadcast.share(&mut self.outputs.chunks);
        for user in broadcast.to() {
            self.tell_bulk(user, &lines);
        }
        self.evict_largest();
        self.give_back(broadcast);
    }

    /// What handing out what has been collected takes, in nanoseconds.
    pub(in crate::server) fn broadcast_work(&self) -> u64 {
        self.broadcast.to.len() as u64 * work_of_write(self.broadcast.lines.len())
    }

    /// What has been collected for many, if anything, to be handed out by the caller.
    #[inline]
    pub(in crate::server) fn take_broadcast(&mut self) -> Option<Broadcast> {
        if self.broadcast.is_empty() { None } else { Some(std::mem::take(&mut self.broadcast)) }
    }

    /// Its memory is used again.
    pub(in crate::server) fn give_back(&mut self, mut broadcast: Broadcast) {
        broadcast.to.clear();
        broadcast.edition = None;
        broadcast.lines.clear();
        self.broadcast = broadcast;
    }
}
