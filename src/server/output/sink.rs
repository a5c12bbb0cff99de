//! From what the domain has to tell to the output of those it is for.

use super::outputs::When;
use crate::chat::{Audience, Event, Record, Row, Sink, UserKey};
use crate::server::connection_id::ConnectionId;
use crate::server::connections::Connections;
use crate::server::journal::Journal;
use crate::server::stream::Stream;
use crate::wire::Asked;

/// Who asked for what is being told.
#[derive(Clone, Copy)]
pub(in crate::server) struct Asker<'a> {
    pub(in crate::server) id: ConnectionId,
    pub(in crate::server) asked: &'a Asked<'a>,
}

/// Carries what the domain has to tell to the connections it is for. `asker` is the connection
/// whose request is being handled, if any.
pub(in crate::server) struct Outbox<'a, S> {
    pub(in crate::server) connections: &'a mut Connections<S>,
    pub(in crate::server) journal: &'a mut Journal,
    pub(in crate::server) asker: Option<Asker<'a>>,
}

impl<S: Stream> Sink for Outbox<'_, S> {
    fn tell(&mut self, to: UserKey, event: &Event<'_>) {
        if let Some((connection, outputs)) = self.connections.addressee_of(to) {
            outputs.append(connection, When::ThisTick, |dialect, encoder, out| encoder.event(dialect, event, out));
            self.connections.evict_largest();
        }
    }

    fn tell_all(&mut self, to: Audience<'_>, event: &Event<'_>) {
        if to.is_empty() {
            return;
        }
        self.connections.broadcast(to, event);
        if !is_followed(event) {
            self.connections.deliver();
        }
    }

    fn row(&mut self, row: &Row<'_>) {
        let Some(Asker { id, asked }) = self.asker else { return };
        self.connections.note_row(id);
        self.connections.append(id, |dialect, encoder, queue| encoder.row(dialect, asked, row, queue));
    }

    fn record(&mut self, record: &Record<'_>) {
        self.journal.record(record);
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

/// Tells the log and nobody else: for a shutdown, when everybody leaves at once.
pub(in crate::server) struct LogOnly<'a>(pub(in crate::server) &'a mut Journal);

impl Sink for LogOnly<'_> {
    fn tell(&mut self, _to: UserKey, _event: &Event<'_>) {}

    fn tell_all(&mut self, _to: Audience<'_>, _event: &Event<'_>) {}

    fn row(&mut self, _row: &Row<'_>) {}

    fn record(&mut self, record: &Record<'_>) {
        self.0.record(record);
    }
}
