//! From what the domain has to tell to the output of those it is for.

use bytes::BytesMut;

use super::chunk::{Chunks, Shares};
use super::connections::Connections;
use super::journal::Journal;
use super::stream::Stream;
use super::token::Token;
use super::turns::work_of_write;
use crate::chat::{Audience, Edition, Event, Record, Row, Sink, UserKey};
use crate::limits::{LINE_BYTES, SPREAD_BYTES};
use crate::wire::{Asked, Dialect, Encoder};

/// Lines for the same many, collected while one of them talks: each of the others gets them in one
/// piece, in its dialect. They wait while nothing else is said, at the longest until it is somebody
/// else's turn.
#[derive(Debug, Default)]
pub(super) struct Spread {
    to: Vec<UserKey>,
    but: Option<UserKey>,
    edition: Option<Edition>,
    lines: Lines,
}

impl Spread {
    fn is_for(&self, audience: Audience<'_>) -> bool {
        let is_known = audience.edition() != Edition::Once && self.edition == Some(audience.edition());
        self.but == audience.but() && (is_known || self.to == audience.users())
    }

    fn begin(&mut self, audience: Audience<'_>) {
        self.to.clear();
        self.to.extend_from_slice(audience.users());
        (self.but, self.edition) = (audience.but(), Some(audience.edition()));
    }

    /// Whom the lines are for.
    pub(super) fn to(&self) -> impl Iterator<Item = UserKey> {
        self.to.iter().copied().filter(|user| Some(*user) != self.but)
    }

    /// How many those are at most.
    pub(super) fn most(&self) -> usize {
        self.to.len()
    }

    /// The lines as those share them whom they are for.
    pub(super) fn share(&self, chunks: &mut Chunks) -> Shares {
        self.lines.share(chunks)
    }
}

/// Lines that many are told, by dialect.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    by_dialect: [BytesMut; Dialect::ALL.len()],
    /// How long they are in the dialect in which they are longest.
    bytes: usize,
}

impl Lines {
    /// As those share them whom they are for.
    fn share(&self, chunks: &mut Chunks) -> Shares {
        Shares::new(self.by_dialect.iter().map(|lines| &lines[..]), chunks)
    }

    fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// How long they are at most.
    pub(super) fn len(&self) -> usize {
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
pub(super) struct Speakers([usize; Dialect::ALL.len()]);

impl Speakers {
    /// Counts those for whom it is known what they speak.
    pub(super) fn of(users: impl Iterator<Item = Dialect>) -> Self {
        let mut all = Self::default();
        users.for_each(|dialect| all.count(dialect, 1));
        all
    }

    pub(super) fn count(&mut self, dialect: Dialect, change: isize) {
        if let Some(count) = self.0.get_mut(dialect.index()) {
            *count = count.saturating_add_signed(change);
        }
    }

    fn speak(&self, dialect: Dialect) -> bool {
        self.0.get(dialect.index()).is_some_and(|count| *count > 0)
    }
}

/// Who asked for what is being told.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) token: Token,
    pub(super) asked: &'a Asked<'a>,
}

/// Carries what the domain has to tell to the connections it is for. `asker` is the connection
/// whose request is being handled, if any.
pub(super) struct Outbox<'a, S> {
    pub(super) connections: &'a mut Connections<S>,
    pub(super) asker: Option<Asker<'a>>,
}

impl<S: Stream> Sink for Outbox<'_, S> {
    fn tell(&mut self, to: UserKey, event: &Event<'_>) {
        self.connections.deliver();
        self.connections.tell(to, |dialect, encoder, queue| encoder.event(dialect, event, queue));
        self.connections.relieve_memory();
    }

    fn tell_all(&mut self, to: Audience<'_>, event: &Event<'_>) {
        if to.is_empty() {
            return;
        }
        self.connections.spread(to, event);
        if !is_followed(event) {
            self.connections.deliver();
        }
    }

    fn row(&mut self, row: &Row<'_>) {
        let Some(Asker { token, asked }) = self.asker else { return };
        self.connections.note_row(token);
        self.connections.append(token, |dialect, encoder, queue| encoder.row(dialect, asked, row, queue));
    }

    fn record(&mut self, record: &Record<'_>) {
        self.connections.journal.record(record);
    }
}

/// Whether more for the same many may come right behind this. It is handed out when the turn of the
/// client whose line made it is over, or when all that is due has been done.
fn is_followed(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::RoomSaid { .. } | Event::Entered { .. } | Event::Gone { .. } | Event::Opened(_) | Event::Closed(_)
    )
}

impl<S: Stream> Connections<S> {
    /// Has an event told to many, but not at once if somebody may be about to say more to them.
    fn spread(&mut self, to: Audience<'_>, event: &Event<'_>) {
        if !self.spread.is_for(to) {
            self.deliver();
            self.spread.begin(to);
        }
        let before = self.spread.lines.len();
        self.spread.lines.add(event, &self.speakers, &mut self.outgoing.encoder);
        self.outgoing.note_told(to.users().len(), self.spread.lines.len() - before);
        if self.spread.lines.len() >= SPREAD_BYTES {
            self.deliver();
        }
    }

    /// Whether what collects lines for many has never held more than is collected and one more.
    pub(super) fn is_spread_bounded(&self) -> bool {
        self.spread.lines.capacity() <= 2 * (SPREAD_BYTES + LINE_BYTES)
    }

    /// Hands out what has been collected for many. To be called before anything else is said to
    /// any of them.
    #[inline(always)]
    pub(super) fn deliver(&mut self) {
        if let Some(spread) = self.take_spread() {
            self.deliver_all(spread);
        }
    }

    fn deliver_all(&mut self, spread: Spread) {
        let lines = spread.share(&mut self.outgoing.chunks);
        for user in spread.to() {
            self.tell_bulk(user, &lines);
        }
        self.relieve_memory();
        self.give_back(spread);
    }

    /// What handing out what has been collected takes, in nanoseconds.
    pub(super) fn spread_work(&self) -> u64 {
        self.spread.to.len() as u64 * work_of_write(self.spread.lines.len())
    }

    /// What has been collected for many, if anything, to be handed out by the caller.
    #[inline]
    pub(super) fn take_spread(&mut self) -> Option<Spread> {
        if self.spread.lines.is_empty() { None } else { Some(std::mem::take(&mut self.spread)) }
    }

    /// Its memory is used again.
    pub(super) fn give_back(&mut self, mut spread: Spread) {
        spread.to.clear();
        spread.edition = None;
        spread.lines.clear();
        self.spread = spread;
    }
}

/// Tells the log and nobody else: for a shutdown, when everybody leaves at once.
pub(super) struct LogOnly<'a>(pub(super) &'a mut Journal);

impl Sink for LogOnly<'_> {
    fn tell(&mut self, _to: UserKey, _event: &Event<'_>) {}

    fn tell_all(&mut self, _to: Audience<'_>, _event: &Event<'_>) {}

    fn row(&mut self, _row: &Row<'_>) {}

    fn record(&mut self, record: &Record<'_>) {
        self.0.record(record);
    }
}
