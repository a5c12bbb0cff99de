//! From what the domain has to tell to the output of those it is for.

use bytes::BytesMut;

use super::connection::Token;
use super::connections::Connections;
use super::journal::Journal;
use super::stream::Stream;
use crate::chat::{Audience, Edition, Event, Record, Row, Sink, UserKey};
use crate::limits::{LINE_BYTES, SPREAD_BYTES, WRITE_WORK};
use crate::wire::{Asked, Dialect};

/// Lines for the same many, collected while one of them talks: each of the others gets them in one
/// piece, in its dialect. They wait while nothing else is said, at the longest until it is somebody
/// else's turn.
#[derive(Debug, Default)]
pub(super) struct Spread {
    to: Vec<UserKey>,
    but: Option<UserKey>,
    edition: Option<Edition>,
    /// By dialect.
    lines: [BytesMut; Dialect::ALL.len()],
    /// How long the lines are in the dialect in which they are longest.
    bytes: usize,
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

    /// The lines, as those are told them who speak this dialect.
    #[inline]
    pub(super) fn lines(&self, dialect: Dialect) -> &[u8] {
        self.lines.get(dialect.index()).map_or(&[], |lines| lines)
    }

    /// How long the lines are at most.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
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
        let before = self.spread.bytes;
        for (dialect, lines) in Dialect::ALL.into_iter().zip(&mut self.spread.lines) {
            if self.speakers.get(dialect.index()).is_some_and(|users| *users > 0) {
                self.outgoing.encoder.event(dialect, event, lines);
                self.spread.bytes = self.spread.bytes.max(lines.len());
            }
        }
        self.outgoing.note_told(to.users().len(), self.spread.bytes - before);
        if self.spread.bytes >= SPREAD_BYTES {
            self.deliver();
        }
    }

    /// Whether what collects lines for many has never held more than is collected and one more.
    pub(super) fn is_spread_bounded(&self) -> bool {
        self.spread.lines.iter().all(|lines| lines.capacity() <= 2 * (SPREAD_BYTES + LINE_BYTES))
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
        self.copy_out(&spread, 0);
        self.give_back(spread);
    }

    /// What handing out what has been collected takes, in nanoseconds.
    pub(super) fn spread_work(&self) -> u64 {
        self.spread.to.len() as u64 * (WRITE_WORK + self.spread.bytes as u64)
    }

    /// What has been collected for many, if anything, to be handed out by the caller.
    #[inline]
    pub(super) fn take_spread(&mut self) -> Option<Spread> {
        if self.spread.bytes == 0 { None } else { Some(std::mem::take(&mut self.spread)) }
    }

    /// Its memory is used again.
    pub(super) fn give_back(&mut self, mut spread: Spread) {
        spread.to.clear();
        spread.edition = None;
        spread.lines.iter_mut().for_each(BytesMut::clear);
        spread.bytes = 0;
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
