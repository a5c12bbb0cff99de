//! What drives the socket: it looks for a connection, waits for it, reads from it and lets go of it.
//! On the way in `handshake` turns it, from then on `network`.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use super::address::Address;
use super::connection::{self, Connection};
use super::dial::{Dialer, Failure};
use super::outbox::Outbox;
use super::ready::{self, READ, WRITE};

/// A way over which a connection was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    /// The address of this computer that it hangs on.
    pub(super) own: Option<IpAddr>,
    /// How long it took to be made.
    pub(super) round_trip: Duration,
}

/// What a read has brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// So many whole lines, perhaps none.
    Lines(Vec<String>),
    /// The other end is not heard any more, though it has not hung up.
    Silence,
    /// The end.
    End,
}

/// See the file's text.
pub(super) struct Driver {
    outbox: Arc<Outbox>,
    dialer: Dialer,
    connection: Option<Connection>,
}

impl Driver {
    /// Without a connection.
    pub(super) fn new(address: &Address, outbox: &Arc<Outbox>) -> Self {
        Self { outbox: Arc::clone(outbox), dialer: Dialer::new(address, outbox), connection: None }
    }

    /// Goes on looking for a connection, or begins to; says what came of it, if anything did. What is
    /// found takes the place of the connection there is.
    pub(super) fn dial(&mut self) -> Option<Result<Path, Failure>> {
        let found = match self.dialer.go_on()? {
            Ok(found) => found,
            Err(failure) => return Some(Err(failure)),
        };
        self.forget();
        let connection = Connection::new(found, &self.outbox);
        let path = Path { own: connection.own(), round_trip: connection.round_trip };
        self.connection = Some(connection);
        Some(Ok(path))
    }

    /// Looks for none any more.
    pub(super) fn stop_dialing(&mut self) {
        self.dialer.stop();
    }

    /// The network is not what it was, for whoever is looking.
    pub(super) fn dial_anew(&mut self) {
        self.dialer.start_anew();
    }

    /// Where the server was found last.
    pub(super) fn last(&self) -> Option<SocketAddr> {
        self.dialer.last()
    }

    /// Waits at most for this long until something can be done; what waits to be sent goes out. Says
    /// whether that is because there is news here.
    ///
    /// # Errors
    /// When the system does not let one wait.
    pub(super) fn wait(&mut self, is_read: bool, news: Option<BorrowedFd<'_>>, time: Duration) -> io::Result<bool> {
        let time = if self.dialer.is_looking() { time.min(self.dialer.patience()) } else { time };
        let heard = self.connection.as_ref().filter(|_| is_read);
        let time = heard.map_or(time, |connection| connection.patience(time));
        let mut wanted: Vec<_> = news.into_iter().map(|fd| (fd, READ)).collect();
        wanted.push((self.outbox.bell.as_fd(), READ));
        if let Some(connection) = &self.connection {
            let flags = connection.wanted(&self.outbox, is_read);
            // A connection that was hung up is always ready, wanted or not.
            wanted.extend((!flags.is_empty()).then(|| (connection.as_fd(), flags)));
        }
        wanted.extend(self.dialer.fds().map(|fd| (fd, WRITE)));
        let ready = ready::wait(&wanted, time)?;
        self.outbox.bell.hear();
        self.outbox.flush();
        Ok(news.is_some() && ready.first() == Some(&true))
    }

    /// Reads once. At the end there is no connection any more.
    pub(super) fn read(&mut self) -> Heard {
        let read = match &mut self.connection {
            Some(connection) => connection.read_lines(),
            None => return Heard::Lines(Vec::new()),
        };
        match read {
            Ok(Some(lines)) => Heard::Lines(lines),
            Err(error) if connection::is_timeout(&error) => Heard::Lines(Vec::new()),
            Err(error) if connection::is_silence(&error) => {
                self.forget();
                Heard::Silence
            }
            Ok(None) | Err(_) => {
                self.forget();
                Heard::End
            }
        }
    }

    /// Lets go of the connection so that nothing of it is heard of any more.
    pub(super) fn forget(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.outbox.connect(None);
            connection.forget();
        }
    }
}
